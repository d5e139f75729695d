"""Shrink the estimates of small areas towards their mean, by how uncertain each is.

The model is that of Fay and Herriot (JASA 74, 1979) with a mean alone: the values of areas vary
around a mean by an unknown variance, and each estimate around its value by a known one. The unknown
variance is averaged over instead of being estimated, with a flat prior, as by Morris (JASA 78,
1983): plugged in, an estimate of 0 would give intervals that are too short (Li and Lahiri, Journal
of Multivariate Analysis 101, 2010).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DEVIATIONS = 2.33
"""Half the width of an interval, in standard deviations: 98 % of a normal distribution, so that at
least 95 intervals in 100 hold the truth, also where values vary otherwise than normally."""
LEAST_AREAS = 4
"""Of fewer areas, nothing is known of how much they vary: each estimate stays as it is."""
GRID = 400
"""The variances that are tried: each is 5 % more than the one before."""


class DirectEstimate(NamedTuple):
    """What is known of an area by itself; `variance` is that of the error."""

    value: float
    variance: float


class ShrunkEstimate(NamedTuple):
    """An estimate that lies between `low` and `high` for 95 areas of 100.

    `weight` is the share of the area's own estimate in it, from 0 to 1.
    """

    value: float
    low: float
    high: float
    weight: float


def shrink(direct: Sequence[DirectEstimate]) -> list[ShrunkEstimate]:
    """Return the shrunk estimate of each area; of fewer than four, its own with its interval."""
    values = np.array([estimate.value for estimate in direct])
    errors = np.array([estimate.variance for estimate in direct])
    if len(direct) < LEAST_AREAS or not errors.min() > 0:
        weights, means, variances = np.ones(len(direct)), values, errors
    else:
        weights, means, variances = _average(values, errors)
    halves = DEVIATIONS * np.sqrt(variances)
    rows = zip(means, means - halves, means + halves, weights, strict=True)
    return [ShrunkEstimate(*map(float, row)) for row in rows]


def _average(values: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weight, mean and variance of each area, over all variances between areas."""
    most = 100 * (values.var() + errors.max())
    between = np.geomspace(most / 1.05 ** (GRID - 1), most, GRID)[:, None]
    precisions = 1 / (between + errors)
    total = precisions.sum(axis=1, keepdims=True)
    mean = (precisions * values).sum(axis=1, keepdims=True) / total
    # The restricted likelihood; on a scale of logarithms, a flat prior weighs by the variance.
    likelihood = (
        np.log(precisions).sum(axis=1)
        - np.log(total[:, 0])
        - (precisions * (values - mean) ** 2).sum(axis=1)
    ) / 2 + np.log(between[:, 0])
    shares = np.exp(likelihood - likelihood.max())
    shares = (shares / shares.sum())[:, None]
    own = between * precisions
    means = own * values + (1 - own) * mean
    variances = own * errors + (1 - own) ** 2 / total
    average = (shares * means).sum(axis=0)
    spread = (shares * (variances + (means - average) ** 2)).sum(axis=0)
    return (shares * own).sum(axis=0), average, spread

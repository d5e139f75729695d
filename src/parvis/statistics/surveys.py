"""Estimates of surveys: weighted shares, effective samples and margins of error, one or pooled.

A share is never added to a count. Samples are pooled in proportion to their effective size, which
does not depend on the answers: weights that are themselves estimated from the answers bias what is
pooled (Grafström et al., Survey Methodology 45-2, 2019, section 2). The effective size is that of
Kish (Survey Sampling, 1965; Journal of Official Statistics 8-2, 1992).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import NamedTuple

import numpy as np

from parvis.statistics.aggregation import PooledFigures
from parvis.statistics.disclosure.release import (
    ControlledRelease,
    DisclosureRules,
    EarlierRelease,
    control_release,
)
from parvis.statistics.disclosure.rules import Knowledge, find_unsafe
from parvis.statistics.strata import FigureKey

NORMAL = 1.96
"""The quantile of the normal distribution for a confidence of 95%: 19 times out of 20."""
ANSWER = "answer"
"""The layer of a figure that is the share of one answer."""


class AnswerKey(NamedTuple):
    """An answer to a question in a period; each is an IRI or a code."""

    period: str
    question: str
    answer: str


class AnswerSums(NamedTuple):
    """The persons who gave an answer, the sum of their weights, and that of the squares."""

    respondents: float
    weights: float
    squares: float


@dataclass(frozen=True)
class Estimate:
    """The share of an answer, from 0 to 1.

    `respondents` gave it, of `sample` persons who answered the question; `effective` is the size of
    a sample without weights that would be as precise.
    """

    share: float
    respondents: int
    sample: int
    effective: float

    @property
    def margin(self) -> float:
        return margin_of_error(self.share, self.effective)


def effective_size(weights: float, squares: float) -> float:
    """Return the effective size of a sample by the sum of its weights, and of their squares.

    >>> effective_size(4, 4), round(effective_size(4 + 3, 4 + 9), 2)
    (4.0, 3.77)
    """
    return weights**2 / squares


def margin_of_error(share: float, effective: float) -> float:
    """Return half of the 95% confidence interval of a share, from 0 to 1.

    >>> round(margin_of_error(0.5, 400), 3), margin_of_error(0.5, 0.1)
    (0.049, 1.0)
    """
    return min(1.0, NORMAL * sqrt(max(share * (1 - share), 0) / effective))


def estimate_shares(sums: Mapping[AnswerKey, AnswerSums]) -> dict[AnswerKey, Estimate]:
    """Estimate the share of each answer among those given to its question in its period."""
    questions: defaultdict[tuple[str, str], AnswerSums] = defaultdict(lambda: AnswerSums(0, 0, 0))
    for key, part in sums.items():
        whole = questions[key[:2]]
        questions[key[:2]] = AnswerSums(*(a + b for a, b in zip(whole, part, strict=True)))
    estimates = {}
    for key, part in sums.items():
        sample, weights, squares = questions[key[:2]]
        effective = min(effective_size(weights, squares), sample)
        share = part.weights / weights
        estimates[key] = Estimate(share, int(part.respondents), int(sample), effective)
    return estimates


class PartnerEstimate(NamedTuple):
    """An estimate of one contributor."""

    contributor: str
    key: AnswerKey
    estimate: Estimate


@dataclass(frozen=True)
class PooledSurveys:
    """Samples of several contributors, as figures that are controlled like counts.

    Of each question in a period, `effective` has the effective sample, and what each answer is of
    it: a share of the total is the pooled estimate. `respondents` has the persons themselves.
    """

    effective: PooledFigures
    respondents: PooledFigures


def figure_key(key: AnswerKey, measure: str, area: str) -> FigureKey:
    """Return the figure of an answer, or of the whole question where the answer is empty."""
    layer = ANSWER if key.answer else ""
    return FigureKey(measure, key.period, key.question, area, layer, key.answer)


def answer_key(key: FigureKey) -> AnswerKey:
    """Return the answer that a figure is of."""
    return AnswerKey(key.period, key.discipline, key.code)


def pool(estimates: Iterable[PartnerEstimate], measure: str, area: str) -> PooledSurveys:
    """Pool estimates: each sample counts by its effective size.

    The answers of each contributor add up to its effective sample, so that a partner that answers
    in other words than the questionnaire's, or that leaves out an answer, counts for what it has.
    """
    parts: defaultdict[AnswerKey, defaultdict[str, list[float]]]
    parts = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for contributor, key, given in estimates:
        values = round(given.share * given.effective, 6), given.respondents
        for target in (key, key._replace(answer="")):
            sums = parts[target][contributor]
            for place, value in enumerate(values):
                sums[place] += value
    contributors = tuple(sorted({name for by_name in parts.values() for name in by_name}))
    keys = sorted(parts)
    rows = {key: row for row, key in enumerate(keys)}
    relations: defaultdict[int, list[int]] = defaultdict(list)
    for key, row in rows.items():
        if key.answer:
            relations[rows[key._replace(answer="")]].append(row)
    tables = []
    for place in (0, 1):
        values_by_key = [[parts[key][name][place] for name in contributors] for key in keys]
        tables.append(
            PooledFigures(
                tuple(figure_key(key, measure, area) for key in keys),
                contributors,
                np.array(values_by_key, float).reshape(len(keys), len(contributors)),
                tuple((total, tuple(answers)) for total, answers in sorted(relations.items())),
            )
        )
    return PooledSurveys(*tables)


def pooled_estimate(answer: float, total: float, respondents: int, base: int) -> Estimate:
    """Return the pooled share of an answer as it is published: in whole percents.

    The samples are rounded to a base, and the margin is that of what is published, so that it
    reveals no more.
    """

    def rounded(size: float) -> int:
        return max(base, round(size / base) * base)

    share, sample = round(100 * answer / total) / 100, rounded(respondents)
    return Estimate(share, 0, sample, min(rounded(total), sample))


def control_surveys(
    pooled: PooledSurveys,
    earlier: Sequence[EarlierRelease],
    rules: DisclosureRules,
    forbidden: Iterable[FigureKey] = (),
) -> ControlledRelease:
    """Decide which answers are published: by the effective samples, and by the persons themselves.

    An answer is published only with the whole of its question. `forbidden` are as in
    `control_release`.
    """
    people = pooled.respondents
    knowledge = Knowledge.of(people.values, people.contributors)
    broken = find_unsafe(knowledge, rules.thresholds, rules.p).values()
    unsafe = np.flatnonzero(np.logical_or.reduce(list(broken)))
    keys = {*forbidden, *(people.keys[row] for row in unsafe)}
    control = control_release(pooled.effective, earlier, rules, keys)
    published = control.published.copy()
    for total, answers in pooled.effective.relations:
        published[list(answers)] &= published[total]
    return replace(control, published=published)

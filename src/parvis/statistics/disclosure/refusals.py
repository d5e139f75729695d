"""Figures that may not be published because of what others of them tell."""

from collections.abc import Sequence

import numpy as np

from parvis.config import Disclosure
from parvis.statistics.aggregation import PooledFigures
from parvis.statistics.rolling_up import Flags
from parvis.statistics.strata import REVENUE, SALES, FigureKey, owner, part


def find_followed(pooled: PooledFigures) -> dict[int, int]:
    """Return the tickets that revenue follows from, by its place: those of the same partners.

    Prices are public: from revenue, tickets can be guessed. The reverse cannot be prevented.
    """
    places = {key: place for place, key in enumerate(pooled.keys)}
    followed = {}
    for key, place in places.items():
        tickets = places.get(key._replace(measure=SALES[0]))
        if key.measure != REVENUE or tickets is None:
            continue
        if ((pooled.values[place] > 0) == (pooled.values[tickets] > 0)).all():
            followed[place] = tickets
    return followed


def find_small_turnover(
    pooled: PooledFigures,
    earlier: Sequence[tuple[PooledFigures, Flags]],
    thresholds: Disclosure,
) -> list[int]:
    """Return published figures of which contributors joined or left, but too few (rule 7)."""
    places = []
    now = _sum_by_part(pooled)
    for release, flags in earlier:
        then = _sum_by_part(release)
        keys = zip(release.keys, flags, strict=True)
        published = {key for key, flag in keys if flag}
        for place, key in enumerate(pooled.keys):
            if key not in published:
                continue
            both = then[key] | now[key]
            turnover = {
                name: value
                for name, value in both.items()
                if (name in then[key]) != (name in now[key])
            }
            few = len({owner(name) for name in turnover}) < thresholds.contributors
            if turnover and (few or sum(turnover.values()) < thresholds.persons):
                places.append(place)
    return places


def _sum_by_part(pooled: PooledFigures) -> dict[FigureKey, dict[str, float]]:
    """Return what partners, and their datasets for some releases only, bring to each figure."""
    by_key: dict[FigureKey, dict[str, float]] = {}
    for key, row in zip(pooled.keys, pooled.values, strict=True):
        parts = by_key.setdefault(key, {})
        for place in np.flatnonzero(row).tolist():
            name = part(pooled.contributors[place])
            parts[name] = parts.get(name, 0.0) + float(row[place])
    return by_key

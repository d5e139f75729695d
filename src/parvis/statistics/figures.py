"""The figures of a release as people get them, and how much of the pool they tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from parvis.statistics.release import Controlled
from parvis.statistics.rounding import rounded
from parvis.statistics.strata import Key, owner

STEPS = (3, 4, 5, 10, 20, 50, 100)
"""Numbers of contributors that are told: at least so many."""


@dataclass(frozen=True)
class Figure:
    """One figure: its rounded `value` if it is told, and what the host alone may see of it.

    `brought` is what each contributor brings, of one that is `repeated` what it brought when it was
    told last, and `reasons` are the rules by which it is not told as it is `now`. `coverage` is the
    share of the known venues that it was told with.
    """

    key: Key
    value: int | None
    brought: Mapping[str, float]
    reasons: frozenset[int]
    now: Mapping[str, float] = field(default_factory=dict)
    repeated: bool = False
    coverage: float | None = None

    @property
    def contributors(self) -> frozenset[str]:
        """Give those who bring something."""
        return frozenset(map(owner, self.brought))

    @property
    def changed(self) -> dict[str, float]:
        """Return what each contributor changed since the figure was told that is repeated."""
        before = self.brought if self.repeated else self.now
        by = {who: self.now.get(who, 0.0) - before.get(who, 0.0) for who in {*self.now, *before}}
        return {who: by[who] for who in sorted(by) if by[who]}

    @property
    def total(self) -> float:
        """Give the figure as it is, which is never told."""
        return sum(self.brought.values())


def figures(controlled: Controlled, key: bytes, base: int) -> list[Figure]:
    """Return the figures that a release holds, told or not, in their order.

    One that is repeated reads as it did: it is rounded from the same value.
    """
    pooled, whole = controlled.pooled, []
    for place, (name, row) in enumerate(zip(pooled.keys, pooled.values, strict=True)):
        if name.hidden:
            continue
        now = {pooled.contributors[who]: float(row[who]) for who in np.flatnonzero(row)}
        repeated = controlled.repeats.get(place)
        brought, value = (now if repeated is None else repeated), None
        if controlled.told[place] or repeated is not None:
            value = rounded(round(sum(brought.values())), "\n".join(name), key, base)
        figure = Figure(
            key=name,
            value=value,
            brought=brought,
            reasons=controlled.reasons.get(place, frozenset()),
            now=now,
            repeated=repeated is not None,
            coverage=controlled.coverage.get(place),
        )
        whole.append(figure)
    return sorted(whole, key=lambda figure: figure.key)


def step(count: int, least: int) -> str:
    """Tell a number of contributors by steps.

    >>> step(7, 3), step(3, 3), step(5, 4)
    ('5+', '3+', '5+')
    """
    return f"{max(one for one in (least, *STEPS) if one <= max(count, least))}+"


def shares(some: Iterable[Figure]) -> dict[str, float]:
    """Tell which share of the figures is told, and which share of what they count.

    Each layer counts the same persons again: the share is of all that the figures count.
    """
    known = list(some)
    told = [one for one in known if one.value is not None]
    whole = sum(one.total for one in known)
    return {
        "figures": round(len(told) / len(known), 4) if known else 0.0,
        "counted": round(sum(one.total for one in told) / whole, 4) if whole else 0.0,
    }

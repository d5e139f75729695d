"""The figures of a release as people get them, and how much of the pool they tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from parvis.statistics.release import Controlled
from parvis.statistics.rounding import rounded
from parvis.statistics.strata import Key, owner

STEPS = (3, 4, 5, 10, 20, 50, 100)
"""Numbers of contributors that are told: at least so many."""


@dataclass(frozen=True)
class Figure:
    """One figure: its rounded `value` if it is told, and what the host alone may see of it.

    `brought` is what each contributor brings; `reasons` are the rules by which it is not told.
    """

    key: Key
    value: int | None
    brought: Mapping[str, float]
    reasons: frozenset[int]

    @property
    def contributors(self) -> frozenset[str]:
        """Give those who bring something."""
        return frozenset(map(owner, self.brought))

    @property
    def total(self) -> float:
        """Give the figure as it is, which is never told."""
        return sum(self.brought.values())


def figures(controlled: Controlled, key: bytes, base: int) -> list[Figure]:
    """Give the figures that a release holds, told or not, in their order."""
    pooled = controlled.pooled
    found = []
    for place, (name, row) in enumerate(zip(pooled.keys, pooled.values, strict=True)):
        if not name.hidden:
            told = bool(controlled.told[place])
            value = rounded(round(float(row.sum())), "\n".join(name), key, base) if told else None
            brought = {pooled.contributors[one]: float(row[one]) for one in np.flatnonzero(row)}
            reasons = controlled.reasons.get(place, frozenset())
            found.append(Figure(name, value, brought, reasons))
    return sorted(found, key=lambda one: one.key)


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

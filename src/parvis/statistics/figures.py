"""The figures of a release as people get them, and how much of the pool they tell."""

import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from parvis.statistics.release import Controlled
from parvis.statistics.strata import Key, owner

# Rounding by a key: the same figure of the same content always reads the same (rule 6).
#
# A figure goes to one of the two multiples around it, to the nearer one more often, so that what is
# expected is the figure itself; which, a keyed digest of the figure's name and value decides.

WHOLE = 1 << 64


def rounded(value: int, name: str, key: bytes, base: int) -> int:
    """Round a figure to a multiple of a base; figures are whole, and margins rounded on their own.

    >>> rounded(20, "all", b"key", 5), rounded(22, "all", b"key", 5) in {20, 25}
    (20, True)
    """
    below, rest = divmod(value, base)
    if not rest:
        return value
    digest = hmac.new(key, f"{name}\n{value}".encode(), sha256).digest()
    drawn = int.from_bytes(digest[:8], "big")
    return base * (below + (drawn * base < rest * WHOLE))


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


# How much of what is known a figure covers: the share of venues that are its contributors'.


@dataclass(frozen=True)
class Venues:
    """The known venues by partner: all of them, and those of each area; `whole` is everywhere."""

    every: Mapping[str, int]
    of_area: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    whole: str = ""

    def coverage(self, area: str, contributors: Collection[str], least: int) -> float | None:
        """Give the share of the venues in an area that are of some partners, from 0 to 1.

        In hundredths everywhere, in tenths of one area, where finer ones could tell which partners
        they are; of an area where fewer than `least` partners have venues it is not told.

        >>> known = Venues({"a": 2, "b": 1, "c": 1}, {"06": {"a": 1, "b": 1, "c": 1}}, "all")
        >>> known.coverage("all", {"a"}, 3), known.coverage("06", {"a", "b"}, 3)
        (0.5, 0.7)
        >>> known.coverage("06", {"a"}, 4), known.coverage("13", {"a"}, 3)
        (None, None)
        """
        known = self.every if area == self.whole else self.of_area.get(area, {})
        if area != self.whole and len(known) < least:
            return None
        whole = sum(known.values())
        theirs = sum(known.get(one, 0) for one in contributors)
        return round(theirs / whole, 2 if area == self.whole else 1) if whole else None

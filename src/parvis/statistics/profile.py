"""A contributor's own shares next to those of the pool and of its peers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import NamedTuple

from parvis.statistics.relays import LEAST_BASE

PEERS = 4
"""The fewest contributors of a figure of peers."""

MOST = 500
"""Figures of concepts that hold one another that are compared pair by pair."""

Concepts = frozenset[tuple[str, str]]
"""What a figure is broken down by: dimensions and their concepts, without totals."""


class Cell(NamedTuple):
    """A figure of one measure and period; `value` is None where it is not published."""

    measure: str
    period: str
    concepts: Concepts
    value: float | None
    contributors: int = 0


class Stratum(NamedTuple):
    """One concept of one dimension, all other dimensions at their totals."""

    measure: str
    period: str
    dimension: str
    concept: str


class Share(NamedTuple):
    """A figure and the whole that it is a part of."""

    value: float
    base: float

    @property
    def ratio(self) -> float:
        return self.value / self.base


@dataclass(frozen=True)
class Lists:
    """What code lists say: the wider concepts of each, and the bounds of intervals."""

    wider: Mapping[str, Collection[str]] = field(default_factory=dict)
    bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def contains(self, wide: str, narrow: str) -> bool:
        """Return whether a concept lies within another one."""
        if wide == narrow:
            return False
        if wide in self.bounds and narrow in self.bounds:
            (low, high), (first, last) = self.bounds[wide], self.bounds[narrow]
            return low <= first and last <= high
        return wide in self.wider.get(narrow, ())

    def are_disjoint(self, concepts: Iterable[str]) -> bool:
        """Return whether nobody can be in two of the concepts, as far as bounds show."""
        intervals = sorted(self.bounds[name] for name in set(concepts) if name in self.bounds)
        return all(before[1] < after[0] for before, after in pairwise(intervals))


@dataclass(frozen=True)
class Comparison:
    """The shares of one stratum; those of the pool and of peers are None where not published.

    Those of peers are also None where a figure has fewer contributors than `PEERS`.
    """

    stratum: Stratum
    own: Share
    pool: Share | None
    peers: Share | None


def compare_profiles(
    own: Iterable[Cell], pool: Iterable[Cell], peers: Iterable[Cell], lists: Lists
) -> list[Comparison]:
    """Compare a contributor's shares with published ones, stratum by stratum, in order.

    Shares are compared, never sizes: those of organisations differ. A share is of a base of ten
    at least. What is computed here is for the contributor alone.
    """
    own_shares, pool_shares = compute_own_shares(own, lists), compute_shares(pool)
    peer_shares = compute_shares(cell for cell in peers if cell.contributors >= PEERS)
    return [
        Comparison(stratum, share, pool_shares.get(stratum), peer_shares.get(stratum))
        for stratum, share in sorted(own_shares.items())
    ]


def compute_shares(cells: Iterable[Cell]) -> dict[Stratum, Share]:
    """Return the share of each concept in the total of its measure and period."""
    values = {
        (cell.measure, cell.period, cell.concepts): cell.value
        for cell in cells
        if cell.value is not None
    }
    shares = {}
    for (measure, period, concepts), value in values.items():
        base = values.get((measure, period, frozenset()))
        # Published figures are rounded one by one: a part may exceed its whole.
        if len(concepts) == 1 and base is not None and base >= LEAST_BASE and 0 <= value <= base:
            ((dimension, concept),) = concepts
            shares[Stratum(measure, period, dimension, concept)] = Share(value, base)
    return shares


def compute_own_shares(cells: Iterable[Cell], lists: Lists) -> dict[Stratum, Share]:
    """Return the share of each concept among a contributor's own figures of an additive measure.

    A contributor may give no total, or break only some of its figures down by a dimension: a share
    is of those that are broken down by it, and of the breakdown that has the most of them. None is
    of figures that overlap, such as those of ages 0–13 and 12–17.
    """
    by_measure: defaultdict[tuple[str, str], dict[Concepts, float]] = defaultdict(dict)
    for cell in cells:
        if cell.value is not None:
            by_measure[cell.measure, cell.period][cell.concepts] = cell.value
    shares: dict[Stratum, Share] = {}
    for (measure, period), values in by_measure.items():
        patterns: defaultdict[tuple[str, ...], list[Concepts]] = defaultdict(list)
        for key in values:
            patterns[tuple(sorted(dimension for dimension, _ in key))].append(key)
        bases: dict[str, float] = {}
        for pattern, keys in sorted(patterns.items(), key=lambda item: (len(item[0]), item[0])):
            finest = _select_finest(keys, lists)
            for dimension in pattern if finest else ():
                base, parts = _break_down(finest, values, dimension)
                if base >= LEAST_BASE and base > bases.get(dimension, 0):
                    bases[dimension] = base
                    shares |= {
                        Stratum(measure, period, dimension, concept): Share(value, base)
                        for concept, value in parts.items()
                    }
    return shares


def _break_down(
    keys: Iterable[Concepts], values: Mapping[Concepts, float], dimension: str
) -> tuple[float, dict[str, float]]:
    """Return the whole of the figures that are broken down by a dimension, and its parts."""
    parts: defaultdict[str, float] = defaultdict(float)
    sums: defaultdict[Concepts, float] = defaultdict(float)
    for key in keys:
        concept = dict(key)[dimension]
        parts[concept] += values[key]
        sums[key - {(dimension, concept)}] += values[key]
    # The whole as it was given; its parts may leave some out, but never exceed it.
    return sum(max(values.get(key, 0), total) for key, total in sums.items()), dict(parts)


def _select_finest(keys: Sequence[Concepts], lists: Lists) -> Sequence[Concepts]:
    """Return the figures, of the same dimensions, that hold no others; none where some overlap."""
    columns = zip(*(sorted(key) for key in keys), strict=True)
    if all(_is_partition({concept for _, concept in column}, lists) for column in columns):
        return keys
    if len(keys) > MOST:
        return ()
    finest = [key for key in keys if not any(_is_inside(part, key, lists) for part in keys)]
    apart = all(_are_apart(*pair, lists) for pair in combinations(finest, 2))
    return finest if apart else ()


def _is_partition(concepts: Collection[str], lists: Lists) -> bool:
    """Return whether no concept of a dimension lies within, or overlaps, another."""
    return lists.are_disjoint(concepts) and not any(
        lists.contains(wide, narrow) for wide in concepts for narrow in concepts
    )


def _is_inside(part: Concepts, whole: Concepts, lists: Lists) -> bool:
    """Return whether one figure is a part of another, of the same dimensions."""
    holders = dict(whole)
    pairs = [(holders[dimension], concept) for dimension, concept in part]
    return part != whole and all(
        holder == concept or lists.contains(holder, concept) for holder, concept in pairs
    )


def _are_apart(left: Concepts, right: Concepts, lists: Lists) -> bool:
    """Return whether nobody is in both of two figures of the same dimensions."""
    others = dict(right)
    return any(
        concept != others[dimension]
        and not lists.contains(concept, others[dimension])
        and not lists.contains(others[dimension], concept)
        and lists.are_disjoint((concept, others[dimension]))
        for dimension, concept in left
    )

"""How the codes of one dimension nest: which codes of a partner add up to those of the pool.

A bracket of ages or a period must be covered exactly, day for day and year for year; of other
dimensions, codes are summed that the code list has inside, each person counted once. What
nests in nothing is not comparable: it is reported, never forced.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise

from parvis.errors import UsageError

Bounds = tuple[int, int]
"""The first and the last unit of an interval, both inside: years of age, or days."""
OLDEST = 200
"""Years that stand for a bound of age that is open."""
Plan = Mapping[str, tuple[int, ...]]
"""Which of a partner's codes, by their places, add up to each code of the pool."""


@dataclass(frozen=True)
class Nesting:
    """The codes of one dimension that the pool publishes, by IRI, and their containment.

    `targets` are disjoint; `total` is all of them and more, or None where nothing adds up to more
    than a target. `within` maps each code to its wider codes, `bounds` each interval that
    must be covered exactly to its first and last unit.
    """

    name: str
    total: str | None
    targets: tuple[str, ...] = ()
    within: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)

    def __post_init__(self) -> None:
        intervals = sorted(self.bounds[code] for code in self.targets if code in self.bounds)
        disjoint = all(before[1] < after[0] for before, after in pairwise(intervals))
        nested = any(self._wider(code) & set(self.targets) for code in self.targets)
        # A person would be counted in both of two targets that overlap.
        if nested or not disjoint:
            raise UsageError("the strata of “{name}” overlap", name=self.name)

    def plan(self, codes: Sequence[str]) -> Plan:
        """Return which codes add up to each target, and to the total.

        >>> ages = Nesting("age", "all", ("18-34",), bounds={
        ...     "18-34": (18, 34), "18-24": (18, 24), "25-34": (25, 34), "30-44": (30, 44)})
        >>> ages.plan(["18-24", "25-34", "30-44"])
        {'18-34': (0, 1)}
        """
        plan = {}
        for target in (*self.targets, *([self.total] if self.total else [])):
            if parts := self._find_parts(target, codes):
                plan[target] = parts
        return plan

    def list_unused(self, codes: Sequence[str]) -> list[str]:
        """Return the codes that are in no target: not comparable, or part of the total only.

        >>> ages = Nesting("age", "all", ("0-13",), bounds={"0-13": (0, 13), "5-20": (5, 20)})
        >>> ages.list_unused(["5-20", "0-13", "all"])
        ['5-20']
        """
        plan = self.plan(codes)
        used = {place for target in self.targets for place in plan.get(target, ())}
        return [
            code for place, code in enumerate(codes) if place not in used and code != self.total
        ]

    @cached_property
    def wholes(self) -> frozenset[str | None]:
        """The codes that may have others inside."""
        wider = {code for codes in self.within.values() for code in codes}
        return frozenset({self.total, *self.bounds, *wider})

    def parts(self, target: str, codes: Sequence[str]) -> tuple[tuple[str, ...], bool]:
        """Return disjoint codes inside another, and whether they are all of it for certain.

        >>> ages = Nesting("age", "all", bounds={"18-34": (18, 34), "18-24": (18, 24),
        ...     "25-34": (25, 34), "30-44": (30, 44)})
        >>> ages.parts("18-34", ["18-34", "18-24", "25-34", "30-44"])
        (('18-24', '25-34'), True)
        >>> ages.parts("all", ["all", "18-24", "30-44"])
        (('18-24', '30-44'), False)
        """
        candidates = [code for code in codes if code not in {target, self.total}]
        if places := self._find_parts(target, candidates):
            intervals_only = all(code in self.bounds for code in candidates)
            return (
                tuple(candidates[place] for place in places),
                bool(self.bounds) and intervals_only,
            )
        # No cover is exact: intervals that do not overlap are still a lower bound of the whole.
        low, high = self.bounds.get(target, (0, OLDEST) if target == self.total else (1, 0))
        disjoint, free = [], low
        for first, last, code in self._sort_intervals(candidates):
            if free <= first and last <= high:
                disjoint.append(code)
                free = last + 1
        return tuple(disjoint), False

    def find_overlaps(self, codes: Sequence[str]) -> list[tuple[str, str]]:
        """Return the pairs of intervals that share units, neither inside the other.

        >>> Nesting("age", "all", bounds={"0-13": (0, 13), "12-17": (12, 17), "0-5": (0, 5)}
        ...     ).find_overlaps(["0-13", "12-17", "0-5"])
        [('0-13', '12-17')]
        """
        pairs = combinations(self._sort_intervals(codes), 2)
        return [
            (code, later_code)
            for (first, last, code), (later_first, later_last, later_code) in pairs
            if first < later_first <= last < later_last
        ]

    def _sort_intervals(self, codes: Iterable[str]) -> list[tuple[int, int, str]]:
        return sorted((*self.bounds[code], code) for code in codes if code in self.bounds)

    def _find_parts(self, target: str, codes: Sequence[str]) -> tuple[int, ...]:
        """Return the places of the codes that add up to a target."""
        if target in codes:
            return (codes.index(target),)
        if target in self.bounds or (target == self.total and self.bounds):
            # The codes follow one another from the first unit of the interval to the last.
            low, high = self.bounds.get(target, (0, OLDEST))
            covers: dict[int, tuple[int, ...]] = {low: ()}
            intervals = sorted(
                (*self.bounds[code], place)
                for place, code in enumerate(codes)
                if code in self.bounds
            )
            for first, last, place in intervals:
                if first in covers and last <= high:
                    covers.setdefault(last + 1, (*covers[first], place))
            return covers.get(high + 1, ())
        inside = [
            code
            for code in codes
            if code != target and (target == self.total or target in self._wider(code))
        ]
        listed = [code for code in inside if code in self.within or code in self.targets]
        chosen = listed or inside
        # A code inside another of them is counted in that one already.
        widest = [code for code in chosen if not self._wider(code) & set(chosen)]
        return tuple(codes.index(code) for code in widest)

    def _wider(self, code: str) -> frozenset[str]:
        return self.within.get(code, frozenset()) - {self.total}

"""How the codes of one dimension nest: which of those a partner gives add up to those of the pool.

A bracket of ages or a period must be covered exactly, day for day and year for year; of other
dimensions, codes are summed that the code list says to be inside, each person counted once. What
nests in nothing is not comparable: it is said, never forced.
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
"""Which of the codes given, by their places, add up to each code of the pool."""


@dataclass(frozen=True)
class Nesting:
    """The codes that the pool tells of one dimension, by IRI, and what is inside which.

    `targets` are disjoint; `total` is all of them and more, or None where nothing adds up to more
    than a target. `within` gives the wider codes of each code, `bounds` the intervals of those that
    must be covered exactly.
    """

    name: str
    total: str | None
    targets: tuple[str, ...] = ()
    within: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse targets that overlap: a person would be counted in two of them."""
        known = sorted(self.bounds[one] for one in self.targets if one in self.bounds)
        apart = all(before[1] < after[0] for before, after in pairwise(known))
        nested = any(self._wider(one) & set(self.targets) for one in self.targets)
        if nested or not apart:
            raise UsageError("the strata of “{name}” overlap", name=self.name)

    def plan(self, given: Sequence[str]) -> Plan:
        """Tell which of the codes given add up to each target, and to the total.

        >>> ages = Nesting("age", "all", ("18-34",), bounds={
        ...     "18-34": (18, 34), "18-24": (18, 24), "25-34": (25, 34), "30-44": (30, 44)})
        >>> ages.plan(["18-24", "25-34", "30-44"])
        {'18-34': (0, 1)}
        """
        found = {}
        for target in (*self.targets, *([self.total] if self.total else [])):
            parts = self._parts(target, given)
            if parts:
                found[target] = parts
        return found

    def unused(self, given: Sequence[str]) -> list[str]:
        """Give the codes that are in no target: they are not comparable, or enter the total only.

        >>> Nesting("age", "all", ("0-13",), bounds={"0-13": (0, 13), "5-20": (5, 20)}).unused(
        ...     ["5-20", "0-13", "all"])
        ['5-20']
        """
        plan = self.plan(given)
        used = {place for one in self.targets for place in plan.get(one, ())}
        return [one for place, one in enumerate(given) if place not in used and one != self.total]

    @cached_property
    def wholes(self) -> frozenset[str | None]:
        """Give the codes that others may be inside of."""
        wider = {one for some in self.within.values() for one in some}
        return frozenset({self.total, *self.bounds, *wider})

    def parts(self, whole: str, given: Sequence[str]) -> tuple[tuple[str, ...], bool]:
        """Give disjoint codes inside another, and whether they are all of it for certain.

        >>> ages = Nesting("age", "all", bounds={"18-34": (18, 34), "18-24": (18, 24),
        ...     "25-34": (25, 34), "30-44": (30, 44)})
        >>> ages.parts("18-34", ["18-34", "18-24", "25-34", "30-44"])
        (('18-24', '25-34'), True)
        >>> ages.parts("all", ["all", "18-24", "30-44"])
        (('18-24', '30-44'), False)
        """
        others = [one for one in given if one not in {whole, self.total}]
        if found := self._parts(whole, others):
            apart = all(one in self.bounds for one in others)
            return tuple(others[place] for place in found), bool(self.bounds) and apart
        low, high = self.bounds.get(whole, (0, OLDEST) if whole == self.total else (1, 0))
        kept, free = [], low
        for first, last, code in sorted((*self.bounds[c], c) for c in others if c in self.bounds):
            if free <= first and last <= high:
                kept.append(code)
                free = last + 1
        return tuple(kept), False

    def overlapping(self, given: Sequence[str]) -> list[tuple[str, str]]:
        """Give the pairs of intervals that share units, neither inside the other.

        >>> Nesting("age", "all", bounds={"0-13": (0, 13), "12-17": (12, 17), "0-5": (0, 5)}
        ...     ).overlapping(["0-13", "12-17", "0-5"])
        [('0-13', '12-17')]
        """
        known = sorted((*self.bounds[one], one) for one in given if one in self.bounds)
        return [
            (one[2], other[2])
            for one, other in combinations(known, 2)
            if one[0] < other[0] <= one[1] < other[1]
        ]

    def _parts(self, target: str, given: Sequence[str]) -> tuple[int, ...]:
        if target in given:
            return (given.index(target),)
        if target in self.bounds or (target == self.total and self.bounds):
            return self._covering(self.bounds.get(target, (0, OLDEST)), given)
        inside = [one for one in given if self._inside(one, target)]
        known = [one for one in inside if one in self.within or one in self.targets]
        chosen = known or inside
        widest = [one for one in chosen if not self._wider(one) & set(chosen)]
        return tuple(given.index(one) for one in widest)

    def _covering(self, wanted: Bounds, given: Sequence[str]) -> tuple[int, ...]:
        """Find codes that follow one another from the first unit wanted to the last."""
        low, high = wanted
        reached: dict[int, tuple[int, ...]] = {low: ()}
        known = sorted(
            (*self.bounds[one], place) for place, one in enumerate(given) if one in self.bounds
        )
        for first, last, place in known:
            if first in reached and last <= high:
                reached.setdefault(last + 1, (*reached[first], place))
        return reached.get(high + 1, ())

    def _inside(self, code: str, target: str) -> bool:
        return code != target and (target == self.total or target in self._wider(code))

    def _wider(self, code: str) -> frozenset[str]:
        return self.within.get(code, frozenset()) - {self.total}


def nested(name: str, total: str, wider: Mapping[str, Iterable[str]]) -> Nesting:
    """Make the nesting of a code list: the pool tells its widest codes, but the total.

    >>> nested("area", "all", {"06": ["all"], "mtl": ["06", "all"], "all": []}).targets
    ('06',)
    """
    within = {code: frozenset(some) - {code} for code, some in wider.items() if code != total}
    tops = tuple(sorted(code for code, some in within.items() if not some - {total}))
    return Nesting(name, total, tops, within)

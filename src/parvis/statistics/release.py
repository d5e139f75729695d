"""A release: which figures of the pool are told, given all that was told before.

What was told stays known. So the figures of all releases stand in one system: a figure that did
not change is one unknown in all of them, one that did change is another, and between the two
stands what changed, which may be what one contributor brings alone (rule 7).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parvis.config import Disclosure
from parvis.statistics.aggregation import Pooled
from parvis.statistics.moves import Relation
from parvis.statistics.observations import Flags, Floats, Ints
from parvis.statistics.rules import Knowledge, unsafe
from parvis.statistics.strata import Key, owner, part
from parvis.statistics.suppression import Block, Protection, audit

AREA, COMPLEMENTARY, BETWEEN = 4, 5, 7
"""Why a figure is not told, beside rules 1 to 3: the rules' numbers."""


@dataclass(frozen=True)
class Earlier:
    """What an earlier release was made of, and which of its figures it told."""

    pooled: Pooled
    told: Flags


@dataclass(frozen=True)
class Controlled:
    """What control decided on each figure: whether it is told, and by which rules it is not."""

    pooled: Pooled
    told: Flags
    reasons: Mapping[int, frozenset[int]]
    proved: int
    unproved: int


class _System:
    """The unknowns of all releases, and their sums."""

    def __init__(self, contributors: Sequence[str]) -> None:
        """Begin without any."""
        self.contributors = {one: place for place, one in enumerate(contributors)}
        self.parts = np.array([self.contributors[part(one)] for one in contributors], np.int32)
        self.values: list[Floats] = []
        self.keys: list[Key | None] = []
        self.relations: dict[tuple[tuple[int, ...], tuple[float, ...]], None] = {}
        self.versions: defaultdict[Key, dict[bytes, int]] = defaultdict(dict)
        self.changes: list[int] = []

    def add(self, pooled: Pooled) -> list[int]:
        """Take in the figures of a release; gives the unknown that each is."""
        places = [self.contributors[one] for one in pooled.contributors]
        wide = np.zeros((len(pooled.keys), len(self.contributors)))
        wide[:, places] = pooled.values
        found = [self._figure(key, row) for key, row in zip(pooled.keys, wide, strict=True)]
        for whole, parts in pooled.relations:
            self._relate([found[whole], *(found[one] for one in parts)], -1.0)
        return found

    def _figure(self, key: Key, row: Floats) -> int:
        """Give the unknown of a figure made of these parts, and relate it to former ones."""
        known = self.versions[key]
        mark = np.round(row, 3).tobytes()
        if mark not in known:
            number = self._unknown(row, key)
            for former in known.values():
                self._change(former, number)
            known[mark] = number
        return known[mark]

    def _unknown(self, row: Floats, key: Key | None) -> int:
        self.values.append(row)
        self.keys.append(key)
        return len(self.values) - 1

    def _change(self, former: int, latter: int) -> None:
        """Put what changed between two figures, if it is more or less for everyone concerned."""
        before, after = self.values[former], self.values[latter]
        if not _one_way(after - before):  # who may read some of it changed: it is the same figures
            before, after = (self._by_part(one) for one in (before, after))
        by = after - before
        if not by.any():
            self._relate([former, latter], -1.0)
        elif _one_way(by):
            number = self._unknown(np.abs(by), None)
            low, high = (former, latter) if by.sum() >= 0 else (latter, former)
            self._relate([high, low, number], -1.0)
            if ((before > 0) != (after > 0)).any():
                self.changes.append(number)

    def _by_part(self, row: Floats) -> Floats:
        """Add what is of the same figures, whoever may read them."""
        return np.asarray(np.bincount(self.parts, row, len(row)), np.float64)

    def _relate(self, figures: Sequence[int], sign: float) -> None:
        """Say that a figure is the sum of others."""
        parts = tuple(figures), (1.0, *(sign for _ in figures[1:]))
        if len(set(figures)) > 1:
            self.relations[parts] = None


def _one_way(by: Floats) -> bool:
    return bool((by >= 0).all() or (by <= 0).all())


@dataclass(frozen=True)
class Rules:
    """The public thresholds, the secret p, in percent, and the areas that are too small to tell."""

    thresholds: Disclosure
    p: float
    small: frozenset[str] = frozenset()


def controlled(
    pooled: Pooled,
    earlier: Sequence[Earlier],
    rules: Rules,
    forbidden: Iterable[Key] = (),
) -> Controlled:
    """Decide which figures of a pool are told, all that was told before considered.

    Contributors' names say who may read their figures. `forbidden` are figures that may not be
    told, since what was told before cannot be audited any more.
    """
    control = _Control(pooled, earlier, rules)
    control.refuse(forbidden)
    return control.decided()


class _Control:
    """One release in the making, in the system of all."""

    def __init__(self, pooled: Pooled, earlier: Sequence[Earlier], rules: Rules) -> None:
        """Put all releases into one system, and apply the rules on one figure."""
        self.pooled, self.rules = pooled, rules
        some = [one.pooled for one in earlier]
        names = {one for other in (pooled, *some) for one in other.contributors}
        everyone = sorted(names | {part(one) for one in names})
        self.system = _System(everyone)
        before = [(self.system.add(one.pooled), one.told) for one in earlier]
        self.now = np.array(self.system.add(pooled), np.int32)
        values = self.system.values
        self.known = Knowledge.of(
            np.array(values) if values else np.zeros((0, len(everyone))), everyone
        )
        self.fixed = np.zeros(len(values), bool)
        for figures, told in before:
            self.fixed[np.array(figures, np.int32)[told]] = True
        self.fixed |= self.known.totals - self.known.least[:, -1] <= 0  # public already
        self.broken = unsafe(self.known, rules.thresholds, rules.p)
        self.reasons: defaultdict[int, set[int]] = defaultdict(set)
        for rule, broken in self.broken.items():
            self._refuse(rule, np.flatnonzero(broken[self.now]).tolist())
        small = [place for place, key in enumerate(pooled.keys) if key.area in rules.small]
        self._refuse(AREA, small)
        self._refuse(BETWEEN, _changed_little(pooled, earlier, rules.thresholds))

    def refuse(self, forbidden: Iterable[Key]) -> None:
        """Leave figures out, whatever they are."""
        some = set(forbidden)
        self._refuse(BETWEEN, [p for p, key in enumerate(self.pooled.keys) if key in some])

    def _refuse(self, rule: int, places: Iterable[int]) -> None:
        for place in places:
            self.reasons[place].add(rule)

    def decided(self) -> Controlled:
        """Protect what is left out, and tell the rest."""
        seen = np.array([not key.hidden for key in self.pooled.keys], bool)
        fit = np.array([not self.reasons.get(place) for place in range(len(seen))], bool)
        could = self.fixed.copy()
        could[self.now[seen & fit]] = True
        told, proved, unproved = self._protected(could)
        self._refuse(COMPLEMENTARY, np.flatnonzero((could & ~told)[self.now]).tolist())
        shown = told[self.now] & seen & fit  # one that was told before is known, but not told again
        said = {place: frozenset(some) for place, some in self.reasons.items() if some}
        return Controlled(self.pooled, shown, said, proved, unproved)

    @property
    def _watched(self) -> Flags:
        """Say which figures must be protected if they are not told: those that hide something.

        Of parts that are never told, and of what changed, those that break a rule themselves.
        """
        keys = self.system.keys
        bad = np.logical_or.reduce(list(self.broken.values()))
        watched = np.array([key is not None and not key.hidden for key in keys], bool)
        watched |= bad & np.array([key is not None for key in keys], bool)
        watched[[one for one in self.system.changes if bad[one]]] = True
        hiding: Flags = self.known.totals - self.known.least[:, -1] > 0
        return watched & hiding

    def _protected(self, could: Flags) -> tuple[Flags, int, int]:
        """Protect block by block; gives what is told, how many figures are proved, and are not."""
        told, proved, unproved, watched = could.copy(), 0, 0, self._watched
        for figures, relations in self._blocks():
            if (watched & ~told)[figures].any():
                block = self._block(figures, relations, told, watched)
                protection = Protection(block)
                protection.protect()
                told[figures] = block.told
                failed = len(audit(block, protection.proofs))
                proved += int(block.hidden.sum()) - failed
                unproved += failed
        return told, proved, unproved

    def _blocks(self) -> Iterable[tuple[Ints, list[Relation]]]:
        """Part all figures into blocks, the figures in sums numbered in each."""
        relations = list(self.system.relations)
        for figures, sums in _blocks(len(self.fixed), relations):
            place = {one: number for number, one in enumerate(figures.tolist())}
            some = (relations[number] for number in sums)
            yield figures, [([place[one] for one in which], by) for which, by in some]

    def _block(
        self, figures: Ints, relations: list[Relation], told: Flags, watched: Flags
    ) -> Block:
        needs = self.known.largest(self.rules.p, self.rules.thresholds.persons, figures)
        return Block(
            values=self.known.totals[figures],
            least=self.known.least[figures],
            needs=needs,
            relations=relations,
            told=told[figures],
            fixed=self.fixed[figures],
            watched=watched[figures],
        )


def _blocks(size: int, relations: Sequence[Relation]) -> Iterable[tuple[Ints, list[int]]]:
    """Part the figures into blocks that no sum joins, with the sums of each."""
    root = list(range(size))

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for figures, _ in relations:
        first = find(figures[0])
        for one in figures[1:]:
            root[find(one)] = first
    members: defaultdict[int, list[int]] = defaultdict(list)
    sums: defaultdict[int, list[int]] = defaultdict(list)
    for one in range(size):
        members[find(one)].append(one)
    for number, (figures, _) in enumerate(relations):
        sums[find(figures[0])].append(number)
    return [(np.array(some, np.int32), sums[first]) for first, some in sorted(members.items())]


def _changed_little(
    pooled: Pooled, earlier: Sequence[Earlier], thresholds: Disclosure
) -> list[int]:
    """Give the figures told before whose contributors are others now, but too few (rule 7)."""
    found = []
    now = _who(pooled)
    for one in earlier:
        then = _who(one.pooled)
        told = {key for key, said in zip(one.pooled.keys, one.told, strict=True) if said}
        for place, key in enumerate(pooled.keys):
            if key not in told:
                continue
            both = then[key] | now[key]
            others = {
                who: brought
                for who, brought in both.items()
                if (who in then[key]) != (who in now[key])
            }
            few = len({owner(who) for who in others}) < thresholds.contributors
            if others and (few or sum(others.values()) < thresholds.persons):
                found.append(place)
    return found


def _who(pooled: Pooled) -> dict[Key, dict[str, float]]:
    """Give who brings what to each figure: partners, and what they give to some releases only."""
    found: dict[Key, dict[str, float]] = {}
    for key, row in zip(pooled.keys, pooled.values, strict=True):
        brought = found.setdefault(key, {})
        for place in np.flatnonzero(row).tolist():
            who = part(pooled.contributors[place])
            brought[who] = brought.get(who, 0.0) + float(row[place])
    return found

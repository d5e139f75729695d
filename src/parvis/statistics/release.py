"""A release: which figures of the pool are told, given all that was told before.

What was told stays known, so the figures of all releases stand in one system (rule 7).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parvis.config import Disclosure
from parvis.statistics.aggregation import Pooled
from parvis.statistics.moves import Relation
from parvis.statistics.observations import Flags, Ints
from parvis.statistics.rules import Knowledge, unsafe
from parvis.statistics.strata import Key, owner, part
from parvis.statistics.suppression import Block, Protection, audit
from parvis.statistics.system import System

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
        self.system = System(one for other in (pooled, *some) for one in other.contributors)
        everyone = list(self.system.contributors)
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
            changed=np.array([self.system.keys[one] is None for one in figures], bool),
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

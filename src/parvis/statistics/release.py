"""A release: which figures of the pool are told, given all that was told before.

What was told stays known, so the figures of all releases stand in one system (rule 7).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from parvis.config import Disclosure
from parvis.statistics.aggregation import Pooled
from parvis.statistics.linear import EXACT, Relation, System
from parvis.statistics.observations import Flags, Floats, Ints
from parvis.statistics.rules import Knowledge, small_for, unsafe
from parvis.statistics.strata import BASE, Key, owner, part
from parvis.statistics.suppression import Block, Protection, audit

AREA, COMPLEMENTARY, BETWEEN = 4, 5, 7
"""Why a figure is not told, beside rules 1 to 3: the rules' numbers."""


@dataclass(frozen=True)
class Earlier:
    """What an earlier release was made of, and which of its figures it told, or repeated.

    `same_edition` says that the release in the making follows it, and may repeat what it told, but
    for what a partner brought (`gone`) of which some figures may not be pooled any more.
    """

    pooled: Pooled
    told: Flags
    repeated: frozenset[int] = frozenset()
    same_edition: bool = True
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Controlled:
    """What control decided on each figure: whether it is told, and by which rules it is not.

    `repeats` are the figures of which the last that was told is repeated, by place: what each
    contributor brought to it. All that is neither told nor repeated is suppressed. `coverage` is
    the share of venues that figures were told with before, as they are again. `proved` counts
    the suppressed figures that are proved to stay uncertain, `unproved` all figures and changes
    that are not.
    """

    pooled: Pooled
    told: Flags
    reasons: Mapping[int, frozenset[int]]
    proved: int
    unproved: int
    repeats: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    coverage: Mapping[int, float | None] = field(default_factory=dict)


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

    Contributors' names say who may read their figures. `earlier` are in the order in which they
    were made. `forbidden` are figures that may not be told, since what was told before cannot be
    audited any more.
    """
    control = _Control(pooled, earlier, rules)
    control.refuse(forbidden)
    return control.decided()


class _Control:
    """One release in the making, in the system of all."""

    def __init__(self, pooled: Pooled, earlier: Sequence[Earlier], rules: Rules) -> None:
        """Put all releases into one system, and apply the rules on one figure."""
        self.pooled, self.rules = pooled, rules
        releases = [pooled, *(release.pooled for release in earlier)]
        self.system = System(name for release in releases for name in release.contributors)
        before = [(self.system.add(r.pooled), r.told, r.repeated) for r in earlier]
        self.now = np.array(self.system.add(pooled), np.int32)
        fixed = {number for n, told, _ in before for number, t in zip(n, told, strict=True) if t}
        self.reasons: defaultdict[int, set[int]] = defaultdict(set)
        self._relate_changes(fixed)
        values = np.array(self.system.values)
        if not len(values):
            values = np.zeros((0, len(self.system.contributors)))
        everyone = list(self.system.contributors)
        self.known, self.sizes = (Knowledge.of(v, everyone) for v in (values, np.abs(values)))
        self.least = self.known.least.copy()
        self.least[list(self.system.net)] = -np.inf
        self.fixed = np.zeros(len(values), bool)
        self.fixed[list(fixed)] = True
        self.fixed |= self.known.totals - self.least[:, -1] <= 0  # public already
        self.broken = unsafe(self.sizes, rules.thresholds, rules.p)
        for rule, broken in self.broken.items():
            self._refuse(rule, np.flatnonzero(broken[self.now]).tolist())
        small = [place for place, key in enumerate(pooled.keys) if key.area in rules.small]
        self._refuse(AREA, small)
        self._refuse(BETWEEN, _changed_little(pooled, earlier, rules.thresholds))
        self.repeats = self._fit_to_repeat(earlier, [numbers for numbers, _, _ in before])
        self.suppressed_before = {
            number
            for numbers, told, repeated in before
            for place, number in enumerate(numbers)
            if not told[place] and place not in repeated
        }

    def _fit_to_repeat(
        self, earlier: Sequence[Earlier], numbers: Sequence[Sequence[int]]
    ) -> dict[int, dict[str, float]]:
        """Return what contributors brought to the figures that may be repeated, by place.

        Rules may be tighter now than they were when a figure was told.
        """
        bad, repeats = np.logical_or.reduce(list(self.broken.values())), {}
        for place, (release, at) in _repeatable(self.pooled, earlier).items():
            small = self.pooled.keys[place].area in self.rules.small
            if not small and not bad[numbers[release][at]]:
                before = earlier[release].pooled
                brought = zip(before.contributors, before.values[at].tolist(), strict=True)
                repeats[place] = {who: value for who, value in brought if value}
        return repeats

    def _relate_changes(self, fixed: Collection[int]) -> None:
        """Put into the system what changed between versions, as far as it says anything.

        A figure is not told anew where it would show a small change since it was told (rule 7).
        """
        changes = list(self.system.changes())
        if not changes:
            return
        by, everyone = np.array([change.by for change in changes]), list(self.system.contributors)
        sizes = Knowledge.of(np.abs(by), everyone)
        small = np.asarray(small_for(sizes, self.rules.thresholds, self.rules.p).any(axis=1))
        # Who brings all of what was lost knows that nobody else lost anything: it bounds the rest.
        whole = np.zeros(len(by), bool)
        for row in (np.maximum(by, 0), np.maximum(-by, 0)):
            of_all = Knowledge.of(row, everyone)
            whole |= np.asarray((of_all.totals[:, None] - of_all.least <= EXACT).any(axis=1))
        places = {int(number): place for place, number in enumerate(self.now)}
        for number, change in enumerate(changes):
            bounding = not change.implied if change.one_way else whole[number]
            if small[number] or bounding:
                self.system.relate(change)
            if small[number]:
                pair = change.former, change.latter
                for published, latest in (pair, pair[::-1]):
                    if published in fixed and latest in places and latest not in fixed:
                        self._refuse(BETWEEN, [places[latest]])

    def refuse(self, forbidden: Iterable[Key]) -> None:
        """Leave figures out, whatever they are."""
        keys = set(forbidden)
        self._refuse(BETWEEN, [p for p, key in enumerate(self.pooled.keys) if key in keys])

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
        self._keep_with_base(shown)
        reasons = {place: frozenset(rules) for place, rules in self.reasons.items() if rules}
        repeats = {place: row for place, row in self.repeats.items() if not shown[place]}
        suppressed = seen & ~shown
        suppressed[list(repeats)] = False
        count = len(proved & set(self.now[suppressed].tolist()))
        return Controlled(self.pooled, shown, reasons, count, unproved, repeats)

    def _keep_with_base(self, shown: Flags) -> None:
        """Tell a figure and its base of one release, new or repeated: shares are of both."""
        places = {key: place for place, key in enumerate(self.pooled.keys)}
        for base, at in places.items():
            figure = places.get(_of_base(base), at)
            if figure != at and shown[at] != shown[figure] and {at, figure} & self.repeats.keys():
                # The figure alone is told where there is no base to repeat.
                pair = [at, figure] if at in self.repeats else [at]
                self._refuse(COMPLEMENTARY, [place for place in pair if shown[place]])
                shown[pair] = False

    @property
    def _watched(self) -> Flags:
        """Say which figures must be protected if they are not told: those that hide something.

        These are the suppressed figures of any release, others that break a rule themselves, and
        small changes. Of a figure that is repeated instead only what changed must not be known.
        """
        bad = np.logical_or.reduce(list(self.broken.values()))
        keyed = np.array([key is not None for key in self.system.keys], bool)
        watched = bad & keyed
        for number in self.suppressed_before:
            key = self.system.keys[number]
            watched[number] |= key is not None and not key.hidden
        for place, number in enumerate(self.now):
            watched[number] |= not self.pooled.keys[place].hidden and place not in self.repeats
        watched |= self._small.any(axis=1)
        hiding = self.sizes.totals - self.sizes.least[:, -1] > 0
        return np.asarray(watched & hiding)

    @cached_property
    def _small(self) -> Flags:
        """Say which unknowns are small changes, to each attacker."""
        changes = [*self.system.moved, *self.system.net]
        small = np.zeros(self.least.shape, bool)
        everyone = list(self.system.contributors)
        rows = Knowledge.of(self.sizes.values[changes], everyone)
        small[changes] = small_for(rows, self.rules.thresholds, self.rules.p)
        return small

    def _protected(self, could: Flags) -> tuple[Flags, set[int], int]:
        """Protect block by block; return what is told, what is proved, and how much is not."""
        told, watched, proved, unproved = could.copy(), self._watched, set[int](), 0
        for figures, relations in self._blocks():
            if (watched & ~told)[figures].any():
                block = self._block(figures, relations, told, watched)
                protection = Protection(block)
                protection.protect()
                told[figures] = block.told
                # What is left out of a block of which nothing new is told stays as uncertain as
                # it was proved to be when something was.
                failed = [] if block.silent else audit(block, protection.proofs)
                proved |= set(figures[block.hidden].tolist()) - set(figures[failed].tolist())
                unproved += len(failed)
        return told, proved, unproved

    def _blocks(self) -> Iterable[tuple[Ints, list[Relation]]]:
        """Part all figures into blocks, the figures in sums numbered in each."""
        relations = list(self.system.relations)
        for figures, sums in _blocks(len(self.fixed), relations):
            place = {number: at for at, number in enumerate(figures.tolist())}
            of_block = (relations[number] for number in sums)
            yield figures, [([place[f] for f in which], by) for which, by in of_block]

    def _block(
        self, figures: Ints, relations: list[Relation], told: Flags, watched: Flags
    ) -> Block:
        needs = self.sizes.largest(self.rules.p, self.rules.thresholds.persons, figures)
        changes = np.zeros(len(self.fixed), bool)
        changes[[*self.system.moved, *self.system.net]] = True
        needs[changes[figures][:, None] & ~self._small[figures]] = 0
        moved = np.zeros(len(self.fixed), bool)
        moved[self.system.moved] = True
        repeatable = np.zeros(len(self.fixed), bool)
        repeatable[self.now[list(self.repeats)]] = True
        return Block(
            values=self.known.totals[figures],
            least=self.least[figures],
            needs=needs,
            relations=relations,
            told=told[figures],
            fixed=self.fixed[figures],
            watched=watched[figures],
            changed=moved[figures],
            repeatable=repeatable[figures],
            limits=self._limits(figures, needs),
        )

    def _limits(self, figures: Ints, needs: Floats) -> dict[tuple[int, int, int], float]:
        """Tell how far sums of gains and losses need to go: no version may be less than nought."""
        limits = {}
        for place, number in enumerate(figures.tolist()):
            if number in self.system.net:
                former, latter = self.system.net[number]
                for attacker in np.flatnonzero(needs[place]).tolist():
                    for sign, version in ((1, former), (-1, latter)):
                        unknown = self.known.totals[version] - self.least[version, attacker]
                        limits[place, attacker, sign] = min(needs[place, attacker], unknown)
        return limits


def _repeatable(pooled: Pooled, earlier: Sequence[Earlier]) -> dict[int, tuple[int, int]]:
    """Return the last figure that was told of each that a release may repeat, by place.

    A figure is the number of its release and its place there. What it repeats is known already. But
    nobody's figures are published again, not even in a sum, who does not let them be pooled any
    more.
    """
    last: dict[Key, tuple[int, int]] = {}
    for number, release in enumerate(earlier):
        if not release.same_edition:
            continue
        keys = release.pooled.keys
        published = {key for key, is_told in zip(keys, release.told, strict=True) if is_told}
        gone = [owner(name) in release.gone for name in release.pooled.contributors]
        for at, (key, row) in enumerate(zip(keys, release.pooled.values, strict=True)):
            if key in published and _of_base(key) in published:
                if not row[gone].any():
                    last[key] = number, at
            elif _of_base(key) in published:  # told without its base, which is of another release
                last.pop(key, None)
    return {place: last[key] for place, key in enumerate(pooled.keys) if key in last}


def _of_base(key: Key) -> Key:
    """Return the figure of which a figure is the base, itself if it is none."""
    return key._replace(measure=key.measure.removesuffix(BASE))


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

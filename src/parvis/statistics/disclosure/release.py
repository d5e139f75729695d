"""A release: which figures of the pool are published, given all that was published before.

What was published stays known, so the figures of all releases form one system (rule 7).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from parvis.config import Disclosure
from parvis.statistics.aggregation import PooledFigures
from parvis.statistics.disclosure.linear import EXACT, FAR, Relation, System
from parvis.statistics.disclosure.refusals import find_followed, find_small_turnover
from parvis.statistics.disclosure.rules import Knowledge, find_small_changes, find_unsafe
from parvis.statistics.disclosure.suppression import Block, Protection, audit_proofs
from parvis.statistics.disclosure.witnesses import (
    Candidate,
    Witness,
    choose_candidates,
    find_witness,
)
from parvis.statistics.rolling_up import Flags, Floats, Ints
from parvis.statistics.strata import ATTENDANCE, AVAILABLE, BASE, HOUSES, SALES, FigureKey, owner

AREA, COMPLEMENTARY, BETWEEN = 4, 5, 7
"""Rules by which a figure is not published, besides rules 1 to 3."""


@dataclass(frozen=True)
class EarlierRelease:
    """An earlier release, and which of its figures it published, or repeated.

    `same_edition` if the new release follows it and may repeat what it published, except what was
    brought by partners (`gone`) that do not let some figures be pooled any more.
    """

    pooled: PooledFigures
    published: Flags
    repeated: frozenset[int] = frozenset()
    same_edition: bool = True
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ControlledRelease:
    """The decision on each figure: whether it is published, and by which rules it is not.

    `repeats` are the figures of which the last published value is repeated, by place: what each
    contributor brought to it. All that is neither published nor repeated is suppressed. `coverage`
    is the share of venues that repeated figures were published with. `proved` counts the
    suppressed figures that are proved to stay uncertain, `unproved` all figures and changes
    that are not. `witness` is the evidence, in a form that others can check.
    """

    pooled: PooledFigures
    published: Flags
    reasons: Mapping[int, frozenset[int]]
    proved: int
    unproved: int
    repeats: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    coverage: Mapping[int, float | None] = field(default_factory=dict)
    witness: Witness | None = None


@dataclass(frozen=True)
class DisclosureRules:
    """The public thresholds, the secret p, in percent, and the areas too small to be published."""

    thresholds: Disclosure
    p: float
    small: frozenset[str] = frozenset()


def control_release(
    pooled: PooledFigures,
    earlier: Sequence[EarlierRelease],
    rules: DisclosureRules,
    forbidden: Iterable[FigureKey] = (),
) -> ControlledRelease:
    """Decide which figures of a pool are published, given all that was published before.

    Contributors' names tell who may read their figures. `earlier` are in the order in which they
    were published. `forbidden` are figures that may not be published, since an earlier release
    cannot be audited any more.
    """
    control = _Control(pooled, earlier, rules)
    keys = set(forbidden)
    control.refuse(BETWEEN, [place for place, key in enumerate(pooled.keys) if key in keys])
    return control.decide()


class _Control:
    """The control of one release, in the system of all."""

    def __init__(
        self, pooled: PooledFigures, earlier: Sequence[EarlierRelease], rules: DisclosureRules
    ) -> None:
        self.pooled, self.rules = pooled, rules
        releases = [pooled, *(release.pooled for release in earlier)]
        self.system = System(name for release in releases for name in release.contributors)
        self.before = before = [(self.system.add(release.pooled), release) for release in earlier]
        self.candidates: list[tuple[Ints, list[Relation], list[Candidate]]] = []
        self.now = np.array(self.system.add(pooled), np.int32)
        fixed = {
            number
            for numbers, release in before
            for number, published in zip(numbers, release.published, strict=True)
            if published
        }
        self.reasons: defaultdict[int, set[int]] = defaultdict(set)
        self._relate_changes(fixed)
        values = np.array(self.system.values)
        if not len(values):
            values = np.zeros((0, len(self.system.contributors)))
        everyone = list(self.system.contributors)
        self.knowledge = Knowledge.of(values, everyone)
        self.sizes = Knowledge.of(np.abs(values), everyone)
        self.least = self.knowledge.least.copy()
        self.least[list(self.system.net)] = -np.inf
        self.fixed = np.zeros(len(values), bool)
        self.fixed[list(fixed)] = True
        # What is public already is fixed too.
        self.fixed |= self.knowledge.totals - self.least[:, -1] <= 0
        broken = find_unsafe(self.sizes, rules.thresholds, rules.p)
        self.unsafe = np.asarray(np.logical_or.reduce(list(broken.values())))
        for rule, flags in broken.items():
            self.refuse(rule, np.flatnonzero(flags[self.now]).tolist())
        small = [place for place, key in enumerate(pooled.keys) if key.area in rules.small]
        self.refuse(AREA, small)
        published = [(release.pooled, release.published) for release in earlier]
        self.refuse(BETWEEN, find_small_turnover(pooled, published, rules.thresholds))
        self.repeats = self._select_repeats(earlier, [numbers for numbers, _ in before])
        self.suppressed_before = {
            number
            for numbers, release in before
            for place, number in enumerate(numbers)
            if not release.published[place] and place not in release.repeated
        }

    def _select_repeats(
        self, earlier: Sequence[EarlierRelease], numbers: Sequence[Sequence[int]]
    ) -> dict[int, dict[str, float]]:
        """Return what contributors brought to the figures that may be repeated, by place."""
        # The release of the last publication of each figure, and its row there.
        last: dict[FigureKey, tuple[int, int]] = {}
        for number, release in enumerate(earlier):
            if not release.same_edition:
                continue
            keys = release.pooled.keys
            published = {key for key, flag in zip(keys, release.published, strict=True) if flag}
            gone = [owner(name) in release.gone for name in release.pooled.contributors]
            for place, (key, row) in enumerate(zip(keys, release.pooled.values, strict=True)):
                if key in published and _strip_base(key) in published:
                    # What is repeated is known already. But figures of a partner that does not let
                    # them be pooled any more are not published again, not even in a sum.
                    if not row[gone].any():
                        last[key] = number, place
                elif _strip_base(key) in published:
                    # It was published without its base, which is of another release.
                    last.pop(key, None)
        repeats = {}
        for place, key in enumerate(self.pooled.keys):
            # Rules may be tighter now than they were when a figure was published.
            if key in last and key.area not in self.rules.small:
                number, line = last[key]
                if not self.unsafe[numbers[number][line]]:
                    before = earlier[number].pooled
                    values = zip(before.contributors, before.values[line].tolist(), strict=True)
                    repeats[place] = {name: value for name, value in values if value}
        return repeats

    def _relate_changes(self, fixed: Collection[int]) -> None:
        """Add to the system the changes between versions that reveal something.

        A figure is not published anew where it would show a small change since it was published
        (rule 7).
        """
        changes = list(self.system.changes())
        if not changes:
            return
        by, everyone = np.array([change.by for change in changes]), list(self.system.contributors)
        sizes = Knowledge.of(np.abs(by), everyone)
        small = np.asarray(
            find_small_changes(sizes, self.rules.thresholds, self.rules.p).any(axis=1)
        )
        # Of a change that is large as a whole, what was gained alone, or lost, may be small; and
        # who brings most of what was lost bounds what others gained: the difference is public.
        bounding = np.zeros(len(by), bool)
        for row in (np.maximum(by, 0), np.maximum(-by, 0)):
            knowledge = Knowledge.of(row, everyone)
            unknown = knowledge.totals[:, None] - knowledge.least
            few = find_small_changes(knowledge, self.rules.thresholds, self.rules.p)
            bounding |= np.asarray(((unknown <= EXACT) | few).any(axis=1))
        places = {int(number): place for place, number in enumerate(self.now)}
        for number, change in enumerate(changes):
            reveals = not change.implied if change.one_way else bounding[number]
            if small[number] or reveals:
                self.system.relate(change)
            if small[number]:
                pair = change.former, change.latter
                for published, latest in (pair, pair[::-1]):
                    if published in fixed and latest in places and latest not in fixed:
                        self.refuse(BETWEEN, [places[latest]])

    @cached_property
    def _room(self) -> Floats:
        """How far up each figure can go for all that each attacker knows of it.

        Rooms are public: of each partner, as many tickets as are for sale can be sold or given, and
        no more attend. Figures of a partner without seats, or with more tickets than seats, have no
        bound.
        """
        room = np.full(self.least.shape, FAR)
        by_key = {key: number for number, key in enumerate(self.system.keys) if key is not None}
        seats = {
            self._name_house(key): number
            # Of several areas the last is the one that holds the most: all of them.
            for key, number in sorted(
                by_key.items(), key=lambda pair: self.knowledge.totals[pair[1]]
            )
            if key.measure == AVAILABLE and not key.hidden
        }
        for number, key in enumerate(self.system.keys):
            if key is None or key.hidden or key.measure not in (*SALES, ATTENDANCE):
                continue
            house = seats.get(self._name_house(key))
            if house is None:
                continue
            others = set(SALES if key.measure in SALES else ()) - {key.measure}
            places = [by_key.get(key._replace(measure=measure)) for measure in others]
            free = self._by_partner[house] - self._by_partner[number]
            free -= sum(self._by_partner[place] for place in places if place is not None)
            if (free[self._by_partner[number] > 0] >= 0).all():
                for attacker in range(len(self.knowledge.readable)):
                    unknown = self.knowledge.hidden_of(attacker, number) > 0
                    unknown[attacker : attacker + 1] = False
                    room[number, attacker] = free[unknown].sum()
        return room

    @staticmethod
    def _name_house(key: FigureKey) -> tuple[str, ...]:
        """Name the seats that a figure's tickets are of: by period, discipline, event or size."""
        layer = (key.layer, key.code) if key.layer in HOUSES else ("", "")
        return (key.period, key.discipline, *layer)

    @cached_property
    def _by_partner(self) -> Floats:
        """What each partner brings to each figure, whoever may read it."""
        return np.asarray(self.knowledge.values @ self.knowledge.owners)

    def refuse(self, rule: int, places: Iterable[int]) -> None:
        """Do not publish figures, by a rule."""
        for place in places:
            self.reasons[place].add(rule)

    def decide(self) -> ControlledRelease:
        """Protect what is suppressed, and publish the rest."""
        visible = np.array([not key.hidden for key in self.pooled.keys], bool)
        allowed = np.array([not self.reasons.get(place) for place in range(len(visible))], bool)
        could = self.fixed.copy()
        could[self.now[visible & allowed]] = True
        public, proved, unproved = self._protect(could)
        self.refuse(COMPLEMENTARY, np.flatnonzero((could & ~public)[self.now]).tolist())
        # A figure that was published before is known, but is not published again.
        published = public[self.now] & visible & allowed
        places = {key: place for place, key in enumerate(self.pooled.keys)}
        for key, base in places.items():
            # A figure and its base are of one release, new or repeated: shares are of both.
            figure = places.get(_strip_base(key), base)
            repeated = {base, figure} & self.repeats.keys()
            if figure != base and published[base] != published[figure] and repeated:
                # The figure alone is published where there is no base to repeat.
                pair = [base, figure] if base in self.repeats else [base]
                self.refuse(COMPLEMENTARY, [place for place in pair if published[place]])
                published[pair] = False
        reasons = {place: frozenset(rules) for place, rules in self.reasons.items() if rules}
        repeats = {place: row for place, row in self.repeats.items() if not published[place]}
        suppressed = visible & ~published
        suppressed[list(repeats)] = False
        count = len(proved & set(self.now[suppressed].tolist()))
        witness = self._find_witness(published, suppressed)
        return ControlledRelease(
            self.pooled, published, reasons, count, unproved, repeats, witness=witness
        )

    def _find_witness(self, published: Flags, suppressed: Flags) -> Witness:
        """Find tables in which the suppressed figures of all releases differ from the real ones."""
        public, targets = self.fixed.copy(), np.zeros(len(self.fixed), bool)
        public[self.now[published]] = True
        targets[self.now[suppressed]] = True
        for number in self.suppressed_before:
            key = self.system.keys[number]
            targets[number] |= key is not None and not key.hidden
        targets &= ~public & (self.knowledge.totals - self.least[:, -1] > EXACT)
        blocks = [
            (figures, self._build_block(figures, relations, public, targets), candidates)
            for figures, relations, candidates in self.candidates
            if targets[figures].any()
        ]
        numbers = [numbers for numbers, _ in self.before] + [self.now.tolist()]
        attackers = [*sorted(set(map(owner, self.system.contributors))), ""]
        return find_witness(blocks, numbers, attackers)

    @cached_property
    def _small(self) -> Flags:
        """The unknowns that are small changes, to each attacker."""
        changes = [*self.system.moved, *self.system.net]
        small = np.zeros(self.least.shape, bool)
        everyone = list(self.system.contributors)
        rows = Knowledge.of(self.sizes.values[changes], everyone)
        small[changes] = find_small_changes(rows, self.rules.thresholds, self.rules.p)
        return small

    def _protect(self, could: Flags) -> tuple[Flags, set[int], int]:
        """Protect block by block; return what is public, what is proved, how much is not."""
        # Watched are the figures that must be protected if suppressed, as they hide something: the
        # suppressed figures of any release, others that break a rule themselves, and small changes.
        # Of a figure that is repeated instead only what changed must not be known.
        keys = self.system.keys
        watched = self.unsafe & np.array([key is not None for key in keys], bool)
        for number in self.suppressed_before:
            key = keys[number]
            watched[number] |= key is not None and not key.hidden
        for place, number in enumerate(self.now):
            watched[number] |= not self.pooled.keys[place].hidden and place not in self.repeats
        watched |= self._small.any(axis=1)
        watched &= self.sizes.totals - self.sizes.least[:, -1] > 0
        public, proved, unproved = could.copy(), set[int](), 0
        followed = find_followed(self.pooled)
        following, tickets = (np.array([*side], np.int32) for side in (followed, followed.values()))
        following, tickets = self.now[following], self.now[tickets]
        money = np.zeros(len(public), bool)
        money[following] = True
        # Money comes last: where the tickets are suppressed, it would tell them.
        for figures, relations in sorted(
            self._split_into_blocks(), key=lambda block: money[block[0]].any()
        ):
            public[following] &= public[tickets] | self.fixed[following]
            candidates: list[Candidate] = []
            self.candidates.append((figures, relations, candidates))
            if (watched & ~public)[figures].any():
                block = self._build_block(figures, relations, public, watched)
                protection = Protection(block)
                protection.protect()
                public[figures] = block.published
                candidates += choose_candidates(block, protection.proofs)
                # What is suppressed in a block of which nothing new is published stays as uncertain
                # as it was proved to be when something was.
                failed = (
                    [] if block.publishes_nothing_new else audit_proofs(block, protection.proofs)
                )
                proved |= set(figures[block.hidden].tolist()) - set(figures[failed].tolist())
                unproved += len(failed)
        return public, proved, unproved

    def _split_into_blocks(self) -> Iterator[tuple[Ints, list[Relation]]]:
        """Yield the figures that sums join, with their sums, the figures numbered in each block."""
        relations = list(self.system.relations)
        root = list(range(len(self.fixed)))

        def find_root(number: int) -> int:
            while root[number] != number:
                root[number] = root[root[number]]
                number = root[number]
            return number

        for numbers, _ in relations:
            first = find_root(numbers[0])
            for number in numbers[1:]:
                root[find_root(number)] = first
        members: defaultdict[int, list[int]] = defaultdict(list)
        sums: defaultdict[int, list[Relation]] = defaultdict(list)
        for number in range(len(root)):
            members[find_root(number)].append(number)
        for relation in relations:
            sums[find_root(relation[0][0])].append(relation)
        for first, block in sorted(members.items()):
            places = {number: place for place, number in enumerate(block)}
            renumbered: list[Relation] = [
                ([places[number] for number in numbers], by) for numbers, by in sums[first]
            ]
            yield np.array(block, np.int32), renumbered

    def _build_block(
        self, figures: Ints, relations: list[Relation], public: Flags, watched: Flags
    ) -> Block:
        needs = self.sizes.required_distances(self.rules.p, self.rules.thresholds.persons, figures)
        changes = np.zeros(len(self.fixed), bool)
        changes[[*self.system.moved, *self.system.net]] = True
        needs[changes[figures][:, None] & ~self._small[figures]] = 0
        moved = np.zeros(len(self.fixed), bool)
        moved[self.system.moved] = True
        repeatable = np.zeros(len(self.fixed), bool)
        repeatable[self.now[list(self.repeats)]] = True
        # Sums of gains and losses need to go only so far: no version may be negative.
        limits = {}
        for place, number in enumerate(figures.tolist()):
            if number in self.system.net:
                former, latter = self.system.net[number]
                for attacker in np.flatnonzero(needs[place]).tolist():
                    for sign, version in ((1, former), (-1, latter)):
                        unknown = self.knowledge.totals[version] - self.least[version, attacker]
                        limits[place, attacker, sign] = min(needs[place, attacker], unknown)
        return Block(
            values=self.knowledge.totals[figures],
            least=self.least[figures],
            room=self._room[figures],
            needs=needs,
            relations=relations,
            published=public[figures],
            fixed=self.fixed[figures],
            watched=watched[figures],
            changed=moved[figures],
            repeatable=repeatable[figures],
            limits=limits,
        )


def _strip_base(key: FigureKey) -> FigureKey:
    """Return the figure of which a figure is the base, itself if it is none."""
    return key._replace(measure=key.measure.removesuffix(BASE))

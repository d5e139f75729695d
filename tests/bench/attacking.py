"""Who attacks releases: all that is told, and all that one member knows.

The attacker shares no code with what it attacks: it writes its own unknowns and sums from the
releases, and asks a solver for the least and the most that each figure left out can be, and what
changed between two. Figures that go into some releases only are named after their owner.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from parvis.config import Disclosure
from parvis.statistics.release import ControlledRelease
from parvis.statistics.strata import FigureKey

Numbers = NDArray[np.float64]
THRESHOLDS = Disclosure()
PRIMAL = 4
"""HiGHS’s primal simplex, which goes on from the last solution when only costs change."""
NEAR = 1e-3
"""Within this, figures are equal."""
TABLES = 400
"""How many tables are kept for who comes next: they save time, and take memory."""
FAR = 1e6
"""As much as a figure can be where nothing else bounds it, and ten times the largest at least."""


class Silent(highspy.Highs):
    """HiGHS without its callbacks, which print as they are set."""

    def __init__(self) -> None:
        """Make it silent."""
        super(highspy.Highs, self).__init__()
        self.setOptionValue("output_flag", False)  # noqa: FBT003 - its own way
        self.setOptionValue("simplex_strategy", PRIMAL)
        self.setOptionValue("threads", 1)  # as parvis has it: a process has one number of them


class Change(NamedTuple):
    """What was gained, lost and left as it was, by owner, between two figures of one key."""

    former: int
    latter: int
    gained: dict[str, float]
    lost: dict[str, float]
    stayed: dict[str, float]

    @property
    def moved(self) -> dict[str, float]:
        """Return what was gained or lost, without its sign: as much is known of its owner."""
        return {**self.gained, **self.lost}


PARTS = 3
"""Unknowns of a change: what was gained, what was lost, what stayed."""


class Stage(NamedTuple):
    """How many figures, sums and changes there were after a release, and what was told."""

    values: int
    sums: int
    changes: int
    before: frozenset[int]
    told: frozenset[int]


@dataclass
class Attack:
    """Everything that is told by releases, as an attacker writes it down.

    `stages` say what there was after each release. A figure that a release repeats is not left
    out of it; but what changed in it since, if that is of few, is looked for as a figure is: what
    was gained, what was lost, and both together. Whose values changed, everyone knows.
    """

    p: float
    values: list[dict[str, float]] = field(default_factory=list)
    told: set[int] = field(default_factory=set)
    targets: dict[int, FigureKey] = field(default_factory=dict)
    sums: list[tuple[int, list[int]]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    seen: dict[tuple[FigureKey, tuple[tuple[str, float], ...]], int] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    known: list[tuple[str, FigureKey]] = field(default_factory=list)
    versions: dict[FigureKey, list[int]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    tables: Numbers = field(default_factory=lambda: np.zeros((0, 0)))

    def add(self, release: ControlledRelease) -> None:
        """Write down one release."""
        places, before = [], frozenset(self.told)
        for key, row in zip(release.pooled.keys, release.pooled.values, strict=True):
            made = {w: float(v) for w, v in zip(release.pooled.contributors, row, strict=True) if v}
            places.append(self._figure(key, made))
        for place, told in zip(places, release.told, strict=True):
            if told:
                self.told.add(place)
        repeated = {places[at] for at in getattr(release, "repeats", ())}
        for place, key in zip(places, release.pooled.keys, strict=True):
            if not key.hidden:
                self.targets[place] = key
                if place not in repeated and place not in self.told:
                    self.hidden.add(place)
        self.sums += [
            (places[w], [places[o] for o in some]) for w, some in release.pooled.relations
        ]
        sizes = len(self.values), len(self.sums), len(self.changes)
        self.stages.append(Stage(*sizes, before, frozenset(self.told)))

    def _figure(self, key: FigureKey, made: dict[str, float]) -> int:
        mark = key, tuple(sorted(made.items()))
        if mark not in self.seen:
            self.seen[mark] = len(self.values)
            self.values.append(made)
            for former in self.versions.setdefault(key, []):
                self._change(former, len(self.values) - 1)
            self.versions[key].append(len(self.values) - 1)
        return self.seen[mark]

    def _change(self, former: int, latter: int) -> None:
        """Note what was gained and lost from one to the other, by owner: it is known of whom."""
        old, new = self.values[former], self.values[latter]
        by: defaultdict[str, float] = defaultdict(float)
        for sign, made in ((-1, old), (1, new)):
            for one, value in made.items():
                by[_owner(one)] += sign * value
        gained = {one: value for one, value in by.items() if value > NEAR}
        lost = {one: -value for one, value in by.items() if value < -NEAR}
        before, after = ({w: v for w, v in _by_owner(made).items() if v} for made in (old, new))
        stayed = {who: min(before[who], after[who]) for who in before.keys() & after.keys()}
        self.changes.append(Change(former, latter, gained, lost, stayed))

    def recovered(self, *, rounding: float = 0.0) -> list[tuple[str, FigureKey]]:
        """Give the figures left out that somebody finds: within ten, or p% of the largest.

        What somebody knows so well without what a release tells, from those before it, from its
        own figures and from who came and left, is not found by that release: it is in `known`.
        """
        return list(self.recoveries(rounding))

    def recoveries(self, rounding: float = 0.0) -> Iterator[tuple[str, FigureKey]]:
        """Give them one after the other, of who knows nothing by itself and of each member."""
        if not self.told:
            return
        self.tables = np.zeros((0, len(self.values) + PARTS * len(self.changes)))
        members = sorted({_owner(one) for made in self.values for one in made})
        for who in ("", *members):
            yield from self._recovered(who, rounding)

    def _recovered(self, who: str, rounding: float) -> list[tuple[str, FigureKey]]:
        """Look for what one member finds; each table that a search ends with shows of all."""
        own = [_of(who, self._made(place)) for place in range(self.tables.shape[1])]
        targets = list(self._targets(who, own))
        sums = np.zeros((len(targets), len(own)))
        for number, target in enumerate(targets):
            sums[number, list(target.places)] = target.signs
        solvers = _Solvers(self, own, rounding)
        solver = solvers.after(self.stages[-1])
        low, high = (
            np.array(bound) for bound in (solver.getLp().col_lower_, solver.getLp().col_upper_)
        )
        fitting = (self.tables > low - NEAR).all(axis=1) & (self.tables < high + NEAR).all(axis=1)
        shown = self.tables[fitting] @ sums.T
        for sign in (1.0, -1.0):  # all at once: few remain to be looked for alone
            shown = np.vstack([shown, self._search(solver, sums.sum(axis=0) * sign) @ sums.T])
        found: list[tuple[str, FigureKey]] = []
        for number, target in enumerate(targets):
            near = False
            for sign, wanted in ((1.0, target.low), (-1.0, target.high)):
                if (sign * (shown[:, number] - wanted)).min() > NEAR:
                    shown = np.vstack([shown, self._search(solver, sums[number] * sign) @ sums.T])
                    near |= sign * (shown[-1, number] - wanted) > NEAR
            if near:
                new = self._narrowed(solvers, target)
                (found if new else self.known).append((who, target.key))
        return found

    def _search(self, solver: highspy.Highs, costs: Numbers) -> Numbers:
        """Give the table of the least cost, and keep it for who comes next."""
        table = _extreme(solver, costs)
        self.tables = np.vstack([self.tables[-TABLES:], table])
        return table

    def _narrowed(self, solvers: "_Solvers", target: "Target") -> bool:
        """Say whether some release, by what it tells, made a figure known too well."""
        size = len(self.values)
        for stage in self.stages:
            if any(
                place >= stage.values if place < size else place - size >= PARTS * stage.changes
                for place in target.places
            ):
                continue
            at = [place if place < size else place - size + stage.values for place in target.places]
            after, before = solvers.after(stage), solvers.before(stage)
            costs = np.zeros(stage.values + PARTS * stage.changes)
            for sign, wanted in ((1.0, target.low), (-1.0, target.high)):
                costs[at] = sign * target.signs
                reached = costs @ _extreme(after, costs)
                if reached - sign * wanted > NEAR:
                    without = costs @ _extreme(before, costs)
                    if reached - without > NEAR:
                        return True
        return False

    def solver(self, own: Sequence[float], rounding: float, stage: "Stage") -> highspy.Highs:
        """Write down what there was after a release, as one who brings `own` knows it."""
        solver, far = Silent(), max(FAR, 10 * max(sum(made.values()) for made in self.values))
        for place, made in enumerate(self.values[: stage.values]):
            value, known = sum(made.values()), place in stage.told
            low = max(value - rounding, own[place]) if known else own[place]
            solver.addVar(low, value + rounding if known else far)
        for whole, parts in self.sums[: stage.sums]:
            if parts != [whole]:
                index = np.array([whole, *parts], np.int32)
                solver.addRow(0, 0, len(index), index, np.array([1.0, *(-1.0 for _ in parts)]))
        for number, one in enumerate(self.changes[: stage.changes]):
            mine = own[len(self.values) + PARTS * number :][:PARTS]
            for made, theirs in zip((one.gained, one.lost, one.stayed), mine, strict=True):
                alone = abs(sum(made.values()) - theirs) < NEAR and made is not one.stayed
                solver.addVar(theirs, theirs if alone or not made else far)
            gained = stage.values + PARTS * number
            for version, moved in ((one.latter, gained), (one.former, gained + 1)):
                index = np.array([version, moved, gained + 2], np.int32)
                solver.addRow(0, 0, 3, index, np.array([1.0, -1.0, -1.0]))
        return solver

    def _targets(self, who: str, own: Sequence[float]) -> Iterator["Target"]:
        """Give what a member looks for: figures left out, and what few others changed."""
        for place, key in self.targets.items():
            others = _others(self.values[place], who)
            if place not in self.told and others and (place in self.hidden or self._few(others)):
                yield self._target(key, [place], [1], others, own[place])
        keys = {place: key for key, places in self.versions.items() for place in places}
        for number, change in enumerate(self.changes):
            first = len(self.values) + PARTS * number
            key = keys[change.former]
            for place, made in ((first, change.gained), (first + 1, change.lost)):
                others = _others(made, who)
                if others and self._few(others):
                    yield self._target(key, [place], [1], others, own[place])
            others = _others(change.moved, who)
            mixed = change.gained and change.lost
            if mixed and others and self._few(others):
                low = own[change.latter] - sum(self.values[change.former].values())
                high = sum(self.values[change.latter].values()) - own[change.former]
                yield self._target(key, [first, first + 1], [1, -1], others, low, high)

    def _few(self, others: Sequence[float]) -> bool:
        """Say whether a sum of what others bring, or change, breaks rule 1, 2 or 3."""
        large = sorted(others, reverse=True)
        few = len(large) < THRESHOLDS.contributors or sum(large) < THRESHOLDS.persons
        return few or sum(large[2:]) < self.p / 100 * large[0]

    def _target(  # noqa: PLR0913, PLR0917 - what is looked for, and how near is too near
        self,
        key: FigureKey,
        places: Sequence[int],
        signs: Sequence[int],
        others: Sequence[float],
        low: float,
        high: float = np.inf,
    ) -> "Target":
        value = float(
            sum(
                sign * sum(self._made(place).values())
                for place, sign in zip(places, signs, strict=True)
            )
        )
        need = max(THRESHOLDS.persons, self.p / 100 * max(others))
        signed = np.array(signs, float)
        return Target(key, tuple(places), signed, max(low, value - need), min(high, value + need))

    def _made(self, place: int) -> dict[str, float]:
        """Give what a figure is made of, or what was gained, or lost, or stayed."""
        if place < len(self.values):
            return self.values[place]
        number, part = divmod(place - len(self.values), PARTS)
        change = self.changes[number]
        return (change.gained, change.lost, change.stayed)[part]


class Target(NamedTuple):
    """What is looked for: a sum of unknowns, and the interval inside which it is known too well."""

    key: FigureKey
    places: tuple[int, ...]
    signs: Numbers
    low: float
    high: float


class _Solvers:
    """The programmes of one member, each written once."""

    def __init__(self, attack: Attack, own: Sequence[float], rounding: float) -> None:
        self._attack, self._own, self._rounding = attack, own, rounding
        self._written: dict[Stage, highspy.Highs] = {}

    def after(self, stage: Stage) -> highspy.Highs:
        """Give what was known after a release."""
        if stage not in self._written:
            self._written[stage] = self._attack.solver(self._own, self._rounding, stage)
        return self._written[stage]

    def before(self, stage: Stage) -> highspy.Highs:
        """Give what would be known after it had it told nothing."""
        return self.after(stage._replace(told=stage.before))


def _extreme(solver: highspy.Highs, costs: Numbers) -> Numbers:
    """Give the table that costs least."""
    solver.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        solver.clearSolver()
        solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, solver.getModelStatus()
    return np.array(solver.getSolution().col_value)


def _by_owner(made: Mapping[str, float]) -> dict[str, float]:
    """Add up what is of one owner."""
    added: defaultdict[str, float] = defaultdict(float)
    for who, value in made.items():
        added[_owner(who)] += value
    return added


def _others(made: Mapping[str, float], who: str) -> list[float]:
    """Give what each other owner brings."""
    return [value for one, value in _by_owner(made).items() if one != who]


def _of(who: str, made: Mapping[str, float]) -> float:
    return _by_owner(made).get(who, 0.0)


def _owner(name: str) -> str:
    return name.partition(" reserved ")[0]

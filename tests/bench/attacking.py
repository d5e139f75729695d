"""An attacker of releases, who knows everything published and the figures of one member.

The attacker shares no code with the attacked release: it derives unknowns and sums from the
releases, and computes by linear programming the bounds of each suppressed figure, and of what
changed between two releases. Figures in some releases only are named after their owner.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from time import process_time
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from parvis.config import Disclosure
from parvis.statistics.disclosure.release import ControlledRelease
from parvis.statistics.strata import FigureKey

Numbers = NDArray[np.float64]
THRESHOLDS = Disclosure()
PRIMAL = 4
"""HiGHS’s primal simplex, which continues from the last solution if only costs change."""
NEAR = 1e-3
"""Tolerance within which figures are equal."""
TABLES = 400
"""The number of witness tables that are reused: they save time, and take memory."""
FAR = 1e6
"""The least upper bound of an otherwise unbounded figure; at least ten times the largest."""


class Silent(highspy.Highs):
    """HiGHS without its callbacks, which print when they are set."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        self.setOptionValue("output_flag", False)  # noqa: FBT003 - its own way
        self.setOptionValue("simplex_strategy", PRIMAL)
        self.setOptionValue("threads", 1)  # as in parvis: the number is fixed per process


class Change(NamedTuple):
    """What owners gained, lost and kept between two figures of one key."""

    former: int
    latter: int
    gained: dict[str, float]
    lost: dict[str, float]
    unchanged: dict[str, float]

    @property
    def moved(self) -> dict[str, float]:
        """Return gains and losses by owner without their sign."""
        return {**self.gained, **self.lost}


PARTS = 3
"""The unknowns of a change: gained, lost and unchanged amounts."""


class Stage(NamedTuple):
    """The numbers of figures, sums and changes after a release, and the published figures."""

    values: int
    sums: int
    changes: int
    before: frozenset[int]
    published: frozenset[int]


@dataclass
class Attack:
    """Everything that releases publish, as seen by an attacker.

    `stages` describe the state after each release. A figure that a release repeats is not
    suppressed; but a change in it since then, if made by few, is attacked like a figure: what
    was gained, what was lost, and both together. Whose values changed is public.
    """

    p: float
    values: list[dict[str, float]] = field(default_factory=list)
    published: set[int] = field(default_factory=set)
    targets: dict[int, FigureKey] = field(default_factory=dict)
    sums: list[tuple[int, list[int]]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    seen: dict[tuple[FigureKey, tuple[tuple[str, float], ...]], int] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    already_known: list[tuple[str, FigureKey]] = field(default_factory=list)
    versions: dict[FigureKey, list[int]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    tables: Numbers = field(default_factory=lambda: np.zeros((0, 0)))

    def add(self, release: ControlledRelease) -> None:
        """Add a release."""
        places, before = [], frozenset(self.published)
        for key, row in zip(release.pooled.keys, release.pooled.values, strict=True):
            contributions = {
                contributor: float(value)
                for contributor, value in zip(release.pooled.contributors, row, strict=True)
                if value
            }
            places.append(self._figure(key, contributions))
        for place, is_told in zip(places, release.published, strict=True):
            if is_told:
                self.published.add(place)
        repeated = {places[at] for at in getattr(release, "repeats", ())}
        for place, key in zip(places, release.pooled.keys, strict=True):
            if not key.hidden:
                self.targets[place] = key
                if place not in repeated and place not in self.published:
                    self.hidden.add(place)
        self.sums += [
            (places[whole], [places[part] for part in parts])
            for whole, parts in release.pooled.relations
        ]
        sizes = len(self.values), len(self.sums), len(self.changes)
        self.stages.append(Stage(*sizes, before, frozenset(self.published)))

    def _figure(self, key: FigureKey, contributions: dict[str, float]) -> int:
        signature = key, tuple(sorted(contributions.items()))
        if signature not in self.seen:
            self.seen[signature] = len(self.values)
            self.values.append(contributions)
            for former in self.versions.setdefault(key, []):
                self._change(former, len(self.values) - 1)
            self.versions[key].append(len(self.values) - 1)
        return self.seen[signature]

    def _change(self, former: int, latter: int) -> None:
        """Record what owners gained and lost from one figure to the other."""
        old, new = self.values[former], self.values[latter]
        changes: defaultdict[str, float] = defaultdict(float)
        for sign, contributions in ((-1, old), (1, new)):
            for name, value in contributions.items():
                changes[_owner(name)] += sign * value
        gained = {name: value for name, value in changes.items() if value > NEAR}
        lost = {name: -value for name, value in changes.items() if value < -NEAR}
        before, after = (
            {w: v for w, v in _by_owner(contributions).items() if v} for contributions in (old, new)
        )
        stayed = {
            owner_: min(before[owner_], after[owner_]) for owner_ in before.keys() & after.keys()
        }
        self.changes.append(Change(former, latter, gained, lost, stayed))

    def recovered(self, *, rounding: float = 0.0) -> list[tuple[str, FigureKey]]:
        """Return the suppressed figures that somebody recovers: within ten, or p% of the largest.

        What somebody knows as well without a release, from those before it, from its own
        figures and from who joined and left, is not recovered from it but in `already_known`.
        """
        return list(self.recoveries(rounding))

    def recoveries(
        self, rounding: float = 0.0, seconds: float = inf
    ) -> Iterator[tuple[str, FigureKey]]:
        """List recovered figures, first those of an outsider, then those of each member.

        No other member's attack begins after so many seconds of processor.
        """
        end = process_time() + seconds
        if not self.published:
            return
        self.tables = np.zeros((0, len(self.values) + PARTS * len(self.changes)))
        members = sorted({_owner(name) for contributions in self.values for name in contributions})
        for member in ("", *members):
            if process_time() > end:
                return
            yield from self._recovered(member, rounding)

    def _recovered(self, member: str, rounding: float) -> list[tuple[str, FigureKey]]:
        """Attack as one member; each solution is a witness table for all figures."""
        own = [_of(member, self._made(place)) for place in range(self.tables.shape[1])]
        targets = list(self._targets(member, own))
        sums = np.zeros((len(targets), len(own)))
        for number, target in enumerate(targets):
            sums[number, list(target.places)] = target.signs
        solvers = _Solvers(self, own, rounding)
        solver = solvers.after(self.stages[-1])
        low, high = (
            np.array(bound) for bound in (solver.getLp().col_lower_, solver.getLp().col_upper_)
        )
        fitting = (self.tables > low - NEAR).all(axis=1) & (self.tables < high + NEAR).all(axis=1)
        witnesses = self.tables[fitting] @ sums.T
        for sign in (1.0, -1.0):  # all at once: few remain to be looked for alone
            witnesses = np.vstack(
                [witnesses, self._search(solver, sums.sum(axis=0) * sign) @ sums.T]
            )
        recoveries_: list[tuple[str, FigureKey]] = []
        for number, target in enumerate(targets):
            is_near = False
            for sign, bound_ in ((1.0, target.low), (-1.0, target.high)):
                if (sign * (witnesses[:, number] - bound_)).min() > NEAR:
                    witnesses = np.vstack(
                        [witnesses, self._search(solver, sums[number] * sign) @ sums.T]
                    )
                    is_near |= sign * (witnesses[-1, number] - bound_) > NEAR
            if is_near:
                is_new = self._narrowed(solvers, target)
                (recoveries_ if is_new else self.already_known).append((member, target.key))
        return recoveries_

    def _search(self, solver: highspy.Highs, costs: Numbers) -> Numbers:
        """Return the table of least cost, and keep it for later searches."""
        table = _extreme(solver, costs)
        self.tables = np.vstack([self.tables[-TABLES:], table])
        return table

    def _narrowed(self, solvers: "_Solvers", target: "Target") -> bool:
        """Return whether what some release publishes reveals a figure too precisely."""
        size = len(self.values)
        for stage in self.stages:
            if any(
                place >= stage.values if place < size else place - size >= PARTS * stage.changes
                for place in target.places
            ):
                continue
            places = [
                place if place < size else place - size + stage.values for place in target.places
            ]
            after, before = solvers.after(stage), solvers.before(stage)
            costs = np.zeros(stage.values + PARTS * stage.changes)
            for sign, bound in ((1.0, target.low), (-1.0, target.high)):
                costs[places] = sign * target.signs
                reached = costs @ _extreme(after, costs)
                if reached - sign * bound > NEAR:
                    without = costs @ _extreme(before, costs)
                    if reached - without > NEAR:
                        return True
        return False

    def solver(self, own: Sequence[float], rounding: float, stage: "Stage") -> highspy.Highs:
        """Build the linear programme after a release, for an attacker who contributes `own`."""
        solver, upper = (
            Silent(),
            max(FAR, 10 * max(sum(contributions.values()) for contributions in self.values)),
        )
        for place, contributions in enumerate(self.values[: stage.values]):
            value, is_known = sum(contributions.values()), place in stage.published
            low = max(value - rounding, own[place]) if is_known else own[place]
            solver.addVar(low, value + rounding if is_known else upper)
        for whole, parts in self.sums[: stage.sums]:
            if parts != [whole]:
                index = np.array([whole, *parts], np.int32)
                solver.addRow(0, 0, len(index), index, np.array([1.0, *(-1.0 for _ in parts)]))
        for number, change in enumerate(self.changes[: stage.changes]):
            own_parts = own[len(self.values) + PARTS * number :][:PARTS]
            for contributions, theirs in zip(
                (change.gained, change.lost, change.unchanged), own_parts, strict=True
            ):
                is_certain = (
                    abs(sum(contributions.values()) - theirs) < NEAR
                    and contributions is not change.unchanged
                )
                solver.addVar(theirs, theirs if is_certain or not contributions else upper)
            gained = stage.values + PARTS * number
            for version, moved in ((change.latter, gained), (change.former, gained + 1)):
                index = np.array([version, moved, gained + 2], np.int32)
                solver.addRow(0, 0, 3, index, np.array([1.0, -1.0, -1.0]))
        return solver

    def _targets(self, member: str, own: Sequence[float]) -> Iterator["Target"]:
        """List what a member attacks: suppressed figures, and changes by few others."""
        for place, key in self.targets.items():
            others = _others(self.values[place], member)
            if (
                place not in self.published
                and others
                and (place in self.hidden or self._few(others))
            ):
                yield self._target(key, [place], [1], others, own[place])
        keys = {place: key for key, places in self.versions.items() for place in places}
        for number, change in enumerate(self.changes):
            first = len(self.values) + PARTS * number
            key = keys[change.former]
            for place, amounts in ((first, change.gained), (first + 1, change.lost)):
                others = _others(amounts, member)
                if others and self._few(others):
                    yield self._target(key, [place], [1], others, own[place])
            others = _others(change.moved, member)
            is_mixed = change.gained and change.lost
            if is_mixed and others and self._few(others):
                low = own[change.latter] - sum(self.values[change.former].values())
                high = sum(self.values[change.latter].values()) - own[change.former]
                yield self._target(key, [first, first + 1], [1, -1], others, low, high)

    def _few(self, others: Sequence[float]) -> bool:
        """Return whether a sum of others' contributions or changes breaks rule 1, 2 or 3."""
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
        margin = max(THRESHOLDS.persons, self.p / 100 * max(others))
        signed = np.array(signs, float)
        return Target(
            key, tuple(places), signed, max(low, value - margin), min(high, value + margin)
        )

    def _made(self, place: int) -> dict[str, float]:
        """Return the contributions to a figure, or the gained, lost or unchanged amounts."""
        if place < len(self.values):
            return self.values[place]
        number, part = divmod(place - len(self.values), PARTS)
        change = self.changes[number]
        return (change.gained, change.lost, change.unchanged)[part]


class Target(NamedTuple):
    """A sum of unknowns under attack, and the interval in which it is known too precisely."""

    key: FigureKey
    places: tuple[int, ...]
    signs: Numbers
    low: float
    high: float


class _Solvers:
    """The linear programmes of one member, each built once."""

    def __init__(self, attack: Attack, own: Sequence[float], rounding: float) -> None:
        self._attack, self._own, self._rounding = attack, own, rounding
        self._written: dict[Stage, highspy.Highs] = {}

    def after(self, stage: Stage) -> highspy.Highs:
        """Return what was known after a release."""
        if stage not in self._written:
            self._written[stage] = self._attack.solver(self._own, self._rounding, stage)
        return self._written[stage]

    def before(self, stage: Stage) -> highspy.Highs:
        """Return what would be known after it if it had published nothing."""
        return self.after(stage._replace(published=stage.before))


def _extreme(solver: highspy.Highs, costs: Numbers) -> Numbers:
    """Return the table of least cost."""
    solver.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        solver.clearSolver()
        solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, solver.getModelStatus()
    return np.array(solver.getSolution().col_value)


def _by_owner(contributions: Mapping[str, float]) -> dict[str, float]:
    """Add up the contributions of each owner."""
    sums: defaultdict[str, float] = defaultdict(float)
    for contributor, value in contributions.items():
        sums[_owner(contributor)] += value
    return sums


def _others(contributions: Mapping[str, float], member: str) -> list[float]:
    """List the contributions of other owners."""
    return [value for owner_, value in _by_owner(contributions).items() if owner_ != member]


def _of(member: str, contributions: Mapping[str, float]) -> float:
    return _by_owner(contributions).get(member, 0.0)


def _owner(name: str) -> str:
    return name.partition(" reserved ")[0]

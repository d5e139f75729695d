"""Random pools, and who attacks their releases: all that is told, and all that one member knows.

The attacker shares no code with what it attacks: it writes its own unknowns and sums from the
releases, and asks a solver for the least and the most that each figure left out can be, and what
came or went between two. Figures that go into some releases only are named after their owner.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import highspy
import numpy as np

from parvis.config import Disclosure
from parvis.statistics.aggregation import Pooled, aggregate
from parvis.statistics.nesting import Nesting
from parvis.statistics.observations import Observations
from parvis.statistics.release import Controlled, Earlier, Rules, controlled
from parvis.statistics.strata import DIMENSIONS, LAYERS, Key, Row, Strata
from parvis.statistics.stratum import Stratum

THRESHOLDS = Disclosure()
PRIMAL = 4
"""HiGHS’s primal simplex, which goes on from the last solution when only costs change."""
NEAR = 1e-3
"""Within this, figures are equal."""
SIDES = ((0, 1), (1, -1))
"""The least that a figure can be, and the most: a row, and the sign to minimise by."""


def strata(disciplines: int = 2, areas: int = 3) -> Strata:
    """Give a small hierarchy."""
    codes = {
        "discipline": tuple(f"d{one}" for one in range(disciplines)),
        "area": tuple(f"a{one}" for one in range(areas)),
        "age": ("0-17", "18-64", "65+"),
        "channel": ("web", "door"),
    }
    ages = {"0-17": (0, 17), "18-64": (18, 64), "65+": (65, 200), "18-24": (18, 24)}
    ages |= {"25-64": (25, 64), "0-13": (0, 13)}
    found = {
        name: Nesting(name, "*", codes.get(name, ()), bounds=ages if name == "age" else {})
        for name in DIMENSIONS
    }
    found["period"] = Nesting("period", None, ("2025",), bounds={"2025": (1, 365)})
    return Strata(found)


def rows(
    seed: int, *, contributors: int | None = None, disciplines: Sequence[str] = ("d0", "d1")
) -> list[Row]:
    """Invent figures: contributors of different sizes, that break down more or less."""
    draw = random.Random(seed)  # noqa: S311 - the same pools every time
    sizes, layers = draw.choice(SIZES), draw.choice(BROKEN)
    dense = draw.choice([1, 2])
    found = []
    for number in range(contributors or draw.randint(4, 14)):
        name, size, layer = f"m{number}", draw.choice(sizes), draw.choice(layers)
        some = min(draw.randint(dense, 2), len(disciplines))
        for discipline in draw.sample(disciplines, some):
            for area in draw.sample(["a0", "a1", "a2"], draw.randint(dense, 3)):
                found += _stratum(draw, name, size, layer, discipline, area)
    return found


SIZES = ([3, 12, 40, 300, 2000], [40, 60, 90], [8, 12, 30, 45], [200, 300, 500, 900])
BROKEN = (("age",), ("age", "channel"), ("age", "channel", None), ("channel", "age", "age"))


def _stratum(  # noqa: PLR0913, PLR0917 - what is drawn
    draw: random.Random, name: str, size: int, layer: str | None, discipline: str, area: str
) -> list[Row]:
    """Invent the figures of a contributor in one discipline and area."""

    def row(value: int, code: str = "*") -> Row:
        told = {**dict.fromkeys(LAYERS, "*"), **({layer: code} if layer else {})}
        age, public, language, channel = (told[one] for one in LAYERS)
        where = ("2025", "*", discipline, area)
        return Row(name, "attendance", *where, age, public, language, channel, value)

    codes = {"age": ["0-17", "18-24", "25-64", "65+"], "channel": ["web", "door"]}.get(
        layer or "", []
    )
    values = [int(draw.gammavariate(2, size / 2)) for _ in codes]
    total = (
        sum(values) + draw.choice([0, 0, 0, 7]) if codes else int(draw.gammavariate(2, 2 * size))
    )
    return [*(row(value, code) for value, code in zip(values, codes, strict=True)), row(total)]


class Silent(highspy.Highs):
    """HiGHS without its callbacks, which print as they are set."""

    def __init__(self) -> None:
        """Make it silent."""
        super(highspy.Highs, self).__init__()
        self.setOptionValue("output_flag", False)  # noqa: FBT003 - its own way
        self.setOptionValue("simplex_strategy", PRIMAL)


class Change(NamedTuple):
    """What was gained and what was lost, by owner, between two figures of one key.

    `come` says that some came or went, or something else of theirs.
    """

    former: int
    latter: int
    gained: dict[str, float]
    lost: dict[str, float]
    come: bool


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

    `stages` say what there was after each release.
    It also asks what few contributors came or went with between two releases.
    """

    p: float
    values: list[dict[str, float]] = field(default_factory=list)
    told: set[int] = field(default_factory=set)
    targets: dict[int, Key] = field(default_factory=dict)
    sums: list[tuple[int, list[int]]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    seen: dict[tuple[Key, tuple[tuple[str, float], ...]], int] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    known: list[tuple[str, Key]] = field(default_factory=list)
    versions: dict[Key, list[int]] = field(default_factory=dict)

    def add(self, release: Controlled) -> None:
        """Write down one release."""
        places, before = [], frozenset(self.told)
        for key, row in zip(release.pooled.keys, release.pooled.values, strict=True):
            made = {w: float(v) for w, v in zip(release.pooled.contributors, row, strict=True) if v}
            places.append(self._figure(key, made))
        for place, told in zip(places, release.told, strict=True):
            if told:
                self.told.add(place)
        for place, key in zip(places, release.pooled.keys, strict=True):
            if not key.hidden:
                self.targets[place] = key
        self.sums += [
            (places[w], [places[o] for o in some]) for w, some in release.pooled.relations
        ]
        sizes = len(self.values), len(self.sums), len(self.changes)
        self.stages.append(Stage(*sizes, before, frozenset(self.told)))

    def _figure(self, key: Key, made: dict[str, float]) -> int:
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
        self.changes.append(Change(former, latter, gained, lost, old.keys() != new.keys()))

    def recovered(self, *, rounding: float = 0.0) -> list[tuple[str, Key]]:
        """Give the figures left out that somebody finds: within ten, or p% of the largest.

        What somebody knows so well without what a release tells, from those before it, from its
        own figures and from who came and left, is not found by that release: it is in `known`.
        """
        return list(self.recoveries(rounding))

    def recoveries(self, rounding: float = 0.0) -> Iterator[tuple[str, Key]]:
        """Give them one after the other, of who knows nothing by itself and of each member."""
        members = sorted({_owner(one) for made in self.values for one in made})
        for who in ("", *members):
            yield from self._recovered(who, rounding)

    def _recovered(self, who: str, rounding: float) -> list[tuple[str, Key]]:
        """Look for what one member finds; each table that is found shows of all figures."""
        size = len(self.values) + 2 * len(self.changes)
        own = [self._own(who, place) for place in range(size)]
        solver = self._solver(own, rounding, self.stages[-1])
        seen = np.tile(np.array([self._value(place) for place in range(size)]), (2, 1))
        found: list[tuple[str, Key]] = []
        for place, key in self._targets(who):
            value = self._value(place)
            need = max(THRESHOLDS.persons, self.p / 100 * max(self._others(place, who)))
            wanted = max(own[place], value - need), value + need
            for row, sign in SIDES:
                if sign * (seen[row, place] - wanted[row]) > NEAR:
                    table, reached = self._extreme(solver, place, sign)
                    seen = np.array([np.fmin(seen[0], table), np.fmax(seen[1], table)])
                    seen[row, place] = reached
            if any(sign * (seen[row, place] - wanted[row]) > NEAR for row, sign in SIDES):
                new = self._narrowed(own, rounding, place, wanted)
                (found if new else self.known).append((who, key))
        return found

    def _narrowed(
        self, own: Sequence[float], rounding: float, place: int, wanted: tuple[float, float]
    ) -> bool:
        """Say whether some release, by what it tells, made a figure known too well."""
        number = place - len(self.values)
        for stage in self.stages:
            at = place if number < 0 else stage.values + number
            if place >= stage.values and not 0 <= number < 2 * stage.changes:
                continue
            after, before = (
                self._solver(own, rounding, one)
                for one in (stage, stage._replace(told=stage.before))
            )
            for row, sign in SIDES:
                reached = self._extreme(after, at, sign)[1]
                if sign * (reached - wanted[row]) > NEAR:
                    without = self._extreme(before, at, sign)[1]
                    if sign * (reached - without) > NEAR:
                        return True
        return False

    def _solver(self, own: Sequence[float], rounding: float, stage: "Stage") -> highspy.Highs:
        """Write down what there was after a release, as one who brings `own` knows it."""
        solver = Silent()
        for place, made in enumerate(self.values[: stage.values]):
            value, known = sum(made.values()), place in stage.told
            low = max(value - rounding, own[place]) if known else own[place]
            solver.addVar(low, value + rounding if known else highspy.kHighsInf)
        for whole, parts in self.sums[: stage.sums]:
            if parts != [whole]:
                index = np.array([whole, *parts], np.int32)
                solver.addRow(0, 0, len(index), index, np.array([1.0, *(-1.0 for _ in parts)]))
        moved = self._moved[: 2 * stage.changes]
        for made, theirs in zip(moved, own[len(self.values) :], strict=False):
            alone = abs(sum(made.values()) - theirs) < NEAR
            solver.addVar(theirs, theirs if alone else highspy.kHighsInf)
        for number, one in enumerate(self.changes[: stage.changes]):
            gained = stage.values + 2 * number
            index = np.array([one.latter, one.former, gained, gained + 1], np.int32)
            solver.addRow(0, 0, 4, index, np.array([1.0, -1.0, -1.0, 1.0]))
        return solver

    def _targets(self, who: str) -> list[tuple[int, Key]]:
        """Give what a member looks for: figures left out, and what few others came or went with."""
        found = [one for one in self.targets.items() if one[0] not in self.told]
        keys = {place: key for key, places in self.versions.items() for place in places}
        for place, made in enumerate(self._moved, len(self.values)):
            change = self.changes[(place - len(self.values)) // 2]
            some = sorted(self._others(place, who), reverse=True)
            few = len(some) < THRESHOLDS.contributors or sum(some) < THRESHOLDS.persons
            if made and change.come and (few or sum(some[2:]) < self.p / 100 * some[0]):
                found.append((place, keys[change.former]))
        return [one for one in found if self._others(one[0], who)]

    @property
    def _moved(self) -> list[dict[str, float]]:
        """Give what was gained and what was lost by each change, one after the other."""
        return [made for one in self.changes for made in (one.gained, one.lost)]

    def _made(self, place: int) -> dict[str, float]:
        """Give what a figure is made of, or what was gained or lost."""
        if place < len(self.values):
            return self.values[place]
        change = self.changes[(place - len(self.values)) // 2]
        return change.lost if (place - len(self.values)) % 2 else change.gained

    def _value(self, place: int) -> float:
        return sum(self._made(place).values())

    def _others(self, place: int, who: str) -> list[float]:
        """Give what each other owner brings to a figure."""
        found: dict[str, float] = {}
        for one, value in self._made(place).items():
            if _owner(one) != who:
                found[_owner(one)] = found.get(_owner(one), 0.0) + value
        return list(found.values())

    def _own(self, who: str, place: int) -> float:
        return sum(value for one, value in self._made(place).items() if _owner(one) == who)

    @staticmethod
    def _extreme(solver: highspy.Highs, place: int, sign: int) -> tuple[Any, float]:
        """Give a table in which a figure is the least or the most, and how much it is there."""
        solver.changeColCost(place, sign)
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kUnknown:
            solver.clearSolver()
            solver.run()
        status, table = solver.getModelStatus(), np.array(solver.getSolution().col_value)
        solver.changeColCost(place, 0)
        if status == highspy.HighsModelStatus.kOptimal:
            return table, float(table[place])
        assert status == highspy.HighsModelStatus.kUnbounded, status
        return np.full(len(table), np.nan), -sign * float("inf")


def _owner(name: str) -> str:
    return name.partition(" reserved ")[0]


def editions(
    seed: int, *, p: float, disciplines: Sequence[str] = ("d0", "d1"), together: bool = True
) -> list[Controlled]:
    """Release a random pool for all and for classes, twice, some figures for classes only.

    A class has one discipline; some owners give figures to all and others to a class. `together`:
    each is held against all before it.
    """
    hierarchy, draw = strata(), random.Random(f"{seed} editions")  # noqa: S311 - the same every time
    some = rows(seed, contributors=draw.randint(8, 14), disciplines=disciplines)
    members = sorted({one.contributor for one in some})
    kept = set(draw.sample(members, draw.choice([1, 3, 5])))
    theirs = {"d0": kept, "d1": kept if seed % 2 else set(sorted(kept)[:2])}
    found: list[Controlled] = []
    for _ in range(2):
        whole = [one for one in some if one.contributor not in kept]
        for discipline in (None, *disciplines):
            more = [one for one in some if one.contributor in theirs.get(discipline or "", ())]
            reserved = [one._replace(contributor=f"{one.contributor} reserved 1") for one in more]
            second = _second(draw, seed, whole) if discipline and seed % 3 == 0 else []
            seen = Observations.of([*whole, *reserved, *second])
            pooled = Stratum(discipline=discipline).of(aggregate(seen, hierarchy))
            earlier = [Earlier(one.pooled, one.told) for one in found if together]
            found.append(controlled(pooled, earlier, Rules(THRESHOLDS, p)))
        gone = draw.choice(members)
        some = [one for one in some if one.contributor != gone]
    return found


def _second(draw: random.Random, seed: int, whole: Sequence[Row]) -> list[Row]:
    """Let some that give to all give other figures to the classes only."""
    owners = sorted({one.contributor for one in whole})[: draw.choice([1, 2, 4])]
    more = rows(seed + 104729, contributors=4)
    names = dict(zip(sorted({one.contributor for one in more}), owners, strict=False))
    return [
        one._replace(contributor=f"{names[one.contributor]} reserved 2")
        for one in more
        if one.contributor in names
    ]


def releases(
    seed: int,
    *,
    p: float,
    later: bool = True,
    contributors: int | None = None,
    disciplines: Sequence[str] = ("d0", "d1"),
) -> list[Controlled]:
    """Release a random pool; then again after somebody left, joined or corrected figures."""
    hierarchy, draw = strata(), random.Random(f"{seed} later")  # noqa: S311 - the same every time
    made = [rows(seed, contributors=contributors, disciplines=disciplines)]
    if later:
        for _ in range(draw.randint(0, 2)):
            made.append(_changed(draw, made[-1], seed))
    found: list[Controlled] = []
    for some in made:
        pooled: Pooled = aggregate(Observations.of(some), hierarchy)
        earlier = [Earlier(one.pooled, one.told) for one in found]
        found.append(controlled(pooled, earlier, Rules(THRESHOLDS, p)))
    return found


def _changed(draw: random.Random, before: Sequence[Row], seed: int) -> list[Row]:
    """Let members leave, or join, or one correct a figure."""
    members = sorted({one.contributor for one in before})
    what = draw.choice(["leave", "leave", "join", "correct", "both"])
    left = draw.sample(members, min(draw.choice([1, 1, 2, 4]), len(members) - 1))
    some = [one for one in before if what not in {"leave", "both"} or one.contributor not in left]
    if what in {"join", "both"}:
        new = rows(seed + 7919 + draw.randint(0, 99), contributors=draw.choice([1, 1, 3]))
        some += [
            one._replace(contributor=f"n{one.contributor}{draw.randint(0, 1) * 0}") for one in new
        ]
    if what == "correct" and some:
        at = draw.randrange(len(some))
        some[at] = some[at]._replace(value=some[at].value + 15)
    keys = {one[:-1]: one for one in some}
    return list(keys.values())


def attacked(
    seed: int,
    p: float,
    contributors: int | None = None,
    disciplines: Sequence[str] = ("d0", "d1"),
) -> tuple[list[Controlled], list[tuple[str, Key]]]:
    """Release a pool and attack it."""
    made = releases(seed, p=p, contributors=contributors, disciplines=disciplines)
    attack = Attack(p)
    for one in made:
        attack.add(one)
    return made, attack.recovered()

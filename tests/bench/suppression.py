"""Compare what is published with other suppressions: `python tests/bench/suppression.py [SEEDS]`.

The same invented tables, month × discipline × area and year × discipline × area × age, of 8, 15 and
30 contributors, are protected three ways, from the same unsafe cells (rules 1 to 3, also for a
member): by parvis, naively (of each sum in which one cell is suppressed the smallest other one
too), and by τ-ARGUS, which minimises the suppressed total (`--argus PYTHON`: the Python of a venv
with `pytauargus`). Then a reader and each member attack each table by linear programming: how many
suppressed cells become known within ten, or p % of the largest contributor. τ-ARGUS is also run
again, the cells that were recovered being unsafe by twice as much, until the attack recovers none:
only then is its protection the same.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from attacking import THRESHOLDS, Attack
from libraries import suppress_naively

from parvis.statistics.aggregation import PooledFigures
from parvis.statistics.disclosure.release import ControlledRelease, DisclosureRules, control_release
from parvis.statistics.disclosure.rules import Knowledge
from parvis.statistics.rolling_up import Flags, Floats
from parvis.statistics.strata import FigureKey

P, SIZES, TOTAL = 20.0, (8, 15, 30), "T"
ROUNDS = 12
"""How often τ-ARGUS is run again."""
MONTHS = tuple(f"m{month:02}" for month in range(1, 13))
DISCIPLINES, AREAS = ("d1", "d2", "d3"), ("a1", "a2", "a3", "a4")
AGES = ("0-17", "18-34", "35-64", "65+")
KINDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "month × discipline × area": (MONTHS, DISCIPLINES, AREAS),
    "year × discipline × area × age": (DISCIPLINES, AREAS, AGES),
}
HEADING = """| table | contributors | suppression | cells | attendance | recovered | s |
|---|---|---|---|---|---|---|"""
Place = tuple[int, ...]


@dataclass(frozen=True)
class Table:
    """A pooled table with all its totals, and the codes of each figure."""

    pooled: PooledFigures
    codes: tuple[tuple[str, ...], ...]

    @property
    def totals(self) -> Floats:
        return np.asarray(self.pooled.values.sum(axis=1))


def invent_table(kind: str, contributors: int, seed: int) -> Table:
    """Invent attendance of contributors of different sizes, one or two disciplines each."""
    draw = np.random.default_rng([seed, contributors])
    axes = KINDS[kind]
    shape = tuple(len(axis) for axis in axes)
    values = np.zeros((*shape, contributors))
    monthly = kind.startswith("month")
    for contributor in range(contributors):
        size = draw.choice([60, 150, 400, 1200]) * draw.gamma(4, 0.25)
        disciplines = draw.choice(len(DISCIPLINES), draw.choice([1, 2]), replace=False)
        # Events are in one or two areas, the public comes from most.
        reach = draw.choice([1, 2]) if monthly else draw.choice([2, 3, 4])
        areas = draw.choice(len(AREAS), reach, replace=False, p=[0.4, 0.3, 0.2, 0.1])
        for discipline, area in product(disciplines, areas):
            weights = draw.dirichlet(np.ones(len(MONTHS if monthly else AGES)) * 3)
            active = draw.random(len(weights)) < (0.8 if monthly else 1)
            figures = draw.poisson(size * len(weights) / 4 * weights * active)
            place = (slice(None), discipline, area) if monthly else (discipline, area)
            values[place + ((contributor,) if monthly else (slice(None), contributor))] = figures
    return _add_totals(values, axes)


def _add_totals(values: Floats, axes: Sequence[Sequence[str]]) -> Table:
    """Add all totals, and leave out the cells to which nobody brings anything: they are known."""
    for axis in range(len(axes)):
        values = np.concatenate([values, values.sum(axis=axis, keepdims=True)], axis=axis)
    codes = [(*axis, TOTAL) for axis in axes]
    places: list[Place] = [tuple(place) for place in np.argwhere(values.any(axis=-1)).tolist()]
    numbers = {place: number for number, place in enumerate(places)}
    relations = []
    for place, axis in product(places, range(len(axes))):
        if place[axis] == len(axes[axis]):
            parts = ((*place[:axis], at, *place[axis + 1 :]) for at in range(len(axes[axis])))
            known = tuple(numbers[part] for part in parts if part in numbers)
            relations.append((numbers[place], known))
    named = tuple(tuple(codes[axis][at] for axis, at in enumerate(place)) for place in places)
    contributors = tuple(f"c{number}" for number in range(values.shape[-1]))
    figures = np.array([values[place] for place in places])
    keys = tuple(_name(names, monthly=len(axes[0]) == len(MONTHS)) for names in named)
    return Table(PooledFigures(keys, contributors, figures, tuple(relations)), named)


def _name(names: tuple[str, ...], *, monthly: bool) -> FigureKey:
    first, second, third = names
    if monthly:
        return FigureKey("attendance", first, second, third)
    key = FigureKey("attendance", "2025", first, second)
    return key if third == TOTAL else key._replace(layer="age", code=third)


def find_recovered(table: Table, published: Flags) -> list[int]:
    """Return the suppressed cells that a reader or a member knows too precisely."""
    attack = Attack(P)
    attack.add(ControlledRelease(table.pooled, published, {}, 0, 0))
    places = {key: place for place, key in enumerate(table.pooled.keys)}
    return sorted({places[key] for _, key in attack.recovered()})


def number_codes(named: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return codes of one length, which τ-ARGUS needs."""
    axes = [sorted({*axis} - {TOTAL}) for axis in zip(*named, strict=True)]
    return [
        tuple(
            TOTAL if code == TOTAL else f"{axis.index(code):02}"
            for axis, code in zip(axes, codes, strict=True)
        )
        for codes in named
    ]


@dataclass(frozen=True)
class Argus:
    """Protects tables by τ-ARGUS, at the least cost of the cells that it suppresses."""

    python: str
    costs: str

    def protect(self, table: Table, levels: Mapping[int, float]) -> Flags:
        """Return what is published; `levels` are of the unsafe cells, by place."""
        cells, numbered = [], number_codes(table.codes)
        for place, (codes, value) in enumerate(zip(numbered, table.totals, strict=True)):
            cost = int(value) if self.costs == "value" else 1
            cell = {"codes": codes, "value": int(value), "cost": cost}
            if place in levels:
                cell["levels"] = min(levels[place], int(value)), levels[place]
            cells.append(cell)
        document = {"axes": len(table.codes[0]), "cells": cells, "method": "optimal"}
        script = Path(__file__).with_name("argus_tables.py")
        ran = subprocess.run(  # noqa: S603 - the Python that was named
            [self.python, str(script)],
            input=json.dumps(document),
            capture_output=True,
            check=True,
            text=True,
        )
        hidden = {tuple(codes) for codes in json.loads(ran.stdout.splitlines()[-1])}
        return np.array([codes not in hidden for codes in numbered], bool)

    def repair(self, table: Table, levels: Mapping[int, float]) -> Flags:
        """Protect again what the attack recovers, until it recovers nothing."""
        higher = dict(levels)
        for _ in range(ROUNDS):
            published = self.protect(table, higher)
            recovered = find_recovered(table, published)
            if not recovered:
                break
            needs = required_levels(table, recovered)
            higher |= {place: 2 * max(higher.get(place, 0), needs[place]) for place in recovered}
        return published


def required_levels(table: Table, places: Sequence[int]) -> dict[int, float]:
    """Return how far a reader must stay from some cells (rule 5)."""
    everyone = Knowledge.of(table.pooled.values, table.pooled.contributors)
    needs = everyone.required_distances(P, THRESHOLDS.persons, np.array(places, np.int32))
    return dict(zip(places, needs[:, -1].tolist(), strict=True))


def compare(table: Table, argus: Sequence[Argus]) -> dict[str, tuple[float, ...]]:
    """Return of each way the share of cells and of attendance, those recovered and seconds."""
    released = control_release(table.pooled, (), DisclosureRules(THRESHOLDS, P))
    unsafe = [place for place, rules in released.reasons.items() if rules & {1, 2, 3}]
    levels = required_levels(table, unsafe)
    primary = np.array([place not in levels for place in range(len(table.codes))], bool)
    ways: dict[str, Callable[[], Flags]] = {
        "unsafe cells alone": lambda: primary,
        "parvis": lambda: (
            control_release(table.pooled, (), DisclosureRules(THRESHOLDS, P)).published
        ),
        "naive": lambda: suppress_naively(released).published,
    }
    for each in argus:
        ways[f"τ-ARGUS, least {each.costs}"] = partial(each.protect, table, levels)
        ways[f"τ-ARGUS, least {each.costs}, repaired"] = partial(each.repair, table, levels)
    results: dict[str, tuple[float, ...]] = {}
    for name, protect in ways.items():
        start = time.perf_counter()
        published = protect()
        seconds = time.perf_counter() - start
        told = float(table.totals[published].sum() / table.totals.sum())
        recovered = len(find_recovered(table, published))
        hidden = int((~published).sum())
        results[name] = float(published.mean()), told, recovered, hidden, seconds
    return results


def main(seeds: int, argus: Sequence[Argus]) -> int:
    """Compare on tables of each kind and size; return how many cells parvis gives away."""
    failures = 0
    print(HEADING)  # noqa: T201 - the benchmark's output
    for kind, contributors in product(KINDS, SIZES):
        runs = [compare(invent_table(kind, contributors, seed), argus) for seed in range(seeds)]
        sums = {name: np.array([run[name] for run in runs]) for name in runs[0]}
        failures += int(sums["parvis"][:, 2].sum())
        for name, rows in sums.items():
            row = _write_row(rows, sums["parvis"])
            print(f"| {kind} | {contributors} | {name} | {row} |", flush=True)  # noqa: T201
    return failures


def _write_row(rows: Floats, ours: Floats) -> str:
    """Write the shares of one way, in brackets in times of parvis's."""
    recovered, hidden = rows[:, 2:4].sum(axis=0)
    shares = rows.mean(axis=0), ours.mean(axis=0)
    cells, told = (
        f"{of[0]:.1%} ({of[0] / of[1]:.2f})" for of in zip(*(s[:2] for s in shares), strict=True)
    )
    return f"{cells} | {told} | {recovered:.0f} of {hidden:.0f} | {rows[:, 4].mean():.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("seeds", nargs="?", type=int, default=5)
    parser.add_argument("--argus", metavar="PYTHON")
    choices = parser.parse_args()
    ways = [Argus(choices.argus, costs) for costs in ("value", "cells")] if choices.argus else []
    sys.exit(bool(main(choices.seeds, ways)))

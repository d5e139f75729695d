"""The linear programme of all releases: unknowns, sums, and the cheapest way to move figures.

A move is by how much each figure would differ in another table that has the same sums. That
such a table exists is what protects a figure: whoever sees what is published cannot tell the two
apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import highspy
import numpy as np

from parvis.errors import StoreError
from parvis.i18n import N_
from parvis.statistics.aggregation import PooledFigures
from parvis.statistics.rolling_up import Flags, Floats, Ints
from parvis.statistics.strata import FigureKey, owner, part

Relation = tuple[Sequence[int], Sequence[float]]
"""Figures by number and their coefficients, which sum to zero."""
EXACT = 1e-6
"""Below this, a figure does not move."""
FAR = highspy.kHighsInf
"""How far a figure may go that nothing bounds."""
NEARBY = 300
"""How many figures near the one to be moved are tried first."""
ROUNDS = 30
"""How often bounds tighten each other at most."""

SETTLED = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
UNSETTLED = N_("the solver could not decide whether a figure is protected: {status}")
# Without presolve, a programme starts where the last solution ended.
OPTIONS: dict[str, bool | int | str] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "presolve": "off",
}
"""Silent and deterministic."""


class _Solver(highspy.Highs):
    """HiGHS without its callbacks, which print as they are set."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        for name, value in OPTIONS.items():
            self.setOptionValue(name, value)


class _Incidence:
    """Which figures are in which sums, both ways: the entries of each, one after another."""

    def __init__(self, owners: Ints, entries: Ints, size: int) -> None:
        order = np.argsort(owners, kind="stable")
        self.order, self.entries = order, entries[order]
        self.starts = np.searchsorted(owners[order], np.arange(size + 1))

    def places(self, owners: Ints) -> Ints:
        """Return where the entries of some owners are, owner by owner."""
        first, lengths = self.starts[owners], self.starts[owners + 1] - self.starts[owners]
        before = np.cumsum(lengths) - lengths
        return np.asarray(np.repeat(first - before, lengths) + np.arange(lengths.sum()), np.int32)


class Moves:
    """The programme of one block of figures and its sums, solved repeatedly.

    Most figures stand still: of the others, those near the target nearly always suffice, and a
    programme of some hundreds is solved ten times as fast as that of the block.
    """

    def __init__(self, size: int, relations: Sequence[Relation]) -> None:
        self.size, self._rows = size, len(relations)
        terms = [
            (row, figure, coefficient)
            for row, (figures, coefficients) in enumerate(relations)
            for figure, coefficient in zip(figures, coefficients, strict=True)
        ]
        rows, figures, coefficients = zip(*terms, strict=True) if terms else ((), (), ())
        row_of, figure_of = np.array(rows, np.int32), np.array(figures, np.int32)
        self._figures = _Incidence(row_of, figure_of, len(relations))
        self._sums = _Incidence(figure_of, row_of, size)
        self._coefficients = np.array(coefficients, float)[self._sums.order]
        self._weights, self._rises = np.abs(self._coefficients), self._coefficients > 0
        self._in_sums = np.flatnonzero(np.diff(self._sums.starts))
        self._figure_of = figure_of[self._sums.order]
        self._solver = _Solver()

    def find_cheapest(
        self, costs: Floats, lose: Floats, gain: Floats, target: int, amount: float
    ) -> Floats | None:
        """Return the move that changes one figure by an amount at the least cost, if any.

        `costs` are of each unit moved, `lose` and `gain` by how much each figure may go down or up.
        It is the cheapest among the figures near the target, if these suffice.
        """
        down, up, least = lose.copy(), gain.copy(), np.zeros(2 * self.size)
        if amount > 0:
            down[target], up[target], least[target] = 0, amount, amount
        else:
            up[target], down[target], least[self.size + target] = 0, -amount, -amount
        down, up = self._tighten(down, up, target)
        reach = up if amount > 0 else down
        if reach[target] < abs(amount) - EXACT:
            return None
        reach[target] = abs(amount)  # which rounding may have put a trifle lower
        both = np.concatenate([costs, costs]), least, np.concatenate([up, down])
        near, is_all = self._find_near(target, (down > 0) | (up > 0), costs)
        move = self._solve(near, *both)
        if move is None and not is_all:
            move = self._solve(np.arange(self.size, dtype=np.int32), *both)
        return move

    def find_farthest(self, lose: Floats, gain: Floats, target: int, sign: int) -> float:
        """Return how far one figure may go, up (1) or down (-1); it must be bounded."""
        costs = np.zeros(2 * self.size)
        costs[target], costs[self.size + target] = -sign, sign
        everything = np.arange(self.size, dtype=np.int32)
        most = np.concatenate([gain, lose])
        move = self._solve(everything, costs, np.zeros(2 * self.size), most)
        return 0.0 if move is None else float(abs(move[target]))

    def _tighten(self, down: Floats, up: Floats, target: int) -> tuple[Floats, Floats]:
        """Bound how far each figure may go by what the others in its sums may make up for.

        No possible move is lost, and nearly all that is impossible shows at the target, in a tenth
        of the time that a solver takes.
        """
        rows, figures, rises = self._sums.entries, self._figure_of, self._rises
        least = max(down[target], up[target]) - EXACT
        for _ in range(ROUNDS if len(rows) else 0):
            most_up, most_down = up[figures], down[figures]
            # A sum stays: a term gains no more than the others of its row lose, and conversely.
            gains = self._others(self._weights * np.where(rises, most_down, most_up), rows)
            losses = self._others(self._weights * np.where(rises, most_up, most_down), rows)
            tighter = up.copy(), down.copy()
            for most, ways in zip(tighter, ((gains, losses), (losses, gains)), strict=True):
                bounds = np.where(rises, *ways) / self._weights
                by_figure = np.minimum.reduceat(bounds, self._sums.starts[self._in_sums])
                most[self._in_sums] = np.minimum(most[self._in_sums], by_figure)
            settled = (tighter[0] >= up - EXACT).all() and (tighter[1] >= down - EXACT).all()
            up, down = tighter
            if settled or max(down[target], up[target]) < least:
                break
        return down, up

    def _others(self, amounts: Floats, rows: Ints) -> Floats:
        """Return for each term the sum of the amounts of the others of its row."""
        endless = np.isinf(amounts)
        if not endless.any():
            return np.asarray(np.maximum(np.bincount(rows, amounts, self._rows)[rows] - amounts, 0))
        finite = np.where(endless, 0, amounts)
        others = np.bincount(rows, finite, self._rows)[rows] - finite
        unbounded = np.bincount(rows, endless, self._rows)[rows] > endless
        return np.asarray(np.where(unbounded, FAR, np.maximum(others, 0)))

    def _find_near(self, target: int, movable: Flags, costs: Floats) -> tuple[Ints, bool]:
        """Return the figures that may move nearest to a target, and whether there are no more."""
        seen = np.zeros(self.size, bool)
        seen[target] = True
        frontier = np.array([target], np.int32)
        while len(frontier):
            sums = np.unique(self._sums.entries[self._sums.places(frontier)])
            near = np.unique(self._figures.entries[self._figures.places(sums)])
            frontier = near[movable[near] & ~seen[near]]
            room = NEARBY - int(seen.sum())
            if len(frontier) > room:
                seen[frontier[np.argsort(costs[frontier], kind="stable")][:room]] = True
                return np.flatnonzero(seen).astype(np.int32), False
            seen[frontier] = True
        return np.flatnonzero(seen).astype(np.int32), True

    def _solve(self, figures: Ints, costs: Floats, least: Floats, most: Floats) -> Floats | None:
        """Solve the programme of some figures between bounds; None where there is no move."""
        places = self._sums.places(figures)
        sums, rows = np.unique(self._sums.entries[places], return_inverse=True)
        lengths = self._sums.starts[figures + 1] - self._sums.starts[figures]
        columns = np.concatenate([figures, figures + self.size])
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = len(columns), len(sums)
        programme.col_cost_ = costs[columns]
        programme.col_lower_, programme.col_upper_ = least[columns], most[columns]
        programme.row_lower_ = programme.row_upper_ = np.zeros(len(sums))
        # The matrix by columns: gains, then losses with the signs reversed.
        matrix, coefficients = programme.a_matrix_, self._coefficients[places]
        matrix.format_ = highspy.MatrixFormat.kColwise
        matrix.start_ = np.concatenate([[0], np.cumsum(np.tile(lengths, 2))])
        matrix.index_ = np.tile(rows.ravel(), 2).astype(np.int32)
        matrix.value_ = np.concatenate([coefficients, -coefficients])
        solver = self._solver
        solver.passModel(programme)
        solver.run()
        status = solver.getModelStatus()
        if status not in SETTLED:
            raise StoreError(UNSETTLED, status=status)
        if status != highspy.HighsModelStatus.kOptimal:
            return None
        solution = np.array(solver.getSolution().col_value)
        move = np.zeros(self.size)
        move[figures] = solution[: len(figures)] - solution[len(figures) :]
        move[np.abs(move) < EXACT] = 0
        return move


@dataclass(frozen=True)
class FigureChange:
    """What each contributor changed (`by`) from one version of a figure to a later one.

    `implied` if all changes between the versions in between go the same way: that nobody lost,
    or gained, anything follows from theirs.
    """

    former: int
    latter: int
    by: Floats
    implied: bool

    @property
    def one_way(self) -> bool:
        """Whether all contributors that changed gained, or all lost."""
        return not ((self.by > 0).any() and (self.by < 0).any())


class System:
    """The figures of all releases as one system of unknowns and sums.

    A figure that did not change is one unknown in all releases; one that changed has an unknown
    for each *version*. `values` are what contributors bring to each unknown. Unknowns without a
    key are parts of changes: those in `moved` are what was gained or lost, those in `net` the sum
    of both, with the two versions, the others what stayed. `relations` are unknowns and
    coefficients that sum to zero.
    """

    def __init__(self, contributors: Iterable[str]) -> None:
        names = set(contributors)
        # Partners have a place of their own: who may read a contributor's figures may change.
        everyone = sorted({*names, *map(part, names), *map(owner, names)})
        self.contributors = {name: place for place, name in enumerate(everyone)}
        self._owners: Ints = np.array(
            [self.contributors[owner(name)] for name in self.contributors], np.int32
        )
        self.values: list[Floats] = []
        self.keys: list[FigureKey | None] = []
        self.relations: dict[tuple[tuple[int, ...], tuple[float, ...]], None] = {}
        self.moved: list[int] = []
        self.net: dict[int, tuple[int, int]] = {}
        self._versions: defaultdict[FigureKey, dict[bytes, int]] = defaultdict(dict)

    def add(self, pooled: PooledFigures) -> list[int]:
        """Add the figures of a release; return the unknown that each is."""
        places = [self.contributors[name] for name in pooled.contributors]
        rows = np.zeros((len(pooled.keys), len(self.contributors)))
        rows[:, places] = pooled.values
        numbers = []
        for key, row in zip(pooled.keys, rows, strict=True):
            versions, mark = self._versions[key], np.round(row, 3).tobytes()
            if mark not in versions:
                versions[mark] = self._add_unknown(row, key)
            numbers.append(versions[mark])
        for total, parts in pooled.relations:
            figures = [numbers[total], *(numbers[place] for place in parts)]
            self._relate(figures, [1.0] + [-1.0] * len(parts))
        return numbers

    def changes(self) -> Iterator[FigureChange]:
        """Compare the versions of each figure, two by two, in the order of their releases."""
        for versions in self._versions.values():
            numbers = list(versions.values())
            steps = [
                np.sign(self._net_changes(self.values[later] - self.values[before]))
                for before, later in pairwise(numbers)
            ]
            for first, last in combinations(range(len(numbers)), 2):
                former, latter = numbers[first], numbers[last]
                ways = np.unique(np.concatenate(steps[first:last]))
                implied = last > first + 1 and not {-1.0, 1.0} <= set(ways.tolist())
                by = self._net_changes(self.values[latter] - self.values[former])
                yield FigureChange(former, latter, by, implied)

    def relate(self, change: FigureChange) -> None:
        """Relate a change to its two versions.

        It is an unknown of its own: it may be what one contributor brings alone.
        """
        former, latter, by = change.former, change.latter, change.by
        if change.one_way:
            sign = 1.0 if (by > 0).any() else -1.0
            unknown = [self._add_moved(np.abs(by))] if by.any() else []
            self._relate([latter, former, *unknown], [1.0, -1.0, *[-sign for _ in unknown]])
            return
        # Both versions hold what stayed, the former also what was lost, the latter what was
        # gained: nothing that is lost was not there before.
        before, after = self.values[former], self.values[latter]
        both = np.minimum(before, after)
        # Who may read a partner's figures may have changed: what others surely know of what stayed
        # is what they know in both versions, the rest is the partner's own.
        of_owner = np.minimum(self._sum_by_owner(before), self._sum_by_owner(after))
        own = np.maximum(of_owner - self._sum_by_owner(both), 0)
        stayed = self._add_unknown(np.asarray(both + own), None)
        gained, lost = self._add_moved(np.maximum(by, 0)), self._add_moved(np.maximum(-by, 0))
        net = self._add_unknown(by, None)
        self.net[net] = former, latter
        self._relate([former, stayed, lost], [1.0, -1.0, -1.0])
        self._relate([latter, stayed, gained], [1.0, -1.0, -1.0])
        self._relate([net, gained, lost], [1.0, -1.0, 1.0])

    def _add_moved(self, row: Floats) -> int:
        self.moved.append(self._add_unknown(row, None))
        return self.moved[-1]

    def _add_unknown(self, row: Floats, key: FigureKey | None) -> int:
        self.values.append(row)
        self.keys.append(key)
        return len(self.values) - 1

    def _net_changes(self, by: Floats) -> Floats:
        """Return what changed, each partner's gains and losses offset.

        Who may read its figures may have changed, or what they go into: they are the same figures.
        """
        gained, lost = (self._sum_by_owner(np.maximum(sign * by, 0)) for sign in (1, -1))
        mixed = (gained > 0) & (lost > 0)
        net = np.where(mixed[self._owners], 0, by) + np.where(mixed, gained - lost, 0)
        net[np.abs(net) < EXACT] = 0
        return np.asarray(net)

    def _sum_by_owner(self, row: Floats) -> Floats:
        """Return the sum of what each partner brings, at the partner's own place."""
        return np.asarray(np.bincount(self._owners, row, len(row)), np.float64)

    def _relate(self, figures: Sequence[int], signs: Sequence[float]) -> None:
        """Require that figures with these signs sum to zero."""
        if len(set(figures)) > 1:
            self.relations[tuple(figures), tuple(signs)] = None

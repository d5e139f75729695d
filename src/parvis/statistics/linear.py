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
from parvis.statistics.rolling_up import Floats, Ints
from parvis.statistics.strata import FigureKey, owner, part

Relation = tuple[Sequence[int], Sequence[float]]
"""Figures by number and their coefficients, which sum to zero."""
EXACT = 1e-6
"""Below this, a figure does not move."""
FAR = highspy.kHighsInf
"""How far a figure may go that nothing bounds."""


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


class Moves:
    """The programme of one block of figures and its sums, solved repeatedly."""

    def __init__(self, size: int, relations: Sequence[Relation]) -> None:
        self.size = size
        self._columns = np.arange(2 * size, dtype=np.int32)
        self._solver = _Solver()
        columns: list[list[tuple[int, float]]] = [[] for _ in range(size)]
        for row, (figures, coefficients) in enumerate(relations):
            for figure, coefficient in zip(figures, coefficients, strict=True):
                columns[figure].append((row, coefficient))
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = 2 * size, len(relations)
        programme.col_cost_ = np.ones(2 * size)
        programme.col_lower_, programme.col_upper_ = np.zeros(2 * size), np.ones(2 * size)
        programme.row_lower_ = programme.row_upper_ = np.zeros(len(relations))
        # The matrix by columns: gains, then losses with the signs reversed.
        signed = [*((column, 1.0) for column in columns), *((column, -1.0) for column in columns)]
        matrix = programme.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kColwise
        matrix.start_ = np.cumsum([0, *(len(column) for column, _ in signed)])
        matrix.index_ = np.array([row for column, _ in signed for row, _ in column], np.int32)
        matrix.value_ = np.array([sign * value for column, sign in signed for _, value in column])
        self._solver.passModel(programme)

    def find_cheapest(
        self, costs: Floats, lose: Floats, gain: Floats, target: int, amount: float
    ) -> Floats | None:
        """Return the move that changes one figure by an amount at the least cost, if any.

        `costs` are of each unit moved, `lose` and `gain` by how much each figure may go down or up.
        """
        down, up, least = lose.copy(), gain.copy(), np.zeros(2 * self.size)
        if amount > 0:
            down[target], up[target], least[target] = 0, amount, amount
        else:
            up[target], down[target], least[self.size + target] = 0, -amount, -amount
        return self._solve(np.concatenate([costs, costs]), least, np.concatenate([up, down]))

    def find_farthest(self, lose: Floats, gain: Floats, target: int, sign: int) -> float:
        """Return how far one figure may go, up (1) or down (-1); it must be bounded."""
        costs = np.zeros(2 * self.size)
        costs[target], costs[self.size + target] = -sign, sign
        move = self._solve(costs, np.zeros(2 * self.size), np.concatenate([gain, lose]))
        return 0.0 if move is None else float(abs(move[target]))

    def _solve(self, costs: Floats, least: Floats, most: Floats) -> Floats | None:
        """Solve the programme between bounds; None where there is no move."""
        solver = self._solver
        solver.changeColsBounds(2 * self.size, self._columns, least, most)
        solver.changeColsCost(2 * self.size, self._columns, costs)
        solver.run()
        if solver.getModelStatus() not in SETTLED:
            # The last solution was a bad starting point: solve from scratch.
            solver.clearSolver()
            solver.run()
        if solver.getModelStatus() not in SETTLED:
            raise StoreError(UNSETTLED, status=solver.getModelStatus())
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = np.array(solver.getSolution().col_value)
        move: Floats = solution[: self.size] - solution[self.size :]
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

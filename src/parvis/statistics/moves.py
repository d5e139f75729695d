"""The cheapest way to move figures so that all that is told stays true (linear programming).

A move says by how much each figure would differ in another table that has the same sums. That
such a table exists is what protects a figure: who sees what is told cannot tell the two apart.
"""

from collections.abc import Sequence

import highspy
import numpy as np

from parvis.errors import StoreError
from parvis.i18n import N_
from parvis.statistics.observations import Floats

Relation = tuple[Sequence[int], Sequence[float]]
"""Figures by number and their coefficients, which sum to nought."""
EXACT = 1e-6
"""Below this, a figure does not move."""
FAR = highspy.kHighsInf
"""How far a figure may go that nothing bounds."""


SETTLED = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
UNSETTLED = N_("the solver could not decide whether a figure is protected: {status}")
OPTIONS: dict[str, bool | int | str] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "presolve": "off",
}
"""Silent, the same every time, and beginning where the last solution ended."""


class _Solver(highspy.Highs):
    """HiGHS without its callbacks, which print as they are set."""

    def __init__(self) -> None:
        """Make it silent, and the same every time."""
        super(highspy.Highs, self).__init__()
        for name, value in OPTIONS.items():
            self.setOptionValue(name, value)


class Moves:
    """One block of figures and its sums; kept between questions, each begins where one ended."""

    def __init__(self, size: int, relations: Sequence[Relation]) -> None:
        """Write the programme: for each figure what it gains, and what it loses."""
        self.size = size
        self._all = np.arange(2 * size, dtype=np.int32)
        self._solver = _Solver()
        columns: list[list[tuple[int, float]]] = [[] for _ in range(size)]
        for row, (figures, coefficients) in enumerate(relations):
            for figure, coefficient in zip(figures, coefficients, strict=True):
                columns[figure].append((row, coefficient))
        self._solver.passModel(_programme(columns, len(relations)))

    def cheapest(
        self, costs: Floats, lose: Floats, gain: Floats, target: int, amount: float
    ) -> Floats | None:
        """Give the move that changes one figure by an amount at the least cost; None for none.

        `costs` are of each unit moved, `lose` and `gain` by how much each figure may go down or up.
        """
        down, up, least = lose.copy(), gain.copy(), np.zeros(2 * self.size)
        if amount > 0:
            down[target], up[target], least[target] = 0, amount, amount
        else:
            up[target], down[target], least[self.size + target] = 0, -amount, -amount
        return self._solved(np.concatenate([costs, costs]), least, np.concatenate([up, down]))

    def farthest(self, lose: Floats, gain: Floats, target: int, sign: int) -> float:
        """Tell how far one figure may go, up (1) or down (-1); it cannot go on for ever."""
        costs = np.zeros(2 * self.size)
        costs[target], costs[self.size + target] = -sign, sign
        move = self._solved(costs, np.zeros(2 * self.size), np.concatenate([gain, lose]))
        return 0.0 if move is None else float(abs(move[target]))

    def _solved(self, costs: Floats, least: Floats, most: Floats) -> Floats | None:
        """Solve the programme between bounds; None where there is no move."""
        solver = self._solver
        solver.changeColsBounds(2 * self.size, self._all, least, most)
        solver.changeColsCost(2 * self.size, self._all, costs)
        solver.run()
        if solver.getModelStatus() not in SETTLED:  # where it began was no help: begin anew
            solver.clearSolver()
            solver.run()
        if solver.getModelStatus() not in SETTLED:
            raise StoreError(UNSETTLED, status=solver.getModelStatus())
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        found = np.array(solver.getSolution().col_value)
        move: Floats = found[: self.size] - found[self.size :]
        move[np.abs(move) < EXACT] = 0
        return move


def _programme(columns: Sequence[Sequence[tuple[int, float]]], rows: int) -> highspy.HighsLp:
    """Write the matrix by columns: gains, then losses with the signs turned."""
    size = len(columns)
    signed = [*((one, 1.0) for one in columns), *((one, -1.0) for one in columns)]
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = 2 * size, rows
    programme.col_cost_ = np.ones(2 * size)
    programme.col_lower_, programme.col_upper_ = np.zeros(2 * size), np.ones(2 * size)
    programme.row_lower_ = programme.row_upper_ = np.zeros(rows)
    matrix = programme.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.cumsum([0, *(len(one) for one, _ in signed)])
    matrix.index_ = np.array([row for one, _ in signed for row, _ in one], np.int32)
    matrix.value_ = np.array([sign * value for one, sign in signed for _, value in one])
    return programme

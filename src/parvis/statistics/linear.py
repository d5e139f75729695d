"""The linear programme of all releases: unknowns, sums, and the cheapest way to move figures."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import highspy
import numpy as np

from parvis.errors import StoreError
from parvis.i18n import N_
from parvis.statistics.aggregation import Pooled
from parvis.statistics.observations import Floats, Ints
from parvis.statistics.strata import Key, owner, part

# The cheapest way to move figures so that all that is told stays true (linear programming).
#
# A move says by how much each figure would differ in another table that has the same sums. That
# such a table exists is what protects a figure: who sees what is told cannot tell the two apart.

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


# The figures of all releases as one system of unknowns and sums.
#
# A figure that did not change is one unknown in all releases, one that did change is another: a
# *version* of it. Between two versions stands the change, which may be what one contributor brings
# alone, so it is an unknown of its own.


@dataclass(frozen=True)
class Change:
    """What each contributor changed (`by`) from one version of a figure to a later one.

    `implied` says that the changes between the versions that stand between them all go the same
    way: that nobody lost, or gained, anything follows from theirs.
    """

    former: int
    latter: int
    by: Floats
    implied: bool

    @property
    def one_way(self) -> bool:
        """Say whether everyone who changed gained, or everyone lost."""
        return not ((self.by > 0).any() and (self.by < 0).any())


class System:
    """Unknowns by number: of each what contributors bring, and which figure it is a version of.

    Unknowns without a key are parts of changes: those in `moved` are what was gained or lost, those
    in `net` the sum of both, with the two versions, the others what stayed. `relations` are
    unknowns and coefficients that sum to nought.
    """

    def __init__(self, contributors: Iterable[str]) -> None:
        """Begin without any; beside contributors stand their partners, whoever reads what."""
        names = set(contributors)
        everyone = sorted({*names, *map(part, names), *map(owner, names)})
        self.contributors = {name: place for place, name in enumerate(everyone)}
        self._owners = self._places(owner)
        self.values: list[Floats] = []
        self.keys: list[Key | None] = []
        self.relations: dict[tuple[tuple[int, ...], tuple[float, ...]], None] = {}
        self.moved: list[int] = []
        self.net: dict[int, tuple[int, int]] = {}
        self._versions: defaultdict[Key, dict[bytes, int]] = defaultdict(dict)

    def add(self, pooled: Pooled) -> list[int]:
        """Take in the figures of a release; return the unknown that each is."""
        places = [self.contributors[name] for name in pooled.contributors]
        rows = np.zeros((len(pooled.keys), len(self.contributors)))
        rows[:, places] = pooled.values
        numbers = [self._version(key, row) for key, row in zip(pooled.keys, rows, strict=True)]
        for whole, parts in pooled.relations:
            figures = [numbers[whole], *(numbers[place] for place in parts)]
            self._relate(figures, [1.0] + [-1.0] * len(parts))
        return numbers

    def changes(self) -> Iterator[Change]:
        """Compare the versions of each figure, two by two, in the order in which they came."""
        for versions in self._versions.values():
            numbers = list(versions.values())
            steps = [
                np.sign(self._net(self.values[later] - self.values[before]))
                for before, later in pairwise(numbers)
            ]
            for first, last in combinations(range(len(numbers)), 2):
                former, latter = numbers[first], numbers[last]
                ways = np.unique(np.concatenate(steps[first:last]))
                implied = last > first + 1 and not {-1.0, 1.0} <= set(ways.tolist())
                by = self._net(self.values[latter] - self.values[former])
                yield Change(former, latter, by, implied)

    def relate(self, change: Change) -> None:
        """Put a change between its two versions.

        Both hold what stayed, one of them what was lost too, the other what was gained: nothing
        that is lost was not there before.
        """
        former, latter, by = change.former, change.latter, change.by
        gained, lost = np.maximum(by, 0), np.maximum(-by, 0)
        if change.one_way:
            sign = 1.0 if (by > 0).any() else -1.0
            unknown = [self._moved(np.abs(by))] if by.any() else []
            self._relate([latter, former, *unknown], [1.0, -1.0, *[-sign for _ in unknown]])
            return
        stayed = self._unknown(self._stayed(former, latter), None)
        came, went = self._moved(gained), self._moved(lost)
        net = self._unknown(by, None)
        self.net[net] = former, latter
        self._relate([former, stayed, went], [1.0, -1.0, -1.0])
        self._relate([latter, stayed, came], [1.0, -1.0, -1.0])
        self._relate([net, came, went], [1.0, -1.0, 1.0])

    def _places(self, name: Callable[[str], str]) -> Ints:
        return np.array([self.contributors[name(who)] for who in self.contributors], np.int32)

    def _version(self, key: Key, row: Floats) -> int:
        """Return the unknown of a figure made of these parts."""
        versions, mark = self._versions[key], np.round(row, 3).tobytes()
        if mark not in versions:
            versions[mark] = self._unknown(row, key)
        return versions[mark]

    def _moved(self, row: Floats) -> int:
        self.moved.append(self._unknown(row, None))
        return self.moved[-1]

    def _unknown(self, row: Floats, key: Key | None) -> int:
        self.values.append(row)
        self.keys.append(key)
        return len(self.values) - 1

    def _stayed(self, former: int, latter: int) -> Floats:
        """Return what stayed, by contributor.

        Who may read a partner's figures may have changed: what others surely know of what stayed is
        what they know in both versions, the rest is the partner's own.
        """
        before, after = self.values[former], self.values[latter]
        both = np.minimum(before, after)
        of_owner = np.minimum(self._by_owner(before), self._by_owner(after))
        return np.asarray(both + np.maximum(of_owner - self._by_owner(both), 0))

    def _net(self, by: Floats) -> Floats:
        """Return what changed, a partner's gains and losses held against one another.

        Who may read its figures may have changed, or what they go into: they are the same figures.
        """
        gained, lost = (self._by_owner(np.maximum(sign * by, 0)) for sign in (1, -1))
        mixed = (gained > 0) & (lost > 0)
        net = np.where(mixed[self._owners], 0, by) + np.where(mixed, gained - lost, 0)
        net[np.abs(net) < EXACT] = 0
        return np.asarray(net)

    def _by_owner(self, row: Floats) -> Floats:
        """Add up what each partner brings, at the partner's own place."""
        return np.asarray(np.bincount(self._owners, row, len(row)), np.float64)

    def _relate(self, figures: Sequence[int], signs: Sequence[float]) -> None:
        """Say that figures, so signed, sum to nought."""
        if len(set(figures)) > 1:
            self.relations[tuple(figures), tuple(signs)] = None

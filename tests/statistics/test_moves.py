"""The cheapest moves of figures under their sums, as a plain solver finds them."""

import highspy
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.statistics.disclosure.linear import FAR, Moves, Relation
from parvis.statistics.rolling_up import Floats

SIZE = 9
CLOSE = 1e-4


@st.composite
def sums(draw: st.DrawFn) -> list[Relation]:
    """Draw sums of some figures, which overlap."""
    relations: list[Relation] = []
    for _ in range(draw(st.integers(1, 6))):
        chosen = draw(st.lists(st.integers(0, SIZE - 1), min_size=2, max_size=5, unique=True))
        signs = draw(st.lists(st.sampled_from([1.0, -1.0, 2.0]), min_size=5, max_size=5))
        relations.append((chosen, signs[: len(chosen)]))
    return relations


bounds = st.lists(
    st.sampled_from([0.0, 0.0, 1.0, 2.5, 7.0, FAR]), min_size=2 * SIZE, max_size=2 * SIZE
)


@settings(max_examples=200)
@given(sums(), bounds, st.integers(0, SIZE - 1), st.sampled_from([3.0, -3.0, 0.5, -7.0]))
def test_a_move_is_missed_by_no_shortcut(
    relations: list[Relation], rooms: list[float], target: int, amount: float
) -> None:
    """It exists when a plain solver finds one, at the same cost."""
    lose, gain = np.array(rooms[:SIZE]), np.array(rooms[SIZE:])
    costs = np.arange(1.0, SIZE + 1)
    move = Moves(SIZE, relations).find_cheapest(costs, lose, gain, target, amount)
    lose[target], gain[target] = max(-amount, 0), max(amount, 0)
    least = solve_plainly(relations, costs, (lose, gain), target)
    assert (move is None) == (least is None)
    if move is not None and least is not None:
        assert abs(move[target] - amount) < CLOSE
        assert abs(float(np.abs(move) @ costs) - least) < CLOSE
        for figures, coefficients in relations:
            assert abs(float(move[list(figures)] @ np.array(coefficients))) < CLOSE


def solve_plainly(
    relations: list[Relation], costs: Floats, rooms: tuple[Floats, Floats], target: int
) -> float | None:
    """Return the least cost of a move that takes all the room of one figure, or None."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("threads", 1)  # as the others of this process, which share them
    downs, ups = (
        [
            solver.addVariable(float(most) if figure == target else 0, float(most))
            for figure, most in enumerate(room)
        ]
        for room in rooms
    )
    for figures, coefficients in relations:
        terms = zip(figures, coefficients, strict=True)
        total = sum(weight * (ups[figure] - downs[figure]) for figure, weight in terms)
        solver.addConstr(total == 0)
    cost = sum(
        float(price) * (up + down) for price, up, down in zip(costs, ups, downs, strict=True)
    )
    solver.minimize(cost)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return float(solver.getObjectiveValue())

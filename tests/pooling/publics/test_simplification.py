"""Neighbours keep sharing their border when it is simplified: no gap, no overlap."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from parvis.pooling.publics.regions.simplification import (
    Point,
    Ring,
    area_and_centre,
    close_rings,
    simplify_arc,
    simplify_rings,
)

COLUMNS, ROWS, SIDE = 4, 3, 60


def make_cells(seed: int) -> list[Ring]:
    """Make cells of a table whose inner borders are wiggly, in both directions of drawing."""
    chance = random.Random(seed)  # noqa: S311 - no secret

    def border(start: Point, end: Point) -> Ring:
        (left, top), (right, bottom) = start, end
        straight = left == right and left in {0, COLUMNS * SIDE}
        straight |= top == bottom and top in {0, ROWS * SIDE}
        points = [start]
        for step in range(1, SIDE):
            aside = 0 if straight else chance.randint(-9, 9)
            if left == right:
                points.append((left + aside, top + step))
            else:
                points.append((left + step, top + aside))
        return points

    corners = [(x * SIDE, y * SIDE) for y in range(ROWS + 1) for x in range(COLUMNS + 1)]
    ends = [(p, (p[0] + SIDE, p[1])) for p in corners] + [(p, (p[0], p[1] + SIDE)) for p in corners]
    borders = {pair: border(*pair) for pair in ends}
    cells = []
    for x, y in corners:
        if x == COLUMNS * SIDE or y == ROWS * SIDE:
            continue
        a, b, c, d = (x, y), (x + SIDE, y), (x + SIDE, y + SIDE), (x, y + SIDE)
        ring = [*borders[a, b], *borders[b, c]]
        ring += [c, *borders[d, c][:0:-1], d, *borders[a, d][:0:-1]]
        cells.append(ring if chance.random() < 0.5 else ring[::-1])
    return cells


@given(st.integers(0, 500), st.sampled_from([0.5, 2, 5, 20]))
def test_every_inner_border_has_two_sides(seed: int, tolerance: float) -> None:
    """An edge that only one cell has lies on the frame; corners of cells stay where they are."""
    simplified = simplify_rings(make_cells(seed), tolerance)
    edges = Counter(
        frozenset((ring[at - 1], p)) for ring in simplified for at, p in enumerate(ring)
    )
    for edge, sides in edges.items():
        (left, top), (right, bottom) = edge
        on_frame = left == right and left in {0, COLUMNS * SIDE}
        on_frame |= top == bottom and top in {0, ROWS * SIDE}
        # Borders that meet on a point of the grid may run together for a step: four sides.
        assert sides % 2 == on_frame, edge


def test_fewer_points_are_left_the_coarser_the_tolerance() -> None:
    cells = make_cells(7)
    sizes = [sum(map(len, simplify_rings(cells, tolerance))) for tolerance in (0.5, 3, 8, 30)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 4 * sizes[-1]


def test_an_enclave_fills_the_hole_around_it() -> None:
    """The hole and the region are drawn in opposite directions, from different points."""
    circle = [(50, 10), (70, 14), (84, 30), (90, 50), (84, 70), (70, 86), (50, 90), (20, 60)]
    turned = circle[3:] + circle[:3]
    hole, region = simplify_rings([circle, turned[::-1]], 6)
    assert set(hole) == set(region)
    assert len(hole) < len(circle)


def test_points_on_a_line_are_left_out_and_what_stands_out_is_retained() -> None:
    assert simplify_arc(((0, 0), (1, 0), (2, 0), (3, 5), (6, 0)), 1) == (
        (0, 0),
        (2, 0),
        (3, 5),
        (6, 0),
    )


def test_rings_that_enclose_nothing_are_left_out() -> None:
    """Repeated points are one point, and the last is not the first again."""
    square = [(0, 0), (0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]
    assert close_rings([square, [(1, 1), (2, 1), (1, 1)], []]) == [square[1:-1]]
    assert area_and_centre(square[1:-1]) == (16.0, 2.0, 2.0)

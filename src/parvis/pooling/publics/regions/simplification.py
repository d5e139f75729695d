"""Simplify polygons that share borders: each border is cut out and simplified once.

Coordinates are whole numbers of a grid. Where the neighbours of a point differ between rings, a
border begins or ends; between two such points it is an arc, which all its rings then take in the
same simplified form. So no gap and no overlap appears between neighbours.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[int, int]
"""A point of the grid."""
Ring = list[Point]
Arc = tuple[Point, ...]

SMALLEST = 3
"""The least number of points of a ring that encloses something."""


def close_rings(rings: Iterable[Iterable[Point]]) -> list[Ring]:
    """Return rings without repeated points, nor those that enclose nothing on the grid."""
    closed = []
    for ring in rings:
        points: Ring = []
        for point in ring:
            if not points or point != points[-1]:
                points.append(point)
        if len(points) > 1 and points[0] == points[-1]:
            points.pop()
        if len(set(points)) >= SMALLEST:
            closed.append(points)
    return closed


def simplify_rings(rings: Sequence[Ring], tolerance: float) -> list[Ring]:
    """Return the rings in their order, with no point farther than `tolerance` from its border.

    A ring of which less than three points are left is empty.
    """
    junctions = find_junctions(rings)
    arcs: dict[Arc, Arc] = {}

    def simplify(arc: Arc) -> Arc:
        # Both directions of a border are one arc.
        forward = min(arc, arc[::-1])
        if forward not in arcs:
            arcs[forward] = simplify_arc(forward, tolerance)
        return arcs[forward] if forward == arc else arcs[forward][::-1]

    results = []
    for ring in rings:
        points: Ring = []
        for arc in cut_ring(ring, junctions):
            points += simplify(arc)[:-1]
        results.append(points if len(set(points)) >= SMALLEST else [])
    return results


def find_junctions(rings: Sequence[Ring]) -> set[Point]:
    """Return the points where borders meet: their neighbours differ between rings."""
    neighbours: dict[Point, frozenset[Point]] = {}
    junctions = set()
    for ring in rings:
        for at, point in enumerate(ring):
            pair = frozenset((ring[at - 1], ring[(at + 1) % len(ring)]))
            if neighbours.setdefault(point, pair) != pair:
                junctions.add(point)
    return junctions


def cut_ring(ring: Ring, junctions: set[Point]) -> list[Arc]:
    """Return the arcs of a ring between junctions, the first point of each the last before."""
    places = [at for at, point in enumerate(ring) if point in junctions]
    # A ring without junction is cut at its least point and at the farthest from it: a ring that
    # is the hole of another is then cut at the same points.
    if not places:
        start = min(range(len(ring)), key=lambda at: ring[at])
        x, y = ring[start]
        far = max(ring, key=lambda point: ((point[0] - x) ** 2 + (point[1] - y) ** 2, point))
        places = sorted({start, ring.index(far)})
    turned = ring[places[0] :] + ring[: places[0] + 1]
    cuts = [*(at - places[0] for at in places), len(ring)]
    return [tuple(turned[start : end + 1]) for start, end in pairwise(cuts)]


def simplify_arc(arc: Arc, tolerance: float) -> Arc:
    """Return the arc with the points that stand out by more than `tolerance` (Douglas-Peucker)."""
    retained = {0, len(arc) - 1}
    stretches = [(0, len(arc) - 1)]
    # A stack of stretches rather than calls: a border may have a hundred thousand points.
    while stretches:
        start, end = stretches.pop()
        farthest, distance = start, tolerance * tolerance
        for at in range(start + 1, end):
            if (squared := _squared_distance(arc[at], arc[start], arc[end])) > distance:
                farthest, distance = at, squared
        if farthest != start:
            retained.add(farthest)
            stretches += [(start, farthest), (farthest, end)]
    return tuple(arc[at] for at in sorted(retained))


def _squared_distance(point: Point, start: Point, end: Point) -> float:
    """Return the squared distance of a point from a segment."""
    (x, y), (left, top), (right, bottom) = point, start, end
    across, down = right - left, bottom - top
    length = across * across + down * down
    along = ((x - left) * across + (y - top) * down) / length if length else 0.0
    along = min(1.0, max(0.0, along))
    return (left + along * across - x) ** 2 + (top + along * down - y) ** 2


def area_and_centre(ring: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the area of a ring, and its centre (of its points where it has no area)."""
    area = x = y = 0.0
    for at, (right, bottom) in enumerate(ring):
        left, top = ring[at - 1]
        cross = left * bottom - right * top
        area += cross / 2
        x += (left + right) * cross / 6
        y += (top + bottom) * cross / 6
    if not area:
        return 0.0, sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
    return abs(area), x / area, y / area

"""The outlines of regions in degrees, as the geometries of GeoJSON (RFC 7946)."""

import re
from collections.abc import Sequence
from typing import Any

from parvis.pooling.publics.regions.outlines import RegionOutlines
from parvis.pooling.publics.regions.process import PARTS, unproject
from parvis.pooling.publics.regions.simplification import Point, Ring, area_and_centre

DECIMALS = 4
"""Decimals of degrees: about 10 m, finer than the grid on which outlines are stored."""
_PART = re.compile(r"M(-?\d+) (-?\d+)l([0-9 -]*)z")


def to_geometries(outlines: RegionOutlines | None) -> dict[str, dict[str, Any]]:
    """Return outlines in degrees by the code of their region; empty where they are not placed."""
    if outlines is None or outlines.origin is None:
        return {}
    left, top, unit = outlines.origin
    return {
        code: to_geometry(
            [
                [
                    [
                        unproject((left + x * unit) / PARTS, (top + y * unit) / PARTS)
                        for x, y in ring
                    ]
                    for ring in polygon
                ]
                for polygon in group_rings(read_path(outline.path))
            ]
        )
        for code, outline in outlines.regions.items()
    }


def read_path(path: str) -> list[Ring]:
    """Return the rings of a path that parvis wrote: a move, then relative lines."""
    rings = []
    for match in _PART.finditer(path):
        x, y = int(match[1]), int(match[2])
        ring: Ring = [(x, y)]
        steps = [int(step) for step in match[3].split()]
        for right, down in zip(steps[::2], steps[1::2], strict=False):
            x, y = x + right, y + down
            ring.append((x, y))
        rings.append(ring)
    return rings


def group_rings(rings: Sequence[Ring]) -> list[list[Ring]]:
    """Return polygons, each its outer ring and then its holes; a hole lies in an odd number."""
    ordered = sorted(rings, key=lambda ring: -area_and_centre(ring)[0])
    polygons: list[list[Ring]] = []
    depths: list[int] = []
    for at, ring in enumerate(ordered):
        around = [n for n in range(at) if _holds(ordered[n], ring[0])]
        depths.append(len(around))
        if len(around) % 2 == 0:
            polygons.append([ring])
            continue
        outer = max((n for n in around if depths[n] % 2 == 0), default=0)
        next(polygon for polygon in polygons if polygon[0] is ordered[outer]).append(ring)
    return polygons


def to_geometry(polygons: Sequence[Sequence[Sequence[tuple[float, float]]]]) -> dict[str, Any]:
    """Return polygons in degrees as a geometry: outer rings go to the left, holes to the right."""
    coordinates = [
        [_close(ring, left=number == 0) for number, ring in enumerate(polygon)]
        for polygon in polygons
    ]
    if len(coordinates) == 1:
        return {"type": "Polygon", "coordinates": coordinates[0]}
    return {"type": "MultiPolygon", "coordinates": coordinates}


def _close(ring: Sequence[tuple[float, float]], *, left: bool) -> list[list[float]]:
    points = [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in ring]
    turn = sum(
        before[0] * after[1] - after[0] * before[1]
        for before, after in zip(points, [*points[1:], points[0]], strict=True)
    )
    if (turn > 0) is not left:
        points.reverse()
    return [*points, points[0]]


def _holds(ring: Ring, point: Point) -> bool:
    """Return whether a point lies in a ring, by how often a line to its right meets it."""
    x, y = point
    inside = False
    for at, (right, below) in enumerate(ring):
        left, above = ring[at - 1]
        if (above > y) is not (below > y):
            meets = left + (y - above) * (right - left) / (below - above)
            inside ^= x < meets
    return inside

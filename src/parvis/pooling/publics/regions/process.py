"""Reads boundaries: ``python -I -m parvis.pooling.publics.regions.process``.

A request has the ``file``, the ``codes`` of the regions, and how many bytes of paths there may be
at ``most``; the answer has the outlines, and what was read.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from parvis.config.documents import Document
from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.pooling.publics.regions.simplification import (
    Point,
    Ring,
    area_and_centre,
    close_rings,
    simplify_rings,
)

LARGEST = 64_000_000
MOST_POINTS = 3_000_000
CODE, NAME = "RES_CO_REG", "RES_NM_REG"
"""The members of a feature that name its region (Découpages administratifs, layer regio_s)."""
WIDTH = 4_000
"""The width of the grid: a unit is about 400 m, half of what a map of 1000 px can show."""
PARTS = 10**9
"""Parts of the Earth's radius in which the grid is placed: 6 mm each."""
ISLET = 12.0
"""The area of the smallest islands that are drawn, in units of the grid."""
FINEST, COARSER = 1.0, 1.3
"""The tolerance that is tried first, in units of the grid, and by how much the next is coarser."""

NO_FEATURES = N_("{file} is no GeoJSON of regions: it has no list “features”")
BAD_POINT = N_("{file}: a point of “{name}” is no longitude and latitude in degrees (WGS 84)")
BAD_SHAPE = N_("{file}: “{name}” is neither a Polygon nor a MultiPolygon")
TOO_MANY = N_("{file} has more than {most} points: take the layer at a smaller scale")
NO_REGION = N_(
    "{file} lacks the regions {codes}: is it the layer regio_s, with its field RES_CO_REG?"
)

Rings = list[list[tuple[float, float]]]


def import_outlines(request: dict[str, Any]) -> dict[str, Any]:
    file = Path(request["file"])
    features, left_out = read_features(file, request["codes"])
    if missing := [code for code in request["codes"] if code not in features]:
        raise SourceError(NO_REGION, file=file.name, codes=", ".join(missing))
    rings, height, origin = place_on_grid(features)
    codes = [code for code, of_region in rings.items() for _ in of_region]
    flat = [ring for of_region in rings.values() for ring in of_region]
    tolerance = FINEST
    while True:
        simplified = dict[str, list[Ring]]()
        for code, ring in zip(codes, simplify_rings(flat, tolerance), strict=True):
            simplified.setdefault(code, []).append(ring)
        outlines = {code: outline_of(of_region) for code, of_region in sorted(simplified.items())}
        size = sum(len(outline["path"]) for outline in outlines.values())
        if size <= request["most"] or tolerance > WIDTH:
            break
        tolerance *= COARSER
    return {
        "outlines": {"width": WIDTH, "height": height, "origin": origin, "regions": outlines},
        "points_before": sum(len(r) for of_region in features.values() for r in of_region),
        "points": sum(len(ring) for of_region in simplified.values() for ring in of_region),
        "left_out": left_out,
    }


def read_features(file: Path, codes: list[str]) -> tuple[dict[str, Rings], list[str]]:
    """Return the rings of each region in degrees, and the names of features that are none."""
    document = Document.parse(file.read_bytes(), file.name, most=LARGEST, error=SourceError)
    if not isinstance(document.value, dict) or not isinstance(document.value.get("features"), list):
        raise SourceError(NO_FEATURES, file=file.name)
    shapes: dict[str, dict[str, Rings]] = {}
    points = 0
    for feature in document.member("features").items():
        about = feature.member("properties")
        code, name = about.member(CODE).text().zfill(2), about.member(NAME).text()
        for ring in read_rings(feature.member("geometry").table(), file.name, name):
            points += len(ring)
            if points > MOST_POINTS:
                raise SourceError(TOO_MANY, file=file.name, most=MOST_POINTS)
            shapes.setdefault(code, {}).setdefault(name, []).append(ring)
    # An area whose border is disputed has the code of the region beside it, under another name.
    regions = {
        code: max(by_name, key=lambda name: sum(area_and_centre(ring)[0] for ring in by_name[name]))
        for code, by_name in shapes.items()
        if code in codes
    }
    left_out = [
        f"{name} ({code})"
        for code, by_name in shapes.items()
        for name in by_name
        if regions.get(code) != name
    ]
    return {code: shapes[code][name] for code, name in regions.items()}, left_out


def read_rings(
    geometry: dict[str, Any], file: str, name: str
) -> Iterator[list[tuple[float, float]]]:
    """Yield the rings of a geometry (RFC 7946 §3.1.6 and §3.1.7)."""
    parts = geometry.get("coordinates")
    if geometry.get("type") == "Polygon":
        parts = [parts]
    elif geometry.get("type") != "MultiPolygon":
        raise SourceError(BAD_SHAPE, file=file, name=name)
    wrong = SourceError(BAD_POINT, file=file, name=name)
    for polygon in parts if isinstance(parts, list) else [None]:
        for ring in polygon if isinstance(polygon, list) else [None]:
            if not isinstance(ring, list):
                raise wrong
            yield [read_point(position, wrong) for position in ring]


def read_point(position: object, wrong: SourceError) -> tuple[float, float]:
    if not isinstance(position, list) or not 2 <= len(position) <= 3:  # noqa: PLR2004 - a height
        raise wrong
    longitude, latitude = position[:2]
    if type(longitude) not in {int, float} or type(latitude) not in {int, float}:
        raise wrong
    if not (-180 <= longitude <= 180 and -89 <= latitude <= 89):  # noqa: PLR2004 - of the Earth
        raise wrong
    return float(longitude), float(latitude)


# Québec Lambert (EPSG:32198): a conformal cone through 46° and 60° north, about 68°30′ west. Shapes
# stay as people know them, which they do not where degrees are equal: at 60° north a degree of
# longitude is half as long as one of latitude. The Earth is a sphere here: the 0.3 % that this
# misses is less than the grid.

_SOUTH, _NORTH, _MIDDLE = math.radians(46), math.radians(60), math.radians(-68.5)


def _cotangent(latitude: float) -> float:
    return math.tan(math.pi / 4 - latitude / 2)


CONE = math.log(math.cos(_SOUTH) / math.cos(_NORTH)) / math.log(
    _cotangent(_SOUTH) / _cotangent(_NORTH)
)


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """Return a position on the plane, east and south, in radii of the Earth.

    >>> project(-68.5, 46.0)[0]
    0.0
    """
    scale = math.cos(_SOUTH) / CONE / _cotangent(_SOUTH) ** CONE
    radius = scale * _cotangent(math.radians(latitude)) ** CONE
    angle = CONE * (math.radians(longitude) - _MIDDLE)
    return radius * math.sin(angle), radius * math.cos(angle)


def unproject(x: float, y: float) -> tuple[float, float]:
    """Return the longitude and latitude of a position on the plane.

    >>> [round(degrees, 6) for degrees in unproject(*project(-73.5, 45.5))]
    [-73.5, 45.5]
    """
    scale = math.cos(_SOUTH) / CONE / _cotangent(_SOUTH) ** CONE
    longitude = math.degrees(math.atan2(x, y) / CONE + _MIDDLE)
    cotangent = (math.hypot(x, y) / scale) ** (1 / CONE)
    return longitude, math.degrees(math.pi / 2 - 2 * math.atan(cotangent))


def place_on_grid(
    features: dict[str, Rings],
) -> tuple[dict[str, list[Ring]], int, dict[str, int]]:
    """Return the rings on a grid of `WIDTH`, without islets, its height, and where it lies.

    That is its left, its top and its unit on the plane, times `PARTS`.
    """
    projected = {
        code: [[project(*position) for position in ring] for ring in rings]
        for code, rings in features.items()
    }
    plane = [point for rings in projected.values() for ring in rings for point in ring]
    left, right = min(x for x, _ in plane), max(x for x, _ in plane)
    top, bottom = min(y for _, y in plane), max(y for _, y in plane)
    unit = ((right - left) or 1.0) / WIDTH

    def place(point: tuple[float, float]) -> Point:
        return round((point[0] - left) / unit), round((point[1] - top) / unit)

    grid = {}
    for code, rings in projected.items():
        closed = close_rings(map(place, ring) for ring in rings)
        largest = max(closed, key=lambda ring: area_and_centre(ring)[0], default=[])
        # A hole as small as an islet is left out with it.
        grid[code] = [
            ring for ring in closed if ring is largest or area_and_centre(ring)[0] >= ISLET
        ]
    origin = {
        name: round(length * PARTS)
        for name, length in (("left", left), ("top", top), ("unit", unit))
    }
    return grid, round((bottom - top) / unit), origin


def outline_of(rings: list[Ring]) -> dict[str, Any]:
    """Return a region's path, and the centre of its largest part."""
    parts = []
    for ring in filter(None, rings):
        steps = (f"{x - left} {y - top}" for (left, top), (x, y) in pairwise(ring))
        parts.append(f"M{ring[0][0]} {ring[0][1]}l{' '.join(steps)}z")
    largest = max(filter(None, rings), key=lambda ring: area_and_centre(ring)[0], default=[(0, 0)])
    _, x, y = area_and_centre(largest)
    return {"path": "".join(parts), "x": round(x), "y": round(y)}


if __name__ == "__main__":
    from parvis.sandbox.serving import serve

    serve(import_outlines, about="file")

"""The places of an answer: its rows that have coordinates, as a map and a list show them."""

import re
from dataclasses import dataclass
from itertools import product

from parvis.vocab.namespaces import PREFIXES
from parvis.web.results import Cell, Preview

LATITUDES, LONGITUDES = ("latitude", "lat"), ("longitude", "long", "lng", "lon")
"""How columns of degrees are called, in lower case."""

WKT = PREFIXES["geo"] + "wktLiteral"
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_DEGREES = re.compile(_NUMBER)
_POINT = re.compile(
    r"\s*(?:<http://www\.opengis\.net/def/crs/OGC/1\.3/CRS84>\s*)?POINT\s*"
    rf"\(\s*({_NUMBER})\s+({_NUMBER})\s*\)\s*",
    re.IGNORECASE,
)
"""A point whose axes are longitude and latitude (GeoSPARQL 1.1 §8.5.1: CRS84 is the default)."""

Position = tuple[float, float]


@dataclass(frozen=True)
class Point:
    """A place: what it is called, its degrees north and east, the IRI of what it is if told."""

    label: str
    latitude: float
    longitude: float
    iri: str | None = None


def points(found: Preview) -> list[Point]:
    """List the places of an answer, each once; none where no column tells where things are."""
    names = [name.lower() for name in found.columns]
    pairs = [
        (names.index(one), names.index(other))
        for one, other in product(LATITUDES, LONGITUDES)
        if one in names and other in names
    ]
    pair = pairs[0] if pairs else None
    return list(dict.fromkeys(one for row in found.rows if (one := _point(row, pair))))


def _point(row: list[Cell], pair: tuple[int, int] | None) -> Point | None:
    """Place a row by its columns of degrees, or by its first point."""
    position = _written(row[pair[0]], row[pair[1]]) if pair else None
    position = position or next((at for cell in row if (at := _drawn(cell))), None)
    if position is None:
        return None
    thing = next((cell for cell in row if cell.iri), Cell(""))
    words = [cell.text for cell in row if cell.called or not (cell.iri or cell.datatype)]
    label = " · ".join([*filter(None, dict.fromkeys(words))][:2])
    return Point(label or thing.text, *position, thing.iri)


def _written(latitude: Cell, longitude: Cell) -> Position | None:
    """Read a pair of degrees; it may be written as numbers or as text."""
    texts = (latitude.text, longitude.text)
    if not all(_DEGREES.fullmatch(text) for text in texts):
        return None
    return _on_earth(*map(float, texts))


def _drawn(cell: Cell) -> Position | None:
    """Read a point in WKT."""
    found = _POINT.fullmatch(cell.text) if cell.datatype == WKT else None
    return _on_earth(float(found[2]), float(found[1])) if found else None


def _on_earth(latitude: float, longitude: float) -> Position | None:
    """Give a pair of degrees that exists."""
    if abs(latitude) <= 90 and abs(longitude) <= 180:  # noqa: PLR2004 - poles and the date line
        return latitude, longitude
    return None

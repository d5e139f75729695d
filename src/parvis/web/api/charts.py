"""The chart that an answer suggests where bars do not do, as a Vega-Lite specification.

It brings no data: the page's script draws the rows of the table, whose columns are its fields.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from parvis.vocab.namespaces import PREFIXES
from parvis.web.api.results import BARS, Cell, Preview, drawn

COLOURS = 8
"""How many values one tells apart by their colour."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_MOMENT = re.compile(r"\d{4}-\d{2}(-\d{2}(T.*)?)?|\d{4}")
_YEAR = "http://www.w3.org/2001/XMLSchema#gYear"

Spec = dict[str, Any]


def suggested(found: Preview) -> Spec | None:
    """Suggest how to draw rows that tell one number of one or two things each; None if no way does.

    A number by moments is a line, a number by names a bar; a second name is the colour. Each place
    in the picture has one row, otherwise it would tell sums that nobody asked for.
    """
    columns = list(zip(*found.rows, strict=True)) if len(found.rows) > 1 else []
    numbers = [at for at, cells in enumerate(columns) if _all(cells, number=True)]
    names = [at for at, cells in enumerate(columns) if _all(cells, number=False)]
    if not numbers or len(names) + len(numbers) < len(columns) or not 1 <= len(names) <= 2:  # noqa: PLR2004
        return None
    moments = [at for at in names if _are_moments(columns[at])]
    along = moments[0] if moments else _most_varied(names, columns)
    colours = [at for at in names if at != along]
    if len({tuple(row[at].text for at in names) for row in found.rows}) < len(found.rows):
        return None
    if any(_variety(columns[at]) > COLOURS for at in colours):
        return None
    if not moments and _variety(columns[along]) > BARS:
        return None
    told = [found.columns[at] for at in (along, numbers[-1], *colours)]
    return _line(*told) if moments else _bars(*told)


def _line(moment: str, number: str, colour: str | None = None) -> Spec:
    """Draw a number that goes with time, at the hours of no place: a date is one everywhere."""
    encoding: Spec = {
        "x": {"field": moment, "type": "temporal", "scale": {"type": "utc"}, "title": None},
        "y": {"field": number, "type": "quantitative"},
    }
    if colour:
        encoding["color"] = encoding["shape"] = {"field": colour, "type": "nominal"}
    return {"$schema": SCHEMA, "mark": {"type": "line", "point": True}, "encoding": encoding}


def _bars(name: str, number: str, colour: str | None = None) -> Spec:
    """Draw a number that goes with names; those of one name stand below one another."""
    encoding: Spec = {
        "y": {"field": name, "type": "nominal", "sort": None, "title": None},
        "x": {"field": number, "type": "quantitative"},
    }
    if colour:
        encoding["color"] = {"field": colour, "type": "nominal", "sort": None}
        encoding["yOffset"] = {"field": colour, "sort": None}
    return {"$schema": SCHEMA, "mark": "bar", "encoding": encoding}


def _all(cells: Iterable[Cell], *, number: bool) -> bool:
    """Say whether every cell is a number, or every one is a name."""
    return all(cell.text and cell.is_number == number for cell in cells)


def _are_moments(cells: tuple[Cell, ...]) -> bool:
    """Say whether cells are dates, months or years, and not all of the same one."""
    fit = all(
        _MOMENT.fullmatch(cell.text) and (len(cell.text) > 4 or cell.datatype == _YEAR)  # noqa: PLR2004
        for cell in cells
    )
    return fit and _variety(cells) > 1


def _most_varied(names: list[int], columns: list[tuple[Cell, ...]]) -> int:
    return max(names, key=lambda at: _variety(columns[at]))


def _variety(cells: tuple[Cell, ...]) -> int:
    return len({cell.text for cell in cells})


# The places of an answer: its rows that have coordinates, as a map and a list show them.

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


# What is drawn of an answer: its places on a map, else a chart, else nothing.


def pictures(found: Preview, chart: str = "", *, light: bool = False) -> dict[str, Any]:
    """Give templates what they draw: `places`, `bars`, and `chart`, a specification as JSON.

    A chart that is given goes before any other. Bars are drawn here, without scripts: they stand
    where a chart would say no more or a page is to be light, and for who has no scripts.
    """
    if places := [] if chart else points(found):
        return {"places": places, "bars": [], "chart": ""}
    bars = drawn(found)
    enough = bars and (light or len(found.columns) <= 2)  # noqa: PLR2004 - a name and its number
    if not (chart or enough) and (spec := suggested(found)):
        chart = json.dumps(spec, ensure_ascii=False)
    return {"places": [], "bars": bars, "chart": chart if found.rows else ""}

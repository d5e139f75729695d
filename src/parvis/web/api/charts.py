"""Charts and maps of query results: Vega-Lite specifications, places, bars.

A specification has no data: the page's script draws the rows of the table.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from parvis.vocab.namespaces import PREFIXES
from parvis.web.api.results import BARS, Preview, ResultTerm, bars_of

COLOURS = 8
"""How many values can be distinguished by colour."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_MOMENT = re.compile(r"\d{4}-\d{2}(-\d{2}(T.*)?)?|\d{4}")
_YEAR = "http://www.w3.org/2001/XMLSchema#gYear"

Spec = dict[str, Any]


def suggest_chart(result: Preview) -> Spec | None:
    """Return a chart of rows with one number and one or two names each; None if none fits.

    A number by dates is a line, a number by names a bar; a second name is the colour.
    """
    columns = list(zip(*result.rows, strict=True)) if len(result.rows) > 1 else []
    numbers = [at for at, cells in enumerate(columns) if _are_all(cells, number=True)]
    names = [at for at, cells in enumerate(columns) if _are_all(cells, number=False)]
    if not numbers or len(names) + len(numbers) < len(columns) or not 1 <= len(names) <= 2:  # noqa: PLR2004
        return None
    # Dates, months or years that are not all equal.
    dates = [
        at
        for at in names
        if _count_values(columns[at]) > 1
        and all(
            _MOMENT.fullmatch(cell.text) and (len(cell.text) > 4 or cell.datatype == _YEAR)  # noqa: PLR2004
            for cell in columns[at]
        )
    ]
    axis = dates[0] if dates else max(names, key=lambda at: _count_values(columns[at]))
    colours = [at for at in names if at != axis]
    # Each mark has one row, otherwise the chart would show sums that are not in the result.
    if len({tuple(row[at].text for at in names) for row in result.rows}) < len(result.rows):
        return None
    if any(_count_values(columns[at]) > COLOURS for at in colours):
        return None
    if not dates and _count_values(columns[axis]) > BARS:
        return None
    fields = [result.columns[at] for at in (axis, numbers[-1], *colours)]
    return _specify(*fields, by_date=bool(dates))


def _specify(axis: str, number: str, colour: str | None = None, *, by_date: bool) -> Spec:
    """Return the specification of a line chart by date, or of bars by name."""
    quantity: Spec = {"field": number, "type": "quantitative"}
    if by_date:
        # In UTC: a date is the same everywhere.
        scale = {"type": "utc"}
        date = {"field": axis, "type": "temporal", "scale": scale, "title": None}
        encoding: Spec = {"x": date, "y": quantity}
        if colour:
            encoding["color"] = encoding["shape"] = {"field": colour, "type": "nominal"}
        return {"$schema": SCHEMA, "mark": {"type": "line", "point": True}, "encoding": encoding}
    name = {"field": axis, "type": "nominal", "sort": None, "title": None}
    encoding = {"y": name, "x": quantity}
    if colour:
        encoding["color"] = {"field": colour, "type": "nominal", "sort": None}
        # The bars of one name are below one another.
        encoding["yOffset"] = {"field": colour, "sort": None}
    return {"$schema": SCHEMA, "mark": "bar", "encoding": encoding}


def _are_all(cells: Iterable[ResultTerm], *, number: bool) -> bool:
    return all(cell.text and cell.is_number == number for cell in cells)


def _count_values(cells: tuple[ResultTerm, ...]) -> int:
    return len({cell.text for cell in cells})


# The places of a result: its rows with coordinates, for a map and a list.

LATITUDES, LONGITUDES = ("latitude", "lat"), ("longitude", "long", "lng", "lon")
"""The names of columns of degrees, in lower case."""

WKT = PREFIXES["geo"] + "wktLiteral"
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_DEGREES = re.compile(_NUMBER)
_POINT = re.compile(
    r"\s*(?:<http://www\.opengis\.net/def/crs/OGC/1\.3/CRS84>\s*)?POINT\s*"
    rf"\(\s*({_NUMBER})\s+({_NUMBER})\s*\)\s*",
    re.IGNORECASE,
)
"""A point whose axes are longitude and latitude (GeoSPARQL 1.1 §8.5.1: CRS84 is the default)."""


@dataclass(frozen=True)
class MapPlace:
    """A place: its label, its degrees north and east, and its IRI if there is one."""

    label: str
    latitude: float
    longitude: float
    iri: str | None = None


def list_places(result: Preview) -> list[MapPlace]:
    """Return the places of a result, each once; empty where no column has coordinates."""
    names = [name.lower() for name in result.columns]
    pairs = [
        (names.index(latitude), names.index(longitude))
        for latitude, longitude in product(LATITUDES, LONGITUDES)
        if latitude in names and longitude in names
    ]
    places: dict[MapPlace, None] = {}
    for row in result.rows:
        # By its columns of degrees, which may be numbers or texts, else by its first point in WKT.
        positions: list[tuple[float, float]] = []
        texts = [row[at].text for at in pairs[0]] if pairs else []
        if texts and all(_DEGREES.fullmatch(text) for text in texts):
            positions.append((float(texts[0]), float(texts[1])))
        points = [_POINT.fullmatch(cell.text) for cell in row if cell.datatype == WKT]
        positions += [(float(point[2]), float(point[1])) for point in points if point]
        # Between the poles, and no further than the date line.
        on_earth = [p for p in positions if abs(p[0]) <= 90 and abs(p[1]) <= 180]  # noqa: PLR2004
        if not on_earth:
            continue
        resource = next((cell for cell in row if cell.iri), ResultTerm(""))
        words = [cell.text for cell in row if cell.is_label or not (cell.iri or cell.datatype)]
        label = " · ".join([*filter(None, dict.fromkeys(words))][:2])
        places[MapPlace(label or resource.text, *on_earth[0], resource.iri)] = None
    return list(places)


# The pictures of a result: its places on a map, else a chart or bars, else none.


def pictures(result: Preview | None, chart: str = "", *, light: bool = False) -> dict[str, Any]:
    """Return what templates draw: `places`, `bars`, and `chart`, a specification as JSON.

    A chart in the arguments goes before any other. Bars need no scripts: they are drawn where a
    chart would show no more, and on light pages.
    """
    if result is None:
        return {"places": [], "bars": [], "chart": ""}
    if places := [] if chart else list_places(result):
        return {"places": places, "bars": [], "chart": ""}
    bars = bars_of(result)
    enough = bars and (light or len(result.columns) <= 2)  # noqa: PLR2004 - a name and its number
    if not (chart or enough) and (spec := suggest_chart(result)):
        chart = json.dumps(spec, ensure_ascii=False)
    return {"places": [], "bars": bars, "chart": chart if result.rows else ""}

"""Charts and maps of query results: what fits the columns that they have."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from flask import has_request_context

from parvis.catalog.codelists import region_tiles, scheme
from parvis.catalog.queries import ChartColumns
from parvis.i18n import DEFAULT, N_, both, date_in_words
from parvis.vocab.namespaces import PREFIXES
from parvis.web.api.results import BARS, Preview, ResultTerm, bars_of
from parvis.web.charts import COLOURS, MISSING, Category, Cell, Chart, Series
from parvis.web.charts.filters import region_chart
from parvis.web.http.language import language, localise

_MOMENT = re.compile(r"\d{4}-\d{2}(-\d{2}(T.*)?)?|\d{4}")
_YEAR = "http://www.w3.org/2001/XMLSchema#gYear"


def suggest_chart(
    result: Preview, description: str = "", headings: Mapping[str, str] | None = None
) -> Chart | None:
    """Return a chart of rows with one number and one or two names each; None if none fits.

    A number by dates is a line, a number by names a bar; a second name is the colour. `headings`
    are what the page calls the columns, `description` is what the rows answer.
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
    texts = headings or {}
    unit, *by = (texts.get(result.columns[at], result.columns[at]) for at in (numbers[-1], *names))
    chart = _chart_of(result, (axis, numbers[-1], *colours), by_date=bool(dates))
    return replace(chart, title=title_of(unit, by), unit=unit, description=description)


def title_of(unit: str, names: Iterable[str]) -> str:
    """Return the title of a chart: what is counted, and by what."""
    *others, last = names
    listed: object = last
    if others:
        listed = both("{first} and {second}", first=", ".join(others), second=last)
    text = localise(both("{unit} by {names}", unit=unit, names=listed))
    return text[:1].upper() + text[1:]


def _chart_of(result: Preview, columns: tuple[int, ...], *, by_date: bool) -> Chart:
    """Return a line by date, or bars by name, of three columns: axis, number, colour."""
    axis, number, *colours = columns
    texts = list(dict.fromkeys(row[axis].text for row in result.rows))
    if by_date:
        texts.sort()
    groups = list(dict.fromkeys(row[colours[0]].text for row in result.rows)) if colours else [""]
    figures = {
        (row[colours[0]].text if colours else "", row[axis].text): float(row[number].text)
        for row in result.rows
    }
    series = tuple(
        Series(group, tuple(Cell(figures.get((group, text))) for text in texts)) for group in groups
    )
    categories = tuple(
        Category(text[:10], text[:10]) if by_date else Category(text) for text in texts
    )
    return Chart("line" if by_date else "bar", "", "", "", categories, series)


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
    """A place: its label, its degrees north and east, its IRI and its municipality if known."""

    label: str
    latitude: float
    longitude: float
    iri: str | None = None
    locality: str = ""


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


# The pictures of a result: a chart of the columns that the question names, its places on a map, or
# what suits its columns.


def pictures(
    result: Preview | None,
    own: ChartColumns | None = None,
    description: str = "",
    headings: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what templates draw: `places`, or a `chart`, that of the `own` columns first."""
    drawn: dict[str, Any] = {"places": [], "chart": None}
    if result is None or not result.rows:
        return drawn
    if own and (chart := draw_columns(result, own, description, headings or {})):
        return drawn | {"chart": chart}
    if not own and (places := list_places(result)):
        return drawn | {"places": places}
    if own:
        return drawn
    chart = suggest_chart(result, description, headings) or _bars(result, description, headings)
    return drawn | {"chart": chart}


LARGEST = N_("{shown} of {count} are drawn, the largest; the table has them all.")


def draw_columns(
    result: Preview, own: ChartColumns, description: str, headings: Mapping[str, str]
) -> Chart | None:
    """Return a chart of columns; None where rows would share a mark, or there is one mark alone."""
    if not {*own.columns} <= {*result.columns}:
        return None
    names = [result.columns.index(name) for name in own.names]
    marks = {tuple(row[at].text for at in names) for row in result.rows}
    axis = list(dict.fromkeys(row[names[0]].text for row in result.rows))
    if not 1 < len(marks) == len(result.rows) or len(axis) > BARS:
        return None
    cells = _cells_by_series(result, own, headings)
    units, by = ([headings.get(name, name) for name in of] for of in (own.figures, own.names))
    title = title_of(", ".join(units), by)
    if own.kind == "map":
        (regions,) = cells.values()
        return _draw_regions(regions, title, units[0], description)
    totals = {name: sum(cell.value or 0.0 for cell in of.values()) for name, of in cells.items()}
    largest = sorted(totals, key=lambda name: -totals[name])[:COLOURS]
    if len(largest) < len(cells):
        note = localise(both(LARGEST, shown=len(largest), count=len(cells)))
        description = f"{description} {note}".strip()
    axis = sorted(axis) if own.kind == "line" else axis
    return Chart(
        "line" if own.kind == "line" else "bar",
        title,
        description,
        units[0] if len(units) == 1 else "",
        tuple(_name_category(text) for text in axis),
        tuple(
            Series(name if len(cells) > 1 else "", tuple(of.get(text, MISSING) for text in axis))
            for name, of in cells.items()
            if name in largest
        ),
        reference=own.reference,
        reference_label="" if own.reference is None else f"{own.reference:g}",
    )


def _draw_regions(
    cells: Mapping[str, Cell], title: str, unit: str, description: str
) -> Chart | None:
    """Return a map of figures by the names of regions, in the language of the page."""
    areas = scheme("area")
    regions = {localise(areas.label(region)): region for region in region_tiles()}
    figures = {
        regions[name]: {"label": name, "value": cell.value, "missing": True}
        for name, cell in cells.items()
        if name in regions
    }
    if not figures:
        return None
    return replace(region_chart(figures, title, unit), description=description)


def _cells_by_series(
    result: Preview, own: ChartColumns, headings: Mapping[str, str]
) -> dict[str, dict[str, Cell]]:
    """Return the figures of each series by the names of the axis."""
    axis, *colours = (result.columns.index(name) for name in own.names)
    cells: dict[str, dict[str, Cell]] = {}
    for row in result.rows:
        for figure in own.figures:
            cell = row[result.columns.index(figure)]
            series = row[colours[0]].text if colours else headings.get(figure, figure)
            value = Cell(float(cell.text)) if cell.is_number else MISSING
            cells.setdefault(series, {})[row[axis].text] = value
    return cells


def _name_category(text: str) -> Category:
    """Return a name of an axis, with its code where it is a month or a day."""
    if not _MOMENT.fullmatch(text):
        return Category(text)
    lang = language() if has_request_context() else DEFAULT
    return Category(date_in_words(lang, text[:10]), text[:10])


def _bars(result: Preview, description: str, headings: Mapping[str, str] | None) -> Chart | None:
    """Return bars of rows that have more than two names: all of them name a bar."""
    if not (rows := bars_of(result)):
        return None
    texts = headings or {}
    *names, unit = (texts.get(column, column) for column in result.columns)
    categories = tuple(Category(row["label"]) for row in rows)
    series = Series("", tuple(Cell(row["value"]) for row in rows))
    return Chart("bar", title_of(unit, names), description, unit, categories, (series,))

"""The chart that an answer suggests where bars do not do, as a Vega-Lite specification.

It brings no data: the page's script draws the rows of the table, whose columns are its fields.
"""

import re
from collections.abc import Iterable
from typing import Any

from parvis.web.results import BARS, Cell, Preview

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

"""The chart of an example query: a Vega-Lite specification in a file beside it, without data.

What it draws are the columns of the answer, so that its fields are variables of the query.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parvis.errors import CatalogError
from parvis.i18n import N_

ENDING = ".vl.json"
OUTSIDE = ("data", "datasets", "url", "href")
"""What would bring something else than the answer into the picture, or lead out of it."""

NO_JSON = N_("{file}: this is no JSON object: {why}")
NO_OUTSIDE = N_("{file}: “{name}” has no place here: a chart draws its query’s answer alone")
NO_FIELD = N_("{file}: the query has no variable “{name}”")


def read_chart(query: Path, text: str) -> str:
    """Read the chart of a query's file as JSON, empty when it has none.

    Raises `CatalogError` for what is no JSON object, brings data or addresses of its own, or draws
    a column that the query does not name.
    """
    file = query.with_suffix(ENDING)
    if not file.is_file():
        return ""
    chart = _parsed(file)
    variables = set(re.findall(r"[?$](\w+)", text))
    for name, value in _members(chart):
        if name in OUTSIDE:
            raise CatalogError(NO_OUTSIDE, file=file, name=name)
        if name == "field" and value not in variables:
            raise CatalogError(NO_FIELD, file=file, name=value)
    return json.dumps(chart, ensure_ascii=False)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except ValueError as error:
        raise CatalogError(NO_JSON, file=file, why=error) from error
    if not isinstance(found, dict):
        raise CatalogError(NO_JSON, file=file, why=type(found).__name__)
    return found


def _members(part: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Give each member of each object within."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield name, value
            yield from _members(value)
    elif isinstance(part, list):
        for one in part:
            yield from _members(one)

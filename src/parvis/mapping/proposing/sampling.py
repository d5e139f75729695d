"""The beginning of a partner's file, read without a mapping: its columns and how it is laid out."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from parvis.errors import SourceError
from parvis.mapping.language.plan import Formulation, Source
from parvis.mapping.sources.calendar import read_calendar
from parvis.mapping.sources.sheets import open_book, read_sheet, sheet_lines
from parvis.mapping.sources.tables import CELL_LIMIT, delimiter_of
from parvis.mapping.sources.text import encoding_of, opened
from parvis.mapping.sources.tree import load_tree
from parvis.report import Report

ROWS = 400
"""How many rows are looked at."""

TITLE_ROWS = 20
"""Headings stand within the first rows, under a title at most."""

ENDINGS: dict[str, Formulation] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "table",
    ".xls": "table",
    ".xlsb": "table",
    ".ods": "table",
    ".json": "jsonpath",
    ".ics": "icalendar",
}
YEAR = re.compile(r"(?:19|20)\d\d")
NUMBER = re.compile(r"[-+]?[\d\s.,\u00a0\u202f]*\d[\d\s.,%$\u00a0\u202f]*")


@dataclass(frozen=True)
class Column:
    """A column: what a mapping calls it, its heading if it has one, and its values in order.

    `position` counts from 1; JSON members and calendar properties have none.
    """

    name: str
    values: tuple[str, ...]
    position: int | None = None
    headed: bool = True

    @property
    def filled(self) -> list[str]:
        """Give the values that are there."""
        return [value for value in self.values if value.strip()]


@dataclass(frozen=True)
class Sample:
    """What a look at a file gives.

    `layout` holds the source keys of the mapping language that were found, `titles` the texts
    above the headings, `others` the sheets that were not looked at, `rows` how many rows were.
    """

    file: Path
    formulation: Formulation
    columns: tuple[Column, ...]
    layout: Mapping[str, object] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    rows: int = 0

    @property
    def year_as(self) -> str | None:
        """Name the field that holds the year which a sheet or a key gives, if one does."""
        told = self.layout.get("sheet-as") or next(iter(self._keys), None)
        return str(told) if told else None

    @property
    def _keys(self) -> Mapping[str, object]:
        """Give the names for keys."""
        found = self.layout.get("key-as", {})
        return found if isinstance(found, dict) else {}


def sample(file: Path) -> Sample:
    """Look at the first rows of a file; raises `SourceError` for one that cannot be read."""
    formulation = ENDINGS.get(file.suffix.lower())
    if formulation is None:
        raise SourceError(
            "{file}: the ending must be one of {known}", file=file.name, known=", ".join(ENDINGS)
        )
    if not file.is_file():
        raise SourceError("there is no file {file}", file=file)
    look = {"csv": _csv, "table": _table, "jsonpath": _json}.get(formulation, _calendar)
    found = look(file)
    if not found.columns:
        raise SourceError("{file} holds no table: not a single column was found", file=file.name)
    return found


def _csv(file: Path) -> Sample:
    """Look at a delimited text file."""
    encoding = encoding_of(file, None)
    csv.field_size_limit(CELL_LIMIT)
    with opened(file, encoding, Report()) as stream:
        delimiter = delimiter_of(stream)
        try:
            lines = list(islice(csv.reader(stream, delimiter=delimiter), ROWS + TITLE_ROWS))
        except csv.Error as error:
            raise SourceError(
                "{file} cannot be read: {reason}", file=file.name, reason=error
            ) from error
    layout: dict[str, object] = {"encoding": encoding.removesuffix("-sig"), "delimiter": delimiter}
    return _tabular(file, "csv", lines, layout)


def _table(file: Path) -> Sample:
    """Look at a workbook: sheets named by years are one table, else the first sheet is."""
    book = open_book(file)
    names = list(book.sheet_names)
    years = [name for name in names if YEAR.fullmatch(name.strip())]
    layout: dict[str, object] = {"sheet": names[0]}
    if len(years) > 1:
        starts = {name[:2] for name in years}
        layout = {"sheet": f"{starts.pop()}*" if len(starts) == 1 else "????", "sheet-as": "year"}
    sheet = read_sheet(book, (years or names)[0], file)
    lines = list(islice(sheet_lines(sheet), ROWS + TITLE_ROWS))
    others = tuple(name for name in names if name not in (years if len(years) > 1 else names[:1]))
    return _tabular(file, "table", lines, layout, others)


def _tabular(
    file: Path,
    formulation: Formulation,
    lines: Sequence[Sequence[str]],
    layout: dict[str, object],
    others: tuple[str, ...] = (),
) -> Sample:
    """Find the headings and put the values under them."""
    at = _header(lines)
    if at is None:
        raise SourceError("{file} has no row of headings at row {row}", file=file.name, row=1)
    if at:
        layout["header"] = at + 1
    headings = [" ".join(cell.split()) for cell in lines[at]]
    body = [line for line in lines[at + 1 :] if any(cell.strip() for cell in line)]
    columns = tuple(_columns(headings, body))
    if not all(column.headed for column in columns):
        layout["columns"] = {column.position: column.name for column in columns}
    titles = tuple(cell for line in lines[:at] for cell in line if cell.strip())
    return Sample(file, formulation, columns, layout, titles, others, len(body))


def _columns(headings: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[Column]:
    """Give the columns that have a heading or a value; a heading that returns is numbered."""
    seen: set[str] = set()
    for position, heading in enumerate(headings, 1):
        values = tuple(line[position - 1] if position <= len(line) else "" for line in body)
        if not heading and not any(value.strip() for value in values):
            continue
        unique = bool(heading) and heading not in seen
        seen.add(heading)
        name = heading if unique else f"{heading} {position}" if heading else f"colonne {position}"
        yield Column(name, values, position, headed=unique)


def _header(lines: Sequence[Sequence[str]]) -> int | None:
    """Find the row of headings: the first nearly full one that holds words, or years."""
    widths = [sum(bool(cell.strip()) for cell in line) for line in lines]
    full = max(widths, default=0)
    for index, line in enumerate(lines[:TITLE_ROWS]):
        cells = [cell.strip() for cell in line if cell.strip()]
        words = [cell for cell in cells if not NUMBER.fullmatch(cell) or YEAR.fullmatch(cell)]
        if widths[index] >= 0.6 * full and len(words) >= 0.8 * len(cells) > 0:
            return index
    return next((index for index, width in enumerate(widths) if width), None)


def _json(file: Path) -> Sample:
    """Look at a JSON document: a list of objects, alone, under one key, or under many."""
    tree = load_tree(file, None, Report())
    layout, items = _items(file, tree)
    found: dict[str, list[str]] = defaultdict(list)
    for item in items[:ROWS]:
        for name, value in _leaves(item, ()):
            found[name].append(value)
    columns = tuple(Column(name, tuple(values)) for name, values in found.items())
    return Sample(file, "jsonpath", columns, layout, rows=len(items[:ROWS]))


def _items(file: Path, tree: object) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Find the objects that are rows, and the path to them."""
    if isinstance(tree, list):
        return {"iterator": "$[*]"}, _objects(tree)
    if isinstance(tree, dict):
        lists = {key: rows for key, part in tree.items() if (rows := _objects(part))}
        if lists and all(YEAR.fullmatch(str(key)) for key in lists):
            rows = [row for part in lists.values() for row in part]
            return {"iterator": "$.*[*]", "key-as": {"year": "$.*"}}, rows
        if lists:
            longest = max(lists, key=lambda key: len(lists[key]))
            return {"iterator": f"${_step(str(longest))}[*]"}, lists[longest]
    raise SourceError("{file}: no list of objects was found in it", file=file.name)


def _objects(part: object) -> list[dict[str, object]]:
    """Give the objects of a list."""
    return [one for one in part if isinstance(one, dict)] if isinstance(part, list) else []


def _leaves(value: object, steps: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Give each simple value in an object with its JSONPath, as a mapping would name it."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, (*steps, str(key)))
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, (*steps, "*"))
    elif steps and value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield _path(steps), text


def _path(steps: tuple[str, ...]) -> str:
    """Write a relative path; a plain key alone stays as it is (RFC 9535 §2.3).

    >>> _path(("Prêt à domicile",)), _path(("Lieux", "*", "Nom")), _path(("A.B",))
    ('Prêt à domicile', 'Lieux[*].Nom', "['A.B']")
    """
    if len(steps) == 1 and re.fullmatch(r"[\w@][\w @:/-]*", steps[0]):
        return steps[0]
    return "".join("[*]" if step == "*" else _step(step) for step in steps).removeprefix(".")


def _step(key: str) -> str:
    """Write one step of a path."""
    return f".{key}" if re.fullmatch(r"[^\W\d]\w*", key) else "['" + key.replace("'", r"\'") + "']"


def _calendar(file: Path) -> Sample:
    """Look at a calendar's events."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = 0
    for row in islice(read_calendar(Source("s", "", "icalendar"), file, set(), Report()), ROWS):
        rows += 1
        for name in row.cells:
            found[name] += [str(value) for value in row.get(name)]
    columns = tuple(Column(name, tuple(values)) for name, values in found.items())
    return Sample(file, "icalendar", columns, {}, rows=rows)

"""Read the beginning of a partner's file without a mapping: its columns and its layout."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from parvis.errors import SourceError
from parvis.mapping.engine.json_path import is_plain
from parvis.mapping.language.plan import Formulation, LogicalSource
from parvis.mapping.sources.calendar import read_calendar
from parvis.mapping.sources.json import load_tree
from parvis.mapping.sources.tables import (
    CELL_LIMIT,
    TITLE_ROWS,
    YEAR,
    delimiter_of,
    find_headings,
    open_book,
    read_sheet,
    sheet_lines,
)
from parvis.mapping.sources.text import encoding_of, open_text
from parvis.report import Report

ROWS = 400
"""The number of rows that are read."""

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


@dataclass(frozen=True)
class FileColumn:
    """A column: what a mapping calls it, its heading if it has one, and its values in order.

    `position` counts from 1; JSON members and calendar properties have none.
    """

    name: str
    values: tuple[str, ...]
    position: int | None = None
    headed: bool = True

    @property
    def nonblank_values(self) -> list[str]:
        """Return the values that are not blank."""
        return [value for value in self.values if value.strip()]


@dataclass(frozen=True)
class Sample:
    """The first rows of a file.

    `layout` holds the source keys of the mapping language that were detected, `titles` the texts
    above the headings, `skipped_sheets` the names of the sheets that were not read, `rows` how many
    rows were.
    """

    file: Path
    formulation: Formulation
    columns: tuple[FileColumn, ...]
    layout: Mapping[str, object] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    skipped_sheets: tuple[str, ...] = ()
    rows: int = 0

    @property
    def year_as(self) -> str | None:
        """Return the field that holds the year of a sheet or key, if there is one."""
        keys = self.layout.get("key-as")
        names = iter(keys if isinstance(keys, dict) else ())
        name = self.layout.get("sheet-as") or next(names, None)
        return str(name) if name else None


def read_sample(file: Path) -> Sample:
    """Read the first rows of a file. Raises `SourceError` for one that cannot be read."""
    formulation = ENDINGS.get(file.suffix.lower())
    if formulation is None:
        raise SourceError(
            "{file}: the ending must be one of {choices}",
            file=file.name,
            choices=", ".join(ENDINGS),
        )
    if not file.is_file():
        raise SourceError("there is no file {file}", file=file)
    read = {"csv": _read_csv, "table": _read_workbook, "jsonpath": _read_json}
    rows = read.get(formulation, _read_calendar)(file)
    if not rows.columns:
        raise SourceError("{file} holds no table: not a single column was found", file=file.name)
    return rows


def _read_csv(file: Path) -> Sample:
    encoding = encoding_of(file, None)
    csv.field_size_limit(CELL_LIMIT)
    with open_text(file, encoding, Report()) as stream:
        delimiter = delimiter_of(stream)
        try:
            lines = list(islice(csv.reader(stream, delimiter=delimiter), ROWS + TITLE_ROWS))
        except csv.Error as error:
            raise SourceError(
                "{file} cannot be read: {reason}", file=file.name, reason=error
            ) from error
    layout: dict[str, object] = {"encoding": encoding.removesuffix("-sig"), "delimiter": delimiter}
    return _build_sample(file, "csv", lines, layout)


def _read_workbook(file: Path) -> Sample:
    """Read sheets named by years as one table, else the first sheet."""
    book = open_book(file)
    names = list(book.sheet_names)
    years = [name for name in names if YEAR.fullmatch(name.strip())]
    layout: dict[str, object] = {"sheet": names[0]}
    if len(years) > 1:  # a wildcard also takes the sheets of years to come
        starts = {name[:2] for name in years}
        layout = {"sheet": f"{starts.pop()}*" if len(starts) == 1 else "????", "sheet-as": "year"}
    sheet = read_sheet(book, (years or names)[0], file)
    lines = list(islice(sheet_lines(sheet), ROWS + TITLE_ROWS))
    skipped_sheets = tuple(
        name for name in names if name not in (years if len(years) > 1 else names[:1])
    )
    return _build_sample(file, "table", lines, layout, skipped_sheets)


def _build_sample(
    file: Path,
    formulation: Formulation,
    lines: Sequence[Sequence[str]],
    layout: dict[str, object],
    skipped_sheets: tuple[str, ...] = (),
) -> Sample:
    header = find_headings(lines)
    if header is None:
        raise SourceError("{file} has no row of headings at row {row}", file=file.name, row=1)
    if header:
        layout["header"] = header + 1
    headings = [" ".join(cell.split()) for cell in lines[header]]
    body = [line for line in lines[header + 1 :] if any(cell.strip() for cell in line)]
    columns: list[FileColumn] = []
    headings_so_far: set[str] = set()
    for position, heading in enumerate(headings, 1):
        values = tuple(line[position - 1] if position <= len(line) else "" for line in body)
        if not heading and not any(value.strip() for value in values):
            continue
        # A repeated heading is numbered.
        unique = bool(heading) and heading not in headings_so_far
        headings_so_far.add(heading)
        name = heading if unique else f"{heading} {position}" if heading else f"colonne {position}"
        columns.append(FileColumn(name, values, position, headed=unique))
    if not all(column.headed for column in columns):
        layout["columns"] = {column.position: column.name for column in columns}
    titles = tuple(cell for line in lines[:header] for cell in line if cell.strip())
    return Sample(file, formulation, tuple(columns), layout, titles, skipped_sheets, len(body))


def _read_json(file: Path) -> Sample:
    tree = load_tree(file, None, Report())

    def objects_of(part: object) -> list[dict[str, object]]:
        return [row for row in part if isinstance(row, dict)] if isinstance(part, list) else []

    # The rows are a list of objects, alone, under one key, or under years.
    if isinstance(tree, list):
        layout: dict[str, object] = {"iterator": "$[*]"}
        items = objects_of(tree)
    elif isinstance(tree, dict) and (
        lists := {str(key): rows for key, part in tree.items() if (rows := objects_of(part))}
    ):
        if all(map(YEAR.fullmatch, lists)):
            layout = {"iterator": "$.*[*]", "key-as": {"year": "$.*"}}
            items = [row for rows in lists.values() for row in rows]
        else:
            longest = max(lists, key=lambda key: len(lists[key]))
            layout, items = {"iterator": f"${_write_step(longest)}[*]"}, lists[longest]
    else:
        raise SourceError("{file}: no list of objects was found in it", file=file.name)
    values: dict[str, list[str]] = defaultdict(list)
    for item in items[:ROWS]:
        for name, value in _iterate_values(item, ()):
            values[name].append(value)
    columns = tuple(FileColumn(name, tuple(texts)) for name, texts in values.items())
    return Sample(file, "jsonpath", columns, layout, rows=len(items[:ROWS]))


def _iterate_values(value: object, steps: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Return each simple value in an object with its JSONPath, as a mapping would name it."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _iterate_values(part, (*steps, str(key)))
    elif isinstance(value, list):
        for part in value:
            yield from _iterate_values(part, (*steps, "*"))
    elif steps and value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield _write_path(steps), text


def _write_path(steps: tuple[str, ...]) -> str:
    """Write a relative path; a plain key alone stays as it is (RFC 9535 §2.3).

    >>> _write_path(("Prêt à domicile",)), _write_path(("Lieux", "*", "Nom")), _write_path(("A.B",))
    ('Prêt à domicile', 'Lieux[*].Nom', "['A.B']")
    """
    if len(steps) == 1 and is_plain(steps[0]):
        return steps[0]
    return "".join("[*]" if step == "*" else _write_step(step) for step in steps).removeprefix(".")


def _write_step(key: str) -> str:
    return f".{key}" if re.fullmatch(r"[^\W\d]\w*", key) else "['" + key.replace("'", r"\'") + "']"


def _read_calendar(file: Path) -> Sample:
    values: dict[str, list[str]] = defaultdict(list)
    rows = 0
    for row in islice(
        read_calendar(LogicalSource("s", "", "icalendar"), file, set(), Report()), ROWS
    ):
        rows += 1
        for name in row.cells:
            values[name] += [str(value) for value in row.get(name)]
    columns = tuple(FileColumn(name, tuple(texts)) for name, texts in values.items())
    return Sample(file, "icalendar", columns, {}, rows=rows)

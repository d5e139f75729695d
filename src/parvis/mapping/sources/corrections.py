"""Replace values of a partner's file in a copy of it: CSV, XLSX and JSON.

A value is replaced where it stands exactly, so that a correction changes nothing by chance. What
else is in the file stays: other sheets, columns and titles.
"""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from parvis.errors import SourceError, UsageError
from parvis.i18n import N_
from parvis.mapping.engine.json_path import compile_path
from parvis.mapping.language.plan import Formulation, LogicalSource
from parvis.mapping.sources.json import load_tree, parse_json
from parvis.mapping.sources.packed import refuse_bomb
from parvis.mapping.sources.tables import csv_lines
from parvis.mapping.sources.text import encoding_of
from parvis.mapping.sources.workbooks import DAMAGE, UNREADABLE, portable_text
from parvis.report import Report

NOT_HERE = N_(
    "a file {ending} cannot be corrected here: correct it in the program that made it, then drop it"
    " again"
)
NOWHERE = N_("the column “{column}” has no value “{value}” any more: nothing was corrected")
NOWHERE_IN_ROW = N_(
    "the column “{column}” has no value “{value}” in row {row} any more: nothing was corrected"
)
NO_LETTER = N_("the file is written in {encoding}, which has no such character as “{letter}”")
SAME = N_("the value and its correction are the same")
WRITABLE: Mapping[Formulation, tuple[str, ...]] = {
    "csv": (".csv", ".tsv", ".txt"),
    "table": (".xlsx", ".xlsm"),
    "jsonpath": (".json", ".geojson"),
    "jsonlines": (".jsonl", ".ndjson"),
}
"""The endings of the files that can be written again, by how they are read."""


@dataclass(frozen=True)
class Replacement:
    """A value of a column that another replaces: in one row, or everywhere where `row` is None."""

    column: str
    before: str
    after: str
    row: int | None = None
    sheet: str | None = None


@dataclass
class CorrectedTable:
    """How a file is read: its layout, the positions of its columns (from 1), what is replaced."""

    formulation: Formulation
    layout: Mapping[str, Any]
    positions: Mapping[str, int]
    replacements: tuple[Replacement, ...]
    counts: Counter[Replacement] = field(default_factory=Counter)

    @property
    def header(self) -> int:
        return int(self.layout.get("header", 1))

    def replace(self, column: str, value: str, row: int | None, sheet: str | None = None) -> str:
        """Return the value of a cell after the replacements, in their order."""
        for replacement in self.replacements:
            if (
                replacement.column == column
                and replacement.before == value
                and replacement.row in {None, row}
                and replacement.sheet in {None, sheet}
            ):
                self.counts[replacement] += 1
                value = replacement.after
        return value

    def refuse_unused(self) -> None:
        for replacement in self.replacements:
            if not self.counts[replacement]:
                template = NOWHERE if replacement.row is None else NOWHERE_IN_ROW
                fields = {"column": replacement.column, "value": replacement.before}
                raise UsageError(template, **fields, row=replacement.row)


def is_correctable(file: Path, formulation: str) -> bool:
    """Return whether a copy of a file can be written with other values."""
    return any(
        file.suffix.lower() in endings for name, endings in WRITABLE.items() if name == formulation
    )


def correct_file(file: Path, copy: Path, table: CorrectedTable) -> None:
    """Write a copy of a file in which values are replaced.

    Raises `UsageError` for a value that is not there, or for a file of another kind.
    """
    if not is_correctable(file, table.formulation):
        raise UsageError(NOT_HERE, ending=file.suffix.lower() or "?")
    for replacement in table.replacements:
        if replacement.before == replacement.after:
            raise UsageError(SAME)
    writers = {"csv": _write_csv, "table": _write_workbook, "jsonlines": _write_lines}
    writers.get(table.formulation, _write_json)(file, copy, table)
    table.refuse_unused()


def _write_csv(file: Path, copy: Path, table: CorrectedTable) -> None:
    encoding = encoding_of(file, None)
    delimiter = table.layout.get("delimiter")
    source = LogicalSource("s", "", "csv", encoding=encoding, delimiter=delimiter)
    report = Report()
    lines = csv_lines(source, file, report)
    with copy.open("w", encoding=encoding, newline="") as stream:
        first = list(islice(lines, 1))  # which finds the delimiter
        delimiter = report.facts.get(f"{file.name}: delimiter", ",")
        writer = csv.writer(stream, delimiter=delimiter)
        try:
            for number, cells in chain(first, lines):
                writer.writerow(_replace_cells(cells, number, table))
        except UnicodeEncodeError as error:
            letter = error.object[error.start]
            raise UsageError(NO_LETTER, encoding=encoding, letter=letter) from error


def _replace_cells(
    cells: list[str], number: int, table: CorrectedTable, sheet: str | None = None
) -> list[str]:
    if number <= table.header:
        return cells
    for column, position in table.positions.items():
        if position <= len(cells):
            value = cells[position - 1].strip()
            if (after := table.replace(column, value, number, sheet)) != value:
                cells[position - 1] = after
    return cells


def _write_workbook(file: Path, copy: Path, table: CorrectedTable) -> None:
    import openpyxl  # noqa: PLC0415 - most files are no workbooks

    refuse_bomb(file)
    try:
        # A copy has the values of formulas: one that is saved anew has none until it is opened.
        book = openpyxl.load_workbook(file, data_only=True)
    except DAMAGE as error:
        raise SourceError(UNREADABLE, file=file.name, reason=error) from error
    columns = {table.positions[r.column] for r in table.replacements if r.column in table.positions}
    names = {position: name for name, position in table.positions.items()}
    for sheet in book.worksheets:
        for position in sorted(columns):
            for (cell,) in sheet.iter_rows(table.header + 1, None, position, position):
                value = portable_text(cell).strip()
                after = table.replace(names[position], value, cell.row, sheet.title)
                if after != value:
                    cell.value = after
    book.save(copy)


def _write_json(file: Path, copy: Path, table: CorrectedTable) -> None:
    tree = load_tree(file, None, Report())
    _replace_items(tree, table, None)
    copy.write_text(_to_text(tree), encoding="utf-8")


def _write_lines(file: Path, copy: Path, table: CorrectedTable) -> None:
    with (
        file.open(encoding=encoding_of(file, None)) as lines,
        copy.open("w", encoding="utf-8") as out,
    ):
        for number, line in enumerate(lines, 1):
            if not line.strip():
                out.write(line)
                continue
            try:
                document = parse_json(line)
            except (ValueError, RecursionError):  # the report says so
                out.write(line)
                continue
            _replace_items(document, table, number)
            out.write(f"{_to_text(document)}\n")


def _replace_items(tree: Any, table: CorrectedTable, number: int | None) -> None:  # noqa: ANN401 - any JSON
    each = table.layout.get("each")
    for item in compile_path(str(table.layout.get("iterator", "$"))).finditer(tree):
        index = item.parts[-1] if item.parts and isinstance(item.parts[-1], int) else None
        row = index if number is None else number
        inner = compile_path(each).finditer(item.obj) if each else ()  # type: ignore[arg-type] # JSON
        parts = [match.obj for match in inner]
        for replacement in dict.fromkeys(r.column for r in table.replacements):
            outer = replacement.startswith("^.")
            for holder in [item.obj] if outer or not each else parts:
                _replace_at(holder, replacement, table, row)


def _replace_at(holder: Any, column: str, table: CorrectedTable, row: int | None) -> None:  # noqa: ANN401 - any JSON
    for match in list(compile_path(column.removeprefix("^.")).finditer(holder)):
        if isinstance(match.obj, dict | list) or match.obj is None or not match.parts:
            continue
        value = str(match.obj).lower() if isinstance(match.obj, bool) else str(match.obj).strip()
        if (after := table.replace(column, value, row)) != value:
            node = holder
            for step in match.parts[:-1]:
                node = node[step]
            node[match.parts[-1]] = after


def _to_text(tree: object) -> str:
    def write(value: object) -> object:
        if isinstance(value, Decimal):
            return float(value)
        raise TypeError

    return json.dumps(tree, ensure_ascii=False, indent=None, default=write)

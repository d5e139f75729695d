"""Spreadsheets (XLSX, XLS, XLSB, ODS): sheets as tables, dates in ISO 8601."""

import datetime as dt
import fnmatch
from collections.abc import Iterable, Iterator
from pathlib import Path

import python_calamine as calamine

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources.packed import refuse_bomb
from parvis.mapping.sources.tables import rows_under_headings
from parvis.report import Place, Report

OTHERWISE = {
    b"\xd0\xcf\x11\xe0": N_(
        "{file} cannot be read: it is protected by a password, or damaged; save it without a"
        " password as .xlsx"
    ),
    b"<": N_(
        "{file} is a web page and no spreadsheet, whatever its ending: open it in a spreadsheet and"
        " save it as .xlsx"
    ),
}
"""What a file that is not a spreadsheet most often is, by its first bytes."""
LOOK = 64
"""Bytes read to determine that."""
Area = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of merged cells, each by row and column, from 0."""


def read_table(
    source: LogicalSource, file: Path, needed: set[str], report: Report
) -> Iterator[SourceRow]:
    """Read the sheets of a spreadsheet that the source names (XLSX, XLS, XLSB, ODS).

    A formula gives the value it had when the file was saved; an error (``#DIV/0!``) is an empty
    cell. The value of merged cells is repeated over their area (in XLSX and XLS; ODS does not list
    them).
    """
    book = open_book(file)
    pattern = source.sheet or book.sheet_names[0]
    names = [name for name in book.sheet_names if fnmatch.fnmatchcase(name, pattern)]
    if not names:
        raise SourceError(
            "{file} has no sheet “{sheet}”; its sheets: {found}",
            file=file.name,
            sheet=pattern,
            found=", ".join(book.sheet_names),
        )
    report.facts[f"{file.name}: sheets"] = ", ".join(names)
    for name in names:
        sheet = read_sheet(book, name, file)
        lines = _fill_merged_cells(
            sheet_lines(sheet), sheet.merged_cell_ranges or [], source.header
        )
        yield from rows_under_headings(source, Place(file.name, sheet=name), lines, needed, report)


def all_lines(file: Path) -> Iterator[tuple[str, int, list[str]]]:
    """Return every row of every sheet, with the sheet's name and the row's number."""
    book = open_book(file)
    for name in book.sheet_names:
        for number, cells in enumerate(sheet_lines(read_sheet(book, name, file)), 1):
            yield name, number, cells


def open_book(file: Path) -> calamine.CalamineWorkbook:
    """Open a workbook. Raises `SourceError` for a file that is none, or unfolds beyond reason."""
    refuse_bomb(file)
    try:
        book = calamine.CalamineWorkbook.from_path(file)
    except (calamine.CalamineError, OSError) as error:
        for start, template in OTHERWISE.items():
            if not file.is_file():
                continue
            with file.open("rb") as stream:
                if stream.read(LOOK).lstrip().startswith(start):
                    raise SourceError(template, file=file.name) from error
        raise SourceError(
            "{file} cannot be read as a spreadsheet: {reason}", file=file.name, reason=error
        ) from error
    if not book.sheet_names:
        raise SourceError("{file} is a spreadsheet without any sheet", file=file.name)
    return book


def read_sheet(book: calamine.CalamineWorkbook, name: str, file: Path) -> calamine.CalamineSheet:
    """Read a sheet. Raises `SourceError` for a damaged one."""
    try:
        return book.get_sheet_by_name(name)
    except calamine.CalamineError as error:
        raise SourceError(
            "{file}: the sheet “{sheet}” cannot be read: {reason}",
            file=file.name,
            sheet=name,
            reason=error,
        ) from error


def sheet_lines(sheet: calamine.CalamineSheet) -> Iterator[list[str]]:
    """Return a sheet's rows as text, from the very first row and column."""
    # The reader omits empty columns on the left.
    margin = [""] * (sheet.start or (0, 0))[1]
    for line in sheet.iter_rows():
        yield margin + [cell_text(cell) for cell in line]


def _fill_merged_cells(
    lines: Iterable[list[str]], areas: Iterable[Area], header: int
) -> Iterator[tuple[int, list[str]]]:
    """Repeat the value of merged cells over their area, and number the rows."""
    areas_by_row: dict[int, list[Area]] = {}
    for area in areas:
        areas_by_row.setdefault(area[0][0], []).append(area)
    open_areas: list[tuple[Area, str]] = []
    for number, cells in enumerate(lines):
        open_areas = [(area, value) for area, value in open_areas if area[1][0] >= number]
        inside = (area for area in areas_by_row.get(number, ()) if area[0][1] < len(cells))
        open_areas += [(area, cells[area[0][1]]) for area in inside]
        for ((_, left), (_, right)), value in open_areas:
            # Above the rows, only downwards: a title over several columns heads none of them.
            end = min(left if number < header else right, len(cells) - 1) + 1
            cells[left:end] = [value] * (end - left)
        yield number + 1, cells


def cell_text(cell: object) -> str:
    """Return a cell as text: whole numbers without a point, dates in ISO 8601."""
    if isinstance(cell, float):
        return format(cell, ".15g")  # a spreadsheet keeps fifteen digits, the rest is noise
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)

"""Workbooks: the sheets of XLSX, XLS, XLSB and ODS files, as rows of text.

Where nothing compiled can be loaded, in a partner's own browser, only XLSX is read.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.sources.packed import refuse_bomb

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell

PORTABLE = (".xlsx", ".xlsm")
"""Endings of the workbooks that are read without a compiled library."""
NO_SHEET = N_("{file} has no sheet “{sheet}”; its sheets: {names}")
UNREADABLE = N_("{file} cannot be read as a spreadsheet: {reason}")
DAMAGED_SHEET = N_("{file}: the sheet “{sheet}” cannot be read: {reason}")
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
DAMAGE = OSError, BadZipFile, AttributeError, LookupError, ValueError, TypeError, SyntaxError
"""What openpyxl raises for damaged files: it checks little of what it reads."""
Area = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of merged cells, each by row and column, from 0."""


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet, from its first row and column, read once; and its merged cells."""

    rows: Iterable[Sequence[object]]
    merged_cells: Sequence[Area]

    def lines(self) -> Iterator[list[str]]:
        for row in self.rows:
            yield [format_cell(cell) for cell in row]


@dataclass(frozen=True)
class Workbook:
    """An open workbook: its sheets' names, at least one, and a function that reads one of them."""

    names: Sequence[str]
    read: Callable[[str], Sheet]


class _DamagedWorkbook(Exception):  # noqa: N818 - `open_workbook` makes an error of it
    """A file that is no workbook, with the reader's reason."""


def open_workbook(file: Path) -> Workbook:
    """Open a workbook. Raises `SourceError` for a file that is none, or unfolds beyond reason.

    A damaged sheet raises it when it is read.
    """
    refuse_bomb(file)
    try:
        try:
            book = _open_compiled(file)
        except ModuleNotFoundError:
            if file.suffix.lower() not in PORTABLE:
                raise
            book = _open_portable(file)
    except _DamagedWorkbook as error:
        raise SourceError(_explain_start(file), file=file.name, reason=error) from error
    if not book.names:
        raise SourceError("{file} is a spreadsheet without any sheet", file=file.name)
    return book


def _explain_start(file: Path) -> str:
    if not file.is_file():
        return UNREADABLE
    with file.open("rb") as stream:
        start = stream.read(LOOK).lstrip()
    return next((text for first, text in OTHERWISE.items() if start.startswith(first)), UNREADABLE)


def _open_compiled(file: Path) -> Workbook:
    import python_calamine as calamine  # noqa: PLC0415 - most files are no workbooks

    try:
        book = calamine.CalamineWorkbook.from_path(file)
    except (calamine.CalamineError, OSError) as error:
        raise _DamagedWorkbook(error) from error

    def read(name: str) -> Sheet:
        try:
            sheet = book.get_sheet_by_name(name)
        except calamine.CalamineError as error:
            raise SourceError(DAMAGED_SHEET, file=file.name, sheet=name, reason=error) from error
        # The reader omits empty columns on the left.
        margin = [""] * (sheet.start or (0, 0))[1]
        rows = ([*margin, *row] for row in sheet.iter_rows())
        return Sheet(rows, sheet.merged_cell_ranges or [])

    return Workbook(book.sheet_names, read)


def _open_portable(file: Path) -> Workbook:
    import openpyxl  # noqa: PLC0415 - only where the compiled reader cannot be loaded
    from openpyxl.worksheet.worksheet import Worksheet  # noqa: PLC0415

    try:
        book = openpyxl.load_workbook(file, data_only=True)
    except DAMAGE as error:
        raise _DamagedWorkbook(error) from error

    def read(name: str) -> Sheet:
        sheet = book[name]
        if not isinstance(sheet, Worksheet):  # of a chart alone
            return Sheet([], [])
        rows = [[_portable_value(cell) for cell in row] for row in sheet.iter_rows(1, None, 1)]
        # What is only formatted counts for nothing, as for the other reader.
        width = max((i for row in rows for i, cell in enumerate(row, 1) if cell != ""), default=0)
        height = max((i for i, row in enumerate(rows, 1) if any(c != "" for c in row)), default=0)
        areas = [
            ((area.min_row - 1, area.min_col - 1), (area.max_row - 1, area.max_col - 1))
            for area in sheet.merged_cells.ranges
        ]
        return Sheet([row[:width] for row in rows[:height]], areas)

    return Workbook(book.sheetnames, read)


def _portable_value(cell: "Cell | MergedCell") -> object:
    """Return what the compiled reader returns for a cell."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def portable_text(cell: "Cell | MergedCell") -> str:
    """Return the text of a cell as the compiled reader reads it."""
    return format_cell(_portable_value(cell))


def read_sheets(file: Path) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """Yield the name of each sheet of a workbook, with its rows."""
    book = open_workbook(file)
    for name in book.names:
        yield name, book.read(name).lines()


def format_cell(cell: object) -> str:
    """Return a cell as text: whole numbers without a point, dates in ISO 8601."""
    if isinstance(cell, float):
        return format(cell, ".15g")  # a spreadsheet keeps fifteen digits, the rest is noise
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)

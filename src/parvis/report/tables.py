"""Tables written for people: workbooks (XLSX)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from rdflib.namespace import XSD
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.url import Url

from parvis.errors import SheetError

CELLS = 1_000_000
"""The most cells of a workbook: what a spreadsheet opens easily, written in some 10 seconds."""
COLUMNS = 16_384
WIDEST = 60
"""The widest column, in characters: longer texts are wrapped."""
TEXT = 32_767
"""Characters of a cell that a spreadsheet keeps."""
LINKS = 65_530
"""The most links of a sheet."""
ADDRESS = 2_079
"""The most characters of a link."""
MEASURED = 100
"""Rows from which the widths of the columns are computed."""

# Workbooks of typed cells, written row by row in constant memory.

DAY = "yyyy-mm-dd"
INSTANT = "yyyy-mm-dd hh:mm:ss"


@dataclass(frozen=True)
class Link:
    """The address of a page."""

    address: str


TEXTS = {"strings_to_formulas": False, "strings_to_urls": False}
"""Texts stay texts, whatever they begin with."""
OPTIONS = {"constant_memory": True, **TEXTS}
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's properties have no zone
"""The fixed creation instant of a workbook, so that equal rows make equal bytes."""

Value = str | int | float | Decimal | bool | date | Link | None
"""The value of a cell; dates are from 1900 on, with or without time and zone."""


def write_sheet(
    file: IO[bytes], name: str, headings: Sequence[str], rows: Iterable[Sequence[Value]]
) -> None:
    """Write a workbook of one sheet.

    Raises `SheetError` when the rows do not fit a sheet.
    """
    if len(headings) > COLUMNS:
        raise SheetError("a sheet has no more than {limit} columns", limit=COLUMNS)
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        sheet = _Sheet(book, name, headings)
        for row in rows:
            sheet.add(row)
        sheet.finish()


def write_sheets(
    file: IO[bytes],
    headings: Mapping[str, Sequence[str]],
    rows: Iterable[tuple[str, Sequence[Value]]],
    folder: Path,
) -> None:
    """Write a workbook of several sheets by their names; each row has its sheet's name.

    `folder` is for temporary files. Equal rows make equal bytes. Raises as `write_sheet` does.
    """
    try:
        with xlsxwriter.Workbook(file, OPTIONS | {"tmpdir": str(folder)}) as book:
            book.set_properties({"created": CREATED})
            sheets = {name: _Sheet(book, name, columns) for name, columns in headings.items()}
            for name, row in rows:
                sheets[name].add(row)
            for sheet in sheets.values():
                sheet.finish()
    except FileCreateError as error:
        # The library hides the machine's own error, such as a full disk.
        raise (error.args[0] if isinstance(error.args[0], OSError) else error) from None


def too_many_cells() -> SheetError:
    return SheetError(
        "the table has more than {limit} cells, too many for this format: take it as CSV",
        limit=CELLS,
    )


_check_address = lru_cache(4_096)(Url)


class _Sheet:
    """A sheet that is being written."""

    def __init__(self, book: Any, name: str, headings: Sequence[str]) -> None:  # noqa: ANN401 - untyped
        self._book = book
        self._page = book.add_worksheet(name)
        self._formats: dict[str, Any] = {}
        self._plain = book.add_format()
        self._links = 0
        self._row = 0
        # The limit is one of cells, so that a wide sheet has fewer rows.
        self._most = CELLS // max(len(headings), 1)
        self._widths = [0] * len(headings)
        # The headings stay visible when the sheet scrolls.
        self._page.freeze_panes(1, 0)
        bold = book.add_format({"bold": True, "bottom": 1})
        for column, heading in enumerate(headings):
            self._write_text(column, heading, bold)
        self._measure(headings)

    def add(self, row: Sequence[Value]) -> None:
        self._row += 1
        if self._row > self._most:
            raise too_many_cells()
        for column, value in enumerate(row):
            match value:
                case None:
                    pass
                case bool():
                    self._page.write_boolean(self._row, column, value)
                case int() | float() | Decimal():
                    self._page.write_number(self._row, column, value)
                case date():
                    self._write_date(column, value)
                case Link(address) if self._can_link(address):
                    # Checking an address takes longer than writing its cell, and many repeat.
                    self._page.write_url(self._row, column, copy(_check_address(address)))
                case Link(address):
                    self._write_text(column, address)
                case _:
                    self._write_text(column, value)
        if self._row < MEASURED:
            self._measure(row)

    def finish(self) -> None:
        """Set the widths of the columns, and add filters."""
        for column, width in enumerate(self._widths):
            self._page.set_column(column, column, min(WIDEST, width + 2))
        if self._widths:
            self._page.autofilter(0, 0, self._row, len(self._widths) - 1)

    def _measure(self, row: Sequence[Value]) -> None:
        for column, value in enumerate(row):
            text = value.address if isinstance(value, Link) else str(value)
            self._widths[column] = max(self._widths[column], len(text))

    def _write_text(self, column: int, text: str, style: Any = None) -> None:  # noqa: ANN401 - untyped
        # A longer text would be cut without warning; characters beyond U+FFFF count twice.
        if len(text) > TEXT // 2 and len(text.encode("utf-16-le")) > 2 * TEXT:
            raise SheetError(
                "row {row} has a text of more than {limit} characters, which a cell cannot hold:"
                " take it as CSV",
                row=self._row,
                limit=TEXT,
            )
        if text.startswith("<r>") and text.endswith("</r>"):
            # The library takes such a text for one that it wrote itself, and does not escape it.
            pieces = (text[0], self._plain, text[1:], *([style] if style else []))
            self._page.write_rich_string(self._row, column, *pieces)
        else:
            self._page.write_string(self._row, column, text, style)

    def _write_date(self, column: int, value: date) -> None:
        # A cell cannot hold a zone: it is a part of the format.
        shape, plain = DAY, value
        if isinstance(value, datetime):
            zone = value.isoformat(timespec="seconds")[len("2000-01-01T00:00:00") :]
            shape = f'{INSTANT}"{zone}"' if zone else INSTANT
            plain = value.replace(tzinfo=None)
        if shape not in self._formats:
            self._formats[shape] = self._book.add_format({"num_format": shape})
        self._page.write_datetime(self._row, column, plain, self._formats[shape])

    def _can_link(self, address: str) -> bool:
        # Beyond its limits, Excel refuses the workbook: further addresses are texts.
        web = address.startswith(("http://", "https://"))
        # Characters beyond U+FFFF count twice.
        length = len(address) if address.isascii() else len(address.encode("utf-16-le")) // 2
        if not web or length > ADDRESS or self._links == LINKS:
            return False
        self._links += 1
        return True


EXACT = 15
"""Digits of a number that a spreadsheet keeps."""
FIRST_YEAR = 1900
"""The first year that a spreadsheet knows."""
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def to_cell(text: str, datatype: str) -> Value:
    """Return a literal as a cell's value, by its datatype."""
    read = READERS.get(datatype)
    return read(text) if read else text or None


def _number(text: str) -> Value:
    # A number that a spreadsheet would round stays a text.
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if len(number.as_tuple().digits) <= EXACT else text


def _double(text: str) -> Value:
    # A spreadsheet has no infinity.
    try:
        number = float(text)
    except ValueError:
        return text
    return number if isfinite(number) else text


def _parse_date(read: Callable[[str], date], text: str) -> Value:
    # A spreadsheet does not know dates before 1900.
    try:
        moment = read(text)
    except ValueError:
        return text
    return moment if moment.year >= FIRST_YEAR else text


READERS: dict[str, Callable[[str], Value]] = {
    str(XSD.integer): _number,
    str(XSD.decimal): _number,
    str(XSD.gYear): _number,
    str(XSD.double): _double,
    str(XSD.float): _double,
    str(XSD.boolean): lambda text: BOOLEANS.get(text, text),
    str(XSD.date): lambda text: (
        _parse_date(date.fromisoformat, text) if _DAY.fullmatch(text) else text
    ),
    str(XSD.dateTime): lambda text: (
        _parse_date(datetime.fromisoformat, text) if _INSTANT.fullmatch(text) else text
    ),
}
"""The parser of a literal's text, by its datatype."""


# Workbooks whose cells are texts.


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, and its rows, the headings first.

    `choices` are lists to choose from, by position of the column from 0.
    """

    name: str
    rows: Sequence[Sequence[str]]
    choices: dict[int, Sequence[str]]


def write_workbook(file: Path, sheets: Sequence[Sheet]) -> None:
    """Write a workbook (XLSX)."""
    with xlsxwriter.Workbook(str(file), TEXTS) as book:
        heading = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 0)
            for number, row in enumerate(sheet.rows):
                page.write_row(number, 0, row, wrapped if number else heading)
            for column, cells in enumerate(zip(*sheet.rows, strict=True)):
                page.set_column(column, column, min(WIDEST, max(map(len, cells)) + 2))
            for column, choices in sheet.choices.items():
                # The list is a proposal: another text may still be entered.
                page.data_validation(
                    1,
                    column,
                    1000,
                    column,
                    {"validate": "list", "source": list(choices), "error_type": "warning"},
                )

"""Tables written for people: literals as cells of workbooks (XLSX), and forms to fill in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path

from rdflib.namespace import XSD

from parvis.report.workbooks import WIDEST, Value

TEXTS = {"strings_to_formulas": False, "strings_to_urls": False}
"""Texts stay texts, whatever they begin with."""

# Literals as cells.

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
    import xlsxwriter  # noqa: PLC0415 - downloads and answers have no such form

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

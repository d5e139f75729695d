"""Literals as cells of a spreadsheet: what it would change or round stays a text."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite

from rdflib.namespace import XSD

from parvis.report.tables.workbook import Value

EXACT = 15
"""Digits of a number that a spreadsheet keeps."""
FIRST_YEAR = 1900
"""The first year that a spreadsheet knows."""
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
DAY = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


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
        _parse_date(date.fromisoformat, text) if DAY.fullmatch(text) else text
    ),
    str(XSD.dateTime): lambda text: (
        _parse_date(datetime.fromisoformat, text) if INSTANT.fullmatch(text) else text
    ),
}
"""The parser of a literal's text, by its datatype."""

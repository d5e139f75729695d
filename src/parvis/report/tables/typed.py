"""The texts of literals as cells of a spreadsheet: what it would change or round stays a text."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite

from rdflib.namespace import XSD

from parvis.report.tables.workbook import Value

EXACT = 15
"""How many digits of a number a spreadsheet keeps."""
FIRST_YEAR = 1900
"""The first year that a spreadsheet knows."""
DAY = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def typed(text: str, datatype: str) -> Value:
    """Give a literal as a cell's value, by its datatype."""
    read = READERS.get(datatype)
    return read(text) if read else text or None


def _number(text: str) -> Value:
    """Read a number, unless a spreadsheet would round it."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if len(number.as_tuple().digits) <= EXACT else text


def _double(text: str) -> Value:
    """Read a floating-point number; a spreadsheet has no infinity."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if isfinite(number) else text


def _boolean(text: str) -> Value:
    """Read yes or no."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text, text)


def _day(text: str) -> Value:
    """Read a day that a spreadsheet knows."""
    return _known(date.fromisoformat, text) if DAY.fullmatch(text) else text


def _instant(text: str) -> Value:
    """Read an instant that a spreadsheet knows."""
    return _known(datetime.fromisoformat, text) if INSTANT.fullmatch(text) else text


def _known(read: Callable[[str], date], text: str) -> Value:
    """Read a date, unless there is no such day, or a spreadsheet would not count it."""
    try:
        found = read(text)
    except ValueError:
        return text
    return found if found.year >= FIRST_YEAR else text


READERS: dict[str, Callable[[str], Value]] = {
    str(XSD.integer): _number,
    str(XSD.decimal): _number,
    str(XSD.gYear): _number,
    str(XSD.double): _double,
    str(XSD.float): _double,
    str(XSD.boolean): _boolean,
    str(XSD.date): _day,
    str(XSD.dateTime): _instant,
}
"""How the text of a literal is read, by its datatype."""

"""The answer to a query as a workbook (XLSX), its numbers, dates and links as such."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import SEEK_END
from math import isfinite
from tempfile import TemporaryFile
from threading import BoundedSemaphore, Lock
from typing import IO

from flask import Response
from rdflib.namespace import XSD

from parvis.errors import LimitError
from parvis.i18n import N_, translations
from parvis.pooling.ask import Answer
from parvis.tables import Link, Value, write_sheet
from parvis.tables.workbook import CELLS, too_many
from parvis.vocab import media
from parvis.web.language import language
from parvis.web.results import Cell, table

PATIENCE = 10
"""Seconds that a reader waits for others' workbooks."""
SEATS = 4
"""How many workbooks may be under way, the waiting ones too."""
EXACT = 15
"""How many digits of a number a spreadsheet keeps."""
FIRST_YEAR = 1900
"""The first year that a spreadsheet knows."""
PIECE = 65_536
DAY = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")

_seats = BoundedSemaphore(SEATS)
_writing = Lock()
"""One workbook is written at a time: it keeps a processor busy, which other readers need."""


def workbook(answer: Answer, name: str) -> Response:
    """Answer with a workbook, once it is whole: an error still has its status.

    `answer` is given as TSV. Raises `SheetError` when it does not fit a sheet, and `LimitError`
    when others wait for theirs.
    """
    with closing(answer.chunks), _seat(), TemporaryFile() as rows:
        _fetch(answer, rows)
        with _turn():
            file = _written(answer, rows)
    response = Response(_sent(file), mimetype=media.XLSX)
    response.content_length = file.seek(0, SEEK_END)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.xlsx")
    return response


@contextmanager
def _seat() -> Iterator[None]:
    """Take one of the few places to wait in: threads and disk are other readers' too."""
    if not _seats.acquire(blocking=False):
        raise _turned_away()
    try:
        yield
    finally:
        _seats.release()


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for one's turn; other threads then get theirs ten times as often as usual."""
    if not _writing.acquire(timeout=PATIENCE):
        raise _turned_away()
    usual = sys.getswitchinterval()
    try:
        sys.setswitchinterval(usual / 10)
        yield
    finally:
        sys.setswitchinterval(usual)
        _writing.release()


def _turned_away() -> LimitError:
    """Say that others come first."""
    return LimitError(
        N_("other workbooks are being written; try again in {retry} seconds"), retry=PATIENCE
    )


def _fetch(answer: Answer, rows: IO[bytes]) -> None:
    """Take the whole answer, so that its worker is free; leave off at what no sheet holds."""
    lines = 0
    for chunk in answer.chunks:
        rows.write(chunk)
        lines += chunk.count(b"\n")
        if lines > CELLS:
            raise too_many()
    rows.seek(0)


def _written(answer: Answer, rows: IO[bytes]) -> IO[bytes]:
    """Write the workbook to a temporary file, which is the caller's to close."""
    sheet = translations(language()).gettext("Answer")
    with ExitStack() as undo:
        file = undo.enter_context(TemporaryFile())
        if answer.kind == "boolean":
            write_sheet(file, sheet, ["ASK"], [[json.load(rows)["boolean"]]])
        else:
            columns, found = table(_pieces(rows))
            write_sheet(file, sheet, columns, ([value(cell) for cell in row] for row in found))
        undo.pop_all()
    return file


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    """Give a file piece by piece, then let it go."""
    with file:
        file.seek(0)
        yield from _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file in pieces."""
    while piece := file.read(PIECE):
        yield piece


def value(cell: Cell) -> Value:
    """Give a term as a cell's value: what a spreadsheet would change or round stays a text."""
    if cell.iri is not None:
        return Link(cell.iri)
    read = READERS.get(cell.datatype or "")
    return read(cell.text) if read else cell.text or None


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

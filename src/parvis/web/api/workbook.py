"""The answer to a query as a workbook (XLSX), its numbers, dates and links as such."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from io import SEEK_END
from tempfile import TemporaryFile
from threading import BoundedSemaphore, Lock
from typing import IO

from flask import Response

from parvis.errors import LimitError
from parvis.i18n import N_, translations
from parvis.pooling.serving.service import Answer
from parvis.report.tables import Link, Value, typed, write_sheet
from parvis.report.tables.workbook import CELLS, too_many
from parvis.vocab import media
from parvis.web.api.results import Cell, table
from parvis.web.http.language import language

PATIENCE = 10
"""Seconds that a reader waits for others' workbooks."""
SEATS = 4
"""How many workbooks may be under way, the waiting ones too."""
PIECE = 65_536
SWITCH = 0.0005
"""Seconds that a thread may work while others wait for the interpreter, a tenth of the usual.

A look-up needs the interpreter some five times: beside one page that is being made it would wait
25 ms instead of 2.5.
"""

Row = Sequence[Value]

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
    return _attached(file, name)


def sheet(name: str, title: str, headings: Sequence[str], rows: Iterable[Row]) -> Response:
    """Answer with a workbook of rows that are there; raises as `workbook` does."""
    with ExitStack() as undo, _seat(), _turn():
        file = undo.enter_context(TemporaryFile())
        write_sheet(file, title, headings, rows)
        undo.pop_all()
    return _attached(file, name)


def _attached(file: IO[bytes], name: str) -> Response:
    """Give a workbook that is written."""
    response = Response(_sent(file), mimetype=media.XLSX)
    response.call_on_close(file.close)  # a body that nobody begins to read never ends (HEAD)
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
    """Wait for one's turn; other threads then get theirs as often as while we serve."""
    if not _writing.acquire(timeout=PATIENCE):
        raise _turned_away()
    usual = sys.getswitchinterval()
    try:
        sys.setswitchinterval(min(usual, SWITCH))
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
    return Link(cell.iri) if cell.iri is not None else typed(cell.text, cell.datatype or "")

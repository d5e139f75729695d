"""Query results as a workbook (XLSX), with numbers, dates and links."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from io import SEEK_END
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import BoundedSemaphore, Lock
from typing import IO

from flask import Response

from parvis.errors import LimitError
from parvis.i18n import N_, translations
from parvis.pooling.serving.service import QueryAnswer
from parvis.rdf.formats import XLSX
from parvis.report.tables import (
    CELLS,
    Link,
    Value,
    to_cell,
    too_many_cells,
    write_sheet,
    write_sheets,
)
from parvis.web.api.results import ResultTerm, read_table
from parvis.web.http.language import language

PATIENCE = 10
"""Seconds that a reader waits for others' workbooks."""
SEATS = 4
"""How many workbooks may be in progress, including the waiting ones."""
PIECE = 65_536
SWITCH = 0.0005
"""Seconds that a thread may work while others wait for the interpreter, a tenth of the usual.

A look-up needs the interpreter some five times: while one page is rendered it would wait 25 ms
instead of 2.5.
"""

Row = Sequence[Value]

_seats = BoundedSemaphore(SEATS)
_writing = Lock()
"""One workbook is written at a time: it keeps a processor busy, which other readers need."""


def workbook(answer: QueryAnswer, name: str) -> Response:
    """Answer with a workbook of an answer in TSV, once it is complete: errors have their status.

    Raise `SheetError` if it does not fit a sheet, and `LimitError` if too many others wait.
    """
    with closing(answer.chunks), _seat(), TemporaryFile() as rows, ExitStack() as undo:
        # Read the answer to its end, so that its worker is free, or to the limit of a sheet.
        lines = 0
        for chunk in answer.chunks:
            rows.write(chunk)
            lines += chunk.count(b"\n")
            if lines > CELLS:
                raise too_many_cells()
        rows.seek(0)
        with _writer_lock():
            title = translations(language()).gettext("Answer")
            file = undo.enter_context(TemporaryFile())
            if answer.kind == "boolean":
                write_sheet(file, title, ["ASK"], [[json.load(rows)["boolean"]]])
            else:
                columns, cells = read_table(rows)
                values = ([to_cell_value(cell) for cell in row] for row in cells)
                write_sheet(file, title, columns, values)
        undo.pop_all()
    return _attach(file, name)


def sheets(name: str, tables: Mapping[str, tuple[Sequence[str], Iterable[Row]]]) -> Response:
    """Answer with a workbook of several sheets: headings and rows by the name of each.

    Raise as `workbook` does.
    """
    headings = {title: columns for title, (columns, _) in tables.items()}
    rows = ((title, row) for title, (_, table) in tables.items() for row in table)
    with ExitStack() as undo, _seat(), _writer_lock(), TemporaryDirectory() as folder:
        file = undo.enter_context(TemporaryFile())
        write_sheets(file, headings, rows, Path(folder))
        undo.pop_all()
    return _attach(file, name)


def sheet(name: str, title: str, headings: Sequence[str], rows: Iterable[Row]) -> Response:
    """Answer with a workbook of rows; raise as `workbook` does."""
    with ExitStack() as undo, _seat(), _writer_lock():
        file = undo.enter_context(TemporaryFile())
        write_sheet(file, title, headings, rows)
        undo.pop_all()
    return _attach(file, name)


def _attach(file: IO[bytes], name: str) -> Response:
    """Answer with a written workbook."""
    response = Response(iter(partial(file.read, PIECE), b""), mimetype=XLSX)
    response.call_on_close(file.close)
    response.content_length = file.seek(0, SEEK_END)
    file.seek(0)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.xlsx")
    return response


@contextmanager
def _seat() -> Iterator[None]:
    """Take one of the few places to wait in: threads and disk are shared by all readers."""
    if not _seats.acquire(blocking=False):
        raise _too_busy()
    try:
        yield
    finally:
        _seats.release()


@contextmanager
def _writer_lock() -> Iterator[None]:
    """Wait until no other workbook is written; other threads may interrupt as often as usual."""
    if not _writing.acquire(timeout=PATIENCE):
        raise _too_busy()
    usual = sys.getswitchinterval()
    try:
        sys.setswitchinterval(min(usual, SWITCH))
        yield
    finally:
        sys.setswitchinterval(usual)
        _writing.release()


def _too_busy() -> LimitError:
    return LimitError(
        N_("other workbooks are being written; try again in {retry} s"), retry=PATIENCE
    )


def to_cell_value(cell: ResultTerm) -> Value:
    """Return a term as a cell's value: what a spreadsheet would change or round stays text."""
    return Link(cell.iri) if cell.iri is not None else to_cell(cell.text, cell.datatype or "")

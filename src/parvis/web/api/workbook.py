"""Query results as a workbook (XLSX) or as Parquet, with numbers, dates and links."""

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
from parvis.rdf.formats import PARQUET, PARQUET_ENDING, XLSX
from parvis.report import parquet
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
SWITCH = 0.0001
"""Seconds that a thread may work while others wait for the interpreter, a fiftieth of the usual.

A look-up needs the interpreter some five times: while one page is rendered it would wait 25 ms
instead of 0.5. Pages take no more time of the processor for it.
"""

Row = Sequence[Value]

_seats = BoundedSemaphore(SEATS)
_writing = Lock()
"""One workbook is written at a time: it keeps a processor busy, which other readers need."""


def workbook(answer: QueryAnswer, name: str) -> Response:
    """Answer with a workbook of an answer in TSV, once it is complete: errors have their status.

    Raise `SheetError` if it does not fit a sheet, and `LimitError` if too many others wait.
    """
    with _read_to_end(answer) as rows, ExitStack() as undo:
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
    return attach(file, f"{name}.xlsx", XLSX)


def parquet_table(answer: QueryAnswer, name: str) -> Response:
    """Answer with a Parquet table of an answer in TSV; raise as `workbook` does."""
    with ExitStack() as undo:
        file = undo.enter_context(TemporaryFile())
        write_parquet(answer, file)
        undo.pop_all()
    return attach(file, f"{name}.{PARQUET_ENDING}", PARQUET)


def write_parquet(answer: QueryAnswer, file: IO[bytes]) -> None:
    """Write an answer in TSV as a Parquet table; raise as `workbook` does."""
    with _read_to_end(answer) as rows, _writer_lock():
        if answer.kind == "boolean":
            truth = json.load(rows)["boolean"]
            parquet.write_table(file, [parquet.Column("ASK", parquet.BOOLEAN)], [[truth]])
        else:
            columns = find_types(*read_table(rows))
            rows.seek(0)
            _, cells = read_table(rows)
            parquet.write_table(file, columns, (to_values(columns, row) for row in cells))


def find_types(names: Sequence[str], rows: Iterable[Sequence[ResultTerm]]) -> list[parquet.Column]:
    """Return the columns of an answer, each of the type that all its values have."""
    types: list[parquet.ValueType | None] = [None] * len(names)
    for number, row in enumerate(rows):
        if number * len(names) > CELLS:
            raise too_many_cells()
        for at, cell in enumerate(row):
            if cell.text and types[at] is not parquet.TEXT:
                types[at] = parquet.common_type(types[at], cell.text, cell.datatype or "")
    return [
        parquet.Column(name, value_type or parquet.TEXT)
        for name, value_type in zip(names, types, strict=True)
    ]


def to_values(columns: Sequence[parquet.Column], row: Sequence[ResultTerm]) -> list[object]:
    return [
        column.type.read(cell.text) if cell.text else None
        for column, cell in zip(columns, row, strict=True)
    ]


@contextmanager
def _read_to_end(answer: QueryAnswer) -> Iterator[IO[bytes]]:
    """Read an answer to its end, so that its worker is free, or to the limit of a table."""
    with closing(answer.chunks), _seat(), TemporaryFile() as rows:
        lines = 0
        for chunk in answer.chunks:
            rows.write(chunk)
            lines += chunk.count(b"\n")
            if lines > CELLS:
                raise too_many_cells()
        rows.seek(0)
        yield rows


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
    return attach(file, f"{name}.xlsx", XLSX)


def sheet(name: str, title: str, headings: Sequence[str], rows: Iterable[Row]) -> Response:
    """Answer with a workbook of rows; raise as `workbook` does."""
    with ExitStack() as undo, _seat(), _writer_lock():
        file = undo.enter_context(TemporaryFile())
        write_sheet(file, title, headings, rows)
        undo.pop_all()
    return attach(file, f"{name}.xlsx", XLSX)


def attach(file: IO[bytes], name: str, media_type: str) -> Response:
    """Answer with a written file."""
    response = Response(iter(partial(file.read, PIECE), b""), mimetype=media_type)
    response.call_on_close(file.close)
    response.content_length = file.seek(0, SEEK_END)
    file.seek(0)
    response.headers.set("Content-Disposition", "attachment", filename=name)
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

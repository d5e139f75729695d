"""Rows of an SQL query over an SQLite file, read-only, or any database by its address.

An address (``postgresql://…``) needs the extra ``parvis[sql]``; the driver takes its password from
its own place (``PGPASSWORD``, ``.pgpass``), never from a mapping. What a query changes is rolled
back.
"""

import importlib
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from parvis.errors import SourceError
from parvis.i18n import within_quotes
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.language.plan import LogicalSource
from parvis.report import Report

ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
"""The actions that a query may do; not among them: attaching files, pragmas and writing."""


def read_query(
    source: LogicalSource, file: Path, needed: set[str], _: Report
) -> Iterator[SourceRow]:
    """Read the rows of the source's query, numbered from 1; a column it lacks is an error."""
    lines = _query_address(source) if source.is_address else _query_file(source, file)
    place = source.name if source.is_address else file.name
    origin = RowOrigin.from_source(source, place)
    names = [str(name) for name in next(lines)]
    if wrong := sorted(name for name in needed if names.count(name) != 1):
        raise SourceError(
            "{file}: the query of source “{source}” does not give the column “{missing}” once; "
            "it gives: {names}",
            file=place,
            source=source.name,
            missing=within_quotes(wrong),
            names=", ".join(names),
        )
    for number, line in enumerate(lines, 1):
        cells = {name: _to_cell(cell) for name, cell in zip(names, line, strict=True)}
        yield SourceRow(origin, number, cells)


def _query_file(source: LogicalSource, file: Path) -> Iterator[Sequence[object]]:
    """Return the columns' names, then the rows, of a query over an SQLite file."""
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            # The file and the query are both from outside: neither may do more than read.
            database.execute("PRAGMA trusted_schema=OFF")
            database.set_authorizer(
                lambda action, *_: sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY
            )
            cursor = database.execute(source.query)
            yield [column[0] for column in cursor.description or ()]
            yield from cursor
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _query_error(source, file.name, error) from error


def _query_address(source: LogicalSource) -> Iterator[Sequence[object]]:
    """Return the columns' names, then the rows, of a query over a database at an address."""
    try:
        alchemy: Any = importlib.import_module("sqlalchemy")
    except ModuleNotFoundError as error:
        raise SourceError(
            "source “{source}” is a database: install parvis[sql]", source=source.name
        ) from error
    try:
        engine = alchemy.create_engine(source.access)
        with ExitStack() as stack:
            stack.callback(engine.dispose)
            connection = stack.enter_context(engine.connect())
            # Rows are streamed: a query may have more of them than memory holds.
            result = connection.execution_options(stream_results=True).execute(
                alchemy.text(source.query)
            )
            yield list(result.keys())
            yield from result
    except (alchemy.exc.SQLAlchemyError, ModuleNotFoundError) as error:
        raise _query_error(source, source.name, error) from error


def _query_error(source: LogicalSource, file: str, error: Exception) -> SourceError:
    return SourceError(
        "{file}: the query of source “{source}” fails: {reason}",
        file=file,
        source=source.name,
        reason=str(error).partition("\n")[0],
    )


def _to_cell(cell: object) -> object:
    """Return a cell as the engine takes it: exact numbers, dates in ISO 8601, else text."""
    if cell is None or isinstance(cell, bool | int | Decimal | str):
        return cell
    if isinstance(cell, float):
        return Decimal(repr(cell)) if math.isfinite(cell) else str(cell)
    if isinstance(cell, bytes):
        return None  # the meaning of bytes is unknown
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)

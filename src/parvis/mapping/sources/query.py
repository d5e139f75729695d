"""Rows of an SQL query: of an SQLite file, read-only, or of any database by its address.

An address (``postgresql://…``) needs the extra ``parvis[sql]``; the driver takes its password
from its own place (``PGPASSWORD``, ``.pgpass``), never from a mapping. What a query changes is
rolled back.
"""

import importlib
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from parvis.errors import SourceError
from parvis.i18n import within_quotes
from parvis.mapping.engine.rows import Origin, Row
from parvis.mapping.language.plan import Source
from parvis.report import Report

ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
"""What a query may do; attaching other files, pragmas and writing are none of it."""


def read_query(source: Source, file: Path, needed: set[str], _: Report) -> Iterator[Row]:
    """Read the rows of the source's query, numbered from 1; a column it lacks is an error."""
    lines = _of_address(source) if source.is_address else _of_file(source, file)
    place = source.name if source.is_address else file.name
    origin = Origin.of(source, place)
    names = next(lines)
    _check(source, place, [str(name) for name in names], needed)
    for number, line in enumerate(lines, 1):
        cells = {str(name): _plain(cell) for name, cell in zip(names, line, strict=True)}
        yield Row(origin, number, cells)


def _of_file(source: Source, file: Path) -> Iterator[Sequence[object]]:
    """Give the columns' names, then the rows, of a query over an SQLite file."""
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema=OFF")
            database.set_authorizer(_authorised)
            cursor = database.execute(source.query)
            yield [column[0] for column in cursor.description or ()]
            yield from cursor
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _failed(source, file.name, error) from error


def _authorised(action: int, *_: str | None) -> int:
    """Allow reading and nothing else."""
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


def _of_address(source: Source) -> Iterator[Sequence[object]]:
    """Give the columns' names, then the rows, of a query over a database at an address."""
    try:
        alchemy: Any = importlib.import_module("sqlalchemy")
    except ModuleNotFoundError as error:
        raise SourceError(
            "source “{source}” is a database: install parvis[sql]", source=source.name
        ) from error
    try:
        engine = alchemy.create_engine(source.access)
        with closing(_Disposed(engine)), engine.connect() as connection:
            result = connection.execution_options(stream_results=True).execute(
                alchemy.text(source.query)
            )
            yield list(result.keys())
            yield from result
    except (alchemy.exc.SQLAlchemyError, ModuleNotFoundError) as error:
        raise _failed(source, source.name, error) from error


class _Disposed:
    """An engine that is let go of when closed."""

    def __init__(self, engine: Any) -> None:  # noqa: ANN401 - the library may be absent
        """Keep it."""
        self._engine = engine

    def close(self) -> None:
        """Let go of its connections."""
        self._engine.dispose()


def _failed(source: Source, file: str, error: Exception) -> SourceError:
    """Say why a query could not be run."""
    return SourceError(
        "{file}: the query of source “{source}” fails: {reason}",
        file=file,
        source=source.name,
        reason=str(error).partition("\n")[0],
    )


def _check(source: Source, place: str, names: Sequence[str], needed: Iterable[str]) -> None:
    """Refuse a query without the columns that the mapping reads, or with one of them twice."""
    if wrong := sorted(name for name in needed if names.count(name) != 1):
        raise SourceError(
            "{file}: the query of source “{source}” does not give the column “{missing}” once; "
            "it gives: {found}",
            file=place,
            source=source.name,
            missing=within_quotes(wrong),
            found=", ".join(names),
        )


def _plain(cell: object) -> object:
    """Give a cell as the engine takes it: exact numbers, dates in ISO 8601, else text."""
    if cell is None or isinstance(cell, bool | int | Decimal | str):
        return cell
    if isinstance(cell, float):
        return Decimal(repr(cell)) if math.isfinite(cell) else str(cell)
    if isinstance(cell, bytes):
        return None  # no text, and nothing says what else
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)

"""One source, whatever its kind: the rows that the mapping asked for."""

import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

from parvis.errors import SourceError
from parvis.mapping.engine.rows import Row
from parvis.mapping.language.plan import Source, Unpivot
from parvis.mapping.sources.packed import unpacked
from parvis.report import Report

Reader = Callable[[Source, Path, set[str], Report], Iterator[Row]]

_READERS = {
    "csv": ("tables", "read_csv"),
    "table": ("sheets", "read_table"),
    "jsonpath": ("tree", "read_json"),
    "xpath": ("xml", "read_xml"),
    "jsonlines": ("lines", "read_json_lines"),
    "icalendar": ("calendar", "read_calendar"),
    "feed": ("feed", "read_feed"),
    "rdf": ("graph", "read_graph"),
    "sql": ("query", "read_query"),
}
"""Where each reader is: its module, and the library behind it, is loaded when first asked for."""


def _reader(formulation: str) -> Reader:
    """Load the reader of a kind of source."""
    module, name = _READERS[formulation]
    return cast("Reader", getattr(import_module(f"parvis.mapping.sources.{module}"), name))


def read(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Give the rows of a source, filtered and unpivoted; raises `SourceError`.

    A source in which nothing is found is an error: it is not the file that was meant.
    """
    with unpacked(source, file) as plain:
        yield from _read(source, plain, needed, report)


def _read(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Give the rows of a source from its unpacked file."""
    rows = _some(source, file, _reader(source.formulation)(source, file, needed, report))
    if source.keep or source.skip:
        rows = (row for row in rows if _kept(source, row))
    yield from rows if source.unpivot is None else _unpivoted(source.unpivot, rows)


def _some(source: Source, file: Path, rows: Iterator[Row]) -> Iterator[Row]:
    """Give the rows, of which there must be some."""
    first = next(rows, None)
    if first is not None:
        yield first
        yield from rows
    elif not source.may_be_empty:
        raise SourceError(
            "{file}: source “{source}” finds nothing in it", file=file.name, source=source.name
        )


def _kept(source: Source, row: Row) -> bool:
    """Say whether the row passes the source's own filters."""
    return all(_matches(row, *rule) for rule in source.keep.items()) and not any(
        _matches(row, *rule) for rule in source.skip.items()
    )


def _matches(row: Row, column: str, pattern: str) -> bool:
    """Search a pattern in a column."""
    return any(re.search(pattern, str(value)) for value in row.get(column))


def _unpivoted(how: Unpivot, rows: Iterable[Row]) -> Iterator[Row]:
    """Give one row for each unpivoted column that has a value."""
    for row in rows:
        for column in how.columns:
            if values := row.get(column):
                yield row.with_derived({how.name_as: [column], how.value_as: values}, column)

"""JSON: items found by a JSONPath (RFC 9535), each with its index and its own path.

A large document whose items are at a simple path is read as a stream, in constant memory; another
is read whole.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

from parvis.errors import SourceError
from parvis.i18n import within_quotes
from parvis.mapping.engine.json_path import compile_path
from parvis.mapping.engine.rows import JsonRow, RowOrigin, SourceRow, StrictJsonRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources.streaming import Item, is_streamable, stream_items
from parvis.mapping.sources.text import encoding_of, open_text
from parvis.report import Report

FIRST_KEY = re.compile(r"(?:\$\.?)?(?:\['(?P<quoted>[^']+)'\]|(?P<plain>[^.\[\]]+))")
"""The member that a relative path begins with."""
LARGE = 16_000_000
"""Bytes from which a document is streamed; a smaller one is faster whole, its errors exact."""


def read_json(
    source: LogicalSource, file: Path, needed: set[str], report: Report, large: int = LARGE
) -> Iterator[SourceRow]:
    """Read the items of a JSON file; a key that no item has is an error, as a missing column."""
    encoding = encoding_of(file, source.encoding)
    if file.stat().st_size >= large and is_streamable(source, file, encoding):
        report.facts[f"{file.name}: encoding"] = encoding
        items = stream_items(source, file)
    else:
        items = find_items(source, load_tree(file, source.encoding, report))
    origin = RowOrigin.of(source, file.name)
    rows = (row_of(source, origin, item) for item in items if isinstance(item[2], dict))
    yield from rows_of(source, file, rows, needed)


def rows_of(
    source: LogicalSource, file: Path, rows: Iterator[SourceRow], needed: set[str]
) -> Iterator[SourceRow]:
    """Return rows, or those of their nested lists; refuse a file no item of which has a name."""
    missing = set()
    for name in needed:
        if not name.startswith(("^.", "$..")):
            first = FIRST_KEY.match(name)
            missing.add(first["quoted"] or first["plain"] if first else name)
    empty = True  # `read` reports a file without any item
    for row in rows:
        empty = False
        if missing:  # usually empty after a few rows
            missing -= row.cells.keys()
        if source.each is None:
            yield row
            continue
        for match in compile_path(source.each).finditer(row.cells):
            if isinstance(match.obj, dict):
                path = f"{row.path or '$'}{match.path.removeprefix('$')}"
                yield JsonRow(row.origin, row.number, match.obj, path, row)
    if not empty and missing and source.each is None:
        raise SourceError(
            "{file}: no item at {iterator} has “{missing}”",
            file=file.name,
            iterator=source.iterator,
            missing=within_quotes(sorted(missing)),
        )


def load_tree(file: Path, encoding: str | None, report: Report) -> object:
    """Parse the whole document. Raises `SourceError` with line and column."""
    try:
        with open_text(file, encoding, report) as stream:
            return parse_json(stream.read())
    except json.JSONDecodeError as error:
        raise SourceError(
            "{file}, line {line}, column {column}: not valid JSON ({reason})",
            file=file.name,
            line=error.lineno,
            column=error.colno,
            reason=error.msg,
        ) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(
            "{file} is not valid JSON: {reason}", file=file.name, reason=error
        ) from error


def parse_json(text: str) -> object:
    """Parse JSON text, keeping decimal fractions exact. Raises `ValueError`, `RecursionError`."""

    def refuse(name: str) -> NoReturn:
        raise ValueError(name)

    # NaN and the infinities are not JSON (RFC 8259 §6).
    return json.loads(text, parse_float=Decimal, parse_constant=refuse)


def find_items(source: LogicalSource, tree: object) -> Iterator[Item]:
    """Find the items of a whole document."""
    for match in compile_path(source.iterator).finditer(tree):  # type: ignore[arg-type] # any JSON
        yield match.parts, match.path, match.obj


def row_of(source: LogicalSource, origin: RowOrigin, item: Item) -> SourceRow:
    """Return a row for an item, which must be an object."""
    parts, path, value = item
    index = parts[-1] if parts and isinstance(parts[-1], int) else None
    kind = StrictJsonRow if source.strict else JsonRow
    row = kind(origin, index, value, path)
    for name, pattern in source.key_as.items():
        # A key is the step of the item's path at which the pattern ends.
        row.derived[name] = [str(parts[len(compile_path(pattern).segments) - 1])]
    return row

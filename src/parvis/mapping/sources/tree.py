"""JSON: items found by a JSONPath (RFC 9535), each knowing its index and its own path.

A large document whose items stand under a simple path is read as a stream, in constant memory;
another is read whole.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

from parvis.errors import SourceError
from parvis.i18n import within_quotes
from parvis.mapping.engine.json_path import path_of
from parvis.mapping.engine.rows import JsonRow, Origin, Row, StrictJsonRow
from parvis.mapping.language.plan import Source
from parvis.mapping.sources.streaming import Item, streamed, streams
from parvis.mapping.sources.text import encoding_of, opened
from parvis.report import Report

FIRST_KEY = re.compile(r"(?:\$\.?)?(?:\['(?P<quoted>[^']+)'\]|(?P<plain>[^.\[\]]+))")
"""The member that a relative path begins with."""
LARGE = 16_000_000
"""Bytes from which a document is streamed; a smaller one is faster whole, its errors exact."""


def read_json(
    source: Source, file: Path, needed: set[str], report: Report, large: int = LARGE
) -> Iterator[Row]:
    """Read the items of a JSON file; a key that no item has is an error, as a missing column."""
    encoding = encoding_of(file, source.encoding)
    if file.stat().st_size >= large and streams(source, file, encoding):
        report.facts[f"{file.name}: encoding"] = encoding
        items = streamed(source, file)
    else:
        items = found_in(source, load_tree(file, source.encoding, report))
    origin = Origin.of(source, file.name)
    rows = (row_of(source, origin, item) for item in items if isinstance(item[2], dict))
    yield from rows_of(source, file, rows, needed)


def rows_of(source: Source, file: Path, rows: Iterator[Row], needed: set[str]) -> Iterator[Row]:
    """Give rows, or those of their nested lists; refuse a file no item of which has a name."""
    unseen = {_first_key(name) for name in needed if not name.startswith(("^.", "$.."))}
    found = False  # a file in which nothing is found at all is told of by `read`
    for row in rows:
        found = True
        if unseen:
            unseen -= row.cells.keys()
        yield from [row] if source.each is None else _nested(row, source.each)
    if found and unseen and source.each is None:
        raise _missing(source, file, unseen)


def _missing(source: Source, file: Path, names: set[str]) -> SourceError:
    """Say which members no item has."""
    return SourceError(
        "{file}: no item at {iterator} has “{missing}”",
        file=file.name,
        iterator=source.iterator,
        missing=within_quotes(sorted(names)),
    )


def _first_key(name: str) -> str:
    """Give the member a relative path begins with."""
    found = FIRST_KEY.match(name)
    return found["quoted"] or found["plain"] if found else name


def load_tree(file: Path, told: str | None, report: Report) -> object:
    """Parse the whole document; raises `SourceError` with line and column."""
    try:
        with opened(file, told, report) as stream:
            return parsed(stream.read())
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


def parsed(text: str) -> object:
    """Parse JSON text, keeping decimal fractions exact; raises `ValueError`, `RecursionError`."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have (RFC 8259 §6)."""
    raise ValueError(name)


def found_in(source: Source, tree: object) -> Iterator[Item]:
    """Find the items of a whole document."""
    for match in path_of(source.iterator).finditer(tree):  # type: ignore[arg-type] # any JSON
        yield match.parts, match.path, match.obj


def row_of(source: Source, origin: Origin, item: Item) -> Row:
    """Make a row of an item, which must be an object."""
    parts, path, value = item
    index = parts[-1] if parts and isinstance(parts[-1], int) else None
    kind = StrictJsonRow if source.strict else JsonRow
    row = kind(origin, index, value, path)
    for name, pattern in source.key_as.items():
        row.derived[name] = [str(parts[_depth(pattern)])]
    return row


def _depth(pattern: str) -> int:
    """Tell which step of the path a ``key-as`` pattern names: its last."""
    return len(path_of(pattern).segments) - 1


def _nested(parent: Row, each: str) -> Iterator[Row]:
    """Give the items of a nested list as rows of their own, the parent reachable."""
    for match in path_of(each).finditer(parent.cells):
        if isinstance(match.obj, dict):
            path = f"{parent.path or '$'}{match.path.removeprefix('$')}"
            yield JsonRow(parent.origin, parent.number, match.obj, path, parent)

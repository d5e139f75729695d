"""JSON: items found by a JSONPath (RFC 9535), each with its index and its own path.

A large document whose items are at a simple path is read as a stream, one item in memory at a time;
another is read whole. A simple path is member names, then a wildcard: ``$[*]``, ``$.items[*]``,
``$.*[*].rooms``; the rest of the path is followed within each value that the wildcard matches.
JSON Lines have one document a line; a broken one is reported and left out.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NoReturn

import ijson

from parvis.errors import SourceError
from parvis.i18n import N_, both
from parvis.mapping.engine.json_path import compile_path
from parvis.mapping.engine.rows import JsonRow, RowOrigin, SourceRow, StrictJsonRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources import NO_ITEM, refuse_missing
from parvis.mapping.sources.text import bounded_lines, contains_any, encoding_of, open_text
from parvis.report import Finding, Place, Report, Severity

FIRST_KEY = re.compile(r"(?:\$\.?)?(?:\['(?P<quoted>[^']+)'\]|(?P<plain>[^.\[\]]+))")
"""The member that a relative path begins with."""
LARGE = 16_000_000
"""Bytes from which a document is streamed; a smaller one is faster whole, its errors exact."""

Item = tuple[tuple[int | str, ...], str, object]
"""An item of an iterator: the steps to it, its normalised path (RFC 9535 §2.7), its value."""
ARRAY_STEP = "item"
"""The step into an array in ijson's prefixes."""
DEEPEST = 500
"""Lists and objects inside one another, beyond which a file is no data."""
TOO_DEEP = N_("{file} is not valid JSON: more than {depth} lists or objects inside one another")
KEYS = "*"
"""The place of an object's keys, which may be data too."""
BROKEN = N_("this line is not valid JSON ({reason})")


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
    origin = RowOrigin.from_source(source, file.name)
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
    if not empty and source.each is None:
        refuse_missing(file, missing, NO_ITEM, iterator=source.iterator)


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


def is_streamable(source: LogicalSource, file: Path, encoding: str) -> bool:
    """Return whether a document can be streamed: UTF-8, a simple path, no ambiguous key."""
    split = _split_path(source.iterator)
    if split is None or encoding not in {"utf-8", "utf-8-sig"}:
        return False
    # ijson joins the steps to a place with points, so a key with a point could pass for two.
    names = [*split[0], ARRAY_STEP]
    if any("." in name for name in names) or ARRAY_STEP in split[0]:
        return False
    joined_keys = [f"{first}.{second}".encode() for first, second in pairwise(names)]
    return not (joined_keys and contains_any(file, joined_keys))


@cache
def _split_path(iterator: str) -> tuple[tuple[str, ...], str] | None:
    """Split a path into the names before its first wildcard and the path after it."""
    from jsonpath.selectors import NameSelector, WildcardSelector  # noqa: PLC0415 - as below

    names: list[str] = []
    segments = compile_path(iterator).segments
    for position, segment in enumerate(segments):
        match list(segment.selectors):
            case [NameSelector() as step] if str(segment).startswith("["):
                names.append(step.name)
            case [WildcardSelector()] if str(segment) == "[*]":
                remainder = "".join(map(str, segments[position + 1 :]))
                return None if "?" in remainder else (tuple(names), f"${remainder}")
            case _:
                return None
    return None


def stream_items(source: LogicalSource, file: Path) -> Iterator[Item]:
    """Return the items one by one. Raises `SourceError` where the document is broken."""
    # It takes longer to load than a small table to read.
    from jsonpath.serialize import canonical_string  # noqa: PLC0415

    split = _split_path(source.iterator)
    if split is None:  # pragma: no cover - `is_streamable` has refused it
        raise AssertionError
    names, remainder = split
    prefix = "$" + "".join(f"[{canonical_string(name)}]" for name in names)
    count = 0
    try:
        for key, value in _iterate_members(file, ".".join(names)):
            parts = (*names, key)
            path = f"{prefix}[{key if isinstance(key, int) else canonical_string(key)}]"
            count += 1
            if remainder == "$":
                yield parts, path, value
            elif isinstance(value, dict | list):
                for match in compile_path(remainder).finditer(value):
                    yield (*parts, *match.parts), path + match.path.removeprefix("$"), match.obj
    except ijson.JSONError as error:
        raise SourceError(
            "{file}: not valid JSON, after {count} items ({reason})",
            file=file.name,
            count=count,
            reason=str(error).partition("\n")[0],
        ) from error


def _iterate_members(file: Path, prefix: str) -> Iterator[tuple[int | str, object]]:
    """Return the values directly under a prefix, with their index or key."""
    with file.open("rb") as raw:
        _skip_mark(raw)
        events = (event for place, event, _ in ijson.parse(raw) if place == prefix)
        kind = next(events, "")
    with file.open("rb") as raw:
        _skip_mark(raw)
        if kind == "start_array":
            inner = f"{prefix}.{ARRAY_STEP}" if prefix else ARRAY_STEP
            yield from enumerate(ijson.items(raw, inner))
        elif kind == "start_map":
            yield from ijson.kvitems(raw, prefix)


def _skip_mark(raw: BinaryIO) -> None:
    """Skip a byte-order mark."""
    if raw.read(3) != b"\xef\xbb\xbf":
        raw.seek(0)


def read_json_lines(
    source: LogicalSource, file: Path, needed: set[str], report: Report
) -> Iterator[SourceRow]:
    """Read the documents of a JSON Lines file, or the items that the iterator finds in each.

    The number of a row is its line's, from 1.
    """
    yield from rows_of(source, file, _read_lines(source, file, report), needed)


def _read_lines(source: LogicalSource, file: Path, report: Report) -> Iterator[SourceRow]:
    origin = RowOrigin.from_source(source, file.name)
    with open_text(file, source.encoding, report) as stream:
        for number, line in enumerate(bounded_lines(stream, file, nul=True), 1):
            if not line.strip():
                continue
            try:
                document = parse_json(line)
            except (ValueError, RecursionError) as error:
                text, place = both(BROKEN, reason=error), Place(origin.file, row=number)
                excerpt = line[:80].strip()
                report.add(Finding(Severity.WARNING, "bad-json", text, place, value=excerpt))
                report.rows += 1
                report.row_errors += 1
                continue
            for item in find_items(source, document):
                if isinstance(item[2], dict):
                    row = row_of(source, origin, item)
                    row.number = number
                    row.path = None if item[1] == "$" else item[1]
                    yield row


def read_values(file: Path) -> Iterator[tuple[str, str | None]]:
    """Yield every key and value of a file of JSON or JSON Lines, with its place as ijson writes it.

    The beginning of an object has no text. Raises `SourceError` where the text is broken.
    """
    with file.open("rb") as raw:
        _skip_mark(raw)
        yield from values_of(raw, file)


def values_of(raw: BinaryIO, file: Path) -> Iterator[tuple[str, str | None]]:
    """Yield the same of the JSON in a file, which may be a part of it."""
    depth = 0
    try:
        for place, event, value in ijson.parse(raw, multiple_values=True):
            # A place is as long as it is deep: all of them together would fill the memory.
            depth += event.startswith("start_") - event.startswith("end_")
            if depth > DEEPEST:
                raise SourceError(TOO_DEEP, file=file.name, depth=DEEPEST)
            if event == "start_map":
                yield place, None
            elif event == "map_key":
                yield f"{place}.{KEYS}".strip("."), value
            elif event in {"string", "number"}:
                yield place, str(value)
    except (ijson.JSONError, UnicodeError) as error:
        raise SourceError(
            "{file} is not valid JSON: {reason}", file=file.name, reason=error
        ) from error

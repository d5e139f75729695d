"""JSON: items found by a JSONPath (RFC 9535), each knowing its index and its own path."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

from parvis.errors import SourceError
from parvis.mapping.plan import Source
from parvis.mapping.rows import JsonRow, Row, StrictJsonRow, path_of
from parvis.mapping.sources.text import encoding_of
from parvis.report import Place, Report

FIRST_KEY = re.compile(r"(?:\$\.?)?(?:\['(?P<quoted>[^']+)'\]|(?P<plain>[^.\[\]]+))")
"""The member that a relative path begins with."""


def read_json(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Read the items of a JSON file; a key that no item has is an error, as a missing column."""
    tree = _load(source, file, report)
    unseen = {_first_key(name) for name in needed if not name.startswith(("^.", "$.."))}
    found = False  # a file in which nothing is found at all is told of by `read`
    for row in _items(source, file, tree):
        found = True
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
        missing="”, “".join(sorted(names)),
    )


def _first_key(name: str) -> str:
    """Give the member a relative path begins with."""
    found = FIRST_KEY.match(name)
    return found["quoted"] or found["plain"] if found else name


def _load(source: Source, file: Path, report: Report) -> object:
    """Parse the whole document; raises `SourceError` with line and column."""
    encoding = encoding_of(file, source.encoding)
    report.facts[f"{file.name}: encoding"] = encoding
    try:
        with file.open(encoding=encoding) as stream:
            return json.load(stream, parse_float=Decimal, parse_constant=_refuse)
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


def _refuse(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have (RFC 8259 §6)."""
    raise ValueError(name)


def _items(source: Source, file: Path, tree: object) -> Iterator[Row]:
    """Find the items; what the iterator finds must be objects."""
    kind = StrictJsonRow if source.strict else JsonRow
    found = path_of(source.iterator).finditer(tree)  # type: ignore[arg-type] # any JSON value
    for match in found:
        if not isinstance(match.obj, dict):
            continue
        index = match.parts[-1] if match.parts and isinstance(match.parts[-1], int) else None
        row = kind(Place(file.name, row=index, path=match.path), match.obj)
        for name, pattern in source.key_as.items():
            row.derived[name] = [str(match.parts[_depth(pattern)])]
        yield row


def _depth(pattern: str) -> int:
    """Tell which step of the path a ``key-as`` pattern names: its last."""
    return len(path_of(pattern).segments) - 1


def _nested(parent: Row, each: str) -> Iterator[Row]:
    """Give the items of a nested list as rows of their own, the parent reachable."""
    for match in path_of(each).finditer(parent.cells):
        if isinstance(match.obj, dict):
            path = f"{parent.place.path}{match.path.removeprefix('$')}"
            place = Place(parent.place.file, row=parent.place.row, path=path)
            yield JsonRow(place, match.obj, dict(parent.derived), {}, parent)

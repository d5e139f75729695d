"""Read large JSON as a stream: one item in memory at a time, where the path to them is simple.

A simple path is member names, then a wildcard: ``$[*]``, ``$.items[*]``, ``$.*[*].rooms``. The
rest of the path is followed within each value that the wildcard matches.
"""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import ijson
from jsonpath.selectors import NameSelector, WildcardSelector
from jsonpath.serialize import canonical_string

from parvis.errors import SourceError
from parvis.mapping.engine.json_path import compile_path
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources.text import contains_any

Item = tuple[tuple[int | str, ...], str, object]
"""An item of an iterator: the steps to it, its normalised path (RFC 9535 §2.7), its value."""
ARRAY_STEP = "item"
"""The step into an array in ijson's prefixes."""


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
    split = _split_path(source.iterator)
    if split is None:  # pragma: no cover - `streams` was checked
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

"""Large JSON as a stream: one item in memory at a time, wherever the path to them is simple.

A simple path is member names, then a wildcard: ``$[*]``, ``$.items[*]``, ``$.*[*].rooms``. What
follows the wildcard is looked for in each thing that it meets.
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
from parvis.mapping.engine.json_path import path_of
from parvis.mapping.language.plan import Source
from parvis.mapping.sources.text import mentions

Item = tuple[tuple[int | str, ...], str, object]
"""What an iterator finds: the steps to it, its normalised path (RFC 9535 §2.7), itself."""
ARRAY_STEP = "item"
"""How ijson's prefixes write the step into an array."""


def streams(source: Source, file: Path, encoding: str) -> bool:
    """Say whether a document can be streamed: UTF-8, a simple path, no key that mimics it.

    ijson knows a place by its steps joined with points, so a key with a point could pass for two.
    """
    cut = _cut(source.iterator)
    if cut is None or encoding not in {"utf-8", "utf-8-sig"}:
        return False
    names = [*cut[0], ARRAY_STEP]
    if any("." in name for name in names) or ARRAY_STEP in cut[0]:
        return False
    mimics = [f"{one}.{two}".encode() for one, two in pairwise(names)]
    return not (mimics and mentions(file, mimics))


@cache
def _cut(iterator: str) -> tuple[tuple[str, ...], str] | None:
    """Cut a path into the names before its first wildcard and the path after it."""
    names: list[str] = []
    segments = path_of(iterator).segments
    for position, segment in enumerate(segments):
        match list(segment.selectors):
            case [NameSelector() as step] if str(segment).startswith("["):
                names.append(step.name)
            case [WildcardSelector()] if str(segment) == "[*]":
                rest = "".join(map(str, segments[position + 1 :]))
                return None if "?" in rest else (tuple(names), f"${rest}")
            case _:
                return None
    return None


def streamed(source: Source, file: Path) -> Iterator[Item]:
    """Give the items one after the other; raises `SourceError` where the document breaks."""
    cut = _cut(source.iterator)
    if cut is None:  # pragma: no cover - `streams` was asked
        raise AssertionError
    names, rest = cut
    met = 0
    try:
        for key, value in _members(file, names):
            parts = (*names, key)
            path = "$" + "".join(map(_step, parts))
            met += 1
            yield from _within(parts, path, value, rest)
    except ijson.JSONError as error:
        raise SourceError(
            "{file}: not valid JSON, after {count} items ({reason})",
            file=file.name,
            count=met,
            reason=str(error).partition("\n")[0],
        ) from error


def _step(part: int | str) -> str:
    """Write a step of a normalised path."""
    return f"[{part}]" if isinstance(part, int) else f"[{canonical_string(part)}]"


def _within(parts: tuple[int | str, ...], path: str, value: object, rest: str) -> Iterator[Item]:
    """Find what the rest of the iterator says in one thing that the wildcard met."""
    if rest == "$":
        yield parts, path, value
    elif isinstance(value, dict | list):
        for match in path_of(rest).finditer(value):
            yield (*parts, *match.parts), path + match.path.removeprefix("$"), match.obj


def _members(file: Path, names: tuple[str, ...]) -> Iterator[tuple[int | str, object]]:
    """Give what stands directly under the names, with its index or key."""
    prefix = ".".join(names)
    with file.open("rb") as raw:
        kind = _kind(raw, prefix)
    with file.open("rb") as raw:
        _skip_mark(raw)
        if kind == "start_array":
            inner = f"{prefix}.{ARRAY_STEP}" if prefix else ARRAY_STEP
            yield from enumerate(ijson.items(raw, inner))
        elif kind == "start_map":
            yield from ijson.kvitems(raw, prefix)


def _kind(raw: BinaryIO, prefix: str) -> str:
    """Tell how the value under a prefix begins."""
    _skip_mark(raw)
    return next((event for place, event, _ in ijson.parse(raw) if place == prefix), "")


def _skip_mark(raw: BinaryIO) -> None:
    """Go past a byte-order mark."""
    if raw.read(3) != b"\xef\xbb\xbf":
        raw.seek(0)

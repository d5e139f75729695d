"""Text files: which encoding, decided in one order and told.

A byte-order mark, else UTF-8, else Windows-1252, unless the mapping tells it; Latin-1 only if
told, since it accepts every byte.
"""

import codecs
from pathlib import Path

from parvis.errors import SourceError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def encoding_of(file: Path, told: str | None) -> str:
    """Find a file's encoding; raises `SourceError` if none fits, or the told one does not."""
    start = _start(file)
    marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
    if told:
        known = _known(file, told)
        _contradiction(file, known)
        return "utf-8-sig" if known == "utf-8" else known
    for name in [marked] if marked else ["utf-8", "cp1252"]:
        if _first_bad_byte(file, name) is None:
            return name
    raise SourceError("{file} is neither UTF-8 nor Windows-1252 text", file=file.name)


def _start(file: Path) -> bytes:
    """Read the first bytes; raises `SourceError` for what cannot be read or is empty."""
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise SourceError(
            "{file} cannot be read: {reason}", file=file, reason=error.strerror or error
        ) from error
    if not start:
        raise SourceError("{file} is empty", file=file.name)
    return start


def _known(file: Path, told: str) -> str:
    """Give the canonical name of a told encoding."""
    try:
        return codecs.lookup(told).name
    except LookupError as error:
        raise SourceError(
            "the encoding “{encoding}” told for {file} is unknown", encoding=told, file=file.name
        ) from error


def _contradiction(file: Path, told: str) -> None:
    """Refuse bytes that the told encoding cannot mean."""
    if (line := _first_bad_byte(file, told)) is not None:
        raise SourceError(
            "{file}, line {line}: its bytes contradict the declared encoding {encoding}",
            file=file.name,
            line=line,
            encoding=told,
        )


def _first_bad_byte(file: Path, encoding: str) -> int | None:
    """Give the line of the first byte that is not in the encoding, or nothing."""
    line = 1
    try:
        with file.open(encoding=encoding, newline="") as stream:
            for line, _ in enumerate(stream, 1):  # noqa: B007 - the count is the result
                pass
    except UnicodeError:
        return line + 1
    return None

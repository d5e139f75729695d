"""Text files: which encoding, decided in one order and told.

A byte-order mark, else UTF-8, else Windows-1252, unless the mapping tells it; Latin-1 only if
told, since it accepts every byte. A file that is told or marked is read once; another is looked
through first. One that is mostly UTF-8 with other bytes here and there is refused, with its line:
read as Windows-1252 it would enter garbled.
"""

import codecs
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from parvis.errors import SourceError
from parvis.report import Report

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PIECE = 1 << 20
_STRAY = re.compile("[\udc80-\udcff]")
_SIGNS = re.compile("[^\x00-\x7f\udc80-\udcff]")
MIXED = 0.1
"""Signs of UTF-8 per other byte from which a file is a mixture: chance alone never gives that."""


@contextmanager
def opened(file: Path, told: str | None, report: Report) -> Iterator[TextIO]:
    """Open a text file in its encoding, which the report is told; line ends are kept.

    Raises `SourceError`, also while it is read: the line is named whose bytes do not fit.
    """
    encoding = encoding_of(file, told)
    report.facts[f"{file.name}: encoding"] = encoding
    try:
        with file.open(encoding=encoding, newline="") as stream:
            yield stream
    except UnicodeError as error:
        raise SourceError(
            "{file}, line {line}: its bytes contradict the encoding {encoding}",
            file=file.name,
            line=_first_bad_line(file, encoding),
            encoding=encoding,
        ) from error


def encoding_of(file: Path, told: str | None) -> str:
    """Find a file's encoding; raises `SourceError` if none fits."""
    start = _start(file)
    if told:
        known = _known(file, told)
        return "utf-8-sig" if known == "utf-8" else known
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            return name
    if _is_text(file, "utf-8"):
        return "utf-8"
    _refuse_mixture(file)
    if _is_text(file, "cp1252"):
        return "cp1252"
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


def _decoded(file: Path, encoding: str, errors: str = "strict") -> Iterator[str]:
    """Decode a file piece by piece."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)


def mentions(file: Path, words: Collection[bytes]) -> bool:
    """Say whether some bytes stand anywhere in a file, which is read in pieces."""
    overlap = max(map(len, words), default=1) - 1
    held = b""
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            held = held[-overlap:] + piece if overlap else piece
            if any(word in held for word in words):
                return True
    return False


def _is_text(file: Path, encoding: str) -> bool:
    """Say whether all bytes of a file mean something in an encoding."""
    try:
        for _ in _decoded(file, encoding):
            pass
    except UnicodeError:
        return False
    return True


def _refuse_mixture(file: Path) -> None:
    """Refuse a file that is UTF-8 with some other bytes among it."""
    signs = stray = 0
    for text in _decoded(file, "utf-8", "surrogateescape"):
        signs += sum(1 for _ in _SIGNS.finditer(text))
        stray += sum(1 for _ in _STRAY.finditer(text))
    if signs > stray * MIXED:
        raise SourceError(
            "{file}, line {line}: this line is not in UTF-8 as the others are; save the file in "
            "one encoding, or tell which one in the mapping",
            file=file.name,
            line=_first_bad_line(file, "utf-8"),
        )


def _first_bad_line(file: Path, encoding: str) -> int:
    """Give the line, from 1, of the first byte that is not in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with file.open("rb") as stream:
        for line, raw in enumerate(stream, 1):  # noqa: B007 - the count is the result
            try:
                decoder.decode(raw)
            except UnicodeError:
                break
    return line

"""Text files: find their encoding, in a fixed order, and report it.

The encoding is that of a byte-order mark, else UTF-8, else Windows-1252, unless the mapping states
it; Latin-1 only if stated, since it accepts every byte. A file with a stated encoding or a mark is
read once; another is decoded first as a check.
"""

import codecs
import re
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TextIO

from parvis.errors import SourceError
from parvis.report import Report

LINE_LIMIT = 16_000_000
"""The longest line, in characters."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PIECE = 1 << 20
_STRAY = re.compile("[\udc80-\udcff]")
_NON_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
MIXED = 0.1
"""UTF-8 characters per stray byte from which a file is a mixture: chance never reaches that."""


@contextmanager
def open_text(file: Path, stated: str | None, report: Report) -> Iterator[TextIO]:
    """Open a text file in its encoding, which is reported; line ends are kept.

    Raises `SourceError`, also while it is read: the line is named whose bytes do not fit.
    """
    encoding = encoding_of(file, stated)
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


def bounded_lines(stream: TextIO, file: Path, *, nul: bool = False) -> Iterator[str]:
    """Return the lines of a text; refuse endless ones and, unless `nul`, those that hold NUL."""
    for number, line in enumerate(iter(partial(stream.readline, LINE_LIMIT), ""), 1):
        if len(line) == LINE_LIMIT:
            raise SourceError(
                "{file}, line {line}: longer than {limit} characters",
                file=file.name,
                line=number,
                limit=LINE_LIMIT,
            )
        if "\0" in line and not nul:
            raise SourceError(
                "{file}, line {line}: a NUL character; the file is damaged, or its encoding "
                "must be told in the mapping",
                file=file.name,
                line=number,
            )
        yield line


def encoding_of(file: Path, stated: str | None) -> str:
    """Find a file's encoding. Raises `SourceError` if none fits, or the file cannot be read."""
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise SourceError(
            "{file} cannot be read: {reason}", file=file, reason=error.strerror or error
        ) from error
    if not start:
        raise SourceError("{file} is empty", file=file.name)
    if stated:
        try:
            encoding = codecs.lookup(stated).name
        except LookupError as error:
            raise SourceError(
                "the encoding “{encoding}” told for {file} is unknown",
                encoding=stated,
                file=file.name,
            ) from error
        return "utf-8-sig" if encoding == "utf-8" else encoding
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            return name
    return _detect_encoding(file)


def _detect_encoding(file: Path) -> str:
    with suppress(UnicodeError):
        deque(_decode(file, "utf-8"), maxlen=0)
        return "utf-8"
    # Mostly UTF-8 with stray bytes: read as Windows-1252, it would enter garbled.
    characters = stray = 0
    for text in _decode(file, "utf-8", "surrogateescape"):
        characters += sum(1 for _ in _NON_ASCII.finditer(text))
        stray += sum(1 for _ in _STRAY.finditer(text))
    if characters > stray * MIXED:
        raise SourceError(
            "{file}, line {line}: this line is not in UTF-8 as the others are; save the file in "
            "one encoding, or tell which one in the mapping",
            file=file.name,
            line=_first_bad_line(file, "utf-8"),
        )
    with suppress(UnicodeError):
        deque(_decode(file, "cp1252"), maxlen=0)
        return "cp1252"
    raise SourceError("{file} is neither UTF-8 nor Windows-1252 text", file=file.name)


def _decode(file: Path, encoding: str, errors: str = "strict") -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)


def contains_any(file: Path, words: Collection[bytes]) -> bool:
    """Return whether any of some bytes is in a file, which is read in pieces."""
    overlap = max(map(len, words), default=1) - 1
    window = b""
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            # The end of the last piece stays: a word may begin there.
            window = window[-overlap:] + piece if overlap else piece
            if any(word in window for word in words):
                return True
    return False


def refuse_entities(file: Path) -> None:
    """Refuse XML that declares entities: a few lines of them unfold to the size of the machine."""
    if contains_any(file, [b"<!ENTITY"]):
        raise SourceError("{file} declares XML entities, which are not read", file=file.name)


def _first_bad_line(file: Path, encoding: str) -> int:
    """Return the line, from 1, of the first byte that is not in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with file.open("rb") as stream:
        for line, raw in enumerate(stream, 1):  # noqa: B007 - the count is the result
            try:
                decoder.decode(raw)
            except UnicodeError:
                break
    return line

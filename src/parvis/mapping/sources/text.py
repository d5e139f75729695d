"""Text files: find their encoding, in a fixed order, and report it.

The encoding is that of a byte-order mark, else UTF-8, else Windows-1252 or, where that gives fewer
letters of French, Mac OS Roman, unless the mapping states it; Latin-1 only if stated, since it
accepts every byte. A file with a stated encoding or a mark is read once; another is decoded first
as a check. What is no text whatever its ending says is named for what it is.
"""

import codecs
import re
from collections import Counter, deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TextIO

from parvis.errors import SourceError
from parvis.i18n import N_, both
from parvis.report import Finding, Place, Report, Severity

PAGES = frozenset({".html", ".htm", ".xhtml"})
"""The endings of pages of the Web."""
LINE_LIMIT = 16_000_000
"""The longest line, in characters."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PDF = N_(
    "{file} is a PDF, whatever its ending says: export the table itself, as CSV or as a workbook"
)
_WORKBOOK = N_(
    "{file} is a workbook or an archive, whatever its ending says: give it its own, such as .xlsx,"
    " .xls, .ods or .zip"
)
_IMAGE = N_("{file} is an image, whatever its ending says: a table is wanted")
_NO_TEXT = {
    b"%PDF": _PDF,
    b"PK\x03\x04": _WORKBOOK,
    b"\xd0\xcf\x11\xe0": _WORKBOOK,
    b"\x89PNG": _IMAGE,
    b"\xff\xd8\xff": _IMAGE,
    b"GIF8": _IMAGE,
}
"""How files begin that are no text."""
_FRENCH = frozenset("àâäçéèêëîïôöùûüÿæœÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸÆŒ«»’‘“”–—…°€·\u00a0")
"""Characters of French that ASCII lacks."""
_GARBLED = re.compile("(?:Ã[\u0080-\u00bf\u201c-\u2122€ŒœŠšŽžƒˆ˜]|â€|Â[«»°\u00a0]).{0,12}")
"""UTF-8 that was read as Windows-1252, then saved: « Ã© » for « é »."""
GARBLED = N_(
    "letters are garbled, as in “{example}”: the file was once read in another encoding than its"
    " own; export it again from its source, in UTF-8"
)
_PIECE = 1 << 20
_STRAY = re.compile("[\udc80-\udcff]")
_NON_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
MOST_LETTERS = 0.9
"""Share of the bytes beyond ASCII that are letters of French in an encoding that is not stated."""
MIXED = 0.1
"""UTF-8 characters per stray byte from which a file is a mixture: chance never reaches that."""


@contextmanager
def open_text(file: Path, stated: str | None, report: Report) -> Iterator[TextIO]:
    """Open a text file in its encoding, which is reported; line ends are kept.

    Raises `SourceError`, also while it is read: the line is named whose bytes do not fit.
    """
    encoding = encoding_of(file, stated)
    report.facts[f"{file.name}: encoding"] = encoding
    if encoding.startswith("utf-8"):
        first = next(_decode(file, encoding, "replace"), "")
        if match := _GARBLED.search(first):
            example = both(GARBLED, example=match[0].partition("\n")[0])
            report.add(Finding(Severity.WARNING, "garbled", example, Place(file.name)))
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
            start = stream.read(8)
    except OSError as error:
        raise SourceError(
            "{file} cannot be read: {reason}", file=file, reason=error.strerror or error
        ) from error
    if not start:
        raise SourceError("{file} is empty", file=file.name)
    for beginning, template in _NO_TEXT.items():
        if start.startswith(beginning):
            raise SourceError(template, file=file.name)
    if stated:
        try:
            encoding = codecs.lookup(stated).name
        except LookupError as error:
            raise SourceError(
                "the encoding “{encoding}” stated for {file} is unknown",
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
    characters, stray = 0, Counter[str]()
    for text in _decode(file, "utf-8", "surrogateescape"):
        characters += sum(1 for _ in _NON_ASCII.finditer(text))
        stray.update(_STRAY.findall(text))
    # Two letters of Mac OS Roman may be a character of UTF-8 by chance, but not most of them.
    mac = _count_french(stray, "mac_roman")
    telling = mac >= MOST_LETTERS * stray.total() and mac > _count_french(stray, "cp1252")
    if telling and characters < mac:
        return "mac_roman"
    if characters > stray.total() * MIXED:
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


def _count_french(stray: Counter[str], encoding: str) -> int:
    """Return how many bytes that are not UTF-8 are characters of French in an encoding."""
    readings = {byte: byte.encode("utf-8", "surrogateescape") for byte in stray}
    french = [b for b in stray if readings[b].decode(encoding, "ignore") in _FRENCH]
    return sum(stray[byte] for byte in french)


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

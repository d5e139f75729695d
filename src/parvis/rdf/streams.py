"""Bytes as streams: files that may be compressed, blocks of lines, lines that a parser reads.

Nothing but the standard library is loaded, so that builders start fast.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast
from xml.parsers.expat import ExpatError, ParserCreate

BUFFER = 65_536
"""Bytes read ahead, and of a block of lines."""

UNREADABLE = (OSError, EOFError, zlib.error)
"""What reading a file may raise: for the disk, or for a gzip file that is damaged or cut off."""


def open_file(path: Path) -> BinaryIO:
    """Open a file's bytes, uncompressed when it ends with ``.gz``."""
    if path.suffix != ".gz":
        return path.open("rb")
    # gzip reads lines in Python: with a buffer it takes half the time.
    return io.BufferedReader(cast("io.RawIOBase", gzip.open(path)), BUFFER)


DEEPEST, DEEPEST_XML = 15, 200
"""Triple terms, and elements of RDF/XML, within one another that are read."""
AHEAD, OVERLAP = 1_048_576, 262_144
"""Bytes read ahead, and those before them, in which triple terms within one another are sought."""
OPENING = b"<<("
_GAP = rb"(?:[ \t\r\n]|#[^\r\n]*+[\r\n])*+"
_TERM = rb"(?:<[^<>\s]*+>|\[[ \t\r\n]*+\]|[^\s<>\"'()#]++)"
# The subject and the predicate of a triple term come before the triple term that is its object.
_DEEP = re.compile(rb"<<\((?>%s){%d}" % (_GAP + _TERM + _GAP + _TERM + _GAP + rb"<<\(", DEEPEST))


class DepthError(ValueError):
    """Statements stand too deep within one another; `line` is where, from 1."""

    def __init__(self, line: int, most: int) -> None:
        super().__init__(line, most)
        self.line, self.most = line, most


class ShallowFile:
    """A file of statements, read up to those that stand too deep within one another.

    The parser ends the whole process at some thousands of triple terms within one another, since it
    frees each by a call within a call. Reading raises `DepthError` instead.
    """

    def __init__(self, file: BinaryIO, *, is_xml: bool = False) -> None:
        self._file, self._ahead, self._last, self._line = file, b"", b"", 1
        self._depth = 0
        self._xml = ParserCreate() if is_xml else None
        if self._xml is not None:
            self._xml.StartElementHandler, self._xml.EndElementHandler = self._begin, self._end

    def read(self, size: int = -1) -> bytes:
        if not self._ahead or size < 0:
            piece = self._file.read(AHEAD if size >= 0 else -1)
            self._check(piece)
            self._ahead += piece
        size = len(self._ahead) if size < 0 else size
        answer, self._ahead = self._ahead[:size], self._ahead[size:]
        return answer

    def _check(self, piece: bytes) -> None:
        """Raise `DepthError` for statements too deep in a piece and what came before it."""
        if self._xml is not None:
            with suppress(ExpatError):  # the parser says what is wrong
                self._xml.Parse(piece)
            return
        window = self._last + piece
        if OPENING in window and (match := _DEEP.search(window)):
            raise DepthError(self._line + window.count(b"\n", 0, match.start()), DEEPEST)
        self._last = window[-OVERLAP:]
        self._line += window.count(b"\n", 0, len(window) - len(self._last))

    def _begin(self, _name: str, _attributes: object) -> None:
        self._depth += 1
        if self._depth > DEEPEST_XML and self._xml is not None:
            raise DepthError(self._xml.CurrentLineNumber, DEEPEST_XML)

    def _end(self, _name: str) -> None:
        self._depth -= 1


def read_blocks(file: BinaryIO | ShallowFile) -> Iterator[bytes]:
    """Yield a file's lines in blocks of whole lines; the last may lack its line end."""
    partial_line: list[bytes] = []
    while piece := file.read(BUFFER):
        lines, newline, remainder = piece.rpartition(b"\n")
        if newline:
            yield b"".join([*partial_line, lines, newline])
            partial_line = []
        partial_line.append(remainder)
    if any(partial_line):
        yield b"".join(partial_line)


def join_subjects(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Divide blocks of sorted lines otherwise, so that no subject is cut in two."""
    pending, subject = list[bytes](), b"\n"
    for block in blocks:
        last = block[block.rfind(b"\n", 0, -1) + 1 :].split(b" ", 1)[0] + b" "
        if last == subject and block.startswith(subject):  # as large as it is, it is copied once
            pending.append(block)
            continue
        lines, subject = b"".join([*pending, block]), last
        start = 0 if lines.startswith(last) else lines.find(b"\n" + last) + 1
        pending = [lines[start:]]
        if start:
            yield lines[:start]
    if pending:
        yield b"".join(pending)


STOP = b" .\n"
"""The end of a line, which the record writes nowhere else."""
_USUAL = bytes({*range(256)} - {*range(32), 127} | {10})
_ESCAPE = re.compile(rb'\\[^\\"nrtbf]')
_TAG = re.compile(rb'"@[a-z0-9-]*[A-Z]')
_STRING = b"<http://www.w3.org/2001/XMLSchema#string>"


def read_quad_lines(path: Path, graph: str) -> Iterator[bytes]:
    """Read lines of N-Triples as blocks of N-Quads in a graph, whose IRI must be valid."""
    end = f" <{graph}>".encode() + STOP
    with open_file(path) as file:
        for block in read_blocks(file):
            if block.count(STOP) == block.count(b"\n") and block.endswith(STOP):
                yield block.replace(STOP, end)
                continue
            quads = []
            for line in io.BytesIO(block):
                triple = line.rstrip()
                if line.endswith(STOP):
                    quads.append(line.removesuffix(STOP) + end)
                else:
                    quads.append(triple[:-1] + end if triple.endswith(b".") else line)
            yield b"".join(quads)


def is_canonical(lines: bytes) -> bool:
    """Return whether valid lines with single spaces are canonical too: no other text is equal.

    Some that are may be taken for others.
    """
    return not (
        lines.translate(None, _USUAL)
        or _ESCAPE.search(lines)
        or _TAG.search(lines)
        or _STRING in lines
    )


class LineReader(io.RawIOBase):
    """Lines, or blocks of them, as a stream of bytes."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        super().__init__()
        self._lines = lines
        self._buffer = b""
        self._offset = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, perhaps fewer; nothing at the end."""
        if size < 0:
            return self.readall()
        if self._offset >= len(self._buffer):
            lines, length = [], 0
            while length < size and (line := next(self._lines, None)) is not None:
                lines.append(line)
                length += len(line)
            self._buffer, self._offset = b"".join(lines), 0  # a single block is not copied
        piece = self._buffer[self._offset : self._offset + size]
        self._offset += size
        return piece

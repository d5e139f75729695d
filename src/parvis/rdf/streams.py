"""Bytes as streams: files that may be compressed, blocks of lines, lines that a parser reads.

Nothing but the standard library is loaded, so that builders start fast.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

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


def read_blocks(file: BinaryIO) -> Iterator[bytes]:
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

"""Open files that may be compressed, and read them in blocks of lines."""

import gzip
import io
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

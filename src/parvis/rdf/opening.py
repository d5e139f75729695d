"""Files that may be compressed, and their lines some at a time."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

BUFFER = 65_536
"""Bytes that are read ahead, and those of a block of lines."""

UNREADABLE = (OSError, EOFError, zlib.error)
"""What reading a file may raise: of the disk, or of what is no gzip, cut off or damaged."""


def opened(path: Path) -> BinaryIO:
    """Open a file's bytes, uncompressed when it ends with ``.gz``."""
    if path.suffix != ".gz":
        return path.open("rb")
    # What gzip opens reads lines in Python: behind a buffer it takes half the time.
    return io.BufferedReader(cast("io.RawIOBase", gzip.open(path)), BUFFER)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Give a file's lines in blocks, each of whole lines; the last may lack its end."""
    begun: list[bytes] = []
    while piece := file.read(BUFFER):
        lines, newline, rest = piece.rpartition(b"\n")
        if newline:
            yield b"".join([*begun, lines, newline])
            begun = []
        begun.append(rest)
    if any(begun):
        yield b"".join(begun)

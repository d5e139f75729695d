"""Hold the pieces of an answer that wait for their reader, in memory or in a file."""

import os
import tempfile
from collections import deque
from typing import IO

MEMORY = 1_000_000
"""Bytes that may wait in memory."""


class Spool:
    """A queue of bytes; beyond `MEMORY` they wait in an unnamed file.

    The file is truncated whenever it is read to its end, so that it holds no more than what waits.
    Not thread-safe.
    """

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._read_offset = self._write_offset = 0

    def __bool__(self) -> bool:
        return bool(self._pieces) or self._read_offset < self._write_offset

    def put(self, piece: bytes) -> None:
        if self._read_offset == self._write_offset and self._in_memory + len(piece) <= MEMORY:
            self._pieces.append(piece)
            self._in_memory += len(piece)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `clear`
        remainder = memoryview(piece)
        while remainder:
            size = os.pwrite(self._file.fileno(), remainder, self._write_offset)
            self._write_offset += size
            remainder = remainder[size:]

    def take(self) -> bytes:
        """Remove some bytes from the front; the queue must not be empty."""
        if self._pieces:
            piece = self._pieces.popleft()
            self._in_memory -= len(piece)
            return piece
        if self._file is None:
            return b""
        piece = os.pread(
            self._file.fileno(),
            min(MEMORY, self._write_offset - self._read_offset),
            self._read_offset,
        )
        self._read_offset += len(piece)
        if self._read_offset == self._write_offset:
            self._read_offset = self._write_offset = 0
            self._file.truncate(0)
        return piece

    def clear(self) -> None:
        self._pieces.clear()
        self._in_memory = self._read_offset = self._write_offset = 0
        if self._file is not None:
            self._file.close()
            self._file = None

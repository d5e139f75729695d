"""Pieces of an answer that wait for their reader: some in memory, the others in a file."""

import os
import tempfile
from collections import deque
from typing import IO

MEMORY = 1_000_000
"""Bytes that may wait in memory."""


class Spool:
    """What is put in comes out in its order; what is beyond `MEMORY` waits in a file without name.

    The file is cut whenever its end is reached, so that it holds no more than what waits. Not for
    threads.
    """

    def __init__(self) -> None:
        """Hold nothing."""
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._file: IO[bytes] | None = None
        self._from = self._to = 0

    def __bool__(self) -> bool:
        """Say whether something waits."""
        return bool(self._pieces) or self._from < self._to

    def put(self, piece: bytes) -> None:
        """Put a piece at the end."""
        if self._from == self._to and self._held + len(piece) <= MEMORY:
            self._pieces.append(piece)
            self._held += len(piece)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `clear`
        rest = memoryview(piece)
        while rest:
            done = os.pwrite(self._file.fileno(), rest, self._to)
            self._to += done
            rest = rest[done:]

    def take(self) -> bytes:
        """Take some bytes from the front; there must be some."""
        if self._pieces:
            piece = self._pieces.popleft()
            self._held -= len(piece)
            return piece
        if self._file is None:
            return b""
        piece = os.pread(self._file.fileno(), min(MEMORY, self._to - self._from), self._from)
        self._from += len(piece)
        if self._from == self._to:
            self._from = self._to = 0
            self._file.truncate(0)
        return piece

    def clear(self) -> None:
        """Let go of everything."""
        self._pieces.clear()
        self._held = self._from = self._to = 0
        if self._file is not None:
            self._file.close()
            self._file = None

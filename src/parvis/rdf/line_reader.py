"""Lines as the stream that a parser reads; a builder starts with this alone, and soon."""

import io
from collections.abc import Iterator


class LineReader(io.RawIOBase):
    """Lines, or blocks of them, as a stream of bytes, for a parser that reads one bit by bit."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        """Keep the lines."""
        super().__init__()
        self._lines = lines
        self._held = b""
        self._at = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read no more than so many bytes, perhaps fewer; nothing at the end."""
        if size < 0:
            return self.readall()
        if self._at >= len(self._held):
            self._held, self._at = self._next(size), 0
        piece = self._held[self._at : self._at + size]
        self._at += size
        return piece

    def _next(self, size: int) -> bytes:
        """Put lines together until there is enough for a read; a block that is, stays as it is."""
        lines, length = [], 0
        while length < size and (line := next(self._lines, None)) is not None:
            lines.append(line)
            length += len(line)
        return b"".join(lines)

"""Lines as the stream that a parser reads; a module of its own so that builders start fast."""

import io
from collections.abc import Iterator


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

"""Lines as the stream that a parser reads; a builder starts with this alone, and soon."""

import io
from collections.abc import Iterator


class LineReader(io.RawIOBase):
    """Lines as a stream of bytes, for a parser that reads one."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        """Keep the lines."""
        super().__init__()
        self._lines = lines
        self._rest = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read no more than so many bytes; nothing at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < size or size < 0:
            line = next(self._lines, None)
            if line is None:
                break
            parts.append(line)
            length += len(line)
        whole = b"".join(parts)
        end = len(whole) if size < 0 else size
        self._rest = whole[end:]
        return whole[:end]

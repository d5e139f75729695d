"""Lines that two loads take side by side, none of them twice, blank nodes in one of them alone."""

from collections import deque
from collections.abc import Callable, Iterator
from threading import Lock

BLANK = b"_:"
"""How a blank node's name begins; a text may hold it too."""

MOST = 64
"""Pieces that are kept at most: where there are more, the second stream leaves all to the first."""


class TwoStreams:
    """Pieces that two streams take as they need them; those with blank nodes are all the first's.

    Each load gives blank nodes names of its own. For threads.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Take none yet; none is empty."""
        self._pieces = pieces
        self._kept: deque[bytes] = deque()
        self._lock = Lock()

    def first(self) -> Iterator[bytes]:
        """Give what the second stream left, then what comes."""
        return self._taken(lambda: self._kept.popleft() if self._kept else self._next())

    def second(self) -> Iterator[bytes]:
        """Give what comes, and leave what holds blank nodes; end where that is too much."""
        return self._taken(self._without_blank_nodes)

    def _taken(self, take: Callable[[], bytes]) -> Iterator[bytes]:
        """Take one piece after another; the empty one is the end."""
        while piece := self._alone(take):
            yield piece

    def _alone(self, take: Callable[[], bytes]) -> bytes:
        """Take a piece while the other stream takes none."""
        with self._lock:
            return take()

    def _next(self) -> bytes:
        """Give the next piece, or the empty one."""
        return next(self._pieces, b"")

    def _without_blank_nodes(self) -> bytes:
        """Give the next piece without any, and keep those before it, as long as there is room."""
        while len(self._kept) < MOST:
            if BLANK not in (piece := self._next()):
                return piece
            self._kept.append(piece)
        return b""

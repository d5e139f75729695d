"""An answer on its way from a worker to a reader."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parvis.errors import LimitError, ParvisError, WorkerDied
from parvis.sandbox.worker import Worker


class Chunks(Iterator[bytes]):
    """The pieces of one answer; the worker is given back when they end, fail or are closed.

    What has already come is read at once, so that a small answer frees its worker before its
    reader has taken it. A failure is raised again at each further call: a cut answer never ends
    like a whole one. `release` is told whether the worker is still good.
    """

    def __init__(
        self, worker: Worker, seconds: float, largest: int, release: Callable[[bool], None]
    ) -> None:
        """Read from a worker that was just asked, for `seconds` and `largest` bytes at most."""
        self._worker = worker
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._largest = largest
        self._release: Callable[[bool], None] | None = release
        self._here: deque[bytes] = deque()
        self._size = 0
        self._failure: ParvisError | None = None

    def head(self) -> bytes:
        """Wait for the head, and for the first piece after it. To be called once, first."""
        head = self._receive()
        self._fetch()
        return head

    def __next__(self) -> bytes:
        """Give the next piece. Raises `LimitError` or `WorkerDied` when it cannot come."""
        if self._failure is not None:
            raise self._failure
        if not self._here and self._release is not None:
            self._fetch()
        if not self._here:
            raise StopIteration
        return self._here.popleft()

    @property
    def ended(self) -> bool:
        """Say whether the whole answer has come, and its worker is free."""
        return self._release is None and self._failure is None

    def close(self) -> None:
        """Leave the rest unread: its worker is ended, unless it had already finished."""
        self._done(good=False)
        self._here.clear()

    def __del__(self) -> None:
        """Close an answer that nobody read."""
        self.close()

    def _fetch(self) -> None:
        """Wait for one piece or the end, and take what came with it."""
        self._take(self._receive())
        while self._release is not None and self._worker.ready():
            self._take(self._receive())

    def _take(self, piece: bytes) -> None:
        """Hold a piece; the empty one is the end."""
        if not piece:
            self._done(good=True)
            return
        self._size += len(piece)
        if self._size > self._largest:
            raise self._failed(
                LimitError("the answer is larger than {limit} bytes", limit=self._largest)
            )
        self._here.append(piece)

    def _receive(self) -> bytes:
        """Wait for a frame until the time is over."""
        try:
            return self._worker.receive(self._deadline - time.monotonic())
        except TimeoutError as error:
            slow = LimitError(
                "the query took more than {seconds} seconds", seconds=f"{self._seconds:g}"
            )
            raise self._failed(slow) from error
        except WorkerDied as error:
            raise self._failed(error) from error

    def _failed(self, failure: ParvisError) -> ParvisError:
        """Remember a failure, and let the worker go."""
        self._failure = failure
        self._here.clear()
        self._done(good=False)
        return failure

    def _done(self, *, good: bool) -> None:
        """Give the worker back, once."""
        release, self._release = self._release, None
        if release is not None:
            release(good)


@dataclass(frozen=True)
class Answer:
    """An answer that has begun: ``bindings``, ``boolean`` or ``graph``, and its bytes."""

    kind: str
    media_type: str
    chunks: Chunks

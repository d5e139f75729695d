"""An answer on its way from a worker to a reader."""

import math
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import IO

from parvis.errors import (
    AnswerTooLarge,
    EngineFailed,
    LimitError,
    ParvisError,
    StoreError,
    WorkerDied,
)
from parvis.i18n import N_
from parvis.sandbox.scheduling import may_be_restored
from parvis.sandbox.worker import Worker
from parvis.store.query.request import TOO_MANY_ROWS
from parvis.store.query.turns import Turn

# Pieces of an answer that wait for their reader: some in memory, the others in a file.

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


ASIDE = 0.1
"""Seconds of work after which a query counts as long, and leaves its place to short ones."""

HEAVY = 0.2
"""Seconds of work after which a query gets the processor only when nobody else wants it.

So soon only where its worker can have its place back. A milder priority, 10 for 19, kept look-ups
waiting three times as long.
"""

FOR_GOOD = 1.0
"""The same where it cannot: its worker is then of no more use, and 50 ms are lost."""

WAITING = 0.1
"""What a second counts for that a query waited, for the disk or for its turn at the processor.

Where the machine is busy with other work, a small one that waited would else starve as heavy.
"""

FAULTS = frozenset({"SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"})
"""Signals by which a process ends itself: no one from outside did."""

FELL = N_(
    "the query made the engine fail ({how}), and would again: it is nested too deeply, wants too"
    " much memory, or sorts values that do not compare (“ORDER BY DATATYPE(?x) ?x” sorts such)"
)

Release = Callable[[bool, float], None]
"""Gives a worker back: whether it is still good, and how many seconds it was at work."""


@dataclass(frozen=True)
class Bounds:
    """What an answer may take: seconds, rows, bytes."""

    seconds: float
    rows: int
    bytes: int


def too_large(bounds: Bounds) -> AnswerTooLarge:
    """Say that an answer has too many bytes."""
    return AnswerTooLarge("the answer is larger than {limit} bytes", limit=bounds.bytes)


class Stream:
    """What a worker answers, taken from it as fast as it comes, so that no reader holds a worker.

    What the reader has not taken yet waits in a `Spool`. `release` is called once.
    """

    def __init__(
        self, worker: Worker, bounds: Bounds, turn: Turn, begun: float, release: Release
    ) -> None:
        """Read from a worker that was asked at `begun`, as time.monotonic() tells."""
        self._worker = worker
        self._bounds = bounds
        self._release: Release | None = release
        self._begun = begun
        self._used = worker.used
        heavy = HEAVY if may_be_restored() else FOR_GOOD
        steps = ((ASIDE, turn.step_aside), (ASIDE, worker.run_long), (heavy, worker.stand_back))
        self._later = deque(steps)
        self._look = ASIDE
        self._news = threading.Condition()
        self._spool = Spool()
        self._size = 0
        self._failure: ParvisError | None = None
        self._drained = False
        self._unwanted = False

    @property
    def ended(self) -> bool:
        """Say whether the whole answer has come, and its worker is free."""
        return self._release is None and self._failure is None

    def begin(self) -> bytes:
        """Give the head, when the first piece after it is there."""
        head = self._receive()
        self._hold(self._receive())
        while self._release is not None and self._worker.ready():
            self._hold(self._receive())
        return head

    def take(self) -> bytes:
        """Wait for a piece; the empty one is the end. Raises what went wrong, each time.

        The others come by a thread, however slow the reader is.
        """
        if self._to_be_drained():
            threading.Thread(target=self._drain, daemon=True).start()
        with self._news:
            self._news.wait_for(lambda: self._spool or self._release is None)
            if self._failure is not None:
                raise self._failure
            if self._spool:
                return self._spool.take()
            self._spool.clear()
            return b""

    def finish(self) -> int:
        """Take the whole answer from its worker; gives its bytes. Raises what went wrong."""
        if self._to_be_drained():
            self._drain()
        with self._news:
            self._news.wait_for(lambda: self._release is None)
            if self._failure is not None:
                raise self._failure
            return self._size

    def abandon(self) -> None:
        """Leave the rest: its worker is ended, unless it had already finished."""
        with self._news:
            self._unwanted = True
            self._spool.clear()
            if self._release is not None:
                self._worker.interrupt()
        if not self._drained:
            self._done(good=False)

    def _to_be_drained(self) -> bool:
        """Say whether the rest is still to be taken from the worker: to the first who asks."""
        with self._news:
            wanted = self._release is not None and not self._drained
            self._drained |= wanted
        return wanted

    def _drain(self) -> None:
        """Take the answer from its worker to the end."""
        try:
            while self._release is not None:
                self._hold(self._receive())
        except ParvisError:
            return  # it is kept for the reader
        except OSError as error:  # the disk is full
            self._fail(StoreError("an answer could not be kept on disk: {reason}", reason=error))

    def _hold(self, piece: bytes) -> None:
        """Hold a piece for the reader; the empty one is the end."""
        if not piece:
            self._done(good=True)
            return
        self._size += len(piece)
        if self._size > self._bounds.bytes:
            raise self._fail(too_large(self._bounds))
        with self._news:
            if not self._unwanted:
                self._spool.put(piece)
            self._news.notify()

    def _receive(self) -> bytes:
        """Wait for a frame until the time is over; a query that lasts makes room meanwhile."""
        while (spent := time.monotonic() - self._begun) < self._bounds.seconds:
            if spent >= self._look:
                self._make_room(spent)
            try:
                return self._worker.receive(min(self._look, self._bounds.seconds) - spent)
            except TimeoutError:
                continue
            except WorkerDied as error:
                raise self._fail(self._death(error)) from error
        raise self._fail(
            LimitError(
                "the query took more than {seconds} seconds",
                seconds=f"{self._bounds.seconds:g}",
            )
        )

    def _make_room(self, spent: float) -> None:
        """Do what the work until now calls for, and tell when to look again."""
        work = max(self._worker.used - self._used, WAITING * spent)
        while self._later and work >= self._later[0][0]:
            self._later.popleft()[1]()
        self._look = spent + max(self._later[0][0] - work, ASIDE) if self._later else math.inf

    def _death(self, error: WorkerDied) -> ParvisError:
        """Say why a worker ended: too many rows, the query itself, or something else."""
        how = error.fields.get("how")
        if how == f"exit {TOO_MANY_ROWS}":
            return AnswerTooLarge("the answer has more than {limit} rows", limit=self._bounds.rows)
        return EngineFailed(FELL, how=how) if how in FAULTS else error

    def _fail(self, failure: ParvisError) -> ParvisError:
        """Remember a failure, and let the worker go."""
        with self._news:
            self._failure = failure
            self._spool.clear()
        self._done(good=False)
        return failure

    def _done(self, *, good: bool) -> None:
        """Give the worker back, once."""
        with self._news:
            release, self._release = self._release, None
            self._news.notify()
        if release is not None:
            release(good, time.monotonic() - self._begun)


class Chunks(Iterator[bytes]):
    """The pieces of one answer; a reader's turn ends when they end, fail or are closed.

    A small answer has come, its worker is free and its turn over, before its reader has taken it. A
    failure is raised again at each further call: a cut answer never ends like a whole one.
    """

    def __init__(self, stream: Stream, turn: Turn, left: "Left") -> None:
        """Take from a stream; `left` is for who goes without a word."""
        self._stream = stream
        self._turn = turn
        self._left = left
        self._closed = False

    @property
    def ended(self) -> bool:
        """Say whether the whole answer has come, and its worker is free."""
        return self._stream.ended

    def whole(self) -> int:
        """Wait until all has come; gives its bytes. Raises what went wrong."""
        try:
            return self._stream.finish()
        except ParvisError:
            self._turn.end()
            raise

    def head(self) -> bytes:
        """Wait for the head, and for the first piece after it. To be called once, first."""
        head = self._stream.begin()
        if self._stream.ended:
            self._turn.end()
        return head

    def __next__(self) -> bytes:
        """Give the next piece. Raises `LimitError` or `WorkerDied` when it cannot come."""
        try:
            piece = self._stream.take()
        except ParvisError:
            self._over()
            raise
        if not piece:
            self._over()
            raise StopIteration
        return piece

    def _over(self) -> None:
        """End the turn of an answer of which nothing is left to close."""
        self._closed = True
        self._turn.end()

    def close(self) -> None:
        """Leave the rest unread: its worker is ended, unless it had already finished."""
        self._closed = True
        let_go(self._stream, self._turn)

    def __del__(self) -> None:
        """Have an answer closed that nobody read: here, a lock may be held by this very thread."""
        if not self._closed:
            self._left.put((self._stream, self._turn))


class Ready(Iterator[bytes]):
    """A whole answer, as if it came in pieces: nothing to wait for, and no work to stop."""

    ended = True

    def __init__(self, body: bytes) -> None:
        """Give the body in one piece, if it has any."""
        self._size = len(body)
        self._pieces = iter((body,) if body else ())

    def whole(self) -> int:
        """Give its bytes."""
        return self._size

    def __next__(self) -> bytes:
        """Give the body, then no more."""
        return next(self._pieces)

    def close(self) -> None:
        """Do nothing."""


Left = SimpleQueue[tuple[Stream, Turn] | None]
"""Answers that nobody read, on their way to be closed; None is the end."""


def let_go(stream: Stream, turn: Turn) -> None:
    """Close what is left of an answer."""
    stream.abandon()
    turn.end()


def sweep(left: Left) -> None:
    """Close what nobody read, until the end."""
    while (found := left.get()) is not None:
        let_go(*found)


@dataclass(frozen=True)
class Answer:
    """An answer that has begun: ``bindings``, ``boolean`` or ``graph``, and its bytes.

    `quick` says that it would be given again as fast as if it were kept.
    """

    kind: str
    media_type: str
    chunks: Chunks | Ready
    quick: bool = False

"""Carry an answer from a worker to a reader."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final, Protocol

from parvis.errors import (
    AnswerTooLarge,
    EngineFailed,
    LimitError,
    ParvisError,
    SheetError,
    StoreError,
    WorkerDied,
)
from parvis.i18n import N_
from parvis.rdf.formats import NO_JSON_LD
from parvis.sandbox.processes import may_be_restored
from parvis.sandbox.worker import Worker
from parvis.store.query.request import NO_FORM, TOO_MANY_ROWS
from parvis.store.query.spool import Spool
from parvis.store.query.turns import Turn

ASIDE = 0.1
"""Seconds of work after which a query counts as long, and yields its slot to short ones."""

HEAVY = 0.2
"""Seconds of work after which a query gets the lowest priority.

So soon only where the priority of its worker can be restored. With niceness 10 instead of 19, short
queries waited three times as long.
"""

FOR_GOOD = 1.0
"""The same where it cannot: the worker must then be replaced, which costs 50 ms."""

WAITING = 0.1
"""The weight of a second that a query waited, for the disk or the processor.

Otherwise a small query that waited on a busy machine would be treated as heavy, and starve.
"""

STARVED, SERVED = 2.0, 0.25
"""Seconds after which a query that had less of them than this share gets its priority back.

While other programs keep all cores busy, the lowest priority has a sixtieth of one: a query of half
a second would be refused at its limit of ten.
"""

FAULTS = frozenset({"SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"})
"""Signals by which a process ends itself, unlike those sent from outside."""

FELL = N_(
    "the query is too heavy: it was stopped after {spent} of the {seconds} seconds that it may"
    " take. It joins or sorts too much, is nested too deeply, or sorts values that do not compare"
    " (“ORDER BY DATATYPE(?x) ?x” sorts such): ask for less, by LIMIT or by more conditions"
)
TOO_LONG = N_(
    "too long: the query took more than {seconds} s; ask for less at once (a class, a dataset, a"
    " period, LIMIT)"
)

Release = Callable[[bool, float], None]
"""Returns a worker to the pool: whether it is still good, and the seconds it worked."""


@dataclass(frozen=True)
class AnswerBounds:
    """The limits of an answer: seconds, rows, bytes."""

    seconds: float
    rows: int
    bytes: int


def too_large(bounds: AnswerBounds) -> AnswerTooLarge:
    return AnswerTooLarge("the answer is larger than {limit} bytes", limit=bounds.bytes)


class Stream:
    """The answer of a worker, read as fast as it comes, so that a slow reader blocks no worker.

    What the reader has not taken yet waits in a `Spool`. `release` is called once.
    """

    def __init__(
        self, worker: Worker, bounds: AnswerBounds, turn: Turn, begun: float, release: Release
    ) -> None:
        """Read from a worker that was asked at `begun`, by time.monotonic()."""
        self._worker = worker
        self._bounds = bounds
        self._release: Release | None = release
        self._start_time = begun
        self._used_before = worker.used_seconds
        heavy = HEAVY if may_be_restored() else FOR_GOOD
        escalations = (
            (ASIDE, turn.step_aside),
            (ASIDE, worker.lengthen_slice),
            (heavy, worker.lower_priority),
        )
        self._escalations = deque(escalations)
        self._next_check = ASIDE
        self._news = threading.Condition()
        self._spool = Spool()
        self._size = 0
        self._failure: ParvisError | None = None
        self._claimed = False
        self._abandoned = False

    @property
    def is_complete(self) -> bool:
        """Return whether the whole answer has come, so that its worker is free."""
        return self._release is None and self._failure is None

    def begin(self) -> bytes:
        """Return the head, once the first piece after it has come."""
        head = self._receive()
        self._store_piece(self._receive())
        while self._release is not None and self._worker.ready():
            self._store_piece(self._receive())
        return head

    def take(self) -> bytes:
        """Wait for a piece; empty at the end. Raises the failure of the answer, at each call."""
        # A thread reads ahead, so that the worker is free however slow the reader is.
        if self._claim_draining():
            threading.Thread(target=self._read_to_end, daemon=True).start()
        with self._news:
            self._news.wait_for(lambda: self._spool or self._release is None)
            if self._failure is not None:
                raise self._failure
            if self._spool:
                return self._spool.take()
            self._spool.clear()
            return b""

    def finish(self) -> int:
        """Read the whole answer from its worker; return its bytes. Raises the failure."""
        if self._claim_draining():
            self._read_to_end()
        with self._news:
            self._news.wait_for(lambda: self._release is None)
            if self._failure is not None:
                raise self._failure
            return self._size

    def abandon(self) -> None:
        """Discard the remainder: its worker is killed, unless it has already finished."""
        with self._news:
            self._abandoned = True
            self._spool.clear()
            if self._release is not None:
                self._worker.interrupt()
        if not self._claimed:
            self._release_worker(good=False)

    def _claim_draining(self) -> bool:
        """Return whether the caller has to read the remainder: true once, for the first caller."""
        with self._news:
            is_first = self._release is not None and not self._claimed
            self._claimed |= is_first
        return is_first

    def _read_to_end(self) -> None:
        try:
            while self._release is not None:
                self._store_piece(self._receive())
        except ParvisError:
            return  # the reader gets it
        except OSError as error:  # the disk is full
            self._fail(StoreError("an answer could not be kept on disk: {reason}", reason=error))

    def _store_piece(self, piece: bytes) -> None:
        """Store a piece for the reader; the empty one is the end."""
        if not piece:
            self._release_worker(good=True)
            return
        self._size += len(piece)
        if self._size > self._bounds.bytes:
            raise self._fail(too_large(self._bounds))
        with self._news:
            if not self._abandoned:
                self._spool.put(piece)
            self._news.notify()

    def _receive(self) -> bytes:
        """Wait for a frame until the time limit; escalate a long query meanwhile."""
        limit = self._bounds.seconds
        while (spent := time.monotonic() - self._start_time) < limit:
            if spent >= self._next_check:
                self._escalate(spent)
            try:
                return self._worker.receive(min(self._next_check, limit) - spent)
            except TimeoutError:
                continue
            except WorkerDied as error:
                how = error.fields.get("how")
                failure: ParvisError = error
                if how == f"exit {TOO_MANY_ROWS}":
                    rows = self._bounds.rows
                    failure = AnswerTooLarge("the answer has more than {limit} rows", limit=rows)
                elif how == f"exit {NO_FORM}":
                    failure = SheetError(NO_JSON_LD)
                elif how in FAULTS:
                    # Which signal ended the process helps nobody who wrote the query.
                    failure = EngineFailed(
                        FELL, spent=math.ceil(spent), seconds=f"{limit:g}", how=how
                    )
                raise self._fail(failure) from error
        raise self._fail(LimitError(TOO_LONG, seconds=f"{limit:g}"))

    def _escalate(self, spent: float) -> None:
        """Apply the steps due for the work done until now, and decide when to look again."""
        used = self._worker.used_seconds - self._used_before
        work = max(used, WAITING * spent)
        is_lowered = False
        while self._escalations and work >= self._escalations[0][0]:
            self._escalations.popleft()[1]()
            is_lowered = True
        if self._escalations:
            self._next_check = spent + max(self._escalations[0][0] - work, ASIDE)
        elif spent < STARVED:
            self._next_check = STARVED
        elif is_lowered:
            self._next_check = spent + STARVED
        else:
            self._next_check = math.inf
            if used < SERVED * spent and self._worker.restore_priority():
                # For some of the processor: then others go first again.
                self._escalations.append((work + FOR_GOOD, self._worker.lower_priority))
                self._next_check = spent + FOR_GOOD

    def _fail(self, failure: ParvisError) -> ParvisError:
        with self._news:
            self._failure = failure
            self._spool.clear()
        self._release_worker(good=False)
        return failure

    def _release_worker(self, *, good: bool) -> None:
        with self._news:
            release, self._release = self._release, None
            self._news.notify()
        if release is not None:
            release(good, time.monotonic() - self._start_time)


class AnswerPieces(Protocol):
    """The pieces of one answer."""

    @property
    def is_complete(self) -> bool: ...
    def read_all(self) -> int: ...
    def __next__(self) -> bytes: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def close(self) -> None: ...


class AnswerChunks(Iterator[bytes]):
    """The pieces of one answer; a reader's turn ends when they end, fail or are closed.

    A failure is raised again at each further call, so that a cut answer never ends like a whole
    one.
    """

    def __init__(self, stream: Stream, turn: Turn, left: "UnreadAnswers") -> None:
        """Take from a stream; `left` collects answers that are never closed."""
        self._stream = stream
        self._turn = turn
        self._left = left
        self._closed = False

    @property
    def is_complete(self) -> bool:
        """Return whether the whole answer has come, so that its worker is free."""
        return self._stream.is_complete

    def read_all(self) -> int:
        """Wait for the whole answer; return its bytes. Raises the failure."""
        try:
            return self._stream.finish()
        except ParvisError:
            self._turn.end()
            raise

    def head(self) -> bytes:
        """Wait for the head, and for the first piece after it. Call it once, first."""
        head = self._stream.begin()
        if self._stream.is_complete:  # a small answer frees its turn before its reader has taken it
            self._turn.end()
        return head

    def __next__(self) -> bytes:
        try:
            piece = self._stream.take()
        except ParvisError:
            self._end_turn()
            raise
        if not piece:
            self._end_turn()
            raise StopIteration
        return piece

    def _end_turn(self) -> None:
        self._closed = True
        self._turn.end()

    def close(self) -> None:
        """Discard the remainder: its worker is killed, unless it has already finished."""
        self._closed = True
        discard_answer(self._stream, self._turn)

    def __del__(self) -> None:
        # This thread may hold a lock here, so another one closes the answer.
        if not self._closed:
            self._left.put((self._stream, self._turn))


class CompleteAnswer(Iterator[bytes]):
    """A whole answer with the interface of `AnswerChunks`."""

    is_complete: Final = True

    def __init__(self, body: bytes) -> None:
        self._size = len(body)
        self._pieces = iter((body,) if body else ())

    def read_all(self) -> int:
        return self._size

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Do nothing."""


UnreadAnswers = SimpleQueue[tuple[Stream, Turn] | None]
"""Unread answers that have to be closed; None is the end."""


def discard_answer(stream: Stream, turn: Turn) -> None:
    stream.abandon()
    turn.end()


def close_unread(left: UnreadAnswers) -> None:
    """Close unread answers, until the end."""
    while (entry := left.get()) is not None:
        discard_answer(*entry)


@dataclass(frozen=True)
class WorkerAnswer:
    """An answer that has begun: ``bindings``, ``boolean`` or ``graph``, and its bytes.

    `quick` means that evaluating it again is as fast as reading it from a cache; `worked` are the
    seconds of processor until it began, 0 for one that came at once.
    """

    kind: str
    media_type: str
    chunks: AnswerPieces
    quick: bool = False
    worked: float = 0

"""The pool of query workers: a query that fails or hangs affects only its own answer."""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

from parvis.config import Limits, Share
from parvis.errors import AnswerTooLarge, FetchError, QueryError, SheetError, StoreError, WorkerDied
from parvis.sandbox.worker import Worker
from parvis.store.query.answer import (
    ASIDE,
    AnswerBounds,
    AnswerChunks,
    CompleteAnswer,
    Stream,
    UnreadAnswers,
    WorkerAnswer,
    close_unread,
    too_large,
)
from parvis.store.query.lanes import Lanes
from parvis.store.query.request import WorkerRequest
from parvis.store.query.turns import Turns
from parvis.vocab.namespaces import PREFIXES

AT_ONCE = ASIDE
"""Seconds within which most answers are complete, so that they need no `Stream`."""

KINDS = {
    error.__name__: error
    for error in (QueryError, AnswerTooLarge, SheetError, StoreError, FetchError)
}
"""The errors that a worker may report."""


@dataclass(frozen=True)
class QueryReader:
    """A reader: the key of its share, the share itself, and a callback for the seconds it used."""

    key: str
    share: Share
    spent: Callable[[float], None] = lambda _: None


@dataclass(frozen=True)
class WorkerProgram:
    """The module that query workers run, and its settings beside memory and prefixes.

    `works` means that they evaluate queries themselves, so that their time shows which are short.
    """

    module: str
    opening: Mapping[str, Any] = field(default_factory=dict)
    works: bool = True


class QueryPool:
    """Query workers over any number of stores, scheduled by turns, each reader within its share.

    Short queries go to `Lanes`, all others to a worker of their own. Idle workers are kept for the
    next query of the same store, also of an earlier generation; the oldest beyond the limit, and
    those of a deleted generation, are ended. Thread-safe.
    """

    def __init__(self, limits: Limits, program: WorkerProgram | None = None) -> None:
        """Start no worker yet; they run `program`, by default that of embedded stores."""
        self._limits = limits
        self._program = program or WorkerProgram("parvis.store.query.query_process")
        opening = {"memory": limits.worker_memory, "prefixes": PREFIXES, **self._program.opening}
        self._opening = json.dumps(opening).encode()
        self._lanes = Lanes(self._program.module, self._opening, learning=self._program.works)
        # Queries of parvis itself: they have limits, but need not share.
        share = limits.shares["anonymous"]
        self._nobody = QueryReader("", replace(share, parallel=sys.maxsize))
        self._lock = threading.Lock()
        self._turns = Turns(limits.workers, limits.long, limits.queue)
        self._idle: deque[tuple[Path, Worker]] = deque()
        self._busy: set[Worker] = set()
        self._closed = False
        self._left: UnreadAnswers = SimpleQueue()
        threading.Thread(target=close_unread, args=(self._left,), daemon=True).start()

    def ask(
        self, store: Path, request: WorkerRequest, asker: QueryReader | None = None
    ) -> WorkerAnswer:
        """Begin to answer a query over a store; return when its first piece has come.

        Raises `QueryError`, `LimitError` (no turn, too slow, too large) or `WorkerDied`, which is
        an `EngineFailed` if the query itself caused it. A `LimitError` with a field `retry` may be
        retried after so many seconds.
        """
        limit = self._limits.query_bytes
        if not request.is_expanded and len(request.query.encode()) > limit:
            raise QueryError("the query is longer than {limit} bytes", limit=limit)
        asker = asker or self._nobody
        share = asker.share
        bounds = AnswerBounds(request.seconds or share.seconds, share.rows, share.bytes)
        if (short := self._lanes.ask(store, request, bounds.rows)) is not None:
            asker.spent(short[1])
            return _to_answer(short[0], bounds, quick=True)
        with self._turns.take(asker.key, share.parallel, bounds.seconds) as turn:
            begun = time.monotonic()
            worker, is_new = self._send(store, request.to_frame(bounds.seconds, bounds.rows))
            before = worker.used_seconds
            if (frames := worker.receive_at_once(AT_ONCE)) is not None:
                if not is_new:  # a new one has opened its store too
                    self._lanes.learn(request.query, worker.used_seconds - before)
                self._give_back(store, worker, good=True)
                asker.spent(time.monotonic() - begun)
                return _to_answer(frames, bounds)

            def release(good: bool, seconds: float) -> None:  # noqa: FBT001 - a callback
                if not (good and is_new):
                    self._lanes.learn(request.query, AT_ONCE)
                self._give_back(store, worker, good=good)
                turn.leave()
                asker.spent(seconds)

            chunks = AnswerChunks(Stream(worker, bounds, turn, begun, release), turn, self._left)
            with ExitStack() as undo:
                undo.callback(chunks.close)
                head = _read_head(chunks.head())
                undo.pop_all()
            turn.lasts = True
            worked = worker.used_seconds - before
            return WorkerAnswer(head["kind"], head["media"], chunks, worked=worked)

    def load(self) -> dict[str, int]:
        """Count queries by state: ``busy``, ``aside`` (long ones) and ``waiting``."""
        return self._turns.load()

    def close(self) -> None:
        """End every worker; answers in progress are cut."""
        self._turns.close()
        self._lanes.close()
        self._left.put(None)
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, deque()
            for worker in self._busy:
                worker.interrupt()
        for _, worker in idle:
            worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, store: Path, frame: bytes) -> tuple[Worker, bool]:
        """Send a question to a worker; return it and whether it is new."""
        while True:
            worker, is_new = self._take(store)
            try:
                worker.send(frame)
            except WorkerDied:  # perhaps while it was idle
                self._give_back(store, worker, good=False)
                if is_new:
                    raise
            else:
                return worker, is_new

    def _take(self, store: Path) -> tuple[Worker, bool]:
        """Return an idle worker of a store, or a new one, and whether it is new."""
        with ExitStack() as discarded, self._lock:
            if self._closed:
                raise StoreError("the query pool is closed")
            # The last at work first: its caches are warm.
            idle = next((entry for entry in reversed(self._idle) if entry[0] == store), None)
            if idle is not None:
                self._idle.remove(idle)
                worker = idle[1]
            else:
                # Remove the workers of deleted stores, and the oldest beyond the limit.
                existing = [entry for entry in self._idle if entry[0].is_dir()]
                needed = existing[max(len(existing) - self._limits.workers + 1, 0) :]
                # They end after the lock is free, even if no new worker can be started.
                for entry in self._idle:
                    if entry not in needed:
                        discarded.callback(entry[1].kill)
                self._idle = deque(needed)
                worker = Worker(self._program.module, str(store))
                worker.send(self._opening)
            self._busy.add(worker)
        if idle is None:
            self._lanes.tidy()
        return worker, idle is None

    def _give_back(self, store: Path, worker: Worker, *, good: bool) -> None:
        """Keep a worker for the next query, if it is still good and there are not too many."""
        with self._lock:
            self._busy.discard(worker)
            is_reusable = (
                good
                and not self._closed
                and len(self._idle) < 2 * self._limits.workers
                and worker.restore_priority()
            )
            if is_reusable:
                self._idle.append((store, worker))
        if not is_reusable:
            worker.kill()


def _to_answer(
    frames: Sequence[bytes], bounds: AnswerBounds, *, quick: bool = False
) -> WorkerAnswer:
    """Return a complete answer. Raises the error that it reports, and `AnswerTooLarge`."""
    head = _read_head(frames[0])
    body = b"".join(frames[1:])
    if len(body) > bounds.bytes:
        raise too_large(bounds)
    return WorkerAnswer(head["kind"], head["media"], CompleteAnswer(body), quick)


def _read_head(frame: bytes) -> dict[str, str]:
    """Read the head of an answer. Raises the error that it reports, one of `KINDS`."""
    head: dict[str, Any] = _parse(frame)
    if "error" in head:
        raise KINDS[head["kind"]](head["error"], **head["fields"])
    return head


_parse = lru_cache(64)(json.loads)  # most answers have one of a few heads

"""The pool of query workers: one reader's query can hurt that reader's answer only."""

import json
import threading
from collections import deque
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from parvis.config import Limits
from parvis.errors import LimitError, QueryError, StoreError
from parvis.sandbox.worker import Worker
from parvis.store.answer import Answer, Chunks
from parvis.store.request import Request
from parvis.vocab.namespaces import PREFIXES

RETRY = 2
"""Seconds after which a reader who was turned away may try again."""


class QueryPool:
    """Query workers over any number of stores, at most `limits.workers` at work at a time.

    Idle workers are kept for the next query of the same store, an earlier generation's too, and
    the oldest go when there are too many; those of a deleted generation always do. For threads.
    """

    def __init__(self, limits: Limits) -> None:
        """Start nothing yet."""
        self._limits = limits
        self._turn = threading.Condition()
        self._idle: deque[tuple[Path, Worker]] = deque()
        self._busy: set[Worker] = set()
        self._waiting = 0
        self._closed = False

    def ask(self, store: Path, request: Request) -> Answer:
        """Begin to answer a query over a store: returns when the first piece of it is there.

        Raises `QueryError`, `LimitError` (no worker free, too slow, too large) or `WorkerDied`.
        A `LimitError` with a field `retry` is worth trying again, after so many seconds.
        """
        self._refuse_long(request.query)
        seconds = request.seconds or self._limits.seconds
        worker = self._take(store, seconds)
        release = partial(self._give_back, store, worker)
        chunks = Chunks(worker, seconds, self._limits.answer_bytes, release)
        with ExitStack() as undo:
            undo.callback(chunks.close)
            worker.send(request.packed(seconds))
            head = json.loads(chunks.head())
            undo.pop_all()
        if "error" in head:
            template, fields = head["error"], head["fields"]
            raise QueryError(template, **fields)
        return Answer(head["kind"], head["media"], chunks)

    def close(self) -> None:
        """End every worker; answers on their way end cut."""
        with self._turn:
            self._closed = True
            idle, self._idle = self._idle, deque()
            for worker in self._busy:
                worker.interrupt()
            self._turn.notify_all()
        for _, worker in idle:
            worker.kill()

    def __enter__(self) -> Self:
        """Give the pool."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every worker."""
        self.close()

    def _refuse_long(self, query: str) -> None:
        """Refuse a text longer than the limit."""
        limit = self._limits.query_bytes
        if len(query.encode()) > limit:
            raise QueryError("the query is longer than {limit} bytes", limit=limit)

    def _take(self, store: Path, seconds: float) -> Worker:
        """Wait for a turn, then give an idle worker of the store, or a new one."""
        with self._turn:
            self._await_turn(seconds)
            worker = self._pop_idle(store)
            unneeded = [] if worker else self._pop_unneeded()
            worker = worker or self._started(store)
            self._busy.add(worker)
        for other in unneeded:
            other.kill()
        return worker

    def _await_turn(self, seconds: float) -> None:
        """Wait until fewer workers are busy than may be; the queue is bounded too."""
        if self._free():
            return
        if self._waiting >= self._limits.queue:
            raise self._turned_away()
        self._waiting += 1
        try:
            free = self._turn.wait_for(self._free, seconds)
        finally:
            self._waiting -= 1
        if not free:
            raise self._turned_away()

    def _free(self) -> bool:
        """Say whether one more may work. Raises `StoreError` after the end."""
        if self._closed:
            raise StoreError("the query pool is closed")
        return len(self._busy) < self._limits.workers

    def _turned_away(self) -> LimitError:
        """Say that there are too many queries."""
        return LimitError(
            "{workers} queries are being answered, as many as there may be at once;"
            " try again in {retry} seconds",
            workers=self._limits.workers,
            retry=RETRY,
        )

    def _pop_idle(self, store: Path) -> Worker | None:
        """Take a living idle worker of a store, if there is one."""
        for known in [known for known in self._idle if known[0] == store]:
            self._idle.remove(known)
            if known[1].alive:
                return known[1]
            known[1].kill()
        return None

    def _pop_unneeded(self) -> list[Worker]:
        """Take the idle workers of what is deleted, and the oldest beyond the limit."""
        room = self._limits.workers - len(self._busy) - 1
        same = [known for known in self._idle if known[0].is_dir()]
        kept = same[max(len(same) - room, 0) :]
        unneeded = [worker for known, worker in self._idle if (known, worker) not in kept]
        self._idle = deque(kept)
        return unneeded

    def _started(self, store: Path) -> Worker:
        """Start a worker; what it opens is not waited for."""
        worker = Worker("parvis.store.worker", str(store))
        opening = {"memory": self._limits.worker_memory, "prefixes": PREFIXES}
        worker.send(json.dumps(opening).encode())
        return worker

    def _give_back(self, store: Path, worker: Worker, good: bool) -> None:  # noqa: FBT001 - a callback
        """Let the next reader have a turn; the worker, if it is still good, may serve it."""
        with self._turn:
            self._busy.discard(worker)
            kept = good and not self._closed
            if kept:
                self._idle.append((store, worker))
            self._turn.notify()
        if not kept:
            worker.kill()

"""The pool of query workers: one reader's query can hurt that reader's answer only."""

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
from types import TracebackType
from typing import Any, Self, cast

from parvis.config import Limits, Share
from parvis.errors import AnswerTooLarge, FetchError, QueryError, StoreError, WorkerDied
from parvis.sandbox.worker import Worker
from parvis.store.query.answer import (
    ASIDE,
    Answer,
    Bounds,
    Chunks,
    Left,
    Ready,
    Stream,
    sweep,
    too_large,
)
from parvis.store.query.lanes import Lanes
from parvis.store.query.request import Request
from parvis.store.query.turns import Turn, Turns
from parvis.vocab.namespaces import PREFIXES

AT_ONCE = ASIDE
"""Seconds within which most answers have come whole, and need nothing that lasts."""

KINDS = {one.__name__: one for one in (QueryError, AnswerTooLarge, StoreError, FetchError)}
"""What a worker may answer with instead."""


def _ignored(seconds: float) -> None:
    """Charge nobody."""


@dataclass(frozen=True)
class Asker:
    """Who asks, known by a key, what that reader may take, and where its seconds are told."""

    key: str
    share: Share
    spent: Callable[[float], None] = _ignored


@dataclass(frozen=True)
class Program:
    """What query workers run, and what each is told beside its memory and the prefixes.

    `works` says that they evaluate queries themselves, so that their time tells which are quick.
    """

    module: str
    opening: Mapping[str, Any] = field(default_factory=dict)
    works: bool = True


class QueryPool:
    """Query workers over any number of stores, in turns, each reader within its share.

    Look-ups go by `Lanes`, all else to a worker of its own. Idle ones are kept for the next query
    of the same store, an earlier generation's too, and the oldest go when there are too many; those
    of a deleted generation always do. For threads.
    """

    def __init__(self, limits: Limits, program: Program | None = None) -> None:
        """Start nothing yet; the workers run `program`, by default that of embedded stores."""
        self._limits = limits
        self._program = program or Program("parvis.store.query.worker")
        told = {"memory": limits.worker_memory, "prefixes": PREFIXES, **self._program.opening}
        self._opening = json.dumps(told).encode()
        self._lanes = Lanes(self._program.module, self._opening, learning=self._program.works)
        share = limits.share("anonymous")
        self._nobody = Asker("", replace(share, parallel=sys.maxsize))
        self._lock = threading.Lock()
        self._turns = Turns(limits.workers, limits.long, limits.queue)
        self._idle: deque[tuple[Path, Worker]] = deque()
        self._busy: set[Worker] = set()
        self._closed = False
        self._left: Left = SimpleQueue()
        threading.Thread(target=sweep, args=(self._left,), daemon=True).start()

    def ask(self, store: Path, request: Request, asker: Asker | None = None) -> Answer:
        """Begin to answer a query over a store: returns when the first piece of it is there.

        Raises `QueryError`, `LimitError` (no turn, too slow, too large) or `WorkerDied`, which is
        an `EngineFailed` if the query itself did it.
        A `LimitError` with a field `retry` is worth trying again, after so many seconds.
        """
        self._refuse_long(request.query)
        asker = asker or self._nobody
        share = asker.share
        bounds = Bounds(request.seconds or share.seconds, share.rows, share.bytes)
        if (answer := self._looked_up(store, request, bounds, asker)) is not None:
            return answer
        with self._turns.take(asker.key, share.parallel, bounds.seconds) as turn:
            begun = time.monotonic()
            worker, is_new = self._asked(store, request.packed(bounds.seconds, bounds.rows))
            before = worker.used
            if (frames := worker.at_once(AT_ONCE)) is not None:
                if not is_new:  # a new one has opened its store too
                    self._lanes.learn(request.query, worker.used - before)
                self._give_back(store, worker, good=True)
                asker.spent(time.monotonic() - begun)
                return _ready(frames, bounds)

            def release(good: bool, seconds: float) -> None:  # noqa: FBT001 - a callback
                if not (good and is_new):
                    self._lanes.learn(request.query, AT_ONCE)
                self._give_back(store, worker, good=good)
                turn.leave()
                asker.spent(seconds)

            return self._lasting(Stream(worker, bounds, turn, begun, release), turn)

    def _looked_up(
        self, store: Path, request: Request, bounds: Bounds, asker: Asker
    ) -> Answer | None:
        """Answer what is known to be a look-up; None where it is not answered at once."""
        told = self._lanes.ask(store, request, bounds.rows)
        if told is None:
            return None
        frames, seconds = told
        asker.spent(seconds)
        return _ready(frames, bounds, quick=True)

    def _lasting(self, stream: Stream, turn: Turn) -> Answer:
        """Give an answer that takes its time, and its reader's turn with it."""
        chunks = Chunks(stream, turn, self._left)
        with ExitStack() as undo:
            undo.callback(chunks.close)
            head = _head(chunks.head())
            undo.pop_all()
        turn.lasts = True
        return Answer(head["kind"], head["media"], chunks)

    def load(self) -> dict[str, int]:
        """Count queries by state: ``busy``, ``aside`` (long ones) and ``waiting``."""
        return self._turns.load()

    def close(self) -> None:
        """End every worker; answers on their way end cut."""
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

    def _asked(self, store: Path, frame: bytes) -> tuple[Worker, bool]:
        """Send a question to a worker, and say whether it is new.

        One that died while it was idle is passed over.
        """
        while True:
            worker, is_new = self._take(store)
            try:
                worker.send(frame)
            except WorkerDied:
                self._give_back(store, worker, good=False)
                if is_new:
                    raise
            else:
                return worker, is_new

    def _take(self, store: Path) -> tuple[Worker, bool]:
        """Give an idle worker of a store, or a new one, and say which of the two it is."""
        with self._lock:
            if self._closed:
                raise StoreError("the query pool is closed")
            idle = self._pop_idle(store)
            unneeded = [] if idle else self._pop_unneeded()
            worker = idle or self._started(store)
            self._busy.add(worker)
        for other in unneeded:
            other.kill()
        if idle is None:
            self._lanes.tidy()
        return worker, idle is None

    def _pop_idle(self, store: Path) -> Worker | None:
        """Take an idle worker of a store, the last at work first: its caches are warm."""
        for known in reversed(self._idle):
            if known[0] == store:
                self._idle.remove(known)
                return known[1]
        return None

    def _pop_unneeded(self) -> list[Worker]:
        """Take the idle workers of what is deleted, and the oldest beyond the limit."""
        same = [known for known in self._idle if known[0].is_dir()]
        kept = same[max(len(same) - self._limits.workers + 1, 0) :]
        unneeded = [worker for known, worker in self._idle if (known, worker) not in kept]
        self._idle = deque(kept)
        return unneeded

    def _started(self, store: Path) -> Worker:
        """Start a worker; what it opens is not waited for."""
        worker = Worker(self._program.module, str(store))
        worker.send(self._opening)
        return worker

    def _give_back(self, store: Path, worker: Worker, *, good: bool) -> None:
        """Keep a worker for the next query, if it is still good and there are not too many."""
        with self._lock:
            self._busy.discard(worker)
            kept = good and not self._closed and len(self._idle) < 2 * self._limits.workers
            kept = kept and worker.come_forward()
            if kept:
                self._idle.append((store, worker))
        if not kept:
            worker.kill()


def _ready(frames: Sequence[bytes], bounds: Bounds, *, quick: bool = False) -> Answer:
    """Give an answer that has come whole. Raises what it tells, and `AnswerTooLarge`."""
    head = _head(frames[0])
    body = b"".join(frames[1:])
    if len(body) > bounds.bytes:
        raise too_large(bounds)
    return Answer(head["kind"], head["media"], Ready(body), quick)


def _head(frame: bytes) -> dict[str, str]:
    """Read the head of an answer. Raises what it tells of instead, one of `KINDS`."""
    head = _told(frame)
    if "error" in head:
        raise KINDS[head["kind"]](head["error"], **head["fields"])
    return head


@lru_cache(64)
def _told(frame: bytes) -> dict[str, Any]:
    """Read what a worker tells first; of most answers it is one of a few."""
    return cast("dict[str, Any]", json.loads(frame))

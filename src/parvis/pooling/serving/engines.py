"""Queries that engines answer, and whether each engine is there with all that was published."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from parvis.config import Settings, clock
from parvis.errors import FetchError, NoLongerKept, ParvisError, StoreError
from parvis.i18n import N_
from parvis.pooling.publication.remote import repair_engines, served_remotely
from parvis.store.generation.state_files import is_changing
from parvis.store.query.answer import AnswerPieces, CompleteAnswer, WorkerAnswer
from parvis.store.query.pool import QueryPool, QueryReader, WorkerProgram
from parvis.store.query.request import WorkerRequest
from parvis.store.remote.part import is_held, repository_of, sent_file
from parvis.store.remote.repository import Repository

_LOG = logging.getLogger(__name__)
AWAY = N_("the engine behind this site has not answered since {since}: try again in a moment")
CHANGED = N_("what answers this query is just being published anew: ask again in a moment")
OVERWRITTEN = N_("generation {number} is no longer held by the engine behind this site")
State = tuple[int, int]
RETRY = 2
"""Seconds after which a reader may ask again."""
PERIOD = 1.0
"""Seconds between two questions whether an engine is there."""
COPY_PERIOD = 5.0
"""Seconds between two comparisons of counts on a copy."""
PAUSE = 30.0
"""Seconds after a repair that failed."""


class EngineWorkers:
    """Query workers of engines, each with a connection, and the watch over the engines."""

    def __init__(self, settings: Settings) -> None:
        limits = replace(settings.limits, workers=settings.remote.connections)
        opening = {"remote": asdict(settings.remote)}
        # Their time is that of the engine: it does not tell which queries are quick.
        program = WorkerProgram("parvis.store.remote.remote_process", opening, works=False)
        self.workers, self._data = QueryPool(limits, program), settings.data
        self.watch = EngineWatch(settings)

    def ask(self, store: Path, request: WorkerRequest, asker: QueryReader) -> WorkerAnswer:
        """Begin to answer a query over a part of a generation, as `QueryPool.ask` does.

        Raises `FetchError` while the engine is away, `StoreError` while it is being changed, and
        `NoLongerKept` if it holds another generation.
        """
        self.watch.require()
        repository = repository_of(store)
        before = _state(self._data, repository)
        if is_changing(self._data, repository):
            raise StoreError(CHANGED, retry=RETRY)
        if not _is_held(self._data, store, before):
            raise NoLongerKept(OVERWRITTEN, number=store.parent.name)

        def check() -> None:
            if _state(self._data, repository) != before:
                raise StoreError(CHANGED, retry=RETRY)

        try:
            answer = self.workers.ask(store, request, asker)
        except FetchError:
            self.watch.hasten()
            raise
        check()
        if isinstance(answer.chunks, CompleteAnswer):
            return answer
        return replace(answer, chunks=CheckedChunks(answer.chunks, check))

    def close(self) -> None:
        self.watch.close()
        self.workers.close()


@lru_cache(16)
def _is_held(data: Path, store: Path, state: State) -> bool:
    """Return what `is_held` does, once for each state of a repository."""
    del state
    return is_held(data, store)


def _state(data: Path, repository: str) -> State:
    """Identify the state of a repository: the file is replaced before its content changes."""
    with suppress(FileNotFoundError):
        status = sent_file(data, repository).stat()
        return status.st_ino, status.st_mtime_ns
    return 0, 0


class CheckedChunks(Iterator[bytes]):
    """The pieces of an answer, cut as soon as what it is read from may have changed."""

    def __init__(self, chunks: AnswerPieces, check: Callable[[], None]) -> None:
        self._chunks, self._check = chunks, check

    @property
    def is_complete(self) -> bool:
        return self._chunks.is_complete

    def read_all(self) -> int:
        size = self._chunks.read_all()
        self._check()
        return size

    def __next__(self) -> bytes:
        piece = next(self._chunks, b"")
        self._check()
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        self._chunks.close()


@dataclass(frozen=True)
class EngineState:
    """Since when an engine does not answer, the last comparison of all, and how many repairs."""

    absent_since: datetime | None
    compared: datetime | None
    repairs: int


class EngineWatch:
    """Asks every second whether the engines answer; after an absence, whether all is still there.

    What an engine has lost is sent again before it answers readers. The whole content is compared
    once it begins, and every `check_minutes`.
    """

    def __init__(self, settings: Settings) -> None:
        """Begin nothing yet: until then engines count as there."""
        self._settings = settings
        self._absence: datetime | None = None
        self._compared: datetime | None = None
        self._repairs = 0
        self._stop, self._hurry = threading.Event(), threading.Event()
        self._repositories: dict[str, Repository] = {}
        self._next_comparison = 0.0

    def begin(self) -> None:
        for target in (self._watch, self._compare):
            threading.Thread(target=target, daemon=True).start()

    def close(self) -> None:
        self._stop.set()
        self._hurry.set()

    def hasten(self) -> None:
        """Ask the engines now."""
        self._hurry.set()

    def state(self) -> EngineState:
        return EngineState(self._absence, self._compared, self._repairs)

    def absent_since(self) -> datetime | None:
        return self._absence

    def require(self) -> None:
        """Raise `FetchError` while an engine is away."""
        if absence := self._absence:
            since = absence.isoformat(timespec="seconds")
            raise FetchError(AWAY, since=since, retry=RETRY)

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._hurry.wait(PERIOD)
            self._hurry.clear()
            try:
                self._ping()
                if self._absence or self._may_be_behind():
                    # Counts are quick; what was lost is sent before anything is answered.
                    self._repairs += len(repair_engines(self._settings, digests=False))
            except ParvisError as error:
                self._note_absence(error)
                if not (isinstance(error, FetchError) or self._is_copy()):
                    self._stop.wait(PAUSE)
            else:
                self._absence = None

    def _compare(self) -> None:
        pause = self._settings.remote.check_minutes * 60
        while not self._stop.wait(min(PERIOD, pause)):
            try:
                repairs = repair_engines(self._settings, digests=True, gently=True)
                self._repairs += len(repairs)
                self._compared = clock.machine_time()
            except ParvisError as error:
                _LOG.warning("what the engine holds could not be compared: %s", error)
            if self._stop.wait(pause):
                return

    def _ping(self) -> None:
        served = served_remotely(self._settings)
        parts = served.remote_parts().values() if served else ()
        addresses = {repository_of(part.folder) for part in parts}
        for address in addresses - self._repositories.keys():
            self._repositories[address] = Repository(self._settings.remote, address, tries=1)
        for address in self._repositories.keys() - addresses:
            self._repositories.pop(address).close()
        for repository in self._repositories.values():
            repository.ping()

    def _is_copy(self) -> bool:
        """Return whether another machine publishes to the engines."""
        data = self._settings.data
        return not all(sent_file(data, address).is_file() for address in self._repositories)

    def _may_be_behind(self) -> bool:
        """Return whether it is time to compare counts, on a copy."""
        due = self._is_copy() and time.monotonic() >= self._next_comparison
        if due:
            self._next_comparison = time.monotonic() + COPY_PERIOD
        return due

    def _note_absence(self, error: ParvisError) -> None:
        if self._absence is None:
            _LOG.warning("the engine does not answer: %s", error)
            self._absence = clock.machine_time()

"""Run readers' SPARQL queries: confine them, answer from the cache or by the workers."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from parvis import __version__
from parvis.config import Settings
from parvis.errors import MachineError, NoLongerKept
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.quotas import Shares
from parvis.pooling.serving.cache import AnswerCache, CachedAnswer, RecordedChunks
from parvis.pooling.serving.current import PublicationFollower, SnapshotReader
from parvis.store.generation.generation import Generation
from parvis.store.generation.state_files import ChangeOver, is_changing
from parvis.store.query.answer import CompleteAnswer
from parvis.store.query.pool import QueryPool, WorkerProgram
from parvis.store.query.request import QueryDataset, WorkerRequest


@dataclass(frozen=True)
class QueryRequest:
    """A reader's query, the dataset of the request, and the formats it accepts by ending.

    `generation` is an earlier one that is still stored; None for the served one.
    `values` are IRIs bound to the variables they name. `enough` is the number of bytes after which
    the answer may end early (0: it is whole).
    """

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    results_format: str | None = "json"
    graph_format: str | None = "ttl"
    generation: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    enough: int = 0


class AnswerChunks(Protocol):
    """The chunks of an answer, which may be closed before the last."""

    def __iter__(self) -> Iterator[bytes]: ...

    def __next__(self) -> bytes: ...

    def close(self) -> None:
        """Stop the query."""


@dataclass(frozen=True)
class QueryAnswer:
    """The beginning of an answer, of kind bindings, boolean or graph, and its generation.

    `body` is the whole answer if it is complete already; `wait` waits for the rest, returns its
    number of bytes, and raises the query's errors. `tag` is the entity tag, None for an answer
    that may change from one moment to the next.
    """

    kind: str
    media_type: str
    chunks: AnswerChunks
    generation: int
    wait: Callable[[], int]
    body: bytes | None = None
    tag: str | None = None

    @classmethod
    def of(cls, complete: CachedAnswer, generation: int, tag: str | None) -> "QueryAnswer":
        body = complete.body
        ready = CompleteAnswer(body)
        return cls(complete.kind, complete.media_type, ready, generation, ready.read_all, body, tag)


@dataclass(frozen=True)
class DownloadFile:
    """A download file: its path, its SHA-256, and its generation."""

    path: Path
    sha256: str
    generation: int


MAKER = f"parvis {__version__}, pyoxigraph {version('pyoxigraph')}"
"""The software that writes answers: another version may write the same results differently."""

CHANGING = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\b", re.IGNORECASE)
"""Functions with another result each time (SPARQL 1.1 Query §17.4), or words that look so."""


@dataclass(frozen=True)
class ConfinedQuery:
    """A query confined to what one reader may read of one generation.

    `served` is the generation that was served when it was confined: most often the same.
    `transitional` is true if a remote store was just changing to the next generation.
    """

    served: Generation
    generation: Generation
    members: bool
    request: WorkerRequest
    reader: Reader
    transitional: bool = False

    @property
    def varies(self) -> bool:
        """Return whether the same query may have another answer a moment later."""
        query = self.request.query
        # Words alone call no function: most queries need no search.
        return self.transitional or ("(" in query and CHANGING.search(query) is not None)

    @cached_property
    def tag(self) -> str:
        """Return the entity tag: equal for equal queries of stores with equal content."""
        manifest = self.generation.manifest
        digest = manifest.members.digest if self.members else manifest.open.digest
        identity = f"{MAKER}\n{self.members}\n{digest}\n".encode() + self.request.body
        return hashlib.sha256(identity).hexdigest()[:32]


ONE_KEPT = N_("another store holds one generation: generation {number} is no longer there")


def transitional_dataset(
    following: SnapshotReader, data: Path, reader: Reader, now: datetime
) -> QueryDataset | None:
    """Return what a reader may read while a remote store changes generation; else None."""
    change_over = ChangeOver.read(data) if is_changing(data) else ChangeOver()
    if not (change_over.is_between and change_over.former):
        return None
    # What the store holds may be of either generation: both must allow it.
    older, newer = (
        following.stored_snapshot(change_over.former),
        following.stored_snapshot(change_over.new),
    )
    allowed = newer.readable_graphs_of(older, reader, now)
    return allowed or QueryDataset.of(older.store_facts(reader).graphs)


class QueryService:
    """Answer queries from the cache, else by its own workers, within what readers may read."""

    def __init__(
        self, settings: Settings, served: PublicationFollower, shares: Shares, answers: AnswerCache
    ) -> None:
        # Workers start with the first query.
        self._settings, self._served = settings, served
        self._shares, self._answers = shares, answers
        remote = settings.remote
        if not remote:
            self._workers = QueryPool(settings.limits)
            return
        # Each worker holds one connection. Their time is that of the remote store: it does not tell
        # which queries are quick.
        opening = {"remote": asdict(remote), "secret": remote.secret()}
        self._workers = QueryPool(
            replace(settings.limits, workers=remote.connections),
            WorkerProgram("parvis.store.remote.remote_process", opening, works=False),
        )

    def tag(self, reader: Reader, question: QueryRequest) -> str | None:
        """Return the entity tag of the answer to a query, without running it."""
        query = self._confine(reader, self._request(question), question.generation)
        return None if query.varies else query.tag

    def ask(
        self, reader: Reader, question: QueryRequest, served: Generation | None = None
    ) -> QueryAnswer:
        """Run a query and raise its errors as `PoolService.ask` does."""
        return self.run(reader, self._request(question), question.generation, served)

    def run(
        self,
        reader: Reader,
        request: WorkerRequest,
        number: int | None = None,
        served: Generation | None = None,
    ) -> QueryAnswer:
        """Run a request; again if a publication has just deleted the generation it was for."""
        query = self._confine(reader, request, number, served)
        try:
            answer = self._run(query)
        except MachineError:
            if query.generation.folder.is_dir():
                raise
        else:
            # A remote store may have changed before the first chunk of the answer came.
            if not self._settings.remote or query.transitional:
                return answer
            changing = is_changing(self._settings.data)
            if not changing and self._served.generation() is query.served:
                return answer
            answer.chunks.close()
        return self._run(self._confine(reader, request, number))

    def load(self) -> dict[str, int]:
        """Return the number of queries by state: ``busy``, ``aside`` (long ones), ``waiting``."""
        return self._workers.load()

    def close(self) -> None:
        """End the workers."""
        self._workers.close()

    def _request(self, question: QueryRequest) -> WorkerRequest:
        graphs = question.default_graphs, question.named_graphs
        return WorkerRequest(
            query=question.query,
            asked=QueryDataset(*graphs) if any(graphs) else None,
            results=question.results_format or "json",
            graph=question.graph_format or "ttl",
            base=self._settings.base,
            values=question.values,
            enough=question.enough,
        )

    def _confine(
        self,
        reader: Reader,
        request: WorkerRequest,
        number: int | None = None,
        served: Generation | None = None,
    ) -> ConfinedQuery:
        """Confine a request to what the reader may read now, also of an earlier generation."""
        snapshot = None if served is None else self._served.following.cached_snapshot(served)
        published = snapshot or self._served.snapshot()
        # The decision is on the generation that is queried, even if another follows meanwhile.
        now = self._served.decision_instant(published.generation)
        transitional = None
        if self._settings.remote:
            transitional = transitional_dataset(
                self._served.following, self._settings.data, reader, now
            )
        if number in (None, published.generation.number):
            generation, allowed = published.generation, published.dataset(reader, now)
        elif self._settings.remote:
            raise NoLongerKept(ONE_KEPT, number=number)
        else:
            older = self._served.following.stored_snapshot(number)
            generation, allowed = older.generation, published.readable_graphs_of(older, reader, now)
        dataset = allowed if transitional is None else transitional
        confined = request if dataset is None else replace(request, allowed=dataset)
        members = reader.iri is not None
        changing = transitional is not None
        return ConfinedQuery(published.generation, generation, members, confined, reader, changing)

    def _run(self, query: ConfinedQuery) -> QueryAnswer:
        """Return the cached answer, or send the query to a worker."""
        number = query.generation.number
        tag = None if query.varies else query.tag
        cached = self._answers.get((number, tag)) if tag else None
        if isinstance(cached, CachedAnswer):
            return QueryAnswer.of(cached, number, tag)
        generation, asker = query.generation, self._shares.admit(query.reader)
        store = generation.members_store if query.members else generation.open_store
        answer = self._workers.ask(store, query.request, asker)

        def keep(body: bytes) -> CachedAnswer:
            complete = CachedAnswer(answer.kind, answer.media_type, body)
            # A quick answer would come as fast from the store again as from the cache.
            if tag and not answer.quick:
                self._answers.keep(query.served, (number, tag), complete)
            return complete

        if answer.chunks.is_complete:
            return QueryAnswer.of(keep(b"".join(answer.chunks)), number, tag)
        chunks = RecordedChunks(answer.chunks, self._answers.largest, keep)
        return QueryAnswer(
            answer.kind, answer.media_type, chunks, number, answer.chunks.read_all, tag=tag
        )

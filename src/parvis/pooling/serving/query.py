"""Follow what is published, and run readers' SPARQL queries on it within what each may read."""

import atexit
import csv
import gc
import hashlib
import io
import re
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from parvis import __version__
from parvis.config import Settings, clock
from parvis.errors import MachineError, NothingPublished, SourceError
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.quotas import Shares
from parvis.pooling.serving.cache import (
    AnswerCache,
    CachedAnswer,
    CachedValue,
    RecordedChunks,
    timed_cache,
)
from parvis.pooling.serving.engines import EngineWorkers
from parvis.pooling.serving.snapshot import Snapshot
from parvis.rdf.sparql.parser import parse
from parvis.rdf.sparql.services import has_service
from parvis.store.files import workplace
from parvis.store.generation.generation import (
    CurrentGeneration,
    Generation,
    find_generation,
    is_remote,
)
from parvis.store.generation.views import ReaderViews, choose_part
from parvis.store.query.answer import CompleteAnswer
from parvis.store.query.federation import ROOM, Evaluate, Federation, ServiceUse
from parvis.store.query.pool import QueryPool
from parvis.store.query.request import QueryDataset, WorkerRequest
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import PREFIXES


class PublicationFollower:
    """Follows what is published: reads the site files of each generation once. Thread-safe.

    The cache `answers` has those of the served generation only.
    """

    def __init__(self, settings: Settings) -> None:
        # Nothing need be published yet.
        self.settings = settings
        self.iris = Iris(settings.base)
        self.answers = AnswerCache(settings.limits.kept_bytes)
        self._current = CurrentGeneration(settings.data)
        self._snapshots: dict[int, Snapshot] = {}
        self._reading = threading.Lock()
        self._latest = clock.Latest()

    def generation(self) -> Generation:
        """Return the served generation; raises `NothingPublished`."""
        generation = self._current.generation()
        self.answers.follow(generation)
        return generation

    def edition(self) -> int:
        """Return the edition that is served, 0 if it has none; raises `NothingPublished`."""
        return self._current.edition()

    def snapshot(self, served: Generation | None = None) -> Snapshot:
        """Return the served snapshot; raises `NothingPublished`.

        `served` is the served generation, if the caller has just read it.
        """
        try:
            return self._read_snapshot(served or self.generation())
        except (FileNotFoundError, SourceError):  # a publication has just deleted it
            return self._read_snapshot(self.generation())

    def stored_snapshot(self, number: int) -> Snapshot:
        """Return the snapshot of a stored generation; raises `UnknownThing`."""
        return self._read_snapshot(find_generation(self.settings.data, number))

    def _read_snapshot(self, generation: Generation) -> Snapshot:
        """Return a generation's snapshot, which one thread reads for all that ask at a time."""
        snapshot = self._cached_snapshot(generation)
        if snapshot is None:
            with self._reading:
                # Another thread may have read it. What is computed of one takes tens of megabytes.
                snapshot = self._cached_snapshot(generation) or Snapshot.read(generation, self.iris)
                is_newer = generation.number > max(self._snapshots, default=generation.number)
                existing = () if is_newer else self._snapshots.values()
                others = (s for s in existing if s.generation.folder.is_dir())
                self._snapshots = {s.generation.number: s for s in (*others, snapshot)}
                if is_newer:
                    gc.collect()  # snapshots refer to themselves
        return snapshot

    def _cached_snapshot(self, generation: Generation) -> Snapshot | None:
        snapshot = self._snapshots.get(generation.number)
        # A number may come again, after a restoration.
        if snapshot is None or snapshot.generation.manifest.created != generation.manifest.created:
            return None
        return snapshot

    def steady_generation(self) -> Generation | None:
        """Return the served generation if all decisions are those it was built with, else None.

        Until then the answers to anonymous readers do not change.
        """
        try:
            generation = self.generation()
        except NothingPublished:
            return None
        if generation.manifest.good_until is None:  # no decision will change
            return generation
        return None if generation.must_confine(self.decision_instant(generation)) else generation

    def decision_instant(self, generation: Generation | None = None) -> datetime:
        """Return the instant of a decision: not before the last one, nor before the publication."""
        return self._latest.of((generation or self.generation()).manifest.created, clock.now())


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


@dataclass(frozen=True)
class QueryAnswer:
    """The beginning of an answer, of kind bindings, boolean or graph, and its generation.

    `body` is the whole answer if it is complete already; `wait` waits for the rest, returns its
    number of bytes, and raises the query's errors. `tag` is the entity tag, None for an answer
    that may change from one moment to the next. `services` are those that it is made from, too.
    """

    kind: str
    media_type: str
    chunks: CompleteAnswer | RecordedChunks
    generation: int
    wait: Callable[[], int]
    body: bytes | None = None
    tag: str | None = None
    services: tuple[ServiceUse, ...] = ()

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

    `served` is the generation that was served when it was confined: most often the same. `content`
    identifies that of the store.
    """

    served: Generation
    generation: Generation
    store: Path
    content: str
    reader: Reader
    request: WorkerRequest

    @property
    def tag(self) -> str | None:
        """Return the entity tag: equal for equal queries of stores with equal content.

        None if the same query may have another answer a moment later.
        """
        query = self.request.query
        # Words alone call no function: most queries need no search.
        if "(" in query and CHANGING.search(query):
            return None
        identity = f"{MAKER}\n{self.content}\n".encode() + self.request.body
        return hashlib.sha256(identity).hexdigest()[:32]


T = TypeVar("T")

Row = Mapping[str, str]
"""The values of a row by variable; an empty text counts as unbound."""


class QueryService(PublicationFollower):
    """Answers queries from the cache, else by its own workers, within what readers may read."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.shares = Shares(settings.limits)
        # Workers start with the first query.
        self._workers = QueryPool(settings.limits)
        self.engines = EngineWorkers(settings) if settings.remote else None
        self._views = ReaderViews(settings.data)
        cache = timed_cache(ROOM, settings.federation.kept_minutes * 60)
        self._federation = Federation(settings.federation, settings.fetch, settings.base, cache)

    def generation(self) -> Generation:
        generation = super().generation()
        self._federation.follow(generation)
        return generation

    def tag(self, reader: Reader, question: QueryRequest) -> str | None:
        """Return the entity tag of the answer to a query, without running it."""
        return None if self._is_federated(question) else self._confine(reader, question).tag

    def ask(
        self, reader: Reader, question: QueryRequest, served: Generation | None = None
    ) -> QueryAnswer:
        """Run a query on what the reader may read, and return the beginning of its answer.

        `served` is the served generation, if the caller has just read it.
        Raises `QueryError`, `LimitError` (`ShareError` for the reader's own), `WorkerDied`,
        `NothingPublished` or, for a generation named in the query, `UnknownThing`; also
        `FetchError` where a service that it calls fails.
        """
        if self._is_federated(question):
            return self._ask_federated(reader, question)
        query = self._confine(reader, question, served)
        try:
            return self._run(query)
        except MachineError:
            # A publication may have just deleted the generation, or changed what an engine holds.
            if query.generation.folder.is_dir() and self.generation() is query.served:
                raise
        return self._run(self._confine(reader, question))

    def calls_services(self, text: str) -> bool:
        """Return whether a query may call another site; raises `QueryError` for another text."""
        if not self._federation.is_called(text):
            return False
        return has_service(parse(text, self.settings.base, PREFIXES))

    def _is_federated(self, question: QueryRequest) -> bool:
        # A longer query is refused before it is parsed.
        limit = self.settings.limits.query_bytes
        return self._federation.is_called(question.query) and len(question.query.encode()) <= limit

    def _ask_federated(self, reader: Reader, question: QueryRequest) -> QueryAnswer:
        """Answer a query with the solutions of its SERVICE clauses in their place."""
        query = parse(question.query, self.settings.base, PREFIXES)
        if not has_service(query):  # a word in a text
            return self._run(self._confine(reader, question))

        def evaluate(whose: Reader) -> Evaluate:
            def run(text: str) -> bytes:
                request = replace(question, query=text, results_format="json", enough=0)
                confined = replace(self._confine(whose, request), reader=reader)
                return b"".join(self._run(confined).chunks)

            return run

        asker = self.shares.admit(reader)
        own = None if reader.iri is None else evaluate(reader)
        text, services = self._federation.expand(
            query, question.query, asker, evaluate(ANONYMOUS), own
        )
        confined = self._confine(reader, replace(question, query=text))
        request = replace(confined.request, is_expanded=True)
        answer = self._run(replace(confined, request=request))
        # Of what another site answered, nobody knows when it changes.
        return replace(answer, tag=None, services=services)

    def rows(
        self, reader: Reader, query: str, graphs: tuple[str, ...] = (), **values: str
    ) -> list[Row]:
        """Run one of parvis's own queries for a reader, and return its rows as plain texts.

        It asks `graphs` only, if any; `values` are IRIs bound to the variables they name. Raises
        as `ask` does.
        """
        request = QueryRequest(query, graphs, results_format="csv", values=values)
        return _read_rows(b"".join(self.ask(reader, request).chunks))

    def compute_of_rows(self, reader: Reader, query: str, compute: Callable[[list[Row]], T]) -> T:
        """Return what is computed of the rows of one of parvis's own queries, which nobody changes.

        It is cached with the answers. Raises as `ask` does.
        """
        request = QueryRequest(query, results_format="csv")
        generation, name = self.generation(), compute.__qualname__
        # The tag is a digest of the store's content and of the query with the graphs that it is
        # confined to: only readers who would be answered the same share a value. It is stored by
        # the tag of the answer itself, since an agreement may begin between the two.
        cached = self.answers.get((name, self.tag(reader, request)))
        if isinstance(cached, CachedValue):
            computed: T = cached.value
            return computed
        answer = self.ask(reader, request)
        body = b"".join(answer.chunks)
        value = compute(_read_rows(body))
        if answer.tag:
            self.answers.keep(generation, (name, answer.tag), CachedValue(value, len(body)))
        return value

    def load(self) -> dict[str, int]:
        """Return the number of queries by state: ``busy``, ``aside`` (long ones), ``waiting``."""
        load = Counter(self._workers.load())
        if self.engines:
            load.update(self.engines.workers.load())
        return dict(load)

    def close(self) -> None:
        self._workers.close()
        if self.engines:
            self.engines.close()

    def _confine(
        self, reader: Reader, question: QueryRequest, served: Generation | None = None
    ) -> ConfinedQuery:
        """Confine a query to what the reader may read now, also of an earlier generation."""
        published, number = self.snapshot(served), question.generation
        # The decision is on the generation that is queried, even if another follows meanwhile.
        now, generation = self.decision_instant(published.generation), published.generation
        if number in (None, generation.number):
            allowed = published.dataset(reader, now)
        else:
            older = self.stored_snapshot(number)
            generation, allowed = older.generation, published.readable_graphs_of(older, reader, now)
        part, allowed = choose_part(generation, allowed, is_anonymous=reader.iri is None)
        built = generation.parts[part]
        store, content = built.folder, f"{part}\n{built.facts.digest}"
        if allowed is not None and allowed.default == allowed.named:
            view = self._views.find(generation, frozenset(allowed.named))
            if view is not None:
                store, content, allowed = view, f"{content}\n{view.parent.name}", None
        graphs = question.default_graphs, question.named_graphs
        request = WorkerRequest(
            query=question.query,
            allowed=allowed,
            asked=QueryDataset(*graphs) if any(graphs) else None,
            results=question.results_format or "json",
            graph=question.graph_format or "ttl",
            base=self.settings.base,
            values=question.values,
            enough=question.enough,
        )
        return ConfinedQuery(published.generation, generation, store, content, reader, request)

    def _run(self, query: ConfinedQuery) -> QueryAnswer:
        """Return the cached answer, or send the query to a worker."""
        generation, tag = query.generation, query.tag
        number = generation.number
        cached = self.answers.get((number, tag)) if tag else None
        if isinstance(cached, CachedAnswer):
            return QueryAnswer.of(cached, number, tag)
        asker = self.shares.admit(query.reader)
        if self.engines and is_remote(query.store):
            answer = self.engines.ask(query.store, query.request, asker)
        else:
            answer = self._workers.ask(query.store, query.request, asker)
        self._views.follow(generation, query.request.allowed, answer.worked)

        def keep(body: bytes) -> CachedAnswer:
            complete = CachedAnswer(answer.kind, answer.media_type, body)
            # A quick answer would come as fast from the store again as from the cache.
            if tag and not answer.quick:
                self.answers.keep(query.served, (number, tag), complete)
            return complete

        if answer.chunks.is_complete:
            return QueryAnswer.of(keep(b"".join(answer.chunks)), number, tag)
        chunks = RecordedChunks(answer.chunks, self.answers.largest, keep)
        return QueryAnswer(
            answer.kind, answer.media_type, chunks, number, answer.chunks.read_all, tag=tag
        )


def _read_rows(body: bytes) -> list[Row]:
    """Read a CSV answer; equal values of its rows are one object, so that they fit its bytes."""
    texts: dict[str, str] = {}
    table = csv.DictReader(io.StringIO(body.decode(), newline=""))
    return [
        {name: texts.setdefault(value, value) for name, value in row.items() if value}
        for row in table
    ]


def hold_temporary_files(data: Path) -> None:
    """Put this process's temporary files, such as large answers, under the folder's ``staging/``.

    They stay there until it ends; in the system's folder if that one is not writable.
    """
    # The next command clears them away if this process is killed.
    stack = ExitStack()
    with suppress(OSError):
        tempfile.tempdir = str(stack.enter_context(workplace(data)))
        atexit.register(stack.close)

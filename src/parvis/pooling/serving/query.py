"""Follow what is published, and run readers' SPARQL queries on it within what each may read."""

import atexit
import csv
import hashlib
import io
import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from itertools import islice
from pathlib import Path
from string import Template

from rdflib import URIRef

from parvis import __version__
from parvis.config import Settings, clock
from parvis.errors import MachineError, NoLongerKept, NothingPublished, SourceError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.quotas import Shares
from parvis.pooling.serving.cache import AnswerCache, CachedAnswer, RecordedChunks
from parvis.pooling.serving.snapshot import Snapshot
from parvis.rdf.terms import to_sparql
from parvis.store.files import workplace
from parvis.store.generation.generation import CurrentGeneration, Generation, find_generation
from parvis.store.generation.state_files import ChangeOver, is_changing
from parvis.store.query.answer import CompleteAnswer
from parvis.store.query.pool import QueryPool, WorkerProgram
from parvis.store.query.request import QueryDataset, WorkerRequest
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT


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
                # Another thread may have read it meanwhile; deleted generations are forgotten.
                snapshot = self._cached_snapshot(generation)
                snapshot = snapshot or Snapshot.read(generation, self.iris)
                existing = {
                    number: former
                    for number, former in self._snapshots.items()
                    if former.generation.folder.is_dir()
                }
                self._snapshots = existing | {generation.number: snapshot}
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
    that may change from one moment to the next.
    """

    kind: str
    media_type: str
    chunks: CompleteAnswer | RecordedChunks
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
    reader: Reader
    request: WorkerRequest
    transitional: bool

    @cached_property
    def tag(self) -> str | None:
        """Return the entity tag: equal for equal queries of stores with equal content.

        None if the same query may have another answer a moment later.
        """
        query, members = self.request.query, self.reader.iri is not None
        # Words alone call no function: most queries need no search.
        if self.transitional or ("(" in query and CHANGING.search(query)):
            return None
        manifest = self.generation.manifest
        digest = manifest.members.digest if members else manifest.open.digest
        identity = f"{MAKER}\n{members}\n{digest}\n".encode() + self.request.body
        return hashlib.sha256(identity).hexdigest()[:32]


LABELLED = 200
"""IRIs that are labelled in one response; the others stay IRIs."""

Row = Mapping[str, str]
"""The values of a row by variable; an empty text counts as unbound."""

ONE_KEPT = N_("another store holds one generation: generation {number} is no longer there")


class QueryService(PublicationFollower):
    """Answers queries from the cache, else by its own workers, within what readers may read."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.shares = Shares(settings.limits)
        # Workers start with the first query.
        limits, program, remote = settings.limits, None, settings.remote
        if remote:
            # Each worker holds one connection. Their time is that of the remote store: it does not
            # tell which queries are quick.
            limits = replace(limits, workers=remote.connections)
            opening = {"remote": asdict(remote), "secret": remote.secret()}
            program = WorkerProgram("parvis.store.remote.remote_process", opening, works=False)
        self._workers = QueryPool(limits, program)

    def tag(self, reader: Reader, question: QueryRequest) -> str | None:
        """Return the entity tag of the answer to a query, without running it."""
        return self._confine(reader, question).tag

    def ask(
        self, reader: Reader, question: QueryRequest, served: Generation | None = None
    ) -> QueryAnswer:
        """Run a query on what the reader may read, and return the beginning of its answer.

        `served` is the served generation, if the caller has just read it.
        Raises `QueryError`, `LimitError` (`ShareError` for the reader's own), `WorkerDied`,
        `NothingPublished` or, for a generation named in the query, `UnknownThing`.
        """
        query = self._confine(reader, question, served)
        try:
            answer = self._run(query)
        except MachineError:
            # A publication may have just deleted the generation.
            if query.generation.folder.is_dir():
                raise
        else:
            # A remote store may have changed before the first chunk of the answer came.
            if not self.settings.remote or query.transitional:
                return answer
            changing = is_changing(self.settings.data)
            if not changing and self.generation() is query.served:
                return answer
            answer.chunks.close()
        return self._run(self._confine(reader, question))

    def rows(self, reader: Reader, query: str, **values: str) -> list[Row]:
        """Run one of parvis's own queries for a reader, and return its rows as plain texts.

        `values` are IRIs bound to the variables they name. Raises as `ask` does.
        """
        answer = self.ask(reader, QueryRequest(query, results_format="csv", values=values))
        text = b"".join(answer.chunks).decode()
        table = csv.DictReader(io.StringIO(text, newline=""))
        return [{name: value for name, value in row.items() if value} for row in table]

    def look_up_names(
        self, reader: Reader, iris: Iterable[str], generation: int | None = None
    ) -> dict[str, dict[str, str]]:
        """Return the names by language of the pool's resources and concepts, in one query for all.

        A query has the labels of other terms itself. Raises as `ask` does.
        """
        prefixes = (self.settings.base, CONCEPT)
        ours = (iri for iri in dict.fromkeys(iris) if iri.startswith(prefixes))
        terms = []
        for iri in islice(ours, LABELLED):
            with suppress(ValueError):  # a value of a result may look like an IRI and be none
                terms.append(to_sparql(URIRef(iri)))
        if not terms:
            return {}
        template = files(__package__).joinpath("labels.rq").read_text(encoding="utf-8")
        query = Template(template).substitute(things=" ".join(terms))
        answer = self.ask(reader, QueryRequest(query, generation=generation))
        names: dict[str, dict[str, str]] = {}
        bindings = json.loads(b"".join(answer.chunks))["results"]["bindings"]
        # Of several names in a language, the first in the alphabet is returned.
        for binding in sorted(bindings, key=lambda binding: str(binding["name"]["value"])):
            name = binding["name"]
            texts = names.setdefault(binding["thing"]["value"], {})
            texts.setdefault(name.get("xml:lang", ""), name["value"])
        return names

    def load(self) -> dict[str, int]:
        """Return the number of queries by state: ``busy``, ``aside`` (long ones), ``waiting``."""
        return self._workers.load()

    def close(self) -> None:
        self._workers.close()

    def _confine(
        self, reader: Reader, question: QueryRequest, served: Generation | None = None
    ) -> ConfinedQuery:
        """Confine a query to what the reader may read now, also of an earlier generation."""
        published, number = self.snapshot(served), question.generation
        # The decision is on the generation that is queried, even if another follows meanwhile.
        now, generation = self.decision_instant(published.generation), published.generation
        transitional = self._transitional_dataset(reader, now) if self.settings.remote else None
        if number in (None, generation.number):
            allowed = published.dataset(reader, now)
        elif self.settings.remote:
            raise NoLongerKept(ONE_KEPT, number=number)
        else:
            older = self.stored_snapshot(number)
            generation, allowed = older.generation, published.readable_graphs_of(older, reader, now)
        graphs = question.default_graphs, question.named_graphs
        request = WorkerRequest(
            query=question.query,
            allowed=allowed if transitional is None else transitional,
            asked=QueryDataset(*graphs) if any(graphs) else None,
            results=question.results_format or "json",
            graph=question.graph_format or "ttl",
            base=self.settings.base,
            values=question.values,
            enough=question.enough,
        )
        changing = transitional is not None
        return ConfinedQuery(published.generation, generation, reader, request, changing)

    def _transitional_dataset(self, reader: Reader, now: datetime) -> QueryDataset | None:
        """Return what a reader may read while a remote store changes generation; else None."""
        data = self.settings.data
        change_over = ChangeOver.read(data) if is_changing(data) else ChangeOver()
        if not (change_over.is_between and change_over.former):
            return None
        # What the store holds may be of either generation: both must allow it.
        older, newer = map(self.stored_snapshot, (change_over.former, change_over.new))
        allowed = newer.readable_graphs_of(older, reader, now)
        return allowed or QueryDataset.of(older.store_facts(reader).graphs)

    def _run(self, query: ConfinedQuery) -> QueryAnswer:
        """Return the cached answer, or send the query to a worker."""
        generation, tag = query.generation, query.tag
        number = generation.number
        cached = self.answers.get((number, tag)) if tag else None
        if isinstance(cached, CachedAnswer):
            return QueryAnswer.of(cached, number, tag)
        asker = self.shares.admit(query.reader)
        store = generation.open_store if query.reader.iri is None else generation.members_store
        answer = self._workers.ask(store, query.request, asker)

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


def hold_temporary_files(data: Path) -> None:
    """Put this process's temporary files, such as large answers, under the folder's ``staging/``.

    They stay there until it ends; in the system's folder if that one is not writable.
    """
    # The next command clears them away if this process is killed.
    stack = ExitStack()
    with suppress(OSError):
        tempfile.tempdir = str(stack.enter_context(workplace(data)))
        atexit.register(stack.close)

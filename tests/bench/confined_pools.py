"""Pools that answer readers, and fresh stores to compare their answers with.

A pool is a generation that is built from a `World` as it would be published. A fresh store contains
only the graphs of it that one reader may read.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

import requests
from answers_compared import Outcome, read_graph, read_results
from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    serialize,
)
from random_agreements import BASE, READERS, World
from sparql_words import SCHEMA, Query

sys.path.append(str(Path(__file__).parents[2]))  # the servers below are those of the tests

from parvis.config import Limits, RemoteStore, Settings, Share, knowledge
from parvis.errors import ParvisError, QueryError
from parvis.fetch.endpoint import Endpoint
from parvis.governance import (
    ANONYMOUS,
    filter_readable,
    filter_readable_by_some,
    good_until,
    read_policies,
)
from parvis.ledger import Grant, Tokens, TokenScope
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.rdf.files import serialise
from parvis.rdf.sparql.parser import parse
from parvis.store.generation.generation import Generation, GenerationContent, build
from parvis.store.query.confinement import Results
from parvis.store.query.request import QueryDataset, QueryText
from parvis.store.remote.engine import RemoteEngine
from parvis.store.remote.publisher import RemoteStores
from parvis.store.remote.repository import Repository
from tests.remote.engines import ENGINES, repositories
from tests.serving import served

PATIENCE = 5
"""Seconds for a query: some never end on some servers, which proves nothing."""
FREE = Share(seconds=2 * PATIENCE, rows=0, query_seconds=0, parallel=8)
LIMITS = Limits(anonymous=FREE, party=FREE, kept_bytes=0)
FORMS = "application/sparql-results+json, application/n-triples"
Lists = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Case:
    """A query, and the dataset in the protocol's parameters, if any."""

    query: Query
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def narrowed(self, readable_graphs: Sequence[str]) -> Lists:
        """Return the readable part of the requested dataset (SPARQL 1.1 Protocol §2.1.4)."""
        for default, named in ((self.default, self.named), (self.query.default, self.query.named)):
            if default or named:
                return (
                    tuple(graph for graph in readable_graphs if graph in default),
                    tuple(graph for graph in readable_graphs if graph in named),
                )
        return tuple(readable_graphs), tuple(readable_graphs)


class Pooled(Protocol):
    """A pool that answers readers."""

    def ask(self, reader: str, case: Case) -> Outcome:
        """Run a query as a reader."""
        ...


class Fresh(Protocol):
    """A store that contains only the graphs of one reader."""

    def load(self, graphs: tuple[str, ...], *, whole: bool) -> None:
        """Load these graphs and no others; `whole` if the pool's query names none of them."""
        ...

    def ask(self, query: str, lists: Lists) -> Outcome:
        """Run a query without FROM on a dataset."""
        ...


class FreshStore:
    """Our engine over a store that is built for one dataset, without graph lists."""

    def __init__(self, world: World) -> None:
        """Build stores when they are first queried."""
        self._world, self._stores = world, dict[Lists, Store]()
        triples = Counter(triple for graph in world.graphs.values() for triple in graph)
        # The engine matches a triple twice if two graphs of its default graph contain it.
        self._merged = max(triples.values(), default=1) == 1

    def load(self, graphs: tuple[str, ...], *, whole: bool) -> None:
        """Do nothing: each dataset has its own store."""

    def ask(self, query: str, lists: Lists) -> Outcome:
        """Run a query without FROM on a dataset."""
        if (store := self._stores.get(lists)) is None:
            store = self._stores[lists] = self._built(*lists)
        try:
            try:
                results = self._query(store, query, lists)
            except SyntaxError:  # the engine refuses some gaps that SPARQL allows
                results = self._query(store, parse(query, BASE, {"schema": SCHEMA}).write(), lists)
            if isinstance(results, QuerySolutions | QueryBoolean):
                return read_results(results.serialize(format=QueryResultsFormat.JSON) or b"")
            return read_graph(serialize(results, format=RdfFormat.N_TRIPLES) or b"")
        except (SyntaxError, RuntimeError, ValueError, OSError, QueryError) as error:
            return Outcome(refusal=str(error))

    def _query(self, store: Store, query: str, lists: Lists) -> Results:
        default, named = ([NamedNode(graph) for graph in graphs] for graphs in lists)
        return store.query(
            query,
            base_iri=BASE,
            prefixes={"schema": SCHEMA},
            default_graph=None if self._merged else [*default],
            named_graphs=None if self._merged else [*named],
        )

    def _built(self, default: Sequence[str], named: Sequence[str]) -> Store:
        store = Store()
        for graph in default if self._merged else ():
            for triple in self._world.graphs[graph]:
                store.add(_quad(triple, DefaultGraph()))
        for graph in named if self._merged else {*default, *named}:
            store.add_graph(NamedNode(graph))
            for triple in self._world.graphs[graph]:
                store.add(_quad(triple, NamedNode(graph)))
        return store


def _quad(triple: Triple, graph: NamedNode | DefaultGraph) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, graph)


class FreshServer:
    """A server that contains the graphs of one reader at a time, queried like the pool's server."""

    def __init__(self, remote: RemoteStore, world: World) -> None:
        """Load nothing yet."""
        self._remote, self._world = remote, world
        self._endpoint = Endpoint(remote, remote.members[0], secret=remote.secret())
        self._loaded: tuple[str, ...] = ()
        self._whole = False

    def load(self, graphs: tuple[str, ...], *, whole: bool) -> None:
        """Load these graphs and no others."""
        self._whole = whole
        for graph in self._loaded:
            self._endpoint.delete(graph)
        # An engine may hold an empty graph; a publication has none.
        for graph in filter(self._world.graphs.get, graphs):
            lines = serialize(self._world.graphs[graph], format=RdfFormat.N_TRIPLES)
            self._endpoint.put(graph, [lines or b""])
        with closing(Repository(self._remote, self._remote.members[0])) as repository:
            repository.hide_all()
            repository.grant(graphs)
        self._loaded = graphs

    def ask(self, query: str, lists: Lists) -> Outcome:
        """Query through the pool's own engine, which has nothing to hide here."""
        engine = RemoteEngine(self._endpoint, self._loaded)
        try:
            read = QueryText.read(query, BASE, {"schema": SCHEMA})
            # As the pool does, a query over all names no graph: dialects differ there too.
            whole = self._whole and lists == (self._loaded, self._loaded)
            requested = None if whole else QueryDataset(*lists)
            results = engine.run(read, allowed=None, requested=requested, values={})
            if isinstance(results, QuerySolutions | QueryBoolean):
                return read_results(results.serialize(format=QueryResultsFormat.JSON) or b"")
            return read_graph(serialize(results, format=RdfFormat.N_TRIPLES) or b"")
        except ParvisError as error:
            return Outcome(refusal=str(error))
        except (SyntaxError, OSError) as error:  # a result that cannot be parsed
            return Outcome(refusal=str(error))


class OpenedPool:
    """A pool in this process, queried through its service."""

    def __init__(self, service: PoolService) -> None:
        """Query an open pool."""
        self._service = service

    def ask(self, reader: str, case: Case) -> Outcome:
        """Run a query as a reader."""
        question = QueryRequest(case.query.text, case.default, case.named, "json", "nt")
        try:
            answer = self._service.ask(READERS[reader], question)
            body = b"".join(answer.chunks)
        except ParvisError as error:
            name = "" if isinstance(error, QueryError) else f"{type(error).__name__}: "
            return Outcome(refusal=f"{name}{error}")
        return read_graph(body) if answer.kind == "graph" else read_results(body)


class RunningSite:
    """A running site, queried over HTTP with the readers' tokens."""

    def __init__(self, address: str, data: Path) -> None:
        """Create a token for each reader."""
        now = datetime.now(UTC)
        self._address, self._http = f"{address}sparql", requests.Session()
        self._headers = {"anonymous": dict[str, str]()}
        for name, reader in READERS.items():
            if reader.iri:
                grant = Grant(reader.iri, TokenScope.READ, "", reader.purposes)
                credential, _ = Tokens(data).create(grant, now, now + timedelta(days=1))
                self._headers[name] = {"Authorization": f"Bearer {credential.reveal()}"}

    def ask(self, reader: str, case: Case) -> Outcome:
        """Run a query as a reader."""
        form = [("query", case.query.text)]
        form += [("default-graph-uri", graph) for graph in case.default]
        form += [("named-graph-uri", graph) for graph in case.named]
        headers = {"Accept": FORMS, **self._headers[reader]}
        answer = self._http.post(self._address, form, headers=headers, timeout=60)
        if not answer.ok:
            return Outcome(refusal=f"{answer.status_code} {answer.text[:300]}")
        is_graph = "n-triples" in answer.headers["Content-Type"]
        return read_graph(answer.content) if is_graph else read_results(answer.content)


def build_world(world: World, settings: Settings, built: datetime) -> Generation:
    """Build the generation of a world at an instant."""
    data = settings.data
    data.mkdir(parents=True)
    agreement = world.law()
    policies, files = read_policies(agreement), dict[str, Path]()
    for number, (graph, triples) in enumerate(world.graphs.items()):
        files[graph] = data.parent / f"{number}.nt"
        lines = (serialize(triples, format=RdfFormat.N_TRIPLES) or b"").splitlines(keepends=True)
        files[graph].write_bytes(b"".join(sorted(set(lines))))
    public = set(filter_readable(policies, ANONYMOUS, files, built))
    members = set(filter_readable_by_some(policies, files, built))
    site: dict[str, bytes | Path] = {
        f"{name}.json": b"[]" for name in ("datasets", "partners", "queries", "projects")
    }
    content = GenerationContent(
        open={graph: files[graph] for graph in sorted(public)},
        members={graph: files[graph] for graph in sorted(members)},
        good_until=good_until(policies, built),
        files={**site, "agreements.nt": serialise(agreement, "nt"), "catalog.nt": b""},
    )
    if not settings.remote:
        return build(data, content)
    return build(data, content, maker=RemoteStores(settings.remote, BASE))


def _empty(remote: RemoteStore) -> None:
    """Delete all graphs, which the next world's data folder knows nothing of."""
    for address in (*remote.open, *remote.members):
        with closing(Repository(remote, address)) as repository:
            repository.delete([*repository.counts(hidden=True)])


class OpenPool(NamedTuple):
    """A pool, a fresh store to compare it with, and their servers."""

    pooled: Pooled
    fresh: Fresh
    servers: tuple[RemoteStore, ...]

    def require_servers(self) -> None:
        """Raise `ServerCrashError` if a server no longer answers: some queries crash Virtuoso."""
        for server in self.servers:
            for address in (*server.open, *server.members):
                query = {"query": "ASK { ?s ?p ?o }"}
                try:
                    requests.get(address + server.profile.query, query, timeout=4 * PATIENCE)
                except requests.RequestException as error:
                    raise ServerCrashError from error


class ServerCrashError(Exception):
    """A server ended, no longer answers, or may still compute a query that was cut off."""


@contextmanager
def start_servers(engine: str, folder: Path) -> Iterator[tuple[RemoteStore, ...]]:
    """Start the servers of the pool and one for fresh stores; none for our engine."""
    with ExitStack() as stack:
        started: list[RemoteStore] = []
        parts = {"pool": {"open": 1, "members": 1}, "fresh": {"members": 1}}
        for name in parts if engine in ENGINES else ():
            options = {"seconds": PATIENCE} if engine == "virtuoso" else {}
            servers = repositories(engine, folder / name, parts[name], options)
            remote = stack.enter_context(servers)
            started.append(replace(remote, read_seconds=2 * PATIENCE, tries=1))
        yield tuple(started)


@contextmanager
def open_pool(
    engine: str, world: World, folder: Path, built: datetime, remotes: tuple[RemoteStore, ...]
) -> Iterator[OpenPool]:
    """Open a pool of a world, as built at an instant, and a fresh store."""
    settings = Settings(folder / "data", knowledge("catalog"), BASE, limits=LIMITS)
    if remotes:
        settings = replace(settings, remote=remotes[0])
    build_world(world, settings, built)
    fresh: Fresh = FreshStore(world)
    if remotes:
        fresh = FreshServer(remotes[1], world)
    with ExitStack() as stack:
        pooled: Pooled
        if engine == "site":
            pooled = RunningSite(stack.enter_context(served(settings, BASE)), settings.data)
        else:
            pooled = OpenedPool(stack.enter_context(closing(PoolService(settings))))
        yield OpenPool(pooled, fresh, remotes)
    # Not after an exception: a server that fell is replaced, and may keep a deletion waiting.
    if remotes:
        fresh.load((), whole=False)
        _empty(remotes[0])

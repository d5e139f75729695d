"""Pools that answer readers, and fresh stores to hold their answers against.

A pool is a generation that is built from a `World` as it would be published. A fresh store holds
what one reader may read of it, and nothing else.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
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
from parvis.store.query.request import QueryDataset
from parvis.store.query.text import QueryText
from parvis.store.remote.engine import RemoteEngine
from parvis.store.remote.shipping import RemotePublisher
from tests.remote.engines import oxigraph, virtuoso
from tests.serving import served

PATIENCE = 5
"""Seconds for a query: a server that never ends with some tells nothing by that."""
FREE = Share(seconds=2 * PATIENCE, rows=0, query_seconds=0, parallel=8)
LIMITS = Limits(anonymous=FREE, party=FREE, kept_bytes=0)
FORMS = "application/sparql-results+json, application/n-triples"
SERVERS: dict[str, Callable[[Path], AbstractContextManager[RemoteStore]]] = {
    "oxigraph": oxigraph,
    "virtuoso": partial(virtuoso, seconds=PATIENCE),
}
Lists = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Case:
    """A query, and the dataset that the protocol's parameters name, if they name any."""

    query: Query
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def narrowed(self, readable_graphs: Sequence[str]) -> Lists:
        """Give the reader's part of the dataset that is asked for (SPARQL 1.1 Protocol §2.1.4)."""
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
        """Ask as a reader."""
        ...


class Fresh(Protocol):
    """A store that holds what one reader may read."""

    def hold(self, graphs: tuple[str, ...]) -> None:
        """Hold these graphs and no others."""
        ...

    def ask(self, query: str, lists: Lists) -> Outcome:
        """Ask a query without FROM over a dataset."""
        ...


class FreshStore:
    """Our engine over a store that is built for one dataset, told no list of graphs."""

    def __init__(self, world: World) -> None:
        """Build nothing yet."""
        self._world, self._stores = world, dict[Lists, Store]()
        triples = Counter(triple for graph in world.graphs.values() for triple in graph)
        # The engine matches a triple that two graphs of its default graph hold twice.
        self._merged = max(triples.values(), default=1) == 1

    def hold(self, graphs: tuple[str, ...]) -> None:
        """Do nothing: each dataset has a store of its own."""

    def ask(self, query: str, lists: Lists) -> Outcome:
        """Ask a query without FROM over a dataset."""
        if (store := self._stores.get(lists)) is None:
            store = self._stores[lists] = self._built(*lists)
        try:
            try:
                found = self._query(store, query, lists)
            except SyntaxError:  # the engine wants no gap after some words, where SPARQL allows one
                found = self._query(store, parse(query, BASE, {"schema": SCHEMA}).write(), lists)
            if isinstance(found, QuerySolutions | QueryBoolean):
                return read_results(found.serialize(format=QueryResultsFormat.JSON) or b"")
            return read_graph(serialize(found, format=RdfFormat.N_TRIPLES) or b"")
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
    """A server that holds the graphs of one reader at a time, asked as the pool asks."""

    def __init__(self, remote: RemoteStore, world: World) -> None:
        """Write nothing yet."""
        self._remote, self._world = remote, world
        self._endpoint = Endpoint(remote, remote.secret())
        self._held: tuple[str, ...] = ()

    def hold(self, graphs: tuple[str, ...]) -> None:
        """Hold these graphs and no others."""
        for graph in self._held:
            self._endpoint.delete(graph)
        for graph in graphs:
            lines = serialize(self._world.graphs[graph], format=RdfFormat.N_TRIPLES)
            self._endpoint.put(graph, [lines or b""])
        self._held = graphs

    def ask(self, query: str, lists: Lists) -> Outcome:
        """Ask by the pool's own sender, for whom there is nothing to hide here."""
        engine = RemoteEngine(self._endpoint, self._held)
        try:
            read = QueryText.read(query, BASE, {"schema": SCHEMA})
            found = engine.run(read, allowed=None, asked=QueryDataset(*lists), values={})
            if isinstance(found, QuerySolutions | QueryBoolean):
                return read_results(found.serialize(format=QueryResultsFormat.JSON) or b"")
            return read_graph(serialize(found, format=RdfFormat.N_TRIPLES) or b"")
        except ParvisError as error:
            return Outcome(refusal=str(error))
        except (SyntaxError, OSError) as error:  # an answer that no parser takes
            return Outcome(refusal=str(error))


class OpenedPool:
    """A pool asked in this process, by its door for the web."""

    def __init__(self, host: PoolService) -> None:
        """Ask a pool that is open."""
        self._host = host

    def ask(self, reader: str, case: Case) -> Outcome:
        """Ask as a reader."""
        question = QueryRequest(case.query.text, case.default, case.named, "json", "nt")
        try:
            answer = self._host.ask(READERS[reader], question)
            body = b"".join(answer.chunks)
        except ParvisError as error:
            name = "" if isinstance(error, QueryError) else f"{type(error).__name__}: "
            return Outcome(refusal=f"{name}{error}")
        return read_graph(body) if answer.kind == "graph" else read_results(body)


class RunningSite:
    """A site that runs, asked over HTTP with the readers' tokens."""

    def __init__(self, address: str, data: Path) -> None:
        """Give each reader a token."""
        now = datetime.now(UTC)
        self._address, self._http = f"{address}sparql", requests.Session()
        self._headers = {"anonymous": dict[str, str]()}
        for name, reader in READERS.items():
            if reader.iri:
                grant = Grant(reader.iri, TokenScope.READ, "", reader.purposes)
                credential, _ = Tokens(data).create(grant, now, now + timedelta(days=1))
                self._headers[name] = {"Authorization": f"Bearer {credential.reveal()}"}

    def ask(self, reader: str, case: Case) -> Outcome:
        """Ask as a reader."""
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
    """Build the generation that would be published of a world at an instant."""
    data = settings.data
    data.mkdir(parents=True)
    law = world.law()
    policies, files = read_policies(law), dict[str, Path]()
    for number, (graph, triples) in enumerate(world.graphs.items()):
        files[graph] = data.parent / f"{number}.nt"
        lines = (serialize(triples, format=RdfFormat.N_TRIPLES) or b"").splitlines(keepends=True)
        files[graph].write_bytes(b"".join(sorted(set(lines))))
    everyones = set(filter_readable(policies, ANONYMOUS, files, built))
    some = set(filter_readable_by_some(policies, files, built))
    site: dict[str, bytes | Path] = {
        f"{name}.json": b"[]" for name in ("datasets", "partners", "queries", "projects")
    }
    content = GenerationContent(
        open={graph: files[graph] for graph in sorted(everyones)},
        members={graph: files[graph] for graph in sorted(some)},
        good_until=good_until(policies, built),
        files={**site, "agreements.nt": serialise(law, "nt"), "catalog.nt": b""},
    )
    if not settings.remote:
        return build(data, content)
    with closing(Endpoint(settings.remote, settings.remote.secret())) as endpoint:
        return build(data, content, maker=RemotePublisher(endpoint, BASE, 400_000))


class Opened(NamedTuple):
    """A pool, a fresh store beside it, and the servers they are in."""

    pooled: Pooled
    fresh: Fresh
    servers: tuple[RemoteStore, ...]

    def require_servers(self) -> None:
        """Raise `ServerFellError` where a server no longer answers: some queries end Virtuoso."""
        for server in self.servers:
            try:
                requests.get(server.query, {"query": "ASK { ?s ?p ?o }"}, timeout=4 * PATIENCE)
            except requests.RequestException as error:
                raise ServerFellError from error


class ServerFellError(Exception):
    """A server ended by itself, or answers nothing at all any more."""


@contextmanager
def servers(engine: str, folder: Path) -> Iterator[tuple[RemoteStore, ...]]:
    """Run two servers of a kind, one for the pool and one for fresh stores; none for our own."""
    with ExitStack() as stack:
        started: list[RemoteStore] = []
        for name in ("pool", "fresh") if engine in SERVERS else ():
            (folder / name).mkdir(parents=True)
            remote = stack.enter_context(SERVERS[engine](folder / name))
            started.append(replace(remote, read_seconds=2 * PATIENCE, tries=1))
        yield tuple(started)


@contextmanager
def opened(
    engine: str, world: World, folder: Path, built: datetime, remotes: tuple[RemoteStore, ...]
) -> Iterator[Opened]:
    """Open a pool of a world, as it was built at an instant, and a fresh store beside it."""
    settings = Settings(folder / "data", knowledge("catalog"), BASE, limits=LIMITS)
    if remotes:
        settings = replace(settings, remote=remotes[0])
    build_world(world, settings, built)
    fresh: Fresh = FreshStore(world)
    with ExitStack() as stack:
        if remotes:
            server = FreshServer(remotes[1], world)
            stack.callback(server.hold, ())
            fresh = server
        pooled: Pooled
        if engine == "site":
            pooled = RunningSite(stack.enter_context(served(settings, BASE)), settings.data)
        else:
            pooled = OpenedPool(stack.enter_context(closing(PoolService(settings))))
        yield Opened(pooled, fresh, remotes)

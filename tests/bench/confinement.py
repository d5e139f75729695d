"""What each reader gets, held against a fresh store with that reader's graphs and nothing else.

Run ``python tests/bench/confinement.py [--queries 50000] [--engine all] [--seed 1]``. Each world
has six graphs, agreements and readers of its own; a generation is built from it and asked through
the pool's own way in, from the reader's agreements to the worker's answer. The same query, without
its dataset, is put to a store that holds the reader's part of the dataset that was asked for:

* ``embedded``: our own store; the fresh one is built here, graph by graph, and told no list;
* ``site``: the same over HTTP, from a site that really runs, with tokens;
* ``oxigraph`` and ``virtuoso``: the pool's graphs in a server; the fresh one is another server of
  the same kind, which is told the same lists and holds nothing that the reader may not read.

Prints a line for each engine, and each disagreement with the shortest query that still shows it;
the exit code is 1 if there is any.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Protocol

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
    serialize,
)
from random_agreements import BASE, READERS, WORDS, World, draw_world
from sparql_grammar import PIECES, SCHEMA, Comparison, Dialect, Grammar, Query

sys.path.append(str(Path(__file__).parents[2]))  # the servers below are those of the tests

from parvis.config import Limits, Remote, Settings, Share, knowledge  # noqa: E402
from parvis.errors import ParvisError, QueryError  # noqa: E402
from parvis.fetch.endpoint import Endpoint  # noqa: E402
from parvis.governance import from_graph, good_until, readable, readable_by_some  # noqa: E402
from parvis.governance.question import ANONYMOUS  # noqa: E402
from parvis.ledger import Grant, Scope, Tokens  # noqa: E402
from parvis.pooling.ask import Host, Question  # noqa: E402
from parvis.rdf.files import serialise  # noqa: E402
from parvis.store.confine import Results  # noqa: E402
from parvis.store.generation import Content, Generation, build  # noqa: E402
from parvis.store.shipping import Shipping  # noqa: E402
from tests.remote.engines import oxigraph, virtuoso  # noqa: E402
from tests.serving import served  # noqa: E402

PER_WORLD = 250
"""Queries asked of one world, by all its readers together."""
FREE = Share(rows=0, query_seconds=0, parallel=8)
LIMITS = Limits(anonymous=FREE, party=FREE, kept_bytes=0)
SHRINKING = 400
"""Shorter queries that are tried for each disagreement."""
NOWHERE = "urn:parvis:none"
"""Sent in a list that would else be empty, by the pool and by us."""
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

    def ask(self, query: str, lists: Lists) -> Outcome:
        """Ask a query without FROM over a dataset."""
        if (store := self._stores.get(lists)) is None:
            store = self._stores[lists] = self._built(*lists)
        try:
            found = self._query(store, query, lists)
            if isinstance(found, QuerySolutions | QueryBoolean):
                return read_results(found.serialize(format=QueryResultsFormat.JSON) or b"")
            return read_graph(serialize(found, format=RdfFormat.N_TRIPLES) or b"")
        except (SyntaxError, RuntimeError, ValueError, OSError) as error:
            return Outcome(refusal=str(error))

    def _query(self, store: Store, query: str, lists: Lists) -> Results:
        told = {"base_iri": BASE, "prefixes": {"schema": SCHEMA}}
        if self._merged:
            return store.query(query, **told)
        default, named = ([NamedNode(graph) for graph in graphs] for graphs in lists)
        return store.query(query, **told, default_graph=default, named_graphs=named)

    def _built(self, default: Sequence[str], named: Sequence[str]) -> Store:
        store = Store()
        for graph in default if self._merged else ():
            for triple in self._world.graphs[graph]:
                store.add(Quad(*triple, DefaultGraph()))
        for graph in named if self._merged else {*default, *named}:
            store.add_graph(NamedNode(graph))
            for triple in self._world.graphs[graph]:
                store.add(Quad(*triple, NamedNode(graph)))
        return store


class FreshServer:
    """A server that holds the graphs of one reader at a time."""

    def __init__(self, remote: Remote, world: World) -> None:
        """Write nothing yet."""
        self._remote, self._world = remote, world
        self._writing = closing(Endpoint(remote, remote.secret()))
        self._http = requests.Session()
        self._held: tuple[str, ...] = ()

    def hold(self, graphs: tuple[str, ...]) -> None:
        """Hold these graphs and no others."""
        with self._writing as endpoint:
            for graph in self._held:
                endpoint.delete(graph)
            for graph in graphs:
                endpoint.put(
                    graph, [serialize(self._world.graphs[graph], format=RdfFormat.N_TRIPLES)]
                )
        self._held = graphs

    def ask(self, query: str, lists: Lists) -> Outcome:
        """Ask a query without FROM over a dataset."""
        form = [("query", f"BASE <{BASE}>\nPREFIX schema: <{SCHEMA}>\n{query}")]
        for name, graphs in zip(("default-graph-uri", "named-graph-uri"), lists, strict=True):
            form += [(name, graph) for graph in (*graphs, NOWHERE)]
        accept = "application/sparql-results+json, application/n-triples"
        answer = self._http.post(self._remote.query, form, headers={"Accept": accept}, timeout=60)
        if not answer.ok:
            return Outcome(refusal=answer.text[:300])
        try:
            if "json" in answer.headers["Content-Type"]:
                return read_results(answer.content)
            return read_graph(answer.content)
        except (ValueError, SyntaxError):
            return Outcome(refusal=f"cut short: {answer.text[-200:]}")


class OpenedPool:
    """A pool asked in this process, by its door for the web."""

    def __init__(self, host: Host) -> None:
        """Ask a pool that is open."""
        self._host = host

    def ask(self, reader: str, case: Case) -> Outcome:
        """Ask as a reader."""
        question = Question(case.query.text, case.default, case.named, "json", "nt")
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
                grant = Grant(reader.iri, Scope.READ, "", reader.purposes)
                credential, _ = Tokens(data).create(grant, now, now + timedelta(days=1))
                self._headers[name] = {"Authorization": f"Bearer {credential.reveal()}"}

    def ask(self, reader: str, case: Case) -> Outcome:
        """Ask as a reader."""
        form = [("query", case.query.text)]
        form += [("default-graph-uri", graph) for graph in case.default]
        form += [("named-graph-uri", graph) for graph in case.named]
        accept = "application/sparql-results+json, application/n-triples"
        headers = {"Accept": accept, **self._headers[reader]}
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
    policies, files = from_graph(law), dict[str, Path]()
    for number, (graph, triples) in enumerate(world.graphs.items()):
        files[graph] = data.parent / f"{number}.nt"
        lines = (serialize(triples, format=RdfFormat.N_TRIPLES) or b"").splitlines(keepends=True)
        files[graph].write_bytes(b"".join(sorted(set(lines))))
    everyones = set(readable(policies, ANONYMOUS, files, built))
    some = set(readable_by_some(policies, files, built))
    site: dict[str, bytes | Path] = {
        f"{name}.json": b"[]" for name in ("datasets", "partners", "queries", "projects")
    }
    content = Content(
        open={graph: files[graph] for graph in sorted(everyones)},
        members={graph: files[graph] for graph in sorted(some)},
        good_until=good_until(policies, built),
        files={**site, "agreements.nt": serialise(law, "nt"), "catalog.nt": b""},
    )
    if not settings.remote:
        return build(data, content)
    with closing(Endpoint(settings.remote, settings.remote.secret())) as endpoint:
        return build(data, content, maker=Shipping(endpoint, BASE, 400_000))


@dataclass
class Tally:
    """What came of an engine's queries."""

    engine: str
    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    def line(self, seconds: float) -> str:
        """Write the counts."""
        parts = (f"{name} {number}" for name, number in self.counts.items())
        return f"{self.engine}: {', '.join(parts)}, disagreements {len(self.disagreements)}, {seconds:.0f} s"


class Trial:
    """One world on one engine."""

    def __init__(self, world: World, pooled: Pooled, fresh: Fresh, tally: Tally) -> None:
        """Hold one against the other."""
        self._world, self._pooled, self._fresh, self._tally = world, pooled, fresh, tally

    def judge(self, reader: str, graphs: Sequence[str], case: Case) -> None:
        """Ask once, and count what comes of it."""
        self._tally.counts["queries"] += 1
        verdict = self._verdict(reader, graphs, case)
        if verdict in {"equal", "equal, not empty", "both refused"} or verdict.startswith("only"):
            self._tally.counts[verdict] += 1
            return
        shortest = self._shrunk(reader, graphs, case)
        pooled, fresh = self._both(reader, graphs, shortest)
        parameters = (
            f"\n  default {shortest.default} named {shortest.named}"
            if shortest.default or shortest.named
            else ""
        )
        self._tally.disagreements.append(
            f"  {verdict}; {reader} reads {[graph.rpartition('/')[2] for graph in graphs]}\n"
            f"  {shortest.query.text!r}{parameters}\n"
            f"  pool:  {_shown(pooled)}\n  fresh: {_shown(fresh)}\n"
        )

    def _both(self, reader: str, graphs: Sequence[str], case: Case) -> tuple[Outcome, Outcome]:
        lists = case.narrowed(graphs)
        return self._pooled.ask(reader, case), self._fresh.ask(case.query.undirected, lists)

    def _verdict(self, reader: str, graphs: Sequence[str], case: Case) -> str:
        pooled, fresh = self._both(reader, graphs, case)
        uncut = None
        if case.query.comparison is Comparison.CUT:
            uncut = self._fresh.ask(case.query.uncut, case.narrowed(graphs))
        hidden = [n for n, graph in enumerate(self._world.graphs) if graph not in graphs]
        if any(f"only-{n}" in part for row in pooled.rows for part in row for n in hidden):
            return "LEAK"
        if not pooled.agrees(fresh, case.query.comparison, uncut):
            if pooled.refusal:
                return "refused"
            return "refused by the fresh store alone" if fresh.refusal else "differs"
        if pooled.refusal:
            return "both refused"
        return "equal, not empty" if pooled.rows else "equal"

    def _shrunk(self, reader: str, graphs: Sequence[str], case: Case) -> Case:
        """Leave out what can be left out."""
        tries = 0
        parts = ("body", "values") if case.query.clauses else ("body", "values", "head")
        for part in parts:
            pieces = PIECES.findall(getattr(case.query, part))
            size = max(len(pieces) // 2, 1)
            while size and tries < SHRINKING:
                at = 0
                while at < len(pieces) and tries < SHRINKING:
                    left = pieces[:at] + pieces[at + size :]
                    shorter = replace(case, query=replace(case.query, **{part: "".join(left)}))
                    tries += 1
                    if self._verdict(reader, graphs, shorter) in {"LEAK", "differs", "refused"}:
                        case, pieces = shorter, left
                    else:
                        at += size
                size //= 2
        return case


def _shown(outcome: Outcome) -> str:
    return outcome.refusal or f"{outcome.rows.total()} rows {sorted(outcome.rows.items())[:4]}"


def draw_case(random: Random, grammar: Grammar) -> Case:
    """Draw a query, and at times the protocol's parameters."""
    case = Case(grammar.query())
    if random.random() < 0.2:  # noqa: PLR2004 - a share
        lists = [tuple(random.choices(WORDS.graphs, k=random.randint(0, 3))) for _ in "dn"]
        return replace(case, default=lists[0], named=lists[1])
    return case


@contextmanager
def opened_pools(
    engine: str, folder: Path
) -> Iterator[Callable[[World, Path, datetime], tuple[Pooled, Fresh, ExitStack]]]:
    """Give what opens a pool of a world beside a fresh store, servers running meanwhile."""
    with ExitStack() as servers:
        remotes: list[Remote] = []
        for name in ("pool", "fresh") if engine in SERVERS else ():
            (folder / name).mkdir()
            remotes.append(servers.enter_context(SERVERS[engine](folder / name)))

        def opened(world: World, place: Path, built: datetime) -> tuple[Pooled, Fresh, ExitStack]:
            settings = Settings(place / "data", knowledge("catalog"), BASE, limits=LIMITS)
            if remotes:
                settings = replace(settings, remote=remotes[0])
            build_world(world, settings, built)
            stack = ExitStack()
            pooled: Pooled
            if engine == "site":
                address = stack.enter_context(served(settings, BASE))
                pooled = RunningSite(address, settings.data)
            else:
                pooled = OpenedPool(stack.enter_context(closing(Host(settings))))
            fresh: Fresh = FreshServer(remotes[1], world) if remotes else FreshStore(world)
            return pooled, fresh, stack

        yield opened


SERVERS = {"oxigraph": oxigraph, "virtuoso": virtuoso}
ENGINES = ("embedded", "site", "oxigraph", "virtuoso")


def run(engine: str, queries: int, seed: int, per_world: int = PER_WORLD) -> Tally:
    """Ask so many queries of one engine."""
    tally, elsewhere = Tally(engine), engine in SERVERS
    dialect = Dialect() if engine != "virtuoso" else Dialect(triple_terms=False, lateral=False)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        opened_pools(engine, Path(name)) as opened,
    ):
        for number in count():
            if tally.counts["queries"] >= queries:
                return tally
            random = Random(f"{seed}/{engine}/{number}")  # noqa: S311 - to be drawn again
            now = datetime.now(UTC)
            world = draw_world(
                random,
                now,
                triple_terms=dialect.triple_terms and not elsewhere,
                blanks=not elsewhere,
            )
            built = now - timedelta(hours=2) if random.random() < 0.3 else now  # noqa: PLR2004
            place = Path(name) / str(number)
            place.mkdir()
            pooled, fresh, stack = opened(world, place, built)
            trial, grammar = Trial(world, pooled, fresh, tally), Grammar(random, WORDS, dialect)
            with stack:
                readers = random.sample([*READERS], 3)
                for reader in readers:
                    held = held_by(world, reader, built)
                    graphs = tuple(graph for graph in world.readable(reader, now) if graph in held)
                    if isinstance(fresh, FreshServer):
                        fresh.hold(graphs)
                    for _ in range(min(per_world, queries) // len(readers) + 1):
                        trial.judge(reader, graphs, draw_case(random, grammar))
                if isinstance(fresh, FreshServer):
                    fresh.hold(())


def held_by(world: World, reader: str, built: datetime) -> set[str]:
    """Give the graphs in the store that answers a reader: the open one, or that for parties."""
    if reader == "anonymous":
        return set(world.readable(reader, built))
    return {graph for name in READERS for graph in world.readable(name, built)}


def main() -> int:
    """Compare, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=50_000)
    parser.add_argument("--engine", choices=(*ENGINES, "all"), default="all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = False
    for engine in ENGINES if options.engine == "all" else (options.engine,):
        begun = time.perf_counter()
        tally = run(engine, options.queries, options.seed)
        sys.stdout.write(f"{tally.line(time.perf_counter() - begun)}\n")
        for text in tally.disagreements:
            sys.stdout.write(text)
        sys.stdout.flush()
        failed |= bool(tally.disagreements)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

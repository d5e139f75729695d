"""A generation brought into a store elsewhere: staged graph by graph, then moved by one update.

The store holds one generation, its graphs under their own names, so that queries mean there what
they mean here. What has changed is written beside it, under names that no reader may read; then one
request (SPARQL 1.1 Update §3: several operations, one after another, all or none where the store
can) puts it in its place. A failure before leaves what was there.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Self

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions, Triple, serialize

from parvis.errors import FetchError, QueryError, StoreError
from parvis.fetch.endpoint import Endpoint
from parvis.i18n import N_
from parvis.rdf.opening import opened
from parvis.rdf.results import GRAPHS
from parvis.store import files as durable
from parvis.store.generation.builder import Built, Source, Sources, facts_of
from parvis.store.generation.change_over import ChangeOver, settled
from parvis.store.generation.manifest import LISTED, Manifest, StoreFacts
from parvis.store.query.request import Dataset
from parvis.store.query.text import QueryText
from parvis.store.remote.engine import NOTHING, RemoteEngine

# What a store elsewhere holds, as it says itself: the canary's graph, which no reader ever may.
#
# For each graph of a generation it holds the name of its content, so that only what has changed is
# sent again; and, of the canary, the digest of the whole. It is written in the very request that
# changes the store, so that it is true whatever happened to us.

IDENTIFIER = NamedNode("http://purl.org/dc/terms/identifier")
QUERY = "SELECT ?graph ?name WHERE { ?graph <http://purl.org/dc/terms/identifier> ?name }"

MOST, LONGEST = 1_000_000, 100
"""Graphs that one store may hold, and characters of the name of a content, which is a digest."""


def canary_graph(base: str) -> str:
    """Name the graph that must never be seen."""
    return f"{base}graph/parvis/canary"


def canary(base: str) -> str:
    """Name the thing in it that tells the digest of the whole."""
    return f"{base}id/canary"


@dataclass(frozen=True)
class Held:
    """The digest of a generation's content, and the name of each graph's; empty at first."""

    digest: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, endpoint: Endpoint, base: str) -> Self:
        """Ask a store. Raises `FetchError`."""
        engine = RemoteEngine(endpoint, (canary_graph(base),))
        with reading_answer():
            found = dict(_pairs(engine.run(QueryText.read(QUERY), allowed=None, values={})))
        return cls(found.pop(canary(base), ""), found)

    def lines(self, base: str) -> bytes:
        """Write it as N-Triples."""
        told = {canary(base): self.digest, **self.sources}
        triples = (
            Triple(NamedNode(iri), IDENTIFIER, Literal(name)) for iri, name in sorted(told.items())
        )
        return serialize(triples, format=GRAPHS["nt"]) or b""


@contextmanager
def reading_answer() -> Iterator[None]:
    """Read what another store answers: what is no answer raises `FetchError`, whatever it is."""
    try:
        yield
    except (SyntaxError, ValueError, KeyError, OSError, RuntimeError) as error:
        raise FetchError("the store behind this site does not answer as it should") from error


def _pairs(found: object) -> Iterator[tuple[str, str]]:
    """Give the solutions' two columns."""
    for number, row in enumerate(found if isinstance(found, QuerySolutions) else ()):
        if number >= MOST:  # a store that answers without end would fill the memory
            raise FetchError("the store behind this site does not answer as it should")
        graph, name = row["graph"], row["name"]
        if isinstance(graph, NamedNode) and isinstance(name, Literal) and len(name.value) < LONGEST:
            yield graph.value, name.value


RESTRICTED = N_(
    "not everyone may read {graphs}, and “open_only” of “remote” sends only what is open to all:"
    " open or withdraw them, or publish to another store"
)
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
_BLANK = re.compile(rb"(?m)^_:(\S+)(?= <)|(?<= )_:(\S+)(?= \.$)")
"""A blank node where N-Triples has one: first in a line, or last before its stop."""


class Shipping:
    """Brings generations into one store, for who publishes."""

    def __init__(
        self, endpoint: Endpoint, base: str, piece: int, *, open_only: bool = False
    ) -> None:
        """Write by an endpoint, `piece` bytes at a time; with `open_only`, open graphs alone."""
        self._endpoint, self._base, self._piece = endpoint, base, piece
        self._open_only = open_only
        self._moves: dict[str, str] = {}
        self._gone: set[str] = set()

    def make(
        self,
        data: Path,
        folder: Path,
        open_: Mapping[str, Path],
        members: Mapping[str, Path],
        before: Mapping[str, Built],
    ) -> tuple[StoreFacts, StoreFacts]:
        """Stage what differs from what the store holds; gives what is known of both parts.

        Raises `StoreError` for a graph that not everyone may read, where none may be sent.
        """
        if self._open_only and members:
            raise StoreError(RESTRICTED, graphs=", ".join(sorted(members)))
        del before  # the store itself tells what it holds
        self._settle(data)
        sources = {graph: Source.of(path) for graph, path in {**members, **open_}.items()}
        held = Held.read(self._endpoint, self._base).sources
        changed = {g: one for g, one in sources.items() if held.get(g) != one.name}
        self._gone = held.keys() - sources.keys()
        ChangeOver(len(changed) + 1).write(data)
        counts = self._staged(changed)
        counts |= {g: _lines(one.path) for g, one in sources.items() if g not in counts}
        for name, graphs in (("open", open_), ("members", sources)):
            _list(folder / name, graphs)
        opened_ = {graph: sources[graph] for graph in open_}
        return facts_of(opened_, counts, 0), facts_of(sources, counts, 0)

    def switch(self, data: Path, former: int, manifest: Manifest) -> None:
        """Put what is staged in its place; whoever serves is told before that it happens.

        Raises `FetchError` if it was not done, or if nobody can tell.
        """
        held = Held(manifest.members.digest, manifest.members.sources)
        self._put(self._stage(len(self._moves)), [held.lines(self._base)])
        staged = ChangeOver.read(data).staged
        ChangeOver(staged, former, manifest.generation).write(data)
        try:
            self._endpoint.update(self._update())
        except FetchError:
            if Held.read(self._endpoint, self._base).digest != held.digest:
                ChangeOver(staged).write(data)
                raise

    def settled(self, data: Path) -> None:
        """Say that the pointer has moved."""
        settled(data)

    def _settle(self, data: Path) -> None:
        """End what a publication that was killed had begun."""
        left = ChangeOver.read(data)
        if left.between:
            folder = data / "generations" / str(left.new)
            held = Held.read(self._endpoint, self._base).digest
            if folder.is_dir() and held == Manifest.read(folder).members.digest:
                durable.replace(data / "current", f"{left.new}\n".encode())
            else:
                shutil.rmtree(folder, ignore_errors=True)
        for number in range(left.staged):
            self._endpoint.delete(self._stage(number))
        settled(data)

    def _staged(self, changed: Sources) -> dict[str, int]:
        """Write graphs beside those that are asked; gives how many triples arrived of each."""
        self._moves, counts = {}, {}
        for number, (graph, source) in enumerate(sorted(changed.items())):
            stage, wanted = self._stage(number), _lines(source.path)
            self._moves[graph] = stage
            self._put(stage, _pieces(source.path, self._piece, self._genid(source)))
            counts[graph] = self._count(stage) if wanted else 0
            if wanted and not 0 < counts[graph] <= wanted:
                raise StoreError(
                    "of the graph {graph}, {count} triples arrived of {wanted}",
                    graph=graph,
                    count=counts[graph],
                    wanted=wanted,
                )
        return counts

    def _put(self, stage: str, pieces: Iterable[bytes]) -> None:
        """Write one graph."""
        self._endpoint.put(stage, iter(pieces))

    def _genid(self, source: Source) -> str:
        """Say how the IRIs of a file's blank nodes begin: the record's are one in all graphs."""
        own = "" if source.of_record else f"{source.name[:16]}/"
        return f"{self._base}.well-known/genid/{own}"

    def _stage(self, number: int) -> str:
        """Name a graph that is not yet in its place."""
        return f"{self._base}graph/parvis/staging/{number}"

    def _count(self, graph: str) -> int:
        """Count a graph's triples in the store."""
        engine = RemoteEngine(self._endpoint, (graph,))
        with reading_answer():
            found = engine.run(QueryText.read(COUNT), allowed=None, values={})
            solutions = list(islice(found, 2)) if isinstance(found, QuerySolutions) else []
        text = str(getattr(solutions[0]["n"], "value", 0)) if len(solutions) == 1 else "0"
        return int(text) if re.fullmatch("[0-9]{1,15}", text) else 0

    def _update(self) -> str:
        """Write the one request, of names that the engine's own type has checked."""
        moves = {**self._moves, canary_graph(self._base): self._stage(len(self._moves))}
        steps = [f"DROP SILENT GRAPH {NamedNode(graph)}" for graph in sorted(self._gone)]
        for graph, stage in moves.items():
            steps += [
                f"DROP SILENT GRAPH {NamedNode(graph)}",
                f"MOVE SILENT GRAPH {NamedNode(stage)} TO GRAPH {NamedNode(graph)}",
            ]
        return " ;\n".join(steps)


def _list(folder: Path, graphs: Iterable[str]) -> None:
    """Write which graphs a part of a generation has, in the place of its store."""
    folder.mkdir()
    (folder / LISTED).write_text(json.dumps(sorted(graphs), indent=1), encoding="utf-8")


def _lines(path: Path) -> int:
    """Count a file's triples: one a line, none twice."""
    with opened(path) as file:
        return sum(1 for line in file if line.strip())


def _pieces(path: Path, size: int, genid: str) -> Iterator[bytes]:
    """Read a file's lines in pieces; each names its blank nodes, which span pieces (RDF 1.1 §3.5).

    A file without lines is one empty piece.
    """
    sent = False
    with opened(path) as file:
        while lines := file.readlines(size):
            yield named(b"".join(lines), genid)
            sent = True
    if not sent:
        yield b""


def named(lines: bytes, genid: str) -> bytes:
    """Give lines of N-Triples in which each blank node is an IRI."""
    if b"_:" not in lines:
        return lines
    return _BLANK.sub(lambda one: f"<{genid}".encode() + (one[1] or one[2]) + b">", lines)


# A hidden graph that nobody may see: a store elsewhere shows first that it keeps it hidden.
#
# Every publication writes one. What a reader could ask is asked here with a dataset in which it is
# not; then with one in which it is, for a store that holds no canary would prove nothing.

SHOWN = N_(
    "{address} shows a hidden graph to a query whose dataset does not hold it ({query}): nothing"
    " is served from it"
)


def probes(base: str) -> Iterator[str]:
    """Give the questions that could see it."""
    it, graph, says = NamedNode(canary(base)), NamedNode(canary_graph(base)), IDENTIFIER
    triple, other = f"{it} {says} ?o", f"{it} {says} ?p"
    yield from (
        f"SELECT ?o WHERE {{ {triple} }}",
        f"SELECT ?o WHERE {{ GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ {{ SELECT ?o WHERE {{ GRAPH ?g {{ {triple} }} }} }} }}",
        f"SELECT ?o WHERE {{ {it} {says}+ ?o }}",
        f"SELECT ?o WHERE {{ GRAPH ?g {{ {it} {says}+ ?o }} }}",
        f"SELECT ?o WHERE {{ VALUES ?g {{ {graph} }} GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ BIND({graph} AS ?g) GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ VALUES ?o {{ 1 }} FILTER EXISTS {{ {other} }} }}",
        f"SELECT ?o WHERE {{ VALUES ?o {{ 1 }} FILTER EXISTS {{ GRAPH ?g {{ {other} }} }} }}",
        f"ASK {{ {triple} }}",
        f"ASK {{ GRAPH ?g {{ {triple} }} }}",
        f"DESCRIBE {it}",
    )


def prove(endpoint: Endpoint, base: str) -> None:
    """Ask a store everything that must find nothing, and once what must find the canary.

    Raises `StoreError` for what it shows, or if it holds no canary.
    """
    address = endpoint.address
    for allowed in (Dataset(), Dataset.of([NOTHING])):
        for probe in probes(base):
            if _finds(endpoint, probe, allowed):
                raise StoreError(SHOWN, address=address, query=probe)
    seen = next(probes(base))
    if not _finds(endpoint, seen, Dataset.of([canary_graph(base)])):
        raise StoreError(
            "{address} holds nothing that parvis has published: run “parvis publish”",
            address=address,
        )


def evaluates_hidden(endpoint: Endpoint, base: str, graphs: Iterable[str]) -> bool:
    """Say whether a store computes with triples of graphs that are not in the query's dataset.

    Virtuoso 7.2 filters before it looks at the graph: an expression that fails for one text alone
    then fails if a hidden graph holds that text, and the error tells so. Here the text is the
    canary's. That nothing fails is no proof, for it depends on how the store plans a query.
    """
    allowed = Dataset.of(graphs)
    failing = [
        f'SELECT ?s {{ ?s ?p ?o FILTER(IF(STR(?o) = {text}, STRBEFORE(1, "a"), "x") = "x") }}'
        for text in (Literal(Held.read(endpoint, base).digest), Literal("urn:parvis:none"))
    ]
    return [_fails(endpoint, query, allowed) for query in failing] == [True, False]


def _fails(endpoint: Endpoint, query: str, allowed: Dataset) -> bool:
    try:
        found = RemoteEngine(endpoint).run(QueryText.read(query), allowed=allowed, values={})
        for _ in found if isinstance(found, QuerySolutions) else ():
            pass
    except (FetchError, QueryError):
        return True
    return False


def _finds(endpoint: Endpoint, probe: str, allowed: Dataset) -> bool:
    """Say whether a question finds anything."""
    found = RemoteEngine(endpoint).run(QueryText.read(probe), allowed=allowed, values={})
    match found:
        case QueryBoolean():
            return bool(found)
        case QuerySolutions():
            return any(isinstance(one["o"], Literal | NamedNode) for one in found)
    return next(iter(found), None) is not None

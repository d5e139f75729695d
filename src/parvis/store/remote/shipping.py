"""Publish a generation to a remote store: stage it graph by graph, then move it by one update.

The store holds one generation, its graphs under their own names, so that queries mean the same
there as here. Changed graphs are written under staging names that no reader may read; then one
request (SPARQL 1.1 Update §3: several operations, one after another, all or none where the store
supports it) moves them into place. An earlier failure leaves the former generation.
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
from parvis.rdf.formats import GRAPHS
from parvis.rdf.streams import open_file
from parvis.store.generation.builder import BuiltStore, GraphFile, GraphFiles, StoreMaker, facts_of
from parvis.store.generation.generation import move_pointer
from parvis.store.generation.manifest import LISTED, Manifest, StoreFacts
from parvis.store.generation.state_files import ChangeOver, clear_change_over
from parvis.store.query.request import QueryDataset, QueryText
from parvis.store.remote.engine import NOTHING, RemoteEngine

# The canary's graph, in which a remote store describes its content, and which no reader may read.
#
# It has the name of the content of each graph, so that only changed graphs are sent again, and the
# digest of the generation. It is written in the very request that changes the store, so that it is
# true whatever happens to this process.

IDENTIFIER = NamedNode("http://purl.org/dc/terms/identifier")
QUERY = "SELECT ?graph ?name WHERE { ?graph <http://purl.org/dc/terms/identifier> ?name }"

MOST, LONGEST = 1_000_000, 100
"""The greatest numbers of graphs of a store, and of characters of a content's name (a digest)."""


def canary_graph(base: str) -> str:
    """Return the IRI of the graph that no reader may see."""
    return f"{base}graph/parvis/canary"


def canary(base: str) -> str:
    """Return the IRI of the entity in it that has the digest of the generation."""
    return f"{base}id/canary"


@dataclass(frozen=True)
class RemoteContent:
    """The digest of a generation's content, and the name of each graph's; empty at first."""

    digest: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, endpoint: Endpoint, base: str) -> Self:
        """Query a store. Raises `FetchError`."""
        engine = RemoteEngine(endpoint, (canary_graph(base),))
        sources: dict[str, str] = {}
        with checking_answer():
            results = engine.run(QueryText.read(QUERY), allowed=None, values={})
            for number, row in enumerate(results if isinstance(results, QuerySolutions) else ()):
                if number >= MOST:  # a store that answers without end would fill the memory
                    raise FetchError("the store behind this site does not answer as it should")
                graph, name = row["graph"], row["name"]
                if not (isinstance(graph, NamedNode) and isinstance(name, Literal)):
                    continue
                if len(name.value) < LONGEST:
                    sources[graph.value] = name.value
        return cls(sources.pop(canary(base), ""), sources)

    def lines(self, base: str) -> bytes:
        names = {canary(base): self.digest, **self.sources}
        triples = (
            Triple(NamedNode(iri), IDENTIFIER, Literal(name)) for iri, name in sorted(names.items())
        )
        return serialize(triples, format=GRAPHS["nt"]) or b""


@contextmanager
def checking_answer() -> Iterator[None]:
    """Raise `FetchError` for an invalid answer of another store, whatever is wrong with it."""
    try:
        yield
    except (SyntaxError, ValueError, KeyError, OSError, RuntimeError) as error:
        raise FetchError("the store behind this site does not answer as it should") from error


RESTRICTED = N_(
    "not everyone may read {graphs}, and “open_only” of “remote” sends only what is open to all:"
    " open or withdraw them, or publish to another store"
)
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
_BLANK_NODE = re.compile(rb"(?m)^_:(\S+)(?= <)|(?<= )_:(\S+)(?= \.$)")
"""A blank node in N-Triples: first in a line, or last before its stop."""


class RemotePublisher(StoreMaker):
    """Publishes generations to one remote store."""

    def __init__(
        self, endpoint: Endpoint, base: str, piece: int, *, open_only: bool = False
    ) -> None:
        """Write by an endpoint, `piece` bytes at a time; with `open_only`, only open graphs."""
        self._endpoint, self._base, self._piece = endpoint, base, piece
        self._open_only = open_only
        # What `make` staged, for `switch`: staging names by graph, and graphs to drop.
        self._moves: dict[str, str] = {}
        self._gone: set[str] = set()

    def make(
        self,
        data: Path,
        folder: Path,
        open_: Mapping[str, Path],
        members: Mapping[str, Path],
        before: Mapping[str, BuiltStore],
    ) -> tuple[StoreFacts, StoreFacts]:
        """Stage the graphs that differ from the store's; return the facts of both parts.

        Raises `StoreError` for a graph that not everyone may read, if only open ones may be sent.
        """
        if self._open_only and members:
            raise StoreError(RESTRICTED, graphs=", ".join(sorted(members)))
        del before  # the store itself knows its content
        self._recover(data)
        sources = {graph: GraphFile.of(path) for graph, path in {**members, **open_}.items()}
        names = RemoteContent.read(self._endpoint, self._base).sources
        changed = {g: source for g, source in sources.items() if names.get(g) != source.name}
        self._gone = names.keys() - sources.keys()
        ChangeOver(len(changed) + 1).write(data)
        counts = self._stage_graphs(changed)
        counts |= {g: _count_lines(s.path) for g, s in sources.items() if g not in counts}
        for name, graphs in (("open", open_), ("members", sources)):
            # The list of graphs takes the place of a local store.
            (folder / name).mkdir()
            listed = json.dumps(sorted(graphs), indent=1)
            (folder / name / LISTED).write_text(listed, encoding="utf-8")
        open_sources = {graph: sources[graph] for graph in open_}
        return facts_of(open_sources, counts, 0), facts_of(sources, counts, 0)

    def switch(self, data: Path, former: int, manifest: Manifest) -> None:
        """Move the staged graphs into place; serving processes are informed before.

        Raises `FetchError` if it was not done, or if that is unknown.
        """
        content = RemoteContent(manifest.members.digest, manifest.members.sources)
        stage = self._stage(len(self._moves))
        self._endpoint.put(stage, iter([content.lines(self._base)]))
        staged = ChangeOver.read(data).staged
        ChangeOver(staged, former, manifest.generation).write(data)
        # The engine's own type checks the names, so that none can inject an operation.
        steps = [f"DROP SILENT GRAPH {NamedNode(graph)}" for graph in sorted(self._gone)]
        for graph, source in {**self._moves, canary_graph(self._base): stage}.items():
            steps += [
                f"DROP SILENT GRAPH {NamedNode(graph)}",
                f"MOVE SILENT GRAPH {NamedNode(source)} TO GRAPH {NamedNode(graph)}",
            ]
        try:
            self._endpoint.update(" ;\n".join(steps))
        except FetchError:
            # The store may have done it all the same.
            if RemoteContent.read(self._endpoint, self._base).digest != content.digest:
                ChangeOver(staged).write(data)
                raise

    def confirm_switch(self, data: Path) -> None:
        clear_change_over(data)

    def _recover(self, data: Path) -> None:
        """Complete or undo a publication that was killed."""
        interrupted = ChangeOver.read(data)
        if interrupted.is_between:
            folder = data / "generations" / str(interrupted.new)
            digest = RemoteContent.read(self._endpoint, self._base).digest
            if folder.is_dir() and digest == Manifest.read(folder).members.digest:
                move_pointer(data, interrupted.new)
            else:
                shutil.rmtree(folder, ignore_errors=True)
        for number in range(interrupted.staged):
            self._endpoint.delete(self._stage(number))
        clear_change_over(data)

    def _stage_graphs(self, changed: GraphFiles) -> dict[str, int]:
        """Write graphs under staging names; return how many triples of each arrived."""
        self._moves, counts = {}, {}
        for number, (graph, source) in enumerate(sorted(changed.items())):
            stage, expected = self._stage(number), _count_lines(source.path)
            self._moves[graph] = stage
            # Blank nodes of the record are one in all graphs; those of other files are their own.
            own = "" if source.is_of_record else f"{source.name[:16]}/"
            genid = f"{self._base}.well-known/genid/{own}"
            self._endpoint.put(stage, _read_pieces(source.path, self._piece, genid))
            counts[graph] = self._count_stored(stage) if expected else 0
            if expected and not 0 < counts[graph] <= expected:
                raise StoreError(
                    "of the graph {graph}, {count} triples arrived of {expected}",
                    graph=graph,
                    count=counts[graph],
                    expected=expected,
                )
        return counts

    def _stage(self, number: int) -> str:
        return f"{self._base}graph/parvis/staging/{number}"

    def _count_stored(self, graph: str) -> int:
        """Count a graph's triples in the store; 0 for an invalid answer."""
        engine = RemoteEngine(self._endpoint, (graph,))
        with checking_answer():
            results = engine.run(QueryText.read(COUNT), allowed=None, values={})
            solutions = list(islice(results, 2)) if isinstance(results, QuerySolutions) else []
        text = str(getattr(solutions[0]["n"], "value", 0)) if len(solutions) == 1 else "0"
        return int(text) if re.fullmatch("[0-9]{1,15}", text) else 0


def _count_lines(path: Path) -> int:
    """Count a file's triples: one a line, none twice."""
    with open_file(path) as file:
        return sum(1 for line in file if line.strip())


def _read_pieces(path: Path, size: int, genid: str) -> Iterator[bytes]:
    """Read a file's lines in pieces; a file without lines is one empty piece.

    Blank nodes get IRIs, as they may be in several pieces (RDF 1.1 §3.5).
    """
    is_empty = True
    with open_file(path) as file:
        while lines := file.readlines(size):
            yield skolemise(b"".join(lines), genid)
            is_empty = False
    if is_empty:
        yield b""


def skolemise(lines: bytes, genid: str) -> bytes:
    """Replace each blank node in lines of N-Triples by an IRI."""
    if b"_:" not in lines:
        return lines
    return _BLANK_NODE.sub(
        lambda match: f"<{genid}".encode() + (match[1] or match[2]) + b">", lines
    )


# Before it serves, a remote store has to prove that it hides a graph, the canary's.
#
# Every publication writes one. Queries that a reader could send are sent with a dataset without it,
# then one with a dataset with it, since a store without a canary would prove nothing.

SHOWN = N_(
    "{address} shows a hidden graph to a query whose dataset does not hold it ({query}): nothing"
    " is served from it"
)


def probes(base: str) -> Iterator[str]:
    """Yield queries that could see the canary."""
    node, graph, step = NamedNode(canary(base)), NamedNode(canary_graph(base)), IDENTIFIER
    triple, any_value = f"{node} {step} ?o", f"{node} {step} ?p"
    yield from (
        f"SELECT ?o WHERE {{ {triple} }}",
        f"SELECT ?o WHERE {{ GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ {{ SELECT ?o WHERE {{ GRAPH ?g {{ {triple} }} }} }} }}",
        f"SELECT ?o WHERE {{ {node} {step}+ ?o }}",
        f"SELECT ?o WHERE {{ GRAPH ?g {{ {node} {step}+ ?o }} }}",
        f"SELECT ?o WHERE {{ VALUES ?g {{ {graph} }} GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ BIND({graph} AS ?g) GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ VALUES ?o {{ 1 }} FILTER EXISTS {{ {any_value} }} }}",
        f"SELECT ?o WHERE {{ VALUES ?o {{ 1 }} FILTER EXISTS {{ GRAPH ?g {{ {any_value} }} }} }}",
        f"ASK {{ {triple} }}",
        f"ASK {{ GRAPH ?g {{ {triple} }} }}",
        f"DESCRIBE {node}",
    )


def prove(endpoint: Endpoint, base: str) -> None:
    """Send a store all queries that must find nothing, and one that must find the canary.

    Raises `StoreError` for a leak, or if it holds no canary.
    """
    address = endpoint.address
    for allowed in (QueryDataset(), QueryDataset.of([NOTHING])):
        for probe in probes(base):
            if _finds(endpoint, probe, allowed):
                raise StoreError(SHOWN, address=address, query=probe)
    control = next(probes(base))
    if not _finds(endpoint, control, QueryDataset.of([canary_graph(base)])):
        raise StoreError(
            "{address} holds nothing that parvis has published: run “parvis publish”",
            address=address,
        )


def evaluates_hidden(endpoint: Endpoint, base: str, graphs: Iterable[str]) -> bool:
    """Return whether a store evaluates expressions on triples outside the query's dataset.

    Virtuoso 7.2 filters before it checks the graph: an expression that fails for one text only
    then fails if a hidden graph holds that text, and the error reveals it. Here the text is the
    canary's. A query that does not fail is no proof, as it depends on the store's query plan.
    """
    allowed = QueryDataset.of(graphs)
    failures = []
    for text in (Literal(RemoteContent.read(endpoint, base).digest), Literal("urn:parvis:none")):
        condition = f'IF(STR(?o) = {text}, STRBEFORE(1, "a"), "x") = "x"'
        query = f"SELECT ?s {{ ?s ?p ?o FILTER({condition}) }}"
        try:
            engine = RemoteEngine(endpoint)
            results = engine.run(QueryText.read(query), allowed=allowed, values={})
            for _ in results if isinstance(results, QuerySolutions) else ():
                pass
        except (FetchError, QueryError):
            failures.append(True)
        else:
            failures.append(False)
    return failures == [True, False]


def _finds(endpoint: Endpoint, probe: str, allowed: QueryDataset) -> bool:
    results = RemoteEngine(endpoint).run(QueryText.read(probe), allowed=allowed, values={})
    match results:
        case QueryBoolean():
            return bool(results)
        case QuerySolutions():
            return any(isinstance(row["o"], Literal | NamedNode) for row in results)
    return next(iter(results), None) is not None

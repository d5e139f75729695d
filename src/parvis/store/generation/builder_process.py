"""Build stores: ``python -I -m parvis.store.generation.builder_process``.

A request is one store to copy, or to build: ``{"store": folder, "base": store or null, "merged":
boolean, "empty": [IRI, …], "record": [[IRI, file], …], "own": [[IRI, file], …]}``. A copy of the
base (hard links; the base is never written to) loses the graphs of `empty` and gets the others. The
answer is ``{"graphs": {IRI: quads}}`` of the loaded graphs; after an error the store is useless.

The record's files are loaded as two parallel streams of quads, since the engine reads a stream
with one processor; loading a hundred graphs one by one takes a quarter longer and leaves 400 files
instead of 17. All lines with blank nodes are in one stream, so that blank nodes of one name stay
one, as in the record; parvis's own graphs with blank nodes are loaded separately, since theirs
belong to one graph each.

The files of several loads may then be merged, so that a query reads one file instead of one per
load: counts take a seventh less. Merged files are not compressed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import IO, Any, cast

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
)

from parvis.errors import StoreError
from parvis.rdf.streams import UNREADABLE, LineReader, open_file, read_blocks, read_quad_lines
from parvis.sandbox.serving import serve
from parvis.store.query.confinement import run
from parvis.store.query.request import QueryDataset, QueryText

# Divide lines between two parallel loads, all blank nodes in one of them.

BLANK = b"_:"
"""The beginning of a blank node's name; a text may contain it too."""

MOST = 64
"""The greatest number of deferred pieces; with more, the first stream takes all others."""


class TwoStreams:
    """Divides pieces between two streams as they need them; the first gets all blank nodes.

    Each load renames blank nodes, so one of them must have them all. No piece is empty.
    Thread-safe.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._deferred: deque[bytes] = deque()
        self._lock = Lock()

    def first(self) -> Iterator[bytes]:
        """Yield the pieces that the second stream deferred, then the next ones."""
        return self._take_all(
            lambda: self._deferred.popleft() if self._deferred else next(self._pieces, b"")
        )

    def second(self) -> Iterator[bytes]:
        """Yield the next pieces, and defer those with blank nodes; end when they are too many."""
        return self._take_all(self._take_without_blank_nodes)

    def _take_all(self, take: Callable[[], bytes]) -> Iterator[bytes]:
        while True:
            with self._lock:
                piece = take()
            if not piece:
                return
            yield piece

    def _take_without_blank_nodes(self) -> bytes:
        while len(self._deferred) < MOST:
            if BLANK not in (piece := next(self._pieces, b"")):
                return piece
            self._deferred.append(piece)
        return b""


Graphs = list[tuple[str, str]]
"""Each graph and its file."""
LOAD = 80_000_000
"""Bytes of one load: the engine holds some ten times as many until it ends."""


def divide(pieces: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Divide a stream into loads of bounded size; all of it from a blank node on is one load.

    Each load must be read to its end before the next one.
    """

    def load(piece: bytes) -> Iterator[bytes]:
        size, has_blank_node = 0, False
        while piece:
            yield piece
            size += len(piece)
            has_blank_node = has_blank_node or BLANK in piece
            if size >= LOAD and not has_blank_node:
                return
            piece = next(pieces, b"")

    yield from map(load, pieces)


def read_pieces(graphs: Graphs) -> Iterator[bytes]:
    """Read the quads of files in pieces; what follows a blank node in its file comes last.

    So the load that must not be divided is no larger than the graphs that have blank nodes.
    """
    deferred = []
    for graph, path in graphs:
        for number, piece in enumerate(read_quad_lines(Path(path), graph)):
            if BLANK in piece:
                deferred.append((graph, path, number))
                break
            yield piece
    for graph, path, number in deferred:
        yield from islice(read_quad_lines(Path(path), graph), number, None)


COUNT = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
COUNT_ONE = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"


def build(job: dict[str, Any]) -> dict[str, Any]:
    """Build one store. Raises `StoreError`."""
    if job["base"] is not None:
        Store.read_only(job["base"]).backup(job["store"])  # hard links
    store = Store(job["store"])
    for graph in job["empty"]:
        store.remove_graph(NamedNode(graph))
    separate = [(graph, path) for graph, path in job["own"] if _has_blank_nodes(graph, path)]
    own = [(graph, path) for graph, path in job["own"] if (graph, path) not in separate]
    _load_together(store, [*job["record"], *own])
    for graph, path in separate:
        _load(store, graph, path)
    # An empty graph exists all the same: GRAPH ?g lists it.
    for graph, _ in [*job["record"], *job["own"]]:
        if not store.contains_named_graph(NamedNode(graph)):  # each writing leaves a table
            store.add_graph(NamedNode(graph))

    def count_loaded() -> dict[str, int]:
        if job["base"] is None:
            return counts(store)
        quads = {}
        for graph, _ in job["record"] + job["own"]:
            rows = _select(store, COUNT_ONE, QueryDataset.of([graph]))
            quads[graph] = sum(int(number) for (number,) in rows)
        return quads

    with ThreadPoolExecutor() as threads:  # merging takes one processor
        graphs = threads.submit(count_loaded)
        if job["merged"]:
            store.optimize()
    store.flush()
    return {"graphs": graphs.result()}


def copy(job: dict[str, Any]) -> dict[str, Any]:
    """Make a copy of a base, if there is one, with graphs of another store.

    ``{"store": folder, "base": store or null, "source": store, "graphs": [IRI, …]}`` is answered
    by ``{"copied": boolean}``: false where a blank node may be one of the base, by another name.
    """
    source, graphs = Store.read_only(job["source"]), [NamedNode(graph) for graph in job["graphs"]]
    if job["base"] is not None:
        for graph in graphs:
            if any(map(_has_blank_node, source.quads_for_pattern(None, None, None, graph))):
                return {"copied": False}
        Store.read_only(job["base"]).backup(job["store"])  # hard links
    store = Store(job["store"])
    for graph in graphs:
        store.bulk_extend(source.quads_for_pattern(None, None, None, graph))
        store.add_graph(graph)
    store.flush()
    return {"copied": True}


def _has_blank_node(part: Quad | Triple) -> bool:
    terms = (part.subject, part.object)
    return any(
        isinstance(term, BlankNode) or (isinstance(term, Triple) and _has_blank_node(term))
        for term in terms
    )


def _unloadable(graph: str, reason: object) -> StoreError:
    return StoreError("the graph {graph} cannot be loaded: {reason}", graph=graph, reason=reason)


def _has_blank_nodes(graph: str, path: str) -> bool:
    """Return whether a graph may have blank nodes."""
    try:
        with open_file(Path(path)) as file:
            # A text that looks like one only costs one more load.
            return any(BLANK in block for block in read_blocks(file))
    except UNREADABLE as error:
        raise _unloadable(graph, error) from error


def _load(store: Store, graph: str, path: str) -> None:
    try:
        with open_file(Path(path)) as file:
            store.bulk_load(file, RdfFormat.N_TRIPLES, to_graph=NamedNode(graph))
    except (*UNREADABLE, SyntaxError, ValueError) as error:
        raise _unloadable(graph, error) from error


def _load_together(store: Store, graphs: Graphs) -> None:
    """Load graphs together; if that fails, one by one, to find which one is wrong."""
    shared = TwoStreams(read_pieces(graphs))

    def load(pieces: Iterator[bytes]) -> None:
        for lines in map(LineReader, divide(pieces)):
            store.bulk_load(cast("IO[bytes]", lines), RdfFormat.N_QUADS)

    try:
        with ThreadPoolExecutor() as threads:
            list(threads.map(load, [shared.first(), shared.second()]))
    except (*UNREADABLE, SyntaxError, ValueError) as error:
        for graph, path in graphs:
            _load(store, graph, path)
        raise _unloadable("?", error) from error
    for quad in store.quads_for_pattern(None, None, None, DefaultGraph()):
        raise _unloadable("?", f"{quad.triple}: a line holds more than a triple")


def counts(store: Store) -> dict[str, int]:
    """Count the quads of each graph."""
    return {graph: int(number) for graph, number in _select(store, COUNT)}


def _select(store: Store, query: str, allowed: QueryDataset | None = None) -> Iterator[list[str]]:
    results = run(store, QueryText.read(query), allowed=allowed)
    for row in results if isinstance(results, QuerySolutions) else ():
        yield [term.value if isinstance(term, NamedNode | Literal) else "" for term in row]


if __name__ == "__main__":
    serve(lambda job: copy(job) if "source" in job else build(job))

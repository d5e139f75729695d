"""Build stores: ``python -I -m parvis.store.generation.builder_worker``, spoken to in frames.

Each frame is one store to make:
``{"store": folder, "base": store or null, "merged": boolean, "empty": [IRI, …],
"record": [[IRI, file], …], "own": [[IRI, file], …]}``. A copy of the base (hard links, nothing is
written to the base itself) loses the graphs of `empty` and gets the others; it is answered by
``{"graphs": {IRI: quads}}`` of what was loaded, or by ``{"error": reason, "graph": IRI}`` or
``{"machine": [ERRNO, TEXT, FILE]}``, after which the store is worth nothing.

The record's files are loaded as two streams of quads side by side, since the engine reads one with
one processor; a hundred graphs one by one take a quarter longer and leave 400 files instead of 17.
Lines with blank nodes are all of one stream. That keeps blank nodes of one name one, which is what
the record means by them; of parvis's own graphs, those that have some are loaded apart, for theirs
are each graph's own.

What several loads left may then be merged, so that a query looks into one file where it looked into
each load's: counts take a seventh less. Merged files are written without compression.
"""

import io
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import IO, Any, cast

from pyoxigraph import DefaultGraph, Literal, NamedNode, QuerySolutions, RdfFormat, Store

from parvis.rdf.line_reader import LineReader
from parvis.rdf.opening import UNREADABLE, blocks, opened
from parvis.sandbox.child import Channel
from parvis.sandbox.walls import raise_walls
from parvis.store.query.confinement import run
from parvis.store.query.request import Dataset
from parvis.store.query.text import QueryText

# Lines that two loads take side by side, none of them twice, blank nodes in one of them alone.

BLANK = b"_:"
"""How a blank node's name begins; a text may hold it too."""

MOST = 64
"""Pieces that are kept at most: where there are more, the second stream leaves all to the first."""


class TwoStreams:
    """Pieces that two streams take as they need them; those with blank nodes are all the first's.

    Each load gives blank nodes names of its own. For threads.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Take none yet; none is empty."""
        self._pieces = pieces
        self._kept: deque[bytes] = deque()
        self._lock = Lock()

    def first(self) -> Iterator[bytes]:
        """Give what the second stream left, then what comes."""
        return self._taken(lambda: self._kept.popleft() if self._kept else self._next())

    def second(self) -> Iterator[bytes]:
        """Give what comes, and leave what holds blank nodes; end where that is too much."""
        return self._taken(self._without_blank_nodes)

    def _taken(self, take: Callable[[], bytes]) -> Iterator[bytes]:
        """Take one piece after another; the empty one is the end."""
        while piece := self._alone(take):
            yield piece

    def _alone(self, take: Callable[[], bytes]) -> bytes:
        """Take a piece while the other stream takes none."""
        with self._lock:
            return take()

    def _next(self) -> bytes:
        """Give the next piece, or the empty one."""
        return next(self._pieces, b"")

    def _without_blank_nodes(self) -> bytes:
        """Give the next piece without any, and keep those before it, as long as there is room."""
        while len(self._kept) < MOST:
            if BLANK not in (piece := self._next()):
                return piece
            self._kept.append(piece)
        return b""


COUNT = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
COUNT_ONE = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
STOP = b" .\n"
"""What ends a line, and stands nowhere else, as the record writes its files."""

Graphs = list[tuple[str, str]]


class UnloadableError(Exception):
    """A graph that cannot be loaded, by its name, and why."""


def build(job: dict[str, Any]) -> dict[str, Any]:
    """Make one store."""
    store = _begun(Path(job["store"]), job["base"])
    try:
        for graph in job["empty"]:
            store.remove_graph(NamedNode(graph))
        apart = [(graph, path) for graph, path in job["own"] if _has_blank_nodes(graph, path)]
        own = [(graph, path) for graph, path in job["own"] if (graph, path) not in apart]
        _load_together(store, [*job["record"], *own])
        for graph, path in apart:
            _load(store, graph, path)
        # A graph that holds nothing is there all the same: GRAPH ?g lists it.
        for graph, _ in [*job["record"], *job["own"]]:
            if not store.contains_named_graph(NamedNode(graph)):  # each writing leaves a table
                store.add_graph(NamedNode(graph))
    except UnloadableError as error:
        graph, reason = error.args
        return {"error": reason, "graph": graph}
    with ThreadPoolExecutor() as threads:  # merging takes one processor
        told = threads.submit(_told, store, job)
        if job["merged"]:
            store.optimize()
    store.flush()
    return {"graphs": told.result()}


def _told(store: Store, job: dict[str, Any]) -> dict[str, int]:
    """Count the quads of each graph that was loaded."""
    if job["base"] is None:
        return counts(store)
    return {graph: _count(store, graph) for graph, _ in job["record"] + job["own"]}


def _begun(folder: Path, base: str | None) -> Store:
    """Make an empty store, or a copy of another by hard links."""
    if base is not None:
        Store.read_only(base).backup(str(folder))
    return Store(str(folder))


def _has_blank_nodes(graph: str, path: str) -> bool:
    """Say whether a graph may have some: a text that looks like one costs no more than a load."""
    try:
        with opened(Path(path)) as file:
            return any(BLANK in block for block in blocks(file))
    except UNREADABLE as error:
        raise UnloadableError(graph, str(error)) from error


def _load(store: Store, graph: str, path: str) -> None:
    """Load one graph."""
    try:
        with opened(Path(path)) as file:
            store.bulk_load(file, RdfFormat.N_TRIPLES, to_graph=NamedNode(graph))
    except (*UNREADABLE, SyntaxError, ValueError) as error:
        raise UnloadableError(graph, str(error)) from error


def _load_together(store: Store, graphs: Graphs) -> None:
    """Load graphs together; when that fails, one by one, to tell which one is wrong."""
    shared = TwoStreams(chain.from_iterable(_named(graph, path) for graph, path in graphs))

    def load(pieces: Iterator[bytes]) -> None:
        store.bulk_load(cast("IO[bytes]", LineReader(pieces)), RdfFormat.N_QUADS)

    try:
        with ThreadPoolExecutor() as threads:
            list(threads.map(load, [shared.first(), shared.second()]))
    except (*UNREADABLE, SyntaxError, ValueError) as error:
        for graph, path in graphs:
            _load(store, graph, path)
        raise UnloadableError("?", str(error)) from error
    for quad in store.quads_for_pattern(None, None, None, DefaultGraph()):
        raise UnloadableError("?", f"{quad.triple}: a line holds more than a triple")


def _named(graph: str, path: str) -> Iterator[bytes]:
    """Read a graph's lines of N-Triples as N-Quads, some at a time."""
    end = f" {NamedNode(graph)}".encode() + STOP
    with opened(Path(path)) as file:
        for block in blocks(file):
            if block.count(STOP) == block.count(b"\n") and block.endswith(STOP):
                yield block.replace(STOP, end)
            else:
                yield b"".join([_quad(line, end) for line in io.BytesIO(block)])


def _quad(line: bytes, end: bytes) -> bytes:
    """Put a graph's name before the stop that ends a line."""
    if line.endswith(STOP):
        return line.removesuffix(STOP) + end
    triple = line.rstrip()
    return triple[:-1] + end if triple.endswith(b".") else line


def counts(store: Store) -> dict[str, int]:
    """Count the quads of each graph."""
    found = run(store, QueryText.read(COUNT), allowed=None)
    return {_text(one["g"]): int(_text(one["n"])) for one in _solutions(found)}


def _count(store: Store, graph: str) -> int:
    """Count the quads of one graph."""
    found = run(store, QueryText.read(COUNT_ONE), allowed=Dataset.of([graph]))
    return sum(int(_text(one["n"])) for one in _solutions(found))


def _solutions(found: object) -> Iterable[Any]:
    """Give the solutions of a SELECT."""
    return found if isinstance(found, QuerySolutions) else ()


def _text(term: object) -> str:
    """Give the text of an IRI or a literal."""
    return term.value if isinstance(term, NamedNode | Literal) else ""


def main() -> None:
    """Make one store after another, until the parent goes."""
    channel = Channel()
    raise_walls()
    while (body := channel.receive()) is not None:
        try:
            told = build(json.loads(body))
        except OSError as error:  # a disk that is full
            told = {"machine": [error.errno, error.strerror or str(error), error.filename]}
        channel.send(json.dumps(told).encode())
        channel.end()


if __name__ == "__main__":
    main()

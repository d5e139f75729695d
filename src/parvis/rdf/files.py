"""RDF files: their format by ending, read as a stream or as a small graph, and written.

Nothing is ever fetched: a JSON-LD document that names a remote context is refused. A file that
a stranger wrote is parsed in a killable worker (`parvis.sandbox`), never in a server's process.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import BNode, Graph
from rdflib.compare import to_canonical_graph

from parvis.errors import SourceError, UsageError
from parvis.rdf.opening import UNREADABLE, opened
from parvis.rdf.results import GRAPHS
from parvis.rdf.terms import to_rdflib, triple_from_rdflib
from parvis.vocab.namespaces import PREFIXES

FORMATS: dict[str, ox.RdfFormat] = GRAPHS | {
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
}
"""Formats that can be read, by ending; each also compressed, with ``.gz`` after it."""


def format_of(path: Path) -> ox.RdfFormat:
    """Tell the format of an RDF file by its ending, before ``.gz`` if it has one.

    >>> format_of(Path("calendrier.nt.gz")).name
    'N-Triples'
    """
    name = path.name.lower().removesuffix(".gz")
    found = FORMATS.get(name.rpartition(".")[2])
    if found is None:
        raise SourceError(
            "{file} has no ending of an RDF file: {endings}",
            file=path,
            endings=", ".join(f".{ending}" for ending in FORMATS),
        )
    return found


def quads(path: Path, base: str | None = None) -> Iterator[ox.Quad]:
    """Read a file's quads as a stream; triples stand in the default graph.

    Raises `SourceError`, with the file and where possible the line, for a file that cannot be
    read or is not what its ending says.
    """
    kind = format_of(path)
    with _explained(path), opened(path) as file:
        yield from ox.parse(file, kind, base_iri=base)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the parser and the disk complain about into a `SourceError`."""
    try:
        yield
    except SyntaxError as error:
        raise _misformed(path, error) from error
    except UNREADABLE as error:
        raise SourceError("{file} cannot be read: {reason}", file=path, reason=error) from error


def _misformed(path: Path, error: SyntaxError) -> SourceError:
    """Name file, line and reason; the parser's own prefix repeats the line."""
    if error.lineno is None:
        return SourceError("{file}: {reason}", file=path, reason=error.msg)
    reason = error.msg.partition(": ")[2] or error.msg
    return SourceError("{file}, line {line}: {reason}", file=path, line=error.lineno, reason=reason)


def to_graph(path: Path, base: str | None = None) -> Graph:
    """Read a small file as one graph, whatever graphs its quads stand in.

    Relative IRIs are resolved against `base`. Raises `SourceError`.
    """
    graph = bound(Graph())
    for quad in quads(path, base):
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph


def graph_of(lines: bytes) -> Graph:
    """Read N-Triples that were written here as a small graph."""
    graph = bound(Graph())
    for quad in ox.parse(lines, ox.RdfFormat.N_TRIPLES):
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph


def bound(graph: Graph) -> Graph:
    """Bind the published prefixes to a graph, and give it back."""
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace, replace=True)
    return graph


def serialise_large(graph: Graph) -> bytes:
    """Write a graph of any size in Turtle: neither sorted nor nested, which takes for ever."""
    triples = map(triple_from_rdflib, graph)
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""


def sorted_lines(graph: Graph) -> bytes:
    """Write a graph of any size, its blank nodes named as they are, as sorted N-Triples."""
    return _sorted(map(triple_from_rdflib, graph))


def canonical_lines(found: Iterable[ox.Quad]) -> bytes:
    """Write one graph as sorted N-Triples, its blank nodes named by its content (RDFC-1.0).

    Names of two graphs may be the same, so that their lines do not go into one file.
    """
    graph = ox.Dataset(ox.Quad(one.subject, one.predicate, one.object) for one in found)
    graph.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return _sorted(one.triple for one in graph)


def _sorted(triples: Iterable[ox.Triple]) -> bytes:
    """Write triples as sorted N-Triples."""
    written = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    return b"".join(sorted(written.splitlines(keepends=True)))


def serialise(graph: Graph, ending: str, prefixes: Mapping[str, str] | None = None) -> bytes:
    """Write a small graph as ``ttl``, ``nt``, ``rdf`` or ``jsonld``: equal graphs, equal bytes.

    Turtle is for people and nests blank nodes; the others are written by the engine, sorted.
    `prefixes` are bound in Turtle besides those published.
    Raises `UsageError` for another ending.
    """
    if ending not in GRAPHS:
        raise UsageError("{ending} is no format for a graph", ending=ending)
    return serialise_steady(_named(graph) if ending == "nt" else steady(graph), ending, prefixes)


def serialise_steady(graph: Graph, ending: str, prefixes: Mapping[str, str] | None = None) -> bytes:
    """Write a graph that is `steady` already, as `serialise` does: for one that has many forms."""
    if ending == "nt":
        return sorted_lines(graph)
    if ending == "ttl":
        for prefix, namespace in (prefixes or {}).items():
            graph.bind(prefix, namespace, replace=True)
        return graph.serialize(format="turtle", encoding="utf-8")
    if ending == "jsonld":
        written = graph.serialize(format="json-ld", context=PREFIXES)
        return json.dumps(_in_order(json.loads(written)), indent=2, ensure_ascii=False).encode()
    triples = sorted(map(triple_from_rdflib, graph), key=str)
    return ox.serialize(triples, format=GRAPHS[ending], prefixes=PREFIXES) or b""


def _in_order(part: Any) -> Any:  # noqa: ANN401 - any JSON
    """Put what JSON-LD leaves without an order into one: all arrays but lists and literals' own."""
    if isinstance(part, dict):
        ordered = {name: _in_order(part[name]) for name in sorted(part)}
        kept = {name: part[name] for name in ("@context", "@value") if name in part}
        lists = {"@list": [_in_order(one) for one in part["@list"]]} if "@list" in part else {}
        return ordered | kept | lists
    if isinstance(part, list):
        return sorted(map(_in_order, part), key=json.dumps)
    return part


def _named(graph: Graph) -> Graph:
    """Give blank nodes names that depend on a graph's content alone."""
    if any(isinstance(node, BNode) for triple in graph for node in triple):
        return to_canonical_graph(graph)
    return graph


def steady(graph: Graph) -> Graph:
    """Copy a graph in an order, and with blank nodes' names, that depend on its content alone."""
    graph = _named(graph)
    copy = bound(Graph())
    for triple in sorted(graph, key=lambda triple: tuple(node.n3() for node in triple)):
        copy.add(triple)
    return copy

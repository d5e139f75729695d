"""RDF files: their format by ending, read as a stream or as a small graph, and written.

Nothing is ever fetched: a JSON-LD document that names a remote context is refused. A file from
outside is parsed in a killable worker (`parvis.sandbox`), never in a server's process.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import pyoxigraph as ox
from rdflib import BNode, Graph
from rdflib.namespace import NamespaceManager

from parvis.errors import SheetError, SourceError, UsageError
from parvis.i18n import N_
from parvis.rdf.formats import DATASETS, GRAPHS, NO_JSON_LD
from parvis.rdf.ntriples import EngineTerm
from parvis.rdf.streams import UNREADABLE, DepthError, ShallowFile, open_file
from parvis.rdf.terms import Node, RdflibTriple, TripleTerm, to_rdflib, triple_from_rdflib
from parvis.vocab.namespaces import PREFIXES

AnyGraph = TypeVar("AnyGraph", bound=Graph)

FORMATS = GRAPHS | DATASETS
"""Formats that can be read, by ending, each optionally compressed (``.gz``)."""
TOO_DEEP = N_(
    "{file}, line {line}: more than {most} statements stand within one another; {most} at most are"
    " read here: give the inner ones names of their own (rdf:reifies)"
)


def format_of(path: Path) -> ox.RdfFormat:
    """Return the format of an RDF file by its ending, before ``.gz`` if it has one.

    >>> format_of(Path("calendrier.nt.gz")).name
    'N-Triples'
    """
    name = path.name.lower().removesuffix(".gz")
    rdf_format = FORMATS.get(name.rpartition(".")[2])
    if rdf_format is None:
        raise SourceError(
            "{file} has no ending of an RDF file: {endings}",
            file=path,
            endings=", ".join(f".{ending}" for ending in FORMATS),
        )
    return rdf_format


def read_quads(path: Path, base: str | None = None) -> Iterator[ox.Quad]:
    """Read a file's quads as a stream; triples are in the default graph.

    Raises `SourceError`, with the file and where possible the line, for a file that cannot be
    read or does not have the format of its ending.
    """
    rdf_format = format_of(path)
    try:
        with open_file(path) as file:
            shallow = ShallowFile(file, is_xml=rdf_format == ox.RdfFormat.RDF_XML)
            # The parser reads it, and asks nothing else of it.
            yield from ox.parse(cast("IO[bytes]", shallow), rdf_format, base_iri=base)
    except DepthError as error:
        raise SourceError(TOO_DEEP, file=path, line=error.line, most=error.most) from error
    except SyntaxError as error:
        if error.lineno is None:
            raise SourceError("{file}: {reason}", file=path, reason=error.msg) from error
        # The parser's own prefix repeats the line.
        reason = error.msg.partition(": ")[2] or error.msg
        raise SourceError(
            "{file}, line {line}: {reason}", file=path, line=error.lineno, reason=reason
        ) from error
    except UNREADABLE as error:
        raise SourceError("{file} cannot be read: {reason}", file=path, reason=error) from error


def to_graph(path: Path, base: str | None = None) -> Graph:
    """Read a small file as one graph, ignoring the names of graphs.

    Relative IRIs are resolved against `base`. Raises `SourceError`.
    """
    return _collect(read_quads(path, base))


def graph_of(lines: bytes) -> Graph:
    """Read N-Triples written by parvis as a small graph."""
    return _collect(ox.parse(lines, ox.RdfFormat.N_TRIPLES))


def plain_graph() -> Graph:
    """Return an empty graph: half as slow to fill as the default, which looks up others by name.

    It is let go as soon as nothing uses it.
    """
    # The default store refers to its graphs, and so do prefixes: such a circle waits for the
    # garbage collector, up to hundreds of megabytes of them in a server.
    graph = Graph(store="SimpleMemory")
    # Who writes Turtle binds the prefixes: those of rdflib take twenty times as long as the graph.
    graph.namespace_manager = NamespaceManager(
        Graph(bind_namespaces="none"), bind_namespaces="none"
    )
    return graph


def graph_of_turtle(text: str, base: str) -> Graph:
    """Read Turtle as a small graph, its literals in rdflib's canonical forms.

    Raises `SyntaxError`, also for what RDF 1.2 added (statements as terms, directions of texts).
    """
    graph = plain_graph()
    blank_nodes = defaultdict[ox.BlankNode, BNode](BNode)

    def convert(term: EngineTerm) -> Node:
        if isinstance(term, ox.BlankNode):
            return blank_nodes[term]  # the same name in another file is another node
        if isinstance(term, ox.Triple) or (isinstance(term, ox.Literal) and term.direction):
            raise SyntaxError(str(term))
        return to_rdflib(term, normalize=True)

    file = cast("IO[bytes]", ShallowFile(BytesIO(text.encode())))
    try:
        for quad in ox.parse(file, ox.RdfFormat.TURTLE, base_iri=base or None):
            graph.add((convert(quad.subject), convert(quad.predicate), convert(quad.object)))
    except DepthError as error:
        raise SyntaxError(str(error)) from error
    return graph


def graph_of_json_ld(document: str, path: Path) -> Graph:
    """Read the JSON-LD of a file, with its contexts in it, as one graph. Raises `SourceError`."""
    try:
        return _collect(ox.parse(document, ox.RdfFormat.JSON_LD))
    except SyntaxError as error:
        raise SourceError("{file}: {reason}", file=path, reason=error.msg) from error


def _collect(statements: Iterable[ox.Quad]) -> Graph:
    return add_all(bind_prefixes(plain_graph()), statements)


def add_all(graph: AnyGraph, statements: Iterable[ox.Quad]) -> AnyGraph:
    """Add statements to a small graph, keeping the forms of literals, and return it."""
    for quad in statements:
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph


def bind_prefixes(graph: AnyGraph) -> AnyGraph:
    """Bind the published prefixes to a graph, and return it."""
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace, replace=True)
    return graph


def serialise_large(graph: Graph) -> bytes:
    """Write a graph of any size in Turtle, neither sorted nor nested."""
    # rdflib's own serialiser, which sorts and nests, takes minutes for a large graph.
    triples = map(triple_from_rdflib, graph)
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""


def sorted_lines(graph: Iterable[RdflibTriple]) -> bytes:
    """Write the statements of a graph of any size as sorted N-Triples.

    Blank nodes keep their names.
    """
    return _serialise_sorted(map(triple_from_rdflib, graph))


def canonical_lines(statements: Iterable[ox.Quad | ox.Triple]) -> bytes:
    """Write one graph as sorted N-Triples, its blank nodes named by its content (RDFC-1.0).

    Two graphs may use the same names, so their lines must not be put into one file.
    """
    return _serialise_sorted(quad.triple for quad in _name_by_engine(statements))


def _name_by_engine(statements: Iterable[ox.Quad | ox.Triple]) -> ox.Dataset:
    graph = ox.Dataset(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in statements)
    graph.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return graph


def _serialise_sorted(triples: Iterable[ox.Triple]) -> bytes:
    lines = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    return b"".join(sorted(lines.splitlines(keepends=True)))


def serialise(graph: Graph, ending: str, prefixes: Mapping[str, str] | None = None) -> bytes:
    """Write a small graph as ``ttl``, ``nt``, ``rdf`` or ``jsonld``: equal graphs give equal bytes.

    `prefixes` are bound in Turtle in addition to those published. Raises `UsageError` for another
    ending.
    """
    if ending not in GRAPHS:
        raise UsageError("{ending} is no format for a graph", ending=ending)
    # rdflib writes Turtle, nesting blank nodes for people; the engine writes the others, sorted.
    return serialise_canonical(
        _name_blank_nodes(graph) if ending == "nt" else canonicalise(graph), ending, prefixes
    )


def serialise_canonical(
    graph: Graph, ending: str, prefixes: Mapping[str, str] | None = None
) -> bytes:
    """Write a graph that `canonicalise` returned, as `serialise` does: for several forms of it."""
    if ending == "nt":
        return sorted_lines(graph)
    if ending == "ttl":
        for prefix, namespace in (prefixes or {}).items():
            graph.bind(prefix, namespace, replace=True)
        return graph.serialize(format="turtle", encoding="utf-8")
    if ending == "jsonld":
        if any(isinstance(value, TripleTerm) for value in graph.objects()):
            raise SheetError(NO_JSON_LD)
        document = graph.serialize(format="json-ld", context=PREFIXES)
        return json.dumps(_sort_arrays(json.loads(document)), indent=2, ensure_ascii=False).encode()
    # The engine writes triples in the order in which they come.
    triples = sorted(map(triple_from_rdflib, graph), key=str)
    return ox.serialize(triples, format=GRAPHS[ending], prefixes=PREFIXES) or b""


def _sort_arrays(part: Any) -> Any:  # noqa: ANN401 - any JSON
    """Sort what JSON-LD leaves without an order: all arrays but lists and JSON literals."""
    if isinstance(part, dict):
        ordered = {name: _sort_arrays(part[name]) for name in sorted(part)}
        untouched = {name: part[name] for name in ("@context", "@value") if name in part}
        lists = {"@list": [_sort_arrays(e) for e in part["@list"]]} if "@list" in part else {}
        return ordered | untouched | lists
    if isinstance(part, list):
        return sorted(map(_sort_arrays, part), key=json.dumps)
    return part


def _name_blank_nodes(graph: Graph) -> Graph:
    """Name blank nodes by the graph's content alone."""
    # Canonicalisation takes long, and only graphs with blank nodes need it.
    if any(isinstance(node, BNode) for triple in graph for node in triple):
        from rdflib.compare import to_canonical_graph  # noqa: PLC0415 - few graphs have any

        return to_canonical_graph(graph)
    return graph


def canonicalise(graph: Graph, *, is_ours: bool = False) -> Graph:
    """Copy a graph with an order and names of blank nodes that depend on its content alone."""
    if is_ours:
        # RDFC-1.0 by the engine takes a tenth of the time of rdflib's own algorithm, but far longer
        # for blank nodes that a stranger has entangled.
        named = plain_graph()
        for quad in _name_by_engine(map(triple_from_rdflib, graph)):
            named.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
        graph = named
    else:
        graph = _name_blank_nodes(graph)
    copy = bind_prefixes(plain_graph())
    for triple in sorted(graph, key=lambda triple: tuple(node.n3() for node in triple)):
        copy.add(triple)
    return copy

"""Shapes, read from files and refused when they are broken."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rdflib import BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from parvis.errors import ShapesError, SourceError
from parvis.i18n import N_
from parvis.rdf.files import bound, to_graph
from parvis.validation.data import as_written
from parvis.validation.wording import curie

ABSENT = N_("there are no shapes at {file}")
DANGLING = N_("{file}: {shape} refers by {term} to {other}, which is no shape")
NO_PATH = N_("{file}: {shape} needs exactly one sh:path that is an IRI or a property path")

_ONE_SHAPE = (SH.property, SH.node, SH["not"], SH.qualifiedValueShape)
_LIST_OF_SHAPES = (SH["and"], SH["or"], SH.xone)
_TARGETS = (SH.targetClass, SH.targetNode, SH.targetObjectsOf, SH.targetSubjectsOf)
_KINDS = (SH.NodeShape, SH.PropertyShape)
_STEPS = (
    SH.inversePath,
    SH.alternativePath,
    SH.zeroOrMorePath,
    SH.oneOrMorePath,
    SH.zeroOrOnePath,
)
_DEEPEST = 20
"""Paths within paths."""


def load_shapes(paths: Iterable[Path]) -> Graph:
    """Read shapes from Turtle files, and from the Turtle files that stand directly in folders.

    Folders inside folders are other sets: submission shapes are in ``shapes``, those of our own
    records in ``shapes/records``. Raises `ShapesError`, naming the file, for text that is not
    Turtle, and for a reference to a shape or a path that is not there.
    """
    parts = {file: _read(file) for path in paths for file in _files(path)}
    whole = bound(Graph())
    for part in parts.values():
        whole += part
    for file, part in parts.items():
        _check(file, part, whole)
    return whole


def _files(path: Path) -> list[Path]:
    found = sorted(path.glob("*.ttl")) if path.is_dir() else [path]
    if not found or not found[0].is_file():
        raise ShapesError(ABSENT, file=path)
    return found


def _read(file: Path) -> Graph:
    try:
        with as_written():
            return to_graph(file, file.resolve().as_uri())
    except SourceError as error:
        raise ShapesError(error.template, **error.fields) from error


def _check(file: Path, part: Graph, whole: Graph) -> None:
    """Refuse references that lead nowhere, among what one file says."""
    for shape, term, other in references(part):
        if not _is_shape(whole, other):
            told = {"shape": named(shape, whole), "term": curie(term), "other": curie(other)}
            raise ShapesError(DANGLING, file=file, **told)
    properties = set(part.objects(None, SH.property)) | set(part.subjects(SH.path))
    properties |= set(part.subjects(RDF.type, SH.PropertyShape))
    for shape in sorted(properties, key=str):
        found = list(whole.objects(shape, SH.path))
        if len(found) != 1 or not _is_path(whole, found[0]):
            raise ShapesError(NO_PATH, file=file, shape=named(shape, whole))


def named(shape: Node, graph: Graph) -> Node:
    """Give a shape, or the nearest around it that has an IRI, to name it to people."""
    seen: set[Node] = set()
    while isinstance(shape, BNode) and shape not in seen:
        seen.add(shape)
        shape = min(graph.subjects(None, shape), default=shape, key=str)
    return shape


def is_list(graph: Graph, head: Node) -> bool:
    """Say whether a node is a well-formed list: one that ends (SHACL §1.3)."""
    seen: set[Node] = set()
    while head != RDF.nil:
        first, rest = (list(graph.objects(head, term)) for term in (RDF.first, RDF.rest))
        if head in seen or len(first) != 1 or len(rest) != 1:
            return False
        seen.add(head)
        head = rest[0]
    return True


def references(graph: Graph) -> Iterator[tuple[Node, URIRef, Node]]:
    """Give each (shape, parameter, shape that it refers to); lists are opened."""
    for term in _ONE_SHAPE:
        for shape, other in graph.subject_objects(term):
            yield shape, term, other
    for term in _LIST_OF_SHAPES:
        for shape, members in graph.subject_objects(term):
            if is_list(graph, members):
                yield from ((shape, term, other) for other in Collection(graph, members))


def targeted(graph: Graph) -> set[Node]:
    """Give the shapes that have targets of their own, implicit classes too (SHACL §2.1.3)."""
    classes = {RDFS.Class, *graph.subjects(RDFS.subClassOf, RDFS.Class)}
    instances = {shape for kind in classes for shape in graph.subjects(RDF.type, kind)}
    known = {shape for kind in _KINDS for shape in graph.subjects(RDF.type, kind)}
    known |= {shape for term in (SH.property, SH.node) for shape in graph.subjects(term)}
    return known & instances | {shape for target in _TARGETS for shape in graph.subjects(target)}


def _is_shape(graph: Graph, node: Node) -> bool:
    return (node, None, None) in graph


def _is_path(graph: Graph, path: Node, depth: int = 0) -> bool:
    """Say whether a node is a well-formed property path (SHACL §2.3.1), not deeper than some."""
    if isinstance(path, URIRef):
        return True
    if not isinstance(path, BNode) or depth > _DEEPEST:
        return False
    if (path, RDF.first, None) in graph:
        return _are_paths(graph, path, depth)
    found = [(step, inner) for step in _STEPS for inner in graph.objects(path, step)]
    if len(found) != 1:
        return False
    step, inner = found[0]
    if step == SH.alternativePath:
        return _are_paths(graph, inner, depth)
    return _is_path(graph, inner, depth + 1)


def _are_paths(graph: Graph, members: Node, depth: int) -> bool:
    if not is_list(graph, members):
        return False
    found = list(Collection(graph, members))
    return len(found) > 1 and all(_is_path(graph, member, depth + 1) for member in found)

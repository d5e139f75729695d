"""Read shapes from files, and refuse broken ones."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rdflib import BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from parvis.errors import ShapesError, SourceError
from parvis.i18n import N_
from parvis.rdf.files import bind_prefixes, to_graph
from parvis.validation.data import keep_lexical_forms
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
    """Read shapes from Turtle files, and from the Turtle files directly in folders.

    Subfolders are other sets: submission shapes are in ``shapes``, those of our own records in
    ``shapes/records``. Raises `ShapesError`, naming the file, for text that is not Turtle, and for
    a reference to a missing shape or path.
    """
    parts: dict[Path, Graph] = {}
    for path in paths:
        files = sorted(path.glob("*.ttl")) if path.is_dir() else [path]
        if not files or not files[0].is_file():
            raise ShapesError(ABSENT, file=path)
        for file in files:
            try:
                with keep_lexical_forms():
                    parts[file] = to_graph(file, file.resolve().as_uri())
            except SourceError as error:
                raise ShapesError(error.template, **error.fields) from error
    union = bind_prefixes(Graph())
    for part in parts.values():
        union += part
    for file, part in parts.items():
        _check_references(file, part, union)
    return union


def _check_references(file: Path, part: Graph, union: Graph) -> None:
    """Refuse the references in one file to what no file has."""
    for shape, term, other in iterate_references(part):
        if (other, None, None) not in union:
            names = {
                "shape": nearest_named_shape(shape, union),
                "term": curie(term),
                "other": curie(other),
            }
            raise ShapesError(DANGLING, file=file, **names)
    properties = set(part.objects(None, SH.property)) | set(part.subjects(SH.path))
    properties |= set(part.subjects(RDF.type, SH.PropertyShape))
    for shape in sorted(properties, key=str):
        paths = list(union.objects(shape, SH.path))
        if len(paths) != 1 or not _is_path(union, paths[0]):
            raise ShapesError(NO_PATH, file=file, shape=nearest_named_shape(shape, union))


def nearest_named_shape(shape: Node, graph: Graph) -> Node:
    """Return a shape, or the nearest around it that has an IRI, to name it to people."""
    visited: set[Node] = set()
    while isinstance(shape, BNode) and shape not in visited:
        visited.add(shape)
        shape = min(graph.subjects(None, shape), default=shape, key=str)
    return shape


def is_list(graph: Graph, head: Node) -> bool:
    """Return whether a node is a well-formed list: one that ends (SHACL §1.3)."""
    visited: set[Node] = set()
    while head != RDF.nil:
        members, rests = (list(graph.objects(head, term)) for term in (RDF.first, RDF.rest))
        if head in visited or len(members) != 1 or len(rests) != 1:
            return False
        visited.add(head)
        head = rests[0]
    return True


def iterate_references(graph: Graph) -> Iterator[tuple[Node, URIRef, Node]]:
    """Return each (shape, parameter, shape that it refers to), also through lists."""
    for term in _ONE_SHAPE:
        for shape, target in graph.subject_objects(term):
            yield shape, term, target
    for term in _LIST_OF_SHAPES:
        for shape, members in graph.subject_objects(term):
            if is_list(graph, members):
                yield from ((shape, term, target) for target in Collection(graph, members))


def targeted_shapes(graph: Graph) -> set[Node]:
    """Return the shapes that have targets of their own, implicit classes too (SHACL §2.1.3)."""
    classes = {RDFS.Class, *graph.subjects(RDFS.subClassOf, RDFS.Class)}
    instances = {shape for kind in classes for shape in graph.subjects(RDF.type, kind)}
    shapes = {shape for kind in _KINDS for shape in graph.subjects(RDF.type, kind)}
    shapes |= {shape for term in (SH.property, SH.node) for shape in graph.subjects(term)}
    return shapes & instances | {shape for target in _TARGETS for shape in graph.subjects(target)}


def _is_path(graph: Graph, path: Node, depth: int = 0) -> bool:
    """Return whether a node is a well-formed property path (SHACL §2.3.1), not too deep."""
    if isinstance(path, URIRef):
        return True
    if not isinstance(path, BNode) or depth > _DEEPEST:
        return False
    if (path, RDF.first, None) in graph:
        return _are_paths(graph, path, depth)
    steps = [(step, inner) for step in _STEPS for inner in graph.objects(path, step)]
    if len(steps) != 1:
        return False
    step, inner = steps[0]
    if step == SH.alternativePath:
        return _are_paths(graph, inner, depth)
    return _is_path(graph, inner, depth + 1)


def _are_paths(graph: Graph, head: Node, depth: int) -> bool:
    if not is_list(graph, head):
        return False
    members = list(Collection(graph, head))
    return len(members) > 1 and all(_is_path(graph, member, depth + 1) for member in members)

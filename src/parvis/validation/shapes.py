"""Shapes: read from files, refused if broken, and each as its parameters (SHACL §2)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rdflib import BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from parvis.errors import ShapesError, SourceError
from parvis.i18n import N_
from parvis.rdf.files import add_all, bind_prefixes, read_quads, to_graph
from parvis.validation.compile.terms import NotCompiled, PropertyPath, read_path, truth
from parvis.validation.data import keep_lexical_forms
from parvis.validation.names import curie

ABSENT = N_("there are no shapes at {file}")
DANGLING = N_("{file}: {shape} refers by {term} to {other}, which is no shape")
NO_PATH = N_("{file}: {shape} needs exactly one sh:path that is an IRI or a property path")

ONE_SHAPE = (SH.property, SH.node, SH["not"], SH.qualifiedValueShape)
LISTS_OF_SHAPES = (SH["and"], SH["or"], SH.xone)
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


class OwnShapes(Graph):
    """Shapes that parvis brings. Its tests have searched them for errors: no validation does."""

    size: int | None = None
    """How many statements they are, once all are read: to count them takes some milliseconds."""

    def __len__(self) -> int:
        return super().__len__() if self.size is None else self.size


def load_own_shapes(*paths: Path) -> Graph:
    """Read shapes that parvis brings: Turtle files, and those directly in folders."""
    shapes = bind_prefixes(OwnShapes(store="SimpleMemory"))
    with keep_lexical_forms():
        for path in paths:
            for file in sorted(path.glob("*.ttl")) if path.is_dir() else [path]:
                add_all(shapes, read_quads(file, file.resolve().as_uri()))
    shapes.size = len(shapes)  # asked for with each shape of each file: see `_compilations`
    return shapes


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
            names = {"term": curie(term), "other": curie(other)}
            raise shape_error(DANGLING, shape, union, file=file, **names)
    properties = set(part.objects(None, SH.property)) | set(part.subjects(SH.path))
    properties |= set(part.subjects(RDF.type, SH.PropertyShape))
    for shape in sorted(properties, key=str):
        paths = list(union.objects(shape, SH.path))
        if len(paths) != 1 or not _is_path(union, paths[0]):
            raise shape_error(NO_PATH, shape, union, file=file)


def nearest_named_shape(shape: Node, graph: Graph) -> Node:
    """Return a shape, or the nearest around it that has an IRI, to name it to people."""
    visited: set[Node] = set()
    while isinstance(shape, BNode) and shape not in visited:
        visited.add(shape)
        shape = min(graph.subjects(None, shape), default=shape, key=str)
    return shape


def shape_error(template: str, shape: Node, shapes: Graph, **fields: object) -> ShapesError:
    """Return an error that names a shape, or the nearest around it that has an IRI."""
    return ShapesError(template, shape=nearest_named_shape(shape, shapes), **fields)


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
    for term in ONE_SHAPE:
        for shape, target in graph.subject_objects(term):
            yield shape, term, target
    for term in LISTS_OF_SHAPES:
        for shape, members in graph.subject_objects(term):
            if is_list(graph, members):
                yield from ((shape, term, target) for target in Collection(graph, members))


def targeted_shapes(graph: Graph) -> set[Node]:
    """Return the shapes that have targets of their own, implicit classes too (SHACL §2.1.3)."""
    kinds = _classes_of_classes(graph)
    instances = {shape for kind in kinds for shape in graph.subjects(RDF.type, kind)}
    shapes = {shape for kind in _KINDS for shape in graph.subjects(RDF.type, kind)}
    shapes |= {shape for term in (SH.property, SH.node) for shape in graph.subjects(term)}
    return shapes & instances | {shape for target in _TARGETS for shape in graph.subjects(target)}


def _classes_of_classes(graph: Graph) -> set[Node]:
    return {RDFS.Class, *graph.subjects(RDFS.subClassOf, RDFS.Class)}


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


@dataclass(frozen=True)
class Shape:
    """A node of a shapes graph; two are equal when they are the same node."""

    node: Node
    graph: Graph

    def values(self, term: URIRef) -> list[Node]:
        """Return a parameter's values, always in the same order."""
        values = self._terms.get(term, [])
        return sorted(values, key=lambda node: node.n3()) if len(values) > 1 else [*values]

    @cached_property
    def _terms(self) -> Mapping[Node, list[Node]]:
        # All triples are read at once, since each parameter that exists is looked up.
        terms: defaultdict[Node, list[Node]] = defaultdict(list)
        for term, value in self.graph.predicate_objects(self.node):
            terms[term].append(value)
        return terms

    def value(self, term: URIRef) -> Node | None:
        """Return the value of a parameter that takes at most one."""
        values = self.values(term)
        if len(values) > 1:
            raise NotCompiled("several values of", term)
        return values[0] if values else None

    def members(self, term: URIRef) -> list[Node]:
        """Return the members of the one list that is a parameter's value."""
        head = self.value(term)
        return [] if head is None else list(Collection(self.graph, head))

    def shapes(self, term: URIRef) -> Iterator["Shape"]:
        """Return the shapes that a parameter refers to."""
        return (Shape(node, self.graph) for node in self.values(term))

    def lists(self, term: URIRef) -> Iterator[list["Shape"]]:
        """Return the shapes of each list that is a parameter's value."""
        for node in self.values(term):
            yield [Shape(member, self.graph) for member in Collection(self.graph, node)]

    def siblings(self, qualified: "Shape") -> list["Shape"]:
        """Return its sibling qualified shapes, if they are to be disjoint (SHACL §4.7.3)."""
        if not truth(self.value(SH.qualifiedValueShapesDisjoint)):
            return []
        parents = self.graph.subjects(SH.property, self.node)
        children = {
            child for parent in parents for child in self.graph.objects(parent, SH.property)
        }
        nodes = {q for child in children for q in self.graph.objects(child, SH.qualifiedValueShape)}
        return [Shape(node, self.graph) for node in sorted(nodes - {qualified.node}, key=str)]

    def require_compilable(self, *, on_top: bool) -> None:
        """Refuse what is not compiled, or not within another shape, or is no shape at all."""
        terms = self._terms.keys()
        if not terms:
            raise NotCompiled("a shape that is not there")
        # The parameters of constraint components that the shapes define (SHACL §6.2).
        declared = set(self.graph.objects(None, SH.parameter))
        custom = {path for node in declared for path in self.graph.objects(node, SH.path)}
        if custom & terms or (SH.sparql in terms and not on_top):
            raise NotCompiled("a constraint component of the shapes' own")
        if SH.path in terms and SH.NodeShape in self.values(RDF.type):
            raise NotCompiled("a node shape with a path")

    @property
    def path_node(self) -> Node | None:
        return self.value(SH.path)

    @property
    def path(self) -> PropertyPath | None:
        """Return a property shape's path; a node shape has none."""
        node = self.path_node
        return None if node is None else read_path(self.graph, node)

    @property
    def is_deactivated(self) -> bool:
        """Return whether everything conforms to it (SHACL §2.1.6)."""
        return truth(self.value(SH.deactivated))

    @property
    def severity(self) -> Node:
        """Return the severity of its results (SHACL §2.1.4)."""
        return self.value(SH.severity) or SH.Violation

    @cached_property
    def is_class(self) -> bool:
        """Return whether it is a class too, whose instances are targets (SHACL §2.1.3.3)."""
        return not _classes_of_classes(self.graph).isdisjoint(self._terms.get(RDF.type, ()))

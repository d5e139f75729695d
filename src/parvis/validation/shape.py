"""One shape, read from its graph, parameter by parameter (SHACL §2)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rdflib import Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from parvis.validation.compile.paths import Path, path_of
from parvis.validation.compile.terms import NotCompiled, truth


def custom_parameters(graph: Graph) -> set[Node]:
    """Return the parameters of constraint components that the shapes define (SHACL §6.2)."""
    declared = set(graph.objects(None, SH.parameter))
    return {path for node in declared for path in graph.objects(node, SH.path)}


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

    @property
    def properties(self) -> list["Shape"]:
        """Return the property shapes of its values."""
        return list(self.shapes(SH.property))

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
        if custom_parameters(self.graph) & terms or (SH.sparql in terms and not on_top):
            raise NotCompiled("a constraint component of the shapes' own")
        if SH.path in terms and SH.NodeShape in self.values(RDF.type):
            raise NotCompiled("a node shape with a path")

    def require_property(self) -> None:
        """Refuse a value of ``sh:property`` that has no path."""
        if self.path_node is None:
            raise NotCompiled("sh:property of a node shape")

    @property
    def path_node(self) -> Node | None:
        return self.value(SH.path)

    @property
    def path(self) -> Path | None:
        """Return a property shape's path; a node shape has none."""
        node = self.path_node
        return None if node is None else path_of(self.graph, node)

    @property
    def is_deactivated(self) -> bool:
        """Return whether everything conforms to it (SHACL §2.1.6)."""
        return truth(self.value(SH.deactivated))

    @property
    def severity(self) -> Node:
        """Return the severity of its results (SHACL §2.1.4)."""
        return self.value(SH.severity) or SH.Violation

    @property
    def is_class(self) -> bool:
        """Return whether it is a class too, whose instances are targets (SHACL §2.1.3.3)."""
        kinds = {RDFS.Class, *self.graph.subjects(RDFS.subClassOf, RDFS.Class)}
        return not kinds.isdisjoint(self.graph.objects(self.node, RDF.type))

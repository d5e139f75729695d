"""One shape, read from its graph: what it says of itself, term by term (SHACL §2)."""

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
    """Give the parameters of constraint components that the shapes define (SHACL §6.2)."""
    declared = set(graph.objects(None, SH.parameter))
    return {path for node in declared for path in graph.objects(node, SH.path)}


@dataclass(frozen=True)
class Shape:
    """A node of a shapes graph; two are equal when they are the same node."""

    node: Node
    graph: Graph

    def values(self, term: URIRef) -> list[Node]:
        """Give a parameter's values, in an order that does not change."""
        found = self._said.get(term, [])
        return sorted(found, key=lambda node: node.n3()) if len(found) > 1 else [*found]

    @cached_property
    def _said(self) -> Mapping[Node, list[Node]]:
        """Give all that is said of it, read once: every parameter there is is asked for."""
        found: defaultdict[Node, list[Node]] = defaultdict(list)
        for term, value in self.graph.predicate_objects(self.node):
            found[term].append(value)
        return found

    def value(self, term: URIRef) -> Node | None:
        """Give the value of a parameter that takes at most one."""
        found = self.values(term)
        if len(found) > 1:
            raise NotCompiled("several values of", term)
        return found[0] if found else None

    def members(self, term: URIRef) -> list[Node]:
        """Give the members of the one list that is a parameter's value."""
        found = self.value(term)
        return [] if found is None else list(Collection(self.graph, found))

    def shapes(self, term: URIRef) -> Iterator["Shape"]:
        """Give the shapes that a parameter refers to."""
        return (Shape(node, self.graph) for node in self.values(term))

    def lists(self, term: URIRef) -> Iterator[list["Shape"]]:
        """Give the shapes of each list that is a parameter's value."""
        for node in self.values(term):
            yield [Shape(member, self.graph) for member in Collection(self.graph, node)]

    @property
    def properties(self) -> list["Shape"]:
        """Give the property shapes of its values."""
        return list(self.shapes(SH.property))

    def siblings(self, wanted: "Shape") -> list["Shape"]:
        """Give the qualified shapes beside its own, if they are to be disjoint (SHACL §4.7.3)."""
        if not truth(self.value(SH.qualifiedValueShapesDisjoint)):
            return []
        parents = self.graph.subjects(SH.property, self.node)
        beside = {child for parent in parents for child in self.graph.objects(parent, SH.property)}
        nodes = {q for child in beside for q in self.graph.objects(child, SH.qualifiedValueShape)}
        return [Shape(node, self.graph) for node in sorted(nodes - {wanted.node}, key=str)]

    def require_known(self, *, on_top: bool) -> None:
        """Refuse what is not compiled, or not within another shape, or is no shape at all."""
        said = self._said.keys()
        if not said:
            raise NotCompiled("a shape that is not there")
        if custom_parameters(self.graph) & said or (SH.sparql in said and not on_top):
            raise NotCompiled("a constraint component of the shapes' own")
        if SH.path in said and SH.NodeShape in self.values(RDF.type):
            raise NotCompiled("a node shape with a path")

    def require_property(self) -> None:
        """Refuse a value of ``sh:property`` that has no path."""
        if self.path_node is None:
            raise NotCompiled("sh:property of a node shape")

    @property
    def path_node(self) -> Node | None:
        """Give the node of a property shape's path."""
        return self.value(SH.path)

    @property
    def path(self) -> Path | None:
        """Give a property shape's path; a node shape has none."""
        node = self.path_node
        return None if node is None else path_of(self.graph, node)

    @property
    def deactivated(self) -> bool:
        """Say whether everything conforms to it (SHACL §2.1.6)."""
        return truth(self.value(SH.deactivated))

    @property
    def severity(self) -> Node:
        """Give the severity of its results (SHACL §2.1.4)."""
        return self.value(SH.severity) or SH.Violation

    @property
    def is_class(self) -> bool:
        """Say whether it is a class too, of which the instances are targets (SHACL §2.1.3.3)."""
        kinds = {RDFS.Class, *self.graph.subjects(RDFS.subClassOf, RDFS.Class)}
        return not kinds.isdisjoint(self.graph.objects(self.node, RDF.type))

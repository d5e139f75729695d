"""Each constraint of a shape as one SELECT of its results, over all focus nodes at once.

Conformance of a node to a shape is one SPARQL expression (SHACL §3.4.2).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rdflib import URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from parvis.validation.compile import values
from parvis.validation.compile.expressions import conjunction, disjunction, negate
from parvis.validation.compile.query import (
    CompilationScope,
    ConstraintQuery,
    NodeCondition,
    NodeReach,
    Selection,
)
from parvis.validation.compile.sparql import sparql_constraints
from parvis.validation.compile.terms import NotCompiled, iri, iris, number, truth
from parvis.validation.shapes import Shape

# Closed shapes: triples of a value node that the shape does not allow (SHACL §4.8.1).

PREDICATE, OBJECT = "?predicate", "?object"


def disallowed_triples(
    scope: CompilationScope, shape: Shape, v: str, names: tuple[str, str] | None = None
) -> Iterator[str]:
    """Return the pattern of the triples of `v` that are not allowed, if the shape is closed."""
    ignored = shape.members(SH.ignoredProperties)
    if shape.value(SH.closed) is None and ignored:
        raise NotCompiled("sh:ignoredProperties without sh:closed")
    if not truth(shape.value(SH.closed)):
        return
    scope.reads_all()
    p, o = names or (scope.fresh(), scope.fresh())
    paths = [child.path_node for child in shape.shapes(SH.property)]
    allowed = [path for path in paths if isinstance(path, URIRef)] + ignored
    not_allowed = f"{p} NOT IN ({iris(allowed)})" if allowed else "true"
    resource = f"{p} = {iri(RDF.type)} && sameTerm({o}, {iri(RDFS.Resource)})"
    yield f"{v} {p} {o} . FILTER({not_allowed} && !({resource}))"


# ``sh:node``, ``sh:not``, ``sh:and``, ``sh:or``, ``sh:xone`` and qualified shapes test whether a
# value conforms to a shape, however deep they are nested (SHACL §4.6, §4.7). No expression is ever
# an error.

LOGICAL = (SH.node, SH["not"], SH["and"], SH["or"], SH.xone)
ON_VALUES = (SH["class"], SH.pattern, *values.CONDITIONS, *LOGICAL)
"""Parameters that judge each value node alone."""


def conditions(scope: CompilationScope, shape: Shape, term: URIRef, v: str) -> Iterator[str]:
    """Return the conditions that a parameter puts on a value: one for each result it may have."""
    if term in values.CONDITIONS:
        if shape.values(term):
            yield from values.CONDITIONS[term](shape, v)
    elif term == SH.pattern:
        yield from (values.matches(v, scope.pattern(form)) for form in values.forms(shape))
    elif term == SH["class"]:
        for root in shape.values(term):
            yield scope.facts.is_instance(v, scope.fresh(), root)
    elif term == SH.node:
        yield from (conforms(scope, inner, v) for inner in shape.shapes(term))
    elif term == SH["not"]:
        yield from (negate(conforms(scope, inner, v)) for inner in shape.shapes(term))
    else:
        for members in shape.lists(term):
            if not members:
                raise NotCompiled("an empty list of shapes")
            yield _LISTS[term]([conforms(scope, member, v) for member in members])


_LISTS: dict[URIRef, Callable[[list[str]], str]] = {
    SH["and"]: conjunction,
    SH["or"]: disjunction,
    SH.xone: lambda parts: f"({' + '.join(f'IF({part}, 1, 0)' for part in parts)} = 1)",
}


def conforms(scope: CompilationScope, shape: Shape, x: str) -> str:
    """Return the expression that the node of a variable conforms to a shape."""
    if shape.is_deactivated:
        return "true"

    def violates(v: str) -> str:
        parts = [part for term in ON_VALUES for part in conditions(scope, shape, term, v)]
        parts += [conforms(scope, child, v) for child in shape.shapes(SH.property)]
        parts += [f"NOT EXISTS {{ {pattern} }}" for pattern in disallowed_triples(scope, shape, v)]
        return negate(conjunction(parts))

    with scope.enter_shape(shape):
        shape.require_compilable(on_top=False)
        parts: list[str] = []
        if violates(x) != negate(conjunction([])):  # the shape has a condition on each value node
            parts.append(negate(scope.reaches(shape, x, violates)))
        for term in values.ON_SETS:
            parts += values.set_conditions(scope, shape, term, x)
        parts += qualified_conditions(scope, shape, x).values()
        return conjunction(parts)


def qualified_conditions(scope: CompilationScope, shape: Shape, x: str) -> dict[URIRef, str]:
    """Return the conditions of a qualified value shape, by their component (SHACL §4.7.3)."""
    value_shapes = list(shape.shapes(SH.qualifiedValueShape))
    least, most = (shape.value(t) for t in (SH.qualifiedMinCount, SH.qualifiedMaxCount))
    if not value_shapes and least is None and most is None:
        return {}
    if len(value_shapes) != 1 or (least is None and most is None) or shape.path is None:
        raise NotCompiled("a qualified value shape that is not whole")
    siblings = shape.siblings(value_shapes[0])

    def fits(v: str) -> str:
        disjoint = [negate(conforms(scope, sibling, v)) for sibling in siblings]
        return conjunction([conforms(scope, value_shapes[0], v), *disjoint])

    expressions: dict[URIRef, str] = {}
    if least is not None:
        component = SH.QualifiedMinCountConstraintComponent
        expressions[component] = values.at_least(scope, shape, x, number(least), fits)
    if most is not None:
        component = SH.QualifiedMaxCountConstraintComponent
        expressions[component] = negate(values.at_least(scope, shape, x, number(most) + 1, fits))
    return expressions


def queries(scope: CompilationScope, shape: Shape, focus: NodeReach) -> Iterator[ConstraintQuery]:
    """Compile all constraints of a shape and of the property shapes inside it.

    Raises `NotCompiled` if one of them cannot be.
    """
    if shape.is_deactivated:
        return
    with scope.enter_shape(shape):
        shape.require_compilable(on_top=True)
        writer = _Writer(scope, shape, focus, focus.along(scope, shape))
        yield from writer.about_values()
        yield from writer.about_sets()
        yield from writer.about_closed()
        yield from sparql_constraints(scope, shape, focus)
        for child in shape.shapes(SH.property):
            if child.path_node is None:
                raise NotCompiled("sh:property of a node shape")
            yield from queries(scope, child, writer.values)


def component_of(term: URIRef) -> URIRef:
    """Return the constraint component of a parameter (SHACL §4).

    >>> component_of(SH.minCount).fragment
    'MinCountConstraintComponent'
    """
    name = str(term).removeprefix(str(SH))
    return URIRef(f"{SH}{name[0].upper()}{name[1:]}ConstraintComponent")


REQUIRING_VALUES = {
    component_of(term) for term in (SH.minCount, SH.hasValue, SH.equals, SH.qualifiedMinCount)
}
"""The components that a focus node without any value may violate."""


@dataclass(frozen=True)
class _Writer:
    """One shape, with the reach of its focus nodes and of its value nodes."""

    scope: CompilationScope
    shape: Shape
    focus: NodeReach
    values: NodeReach

    def _query(
        self,
        component: URIRef,
        selection: Selection,
        value: str | None = None,
        path: str | None = None,
    ) -> ConstraintQuery:
        no_values = self.values.barren and component not in REQUIRING_VALUES
        vain = self.focus.barren or no_values
        focus = self.focus.last
        return ConstraintQuery(self.shape, component, selection, focus, value, path, vain=vain)

    def about_values(self) -> Iterator[ConstraintQuery]:
        """Return queries of the value nodes that do not meet a condition."""
        for term in ON_VALUES:
            for condition in conditions(self.scope, self.shape, term, self.values.last):
                yield self._where_false(component_of(term), condition, of_values=True)

    def about_sets(self) -> Iterator[ConstraintQuery]:
        """Return queries of the focus nodes whose value nodes together violate a constraint."""
        for term in values.ON_SETS:
            component = component_of(term)
            if term in {SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals}:
                for predicate in self.shape.values(term):
                    yield from self._compare_property(term, predicate)
            elif term == SH.uniqueLang:
                # A result for each language that several values share (SHACL §4.4.5).
                if self.shape.values(term) and values.is_unique_lang(self.shape):
                    v = self.values.last
                    shared = values.same_language(self.scope, self.shape, self.focus.last, v)
                    columns = *self.focus.chain, f"(LCASE(LANG({v})) AS ?lang)"
                    where = values.with_repeated_language(self.scope, self.values)
                    selection = Selection(self.values, f"FILTER({shared})", columns, where)
                    yield self._query(component, selection)
            else:
                for condition in values.set_conditions(
                    self.scope, self.shape, term, self.focus.last
                ):
                    yield self._where_false(component, condition)
        conditions_by_component = qualified_conditions(self.scope, self.shape, self.focus.last)
        for component, condition in conditions_by_component.items():
            yield self._where_false(component, condition)

    def _where_false(
        self, component: URIRef, expression: str, *, of_values: bool = False
    ) -> ConstraintQuery:
        """Return a query of the focus nodes, or value nodes, of which a condition is false."""
        condition = NodeCondition(self.values if of_values else self.focus, expression)
        value = self.values.last if of_values else None
        return replace(self._query(component, condition.select(), value), condition=condition)

    def _compare_property(self, term: URIRef, predicate: Node) -> Iterator[ConstraintQuery]:
        """Return queries of the values that do not compare as they should with a property's."""
        component = component_of(term)
        x, v = self.focus.last, self.values.last
        if term in values.SIGNS:
            # A result for each pair that is not in order (SHACL §4.5.3).
            values.require_path(self.shape)
            o = self.scope.fresh()
            pair = f"{x} {self.scope.predicate(predicate)} {o} ."
            test = f"{pair} FILTER(!{values.less(v, values.SIGNS[term], o)})"
            selection = Selection(self.values, test, (*self.focus.chain, v, o))
            yield self._query(component, selection, value=v)
            return
        in_both = values.is_there(self.scope, x, v, predicate)
        if term == SH.disjoint:
            yield self._where_false(component, f"!{in_both}", of_values=True)
            return
        # Equal sets: a result for each value that the other property lacks, and the reverse.
        yield self._where_false(component, in_both, of_values=True)
        o = self.scope.fresh()
        missing = f"FILTER(!{values.is_here(self.scope, self.shape, x, o)})"
        test = f"{x} {self.scope.predicate(predicate)} {o} . {missing}"
        selection = Selection(self.focus, test, (*self.focus.chain, o))
        yield self._query(component, selection, value=o)

    def about_closed(self) -> Iterator[ConstraintQuery]:
        """Return a query of the triples that are not allowed; a result's path is the predicate."""
        v = self.values.last
        columns = *self.values.chain, PREDICATE, OBJECT
        for pattern in disallowed_triples(self.scope, self.shape, v, (PREDICATE, OBJECT)):
            selection = Selection(self.values, pattern, columns)
            component = SH.ClosedConstraintComponent
            yield self._query(component, selection, value=OBJECT, path=PREDICATE)

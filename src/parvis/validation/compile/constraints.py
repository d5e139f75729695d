"""Each constraint of a shape as one SELECT of its results, over all focus nodes at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rdflib import URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from parvis.validation.compile import sets
from parvis.validation.compile.conformance import (
    OBJECT,
    ON_VALUES,
    PREDICATE,
    conditions,
    disallowed_triples,
    qualified_conditions,
)
from parvis.validation.compile.query import ConstraintQuery, NodeCondition, NodeReach
from parvis.validation.compile.scope import CompilationScope
from parvis.validation.compile.sparql import sparql_constraints
from parvis.validation.shape import Shape


def queries(scope: CompilationScope, shape: Shape, focus: NodeReach) -> Iterator[ConstraintQuery]:
    """Compile all constraints of a shape and of the property shapes inside it.

    Raises `NotCompiled` if one of them cannot be.
    """
    if shape.deactivated:
        return
    with scope.opened(shape):
        shape.require_known(on_top=True)
        writer = _Writer(scope, shape, focus, focus.along(scope, shape))
        yield from writer.about_values()
        yield from writer.about_sets()
        yield from writer.about_closed()
        yield from sparql_constraints(scope, shape, focus)
        for child in shape.properties:
            child.require_property()
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

    def _select(self, rows: str, *more: str) -> str:
        return f"SELECT DISTINCT {' '.join([*self.focus.chain, *more])} WHERE {rows}"

    def _query(
        self, component: URIRef, text: str, value: str | None = None, path: str | None = None
    ) -> ConstraintQuery:
        no_values = self.values.barren and component not in REQUIRING_VALUES
        vain = self.focus.barren or no_values
        return ConstraintQuery(self.shape, component, text, self.focus.last, value, path, vain=vain)

    def about_values(self) -> Iterator[ConstraintQuery]:
        """Return queries of the value nodes that do not meet a condition."""
        for term in ON_VALUES:
            for condition in conditions(self.scope, self.shape, term, self.values.last):
                yield self._of_values(component_of(term), condition)

    def about_sets(self) -> Iterator[ConstraintQuery]:
        """Return queries of the focus nodes whose value nodes together violate a constraint."""
        for term in sets.ON_SETS:
            component = component_of(term)
            if term in {SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals}:
                for predicate in self.shape.values(term):
                    yield from self._compare_property(term, predicate)
            elif term == SH.uniqueLang:
                # A result for each language that several values share (SHACL §4.4.5).
                if self.shape.values(term) and sets.is_unique_lang(self.shape):
                    v = self.values.last
                    shared = sets.same_language(self.scope, self.shape, self.focus.last, v)
                    rows = self.values.rows(f"FILTER({shared})")
                    yield self._query(component, self._select(rows, f"(LCASE(LANG({v})) AS ?lang)"))
            else:
                for condition in sets.conditions(self.scope, self.shape, term, self.focus.last):
                    yield self._of_focus(component, condition)
        conditions_by_component = qualified_conditions(self.scope, self.shape, self.focus.last)
        for component, condition in conditions_by_component.items():
            yield self._of_focus(component, condition)

    def _of_focus(self, component: URIRef, expression: str) -> ConstraintQuery:
        """Return a query of the focus nodes of which a condition is false."""
        condition = NodeCondition(self.focus, expression)
        return replace(self._query(component, condition.select()), condition=condition)

    def _of_values(self, component: URIRef, expression: str) -> ConstraintQuery:
        """Return a query of the value nodes of which a condition is false."""
        condition = NodeCondition(self.values, expression)
        query = self._query(component, condition.select(), value=self.values.last)
        return replace(query, condition=condition)

    def _compare_property(self, term: URIRef, predicate: Node) -> Iterator[ConstraintQuery]:
        """Return queries of the values that do not compare as they should with a property's."""
        component = component_of(term)
        x, v = self.focus.last, self.values.last
        if term in sets.SIGNS:
            # A result for each pair that is not in order (SHACL §4.5.3).
            sets.require_path(self.shape)
            o = self.scope.fresh()
            pair = f"{x} {self.scope.predicate(predicate)} {o} ."
            rows = self.values.rows(f"{pair} FILTER(!{sets.less(v, sets.SIGNS[term], o)})")
            yield self._query(component, self._select(rows, v, o), value=v)
            return
        in_both = sets.is_there(self.scope, x, v, predicate)
        if term == SH.disjoint:
            yield self._of_values(component, f"!{in_both}")
            return
        # Equal sets: a result for each value that the other property lacks, and the reverse.
        yield self._of_values(component, in_both)
        o = self.scope.fresh()
        missing = f"FILTER(!{sets.is_here(self.scope, self.shape, x, o)})"
        rows = self.focus.rows(f"{x} {self.scope.predicate(predicate)} {o} . {missing}")
        yield self._query(component, self._select(rows, o), value=o)

    def about_closed(self) -> Iterator[ConstraintQuery]:
        """Return a query of the triples that are not allowed; a result's path is the predicate."""
        v = self.values.last
        value_variables = [] if self.values is self.focus else [v]
        for pattern in disallowed_triples(self.scope, self.shape, v, (PREDICATE, OBJECT)):
            text = self._select(self.values.rows(pattern), *value_variables, PREDICATE, OBJECT)
            yield self._query(SH.ClosedConstraintComponent, text, value=OBJECT, path=PREDICATE)

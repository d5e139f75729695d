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
    foreign,
    qualified,
)
from parvis.validation.compile.query import Condition, Query, Reach
from parvis.validation.compile.scope import Scope
from parvis.validation.compile.sparql import sparql_constraints
from parvis.validation.shape import Shape

# Each constraint of a shape as one SELECT of its results, over all focus nodes at once.


def queries(scope: Scope, shape: Shape, focus: Reach) -> Iterator[Query]:
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
        yield from writer.closed()
        yield from sparql_constraints(scope, shape, focus)
        for child in shape.properties:
            child.require_property()
            yield from queries(scope, child, writer.values)


def component_of(term: URIRef) -> URIRef:
    """Give the constraint component of a parameter (SHACL §4).

    >>> component_of(SH.minCount).fragment
    'MinCountConstraintComponent'
    """
    name = str(term).removeprefix(str(SH))
    return URIRef(f"{SH}{name[0].upper()}{name[1:]}ConstraintComponent")


FOR_WANT_OF_VALUES = {
    component_of(term) for term in (SH.minCount, SH.hasValue, SH.equals, SH.qualifiedMinCount)
}
"""What a focus node without any value may break."""


@dataclass(frozen=True)
class _Writer:
    """One shape, with the reach of its focus nodes and of its value nodes."""

    scope: Scope
    shape: Shape
    focus: Reach
    values: Reach

    @property
    def _more(self) -> list[str]:
        """Give the variable of the value nodes, if they are others than the focus nodes."""
        return [] if self.values is self.focus else [self.values.last]

    def _select(self, rows: str, *more: str) -> str:
        return f"SELECT DISTINCT {' '.join([*self.focus.chain, *more])} WHERE {rows}"

    def _query(
        self, component: URIRef, text: str, value: str | None = None, path: str | None = None
    ) -> Query:
        of_none = self.values.barren and component not in FOR_WANT_OF_VALUES
        vain = self.focus.barren or of_none
        return Query(self.shape, component, text, self.focus.last, value, path, vain=vain)

    def about_values(self) -> Iterator[Query]:
        """Give a result for each value node that does not meet a condition."""
        for term in ON_VALUES:
            for condition in conditions(self.scope, self.shape, term, self.values.last):
                yield self._of_values(component_of(term), condition)

    def about_sets(self) -> Iterator[Query]:
        """Give a result for each focus node whose value nodes together are not as they should."""
        pairs = {SH.equals: self._equals, SH.disjoint: self._disjoint}
        for term in sets.ON_SETS:
            component = component_of(term)
            if term in pairs:
                for predicate in self.shape.values(term):
                    yield from pairs[term](component, predicate)
            elif term in sets.SIGNS:
                for predicate in self.shape.values(term):
                    yield self._ordered(term, predicate)
            elif term == SH.uniqueLang:
                yield from self._unique_lang(component)
            else:
                for condition in sets.conditions(self.scope, self.shape, term, self.focus.last):
                    yield self._of_focus(component, condition)
        found = qualified(self.scope, self.shape, self.focus.last)
        for component, condition in found.items():
            yield self._of_focus(component, condition)

    def _of_focus(self, component: URIRef, expression: str) -> Query:
        """Give a result for each focus node of which a condition is false."""
        condition = Condition(self.focus, expression)
        text = condition.select()
        return replace(self._query(component, text), condition=condition)

    def _of_values(self, component: URIRef, expression: str) -> Query:
        """Give a result for each value node of which a condition is false."""
        condition = Condition(self.values, expression)
        text = condition.select()
        found = self._query(component, text, value=self.values.last)
        return replace(found, condition=condition)

    def _unique_lang(self, component: URIRef) -> Iterator[Query]:
        """Give a result for each language that several values share (SHACL §4.4.5)."""
        if self.shape.values(SH.uniqueLang) and sets.is_unique_lang(self.shape):
            v = self.values.last
            same = sets.same_language(self.scope, self.shape, self.focus.last, v)
            rows = self.values.rows(f"FILTER({same})")
            yield self._query(component, self._select(rows, f"(LCASE(LANG({v})) AS ?lang)"))

    def _equals(self, component: URIRef, predicate: Node) -> Iterator[Query]:
        """Give a result for each value that the other property lacks, and the reverse."""
        yield self._of_values(component, self._also(predicate))
        x, o = self.focus.last, self.scope.fresh()
        missing = f"FILTER(!{sets.is_here(self.scope, self.shape, x, o)})"
        there = self.focus.rows(f"{x} {self.scope.predicate(predicate)} {o} . {missing}")
        yield self._query(component, self._select(there, o), value=o)

    def _disjoint(self, component: URIRef, predicate: Node) -> Iterator[Query]:
        """Give a result for each value that the other property has too."""
        yield self._of_values(component, f"!{self._also(predicate)}")

    def _also(self, predicate: Node) -> str:
        return sets.is_there(self.scope, self.focus.last, self.values.last, predicate)

    def _ordered(self, term: URIRef, predicate: Node) -> Query:
        """Give a result for each pair that is not in order (SHACL §4.5.3)."""
        sets.require_path(self.shape)
        x, v, o = self.focus.last, self.values.last, self.scope.fresh()
        pair = f"{x} {self.scope.predicate(predicate)} {o} ."
        rows = self.values.rows(f"{pair} FILTER(!{sets.less(v, sets.SIGNS[term], o)})")
        return self._query(component_of(term), self._select(rows, v, o), value=v)

    def closed(self) -> Iterator[Query]:
        """Give a result for each triple that is not foreseen; its path is the predicate."""
        v = self.values.last
        for pattern in foreign(self.scope, self.shape, v, (PREDICATE, OBJECT)):
            text = self._select(self.values.rows(pattern), *self._more, PREDICATE, OBJECT)
            yield self._query(SH.ClosedConstraintComponent, text, value=OBJECT, path=PREDICATE)

"""Conditions on all value nodes of a focus node together, as SPARQL expressions."""

from collections.abc import Callable, Iterator

from rdflib import Literal, URIRef
from rdflib.namespace import SH, XSD
from rdflib.term import Node

from parvis.validation.compile.paths import Test
from parvis.validation.compile.scope import Scope
from parvis.validation.compile.terms import NotCompiled, iri, number, text_of
from parvis.validation.shape import Shape

# Conditions on all value nodes of a focus node together, as SPARQL expressions.
#
# How many there are, which must be there, and how they compare with the values of another
# property (SHACL §4.2, §4.5, §4.8.2); `x` is the variable of the focus node.

ON_SETS = (
    SH.minCount,
    SH.maxCount,
    SH.hasValue,
    SH.uniqueLang,
    SH.equals,
    SH.disjoint,
    SH.lessThan,
    SH.lessThanOrEquals,
)
SIGNS = {SH.lessThan: "<", SH.lessThanOrEquals: "<="}
_MOST = 4
"""How many values may be counted within an expression: each takes a variable."""


def conditions(scope: Scope, shape: Shape, term: URIRef, x: str) -> Iterator[str]:
    """Give the conditions that a parameter puts on the values of a focus node."""
    for value in shape.values(term):
        yield _CONDITIONS[term](scope, shape, x, value)


def at_least(scope: Scope, shape: Shape, x: str, least: int, fits: Test | None = None) -> str:
    """Say whether so many value nodes fit."""
    if least > _MOST:
        raise NotCompiled("a count of many values")

    def others(found: tuple[str, ...]) -> str:
        if len(found) == least:
            return "true"
        return scope.reaches(shape, x, lambda v: another(v, found))

    def another(v: str, found: tuple[str, ...]) -> str:
        tests = [f"!sameTerm({v}, {one})" for one in found] + ([fits(v)] if fits else [])
        tests.append(others((*found, v)))
        return " && ".join(test for test in tests if test != "true") or "true"

    return others(())


def require_path(shape: Shape) -> None:
    """Refuse a parameter that only property shapes have."""
    if shape.path_node is None:
        raise NotCompiled("a parameter of property shapes")


def _min_count(scope: Scope, shape: Shape, x: str, count: Node) -> str:
    require_path(shape)
    shape.value(SH.minCount)
    return at_least(scope, shape, x, number(count))


def _max_count(scope: Scope, shape: Shape, x: str, count: Node) -> str:
    require_path(shape)
    shape.value(SH.maxCount)
    return f"!{at_least(scope, shape, x, number(count) + 1)}"


def _has_value(scope: Scope, shape: Shape, x: str, value: Node) -> str:
    return scope.reaches(shape, x, lambda v: f"sameTerm({v}, {text_of(value)})")


def _unique_lang(scope: Scope, shape: Shape, x: str, _value: Node) -> str:
    if not is_unique_lang(shape):
        return "true"
    return f"!{scope.reaches(shape, x, lambda v: same_language(scope, shape, x, v))}"


def is_unique_lang(shape: Shape) -> bool:
    """Say whether ``sh:uniqueLang`` is ``true``, so written: ``1`` is not (SHACL §4.4.5)."""
    require_path(shape)
    return shape.value(SH.uniqueLang) == Literal("true", datatype=XSD.boolean)


def same_language(scope: Scope, shape: Shape, x: str, v: str) -> str:
    """Say whether another value has the language of one."""

    def same(other: str) -> str:
        lang = f'LCASE(LANG({v})) = LCASE(LANG({other})) && LANG({v}) != ""'
        return f"COALESCE({lang} && !sameTerm({v}, {other}), false)"

    return scope.reaches(shape, x, same)


def _equals(scope: Scope, shape: Shape, x: str, predicate: Node) -> str:
    here = scope.reaches(shape, x, lambda v: f"!{is_there(scope, x, v, predicate)}")
    o = scope.fresh()
    there = f"{x} {scope.predicate(predicate)} {o} FILTER(!{is_here(scope, shape, x, o)})"
    return f"(!{here} && NOT EXISTS {{ {there} }})"


def is_there(scope: Scope, x: str, v: str, predicate: Node) -> str:
    """Say that a value is also one of another property."""
    return f"EXISTS {{ {x} {scope.predicate(predicate)} {v} }}"


def is_here(scope: Scope, shape: Shape, x: str, o: str) -> str:
    """Say that a value of another property is also a value node."""
    return scope.reaches(shape, x, lambda v: f"sameTerm({v}, {o})")


def _disjoint(scope: Scope, shape: Shape, x: str, predicate: Node) -> str:
    return f"!{scope.reaches(shape, x, lambda v: is_there(scope, x, v, predicate))}"


def _ordered(term: URIRef) -> Callable[[Scope, Shape, str, Node], str]:
    def condition(scope: Scope, shape: Shape, x: str, predicate: Node) -> str:
        require_path(shape)
        other = scope.predicate(predicate)

        def unordered(v: str) -> str:
            o = scope.fresh()
            return f"EXISTS {{ {x} {other} {o} FILTER(!{less(v, SIGNS[term], o)}) }}"

        return f"!{scope.reaches(shape, x, unordered)}"

    return condition


def less(v: str, sign: str, other: str) -> str:
    """Compare two values; those with and without a time zone cannot be (XSD 1.1 §3.3.7.1)."""
    zones = f'(TZ({v}) = "") = (TZ({other}) = "")'
    comparable = f"IF(DATATYPE({v}) = {iri(XSD.dateTime)}, {zones}, true)"
    return f"COALESCE({v} {sign} {other} && {comparable}, false)"


_CONDITIONS: dict[URIRef, Callable[[Scope, Shape, str, Node], str]] = {
    SH.minCount: _min_count,
    SH.maxCount: _max_count,
    SH.hasValue: _has_value,
    SH.uniqueLang: _unique_lang,
    SH.equals: _equals,
    SH.disjoint: _disjoint,
    SH.lessThan: _ordered(SH.lessThan),
    SH.lessThanOrEquals: _ordered(SH.lessThanOrEquals),
}

"""Conditions on all value nodes of a focus node together, as SPARQL expressions."""

from collections.abc import Callable, Iterator

from rdflib import Literal, URIRef
from rdflib.namespace import SH, XSD
from rdflib.term import Node

from parvis.validation.compile.paths import Test
from parvis.validation.compile.scope import CompilationScope
from parvis.validation.compile.terms import NotCompiled, iri, number, text_of
from parvis.validation.shape import Shape

# Their number, the values required, and how they compare with the values of another property
# (SHACL §4.2, §4.5, §4.8.2); `x` is the variable of the focus node.

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
Condition = Callable[[CompilationScope, Shape, str, Node], str]
"""Return the expression that a parameter's value holds for the values of a focus node."""

_MOST = 4
"""The most values counted within an expression: each takes a variable."""


def conditions(scope: CompilationScope, shape: Shape, term: URIRef, x: str) -> Iterator[str]:
    """Return the conditions that a parameter puts on the values of a focus node."""
    for value in shape.values(term):
        yield _CONDITIONS[term](scope, shape, x, value)


def at_least(
    scope: CompilationScope, shape: Shape, x: str, least: int, fits: Test | None = None
) -> str:
    """Return the expression that at least so many value nodes fit."""
    if least > _MOST:
        raise NotCompiled("a count of many values")

    def remaining(variables: tuple[str, ...]) -> str:
        if len(variables) == least:
            return "true"
        return scope.reaches(shape, x, lambda v: distinct_from(v, variables))

    def distinct_from(v: str, variables: tuple[str, ...]) -> str:
        tests = [f"!sameTerm({v}, {variable})" for variable in variables]
        tests += [fits(v)] if fits else []
        tests.append(remaining((*variables, v)))
        return " && ".join(test for test in tests if test != "true") or "true"

    return remaining(())


def require_path(shape: Shape) -> None:
    """Raise `NotCompiled` for a parameter of property shapes in another shape."""
    if shape.path_node is None:
        raise NotCompiled("a parameter of property shapes")


def _count_limit(term: URIRef) -> Condition:
    def condition(scope: CompilationScope, shape: Shape, x: str, count: Node) -> str:
        require_path(shape)
        shape.value(term)  # only checked: it takes one value
        if term == SH.minCount:
            return at_least(scope, shape, x, number(count))
        return f"!{at_least(scope, shape, x, number(count) + 1)}"

    return condition


def _unique_lang(scope: CompilationScope, shape: Shape, x: str, _value: Node) -> str:
    if not is_unique_lang(shape):
        return "true"
    return f"!{scope.reaches(shape, x, lambda v: same_language(scope, shape, x, v))}"


def is_unique_lang(shape: Shape) -> bool:
    """Return whether ``sh:uniqueLang`` is ``true``, so written: ``1`` is not (SHACL §4.4.5)."""
    require_path(shape)
    return shape.value(SH.uniqueLang) == Literal("true", datatype=XSD.boolean)


def same_language(scope: CompilationScope, shape: Shape, x: str, v: str) -> str:
    """Return the expression that another value node has the language of a value."""

    def shares_language(value: str) -> str:
        lang = f'LCASE(LANG({v})) = LCASE(LANG({value})) && LANG({v}) != ""'
        return f"COALESCE({lang} && !sameTerm({v}, {value}), false)"

    return scope.reaches(shape, x, shares_language)


def _equals(scope: CompilationScope, shape: Shape, x: str, predicate: Node) -> str:
    lacks = scope.reaches(shape, x, lambda v: f"!{is_there(scope, x, v, predicate)}")
    o = scope.fresh()
    extra = f"{x} {scope.predicate(predicate)} {o} FILTER(!{is_here(scope, shape, x, o)})"
    return f"(!{lacks} && NOT EXISTS {{ {extra} }})"


def is_there(scope: CompilationScope, x: str, v: str, predicate: Node) -> str:
    """Return the expression that a value is also one of another property."""
    return f"EXISTS {{ {x} {scope.predicate(predicate)} {v} }}"


def is_here(scope: CompilationScope, shape: Shape, x: str, o: str) -> str:
    """Return the expression that a value of another property is also a value node."""
    return scope.reaches(shape, x, lambda v: f"sameTerm({v}, {o})")


def _in_order(term: URIRef) -> Condition:
    def condition(scope: CompilationScope, shape: Shape, x: str, predicate: Node) -> str:
        require_path(shape)
        compared = scope.predicate(predicate)

        def is_unordered(v: str) -> str:
            o = scope.fresh()
            return f"EXISTS {{ {x} {compared} {o} FILTER(!{less(v, SIGNS[term], o)}) }}"

        return f"!{scope.reaches(shape, x, is_unordered)}"

    return condition


def less(v: str, sign: str, other: str) -> str:
    """Return the comparison of two values; not with and without time zone (XSD 1.1 §3.3.7.1)."""
    zones = f'(TZ({v}) = "") = (TZ({other}) = "")'
    comparable = f"IF(DATATYPE({v}) = {iri(XSD.dateTime)}, {zones}, true)"
    return f"COALESCE({v} {sign} {other} && {comparable}, false)"


_CONDITIONS: dict[URIRef, Condition] = {
    SH.minCount: _count_limit(SH.minCount),
    SH.maxCount: _count_limit(SH.maxCount),
    SH.hasValue: lambda scope, shape, x, value: scope.reaches(
        shape, x, lambda v: f"sameTerm({v}, {text_of(value)})"
    ),
    SH.uniqueLang: _unique_lang,
    SH.equals: _equals,
    SH.disjoint: lambda scope, shape, x, predicate: (
        f"!{scope.reaches(shape, x, lambda v: is_there(scope, x, v, predicate))}"
    ),
    SH.lessThan: _in_order(SH.lessThan),
    SH.lessThanOrEquals: _in_order(SH.lessThanOrEquals),
}

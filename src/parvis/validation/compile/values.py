"""Conditions on value nodes, on each alone and on all of a focus node, as SPARQL expressions."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from rdflib import Literal, URIRef
from rdflib.namespace import RDFS, SH, XSD
from rdflib.term import Node

from parvis.validation.compile.expressions import Column, Expression, Searches, negate
from parvis.validation.compile.query import CompilationScope, NodeReach
from parvis.validation.compile.regex import portable_pattern
from parvis.validation.compile.terms import NodeTest, NotCompiled, iri, number, text_of
from parvis.validation.shapes import Shape

# On each value: kind, datatype, range, form, membership (SHACL §4.1, §4.3, §4.4, §4.8). The
# expression is true when the value conforms and never an error, so that it can be put within
# another: an error would hide a result as soon as it is negated.

Conditions = Iterator[str]
"""One expression for each result that a value may have."""

_MOST_TERMS = 300
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?")
KINDS = {
    SH.IRI: "isIRI({v})",
    SH.BlankNode: "isBlank({v})",
    SH.Literal: "isLiteral({v})",
    SH.BlankNodeOrIRI: "!isLiteral({v})",
    SH.BlankNodeOrLiteral: "!isIRI({v})",
    SH.IRIOrLiteral: "!isBlank({v})",
}


def _error_as_false(expression: str) -> str:
    return f"COALESCE({expression}, false)"


def _datatype(shape: Shape, v: str) -> Conditions:
    datatype = shape.value(SH.datatype)
    if datatype in {RDFS.Literal, RDFS.Datatype}:
        raise NotCompiled("a datatype that is a class of datatypes")
    yield _error_as_false(f"DATATYPE({v}) = {iri(datatype)}" if datatype else "false")


def _node_kind(shape: Shape, v: str) -> Conditions:
    kind = shape.value(SH.nodeKind)
    if not isinstance(kind, URIRef) or kind not in KINDS:
        raise NotCompiled("a kind of node that is none")
    yield KINDS[kind].replace("{v}", v)


def _in(shape: Shape, v: str) -> Conditions:
    # Members are compared by term: ``=`` would compare by value (SHACL §4.8.3).
    members = shape.members(SH["in"])
    if not members:  # an empty IN is never true in the engine, nor is its negation
        yield "false"
        return
    if all(isinstance(member, URIRef) for member in members):
        yield f"({v} IN ({', '.join(map(text_of, members))}))"
        return
    if len(members) > _MOST_TERMS:
        raise NotCompiled("a long list of literals")
    yield f"({' || '.join(f'sameTerm({v}, {text_of(member)})' for member in members)})"


def _length(term: URIRef, sign: str) -> Callable[[Shape, str], Conditions]:
    def conditions(shape: Shape, v: str) -> Conditions:
        length = number(shape.value(term))
        if length < 1:
            raise NotCompiled("a length of nothing")
        yield _error_as_false(f"!isBlank({v}) && STRLEN(STR({v})) {sign} {length}")

    return conditions


def forms(shape: Shape) -> Iterator[str]:
    """Return each pattern of a shape with its flags, as REGEX takes them."""
    flags = shape.value(SH.flags)
    flags = Literal("") if flags is None else flags
    for node in shape.values(SH.pattern):
        is_text = _is_text(node) and _is_text(flags)
        pattern = portable_pattern(str(node), str(flags)) if is_text else None
        if pattern is None:
            raise NotCompiled("a pattern that engines read in several ways")
        yield f"{text_of(Literal(pattern))}, {text_of(Literal(str(flags)))}"


def matches(v: str, form: str) -> str:
    """Return the condition that a value matches a pattern."""
    return _error_as_false(f"!isBlank({v}) && REGEX(STR({v}), {form})")


def _is_text(node: Node) -> bool:
    return isinstance(node, Literal) and node.datatype in {None, XSD.string} and not node.language


def _language_in(shape: Shape, v: str) -> Conditions:
    ranges = shape.members(SH.languageIn)
    if not all(_is_text(language) and "-" not in str(language) for language in ranges):
        raise NotCompiled("a range of languages with several parts")
    matches = (f"LANGMATCHES(LANG({v}), {text_of(language)})" for language in ranges)
    yield _error_as_false(
        f'isLiteral({v}) && LANG({v}) != "" && ({" || ".join(matches) or "false"})'
    )


def _range(term: URIRef, sign: str) -> Callable[[Shape, str], Conditions]:
    def compare(v: str, limit: Node) -> str:
        if not isinstance(limit, Literal):
            raise NotCompiled("a limit that is no literal")
        if limit.datatype in {XSD.integer, XSD.decimal} and _NUMBER.fullmatch(limit):
            return f"isNumeric({v}) && {v} {sign} {limit.lstrip('+')}"
        if limit.datatype not in {XSD.date, XSD.dateTime}:
            raise NotCompiled("a limit that engines order in several ways")
        in_order = f"DATATYPE({v}) = {iri(limit.datatype)} && {v} {sign} {text_of(limit)}"
        if limit.datatype == XSD.date:
            return in_order
        # Instants with and without a time zone cannot be compared.
        return f'{in_order} && (TZ({v}) = "") = (TZ({text_of(limit)}) = "")'

    def conditions(shape: Shape, v: str) -> Conditions:
        for limit in shape.values(term):
            yield _error_as_false(compare(v, limit))

    return conditions


CONDITIONS: dict[URIRef, Callable[[Shape, str], Conditions]] = {
    SH.datatype: _datatype,
    SH.nodeKind: _node_kind,
    SH["in"]: _in,
    SH.minLength: _length(SH.minLength, ">="),
    SH.maxLength: _length(SH.maxLength, "<="),
    SH.languageIn: _language_in,
    SH.minInclusive: _range(SH.minInclusive, ">="),
    SH.minExclusive: _range(SH.minExclusive, ">"),
    SH.maxInclusive: _range(SH.maxInclusive, "<="),
    SH.maxExclusive: _range(SH.maxExclusive, "<"),
}
"""The conditions of each parameter on the value of a variable."""


# On all values of the focus node `x`: their number, the values required, and how they compare with
# those of another property (SHACL §4.2, §4.5, §4.8.2).

SIGNS = {SH.lessThan: "<", SH.lessThanOrEquals: "<="}
Condition = Callable[[CompilationScope, Shape, str, Node], str]
"""Return the expression that a parameter's value holds for the values of a focus node."""

_MOST_COUNTED = 4
"""The most values counted within an expression: each takes a variable."""


def set_conditions(scope: CompilationScope, shape: Shape, term: URIRef, x: str) -> Iterator[str]:
    """Return the conditions that a parameter puts on the values of a focus node."""
    for value in shape.values(term):
        yield _SET_CONDITIONS[term](scope, shape, x, value)


def at_least(
    scope: CompilationScope, shape: Shape, x: str, least: int, fits: NodeTest | None = None
) -> str:
    """Return the expression that at least so many value nodes fit."""
    if least > _MOST_COUNTED:
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

    expression = remaining(())
    path = shape.path
    if least <= 1 or path is None or path.predicate is None:
        return expression
    v = scope.fresh()
    pattern = f"{x} {path.text} {v} FILTER({fits(v)})" if fits else f"{x} {path.text} {v}"
    grouped = f"{{ SELECT {x} {{ {pattern} }} GROUP BY {x} HAVING(COUNT(*) >= {least}) }}"
    return Expression(expression, where_true=((Column(path.predicate, grouped, several=True),),))


def require_path(shape: Shape) -> None:
    """Raise `NotCompiled` for a parameter of property shapes in another shape."""
    if shape.path_node is None:
        raise NotCompiled("a parameter of property shapes")


def _count(shape: Shape, term: URIRef) -> int:
    require_path(shape)
    return number(shape.value(term))


def _unique_lang(scope: CompilationScope, shape: Shape, x: str, _value: Node) -> str:
    if not is_unique_lang(shape):
        return "true"
    return negate(scope.reaches(shape, x, lambda v: same_language(scope, shape, x, v)))


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


def with_repeated_language(scope: CompilationScope, values: NodeReach) -> Searches:
    """Return the searches for the focus nodes of which several values have the same language."""
    if not values.column:
        return ()
    (x, v), lang = values.chain, scope.fresh()
    pattern = f'{values.column.pattern} BIND(LCASE(LANG({v})) AS {lang}) FILTER({lang} != "")'
    grouped = f"{{ SELECT {x} {{ {pattern} }} GROUP BY {x} {lang} HAVING(COUNT(*) > 1) }}"
    return ((replace(values.column, pattern=grouped, several=True),),)


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

        return negate(scope.reaches(shape, x, is_unordered))

    return condition


def less(v: str, sign: str, other: str) -> str:
    """Return the comparison of two values; not with and without time zone (XSD 1.1 §3.3.7.1)."""
    zones = f'(TZ({v}) = "") = (TZ({other}) = "")'
    comparable = f"IF(DATATYPE({v}) = {iri(XSD.dateTime)}, {zones}, true)"
    return f"COALESCE({v} {sign} {other} && {comparable}, false)"


_SET_CONDITIONS: dict[URIRef, Condition] = {
    SH.minCount: lambda scope, shape, x, _: at_least(scope, shape, x, _count(shape, SH.minCount)),
    SH.maxCount: lambda scope, shape, x, _: negate(
        at_least(scope, shape, x, _count(shape, SH.maxCount) + 1)
    ),
    SH.hasValue: lambda scope, shape, x, value: scope.reaches(
        shape, x, lambda v: f"sameTerm({v}, {text_of(value)})"
    ),
    SH.uniqueLang: _unique_lang,
    SH.equals: _equals,
    SH.disjoint: lambda scope, shape, x, predicate: negate(
        scope.reaches(shape, x, lambda v: is_there(scope, x, v, predicate))
    ),
    SH.lessThan: _in_order(SH.lessThan),
    SH.lessThanOrEquals: _in_order(SH.lessThanOrEquals),
}
ON_SETS = tuple(_SET_CONDITIONS)
"""Parameters that judge the value nodes together."""

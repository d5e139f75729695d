"""Conditions on one value: kind, datatype, range, form, membership."""

import re
from collections.abc import Callable, Iterator

from rdflib import Literal, URIRef
from rdflib.namespace import RDFS, SH, XSD
from rdflib.term import Node

from parvis.validation.compile.regex import portable_pattern
from parvis.validation.compile.terms import NotCompiled, iri, number, text_of
from parvis.validation.shape import Shape

# Each condition is a SPARQL expression that can be put within another, that is true when the value
# conforms and never an error: an error would hide a result as soon as it is negated (SHACL §4.1,
# §4.3, §4.4, §4.8).

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
        pattern = (
            portable_pattern(str(node), str(flags)) if _is_text(node) and _is_text(flags) else None
        )
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

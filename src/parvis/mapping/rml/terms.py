"""Term maps of RML: constants, templates and references, and the kind of term they make.

Clauses are those of RML-Core; R2RML §7 says the same of the older vocabulary.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from rdflib import BNode, Literal

from parvis.mapping.engine.json_path import PLAIN_NAME, NoJsonPath, path_of
from parvis.mapping.engine.terms import LANGUAGE
from parvis.mapping.language.calls import RETURNS, called, must_be_condition
from parvis.mapping.language.plan import (
    Call,
    Expression,
    Formulation,
    ObjectMap,
    Reference,
    Template,
    TermKind,
)
from parvis.mapping.rml.graph import NOWHERE, Part
from parvis.mapping.rml.writer import inlined
from parvis.mapping.sources.xml import XPathError, xpath_of
from parvis.rdf.ntriples import ABSOLUTE

# Functions in RML documents: RML-FNML's executions, and FnO's in the legacy vocabulary.

NUMBERED = re.compile(r"_[1-9]\d*")
EXECUTES = "https://w3id.org/function/ontology#executes"

Value = Callable[[Part], Expression]
"""Reads what a term map makes its term of."""


def executed(part: Part, value: Value) -> Call:
    """Read a function execution (RML-FNML, rml:FunctionExecution)."""
    part.only({"function", "functionMap", "input"})
    function = _constant(part, "function")
    with part.entered():
        inputs = [_input(one, value) for one in part.all("input")]
    return _call(part, function, inputs)


def _input(part: Part, value: Value) -> tuple[str, Expression]:
    """Read one input: a parameter, and the value it takes."""
    part.only({"parameter", "parameterMap", "inputValue", "inputValueMap"})
    parameter = _local(_constant(part, "parameter"))
    if told := part.get("inputValue"):
        return parameter, _term(told)
    return parameter, value(part.require("inputValueMap"))


def valued(part: Part, value: Value) -> Call:
    """Read a function term map of the legacy vocabulary: its predicates are its parameters.

    The logical source that it may name is its triples map's.
    """
    part.only({"predicateObjectMap", "logicalSource"})
    with part.entered():
        pairs = [
            pair for one in part.all("predicateObjectMap") for pair in _legacy_pairs(one, value)
        ]
    functions = [told for predicate, told in pairs if predicate == EXECUTES]
    if len(functions) != 1 or not isinstance(functions[0], Template):
        part.fail("{file}, line {line}: the property “{name}” is missing", name="fno:executes")
    function = "".join(map(str, functions[0].parts))
    given = [(_local(predicate), told) for predicate, told in pairs if predicate != EXECUTES]
    return _call(part, function, given)


def _legacy_pairs(part: Part, value: Value) -> Iterator[tuple[str, Expression]]:
    """Read one parameter, with its value or its values."""
    part.only({"predicate", "predicateMap", "object", "objectMap"})
    predicate = _constant(part, "predicate")
    for told in part.all("object"):
        yield predicate, _term(told)
    for told in part.all("objectMap"):
        yield predicate, value(told)


def answered(part: Part) -> None:
    """Refuse an answer that no function gives; each has one only."""
    if part.get("return", "returnMap"):
        name = _local(_constant(part, "return"))
        if name not in RETURNS:
            part.fail("{file}, line {line}: no function gives “{name}”", name=name)


def _call(part: Part, function: str, pairs: list[tuple[str, Expression]]) -> Call:
    """Check the call; a document in Turtle brings no tables to look anything up in."""
    found = called(part, function, _in_order(pairs))
    if found.function == "lookup":
        table = dict(found.parameters)["table"]
        parts = table.parts if isinstance(table, Template) else ()
        name = "".join(map(str, parts))
        part.fail("{file}, line {line}: there is no table “{name}”", name=name)
    return found


def _in_order(pairs: list[tuple[str, Expression]]) -> list[tuple[str, Expression]]:
    """Give values that are numbered (``rdf:_1``) by their one name, in their order."""
    numbered = {int(name[1:]): value for name, value in pairs if NUMBERED.fullmatch(name)}
    others = [pair for pair in pairs if not NUMBERED.fullmatch(pair[0])]
    return [("value", numbered[number]) for number in sorted(numbered)] + others


def _constant(part: Part, name: str) -> str:
    """Read an IRI told by a property, or by a map that is a constant."""
    told = part.require(name, f"{name}Map")
    if part.get(name) is None:
        told.only({"constant"})
        told = told.require("constant")
    return told.iri.removeprefix(NOWHERE)


def _term(part: Part) -> Template:
    """Read a constant as text."""
    return Template((part.text if isinstance(part.node, Literal) else part.iri,))


def _local(iri: str) -> str:
    """Give the local name of a parameter."""
    return iri.replace("/", "#").rpartition("#")[2]


KINDS: dict[str, TermKind] = {
    "IRI": "iri",
    "URI": "uri",
    "UnsafeIRI": "unsafe-iri",
    "UnsafeURI": "unsafe-uri",
    "BlankNode": "blank",
    "Literal": "literal",
}
IRIS: frozenset[TermKind] = frozenset({"iri", "uri", "unsafe-iri", "unsafe-uri"})
RESOURCES: frozenset[TermKind] = IRIS | {"blank"}
TERMS: frozenset[TermKind] = RESOURCES | {"literal"}
EXECUTED = ("functionExecution", "functionValue")
VALUE = ("constant", "template", "reference", *EXECUTED)
RETURNED = ("return", "returnMap")
TYPED = ("termType", "datatype", "datatypeMap", "language", "languageMap")
MEMBER = re.compile(r"\$(?:\.(?P<plain>\w+)|\['(?P<quoted>[^'\\]+)'\])")
TOKENS = re.compile(r"\\[{}\\]|[{}\\]|[^{}\\]+")

Name = Callable[[Part, str], Reference]


def naming(formulation: Formulation) -> Name:
    """Give the reader of references of a kind of source."""
    return {"jsonpath": _json_name, "xpath": _xml_name}.get(formulation, _column)


def _column(part: Part, text: str) -> Reference:
    """Read a column's name; white space in headings is collapsed."""
    name = " ".join(text.split())
    if not name:
        part.fail("{file}, line {line}: a reference names nothing")
    return Reference(name)


def _json_name(part: Part, text: str) -> Reference:
    """Read a member's name or a JSONPath; a path to a member is its name, which is faster."""
    found = MEMBER.fullmatch(text.strip())
    name = (found["plain"] or found["quoted"]) if found else text.strip()
    if PLAIN_NAME.fullmatch(name):
        return Reference(name)
    name = text.strip()
    try:
        path_of(name)
    except NoJsonPath as error:
        part.fail(
            "{file}, line {line}: “{path}” is not a JSONPath ({reason})", path=name, reason=error
        )
    return Reference(name)


def _xml_name(part: Part, text: str) -> Reference:
    """Read an XPath relative to the item."""
    try:
        xpath_of(text)
    except XPathError as error:
        part.fail(
            "{file}, line {line}: “{path}” is not an XPath ({reason})", path=text, reason=error
        )
    return Reference(text)


def template(part: Part, name: Name) -> Template:
    r"""Cut a template at its references: ``\{``, ``\}`` and ``\\`` are the characters themselves.

    Its first part is a text, perhaps an empty one: it is never a mere reference.
    """
    parts: list[str | Reference] = [""]
    inside: str | None = None
    for mark in TOKENS.findall(part.text):
        wrong = mark == ("}" if inside is None else "{")
        if mark == "\\" or wrong:
            part.fail("{file}, line {line}: bad template “{text}”", text=part.text)
        if mark == "{":
            inside = ""
        elif mark == "}":
            parts.append(name(part, inside or ""))
            inside = None
        elif inside is None:
            parts.append(mark.removeprefix("\\") or mark)
        else:
            inside += mark[1:] if mark[0] == "\\" else mark
    if inside is not None:
        part.fail("{file}, line {line}: bad template “{text}”", text=part.text)
    return Template(tuple(parts))


def term_map(
    part: Part, name: Name, allowed: Collection[TermKind], *, also: Collection[str] = ()
) -> ObjectMap:
    """Read a term map; `allowed` are the kinds of term that may stand there."""
    part.only({*VALUE, *TYPED, *RETURNED, "condition", *also})
    kind = _kind(part.get("termType"))
    given = {key: found for key in VALUE if (found := part.get(key))}
    if len(given) > 1 or (not given and kind != "blank"):
        part.fail("{file}, line {line}: a term map has one of {known}", known=", ".join(VALUE))
    if constant := given.get("constant"):
        made = constant_map(constant, allowed)
        if kind not in (None, made.kind):
            constant.fail("{file}, line {line}: the constant is not of the term type told")
        return replace(made, condition=_condition(part, name))
    made = _typed(part, ObjectMap(_expression(given, name), condition=_condition(part, name)), name)
    return _checked(part, replace(made, kind=kind or _default(made, given, allowed)), allowed)


def _kind(told: Part | None) -> TermKind | None:
    """Read the kind of term that is told."""
    if told and told.term not in KINDS:
        told.fail("{file}, line {line}: unknown term type “{name}”", name=told.term)
    return KINDS[told.term] if told else None


def _expression(given: Mapping[str, Part], name: Name) -> Expression:
    """Read a template, a reference or a function; a blank node needs none."""

    def value(part: Part) -> Expression:
        return folded(term_map(part, name, TERMS)).value

    if found := given.get("template"):
        return template(found, name)
    if found := given.get("functionExecution"):
        return executed(found, value)
    if found := given.get("functionValue"):
        return valued(found, value)
    found = given.get("reference")
    return Template((name(found, found.text),)) if found else Template(())


def _condition(part: Part, name: Name) -> Call | None:
    """Read the condition without which there is no term (RML-FNML, conditions)."""
    answered(part)
    told = part.get("condition")
    if told is None:
        return None
    told.only({*EXECUTED, *RETURNED})
    call = term_map(told, name, TERMS).value
    if not isinstance(call, Call):
        told.fail("{file}, line {line}: a term map has one of {known}", known=", ".join(EXECUTED))
    return must_be_condition(told, call)


def folded(made: ObjectMap) -> ObjectMap:
    """Put a condition into the value itself, for terms that the plan has no condition of."""
    if made.condition is None:
        return made
    value = inlined(made.value, {}, safe=made.kind in ("iri", "uri"), called=True)
    call = Call("if", (("condition", made.condition), ("then", value)), made.condition.line)
    return replace(made, value=call, condition=None)


def _default(made: ObjectMap, given: Mapping[str, Part], allowed: Collection[TermKind]) -> TermKind:
    """Give the kind of term that nothing tells: a literal if it was read, or is typed."""
    typed = made != ObjectMap(made.value, condition=made.condition)
    literal = "template" not in given or typed or "iri" not in allowed
    return "literal" if "literal" in allowed and literal else "iri"


def _typed(part: Part, made: ObjectMap, name: Name) -> ObjectMap:
    """Add the datatype or the language, fixed or made."""
    datatype = part.get("datatype", "datatypeMap")
    language = part.get("language", "languageMap")
    if datatype and language:
        part.fail("{file}, line {line}: a literal has a datatype or a language, not both")
    if datatype:
        return _datatyped(datatype, made, name, short=part.get("datatype") is not None)
    if language:
        return _in_language(language, made, name, short=part.get("language") is not None)
    return made


def _datatyped(part: Part, made: ObjectMap, name: Name, *, short: bool) -> ObjectMap:
    """Add a datatype; one that rows need not tell is fixed."""
    found = constant_map(part, IRIS) if short else folded(term_map(part, name, IRIS))
    fixed = _fixed(found)
    if fixed and ABSOLUTE.match(fixed):
        return replace(made, datatype=fixed)
    return replace(made, datatype_map=found)


def _in_language(part: Part, made: ObjectMap, name: Name, *, short: bool) -> ObjectMap:
    """Add a language; one that rows need not tell is fixed, and checked now."""
    found = None if short else folded(term_map(part, name, {"literal"}))
    fixed = part.text if found is None else _fixed(found)
    if fixed is None:
        return replace(made, language_map=found)
    if not LANGUAGE.fullmatch(fixed):
        part.fail("{file}, line {line}: “{text}” is not a language tag", text=fixed)
    return replace(made, language=fixed)


def _fixed(made: ObjectMap) -> str | None:
    """Give the text of a term map that reads nothing."""
    parts = made.value.parts if isinstance(made.value, Template) else (Reference(""),)
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else None


def constant_map(part: Part, allowed: Collection[TermKind]) -> ObjectMap:
    """Read a constant: the node itself."""
    node = part.node
    if isinstance(node, BNode):
        part.fail("{file}, line {line}: a constant is an IRI or a literal")
    made = ObjectMap(Template((str(node).removeprefix(NOWHERE),)), "iri")
    if isinstance(node, Literal):
        datatype = str(node.datatype) if node.datatype else None
        made = replace(made, kind="literal", datatype=datatype, language=node.language)
    return _checked(part, made, allowed)


def _checked(part: Part, made: ObjectMap, allowed: Collection[TermKind]) -> ObjectMap:
    """Refuse a kind of term that cannot stand there (RDF 1.1 §3.1)."""
    if made.kind not in allowed:
        part.fail("{file}, line {line}: a term of this type cannot stand here")
    if made.kind != "literal" and (made.datatype or made.language):
        part.fail("{file}, line {line}: only a literal has a datatype or a language")
    return made

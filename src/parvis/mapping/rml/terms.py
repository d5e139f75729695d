"""Read term maps of RML: constants, templates, references and functions, with their term type.

Clauses are those of RML-Core; R2RML §7 is the same for the older vocabulary.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import replace

from rdflib import BNode, Literal

from parvis.mapping.engine.json_path import is_plain
from parvis.mapping.engine.terms import LANGUAGE
from parvis.mapping.language.calls import (
    RETURNS,
    check_path,
    constant,
    make_call,
    require_condition,
)
from parvis.mapping.language.plan import (
    Call,
    Expression,
    Formulation,
    ObjectMap,
    Reference,
    Template,
    TermKind,
)
from parvis.mapping.rml.graph import PLACEHOLDER_BASE, RmlNode
from parvis.mapping.rml.writer import inline_fields
from parvis.mapping.sources.xml import XPathError, xpath_of
from parvis.rdf.ntriples import ABSOLUTE

# Functions in RML documents: RML-FNML's executions, and FnO's in the legacy vocabulary.

NUMBERED = re.compile(r"_[1-9]\d*")
EXECUTES = "https://w3id.org/function/ontology#executes"

Value = Callable[[RmlNode], Expression]
"""Reads the expression of a term map."""


def read_execution(part: RmlNode, value: Value) -> Call:
    """Read a function execution (RML-FNML, rml:FunctionExecution)."""
    part.allow_only({"function", "functionMap", "input"})
    function = _read_iri(part, "function")
    pairs: list[tuple[str, Expression]] = []
    with part.enter():
        for node in part.all("input"):
            node.allow_only({"parameter", "parameterMap", "inputValue", "inputValueMap"})
            parameter = _local_name(_read_iri(node, "parameter"))
            if constant := node.get("inputValue"):
                pairs.append((parameter, _read_text(constant)))
            else:
                pairs.append((parameter, value(node.require("inputValueMap"))))
    return _make_call(part, function, pairs)


def read_function_value(part: RmlNode, value: Value) -> Call:
    """Read a function term map of the legacy vocabulary: its predicates are its parameters."""
    # A logical source is allowed, but it can only be that of the triples map.
    part.allow_only({"predicateObjectMap", "logicalSource"})
    functions: list[Expression] = []
    pairs: list[tuple[str, Expression]] = []
    with part.enter():
        for pair in part.all("predicateObjectMap"):
            pair.allow_only({"predicate", "predicateMap", "object", "objectMap"})
            predicate = _read_iri(pair, "predicate")
            values = [_read_text(constant) for constant in pair.all("object")]
            values += [value(object_map) for object_map in pair.all("objectMap")]
            if predicate == EXECUTES:
                functions += values
            else:
                pairs += [(_local_name(predicate), expression) for expression in values]
    if len(functions) != 1 or not isinstance(functions[0], Template):
        part.fail("{file}, line {line}: the property “{name}” is missing", name="fno:executes")
    return _make_call(part, "".join(map(str, functions[0].parts)), pairs)


def check_return(part: RmlNode) -> None:
    """Fail for a result that no function returns; each returns one only."""
    if part.get("return", "returnMap"):
        name = _local_name(_read_iri(part, "return"))
        if name not in RETURNS:
            part.fail("{file}, line {line}: no function gives “{name}”", name=name)


def _make_call(part: RmlNode, function: str, pairs: list[tuple[str, Expression]]) -> Call:
    """Return a checked call; fail for a look-up: a document in Turtle has no tables."""
    # Values that are numbered (`rdf:_1`) are the parameter `value`, in the order of the numbers.
    numbered = {int(name[1:]): value for name, value in pairs if NUMBERED.fullmatch(name)}
    named = [pair for pair in pairs if not NUMBERED.fullmatch(pair[0])]
    ordered = [("value", numbered[number]) for number in sorted(numbered)] + named
    call = make_call(part, function, ordered)
    if call.function == "lookup":
        name = constant(dict(call.parameters)["table"])
        part.fail("{file}, line {line}: there is no table “{name}”", name=name)
    return call


def _read_iri(part: RmlNode, name: str) -> str:
    """Read the IRI of a property, or of its map if that is a constant."""
    value = part.require(name, f"{name}Map")
    if part.get(name) is None:
        value.allow_only({"constant"})
        value = value.require("constant")
    return value.iri.removeprefix(PLACEHOLDER_BASE)


def _read_text(part: RmlNode) -> Expression:
    """Read a constant as text."""
    return Template((part.text if isinstance(part.node, Literal) else part.iri,))


def _local_name(iri: str) -> str:
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
FUNCTIONS = ("functionExecution", "functionValue")
VALUE_KEYS = ("constant", "template", "reference", *FUNCTIONS)
RETURN_KEYS = ("return", "returnMap")
TYPED = ("termType", "datatype", "datatypeMap", "language", "languageMap")
MEMBER = re.compile(r"\$(?:\.(?P<plain>\w+)|\['(?P<quoted>[^'\\]+)'\])")
TOKENS = re.compile(r"\\[{}\\]|[{}\\]|[^{}\\]+")

ReferenceReader = Callable[[RmlNode, str], Reference]


def reference_reader(formulation: Formulation) -> ReferenceReader:
    """Return the function that reads references of a kind of source."""

    def read(part: RmlNode, text: str) -> Reference:
        if formulation == "xpath":
            try:
                xpath_of(text)
            except XPathError as error:
                part.fail(
                    "{file}, line {line}: “{path}” is not an XPath ({reason})",
                    path=text,
                    reason=error,
                )
            return Reference(text)
        if formulation == "jsonpath":
            # A path to a member is replaced by the member's name, which is faster to look up.
            path = text.strip()
            match = MEMBER.fullmatch(path)
            member = (match["plain"] or match["quoted"]) if match else path
            if is_plain(member):
                return Reference(member)
            check_path(part, path, path)
            return Reference(path)
        # White space in headings is collapsed by the reader of tables.
        name = " ".join(text.split())
        if not name:
            part.fail("{file}, line {line}: a reference names nothing")
        return Reference(name)

    return read


def template(part: RmlNode, name: ReferenceReader) -> Template:
    r"""Split a template at its references: ``\{``, ``\}`` and ``\\`` are literal characters.

    Its first part is a text, perhaps an empty one: it is never a mere reference.
    """
    parts: list[str | Reference] = [""]
    reference: str | None = None
    for mark in TOKENS.findall(part.text):
        misplaced = mark == ("}" if reference is None else "{")
        if mark == "\\" or misplaced:
            part.fail("{file}, line {line}: bad template “{text}”", text=part.text)
        if mark == "{":
            reference = ""
        elif mark == "}":
            parts.append(name(part, reference or ""))
            reference = None
        elif reference is None:
            parts.append(mark.removeprefix("\\") or mark)
        else:
            reference += mark[1:] if mark[0] == "\\" else mark
    if reference is not None:
        part.fail("{file}, line {line}: bad template “{text}”", text=part.text)
    return Template(tuple(parts))


def read_term_map(
    part: RmlNode,
    name: ReferenceReader,
    allowed: Collection[TermKind],
    *,
    also: Collection[str] = (),
) -> ObjectMap:
    """Read a term map; `allowed` are the term types that may stand there."""
    part.allow_only({*VALUE_KEYS, *TYPED, *RETURN_KEYS, "condition", *also})
    term_type = part.get("termType")
    if term_type and term_type.term not in KINDS:
        term_type.fail("{file}, line {line}: unknown term type “{name}”", name=term_type.term)
    kind = KINDS[term_type.term] if term_type else None
    values = {key: value for key in VALUE_KEYS if (value := part.get(key))}
    if len(values) > 1 or (not values and kind != "blank"):
        part.fail("{file}, line {line}: a term map has one of {known}", known=", ".join(VALUE_KEYS))
    if constant := values.get("constant"):
        object_map = read_constant(constant, allowed)
        if kind not in (None, object_map.kind):
            constant.fail("{file}, line {line}: the constant is not of the term type told")
        return replace(object_map, condition=_read_condition(part, name))

    def read_value(node: RmlNode) -> Expression:
        return fold_condition(read_term_map(node, name, TERMS)).value

    expression: Expression
    if text := values.get("template"):
        expression = template(text, name)
    elif execution := values.get("functionExecution"):
        expression = read_execution(execution, read_value)
    elif function := values.get("functionValue"):
        expression = read_function_value(function, read_value)
    else:
        # A blank node needs no value.
        reference = values.get("reference")
        expression = Template((name(reference, reference.text),) if reference else ())
    object_map = ObjectMap(expression, condition=_read_condition(part, name))
    typed = _read_type(part, object_map, name)
    if kind is None:
        # A literal if it is read or has a datatype or language (RML-Core, term types).
        literal = "template" not in values or typed != object_map or "iri" not in allowed
        kind = "literal" if "literal" in allowed and literal else "iri"
    return _check_kind(part, replace(typed, kind=kind), allowed)


def _read_condition(part: RmlNode, name: ReferenceReader) -> Call | None:
    """Read the condition of a term (RML-FNML, conditions)."""
    check_return(part)
    condition = part.get("condition")
    if condition is None:
        return None
    condition.allow_only({*FUNCTIONS, *RETURN_KEYS})
    call = read_term_map(condition, name, TERMS).value
    if not isinstance(call, Call):
        condition.fail(
            "{file}, line {line}: a term map has one of {known}", known=", ".join(FUNCTIONS)
        )
    return require_condition(condition, call)


def fold_condition(object_map: ObjectMap) -> ObjectMap:
    """Move a condition into the value, for terms whose condition the plan cannot hold."""
    if object_map.condition is None:
        return object_map
    safe = object_map.kind in ("iri", "uri")
    value = inline_fields(object_map.value, {}, safe=safe, called=True)
    parameters = (("condition", object_map.condition), ("then", value))
    call = Call("if", parameters, object_map.condition.line)
    return replace(object_map, value=call, condition=None)


def _read_type(part: RmlNode, object_map: ObjectMap, name: ReferenceReader) -> ObjectMap:
    """Add the datatype or the language; one that does not depend on rows is fixed."""
    datatype = part.get("datatype", "datatypeMap")
    language = part.get("language", "languageMap")
    if datatype and language:
        part.fail("{file}, line {line}: a literal has a datatype or a language, not both")
    if datatype:
        is_constant = part.get("datatype") is not None
        datatype_map = (
            read_constant(datatype, IRIS)
            if is_constant
            else fold_condition(read_term_map(datatype, name, IRIS))
        )
        fixed = constant(datatype_map.value)
        if fixed and ABSOLUTE.match(fixed):
            return replace(object_map, datatype=fixed)
        return replace(object_map, datatype_map=datatype_map)
    if language:
        is_constant = part.get("language") is not None
        language_map = (
            None if is_constant else fold_condition(read_term_map(language, name, {"literal"}))
        )
        fixed = language.text if language_map is None else constant(language_map.value)
        if fixed is None:
            return replace(object_map, language_map=language_map)
        if not LANGUAGE.fullmatch(fixed):
            language.fail("{file}, line {line}: “{text}” is not a language tag", text=fixed)
        return replace(object_map, language=fixed)
    return object_map


def read_constant(part: RmlNode, allowed: Collection[TermKind]) -> ObjectMap:
    """Read a constant: the node itself."""
    node = part.node
    if isinstance(node, BNode):
        part.fail("{file}, line {line}: a constant is an IRI or a literal")
    object_map = ObjectMap(Template((str(node).removeprefix(PLACEHOLDER_BASE),)), "iri")
    if isinstance(node, Literal):
        datatype = str(node.datatype) if node.datatype else None
        object_map = replace(object_map, kind="literal", datatype=datatype, language=node.language)
    return _check_kind(part, object_map, allowed)


def _check_kind(part: RmlNode, object_map: ObjectMap, allowed: Collection[TermKind]) -> ObjectMap:
    """Return a term map; fail for a term that cannot stand there (RDF 1.1 §3.1)."""
    if object_map.kind not in allowed:
        part.fail("{file}, line {line}: a term of this type cannot stand here")
    if object_map.kind != "literal" and (object_map.datatype or object_map.language):
        part.fail("{file}, line {line}: only a literal has a datatype or a language")
    return object_map

"""Read term maps of RML: constants, templates, references and functions, with their term type.

Clauses are those of RML-Core; R2RML §7 is the same for the older vocabulary.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import reduce
from typing import cast

from rdflib import BNode, Literal

from parvis.i18n import N_
from parvis.mapping.engine.json_path import InvalidJsonPath, compile_path, is_plain
from parvis.mapping.engine.terms import LANGUAGE
from parvis.mapping.language.calls import RETURNS, constant, make_call, require_condition
from parvis.mapping.language.plan import (
    Call,
    Expression,
    Formulation,
    ObjectMap,
    Reference,
    Template,
    TermKind,
)
from parvis.mapping.rml.graph import KINDS, PLACEHOLDER_BASE, RmlNode
from parvis.mapping.sources.xml import XPathError, xpath_of
from parvis.rdf.ntriples import ABSOLUTE

IRIS: frozenset[TermKind] = frozenset({"iri", "uri", "unsafe-iri", "unsafe-uri"})
RESOURCES: frozenset[TermKind] = IRIS | {"blank"}
TERMS: frozenset[TermKind] = RESOURCES | {"literal"}
FUNCTIONS = ("functionExecution", "functionValue")
"""Function calls: RML-FNML's executions, and FnO's in the legacy vocabulary."""
VALUE_KEYS = ("constant", "template", "reference", *FUNCTIONS)
RETURN_KEYS = ("return", "returnMap")
TYPED = ("termType", "datatype", "datatypeMap", "language", "languageMap", "condition")
EXECUTES = "https://w3id.org/function/ontology#executes"
NUMBERED = re.compile(r"_[1-9]\d*")
MEMBER = re.compile(r"\$(?:\.(?P<plain>\w+)|\['(?P<quoted>[^'\\]+)'\])")
TOKENS = re.compile(r"\\[{}\\]|[{}\\]|[^{}\\]+")

Pairs = list[tuple[str, Expression]]
Kinds = Collection[TermKind]


class TermReader:
    """Reads terms whose references are those of a kind of source."""

    def __init__(self, formulation: Formulation) -> None:
        self.formulation = formulation
        self.readers: dict[str, Callable[[RmlNode], Expression]] = {
            "template": self._read_template,
            "reference": lambda node: Template((self.read_reference(node, node.text),)),
            "functionExecution": self._read_execution,
            "functionValue": self._read_function_value,
        }

    def read_all(self, part: RmlNode, name: str, allowed: Kinds) -> list[ObjectMap]:
        """Read the constants of a property, and the term maps of the property for these."""
        maps = (self.read(term_map, allowed) for term_map in part.all(f"{name}Map"))
        constants = (read_constant(node, allowed) for node in part.all(name))
        return [*constants, *map(fold_condition, maps)]

    def read(
        self, part: RmlNode, allowed: Kinds = TERMS, *, also: Collection[str] = ()
    ) -> ObjectMap:
        """Read a term map; `allowed` are the term types that may stand there."""
        part.allow_only({*VALUE_KEYS, *TYPED, *RETURN_KEYS, *also})
        term_type = part.get("termType")
        unknown = N_("{file}, line {line}: unknown term type “{name}”")
        kind = term_type.choose(KINDS, unknown) if term_type else None
        values = {key: value for key in VALUE_KEYS if (value := part.get(key))}
        if len(values) > 1 or (not values and kind != "blank"):
            part.fail(
                "{file}, line {line}: a term map has one of {choices}",
                choices=", ".join(VALUE_KEYS),
            )
        if node := values.get("constant"):
            object_map = read_constant(node, allowed)
            if kind not in (None, object_map.kind):
                node.fail("{file}, line {line}: the constant is not of the term type stated")
            return replace(object_map, condition=self._read_condition(part))
        # A blank node needs no value.
        expression: Expression = Template(())
        for key, node in values.items():
            with node.enter():
                expression = self.readers[key](node)
        object_map = ObjectMap(expression, condition=self._read_condition(part))
        typed = self._read_type(part, object_map)
        if kind is None:
            # A literal if it is read or has a datatype or language (RML-Core, term types).
            literal = "template" not in values or typed != object_map or "iri" not in allowed
            kind = "literal" if "literal" in allowed and literal else "iri"
        return _check_kind(part, replace(typed, kind=kind), allowed)

    def read_expression(self, part: RmlNode) -> Expression:
        """Read a term map of which only the value matters."""
        return fold_condition(self.read(part)).value

    def read_reference(self, part: RmlNode, text: str) -> Reference:
        """Read a reference: an XPath, a JSONPath or a column."""
        if self.formulation == "xpath":
            self.check(part, text, N_("{file}, line {line}: “{path}” is not an XPath ({reason})"))
            return Reference(text)
        if self.formulation == "jsonpath":
            # A path to a member is replaced by the member's name, which is faster to look up.
            path = text.strip()
            match = MEMBER.fullmatch(path)
            member = (match["plain"] or match["quoted"]) if match else path
            if is_plain(member):
                return Reference(member)
            self.check(part, path, N_("{file}, line {line}: “{path}” is not a JSONPath ({reason})"))
            return Reference(path)
        # White space in headings is collapsed by the reader of tables.
        name = " ".join(text.split())
        if not name:
            part.fail("{file}, line {line}: a reference names nothing")
        return Reference(name)

    def check(self, part: RmlNode, path: str, template: str) -> None:
        """Fail with a message for what is no path in this kind of source."""
        try:
            if self.formulation == "xpath":
                xpath_of(path)
            elif self.formulation == "jsonpath":
                compile_path(path)
        except (InvalidJsonPath, XPathError) as error:
            part.fail(template, path=path, reason=error)

    def _read_template(self, part: RmlNode) -> Template:
        # Its first part is a text, perhaps an empty one: it is never a mere reference.
        parts: list[str | Reference] = [""]
        reference: str | None = None
        for mark in TOKENS.findall(part.text):
            misplaced = mark == ("}" if reference is None else "{")
            if mark == "\\" or misplaced:
                part.fail("{file}, line {line}: bad template “{text}”", text=part.text)
            if mark == "{":
                reference = ""
            elif mark == "}":
                parts.append(self.read_reference(part, reference or ""))
                reference = None
            elif reference is None:
                parts.append(mark.removeprefix("\\") or mark)
            else:
                reference += mark[1:] if mark[0] == "\\" else mark
        if reference is not None:
            part.fail("{file}, line {line}: bad template “{text}”", text=part.text)
        return Template(tuple(parts))

    def _read_execution(self, part: RmlNode) -> Call:
        """Read a function execution (RML-FNML, rml:FunctionExecution)."""
        part.allow_only({"function", "functionMap", "input"})
        function = _read_iri(part, "function")
        pairs: Pairs = []
        for node in part.all("input"):
            node.allow_only({"parameter", "parameterMap", "inputValue", "inputValueMap"})
            name, text = _read_iri(node, "parameter"), node.get("inputValue")
            value = _read_text(text) if text else None
            pairs.append((name, value or self.read_expression(node.require("inputValueMap"))))
        return _make_call(part, function, pairs)

    def _read_function_value(self, part: RmlNode) -> Call:
        """Read a function term map of the legacy vocabulary: its predicates are its parameters."""
        # A logical source is allowed, but it can only be that of the triples map.
        part.allow_only({"predicateObjectMap", "logicalSource"})
        pairs: Pairs = []
        for node in part.all("predicateObjectMap"):
            node.allow_only({"predicate", "predicateMap", "object", "objectMap"})
            name = _read_iri(node, "predicate")
            pairs += [(name, _read_text(text)) for text in node.all("object")]
            pairs += [(name, self.read_expression(value)) for value in node.all("objectMap")]
        functions = [value for name, value in pairs if name == EXECUTES]
        if len(functions) != 1 or not isinstance(functions[0], Template):
            part.fail("{file}, line {line}: the property “{name}” is missing", name="fno:executes")
        inputs = [pair for pair in pairs if pair[0] != EXECUTES]
        return _make_call(part, "".join(map(str, functions[0].parts)), inputs)

    def _read_condition(self, part: RmlNode) -> Call | None:
        """Read the condition of a term (RML-FNML, conditions)."""
        if part.get(*RETURN_KEYS):
            # Each function returns one result only.
            name = _local_name(_read_iri(part, "return"))
            if name not in RETURNS:
                part.fail("{file}, line {line}: no function gives “{name}”", name=name)
        condition = part.get("condition")
        if condition is None:
            return None
        condition.allow_only({*FUNCTIONS, *RETURN_KEYS})
        return require_condition(condition, cast("Call", self.read(condition).value))

    def _read_type(self, part: RmlNode, object_map: ObjectMap) -> ObjectMap:
        """Add the datatype or the language; one that does not depend on rows is fixed."""
        datatype = part.get("datatype", "datatypeMap")
        language = part.get("language", "languageMap")
        if datatype and language:
            part.fail("{file}, line {line}: a literal has a datatype or a language, not both")
        if datatype:
            [datatype_map] = self.read_all(part, "datatype", IRIS)
            fixed = constant(datatype_map.value)
            if fixed and ABSOLUTE.match(fixed):
                return replace(object_map, datatype=fixed)
            return replace(object_map, datatype_map=datatype_map)
        if language is None:
            return object_map
        if part.get("language"):
            fixed = language.text
        else:
            [language_map] = self.read_all(part, "language", {"literal"})
            fixed = constant(language_map.value)
            if fixed is None:
                return replace(object_map, language_map=language_map)
        if not LANGUAGE.fullmatch(fixed):
            language.fail("{file}, line {line}: “{text}” is not a language tag", text=fixed)
        return replace(object_map, language=fixed)


def read_constant(part: RmlNode, allowed: Kinds) -> ObjectMap:
    """Read a constant: the node itself."""
    node = part.node
    if isinstance(node, BNode):
        part.fail("{file}, line {line}: a constant is an IRI or a literal")
    object_map = ObjectMap(Template((str(node).removeprefix(PLACEHOLDER_BASE),)), "iri")
    if isinstance(node, Literal):
        datatype = str(node.datatype) if node.datatype else None
        object_map = replace(object_map, kind="literal", datatype=datatype, language=node.language)
    return _check_kind(part, object_map, allowed)


def fold_condition(object_map: ObjectMap) -> ObjectMap:
    """Move a condition into the value, for terms whose condition the plan cannot hold."""
    if object_map.condition is None:
        return object_map
    value = object_map.value
    if (
        isinstance(value, Template)
        and value.reference is None
        and object_map.kind in {"iri", "uri"}
    ):
        # In a parameter of a call nothing more is escaped.
        value = concatenate(value, safe=True)
    parameters = (("condition", object_map.condition), ("then", value))
    call = Call("if", parameters, object_map.condition.line)
    return replace(object_map, value=call, condition=None)


def concatenate(
    expression: Expression, fields: Mapping[str, Expression] | None = None, *, safe: bool = False
) -> Expression:
    """Return a template as calls, so that nothing more is escaped in it; `safe` if for an IRI.

    What a template does with its references (all combinations, none if one is empty, escaped in
    IRIs) is what `concat` and `iriSafe` do. `fields` replace references.
    """
    if isinstance(expression, Call) or not expression.parts:
        return expression
    parts: list[Expression] = []
    for part in expression.parts:
        value: Expression = Template((part,))
        if isinstance(part, Reference):
            value = (fields or {}).get(part.name, value)
            value = Call("iriSafe", (("value", value),)) if safe else value
        parts.append(value)
    return reduce(lambda left, right: Call("concat", (("value", left), ("other", right))), parts)


def _check_kind(part: RmlNode, object_map: ObjectMap, allowed: Kinds) -> ObjectMap:
    """Return a term map; fail for a term that cannot stand there (RDF 1.1 §3.1)."""
    if object_map.kind not in allowed:
        part.fail("{file}, line {line}: a term of this type cannot stand here")
    if object_map.kind != "literal" and (object_map.datatype or object_map.language):
        part.fail("{file}, line {line}: only a literal has a datatype or a language")
    return object_map


def _make_call(part: RmlNode, function: str, inputs: Pairs) -> Call:
    """Return a checked call; fail for a look-up: a document in Turtle has no tables."""
    # Values that are numbered (`rdf:_1`) are the parameter `value`, in the order of the numbers.
    pairs = [(_local_name(iri), value) for iri, value in inputs]
    numbered = {int(name[1:]): value for name, value in pairs if NUMBERED.fullmatch(name)}
    named = [pair for pair in pairs if not NUMBERED.fullmatch(pair[0])]
    call = make_call(part, function, [("value", numbered[n]) for n in sorted(numbered)] + named)
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

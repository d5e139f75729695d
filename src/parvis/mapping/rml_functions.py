"""Functions in RML documents: RML-FNML's executions, and FnO's in the legacy vocabulary."""

import re
from collections.abc import Callable, Iterator

from rdflib import Literal

from parvis.mapping.aliases import RETURNS
from parvis.mapping.calls import called
from parvis.mapping.plan import Call, Expression, Template
from parvis.mapping.rml_graph import NOWHERE, Part

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

"""Check calls of functions, the same way for every mapping language."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from parvis.config import knowledge
from parvis.mapping.engine.functions import FUNCTIONS
from parvis.mapping.engine.json_path import InvalidJsonPath, compile_path
from parvis.mapping.engine.texts import ESCAPES
from parvis.mapping.language.plan import Call, Expression, Reference, Template

# Functions of other engines (GREL and IDLab, described by FnO) that mean exactly what ours mean. A
# parameter has its own name and its predicate's, without their namespace.

GREL = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"
IDLAB = "https://w3id.org/imec/idlab/function#"


@dataclass(frozen=True)
class Alias:
    """Our function, its parameters by the other engine's names; `negated` inverts its answer."""

    function: str
    parameters: Mapping[str, str]
    negated: bool = False


VALUE = {"valueParam": "value", "valueParameter": "value"}
OTHER = {"valueParam2": "other", "valueParameter2": "other"}
CONDITIONS = {"param_rep_b": "condition"}
STRING = {"str": "value", "_str": "value"}
PART = {"string_sub": "find", "param_string_sub": "find"}
SEPARATOR = {"p_string_sep": "separator", "param_string_sep": "separator"}

_GREL = {
    "toUpperCase": Alias("upper", VALUE),
    "toUppercase": Alias("upper", VALUE),
    "toLowerCase": Alias("lower", VALUE),
    "toLowercase": Alias("lower", VALUE),
    "string_trim": Alias("strip", VALUE),
    "string_replace": Alias(
        "replaceText",
        VALUE
        | {"param_find": "find", "p_string_find": "find"}
        | {"param_replace": "by", "p_string_replace": "by"},
    ),
    "string_concat": Alias("concat", VALUE | OTHER),
    "string_contains": Alias("contains", VALUE | PART),
    "string_startsWith": Alias("startsWith", VALUE | PART),
    "string_endsWith": Alias("endsWith", VALUE | PART),
    "string_length": Alias("length", VALUE),
    "string_substring": Alias(
        "substring",
        VALUE
        | {"p_int_i_from": "from", "param_int_i_from": "from"}
        | {"p_int_i_opt_to": "to", "param_int_i_opt_to": "to"},
    ),
    "string_split": Alias("splitText", VALUE | SEPARATOR),
    "escape": Alias("escape", VALUE | {"modeParam": "mode", "modeParameter": "mode"}),
    "array_join": Alias("join", {"p_array_a": "value", "param_a": "value"} | SEPARATOR),
    "controls_if": Alias(
        "if",
        {"bool_b": "condition", "param_b": "condition"}
        | {"any_true": "then", "param_any_true": "then"}
        | {"any_false": "else", "param_any_false": "else"},
    ),
    "boolean_not": Alias("not", {"bool_b": "condition", "param_b": "condition"}),
    "boolean_and": Alias("and", CONDITIONS),
    "boolean_or": Alias("or", CONDITIONS),
}
_IDLAB = {
    "trueCondition": Alias(
        "if",
        {"strBoolean": "condition", "_strBoolean": "condition"} | {"str": "then", "_str": "then"},
    ),
    "equal": Alias("equal", VALUE | OTHER),
    "notEqual": Alias("equal", VALUE | OTHER, negated=True),
    "isNull": Alias("isEmpty", STRING),
    "slugify": Alias("slug", STRING),
    "toUpperCaseURL": Alias("upperUrl", STRING),
    "stringContainsOtherString": Alias(
        "contains", STRING | {"otherStr": "find", "_otherStr": "find"}
    ),
}
ALIASES: dict[str, Alias] = {
    **{GREL + name: alias for name, alias in _GREL.items()},
    **{IDLAB + name: alias for name, alias in _IDLAB.items()},
}

RETURNS = frozenset(
    {"result", "stringOut", "stringOutput", "_stringOut", "boolOut", "boolOutput", "_boolOut"}
    | {"output_string", "output_number", "output_array", "output_bool", "out_array"}
)
"""Names of a function's only result, ours and theirs; `rml:return` may name it."""
FN = "https://w3id.org/parvis/fn#"
Pairs = Sequence[tuple[str, Expression]]


class Spot(Protocol):
    """A part of a mapping document with its file and line."""

    @property
    def line(self) -> int: ...

    def fail(self, template: str, **fields: object) -> NoReturn:
        """Raise a `MappingError` that names file and line."""


def make_call(spot: Spot, function: str, pairs: Pairs) -> Call:
    """Return a checked call of a function, named by its IRI or short name.

    A function of GREL or IDLab is replaced by ours that means the same. Raises `MappingError` for
    an unknown function or parameter.
    """
    alias = ALIASES.get(function)
    if alias is None:
        return _check_call(spot, function.removeprefix(FN), pairs)
    for name, _ in pairs:
        if name not in alias.parameters:
            spot.fail(
                "{file}, line {line}: the function “{name}” has no parameter “{key}”",
                name=function,
                key=name,
            )
    # The order matters where several names of theirs become one name of ours.
    order = list(alias.parameters)
    ordered = sorted(pairs, key=lambda pair: order.index(pair[0]))
    translated = [(alias.parameters[name], value) for name, value in ordered]
    call = _check_call(spot, alias.function, translated)
    return Call("not", (("condition", call),), spot.line) if alias.negated else call


def _check_call(spot: Spot, function: str, pairs: Pairs) -> Call:
    """Return a call; fail for an unknown function, and a missing, unknown or invalid parameter."""
    declared = FUNCTIONS.get(function)
    if declared is None:
        spot.fail(
            "{file}, line {line}: unknown function “{name}”; known: {choices}",
            name=function if ":" in function else f"fn:{function}",
            choices=", ".join(sorted(FUNCTIONS)),
        )
    names = {name for name, _ in pairs}
    for missing in sorted(declared.needs - names):
        spot.fail(
            "{file}, line {line}: the function “{name}” needs the parameter “{key}”",
            name=function,
            key=missing,
        )
    for unknown in sorted(names - declared.needs - declared.takes):
        spot.fail(
            "{file}, line {line}: the function “{name}” has no parameter “{key}”",
            name=function,
            key=unknown,
        )
    for name, value in pairs:
        if name not in CONSTANTS:
            continue
        text = constant(value)
        if text is None:
            spot.fail("{file}, line {line}: the parameter “{key}” must be a constant", key=name)
        elif (reason := CONSTANTS[name](text)) is not None:
            spot.fail(
                "{file}, line {line}: “{text}” cannot be the parameter “{key}” ({reason})",
                text=text,
                key=name,
                reason=reason,
            )
    return Call(function, tuple(pairs), spot.line)


def require_condition(spot: Spot, call: Call) -> Call:
    """Return the call; fail if its function is not a condition."""
    if not FUNCTIONS[call.function].condition:
        spot.fail(
            "{file}, line {line}: the function “{name}” is not a condition", name=call.function
        )
    return call


def check_path(spot: Spot, path: str, text: str) -> None:
    """Fail for what is not a JSONPath; `text` is how the mapping writes it."""
    try:
        compile_path(path)
    except InvalidJsonPath as error:
        spot.fail(
            "{file}, line {line}: “{path}” is not a JSONPath ({reason})", path=text, reason=error
        )


def constant(value: Expression) -> str | None:
    """Return the text of an expression that reads nothing, or None."""
    if not isinstance(value, Template) or any(isinstance(part, Reference) for part in value.parts):
        return None
    return "".join(map(str, value.parts))


def _check_pattern(text: str) -> str | None:
    try:
        re.compile(text)
    except re.error as error:
        return str(error)
    return None


def _check_scheme(text: str) -> str | None:
    # The code lists are files of the shared ontology.
    schemes = sorted(file.stem for file in knowledge("ontology").glob("*.ttl"))
    return None if text in schemes else ", ".join(schemes)


def _check_index(text: str) -> str | None:
    return None if re.fullmatch(r"-?[0-9]{1,9}", text) else "0, 1, 2, -1…"


CONSTANTS: dict[str, Callable[[str], str | None]] = {
    "pattern": _check_pattern,
    "scheme": _check_scheme,
    "min": lambda text: None if text.isdecimal() else "0, 1, 2…",
    "max": lambda text: None if text.isdecimal() else "0, 1, 2…",
    "from": _check_index,
    "to": _check_index,
    "mode": lambda text: None if text in ESCAPES else ", ".join(ESCAPES),
    # The tables are checked once the document is read.
    "table": lambda _: None,
}
"""Parameters that must be constants, each with a function that returns what is wrong with one."""

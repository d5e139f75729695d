"""Calls of functions, checked the same whatever language a mapping is written in."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from parvis.config import knowledge
from parvis.mapping.engine.functions import FUNCTIONS
from parvis.mapping.language.plan import Call, Expression, Reference, Template

# Names of functions that other engines' mappings use, for ours that mean exactly the same.
#
# GREL's and IDLab's functions are those of the FnO descriptions; a parameter is known by its own
# name and by its predicate's, without their namespace.

GREL = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"
IDLAB = "https://w3id.org/imec/idlab/function#"


@dataclass(frozen=True)
class Alias:
    """Our function, its parameters by the other's names, and whether the answer is turned over."""

    function: str
    parameters: Mapping[str, str]
    negated: bool = False


VALUE = {"valueParam": "value", "valueParameter": "value"}
OTHER = {"valueParam2": "other", "valueParameter2": "other"}
CONDITIONS = {"param_rep_b": "condition"}
STRING = {"str": "value", "_str": "value"}

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
    "string_contains": Alias(
        "contains", VALUE | {"string_sub": "find", "param_string_sub": "find"}
    ),
    "array_join": Alias(
        "join",
        {"p_array_a": "value", "param_a": "value"}
        | {"p_string_sep": "separator", "param_string_sep": "separator"},
    ),
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
}
ALIASES: dict[str, Alias] = {
    **{GREL + name: alias for name, alias in _GREL.items()},
    **{IDLAB + name: alias for name, alias in _IDLAB.items()},
}

RETURNS = frozenset({"result", "stringOut", "stringOutput", "_stringOut", "boolOut", "_boolOut"})
"""What a function's only answer is called, by us and by them; `rml:return` may name it."""


FN = "https://w3id.org/parvis/fn#"
Pairs = Sequence[tuple[str, Expression]]


class Spot(Protocol):
    """A part of a mapping document that knows its file and line."""

    @property
    def line(self) -> int:
        """Give its line."""

    def fail(self, template: str, **fields: object) -> NoReturn:
        """Raise a `MappingError` that names file and line."""


def called(spot: Spot, function: str, pairs: Pairs) -> Call:
    """Make a call of a function by its IRI or short name; all its parameters must be known ones.

    A name of GREL's or IDLab's is taken for the function that means the same.
    """
    alias = ALIASES.get(function)
    if alias is None:
        return _checked(spot, function.removeprefix(FN), pairs)
    found = _checked(spot, alias.function, _renamed(spot, function, alias, pairs))
    return Call("not", (("condition", found),), spot.line) if alias.negated else found


def _renamed(spot: Spot, function: str, alias: Alias, pairs: Pairs) -> Pairs:
    """Give parameters by our own names, in the order that the other function has them."""
    for name, _ in pairs:
        if name not in alias.parameters:
            spot.fail(
                "{file}, line {line}: the function “{name}” has no parameter “{key}”",
                name=function,
                key=name,
            )
    order = list(alias.parameters)
    ordered = sorted(pairs, key=lambda pair: order.index(pair[0]))
    return [(alias.parameters[name], value) for name, value in ordered]


def _checked(spot: Spot, function: str, pairs: Pairs) -> Call:
    """Refuse an unknown function, parameters that it lacks or that it does not have."""
    declared = FUNCTIONS.get(function)
    if declared is None:
        spot.fail(
            "{file}, line {line}: unknown function “{name}”; known: {known}",
            name=function if ":" in function else f"fn:{function}",
            known=", ".join(sorted(FUNCTIONS)),
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
    found = Call(function, tuple(pairs), spot.line)
    _check_constants(spot, found)
    return found


def must_be_condition(spot: Spot, call: Call) -> Call:
    """Refuse a call of a function that does not answer yes or no."""
    if not FUNCTIONS[call.function].condition:
        spot.fail(
            "{file}, line {line}: the function “{name}” is not a condition", name=call.function
        )
    return call


def _check_constants(spot: Spot, found: Call) -> None:
    """Refuse parameters that must be plain words, and words that mean nothing there."""
    for name, value in found.parameters:
        if name in CONSTANTS:
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


def constant(value: Expression) -> str | None:
    """Give the text of an expression that reads nothing."""
    if not isinstance(value, Template) or any(isinstance(part, Reference) for part in value.parts):
        return None
    return "".join(map(str, value.parts))


def _pattern(text: str) -> str | None:
    """Say what is wrong with a regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        return str(error)
    return None


def _scheme(text: str) -> str | None:
    """Say which code lists there are, if this is none."""
    known = sorted(file.stem for file in knowledge("ontology").glob("*.ttl"))
    return None if text in known else ", ".join(known)


CONSTANTS: dict[str, Callable[[str], str | None]] = {
    "pattern": _pattern,
    "scheme": _scheme,
    "min": lambda text: None if text.isdecimal() else "0, 1, 2…",
    "max": lambda text: None if text.isdecimal() else "0, 1, 2…",
    "table": lambda _: None,
}
"""Parameters that are words of the mapping, each with what is wrong with a word, or nothing."""

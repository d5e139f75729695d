"""Names of functions that other engines' mappings use, for ours that mean exactly the same.

GREL's and IDLab's functions are those of the FnO descriptions; a parameter is known by its own
name and by its predicate's, without their namespace.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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

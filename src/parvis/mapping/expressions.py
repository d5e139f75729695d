"""Texts with ``$(…)`` and function calls, as YARRRML writes them."""

import re
from collections.abc import Callable

import jsonpath

from parvis.config import knowledge
from parvis.mapping.document import FN, Node
from parvis.mapping.functions import FUNCTIONS
from parvis.mapping.plan import Call, Expression, Reference, Template
from parvis.mapping.rows import PLAIN_NAME, path_of

REFERENCE = re.compile(r"\$\(((?:\\.|[^)\\])*)\)")


def template(node: Node, text: str, *, paths: bool) -> Template:
    r"""Cut a text at its references; ``\)`` within one is a parenthesis of the name.

    With `paths`, names are JSONPaths and must be valid ones.
    """
    parts: list[str | Reference] = []
    end = 0
    for found in REFERENCE.finditer(text):
        if found.start() > end:
            parts.append(text[end : found.start()])
        name = " ".join(re.sub(r"\\(.)", r"\1", found[1]).split())
        _check_name(node, name, paths=paths)
        parts.append(Reference(name))
        end = found.end()
    if "$(" in text[end:]:
        node.fail("{file}, line {line}: a reference “$(…” is not closed in “{text}”", text=text)
    if end < len(text) or not parts:
        parts.append(text[end:])
    return Template(tuple(parts))


def _check_name(node: Node, name: str, *, paths: bool) -> None:
    """Refuse an empty name, and a path that is none."""
    if not name:
        node.fail("{file}, line {line}: a reference “$()” names nothing")
    inner = re.sub(r"^(\^\.)+", "", name)
    if paths and not PLAIN_NAME.fullmatch(inner):
        try:
            path_of(inner)
        except jsonpath.JSONPathError as error:
            node.fail(
                "{file}, line {line}: “{path}” is not a JSONPath ({reason})",
                path=name,
                reason=error,
            )


def call(node: Node, *, paths: bool, also: frozenset[str] = frozenset()) -> Call:
    """Read a function call; its name and parameters must be known ones."""
    node.only({"function", "parameters"} | also)
    name = node.require("function")
    function = name.expand(name.text()).removeprefix(FN)
    declared = FUNCTIONS.get(function)
    if declared is None:
        name.fail(
            "{file}, line {line}: unknown function “{name}”; known: {known}",
            name=name.text(),
            known=", ".join(sorted(FUNCTIONS)),
        )
    given = node.get("parameters")
    pairs = tuple(_parameter(part, paths=paths) for part in given.each()) if given else ()
    names = {parameter for parameter, _ in pairs}
    for missing in sorted(declared.needs - names):
        node.fail(
            "{file}, line {line}: the function “{name}” needs the parameter “{key}”",
            name=function,
            key=missing,
        )
    for unknown in sorted(names - declared.needs - declared.takes):
        node.fail(
            "{file}, line {line}: the function “{name}” has no parameter “{key}”",
            name=function,
            key=unknown,
        )
    found = Call(function, pairs, node.line)
    _check_constants(node, found)
    return found


def _check_constants(node: Node, found: Call) -> None:
    """Refuse parameters that must be plain words, and words that mean nothing there."""
    for name, value in found.parameters:
        if name in CONSTANTS:
            text = constant(value)
            if text is None:
                node.fail("{file}, line {line}: the parameter “{key}” must be a constant", key=name)
            elif (reason := CONSTANTS[name](text)) is not None:
                node.fail(
                    "{file}, line {line}: “{text}” cannot be the parameter “{key}” ({reason})",
                    text=text,
                    key=name,
                    reason=reason,
                )


def constant(value: Expression) -> str | None:
    """Give the text of an expression that reads nothing."""
    if isinstance(value, Call) or any(isinstance(part, Reference) for part in value.parts):
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


def _parameter(node: Node, *, paths: bool) -> tuple[str, Expression]:
    """Read one ``[name, value]``."""
    if not isinstance(node.value, list) or len(node.value) != 2:  # noqa: PLR2004 - a pair
        node.fail("{file}, line {line}: a parameter is written [name, value]")
    name = node.child(0).text().rpartition(":")[2]
    return name, expression(node.child(1), paths=paths)


def expression(node: Node, *, paths: bool) -> Expression:
    """Read a call or a template."""
    if isinstance(node.value, dict):
        return call(node, paths=paths)
    return template(node, node.text() if node.value != "" else "", paths=paths)


def condition(node: Node | None, *, paths: bool) -> Call | None:
    """Read a condition: a call of a function that answers yes or no."""
    if node is None:
        return None
    found = call(node, paths=paths)
    if not FUNCTIONS[found.function].condition:
        node.fail(
            "{file}, line {line}: the function “{name}” is not a condition", name=found.function
        )
    return found

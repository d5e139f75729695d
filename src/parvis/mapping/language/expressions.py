"""Texts with ``$(…)`` and function calls, as YARRRML writes them."""

import re

from parvis.mapping.engine.json_path import PLAIN_NAME, NoJsonPath, path_of
from parvis.mapping.language.calls import called, must_be_condition
from parvis.mapping.language.document import Node
from parvis.mapping.language.plan import Call, Expression, Reference, Template

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
        except NoJsonPath as error:
            node.fail(
                "{file}, line {line}: “{path}” is not a JSONPath ({reason})",
                path=name,
                reason=error,
            )


def call(node: Node, *, paths: bool, also: frozenset[str] = frozenset()) -> Call:
    """Read a function call; its name and parameters must be known ones."""
    node.only({"function", "parameters"} | also)
    name = node.require("function")
    given = node.get("parameters")
    pairs = tuple(_parameter(part, paths=paths) for part in given.each()) if given else ()
    return called(name, name.expand(name.text()), pairs)


def _parameter(node: Node, *, paths: bool) -> tuple[str, Expression]:
    """Read one ``[name, value]``, or the same with keys."""
    if isinstance(node.value, dict):
        node.only({"parameter", "value"})
        told, value = node.require("parameter"), node.require("value")
    elif isinstance(node.value, list) and len(node.value) == 2:  # noqa: PLR2004 - a pair
        told, value = node.child(0), node.child(1)
    else:
        node.fail("{file}, line {line}: a parameter is written [name, value]")
    name = told.text().rpartition(":")[2]
    return name, expression(value, paths=paths)


def expression(node: Node, *, paths: bool) -> Expression:
    """Read a call or a template."""
    if isinstance(node.value, dict):
        return call(node, paths=paths)
    return template(node, node.text() if node.value != "" else "", paths=paths)


def condition(node: Node | None, *, paths: bool) -> Call | None:
    """Read a condition: a call of a function that answers yes or no."""
    if node is None:
        return None
    return must_be_condition(node, call(node, paths=paths))

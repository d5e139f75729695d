"""Read expressions of YARRRML: texts with ``$(…)`` and function calls."""

import re

from parvis.mapping.engine.json_path import PLAIN_NAME, InvalidJsonPath, compile_path
from parvis.mapping.language.calls import make_call, require_condition
from parvis.mapping.language.document import Node
from parvis.mapping.language.plan import Call, Expression, Reference, Template

REFERENCE = re.compile(r"\$\(((?:\\.|[^)\\])*)\)")


def template(node: Node, text: str, *, paths: bool) -> Template:
    r"""Split a text at its references; ``\)`` within one is a parenthesis of the name.

    With `paths`, names are JSONPaths and must be valid.
    """
    parts: list[str | Reference] = []
    end = 0
    for match in REFERENCE.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()])
        # White space is collapsed, as in the headings of tables.
        name = " ".join(re.sub(r"\\(.)", r"\1", match[1]).split())
        if not name:
            node.fail("{file}, line {line}: a reference “$()” names nothing")
        # `^.` refers to the parent of an item: it is not part of the JSONPath.
        path = re.sub(r"^(\^\.)+", "", name)
        if paths and not PLAIN_NAME.fullmatch(path):
            try:
                compile_path(path)
            except InvalidJsonPath as error:
                node.fail(
                    "{file}, line {line}: “{path}” is not a JSONPath ({reason})",
                    path=name,
                    reason=error,
                )
        parts.append(Reference(name))
        end = match.end()
    if "$(" in text[end:]:
        node.fail("{file}, line {line}: a reference “$(…” is not closed in “{text}”", text=text)
    if end < len(text) or not parts:
        parts.append(text[end:])
    return Template(tuple(parts))


def call(node: Node, *, paths: bool, also: frozenset[str] = frozenset()) -> Call:
    """Read a function call; `also` are more keys that it may have."""
    node.only({"function", "parameters"} | also)
    name = node.require("function")
    parameters = node.get("parameters")
    pairs = [_read_parameter(p, paths=paths) for p in parameters.each()] if parameters else ()
    return make_call(name, name.expand(name.text()), pairs)


def _read_parameter(node: Node, *, paths: bool) -> tuple[str, Expression]:
    """Read a parameter: ``[name, value]``, or the same with keys."""
    if isinstance(node.value, dict):
        node.only({"parameter", "value"})
        name, value = node.require("parameter"), node.require("value")
    elif isinstance(node.value, list) and len(node.value) == 2:  # noqa: PLR2004 - a pair
        name, value = node.child(0), node.child(1)
    else:
        node.fail("{file}, line {line}: a parameter is written [name, value]")
    # A parameter may have the prefix of its function.
    return name.text().rpartition(":")[2], expression(value, paths=paths)


def expression(node: Node, *, paths: bool) -> Expression:
    """Read a call or a template."""
    if isinstance(node.value, dict):
        return call(node, paths=paths)
    return template(node, node.text(), paths=paths)


def condition(node: Node | None, *, paths: bool) -> Call | None:
    """Read a condition; fail for a call of any other function."""
    if node is None:
        return None
    return require_condition(node, call(node, paths=paths))

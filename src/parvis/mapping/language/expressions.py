"""Read expressions of YARRRML: texts with ``$(…)`` and function calls."""

import re

from parvis.mapping.engine.json_path import is_plain
from parvis.mapping.language.calls import check_path, make_call, require_condition
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
        if paths and not is_plain(path):
            check_path(node, path, name)
        parts.append(Reference(name))
        end = match.end()
    if "$(" in text[end:]:
        node.fail("{file}, line {line}: a reference “$(…” is not closed in “{text}”", text=text)
    if end < len(text) or not parts:
        parts.append(text[end:])
    return Template(tuple(parts))


def call(node: Node, *, paths: bool, also: frozenset[str] = frozenset()) -> Call:
    """Read a function call; `also` are more keys that it may have."""
    node.allow_only({"function", "parameters"} | also)
    function = node.require("function")
    parameters = node.get("parameters")
    pairs: list[tuple[str, Expression]] = []
    for part in parameters.each() if parameters else ():
        if isinstance(part.value, dict):
            part.allow_only({"parameter", "value"})
            name, value = part.require("parameter"), part.require("value")
        elif isinstance(part.value, list) and len(part.value) == 2:  # noqa: PLR2004 - a pair
            name, value = part.child(0), part.child(1)
        else:
            part.fail("{file}, line {line}: a parameter is written [name, value]")
        # A parameter may have the prefix of its function.
        pairs.append((name.text().rpartition(":")[2], expression(value, paths=paths)))
    return make_call(function, function.expand(function.text()), pairs)


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

"""The ``sources:`` of a mapping document: where rows come from and how values are written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parvis.mapping.engine.json_path import NoJsonPath, path_of
from parvis.mapping.language.document import Node
from parvis.mapping.language.expressions import expression
from parvis.mapping.language.plan import Formulation, Reading, Source, Sum, Unpivot

FORMULATIONS: dict[str, Formulation] = {
    "csv": "csv",
    "table": "table",
    "xlsx": "table",
    "xls": "table",
    "ods": "table",
    "jsonpath": "jsonpath",
    "json": "jsonpath",
    "xpath": "xpath",
    "xml": "xpath",
    "jsonlines": "jsonlines",
    "ndjson": "jsonlines",
    "icalendar": "icalendar",
    "rss": "feed",
    "atom": "feed",
    "rdf": "rdf",
    "json-ld": "rdf",
    "sql": "sql",
}
NEEDS: dict[Formulation, tuple[str, ...]] = {
    "jsonpath": ("iterator",),
    "xpath": ("iterator",),
    "rdf": ("iterator",),
    "sql": ("query",),
}
"""Keys without which a kind of source cannot be read."""
MEMBER = re.compile(r"(?P<archive>.+\.zip)#(?P<member>.+)", re.IGNORECASE)
"""A file in a zip archive, as ``access`` writes it."""


def sources_of(node: Node) -> dict[str, Source]:
    """Read all sources, in order; one may extend an earlier one."""
    found: dict[str, Source] = {}
    for name, part in node.items():
        parent = part.get("extends")
        if parent and parent.text() not in found:
            parent.fail("{file}, line {line}: no source “{name}” stands above", name=parent.text())
        start = found[parent.text()] if parent else Source(name, "", "csv")
        found[name] = _source(part, replace(start, name=name), fresh=parent is None)
    return found


def _source(node: Node, start: Source, *, fresh: bool) -> Source:
    """Read one source over what it extends."""
    node.only({*_KEYS, *_READING, "extends", "referenceFormulation"})
    if fresh:
        node.require("access")
    formulation = node.get("referenceFormulation")
    if formulation:
        known = FORMULATIONS.get(formulation.text().lower())
        if known is None:
            formulation.fail(
                "{file}, line {line}: unknown kind of source “{name}”; known: {known}",
                name=formulation.text(),
                known=", ".join(sorted(FORMULATIONS)),
            )
        start = replace(start, formulation=known)
    elif fresh:
        node.require("referenceFormulation")
    changes: dict[str, Any] = {
        field: read(part, start.paths)
        for key, (field, read) in _KEYS.items()
        if (part := node.get(key)) is not None
    }
    found = replace(start, reading=_reading(node, start.reading), **changes)
    for key in NEEDS.get(found.formulation, ()):
        if not getattr(found, key):
            node.require(key)
    return _completed(node, found)


def _completed(node: Node, source: Source) -> Source:
    """Fill in what follows from the rest: the member of an archive, a path, prefixes."""
    if packed := MEMBER.fullmatch(source.access):
        source = replace(source, access=packed["archive"], member=packed["member"])
    if source.formulation == "jsonlines" and not source.iterator:
        return replace(source, iterator="$")
    if source.formulation == "rdf":
        return replace(source, prefixes=node.prefixes, iterator=_class(node, source.iterator))
    if source.query and source.formulation != "sql":
        node.require("query").fail(
            "{file}, line {line}: “{key}” is for sources of the kind “{kind}”",
            key="query",
            kind="sql",
        )
    return source


def _class(node: Node, text: str) -> str:
    """Expand the class that an RDF source reads: its own vocabulary need not be the shared one."""
    prefix, _, name = text.partition(":")
    if prefix in node.prefixes:
        return node.prefixes[prefix] + name
    if not text.startswith(("http:", "https:", "urn:")):
        node.require("iterator").fail(
            "{file}, line {line}: “{name}” is not a class with a known prefix", name=text
        )
    return text


def _reading(node: Node, start: Reading) -> Reading:
    """Read how values are written."""
    changes: dict[str, Any] = {}
    for key, (field, read) in _READING.items():
        if (part := node.get(key)) is not None:
            changes[field] = read(part)
    if decimal := changes.pop("decimal", None):
        changes |= decimal
    return replace(start, **changes)


def _text(node: Node, _: bool) -> str:  # noqa: FBT001 - the common form of a key's reader
    """Read a text."""
    return node.text()


def _path(node: Node, paths: bool) -> str:  # noqa: FBT001 - the same
    """Read a JSONPath where references are such; else an XPath, a component, or a class."""
    text = node.text()
    if not paths:
        return text
    try:
        path_of(text)
    except NoJsonPath as error:
        node.fail(
            "{file}, line {line}: “{path}” is not a JSONPath ({reason})", path=text, reason=error
        )
    return text


def _columns(node: Node, _: bool) -> Mapping[int, str]:  # noqa: FBT001 - the same
    """Read names of columns by position, from 1."""
    found: dict[int, str] = {}
    for key, part in node.items():
        if not key.isdigit() or key == "0":
            part.fail("{file}, line {line}: a column’s position is a whole number from 1")
        found[int(key)] = part.text()
    return found


def _patterns(node: Node, _: bool) -> Mapping[str, str]:  # noqa: FBT001 - the same
    """Read patterns by column."""
    found: dict[str, str] = {}
    for key, part in node.items():
        try:
            re.compile(part.text())
        except re.error as error:
            part.fail(
                "{file}, line {line}: “{pattern}” is not a regular expression ({reason})",
                pattern=part.text(),
                reason=error,
            )
        found[key] = part.text()
    return found


def _key_as(node: Node, paths: bool) -> Mapping[str, str]:  # noqa: FBT001 - the same
    """Read names for the keys that the iterator's steps meet."""
    return {key: _path(part, paths) for key, part in node.items()}


def _unpivot(node: Node, _: bool) -> Unpivot:  # noqa: FBT001 - the same
    """Read which columns become rows."""
    node.only({"columns", "name-as", "value-as"})
    return Unpivot(
        node.require("columns").texts(),
        node.require("name-as").text(),
        node.require("value-as").text(),
    )


def _sum(node: Node, _: bool) -> Sum:  # noqa: FBT001 - the same
    """Read which columns are added up, and by what."""
    node.only({"columns", "by"})
    return Sum(node.require("columns").texts(), node.require("by").texts())


def _fields(node: Node, paths: bool) -> tuple[tuple[str, Any], ...]:  # noqa: FBT001 - the same
    """Read values computed once a row."""
    return tuple((name, expression(part, paths=paths)) for name, part in node.items())


def _zone(node: Node) -> str:
    """Read a time zone's name."""
    try:
        ZoneInfo(node.text())
    except (ZoneInfoNotFoundError, ValueError):
        node.fail("{file}, line {line}: there is no time zone “{name}”", name=node.text())
    return node.text()


def _decimal(node: Node) -> dict[str, str]:
    """Read the separators of numbers."""
    node.only({"group", "point"})
    return {key: str(part.value) for key, part in node.items()}


_KEYS: dict[str, tuple[str, Callable[[Node, bool], Any]]] = {
    "access": ("access", _text),
    "iterator": ("iterator", _path),
    "each": ("each", _path),
    "encoding": ("encoding", _text),
    "delimiter": ("delimiter", _text),
    "query": ("query", _text),
    "sheet": ("sheet", _text),
    "sheet-as": ("sheet_as", _text),
    "header": ("header", lambda node, _: node.number()),
    "columns": ("columns", _columns),
    "optional": ("optional", lambda node, _: frozenset(node.texts())),
    "key-as": ("key_as", _key_as),
    "unpivot": ("unpivot", _unpivot),
    "sum": ("sum", _sum),
    "skip-rows-matching": ("skip", _patterns),
    "keep-rows-matching": ("keep", _patterns),
    "fields": ("fields", _fields),
}
_READING: dict[str, tuple[str, Callable[[Node], Any]]] = {
    "timezone": ("timezone", _zone),
    "timezone-out": ("timezone_out", _zone),
    "dateformats": ("dateformats", lambda node: node.texts()),
    "nulls": ("nulls", lambda node: frozenset(node.texts())),
    "decimal": ("decimal", _decimal),
}

"""Read the ``sources:`` of a mapping document: its files and how values are written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parvis.mapping.language.calls import check_path
from parvis.mapping.language.document import Node, expression
from parvis.mapping.language.plan import Formulation, LogicalSource, Sum, Unpivot

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
    "html": "rdf",
    "sql": "sql",
}
NEEDS: dict[Formulation, tuple[str, ...]] = {
    "jsonpath": ("iterator",),
    "xpath": ("iterator",),
    "rdf": ("iterator",),
    "sql": ("query",),
}
"""Keys required by a kind of source."""
ALL = "*"
"""What `optional` holds until the columns that a document uses are known: all of them."""
MEMBER = re.compile(r"(?P<archive>.+\.zip)#(?P<member>.+)", re.IGNORECASE)
"""A file in a zip archive, as ``access`` writes it."""


def read_sources(node: Node) -> dict[str, LogicalSource]:
    """Read all sources, in order; a source may extend one above it."""
    sources: dict[str, LogicalSource] = {}
    for name, part in node.items():
        # Only a source above may be extended, so that no cycle can occur.
        parent = part.get("extends")
        if parent and parent.text() not in sources:
            parent.fail("{file}, line {line}: no source “{name}” stands above", name=parent.text())
        start = sources[parent.text()] if parent else LogicalSource(name, "", "csv")
        sources[name] = _read_source(part, replace(start, name=name), fresh=parent is None)
    return sources


def _read_source(node: Node, start: LogicalSource, *, fresh: bool) -> LogicalSource:
    """Read a source over the source that it extends; a `fresh` one extends none."""
    node.allow_only({*_KEYS, *_READING, "extends", "referenceFormulation"})
    if fresh:
        node.require("access")
    kind = node.get("referenceFormulation")
    if kind:
        formulation = FORMULATIONS.get(kind.text().lower())
        if formulation is None:
            kind.fail(
                "{file}, line {line}: unknown kind of source “{name}”; known: {choices}",
                name=kind.text(),
                choices=", ".join(sorted(FORMULATIONS)),
            )
        start = replace(start, formulation=formulation)
    elif fresh:
        node.require("referenceFormulation")
    changes: dict[str, Any] = {
        field: read(part, start.paths)
        for key, (field, read) in _KEYS.items()
        if (part := node.get(key)) is not None
    }
    reading: dict[str, Any] = {}
    for key, (field, read_value) in _READING.items():
        if (part := node.get(key)) is not None:
            reading[field] = read_value(part)
    # The key `decimal` holds two fields of a reading.
    if decimal := reading.pop("decimal", None):
        reading |= decimal
    source = replace(start, reading=replace(start.reading, **reading), **changes)
    for key in NEEDS.get(source.formulation, ()):
        if not getattr(source, key):
            node.require(key)
    return _complete_source(node, source)


def _complete_source(node: Node, source: LogicalSource) -> LogicalSource:
    """Set what follows from the other keys: the member of an archive, an iterator, prefixes."""
    if packed := MEMBER.fullmatch(source.access):
        source = replace(source, access=packed["archive"], member=packed["member"])
    if source.formulation == "jsonlines" and not source.iterator:
        # Each line is an item.
        return replace(source, iterator="$")
    if source.formulation == "rdf":
        classes = " ".join(_expand_class(node, name) for name in source.iterator.split())
        return replace(source, prefixes=node.prefixes, iterator=classes)
    if source.query and source.formulation != "sql":
        node.require("query").fail(
            "{file}, line {line}: “{key}” is for sources of the kind “{kind}”",
            key="query",
            kind="sql",
        )
    return source


def _expand_class(node: Node, name: str) -> str:
    """Return a class's IRI, which need not be in the shared vocabulary: the file is a partner's."""
    prefix, _, local = name.partition(":")
    if prefix in node.prefixes:
        return node.prefixes[prefix] + local
    if not name.startswith(("http:", "https:", "urn:")):
        node.require("iterator").fail(
            "{file}, line {line}: “{name}” is not a class with a known prefix", name=name
        )
    return name


def _read_path(node: Node, paths: bool) -> str:  # noqa: FBT001 - the common form of a key's reader
    """Read a JSONPath if `paths`; else an XPath, a component or classes, which are not checked."""
    text = node.text() if paths else " ".join(node.texts())
    if paths:
        check_path(node, text, text)
    return text


def _read_columns(node: Node, _: bool) -> Mapping[int, str]:  # noqa: FBT001 - the same
    """Read names of columns by position, from 1."""
    columns: dict[int, str] = {}
    for key, part in node.items():
        if not key.isdigit() or key == "0":
            part.fail("{file}, line {line}: a column’s position is a whole number from 1")
        columns[int(key)] = part.text()
    return columns


def _read_patterns(node: Node, _: bool) -> Mapping[str, str]:  # noqa: FBT001 - the same
    """Read regular expressions by column."""
    patterns: dict[str, str] = {}
    for key, part in node.items():
        try:
            re.compile(part.text())
        except re.error as error:
            part.fail(
                "{file}, line {line}: “{pattern}” is not a regular expression ({reason})",
                pattern=part.text(),
                reason=error,
            )
        patterns[key] = part.text()
    return patterns


def _read_unpivot(node: Node, _: bool) -> Unpivot:  # noqa: FBT001 - the same
    node.allow_only({"columns", "name-as", "value-as"})
    return Unpivot(
        node.require("columns").texts(),
        node.require("name-as").text(),
        node.require("value-as").text(),
    )


def _read_sum(node: Node, _: bool) -> Sum:  # noqa: FBT001 - the same
    node.allow_only(
        {"columns", "counts", "by", "refunds", "currency", "latest", "name-as", "value-as"}
    )
    columns, counts, names = node.get("columns"), node.get("counts"), node.get("name-as")
    latest = node.get("latest")
    if counts is None:
        node.require("columns")
    refunds = node.get("refunds")
    if refunds is not None and not isinstance(refunds.value, bool):
        refunds.fail("{file}, line {line}: true or false is expected here")
    currency, code = node.get("currency"), None
    if currency is not None and isinstance(currency.value, dict):
        currency.allow_only({"columns", "code"})
        currency, code = currency.require("columns"), currency.get("code")
    return Sum(
        columns.texts() if columns else (),
        node.require("by").texts(),
        counts=counts.texts() if counts else (),
        refunds=refunds is not None and refunds.value,
        currency_in=currency.texts() if currency else (),
        currency=code.text() if code else "",
        latest=tuple((name, part.text()) for name, part in latest.items()) if latest else (),
        name_as=names.text() if names else "",
        value_as=node.require("value-as").text() if names else "",
    )


def _read_optional(node: Node, _: bool) -> frozenset[str]:  # noqa: FBT001 - the same
    return frozenset({ALL} if node.value is True else node.texts())


def _read_zone(node: Node) -> str:
    try:
        ZoneInfo(node.text())
    except (ZoneInfoNotFoundError, ValueError):
        node.fail("{file}, line {line}: there is no time zone “{name}”", name=node.text())
    return node.text()


def _read_separators(node: Node) -> dict[str, str]:
    node.allow_only({"group", "point"})
    return {key: str(part.value) for key, part in node.items()}


# Each key of a source, with its field and the function that reads it.
_KEYS: dict[str, tuple[str, Callable[[Node, bool], Any]]] = {
    "access": ("access", lambda node, _: node.text()),
    "iterator": ("iterator", _read_path),
    "each": ("each", _read_path),
    "encoding": ("encoding", lambda node, _: node.text()),
    "delimiter": ("delimiter", lambda node, _: node.text()),
    "query": ("query", lambda node, _: node.text()),
    "sheet": ("sheet", lambda node, _: node.text()),
    "sheet-as": ("sheet_as", lambda node, _: node.text()),
    "header": ("header", lambda node, _: node.number()),
    "columns": ("columns", _read_columns),
    "optional": ("optional", _read_optional),
    "key-as": (
        "key_as",
        lambda node, paths: {key: _read_path(part, paths) for key, part in node.items()},
    ),
    "unpivot": ("unpivot", _read_unpivot),
    "sum": ("sum", _read_sum),
    "skip-rows-matching": ("skip", _read_patterns),
    "keep-rows-matching": ("keep", _read_patterns),
    "fields": (
        "fields",
        lambda node, paths: tuple(
            (name, expression(part, paths=paths)) for name, part in node.items()
        ),
    ),
}
_READING: dict[str, tuple[str, Callable[[Node], Any]]] = {
    "timezone": ("timezone", _read_zone),
    "timezone-out": ("timezone_out", _read_zone),
    "dateformats": ("dateformats", lambda node: node.texts()),
    "nulls": ("nulls", lambda node: frozenset(node.texts())),
    "decimal": ("decimal", _read_separators),
}

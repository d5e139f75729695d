"""XML: items found by an XPath, each knowing the line it begins on.

A document type declaration is refused: entities are how a small file becomes a huge one, or
reads other files (CWE-611, CWE-776).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from lxml import etree

from parvis.errors import SourceError
from parvis.i18n import within_quotes
from parvis.mapping.engine.rows import Origin, Row
from parvis.mapping.language.plan import Source
from parvis.report import Report

Prefixes = tuple[tuple[str, str], ...]
"""Those of the first item, then those that the mapping tells, which win."""

SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}
"""How a file that a stranger wrote is parsed."""

STEPS = re.compile(r"(/[A-Za-z_][\w.-]*)+")
OUTSIDE = re.compile(r"^/|\.\.|::|[(|\s]/")
"""In a path, what may lead out of the item."""

CHILD = re.compile(r"[A-Za-z_][\w.-]*")
XPathError = etree.XPathSyntaxError


@cache
def xpath_of(path: str, namespaces: Prefixes = ()) -> etree.XPath:
    """Compile an XPath 1.0; raises `XPathError`."""
    return etree.XPath(path, namespaces=dict(namespaces))


@cache
def _is_child(name: str) -> bool:
    """Say whether a path is a child's name and nothing more."""
    return CHILD.fullmatch(name) is not None


class XmlRow(Row):
    """An element with the prefixes in scope; names are XPaths relative to it."""

    __slots__ = ()
    cells: tuple[Any, Prefixes]

    def find(self, name: str) -> object:
        """Look a path up: elements and attributes as their text, a child's name at once."""
        element, prefixes = self.cells
        if _is_child(name):
            return [_text(one) for one in element.iterchildren(name)]
        found = xpath_of(name, prefixes)(element)
        if isinstance(found, float):
            return int(found) if found.is_integer() else Decimal(str(found))
        return [_text(one) for one in found] if isinstance(found, list) else found


def read_xml(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Read the items of an XML file; a path that no item has is an error, as a missing column.

    Items at a plain path (``/programme/spectacle``) are read one by one in constant memory, unless
    a reference looks outside its item; for any other the whole document is held.
    """
    inside = not any(OUTSIDE.search(name) for name in needed)
    told = tuple(source.prefixes.items())
    streamed = inside and STEPS.fullmatch(source.iterator)
    items = _streamed if streamed else partial(_found, told=told)
    unseen = set(needed)
    origin = Origin.of(source, file.name)
    prefixes: Prefixes | None = None
    with _explained(file):
        for element in items(file, source.iterator, report):
            if prefixes is None:
                prefixes = (*_prefixes(element), *told)
                for name in needed:
                    _followed(file, name, prefixes, element)
            row = XmlRow(origin, element.sourceline, (element, prefixes))
            unseen -= {name for name in unseen if row.find(name)}
            yield row
    if prefixes is not None and unseen:
        raise SourceError(
            "{file}: no item at {iterator} has “{missing}”",
            file=file.name,
            iterator=source.iterator,
            missing=within_quotes(sorted(unseen)),
        )


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Turn what the parser complains about into a `SourceError`, which has its line."""
    try:
        yield
    except (etree.XMLSyntaxError, OSError) as error:
        raise SourceError(
            "{file} is not valid XML: {reason}", file=file.name, reason=error
        ) from error


def _streamed(file: Path, path: str, report: Report) -> Iterator[Any]:
    """Give the elements at a plain path as they end, and forget all that has been read."""
    *parents, name = path.split("/")[1:]
    parents.reverse()
    opened = False
    with file.open("rb") as stream:
        reading: Any = etree.iterparse(stream, events=("end",), tag=name, **SAFE)
        for _, element in reading:
            if [above.tag for above in element.iterancestors()] != parents:
                continue
            if not opened:
                _opened(file, element.getroottree(), report)
                opened = True
            yield element
            _forget(element)
        _opened(file, reading.root.getroottree(), report)


def _forget(element: Any) -> None:  # noqa: ANN401 - lxml's elements have no public type
    """Free an element that has been read, and all that stands before it."""
    element.clear()
    for one in (element, *element.iterancestors()):
        while one.getprevious() is not None and one.getparent() is not None:
            del one.getparent()[0]


def _found(file: Path, path: str, report: Report, *, told: Prefixes) -> Iterator[Any]:
    """Give the elements that a path finds in the whole document."""
    tree = etree.parse(str(file), etree.XMLParser(**SAFE))
    _opened(file, tree, report)
    items: Any = _followed(file, path, (*_prefixes(tree.getroot()), *told), tree)
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, str):  # an attribute or a text has nothing below it
            yield item


def _opened(file: Path, tree: Any, report: Report) -> None:  # noqa: ANN401 - the same
    """Note the encoding, and refuse a document type declaration."""
    if tree.docinfo.internalDTD is not None:
        raise SourceError("{file}: a document type declaration is refused", file=file.name)
    report.facts[f"{file.name}: encoding"] = tree.docinfo.encoding or "utf-8"


def _prefixes(element: Any) -> Prefixes:  # noqa: ANN401 - the same
    """Give the prefixes in scope."""
    return tuple((prefix, name) for prefix, name in element.nsmap.items() if prefix)


def _followed(file: Path, path: str, prefixes: Prefixes, start: Any) -> object:  # noqa: ANN401 - the same
    """Follow a path once; one that no XPath is, or with an unknown prefix, is an error."""
    try:
        return xpath_of(path, prefixes)(start)
    except etree.XPathError as error:
        raise SourceError(
            "{file}: the path “{path}” cannot be followed ({reason})",
            file=file.name,
            path=path,
            reason=error,
        ) from error


def _text(found: Any) -> str:  # noqa: ANN401 - the same
    """Give the whole text of an element; an attribute or a text is its own."""
    if isinstance(found, str):
        return str(found)
    return "".join(found.itertext()) if len(found) else found.text or ""

"""XML: items found by an XPath, each knowing the line it begins on.

A document type declaration is refused: entities are how a small file becomes a huge one, or
reads other files (CWE-611, CWE-776).
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from lxml import etree

from parvis.errors import SourceError
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources import NO_ITEM, refuse_missing
from parvis.mapping.sources.text import PAGES, encoding_of
from parvis.report import Report

Prefixes = tuple[tuple[str, str], ...]
"""The prefixes of the first item, then those of the mapping, which win."""

SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}
"""Options to parse a file from outside."""

SAMPLED = 50_000
"""The elements of a file that are read to find its rows."""
STEPS = re.compile(r"(/[A-Za-z_][\w.-]*)+")
OUTSIDE = re.compile(r"^/|\.\.|::|[(|\s]/")
"""The parts of a path that may lead out of the item."""
PARENTS = re.compile(r"((?:\.\./)+)(@[\w.:-]+$)?")
"""The parent steps that a path begins with, and an attribute if nothing else follows."""

CELLS = frozenset({"td", "th"})
"""The cells of a table in HTML."""

is_child_name = cache(re.compile(r"[A-Za-z_][\w.-]*").fullmatch)
XPathError = etree.XPathSyntaxError


@cache
def xpath_of(path: str, namespaces: Prefixes = ()) -> etree.XPath:
    """Compile an XPath 1.0. Raises `XPathError`."""
    return etree.XPath(path, namespaces=dict(namespaces))


class XmlRow(SourceRow):
    """An element with the prefixes in scope; names are XPaths relative to it."""

    __slots__ = ()
    cells: tuple[Any, Prefixes]

    def find(self, name: str) -> object:
        """Return what a path selects: elements and attributes as their text."""
        element, prefixes = self.cells
        if is_child_name(name):  # much faster than an XPath
            return [_text(child) for child in element.iterchildren(name)]
        result = xpath_of(name, prefixes)(element)
        if isinstance(result, float):
            return int(result) if result.is_integer() else Decimal(str(result))
        return [_text(node) for node in result] if isinstance(result, list) else result


def read_xml(
    source: LogicalSource, file: Path, needed: set[str], report: Report
) -> Iterator[SourceRow]:
    """Read the items of an XML file; a path that no item has is an error, as a missing column.

    Items at a plain path (``/programme/spectacle``) are read one by one in constant memory, also
    with attributes of what is around them (``../@date``); with all of a parent if a reference needs
    its other parts (``../title``). For any other path the whole document is in memory.
    """
    declared = tuple(source.prefixes.items())
    levels = _levels_above(needed)
    streamed = STEPS.fullmatch(source.iterator) and levels < source.iterator.count("/")
    items: Any = (
        partial(_stream_items, levels=int(levels))
        if streamed
        else partial(_select_items, declared=declared)
    )
    missing = set(needed)
    origin = RowOrigin.from_source(source, file.name)
    prefixes: Prefixes | None = None
    try:
        for element in items(file, source.iterator, report):
            if prefixes is None:
                prefixes = (*_prefixes(element), *declared)
                for name in needed:
                    _evaluate_path(file, name, prefixes, element)
            row = XmlRow(origin, element.sourceline, (element, prefixes))
            missing -= {name for name in missing if row.find(name)}
            yield row
    except (etree.XMLSyntaxError, OSError) as error:
        raise SourceError(
            "{file} is not valid XML: {reason}", file=file.name, reason=error
        ) from error
    if prefixes is not None:
        refuse_missing(file, missing, NO_ITEM, iterator=source.iterator)


def find_rows(file: Path, most: int) -> tuple[str, list[dict[str, list[str]]]]:
    """Return the path of the elements that repeat, and the texts of the first ones by their paths.

    They are those nearest to the root of which each has several texts; none: an empty path.
    Raises `SourceError`.
    """
    try:
        with file.open("rb") as stream:
            ends: Any = etree.iterparse(stream, events=("end",), **SAFE)
            elements = [element for _, element in islice(ends, SAMPLED)]
            root = elements[-1].getroottree().getroot()
            _check_document(file, root.getroottree(), Report())
    except (etree.XMLSyntaxError, OSError) as error:
        raise SourceError(
            "{file} is not valid XML: {reason}", file=file.name, reason=error
        ) from error
    level = {f"/{_write_step(root)}": [root]}
    while level:
        below: defaultdict[str, list[Any]] = defaultdict(list)
        for path, parents in level.items():
            for child in chain.from_iterable(map(etree.ElementBase.iterchildren, parents)):
                if isinstance(child.tag, str):  # no comment
                    below[f"{path}/{_write_step(child)}"].append(child)
        repeated = {path: items for path, items in below.items() if len(items) > 1}
        for path, items in sorted(repeated.items(), key=lambda pair: -len(pair[1])):
            rows = [_texts_in(item) for item in items[:most]]
            if any(len(texts) > 1 for texts in rows):
                return path, rows
        level = dict(below)
    return "", []


def _write_step(element: Any) -> str:  # noqa: ANN401 - lxml's elements have no public type
    name = etree.QName(element).localname
    if element.prefix:
        return f"{element.prefix}:{name}"
    # XPath 1.0 has no name for an element of a namespace without prefix.
    return f"*[local-name()='{name}']" if etree.QName(element).namespace else name


def _texts_in(element: Any, path: str = "") -> dict[str, list[str]]:  # noqa: ANN401 - the same
    """Return the attributes and texts in an element by their paths in it."""
    texts: dict[str, list[str]] = defaultdict(list)
    for name, value in element.items():
        if not name.startswith("{"):
            texts[f"{path}@{name}"].append(value)
    for child in element.iterchildren("*"):
        step = f"{path}{_write_step(child)}"
        if len(child) == 0 and (text := (child.text or "").strip()):
            texts[step].append(text)
        for inner, values in _texts_in(child, f"{step}/").items():
            texts[inner] += values
    return texts


def _levels_above(paths: Iterable[str]) -> float:
    """Return how many elements above an item must be complete for its paths; infinity: all."""
    levels = 0.0
    for path in paths:
        parents = PARENTS.match(path)
        if OUTSIDE.search(path[parents.end() :] if parents else path):
            return math.inf
        # An element has its attributes from its beginning.
        if parents and not parents[2]:
            levels = max(levels, len(parents[1]) / len("../"))
    return levels


def _stream_items(file: Path, path: str, report: Report, *, levels: int) -> Iterator[Any]:
    """Return the elements at a plain path, and free all that has been read.

    Each is returned once the element so many `levels` above it has ended.
    """
    steps = path.split("/")[1:]
    *parents, name = steps[: len(steps) - levels]
    parents.reverse()
    below: Any = xpath_of("/".join([".", *steps[len(steps) - levels :]]))
    checked = False
    with file.open("rb") as stream:
        events: Any = etree.iterparse(stream, events=("end",), tag=name, **SAFE)
        for _, element in events:
            # The parser reports elements of that name at any depth.
            if [parent.tag for parent in element.iterancestors()] != parents:
                continue
            if not checked:
                _check_document(file, element.getroottree(), report)
                checked = True
            yield from below(element)
            # Memory stays constant only if preceding siblings of all ancestors go too.
            element.clear()
            for ancestor in (element, *element.iterancestors()):
                while ancestor.getprevious() is not None and ancestor.getparent() is not None:
                    del ancestor.getparent()[0]
        _check_document(file, events.root.getroottree(), report)


def _select_items(file: Path, path: str, report: Report, *, declared: Prefixes) -> Iterator[Any]:
    """Return the elements that a path selects in the whole document."""
    tree = etree.parse(str(file), etree.XMLParser(**SAFE))
    _check_document(file, tree, report)
    items: Any = _evaluate_path(file, path, (*_prefixes(tree.getroot()), *declared), tree)
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, str):  # an attribute or a text has nothing below it
            yield item


def _check_document(file: Path, tree: Any, report: Report) -> None:  # noqa: ANN401 - lxml's elements have no public type
    """Report the encoding, and refuse a document type declaration."""
    if tree.docinfo.internalDTD is not None:
        raise SourceError("{file}: a document type declaration is refused", file=file.name)
    report.facts[f"{file.name}: encoding"] = tree.docinfo.encoding or "utf-8"


def _prefixes(element: Any) -> Prefixes:  # noqa: ANN401 - the same
    return tuple((prefix, name) for prefix, name in element.nsmap.items() if prefix)


def _evaluate_path(file: Path, path: str, prefixes: Prefixes, start: Any) -> object:  # noqa: ANN401 - the same
    """Evaluate a path; one that is no XPath, or has an unknown prefix, is an error."""
    try:
        return xpath_of(path, prefixes)(start)
    except etree.XPathError as error:
        raise SourceError(
            "{file}: the path “{path}” cannot be followed ({reason})",
            file=file.name,
            path=path,
            reason=error,
        ) from error


def _text(node: Any) -> str:  # noqa: ANN401 - the same
    if isinstance(node, str):  # an attribute or a text node
        return str(node)
    return "".join(node.itertext()) if len(node) else node.text or ""


def read_texts(file: Path) -> Iterator[tuple[tuple[str, ...], int, str]]:
    """Yield every text and attribute of an XML or HTML file: its path of names, its line, itself.

    A cell of a table is named by the heading of its column. Broken markup is read as well as it can
    be, in constant memory. Raises `SourceError`.
    """
    path: list[str] = []
    headings: dict[int, str] = {}
    position = 0
    try:
        for event, element in _events(file):
            if event == "start":
                name = etree.QName(element).localname
                position = 0 if name == "tr" else position + (name in CELLS)
                # Microdata and RDFa say what a text is.
                own = element.get("itemprop") or element.get("property")
                path.append(own or (headings.get(position, name) if name == "td" else name))
                for attribute, value in element.items():
                    yield (*path, attribute.rpartition("}")[2]), element.sourceline or 1, value
                continue
            text = _joined(element.text, *(child.tail for child in element))
            if path[-1] == "th":
                headings[position] = text
            if text:
                yield tuple(path), element.sourceline or 1, text
            path.pop()
            # What follows an element is read once the next one ends, and both are freed.
            before = element.getprevious()
            element.clear(keep_tail=True)
            if before is not None:
                if text := _joined(before.tail):
                    yield tuple(path), element.sourceline or 1, text
                if (parent := element.getparent()) is not None:  # a comment may precede the root
                    parent.remove(before)
    except (etree.XMLSyntaxError, OSError, ValueError) as error:
        raise SourceError(
            "{file} is not valid XML: {reason}", file=file.name, reason=error
        ) from error


def _events(file: Path) -> Iterator[tuple[str, Any]]:
    """Yield the beginning and the end of each element."""
    with file.open("rb") as stream:
        start = stream.read(1000).lstrip().lower()
        stream.seek(0)
        as_html = file.suffix.lower() in PAGES or start.startswith((b"<!doctype html", b"<html"))
        # A page is read in the encoding in which its statements are.
        encoding = encoding_of(file, None).removesuffix("-sig") if as_html else None
        events: Any = etree.iterparse(
            stream, events=("start", "end"), recover=True, html=as_html, encoding=encoding, **SAFE
        )
        # Comments and instructions have no name.
        yield from ((event, element) for event, element in events if isinstance(element.tag, str))


def _joined(*texts: str | None) -> str:
    return " ".join(" ".join(filter(None, texts)).split())

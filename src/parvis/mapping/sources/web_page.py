"""What a page of the Web states of events and places: JSON-LD, microdata and RDFa Lite, as a graph.

The last releases of the libraries that read all three are two years old, and bring fifteen others.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree, html
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF
from rdflib.term import Node

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.sources.json_ld import graph_of_document
from parvis.mapping.sources.text import encoding_of
from parvis.vocab.namespaces import SCHEMA

NOTHING = N_("{file} is a page that states nothing in JSON-LD, microdata or RDFa")
BAD_SCRIPT = N_("{file}, line {line}: the JSON-LD of this page is not valid JSON ({reason})")
DEEPEST = 200
"""Elements inside one another that are followed."""
ADDRESSES = {
    **dict.fromkeys(("a", "area", "link"), "href"),
    **dict.fromkeys(("img", "audio", "video", "source", "track", "embed", "iframe"), "src"),
    "object": "data",
}
"""The attribute of an element whose value is an address (HTML, Microdata §5.2.4)."""
VALUES = {"meta": "content", "data": "value", "meter": "value", "time": "datetime"}
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_page(file: Path) -> Graph:
    """Read the statements of an HTML page. Raises `SourceError` where it has none."""
    root = _parse(file)
    graph = Graph()
    for script in _list_scripts(root):
        graph += _read_script(file, script)
    page = _Page(root, graph)
    page.read_microdata(root, None, 0)
    page.read_rdfa(root, None, "", 0)
    if not graph:
        raise SourceError(NOTHING, file=file.name)
    return graph


def read_scripts(file: Path) -> list[str]:
    """Return the texts of a page's scripts of JSON-LD. Raises `SourceError`."""
    return [script.text_content() for script in _list_scripts(_parse(file))]


def _parse(file: Path) -> Any:  # noqa: ANN401 - lxml's elements have no public type
    encoding = encoding_of(file, None).removesuffix("-sig")
    parser = html.HTMLParser(encoding=encoding, no_network=True, huge_tree=False)
    try:
        return html.document_fromstring(file.read_bytes(), parser=parser)
    except (etree.ParserError, ValueError) as error:
        raise SourceError(NOTHING, file=file.name) from error


def _list_scripts(root: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    for script in root.iter("script"):
        if (script.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json":
            yield script


def _read_script(file: Path, script: Any) -> Graph:  # noqa: ANN401 - lxml's elements have no public type
    try:
        document = json.loads(script.text_content())
    except (ValueError, RecursionError) as error:
        line = script.sourceline
        raise SourceError(BAD_SCRIPT, file=file.name, line=line, reason=error) from error
    return graph_of_document(file, document)


class _Page:
    """A page that is read: its own address, and the graph that grows."""

    def __init__(self, root: Any, graph: Graph) -> None:  # noqa: ANN401 - as above
        self.graph = graph
        canonical = root.xpath("string(//link[@rel='canonical']/@href)")
        self.base = root.xpath("string(//base/@href)") or canonical

    def read_microdata(self, element: Any, item: Node | None, depth: int) -> None:  # noqa: ANN401
        """Read an element and what it holds; `item` is the item that it is in."""
        inner = item
        if element.get("itemscope") is not None:
            inner = self._subject(element.get("itemid"))
            for kind in (element.get("itemtype") or "").split():
                self.graph.add((inner, RDF.type, URIRef(kind)))
        vocabulary = _vocabulary_of(self.graph, item)
        for name in (element.get("itemprop") or "").split() if item is not None else ():
            predicate = URIRef(name if ":" in name else vocabulary + name)
            value = inner if inner is not item and inner is not None else self._value(element)
            if value is not None and item is not None:
                self.graph.add((item, predicate, value))
        for child in _children(element, depth):
            self.read_microdata(child, inner, depth + 1)

    def read_rdfa(self, element: Any, subject: Node | None, vocab: str, depth: int) -> None:  # noqa: ANN401
        """Read an element by RDFa Lite 1.1: vocab, typeof, property, resource; prefixes of it."""
        vocab = element.get("vocab", vocab)
        inner = subject
        if (kinds := element.get("typeof")) is not None:
            inner = self._subject(element.get("resource") or element.get("about"))
            for kind in filter(None, (_expand(name, vocab) for name in kinds.split())):
                self.graph.add((inner, RDF.type, kind))
        elif resource := element.get("resource"):
            inner = self._subject(resource)
        for name in (element.get("property") or "").split() if subject is not None else ():
            predicate = _expand(name, vocab)
            value = self._value(element) if inner is subject else inner
            if predicate is not None and value is not None and subject is not None:
                self.graph.add((subject, predicate, value))
        for child in _children(element, depth):
            self.read_rdfa(child, inner, vocab, depth + 1)

    def _subject(self, address: str | None) -> Node:
        """Return the node of an item: its address, else a blank one."""
        return self._resolve(address) or BNode()

    def _resolve(self, address: str | None) -> URIRef | None:
        """Return an absolute address; None for one that is none."""
        try:
            resolved = urljoin(self.base, address.strip()) if address else ""
            urlsplit(resolved)  # without a base, nothing was looked at
        except ValueError:  # such as ``http://[``
            return None
        return URIRef(resolved) if ":" in resolved and " " not in resolved else None

    def _value(self, element: Any) -> Node | None:  # noqa: ANN401 - as above
        """Return the value of a property: an address, a machine’s form of it, else the text."""
        if (content := element.get("content")) is not None:
            return _text(element, content)
        if attribute := ADDRESSES.get(element.tag):
            return self._resolve(element.get(attribute))
        if machine := element.get(VALUES.get(element.tag, "content")):
            return Literal(machine.strip())
        return _text(element, element.text_content())


def _children(element: Any, depth: int) -> Iterator[Any]:  # noqa: ANN401 - as above
    """Return the elements in an element, without comments, as deep as any page goes."""
    return (child for child in element if isinstance(child.tag, str) and depth < DEEPEST)


def _vocabulary_of(graph: Graph, item: Node | None) -> str:
    """Return where the names of an item’s properties are: next to its type (Microdata §5.2.3)."""
    kinds = sorted(map(str, graph.objects(item, RDF.type))) if item is not None else []
    return next((kind[: max(kind.rfind("/"), kind.rfind("#")) + 1] for kind in kinds), str(SCHEMA))


def _expand(name: str, vocab: str) -> URIRef | None:
    """Return the IRI of a term; None for one of a prefix that is not read."""
    prefix, colon, local = name.partition(":")
    if not colon:
        return URIRef(vocab + name) if vocab else None
    if prefix in {"http", "https"}:
        return URIRef(name)
    return SCHEMA[local] if prefix == "schema" and local in SCHEMA else None


def _text(element: Any, text: str) -> Literal | None:  # noqa: ANN401 - as above
    """Return a text in the language of the page at this place."""
    text = " ".join(text.split())
    languages = (e.get("lang") or e.get(XML_LANG) for e in (element, *element.iterancestors()))
    language = next(filter(None, languages), None)
    tag = language if language and LANGUAGE.fullmatch(language) else None
    return Literal(text, lang=tag) if text else None

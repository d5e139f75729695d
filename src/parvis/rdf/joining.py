"""Records in N-Triples, joined into one document of any format by the engine, without rdflib.

Each format here has a head, a body for each graph and an end, so that bodies that were written
before can be joined without writing them again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeVar
from xml.sax.saxutils import quoteattr

import pyoxigraph as ox

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.rdf.results import GRAPHS
from parvis.rdf.terms import EngineTerm
from parvis.vocab.namespaces import PREFIXES

CONTROL = N_("a text holds the character {code}, which XML cannot hold")
NO_NAME = N_("the property {predicate} does not end in a name, so that RDF/XML cannot hold it")

DATASETS = {
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nq": ox.RdfFormat.N_QUADS,
}
"""Formats that hold named graphs, by ending."""

Values = Mapping[str, Sequence[tuple[str, str | None]]]
"""Texts and IRIs by the IRI of a property, each with its language."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HEAD = {
    "ttl": re.compile(rb"(?:@prefix [^\n]*\n)*"),
    "rdf": re.compile(rb".*?<rdf:RDF[^>]*>\n?", re.DOTALL),
}
_END = b"</rdf:RDF>"
_NAMED = re.compile(r"[^\W\d][\w.-]*\Z")


def joined(parts: Iterable[bytes], ending: str, prefixes: Mapping[str, str] | None = None) -> bytes:
    """Write the union of graphs in N-Triples as ``ttl``, ``nt``, ``rdf`` or ``jsonld``.

    Equal graphs give equal bytes: each triple is written once, in one order. Blank nodes must
    have names of their own in each part (`apart`). `prefixes` are bound besides those published.
    """
    lines = sorted(set(chain.from_iterable(part.splitlines(keepends=True) for part in parts)))
    written = bodies(b"".join(lines), (ending,), prefixes)
    return document(written.values(), ending, prefixes)


def bodies(
    lines: bytes, endings: Iterable[str], prefixes: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Write a graph in N-Triples in several formats, each without its head and its end."""
    triples = list(ox.parse(lines, ox.RdfFormat.N_TRIPLES))
    bound = {**PREFIXES, **(prefixes or {})}
    return {one: lines if one == "nt" else _body(triples, one, bound) for one in endings}


def document(
    written: Iterable[bytes], ending: str, prefixes: Mapping[str, str] | None = None
) -> bytes:
    """Join bodies in one format: a document of the union of their graphs.

    What several say of one thing stands in it several times, which all these formats allow.
    """
    bound = {**PREFIXES, **(prefixes or {})}
    if ending == "jsonld":
        return b"[" + b",".join(filter(None, written)) + b"]"
    if ending == "rdf":
        return b"".join((_root(bound), *written, _END))
    head = _bindings(bound) if ending == "ttl" else b""
    return b"".join((head, *written))


def in_graphs(
    default: bytes, named: Mapping[str, bytes], ending: str, prefixes: Mapping[str, str]
) -> bytes:
    """Write graphs in N-Triples, one without a name and others by their names, as one dataset.

    `ending` is ``trig``, ``nq`` or ``jsonld``; graphs keep their order.
    """
    lines = [default]
    for name, graph in named.items():
        tail = f" {ox.NamedNode(name)} .\n".encode()
        lines += [line.removesuffix(b" .\n") + tail for line in graph.splitlines(keepends=True)]
    quads = ox.parse(b"".join(lines), ox.RdfFormat.N_QUADS)
    bound = {**PREFIXES, **prefixes}
    return ox.serialize(quads, format=DATASETS[ending], prefixes=bound) or b""


def apart(lines: bytes, mark: str) -> bytes:
    """Give blank nodes names that hold a mark, so that graphs can be joined; others stay as is."""
    if b"_:" not in lines:
        return lines
    marked = (
        ox.Triple(_marked(one.subject, mark), one.predicate, _marked(one.object, mark))
        for one in ox.parse(lines, ox.RdfFormat.N_TRIPLES)
    )
    return ox.serialize(marked, format=ox.RdfFormat.N_TRIPLES) or b""


def values(lines: bytes, subject: str) -> Values:
    """Give what a graph says of one subject."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    about = ox.NamedNode(subject)
    for quad in ox.parse(lines, ox.RdfFormat.N_TRIPLES):
        term = quad.object
        if quad.subject == about and not isinstance(term, ox.Triple):
            language = term.language if isinstance(term, ox.Literal) else None
            found.setdefault(quad.predicate.value, []).append((term.value, language))
    return found


def require_portable(lines: bytes) -> None:
    """Refuse a graph that some format cannot hold; raises `SourceError` with the reason.

    One text with a control character makes the whole document in XML unreadable to everyone.
    """
    for quad in ox.parse(lines, ox.RdfFormat.N_TRIPLES):
        found = isinstance(quad.object, ox.Literal) and _NOT_XML.search(quad.object.value)
        if found:
            raise SourceError(CONTROL, code=f"U+{ord(found[0]):04X}")
        if not _NAMED.search(quad.predicate.value):
            raise SourceError(NO_NAME, predicate=quad.predicate.value)


Part = TypeVar("Part", bound=EngineTerm)


def _marked(term: Part, mark: str) -> Part | ox.BlankNode:
    """Name a blank node anew."""
    return ox.BlankNode(f"{mark}{term.value}") if isinstance(term, ox.BlankNode) else term


def _body(triples: list[ox.Quad], ending: str, bound: Mapping[str, str]) -> bytes:
    """Write triples without the head and the end of a document."""
    whole = ox.serialize(triples, format=GRAPHS[ending], prefixes=dict(bound)) or b""
    if ending == "jsonld":
        return whole[1:-1]
    body = _HEAD[ending].sub(b"", whole, count=1)
    return body.removesuffix(_END) if ending == "rdf" else body


def _bindings(bound: Mapping[str, str]) -> bytes:
    """Write the head of a document in Turtle."""
    return "".join(f"@prefix {name}: <{space}> .\n" for name, space in bound.items()).encode()


def _root(bound: Mapping[str, str]) -> bytes:
    """Write the head of a document in RDF/XML."""
    spaces = "".join(f" xmlns:{name}={quoteattr(space)}" for name, space in bound.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{spaces}>\n'.encode()

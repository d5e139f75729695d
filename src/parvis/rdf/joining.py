"""Records in N-Triples, joined into one document of any format, without rdflib.

Each format has a head, a body for each graph and an end, so that bodies written before can be
joined without writing them again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import TypeVar
from xml.sax.saxutils import quoteattr

import pyoxigraph as ox

from parvis.errors import SheetError, SourceError
from parvis.i18n import N_
from parvis.rdf.formats import DATASETS, GRAPHS, NO_JSON_LD, NOT_WRITTEN
from parvis.rdf.ntriples import EngineTerm
from parvis.vocab.namespaces import PREFIXES

CONTROL = N_("a text holds the character {code}, which XML cannot hold")
NO_NAME = N_("the property {predicate} does not end in a name, so that RDF/XML cannot hold it")

HEXADECIMAL = ox.NamedNode(f"{PREFIXES['xsd']}hexBinary")

Values = Mapping[str, Sequence[tuple[str, str | None]]]
"""Texts and IRIs by the IRI of a property, each with its language."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# The beginnings of documents as the engine writes them.
_HEAD = {
    "ttl": re.compile(rb"(?:@prefix [^\n]*\n)*"),
    "rdf": re.compile(rb".*?<rdf:RDF[^>]*>\n?", re.DOTALL),
}
# What follows the triples of a document in RDF/XML.
_END = b"</rdf:RDF>"
_LOCAL_NAME = re.compile(r"[^\W\d][\w.-]*\Z")


def join_graphs(parts: Iterable[bytes], ending: str) -> bytes:
    """Write the union of graphs in N-Triples as ``ttl``, ``nt``, ``rdf`` or ``jsonld``.

    Equal graphs give equal bytes. Blank nodes must have names of their own in each part
    (`prefix_blank_nodes`).
    """
    # Each triple is written once, in one order.
    lines = sorted(set(chain.from_iterable(part.splitlines(keepends=True) for part in parts)))
    return document(bodies(b"".join(lines), (ending,)).values(), ending)


def bodies(
    lines: bytes, endings: Iterable[str], prefixes: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Write a graph in N-Triples in several formats, each without its head and its end."""
    triples = list(ox.parse(lines, ox.RdfFormat.N_TRIPLES))
    namespaces = {**PREFIXES, **(prefixes or {})}
    texts: dict[str, bytes] = {}
    for ending in endings:
        if ending == "nt":
            texts[ending] = lines
            continue
        text = ox.serialize(triples, format=GRAPHS[ending], prefixes=namespaces) or b""
        if ending == "jsonld":
            texts[ending] = text[1:-1]  # without the brackets of the array
            continue
        body = _HEAD[ending].sub(b"", text, count=1)
        texts[ending] = body.removesuffix(_END) if ending == "rdf" else body
    return texts


def document(
    bodies_in_format: Iterable[bytes], ending: str, prefixes: Mapping[str, str] | None = None
) -> bytes:
    """Join bodies in one format into a document of the union of their graphs.

    A triple of several bodies appears several times, which all these formats allow.
    """
    namespaces = {**PREFIXES, **(prefixes or {})}
    if ending == "jsonld":
        return b"[" + b",".join(filter(None, bodies_in_format)) + b"]"
    if ending == "rdf":
        spaces = "".join(f" xmlns:{name}={quoteattr(iri)}" for name, iri in namespaces.items())
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{spaces}>\n'
        return b"".join((head.encode(), *bodies_in_format, _END))
    if ending == "ttl":
        head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in namespaces.items())
        return b"".join((head.encode(), *bodies_in_format))
    return b"".join(bodies_in_format)


def write_digests_as_texts(text: bytes, ending: str) -> bytes:
    """Rewrite a document in a format with its hexadecimal values as plain texts."""
    triples = (
        ox.Triple(quad.subject, quad.predicate, ox.Literal(quad.object.value))
        if isinstance(quad.object, ox.Literal) and quad.object.datatype == HEXADECIMAL
        else quad.triple
        for quad in ox.parse(text, GRAPHS[ending])
    )
    return ox.serialize(triples, format=GRAPHS[ending], prefixes=PREFIXES) or b""


def serialise_dataset(
    default: bytes, graphs: Mapping[str, bytes], ending: str, prefixes: Mapping[str, str]
) -> bytes:
    """Write a default graph and named graphs in N-Triples as one dataset.

    `ending` is ``trig``, ``nq`` or ``jsonld``; graphs keep their order. Raises `SheetError` for
    triple terms in JSON-LD.
    """
    lines = [default]
    for name, graph in graphs.items():
        end = f" {ox.NamedNode(name)} .\n".encode()
        lines += [line.removesuffix(b" .\n") + end for line in graph.splitlines(keepends=True)]
    quads = ox.parse(b"".join(lines), ox.RdfFormat.N_QUADS)
    namespaces = {**PREFIXES, **prefixes}
    try:
        return ox.serialize(quads, format=DATASETS[ending], prefixes=namespaces) or b""
    except (OSError, ValueError) as error:
        if not str(error).startswith(NOT_WRITTEN):
            raise
        raise SheetError(NO_JSON_LD) from error


def prefix_blank_nodes(lines: bytes, mark: str) -> bytes:
    """Prefix the names of blank nodes with a mark, so that graphs can be joined."""
    if b"_:" not in lines:
        return lines
    renamed = (
        ox.Triple(
            _mark_blank_node(quad.subject, mark),
            quad.predicate,
            _mark_blank_node(quad.object, mark),
        )
        for quad in ox.parse(lines, ox.RdfFormat.N_TRIPLES)
    )
    return ox.serialize(renamed, format=ox.RdfFormat.N_TRIPLES) or b""


def values(lines: bytes, subject: str) -> Values:
    """Return the values of one subject by property."""
    statements: dict[str, list[tuple[str, str | None]]] = {}
    node = ox.NamedNode(subject)
    for quad in ox.parse(lines, ox.RdfFormat.N_TRIPLES):
        term = quad.object
        if quad.subject == node and not isinstance(term, ox.Triple):
            language = term.language if isinstance(term, ox.Literal) else None
            statements.setdefault(quad.predicate.value, []).append((term.value, language))
    return statements


def read_subjects(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield each IRI that sorted N-Triples describe, and the lines about it."""
    for subject, triples in groupby(lines, key=lambda line: line.partition(b" ")[0]):
        if subject[:1] == b"<":
            yield subject[1:-1].decode(), b"".join(triples)


def single_value(properties: Values, predicate: object) -> str | None:
    """Return the value of a property; None where there is none, or several."""
    texts = [text for text, _ in properties.get(str(predicate), ())]
    return texts[0] if len(texts) == 1 else None


def require_portable(lines: bytes) -> None:
    """Raise `SourceError` with the reason for a graph that some format cannot hold."""
    for quad in ox.parse(lines, ox.RdfFormat.N_TRIPLES):
        # A control character would make the whole document in XML unreadable.
        control = isinstance(quad.object, ox.Literal) and _NOT_XML.search(quad.object.value)
        if control:
            raise SourceError(CONTROL, code=f"U+{ord(control[0]):04X}")
        if not _LOCAL_NAME.search(quad.predicate.value):
            raise SourceError(NO_NAME, predicate=quad.predicate.value)


Part = TypeVar("Part", bound=EngineTerm)


def _mark_blank_node(term: Part, mark: str) -> Part | ox.BlankNode:
    return ox.BlankNode(f"{mark}{term.value}") if isinstance(term, ox.BlankNode) else term

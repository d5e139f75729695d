"""Write a file of sorted N-Triples in other forms of RDF, or read it by entity, as a stream."""

import gzip
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import IO, NamedTuple, cast

import pyoxigraph as ox

from parvis.rdf.files import read_quads
from parvis.vocab.prefixes import PREFIXES

LEVEL = 6


class RdfValue(NamedTuple):
    """A value: its text, datatype and language; an IRI has neither datatype nor language."""

    text: str
    datatype: str = ""
    language: str = ""


Entity = tuple[str, list[tuple[str, RdfValue]]]
"""A subject, with its predicates and values in the order of the file."""


def write_quads(path: Path, graph: str, file: IO[bytes]) -> None:
    """Write N-Quads in gzip, all in one graph; equal content gives equal bytes."""
    graph_name = ox.NamedNode(graph)
    graph_quads = (
        ox.Quad(triple.subject, triple.predicate, triple.object, graph_name)
        for triple in read_quads(path)
    )
    # No name and no time in the header, so that equal content gives equal bytes.
    with gzip.GzipFile("", "wb", compresslevel=LEVEL, fileobj=file, mtime=0) as archive:
        ox.serialize(graph_quads, cast("IO[bytes]", archive), format=ox.RdfFormat.N_QUADS)


def write_turtle(path: Path, file: IO[bytes]) -> None:
    """Write Turtle with the published prefixes."""
    triples = (quad.triple for quad in read_quads(path))
    ox.serialize(triples, file, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)


def write_json_ld(path: Path, file: IO[bytes]) -> None:
    """Write JSON-LD 1.1, expanded, without context."""
    ox.serialize((quad.triple for quad in read_quads(path)), file, format=ox.RdfFormat.JSON_LD)


def entities(path: Path) -> Iterator[Entity]:
    """Read each subject with its predicates and values; the file must be sorted."""
    for subject, statements in groupby(read_quads(path), key=lambda quad: quad.subject):
        yield (
            _to_text(subject),
            [(quad.predicate.value, _to_term(quad.object)) for quad in statements],
        )


def _to_term(term: object) -> RdfValue:
    if isinstance(term, ox.Literal):
        return RdfValue(term.value, term.datatype.value, term.language or "")
    return RdfValue(_to_text(term))


def _to_text(term: object) -> str:
    """Return the text of an IRI, or of a blank node as Turtle writes it."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)

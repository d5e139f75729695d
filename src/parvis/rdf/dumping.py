"""A file of sorted N-Triples as other forms of RDF, or entity by entity, always as a stream."""

import gzip
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import IO, NamedTuple, cast

import pyoxigraph as ox

from parvis.rdf.files import quads
from parvis.vocab.prefixes import PREFIXES

LEVEL = 6


class Term(NamedTuple):
    """A value: its text, and what it is; an IRI has neither datatype nor language."""

    text: str
    datatype: str = ""
    language: str = ""


Entity = tuple[str, list[tuple[str, Term]]]
"""A subject, with its predicates and values in the order of the file."""


def write_quads(path: Path, graph: str, file: IO[bytes]) -> None:
    """Write N-Quads in gzip, all in one graph, always to the same bytes."""
    name = ox.NamedNode(graph)
    named = (ox.Quad(one.subject, one.predicate, one.object, name) for one in quads(path))
    with gzip.GzipFile("", "wb", compresslevel=LEVEL, fileobj=file, mtime=0) as packed:
        ox.serialize(named, cast("IO[bytes]", packed), format=ox.RdfFormat.N_QUADS)


def write_turtle(path: Path, file: IO[bytes]) -> None:
    """Write Turtle with the published prefixes."""
    triples = (one.triple for one in quads(path))
    ox.serialize(triples, file, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)


def write_json_ld(path: Path, file: IO[bytes]) -> None:
    """Write JSON-LD 1.1, expanded: a list of entities, without context."""
    ox.serialize((one.triple for one in quads(path)), file, format=ox.RdfFormat.JSON_LD)


def entities(path: Path) -> Iterator[Entity]:
    """Read what is said of each subject, whose triples stand together as they are sorted."""
    for subject, found in groupby(quads(path), key=lambda one: one.subject):
        yield _text(subject), [(one.predicate.value, _term(one.object)) for one in found]


def _term(term: object) -> Term:
    """Give a value."""
    if isinstance(term, ox.Literal):
        return Term(term.value, term.datatype.value, term.language or "")
    return Term(_text(term))


def _text(term: object) -> str:
    """Give the text of an IRI; a blank node's as Turtle writes it."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)

"""Add the wider classes of entities, so that a query for a class finds those of all its kinds.

The ontology says which class is a kind of which (`rdfs:subClassOf`): of a `schema:TheaterEvent`, it
is served too that it is a `schema:Event`, by a triple for each level. Queries then need no
inference, which no engine does while it answers; the record stays as it was sent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from rdflib import URIRef
from rdflib.namespace import RDF, RDFS

from parvis.catalog.ontology import ontology

_TYPE = f" <{RDF.type}> ".encode()
_END = b" .\n"


@cache
def wider_classes() -> Mapping[bytes, frozenset[bytes]]:
    """Return all wider classes of each class that the ontology places, as triples write them."""
    graph = ontology()
    narrow = {kind for kind in graph.subjects(RDFS.subClassOf) if isinstance(kind, URIRef)}
    return {
        _write_term(kind): frozenset(
            _write_term(wide)
            for wide in graph.transitive_objects(kind, RDFS.subClassOf)
            if wide != kind
        )
        for kind in narrow
    }


def _write_term(iri: object) -> bytes:
    return f"<{iri}>".encode()


@cache
def _narrow_type() -> re.Pattern[bytes]:
    kinds = b"|".join(map(re.escape, sorted(wider_classes())))
    return re.compile(re.escape(_TYPE) + b"(?:" + kinds + b")" + re.escape(_END))


def names_narrow_class(block: bytes) -> bool:
    """Return whether lines may say of an entity that it is of a class that has wider ones."""
    return _narrow_type().search(block) is not None


def add_wider_classes(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Add the wider classes of each entity.

    `lines` are sorted triples without duplicates, and stay so.
    """
    wider = wider_classes()
    types: list[bytes] = []  # the lines that say the classes of the last entity
    of = b""
    for line in lines:
        subject, step, kind = line.partition(_TYPE)
        # Only a subject has no space in it: the property may also stand within a text.
        is_type = bool(step) and b" " not in subject
        if types and not (is_type and subject == of):
            yield from sorted(set(types))
            types = []
        if not is_type:
            yield line
            continue
        of = subject
        classes = wider.get(kind.removesuffix(_END), frozenset())
        types += (line, *(b"".join((subject, _TYPE, wide, _END)) for wide in classes))
    yield from sorted(set(types))

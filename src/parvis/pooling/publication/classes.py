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


def add_wider_classes(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Add the wider classes of each entity.

    `blocks` are lines of sorted triples without duplicates, any number of them, and stay so.
    """
    wider = wider_classes()
    types: set[bytes] = set()  # the lines that say the classes of the last entity
    of = b""
    for block in blocks:
        start, at = 0, block.find(_TYPE)
        # Of all other lines, which are most, none is looked at.
        while at >= 0:
            begin = block.rfind(b"\n", start, at) + 1 or start
            end = block.find(b"\n", at) + 1 or len(block)
            subject, kind = block[begin:at], block[at + len(_TYPE) : end].removesuffix(_END)
            # Only a subject has no space in it: the property may also stand within a text.
            if b" " not in subject:
                if begin > start or subject != of:
                    yield from sorted(types)
                    types, of = set(), subject
                if begin > start:
                    yield block[start:begin]
                classes = wider.get(kind, frozenset())
                types |= {block[begin:end], *(subject + _TYPE + wide + _END for wide in classes)}
                start = end
            at = block.find(_TYPE, end)
        if start < len(block):
            yield from (*sorted(types), block[start:])
            types = set()
    yield from sorted(types)

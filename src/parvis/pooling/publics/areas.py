"""Figures of earlier versions, which name one area, read as figures that name two.

A figure of version 0.1 has `parvis:refArea` alone: for some where the event took place, for others
where the persons live. What reads the record or serves it adds both dimensions, by one rule; the
record stays as it was sent, and what is served keeps the former area too.

The rule: the area of a figure of one place is that of the event, if the figures of this place name
no other area (besides all areas), if it is no postal code, and if the dataset does not say that the
place is elsewhere. Any other area is that of residence. The other dimension is the total.
"""

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from rdflib.namespace import QB, RDF

from parvis.catalog.codelists import FSA, Areas
from parvis.catalog.ontology import last_segment
from parvis.store.files import RECORDED
from parvis.store.record.graph_record import GraphRecord, GraphVersion
from parvis.vocab.namespaces import CONCEPT, PARVIS

SUFFIX = f".areas{RECORDED}"
"""The end of the name of a content with both areas; before it stands the digest of the record's."""

_FORMER, _EVENT, _RESIDENCE, _PLACE, _TERRITORY = (
    f"<{PARVIS[name]}>".encode()
    for name in ("refArea", "eventArea", "residenceArea", "place", "territory")
)
_TYPE, _OBSERVATION = f"<{RDF.type}>".encode(), f"<{QB.Observation}>".encode()
_TOTAL = f"<{CONCEPT}area/total>".encode()
_ALL_PLACES = f"<{CONCEPT}place/total>".encode()


def names_former_area(block: bytes) -> bool:
    """Return whether lines may be of figures that name one area."""
    return b" " + _FORMER + b" " in block


def has_former_areas(record: GraphRecord, version: GraphVersion) -> bool:
    """Return whether a content may hold figures that name one area."""
    return any(map(names_former_area, record.read_blocks(version)))


def read_with_areas(record: GraphRecord, version: GraphVersion) -> Iterator[bytes]:
    """Read the triples of a content in their order; figures that name one area have both."""
    if not has_former_areas(record, version):
        return record.read_lines(version)
    located = find_located_places(record.read_lines(version))
    return add_areas(record.read_lines(version), located)


def file_with_areas(record: GraphRecord, version: GraphVersion, folder: Path) -> Path:
    """Return the file of a content: the record's, or one in a folder where figures have both."""
    if not has_former_areas(record, version):
        return record.path(version)
    path = folder / f"{version.digest}{SUFFIX}"
    with gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as file:
        file.writelines(read_with_areas(record, version))
    return path


def find_located_places(lines: Iterable[bytes]) -> frozenset[bytes]:
    """Return the places, as triples write them, whose figures name the area where they are.

    `lines` are the triples of a dataset, grouped by subject.
    """
    areas_of: defaultdict[bytes, set[bytes]] = defaultdict(set)
    territories: dict[bytes, set[bytes]] = {}
    for subject, group in groupby(lines, key=_subject_of):
        statements = _read_objects(group, (_FORMER, _PLACE, _TERRITORY))
        if statements[_TERRITORY]:
            territories[subject] = statements[_TERRITORY]
        for place in statements[_PLACE]:
            areas_of[place] |= statements[_FORMER] - {_TOTAL}
    areas_of.pop(_ALL_PLACES, None)
    within = Areas().within

    def is_there(place: bytes, area: str) -> bool:
        stated = set(map(_iri_of, territories.get(place, ())))
        wider = stated.union(*(within.get(territory, ()) for territory in stated))
        return (not stated or area in wider) and not FSA.fullmatch(last_segment(area))

    return frozenset(
        place
        for place, areas in areas_of.items()
        if len(areas) == 1 and all(is_there(place, _iri_of(area)) for area in areas)
    )


def add_areas(lines: Iterable[bytes], located: frozenset[bytes]) -> Iterator[bytes]:
    """Add both areas to the figures that name one, and that of residence to what is reached.

    `lines` are sorted triples, and stay so; `located` is of `find_located_places`.
    """
    for subject, group in groupby(lines, key=_subject_of):
        triples = list(group)
        # Of most entities, nothing has to be read.
        if not any(_FORMER in triple for triple in triples):
            yield from triples
            continue
        names = (_TYPE, _FORMER, _PLACE, _EVENT, _RESIDENCE)
        statements = _read_objects(triples, names)
        for predicate, areas in _decide_areas(statements, located):
            triples += [b"%s %s %s .\n" % (subject, predicate, area) for area in areas]
        yield from sorted(triples)


def _decide_areas(
    statements: dict[bytes, set[bytes]], located: frozenset[bytes]
) -> Iterator[tuple[bytes, set[bytes]]]:
    """Yield the areas that an entity lacks, by the dimension that they are of."""
    areas, event, residence = (statements[name] for name in (_FORMER, _EVENT, _RESIDENCE))
    if not areas:
        return
    if _OBSERVATION not in statements[_TYPE]:
        if not residence:
            yield _RESIDENCE, areas
        return
    at_event = statements[_PLACE] <= located and bool(statements[_PLACE])
    # Where one dimension is told, the former area says nothing of the other.
    told = bool(event or residence)
    if not event:
        yield _EVENT, areas if at_event and not told else {_TOTAL}
    if not residence:
        yield _RESIDENCE, {_TOTAL} if at_event or told else areas


def _subject_of(line: bytes) -> bytes:
    return line.partition(b" ")[0]


def _read_objects(
    triples: Iterable[bytes], predicates: tuple[bytes, ...]
) -> dict[bytes, set[bytes]]:
    """Return the IRIs that an entity has of each property."""
    objects: dict[bytes, set[bytes]] = {predicate: set() for predicate in predicates}
    for triple in triples:
        _, predicate, tail = triple.split(b" ", 2)
        if predicate in objects:
            objects[predicate].add(tail.partition(b" ")[0])
    return objects


def _iri_of(term: bytes) -> str:
    return term[1:-1].decode()

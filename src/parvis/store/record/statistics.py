"""What a graph holds, counted: triples, entities, classes, properties and links.

A file of the record is read twice, a line at a time, in the order of bytes: so a subject's lines
stand together, and what is kept in memory is a class per entity and a number per distinct object.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from parvis.rdf.lines import canonical_triples
from parvis.store.record.content import lines_of
from parvis.vocab.namespaces import CONCEPT, PREFIXES

TYPE = f"<{PREFIXES['rdf']}type>".encode()
IDENTITY = {
    f"<{PREFIXES[prefix]}{name}>".encode()
    for prefix, name in (
        ("owl", "sameAs"),
        ("skos", "exactMatch"),
        ("skos", "closeMatch"),
        ("skos", "broadMatch"),
        ("skos", "narrowMatch"),
        ("skos", "relatedMatch"),
    )
}
"""Properties that link to a thing of elsewhere, whoever describes it."""

_CONCEPT = f"<{CONCEPT}".encode()
_STRING, _TEXT = PREFIXES["xsd"] + "string", PREFIXES["rdf"] + "langString"

Classes = tuple[bytes, ...]
"""The classes of an entity, sorted."""


@dataclass
class Uses:
    """How a property is used: in triples, by distinct subjects, with distinct objects.

    `classes` and `datatypes` count the triples whose object is an entity of a class of the same
    graph, or a literal of a datatype. Objects are 0 where they were not counted.
    """

    triples: int = 0
    subjects: int = 0
    objects: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    datatypes: dict[str, int] = field(default_factory=dict)


@dataclass
class Members:
    """The entities of a class, and the properties that are used of them."""

    entities: int = 0
    properties: dict[str, Uses] = field(default_factory=dict)

    @property
    def triples(self) -> int:
        """Count the triples that are about them."""
        return sum(uses.triples for uses in self.properties.values())


@dataclass
class Statistics:
    """What a graph holds; classes, properties and the spaces that it links to by their IRI.

    `links` counts the triples of a property whose object is in a space: the shared concepts, or
    another site; `concepts` counts the triples that lead to each of the shared concepts.
    """

    triples: int = 0
    entities: int = 0
    subjects: int = 0
    objects: int = 0
    properties: dict[str, Uses] = field(default_factory=dict)
    classes: dict[str, Members] = field(default_factory=dict)
    links: dict[str, dict[str, int]] = field(default_factory=dict)
    concepts: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the statistics as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Read what `to_json` gave; raises `KeyError` or `TypeError` for anything else."""
        classes = {
            name: Members(one["entities"], _uses(one["properties"]))
            for name, one in found["classes"].items()
        }
        told = {"classes": classes, "properties": _uses(found["properties"])}
        return cls(**(found | told | {"concepts": found["concepts"]}))


def _uses(found: dict[str, Any]) -> dict[str, Uses]:
    return {name: Uses(**uses) for name, uses in found.items()}


def count(path: Path) -> Statistics:
    """Count a file of sorted N-Triples, compressed or not: some 3 s and 300 MB a million lines."""
    return _Counting(path).statistics()


class _Counting:
    """One file, being counted; terms are as they are written."""

    def __init__(self, path: Path) -> None:
        """Learn the class of every entity."""
        self._path = path
        self._classes: dict[bytes, Classes] = _classes(path)
        self._uses: Counter[tuple[Classes, bytes, bytes | Classes]] = Counter()
        self._subjects: Counter[tuple[Classes, bytes]] = Counter()
        self._objects: defaultdict[bytes, set[int]] = defaultdict(set)
        self._links: Counter[tuple[bytes, bytes]] = Counter()
        self._concepts: Counter[bytes] = Counter()
        self._entities: Counter[bool] = Counter()

    def statistics(self) -> Statistics:
        """Count."""
        self._count()
        found = Statistics(
            triples=self._uses.total(),
            entities=self._entities[True],
            subjects=self._entities.total(),
            objects=len(set().union(*self._objects.values())),
        )
        for name in sorted(self._objects):
            found.properties[_iri(name)] = Uses(objects=len(self._objects[name]))
        for kinds, entities in Counter(self._classes.values()).items():
            for kind in kinds:
                found.classes.setdefault(_iri(kind), Members()).entities += entities
        self._share_uses(found)
        for (name, space), triples in self._links.items():
            found.links.setdefault(_iri(name), {})[space.decode()] = triples
        found.concepts = {_iri(one): triples for one, triples in sorted(self._concepts.items())}
        return found

    def _count(self) -> None:
        """Go through the lines once: this loop is all that takes time."""
        uses, objects, known = self._uses, self._objects, self._classes
        subject = predicate = b""
        kinds: Classes = ()
        for line in lines_of(self._path):
            this, step, rest = line.split(b" ", 2)
            value = rest[:-3]  # without its “ .” and the end of the line
            if this != subject:
                subject, predicate, kinds = this, b"", known.get(this, ())
                self._entities[this[:1] == b"<"] += 1
            if step != predicate:
                predicate = step
                self._subjects[kinds, step] += 1
            objects[step].add(hash(value))
            if value[:1] == b"<":
                uses[kinds, step, known.get(value, ())] += 1
                self._link(step, value)
            else:
                uses[kinds, step, _datatype(value)] += 1

    def _link(self, step: bytes, value: bytes) -> None:
        """Count a link to the shared concepts, or to another site."""
        if value.startswith(_CONCEPT):
            self._links[step, _CONCEPT[1:]] += 1
            self._concepts[value] += 1
        elif step in IDENTITY:
            site = urlsplit(value[1:-1])
            self._links[step, site.scheme + b"://" + site.netloc + b"/"] += 1

    def _share_uses(self, found: Statistics) -> None:
        """Give each use of a property to the whole, and to the classes of its subject."""
        for (kinds, step, value), triples in self._uses.items():
            for uses in _concerned(found, kinds, _iri(step)):
                uses.triples += triples
                _add_value(uses, value, triples)
        for (kinds, step), subjects in self._subjects.items():
            for uses in _concerned(found, kinds, _iri(step)):
                uses.subjects += subjects


def _classes(path: Path) -> dict[bytes, Classes]:
    """Read the classes of each entity that has any; equal ones are kept once."""
    found: dict[bytes, Classes] = {}
    kept: dict[Classes, Classes] = {}
    for line in lines_of(path):
        if TYPE in line:
            subject, step, rest = line.split(b" ", 2)
            if step == TYPE:
                kinds = (*found.get(subject, ()), rest[:-3])
                found[subject] = kept.setdefault(kinds, kinds)
    return found


def _concerned(found: Statistics, kinds: Classes, step: str) -> Iterator[Uses]:
    """Give the counts that a triple belongs to."""
    yield found.properties[step]
    for kind in kinds:
        yield found.classes[_iri(kind)].properties.setdefault(step, Uses())


def _add_value(uses: Uses, value: bytes | Classes, triples: int) -> None:
    """Count what the objects are."""
    if isinstance(value, bytes):
        if datatype := value.decode():
            uses.datatypes[datatype] = uses.datatypes.get(datatype, 0) + triples
        return
    for kind in map(_iri, value):
        uses.classes[kind] = uses.classes.get(kind, 0) + triples


def _datatype(value: bytes) -> bytes:
    """Tell the datatype of a literal; a node without a name has none."""
    if value[-1:] == b'"':
        return _STRING.encode()
    if value[-1:] == b">":
        return value[value.rindex(b"^^<") + 3 : -1]
    return _TEXT.encode() if value[:1] == b'"' else b""


def _iri(term: bytes) -> str:
    """Give the IRI that a term writes, its escapes read."""
    if b"\\" not in term:
        return term[1:-1].decode()
    ((_, _, found),) = canonical_triples([b"<x:x> <x:x> " + term + b" .\n"])
    return str(found)

"""Statistics of a graph: triples, entities, classes, properties and links.

A file of the record is read twice, one line at a time, in the order of bytes: so the lines of a
subject are adjacent, and memory holds only a class per entity and a number per distinct object.

``python -I -m parvis.store.record.statistics`` computes them in a process, so that a file that
exhausts the memory or never ends costs that process only. A request is ``{"path": file of
N-Triples}``; its answer is `Statistics` as JSON, or ``{}``. The answer to ``{"events": files}`` is
their `Programming`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from parvis.config.json_data import from_json, to_object
from parvis.errors import WorkerDied
from parvis.rdf.lines import canonical_triples
from parvis.sandbox.client import ProcessClient
from parvis.sandbox.serving import serve
from parvis.store.record.content import lines_of
from parvis.store.record.programming import count_programming
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
"""Properties that link to the same or a similar entity of another site."""

_CONCEPT = f"<{CONCEPT}".encode()
_STRING, _TEXT = f"{PREFIXES['xsd']}string".encode(), f"{PREFIXES['rdf']}langString".encode()
_DIRECTED = f"{PREFIXES['rdf']}dirLangString".encode()
"""The datatype of texts with a direction, ``--ltr`` or ``--rtl`` (RDF 1.2 §3.3)."""

Classes = tuple[bytes, ...]
"""The classes of an entity, sorted."""


@dataclass
class PropertyStatistics:
    """How often a property is used: triples, distinct subjects, distinct objects.

    `classes` and `datatypes` count the triples whose object is an entity of a class of the same
    graph, or a literal of a datatype. `objects` is 0 where they were not counted.
    """

    triples: int = 0
    subjects: int = 0
    objects: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    datatypes: dict[str, int] = field(default_factory=dict)


@dataclass
class ClassStatistics:
    """The number of entities of a class, and the properties used of them."""

    entities: int = 0
    properties: dict[str, PropertyStatistics] = field(default_factory=dict)

    @property
    def triples(self) -> int:
        return sum(uses.triples for uses in self.properties.values())


@dataclass
class Statistics:
    """The statistics of a graph; classes, properties and link targets by their IRI.

    `links` counts the triples of a property that link to a namespace: the shared concepts, or
    another site; `concepts` counts the links to each shared concept.
    """

    triples: int = 0
    entities: int = 0
    subjects: int = 0
    objects: int = 0
    properties: dict[str, PropertyStatistics] = field(default_factory=dict)
    classes: dict[str, ClassStatistics] = field(default_factory=dict)
    links: dict[str, dict[str, int]] = field(default_factory=dict)
    concepts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises `KeyError` or `TypeError` for anything else."""
        # Without the concepts, it is of an earlier version: the graph is to be counted again.
        return from_json(cls, fields | {"concepts": fields["concepts"]})


def count(path: Path) -> Statistics:
    """Count a file of sorted N-Triples, compressed or not.

    It takes some 3 s and 300 MB per million lines.
    """
    return _Counting(path).statistics()


class _Counting:
    """The counts of one file, whose terms stay as they are written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._classes: dict[bytes, Classes] = {}
        unique: dict[Classes, Classes] = {}  # equal tuples are stored once, to save memory
        for line in lines_of(path):
            if TYPE in line:
                subject, step, remainder = line.split(b" ", 2)
                if step == TYPE:
                    kinds = (*self._classes.get(subject, ()), remainder[:-3])
                    self._classes[subject] = unique.setdefault(kinds, kinds)
        self._uses: Counter[tuple[Classes, bytes, bytes | Classes]] = Counter()
        self._subjects: Counter[tuple[Classes, bytes]] = Counter()
        self._objects: defaultdict[bytes, set[int]] = defaultdict(set)
        self._links: Counter[tuple[bytes, bytes]] = Counter()
        self._concepts: Counter[bytes] = Counter()
        self._entities: Counter[bool] = Counter()

    def statistics(self) -> Statistics:
        self._count_lines()
        result = Statistics(
            triples=self._uses.total(),
            entities=self._entities[True],
            subjects=self._entities.total(),
            objects=len(set().union(*self._objects.values())),
        )
        for name in sorted(self._objects):
            result.properties[_to_iri(name)] = PropertyStatistics(objects=len(self._objects[name]))
        for kinds, entities in Counter(self._classes.values()).items():
            for kind in kinds:
                result.classes.setdefault(_to_iri(kind), ClassStatistics()).entities += entities
        self._add_uses(result)
        for (name, space), triples in self._links.items():
            result.links.setdefault(_to_iri(name), {})[space.decode()] = triples
        result.concepts = {
            _to_iri(concept): triples for concept, triples in sorted(self._concepts.items())
        }
        return result

    def _count_lines(self) -> None:
        # This loop takes nearly all of the time, so it does as little as possible per line.
        uses, objects, classes = self._uses, self._objects, self._classes
        subject = predicate = b""
        kinds: Classes = ()
        for line in lines_of(self._path):
            line_subject, step, remainder = line.split(b" ", 2)
            value = remainder[:-3]  # without its “ .” and the end of the line
            if line_subject != subject:
                subject, predicate, kinds = line_subject, b"", classes.get(line_subject, ())
                self._entities[subject[:1] == b"<"] += 1
            if step != predicate:
                predicate = step
                self._subjects[kinds, step] += 1
            objects[step].add(hash(value))
            if value[:1] == b"<":
                uses[kinds, step, classes.get(value, ())] += 1
                if value.startswith(_CONCEPT):
                    self._links[step, _CONCEPT[1:]] += 1
                    self._concepts[value] += 1
                elif step in IDENTITY and value[1:2] != b"<":  # a link to another site
                    site = urlsplit(value[1:-1])
                    self._links[step, site.scheme + b"://" + site.netloc + b"/"] += 1
            elif value[-1:] == b'"':
                uses[kinds, step, _STRING] += 1
            elif value[-1:] == b">":
                uses[kinds, step, value[value.rindex(b"^^<") + 3 : -1]] += 1
            else:  # a blank node has no datatype
                datatype = _DIRECTED if value[-5:-3] == b"--" else _TEXT
                uses[kinds, step, datatype if value[:1] == b'"' else b""] += 1

    def _add_uses(self, result: Statistics) -> None:
        """Add each use of a property to the graph's total and to the classes of its subject."""

        def totals(kinds: Classes, step: bytes) -> Iterator[PropertyStatistics]:
            name = _to_iri(step)
            yield result.properties[name]
            for kind in kinds:
                yield result.classes[_to_iri(kind)].properties.setdefault(
                    name, PropertyStatistics()
                )

        for (kinds, step, value), triples in self._uses.items():
            for uses in totals(kinds, step):
                uses.triples += triples
                if isinstance(value, tuple):
                    for kind in map(_to_iri, value):
                        uses.classes[kind] = uses.classes.get(kind, 0) + triples
                elif datatype := value.decode():
                    uses.datatypes[datatype] = uses.datatypes.get(datatype, 0) + triples
        for (kinds, step), subjects in self._subjects.items():
            for uses in totals(kinds, step):
                uses.subjects += subjects


def _to_iri(term: bytes) -> str:
    """Return the IRI of a term, its escapes decoded."""
    if b"\\" not in term:
        return term[1:-1].decode()
    ((_, _, iri),) = canonical_triples([b"<x:x> <x:x> " + term + b" .\n"])
    return str(iri)


class StatisticsCounter(ProcessClient):
    """Computes statistics in a killable process, started for the first file."""

    def __init__(self, seconds: float, memory: int) -> None:
        super().__init__("parvis.store.record.statistics", seconds, memory=memory)

    def count(self, path: Path) -> Statistics | None:
        """Count a file; None for one that exceeds the limits, or is not N-Triples."""
        try:
            answer = self.call({"path": str(path)})
        except (WorkerDied, TimeoutError):
            return None
        return Statistics.from_json(answer) if answer else None

    def count_events(self, paths: Sequence[Path]) -> dict[str, Any] | None:
        """Return the `Programming` of graphs together as JSON; None if they exceed the limits."""
        try:
            return self.call({"events": [*map(str, paths)]}) or None
        except (WorkerDied, TimeoutError):
            return None


def count_file(request: dict[str, Any]) -> dict[str, Any]:
    """Count one file; the answer is empty for one that is not N-Triples."""
    try:
        if "events" in request:
            return count_programming([*map(Path, request["events"])]).to_json()
        return to_object(count(Path(request["path"])))
    except (ValueError, OSError, EOFError):
        return {}


if __name__ == "__main__":
    serve(count_file, walled=False)

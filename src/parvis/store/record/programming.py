"""The events of a graph, counted in groups that are alike in all that a table tells of them.

A group has sets of values: an event for two audiences is in one group, of both. So a count over any
of its properties adds up groups, and counts no event twice.

Files are read once, in blocks; memory holds a group per different event.
"""

import heapq
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from parvis.rdf.streams import open_file, read_blocks
from parvis.vocab.namespaces import PREFIXES

_PROPERTIES = {
    f"{PREFIXES[prefix]}{name}".encode(): name
    for prefix, name in (
        ("parvis", "discipline"),
        ("parvis", "targetAudience"),
        ("parvis", "territory"),
        ("schema", "eventStatus"),
        ("schema", "location"),
        ("schema", "startDate"),
        ("qb", "measureType"),
    )
}
_LINE = re.compile(
    rb"^(\S+) <(" + b"|".join(map(re.escape, _PROPERTIES)) + rb")> (.*) \.$", re.MULTILINE
)
_NOT_OF_EVENTS = ({"territory"}, {"discipline", "measureType"}, {"measureType"})
"""The properties of a place, and of a figure."""

Terms = tuple[str, ...]
"""Different terms as N-Triples writes them, sorted."""


@dataclass(frozen=True, order=True)
class EventGroup:
    """What the events of a group have in common.

    `months` are the beginnings of the first days, as ``2026-11``. `areas` are those of places that
    the graph describes, `elsewhere` are the places that it does not.
    """

    months: Terms
    statuses: Terms
    disciplines: Terms
    audiences: Terms
    areas: Terms
    elsewhere: Terms = ()

    @property
    def values(self) -> tuple[Terms, ...]:
        """What a table tells of the group."""
        return (self.months, self.statuses, self.disciplines, self.audiences, self.areas)

    @property
    def all_values(self) -> tuple[Terms, ...]:
        return (*self.values, self.elsewhere)

    def without_places(self) -> "EventGroup":
        return replace(self, elsewhere=())


@dataclass
class Programming:
    """The groups of events of a graph, each with how many events it has.

    `places` are the areas of each place that the graph describes, `subjects` digests of the
    entities that it says something of that an event may have.
    """

    groups: dict[EventGroup, int] = field(default_factory=dict)
    places: dict[str, Terms] = field(default_factory=dict)
    subjects: list[int] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        # Each term is written once: the groups of a graph repeat a few.
        terms = sorted({term for group in self.groups for term in chain(*group.all_values)})
        number = {term: at for at, term in enumerate(terms)}
        rows = [
            [*([number[term] for term in values] for values in group.all_values), count]
            for group, count in sorted(self.groups.items())
        ]
        document = {"terms": terms, "groups": rows}
        return document | {"places": self.places, "subjects": self.subjects}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Programming":
        """Read what `to_json` wrote. Raises `KeyError`, `TypeError`, `IndexError`."""
        terms = document["terms"]
        groups = {
            EventGroup(*(tuple(terms[at] for at in values) for values in row)): count
            for *row, count in document["groups"]
        }
        places = {place: tuple(areas) for place, areas in document["places"].items()}
        return cls(groups, places, document["subjects"])


def count_programming(paths: Sequence[Path]) -> Programming:
    """Count the events of a graph, or of several together; each is a file of sorted N-Triples."""
    places: dict[str, Terms] = {}
    events: Counter[tuple[EventGroup, Terms]] = Counter()
    subjects = []
    for subject, statements in _read_entities(paths):
        # A blank node is of one graph alone.
        if subject.startswith("<") and statements.keys() not in _NOT_OF_EVENTS:
            subjects.append(int.from_bytes(blake2b(subject.encode(), digest_size=8).digest()))
        if statements["territory"]:
            places[subject] = _sort(statements["territory"])
        if statements["eventStatus"] or statements["startDate"]:
            group = EventGroup(
                # As the SPARQL of a question does: SUBSTR(STR(?start), 1, 7)
                _sort(_text_of(start)[:7] for start in statements["startDate"]),
                _sort(statements["eventStatus"]),
                _sort(statements["discipline"]),
                _sort(statements["targetAudience"]),
                (),
            )
            events[group, _sort(statements["location"])] += 1
    groups: Counter[EventGroup] = Counter()
    for (group, locations), count in events.items():
        groups[locate_group(group, locations, places)] += count
    return Programming(dict(groups), places, sorted(subjects))


def locate_group(
    group: EventGroup, locations: Sequence[str], places: Mapping[str, Terms]
) -> EventGroup:
    """Return a group with the areas of its places, as far as these are described."""
    areas = {area for place in locations for area in places.get(place, ())}
    elsewhere = (place for place in locations if place not in places)
    terms = (group.months, group.statuses, group.disciplines, group.audiences)
    return EventGroup(*terms, _sort(areas.union(group.areas)), _sort(elsewhere))


def _read_entities(paths: Sequence[Path]) -> Iterator[tuple[str, defaultdict[str, list[str]]]]:
    """Yield what is said of each entity, by the name of the property."""
    triples = heapq.merge(*map(_read_triples, paths), key=itemgetter(0))
    for subject, of_subject in groupby(triples, itemgetter(0)):
        statements: defaultdict[str, list[str]] = defaultdict(list)
        for _, predicate, term in of_subject:
            statements[_PROPERTIES[predicate]].append(term.decode())
        yield subject.decode(), statements


def _read_triples(path: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
    with open_file(path) as file:
        for block in read_blocks(file):
            yield from _LINE.findall(block)


def _sort(terms: Iterable[str]) -> Terms:
    return tuple(sorted(set(terms)))


def _text_of(term: str) -> str:
    """Return what STR() returns of a term."""
    if not term.startswith('"'):
        return term.strip("<>")
    text = term[: term.rindex('"') + 1]
    return str(json.loads(text)) if "\\" in text else text[1:-1]

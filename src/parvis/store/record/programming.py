"""The events of a graph, counted in groups that are alike in all that a table tells of them.

A group has sets of values: an event for two audiences is in one group, of both. So a count over any
of its properties adds up groups, and counts no event twice.

Files are read once, in blocks; memory holds a group per different event.
"""

import heapq
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from parvis.rdf.streams import open_file, read_blocks
from parvis.vocab.namespaces import PREFIXES

_PROPERTIES = {
    f"<{PREFIXES[prefix]}{name}>".encode(): name
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
_NOT_OF_EVENTS = ({"territory"}, {"discipline", "measureType"}, {"measureType"})
"""The properties of a place, and of a figure."""
_VALUES = ("eventStatus", "discipline", "targetAudience", "location")

Terms = tuple[str, ...]
"""Different terms as N-Triples writes them, sorted."""


class EventGroup(NamedTuple):
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
        terms = sorted({term for group in self.groups for term in chain(*group)})
        number = {term: at for at, term in enumerate(terms)}
        rows = [
            [*([number[term] for term in values] for values in group), count]
            for group, count in sorted(self.groups.items())
        ]
        document = {"terms": terms, "groups": rows}
        return document | {"places": self.places, "subjects": self.subjects}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Programming":
        """Read what `to_json` wrote. Raises `KeyError`, `TypeError`, `IndexError`."""
        terms = document["terms"]
        groups = {
            EventGroup(*[tuple([terms[at] for at in values]) for values in row]): count
            for *row, count in document["groups"]
        }
        places = {place: tuple(areas) for place, areas in document["places"].items()}
        return cls(groups, places, document["subjects"])


def count_programming(paths: Sequence[Path]) -> Programming:
    """Count the events of a graph, or of several together; each is a file of sorted N-Triples."""
    places: dict[str, Terms] = {}
    events: Counter[tuple[Terms, ...]] = Counter()
    subjects = []
    for subject, statements in _read_entities(paths):
        # A blank node is of one graph alone.
        if subject[:1] == b"<" and statements.keys() not in _NOT_OF_EVENTS:
            subjects.append(int.from_bytes(blake2b(subject, digest_size=8).digest()))
        if "territory" in statements:
            places[subject.decode()] = _sort(statements["territory"])
        if "eventStatus" in statements or "startDate" in statements:
            # As the SPARQL of a question does: SUBSTR(STR(?start), 1, 7)
            starts = [_text_of(start)[:7] for start in statements.get("startDate", ())]
            values = (_sort(statements.get(name, ())) for name in _VALUES)
            events[_sort(starts), *values] += 1
    groups: Counter[EventGroup] = Counter()
    for (months, statuses, disciplines, audiences, locations), count in events.items():
        group = EventGroup(months, statuses, disciplines, audiences, areas=())
        groups[locate_group(group, locations, places) if locations else group] += count
    return Programming(dict(groups), places, sorted(subjects))


def locate_group(
    group: EventGroup, locations: Sequence[str], places: Mapping[str, Terms]
) -> EventGroup:
    """Return a group with the areas of its places, as far as these are described."""
    areas = {area for place in locations for area in places.get(place, ())}
    elsewhere = [place for place in locations if place not in places]
    return group._replace(areas=_sort(areas.union(group.areas)), elsewhere=_sort(elsewhere))


def _read_entities(paths: Sequence[Path]) -> Iterator[tuple[bytes, dict[str, list[str]]]]:
    """Yield what is said of each entity, by the name of the property."""
    files = [*map(_read_triples, paths)]
    triples = files[0] if len(files) == 1 else heapq.merge(*files, key=itemgetter(0))
    of = b""
    statements: dict[str, list[str]] = {}
    for subject, name, term in triples:
        if subject != of:
            if statements:
                yield of, statements
            of, statements = subject, {}
        statements.setdefault(name, []).append(term)
    if statements:
        yield of, statements


def _read_triples(path: Path) -> Iterator[tuple[bytes, str, str]]:
    """Yield the statements with one of the properties."""
    name_of = _PROPERTIES.get
    with open_file(path) as file:
        for block in read_blocks(file):
            for line in block.splitlines():  # no pattern is as fast
                subject, predicate, remainder = line.split(b" ", 2)
                if name := name_of(predicate):
                    yield subject, name, remainder[:-2].decode()


def _sort(terms: Collection[str]) -> Terms:
    return tuple(sorted(set(terms)) if len(terms) > 1 else terms)


def _text_of(term: str) -> str:
    """Return what STR() returns of a term."""
    if not term.startswith('"'):
        return term.strip("<>")
    text = term[: term.rindex('"') + 1]
    return str(json.loads(text)) if "\\" in text else text[1:-1]

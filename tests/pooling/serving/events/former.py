"""Events by one query and one pass over all statements: what a list must be equal to.

It is how events were read before there were lists; it holds everything in memory.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store, parse

from parvis.pooling.serving.events.entities import CANCELLED, POSTPONED, Event, Place, widen
from parvis.pooling.serving.events.filters import EventFilter
from parvis.pooling.serving.events.reading import (
    KINDS,
    PROPERTIES,
    SERIES,
    EntityReader,
    Statement,
    list_terms,
)
from parvis.vocab.namespaces import PREFIXES, SCHEMA
from tests.pooling.serving.events.invented import IRIS, ZONE

QUERY = f"""SELECT ?graph ?subject ?property ?value (LANG(?value) AS ?language) WHERE {{
  {{ GRAPH ?graph {{ ?subject a ?kind }} VALUES ?kind {{ {list_terms(KINDS)} }}
    GRAPH ?graph {{ ?subject ?property ?value }}
    VALUES ?property {{ {list_terms(PROPERTIES)} }} }}
  UNION
  {{ GRAPH ?graph {{ ?subject owl:sameAs ?value }} BIND(owl:sameAs AS ?property) }}
}}"""


class FormerReader(EntityReader):
    """Reads all that some statements describe."""

    def list_events(self) -> list[Event]:
        stated = self._statements
        subjects = [*stated.subjects()]
        parts = {iri for s in subjects for iri in stated.values(s, SCHEMA.superEvent)}
        kinds = frozenset(map(str, (SCHEMA.Event, *SERIES)))
        series = frozenset(map(str, SERIES))
        events = (
            self.read_event(iri)
            for iri in subjects
            if (of := stated.kinds(iri)) & kinds
            # The dates of a series are events of their own.
            and not (of & series and iri in parts)
        )
        return sorted(filter(None, events), key=lambda event: event.key)

    def list_places(self) -> list[Place]:
        stated, kind = self._statements, str(SCHEMA.Place)
        return [self.read_place(iri) for iri in stated.subjects() if kind in stated.kinds(iri)]


def read_formerly(text: str, readable: Collection[str]) -> tuple[list[Event], list[Place]]:
    """Return the events and places of some graphs of statements, by their start and by name."""
    store = Store()
    for quad in parse(text, RdfFormat.TRIG):
        assert isinstance(quad.graph_name, NamedNode)
        if quad.graph_name.value in readable:
            store.add(quad)
    reader = FormerReader(_read_statements(store), IRIS, ZONE)
    return reader.list_events(), sorted(reader.list_places(), key=lambda place: place.key)


def _read_statements(store: Store) -> Iterator[Statement]:
    rows = store.query(QUERY, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    for row in rows:
        graph, subject, step, value = (
            row[name] for name in ("graph", "subject", "property", "value")
        )
        language = value.language if isinstance(value, Literal) else ""
        yield graph.value, subject.value, step.value, value.value, language or ""


def select_formerly(criteria: EventFilter, events: Iterable[Event]) -> list[Event]:
    """Return the events for which all but the words holds, in their order."""
    return [event for event in events if _holds(criteria, event)]


def _holds(criteria: EventFilter, event: Event) -> bool:
    place = event.place
    at = {place.iri, place.holder and place.holder.iri} if place else set()
    wanted: tuple[tuple[frozenset[str] | None, Iterable[object]], ...] = (
        (criteria.partners, {key.partner for key in event.datasets}),
        (criteria.places, at),
        (criteria.languages, {*event.languages}),
        (criteria.concepts.get("area"), place.within if place else ()),
        *(
            (criteria.concepts.get(name), widen(name, values))
            for name, values in (("discipline", event.disciplines), ("audience", event.audiences))
        ),
    )
    return (
        event.begins < criteria.until
        and (event.ends > criteria.since or event.begins >= criteria.since)
        and all(not chosen or not chosen.isdisjoint(values) for chosen, values in wanted)
        and (criteria.box is None or _is_within(criteria.box, place.position if place else None))
    )


def _is_within(
    box: tuple[float, float, float, float], position: tuple[float, float] | None
) -> bool:
    if position is None:
        return False
    (longitude, latitude), (west, south, east, north) = position, box
    if west <= east:
        return south <= latitude <= north and west <= longitude <= east
    return south <= latitude <= north and (longitude >= west or longitude <= east)


def count_areas_formerly(events: Iterable[Event]) -> Counter[str]:
    """Count the events that take place in each area."""
    return Counter(
        area
        for event in events
        if event.place and event.status not in {CANCELLED, POSTPONED}
        for area in event.place.within
    )

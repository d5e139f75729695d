"""The events of each class of readers: read when they are first needed, until the next publication.

Those of everyone are then read again before anyone asks, if anyone did before.

A class is of readers who may read the same graphs, so that none is given what another may read.
"""

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cachetools import LRUCache

from parvis.errors import ParvisError
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.cards import DatasetCard
from parvis.pooling.serving.events.entities import Entity, Event, Place
from parvis.pooling.serving.events.reading import (
    QUERY,
    read_entity,
    read_events,
    write_entity_query,
)
from parvis.pooling.serving.query import QueryService
from parvis.store.generation.generation import Generation
from parvis.vocab.iris import DatasetKey

ROOM = 200_000
"""Events and places in memory, of all classes together: about 2 kB each."""

READER = "events"
"""The name of a thread that reads ahead."""


@dataclass(frozen=True)
class EventIndex:
    """What a class of readers may know of: events in the order of their start, places by IRI."""

    events: tuple[Event, ...]
    places: tuple[Place, ...]

    @property
    def size(self) -> int:
        return len(self.events) + len(self.places) + 1


class EventIndexes:
    """The indexes of the served generation, by class of readers. Thread-safe."""

    def __init__(self) -> None:
        self._indexes: LRUCache[object, EventIndex] = LRUCache(
            ROOM, getsizeof=lambda index: index.size
        )
        self._generation: Generation | None = None
        self._lock = threading.Lock()

    def of(self, host: QueryService, reader: Reader) -> EventIndex:
        """Return the index of a reader, whose share pays if it has to be read.

        Raises as `QueryService.ask` does.
        """
        key = _class_of(host, reader)
        with self._lock:
            index = self._indexes.get(key)
        if index is not None:
            return index
        # Several requests after a publication wait for one reading.
        with host.answers.single_flight(("events", key)) as waited:
            with self._lock:
                index = self._indexes.get(key) if waited else None
            if index is None:
                index = _read(host, reader)
                # A decision since then would give the class what another may read.
                if key == _class_of(host, reader):
                    self._keep(key, index)
        return index

    def follow(self, generation: Generation, host: QueryService) -> None:
        """Drop what was read of another generation than the one that is served.

        Where lists were asked for, those of everyone are read at once, before anyone waits.
        """
        # What was erased from the pool must not stay in memory either.
        if generation is not self._generation:
            with self._lock:
                were_read = generation is not self._generation and bool(self._indexes)
                self._generation = generation
                self._indexes.clear()
            if were_read:
                threading.Thread(None, self._read_ahead, READER, [host], daemon=True).start()

    def _read_ahead(self, host: QueryService) -> None:
        # Where it fails, the next to ask is told why.
        with suppress(ParvisError, OSError):
            self.of(host, ANONYMOUS)

    def _keep(self, key: tuple[object, ...], index: EventIndex) -> None:
        with self._lock, suppress(ValueError):  # larger than all the room: it is read each time
            self._indexes[key] = index


def _class_of(host: QueryService, reader: Reader) -> tuple[object, ...]:
    """Return what identifies the graphs that a reader may read now, and their content."""
    published = host.snapshot()
    allowed = published.dataset(reader, host.decision_instant())
    graphs = None if allowed is None else frozenset(allowed.named)
    generation = published.generation
    return generation.number, generation.manifest.created, graphs


def _read(host: QueryService, reader: Reader) -> EventIndex:
    zone = ZoneInfo(host.settings.timezone)
    events, places = read_events(host.rows(reader, QUERY), host.iris, zone)
    return EventIndex(tuple(events), tuple(sorted(places, key=lambda place: place.key)))


def describe_entity(host: QueryService, reader: Reader, iri: str) -> Entity | None:
    """Return an event, a place, a party or a work as a reader may know of it.

    None for what is something else. Raises as `QueryService.ask` does.
    """
    try:
        query = write_entity_query(iri)
    except ValueError:  # no IRI: nothing is said of it
        return None
    zone = ZoneInfo(host.settings.timezone)
    return read_entity(host.rows(reader, query), iri, host.iris, zone)


def list_sources(
    events: Iterable[Event], cards: Mapping[DatasetKey, DatasetCard]
) -> list[DatasetCard]:
    """Return the datasets of events, in order; `cards` are those that the reader may discover."""
    keys = {key for event in events for key in event.datasets}
    return [cards[key] for key in sorted(keys & cards.keys())]

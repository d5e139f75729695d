"""The lists of events of each class of readers: made when first needed, until the next publication.

That of everyone is then made again before anyone asks, if anyone did before.

A class is of readers who may read the same graphs, so that none is given what another may read.
"""

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from zoneinfo import ZoneInfo

from cachetools import LRUCache

from parvis.errors import MachineError, ParvisError
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.cards import DatasetCard
from parvis.pooling.serving.events.entities import Entity
from parvis.pooling.serving.events.reading import read_entity, write_entity_query
from parvis.pooling.serving.events.selection import EntityCache, ReaderEvents
from parvis.pooling.serving.query import QueryService
from parvis.store.events.segment import EventSegments
from parvis.store.generation.generation import Generation
from parvis.vocab.iris import DatasetKey

ROOM = 4_000_000
"""Rows of the lists of all classes together, about 150 bytes each, on the disk."""
SHOWN = 30_000
"""Events and places in memory, of all classes together: about 3 kB each."""

READER = "events"
"""The name of a thread that reads ahead."""


class EventIndexes:
    """The lists of the served generation, by class of readers. Thread-safe."""

    def __init__(self) -> None:
        self._lists: LRUCache[object, ReaderEvents] = LRUCache(
            ROOM, getsizeof=lambda events: min(events.size, ROOM)
        )
        self._shown = EntityCache(SHOWN)
        self._generation: Generation | None = None
        self._segments: tuple[Generation, EventSegments] | None = None
        self._lock = threading.Lock()

    def of(self, host: QueryService, reader: Reader) -> ReaderEvents:
        """Return the list of a reader. Raises `StoreError`, `NothingPublished`."""
        generation = host.generation()
        try:
            return self._of_now(host, reader)
        except MachineError:
            if generation.folder.is_dir():
                raise
        # A publication has just deleted it: the next generation answers.
        return self._of_now(host, reader)

    def _of_now(self, host: QueryService, reader: Reader) -> ReaderEvents:
        # The key is the generation and the whole set of graphs: what a list holds depends on
        # nothing else.
        key = _class_of(host, reader)
        with self._lock:
            events = self._lists.get(key)
        if events is not None:
            return events
        # Several requests after a publication wait for one list.
        with host.answers.single_flight(("events", key)) as waited:
            with self._lock:
                events = self._lists.get(key) if waited else None
            if events is None:
                events = self._make(host, reader)
                # A decision since then would give the class what another may read; what was
                # erased meanwhile would stay.
                is_current = key == _class_of(host, reader)
                with self._lock:
                    if is_current and key[:2] == _identify(self._generation):
                        self._lists[key] = events
        return events

    def _make(self, host: QueryService, reader: Reader) -> ReaderEvents:
        published = host.snapshot()
        allowed = published.dataset(reader, host.decision_instant(published.generation))
        graphs = None if allowed is None else allowed.named
        segments = self._open(published.generation)
        return ReaderEvents(
            segments, graphs, host.iris, ZoneInfo(host.settings.timezone), self._shown
        )

    def _open(self, generation: Generation) -> EventSegments:
        with self._lock:
            if self._segments is None or self._segments[0] is not generation:
                self._segments = generation, EventSegments(generation.folder)
            return self._segments[1]

    def follow(self, generation: Generation, host: QueryService) -> None:
        """Drop the lists of another generation than the one that is served.

        Where lists were asked for, that of everyone is made at once, before anyone waits.
        """
        # What was erased from the pool must not stay in memory, nor in a list, either.
        if generation is not self._generation:
            with self._lock:
                were_read = generation is not self._generation and bool(self._lists)
                self._generation, self._segments = generation, None
                self._lists.clear()
                self._shown = EntityCache(SHOWN)
            if were_read:
                threading.Thread(None, self._read_ahead, READER, [host], daemon=True).start()

    def _read_ahead(self, host: QueryService) -> None:
        # Where it fails, the next to ask is told why.
        with suppress(ParvisError, OSError):
            self.of(host, ANONYMOUS)


def _class_of(host: QueryService, reader: Reader) -> tuple[object, ...]:
    """Return what identifies the graphs that a reader may read now, and their content."""
    published = host.snapshot()
    allowed = published.dataset(reader, host.decision_instant())
    graphs = None if allowed is None else frozenset(allowed.named)
    return *_identify(published.generation), graphs


def _identify(generation: Generation | None) -> tuple[object, ...]:
    return (generation.number, generation.manifest.created) if generation else ()


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
    keys: Iterable[DatasetKey], cards: Mapping[DatasetKey, DatasetCard]
) -> list[DatasetCard]:
    """Return the datasets of events, in order; `cards` are those that the reader may discover."""
    return [cards[key] for key in sorted({*keys} & cards.keys())]

"""The events of a class of readers, and those of them that filters choose.

Rows come from the list in the order of their start; what is said of an event is read when it is
shown, from the graphs of the class alone.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from itertools import count
from threading import Lock
from typing import TypeVar

from cachetools import LRUCache

from parvis.pooling.serving.events.entities import CANCELLED, POSTPONED, Event, Place, widen
from parvis.pooling.serving.events.filters import EventFilter
from parvis.pooling.serving.events.json_forms import write_feature
from parvis.pooling.serving.events.reading import NAMED, NESTED, EntityReader
from parvis.store.events.choice import EventChoice, EventRow, PlaceRow
from parvis.store.events.event_list import EventList
from parvis.store.events.facts import write_profile
from parvis.store.events.segment import EventSegments
from parvis.vocab.iris import DatasetKey, Iris

T = TypeVar("T")

TOGETHER = 500
"""Entities that are read at a time."""
_TO_PLACE = (frozenset(map(str, NESTED)),) * 2
_TO_ALL = (frozenset(map(str, NAMED)), *_TO_PLACE)
"""The properties that lead from an entity to what describes it, step by step."""

Concepts = frozenset[str]


@dataclass(frozen=True, slots=True)
class Profile:
    """What many events have in common: concepts, and codes of languages."""

    number: int
    disciplines: Concepts
    audiences: Concepts
    languages: Concepts

    @classmethod
    def read(cls, number: int, text: str) -> "Profile":
        """Read what `write_profile` wrote."""
        disciplines, audiences, languages, _ = json.loads(text)
        return cls(number, *map(frozenset, (disciplines, audiences, languages)))


class EntityCache:
    """Events with what maps show of them, and places, as they were last shown. Thread-safe.

    A key is the number of a list, which no two lists of a process have, with the name of an entity
    and its form: so no class of readers is given what was read for another.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._entities: LRUCache[tuple[int, str, str], object] = LRUCache(room)
        self._lock = Lock()

    def look_up(
        self,
        list_number: int,
        form: str,
        iris: Sequence[str],
        read: Callable[[Sequence[str]], Iterable[T]],
    ) -> list[T]:
        """Return entities in one form; those that are not there are read, and kept."""
        with self._lock:
            found = {iri: self._entities.get((list_number, form, iri)) for iri in iris}
        missing = [iri for iri, entity in found.items() if entity is None]
        for start in range(0, len(missing), TOGETHER):
            piece = missing[start : start + TOGETHER]
            found |= dict(zip(piece, read(piece), strict=True))
        with self._lock:
            self._entities.update(
                {(list_number, form, iri): found[iri] for iri in missing[-self._room :]}
            )
        return [found[iri] for iri in iris]  # type: ignore[misc]


class ReaderEvents:
    """The events and places that a class of readers may know of. Thread-safe."""

    _numbers = count()

    def __init__(
        self,
        segments: EventSegments,
        graphs: Collection[str] | None,
        iris: Iris,
        zone: tzinfo,
        shown: EntityCache,
    ) -> None:
        """Make the list of some graphs, or of all that everyone may read. Raises `StoreError`."""
        self._iris, self._zone, self._shown = iris, zone, shown
        self._number = next(self._numbers)
        self._locating = Lock()
        self._is_located = False
        self.list = EventList(segments, graphs, iris.links_graph)
        for names in self.list.unsettled(TOGETHER):
            self.list.add(self._to_row(event) for event in self._read_events(names))
        self.list.finish()
        self.size = self.list.size
        self.profiles = [Profile.read(*row) for row in self.list.list_profiles()]

    def _read(self, names: Iterable[str], steps: Sequence[Collection[str]]) -> EntityReader:
        return EntityReader(self.list.describe(names, steps), self._iris, self._zone)

    def _read_events(self, names: Iterable[str]) -> Iterator[Event]:
        reader = self._read(names, _TO_ALL)
        # Of an event of the list, the start is stated.
        return (event for name in names if (event := reader.read_event(name)))

    def _to_row(self, event: Event) -> EventRow:
        profile = write_profile(
            *(event.disciplines, event.audiences, event.languages),
            off=event.status in {CANCELLED, POSTPONED},
        )
        place, graphs = (
            event.place.iri if event.place else None,
            map(self._iris.graph, event.datasets),
        )
        return EventRow(event.begins, event.ends, event.iri, place, profile, [*graphs])

    def locate(self) -> None:
        """Note where the places of events are, once: few lists are asked for it."""
        with self._locating:
            if self._is_located:
                return
            for names in self.list.places_to_locate(TOGETHER):
                reader = self._read(names, _TO_PLACE)
                places = map(reader.read_place, names)
                self.list.locate(
                    [
                        PlaceRow(
                            place.iri,
                            place.longitude,
                            place.latitude,
                            place.holder.iri if place.holder else None,
                            place.within,
                        )
                        for place in places
                    ]
                )
            silent = [profile.number for profile in self.profiles if not profile.languages]
            for names in self.list.works_to_hear(silent, TOGETHER):
                reader = self._read(names, ())
                self.list.hear((name, reader.read_work(name).languages) for name in names)
            self._is_located = True

    def events(self, names: Sequence[str]) -> list[Event]:
        """Return events of the list by their names."""
        return self._shown.look_up(self._number, "event", names, self._read_events)

    def features(self, names: Sequence[str]) -> list[str]:
        """Return events as features of GeoJSON, each as its text."""

        def write(piece: Sequence[str]) -> Iterable[str]:
            return map(write_feature, self._read_events(piece))

        return self._shown.look_up(self._number, "feature", names, write)

    def places(self, names: Sequence[str]) -> list[Place]:
        """Return places by their names."""

        def read(piece: Sequence[str]) -> Iterable[Place]:
            return map(self._read(piece, _TO_PLACE).read_place, piece)

        return self._shown.look_up(self._number, "place", names, read)

    def select(
        self, criteria: EventFilter, iris: Collection[str] | None = None
    ) -> "EventSelection":
        """Return the events for which all criteria hold; of the words, `iris` are what has them."""
        disciplines, audiences = (
            criteria.concepts.get(name) for name in ("discipline", "audience")
        )
        profiles = [
            profile
            for profile in self.profiles
            if (not disciplines or disciplines & widen("discipline", tuple(profile.disciplines)))
            and (not audiences or audiences & widen("audience", tuple(profile.audiences)))
        ]
        areas, languages = criteria.concepts.get("area"), criteria.languages
        graphs = [graph for name in criteria.partners for graph in self._by_partner.get(name, ())]
        choice = EventChoice(
            since=criteria.since,
            until=criteria.until,
            box=criteria.box,
            places=criteria.places or None,
            areas=areas or None,
            graphs=graphs if criteria.partners else None,
            profiles=[p.number for p in profiles] if disciplines or audiences else None,
            languages=languages or None,
            speaking=[p.number for p in self.profiles if languages & p.languages],
            silent=[p.number for p in self.profiles if not p.languages] if languages else (),
            iris=iris,
        )
        if criteria.box or criteria.places or areas or languages:
            self.locate()
        return EventSelection(self, choice)

    @cached_property
    def _by_partner(self) -> Mapping[str, Sequence[str]]:
        """The graphs of the datasets of each partner."""
        graphs: dict[str, list[str]] = {}
        for graph in filter(self._is_dataset, self.list.list_graphs()):
            graphs.setdefault(self._iris.key(graph).partner, []).append(graph)
        return graphs

    def _is_dataset(self, graph: str) -> bool:
        return graph.startswith(f"{self._iris.base}graph/") and not self._iris.is_ours(graph)

    def datasets(self, choice: EventChoice) -> list[DatasetKey]:
        """Return the datasets that describe events, in order."""
        graphs = self.list.list_graphs(choice)
        return sorted(self._iris.key(graph) for graph in graphs if self._is_dataset(graph))


@dataclass(frozen=True)
class EventSelection:
    """Some events of a class of readers, in the order of their start."""

    of: ReaderEvents
    choice: EventChoice

    @cached_property
    def total(self) -> int:
        return self.of.list.count(self.choice)

    def page(
        self, after: tuple[float, str] | None, most: int
    ) -> tuple[list[Event], tuple[float, str] | None]:
        """Return some events, those that follow one, and where the next page follows, if any."""
        keys = self.of.list.page(self.choice, after, most + 1)
        following = keys[most - 1] if len(keys) > most else None
        return self.of.events([iri for _, iri in keys[:most]]), following

    def names(self, most: int) -> list[str]:
        return [iri for _, iri in self.of.list.page(self.choice, None, most)]

    @cached_property
    def datasets(self) -> list[DatasetKey]:
        """The datasets that describe some of them."""
        return self.of.datasets(self.choice)

    def concepts(self) -> Mapping[str, Concepts]:
        """Return the areas, disciplines and audiences that some event has."""
        self.of.locate()
        numbers = {number for number, _ in self.of.list.list_profiles(self.choice)}
        profiles = [profile for profile in self.of.profiles if profile.number in numbers]
        return {
            "area": frozenset(self.of.list.count_by_area(self.choice)),
            "discipline": Concepts().union(*(profile.disciplines for profile in profiles)),
            "audience": Concepts().union(*(profile.audiences for profile in profiles)),
        }

    def located(self, most: int) -> list[Place]:
        """Return the places of events that have a position, in the order of their first event."""
        self.of.locate()
        return self.of.places(self.of.list.list_located(self.choice, most))

    def count_by_place(self) -> Mapping[str, int]:
        self.of.locate()
        return self.of.list.count_by_place(self.choice)

    def count_by_area(self) -> Mapping[str, int]:
        """Count the events that take place in each area; cancelled and postponed ones do not."""
        self.of.locate()
        return self.of.list.count_by_area(self.choice, taking_place=True)

    def count_by_area_and_discipline(self) -> dict[str, tuple[int, Counter[str]]]:
        """Return how many events take place in each area, and of them in each discipline.

        One of several disciplines counts in each.
        """
        self.of.locate()
        profiles = {profile.number: profile for profile in self.of.profiles}
        counts: dict[str, tuple[int, Counter[str]]] = {}
        # One look at all events: there may be a million, and dozens of disciplines.
        for area, number, events in self.of.list.count_by_area_and_profile(self.choice):
            total, disciplines = counts.get(area, (0, Counter()))
            disciplines.update(dict.fromkeys(profiles[number].disciplines, events))
            counts[area] = total + events, disciplines
        return counts

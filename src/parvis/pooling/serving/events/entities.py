"""Events, and what they name: places, parties, works, series and offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from parvis.catalog.codelists import FAR, scheme
from parvis.vocab.iris import DatasetKey

Texts = Mapping[str, str]
"""A text by language; ``und`` where none is stated."""

SCHEDULED, CANCELLED, POSTPONED = "EventScheduled", "EventCancelled", "EventPostponed"
STATUSES = (CANCELLED, POSTPONED, "EventRescheduled", "EventMovedOnline", SCHEDULED)
"""Names of schema.org. Where several say different things of one event, the first counts."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place. What a room does not state is that of its building, `holder`.

    `address` has the names of schema.org; `within` are the areas it lies in, wider ones included.
    """

    iri: str
    names: Texts
    address: Mapping[str, str]
    latitude: float | None
    longitude: float | None
    areas: tuple[str, ...]
    within: frozenset[str]
    url: str
    links: tuple[str, ...]
    virtual: bool
    holder: "Place | None"

    @property
    def key(self) -> tuple[float, str]:
        """Where it stands in a list: by its IRI."""
        return 0.0, self.iri

    @property
    def position(self) -> tuple[float, float] | None:
        """Longitude and latitude in degrees, None where they are not stated."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.longitude, self.latitude


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation, a group or a person that organises or performs."""

    iri: str
    kind: str
    names: Texts
    descriptions: Texts
    url: str
    image: str
    address: Mapping[str, str]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What is performed: a production."""

    iri: str
    names: Texts
    descriptions: Texts
    languages: tuple[str, ...]
    creators: tuple[Party, ...]
    producers: tuple[Party, ...]
    url: str
    image: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer of tickets: prices are decimals as they are written."""

    price: str
    low: str
    high: str
    currency: str
    availability: str
    url: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event, or a series or festival that none of the listed events is a part of.

    `members` are its IRIs where several datasets describe it under one canonical `iri`. `start` and
    `end` are a day or an instant as they are stated; `begins` and `ends` are seconds since 1970:
    a day begins and ends at midnight by the pool's clock.
    """

    iri: str
    members: tuple[str, ...]
    kind: str
    names: Texts
    descriptions: Texts
    start: str
    end: str
    previous: str
    begins: float
    ends: float
    place: Place | None
    organizers: tuple[Party, ...]
    performers: tuple[Party, ...]
    work: Work | None
    series: tuple[tuple[str, Texts], ...]
    offers: tuple[Offer, ...]
    status: str
    attendance: str
    disciplines: tuple[str, ...]
    audiences: tuple[str, ...]
    types: tuple[str, ...]
    languages: tuple[str, ...]
    free: bool | None
    url: str
    image: str
    datasets: tuple[DatasetKey, ...]

    @property
    def key(self) -> tuple[float, str]:
        """Where it stands in a list: by its start, then by its IRI."""
        return self.begins, self.iri


Entity = Event | Place | Party | Work


@lru_cache(4_096)
def widen(name: str, concepts: tuple[str, ...]) -> frozenset[str]:
    """Return concepts of a code list with the wider ones, but for those that hold all others."""
    above = scheme(name).above
    wider = ((c, steps) for concept in concepts for c, steps in above.get(concept, {}).items())
    return frozenset(concepts) | {concept for concept, steps in wider if steps < FAR}

"""Relays ranked: which organisations reach a public, how near to the request, and why.

A relay is an organisation closer to a public than whoever looks for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

Above = Mapping[str, Mapping[str, int]]
"""The wider concepts of each concept, with how many steps they are away."""

LEAST_BASE = 10
"""Persons below which no share is made of a figure (rule 8 of disclosure control)."""


class Fit(IntEnum):
    """How a reach answers one part of a request, the nearest first."""

    EXACT = 0
    NARROWER = 1
    WIDER = 2
    UNSTATED = 3


Nearness = tuple[Fit, int]
"""A fit, and the steps between the requested and the stated concept: 0 for the same."""


@dataclass(frozen=True)
class AudienceReach:
    """One public that an organisation reaches; concepts are IRIs, several of each are possible.

    `size` is in persons, `date` the day it applies to (ISO 8601), `source` where the figure
    comes from, `graph` the named graph that states it. `times`, of a derived reach, is how many
    times larger the public's share is there than in the pool.
    """

    iri: str
    relay: str
    graph: str
    publics: tuple[str, ...]
    areas: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    size: int | None = None
    method: str | None = None
    source: str | None = None
    date: str | None = None
    times: float | None = None


@dataclass(frozen=True)
class RelayQuery:
    """The public to be reached: concepts by IRI; None where any will do."""

    public: str
    area: str | None = None
    language: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Match:
    """A reach that answers a request, with its nearness; None for what was not requested."""

    reach: AudienceReach
    public: Nearness
    area: Nearness | None = None
    language: Nearness | None = None
    channel: Nearness | None = None

    @property
    def near(self) -> tuple[Nearness, ...]:
        """The nearness of each part; what was not requested is as near as can be."""
        parts = (self.public, self.area, self.language, self.channel)
        return tuple(nearness or (Fit.EXACT, 0) for nearness in parts)

    @property
    def rank(self) -> tuple[object, ...]:
        """The sort key of matches: nearness, then size, the freshest, then the IRI."""
        date = self.reach.date or ""
        fresh = (not date, tuple(-ord(sign) for sign in date))
        return (self.near, -(self.reach.size or 0), fresh, self.reach.iri)


@dataclass(frozen=True)
class Relay:
    """An organisation with all its reaches that answer, the nearest first; at least one.

    `at_least` and `at_most` are persons; None where no reach states its size.
    """

    iri: str
    matches: tuple[Match, ...]

    @property
    def best(self) -> Match:
        return self.matches[0]

    @property
    def nearest(self) -> list[Match]:
        """The reaches that come as near as the best: they may be other people."""
        return [match for match in self.matches if match.near == self.best.near]

    @property
    def sizes(self) -> list[int]:
        return [match.reach.size for match in self.nearest if match.reach.size is not None]

    # Two reaches of one relay may be the same people (a magazine and its newsletter): the largest
    # size is what it reaches at least, and only their sum is what it reaches at most.

    @property
    def at_least(self) -> int | None:
        return max(self.sizes, default=None)

    @property
    def at_most(self) -> int | None:
        return sum(self.sizes) if self.sizes else None

    @property
    def rank(self) -> tuple[object, ...]:
        """The sort key of relays: nearness of the best reach, then the number of persons."""
        best = self.best
        return (best.near, -(self.at_least or 0), -(self.at_most or 0), best.rank)


def rank_relays(reaches: Iterable[AudienceReach], request: RelayQuery, above: Above) -> list[Relay]:
    """Return the relays that answer a request, the best first; each reach counts once.

    A reach answers if it states each requested concept, a narrower or a wider one, or leaves it
    open; its public must be stated.

    >>> near = AudienceReach("r1", "magazine", "g", ("parents",), size=500)
    >>> far = AudienceReach("r2", "radio", "g", ("everyone",), size=9000)
    >>> above = {"parents": {"everyone": 1}}
    >>> [relay.iri for relay in rank_relays([far, near], RelayQuery("parents"), above)]
    ['magazine', 'radio']
    """
    by_relay: defaultdict[str, set[Match]] = defaultdict(set)
    for reach in reaches:
        match = match_reach(reach, request, above)
        if match is not None:
            by_relay[reach.relay].add(match)
    relays = (
        Relay(iri, tuple(sorted(matches, key=lambda match: match.rank)))
        for iri, matches in by_relay.items()
    )
    return sorted(relays, key=lambda relay: (relay.rank, relay.iri))


def match_reach(reach: AudienceReach, request: RelayQuery, above: Above) -> Match | None:
    """Compare a reach with a request; None if it does not answer."""
    public = _compute_nearness(reach.publics, request.public, above)
    if public is None or public[0] is Fit.UNSTATED:
        return None
    stated = {"area": reach.areas, "language": reach.languages, "channel": reach.channels}
    parts: dict[str, Nearness] = {}
    for name, concepts in stated.items():
        concept = getattr(request, name)
        if concept is None:
            continue
        nearness = _compute_nearness(concepts, concept, above)
        if nearness is None:
            return None
        parts[name] = nearness
    return Match(reach, public, **parts)


def compute_over_representation(
    own: tuple[int | None, int | None], pooled: tuple[int | None, int | None]
) -> float | None:
    """Return how many times larger a public's share is at one organisation than in the pool.

    Each pair is the persons of the public and those of all publics, as they are *published*: None
    for a cell that is suppressed. None where nothing may be derived: a suppressed cell, a base of
    fewer than ten persons, a part larger than its base, or no such public in the pool.

    >>> compute_over_representation((300, 1000), (1000, 10000))
    3.0
    >>> compute_over_representation((None, 1000), (1000, 10000)) is None
    True
    """
    (part, base), (pooled_part, pooled_base) = own, pooled
    if part is None or base is None or pooled_part is None or pooled_base is None:
        return None
    sound = min(base, pooled_base) >= LEAST_BASE and 0 <= part <= base
    if not sound or not 0 < pooled_part <= pooled_base:
        return None
    return (part * pooled_base) / (base * pooled_part)


def _compute_nearness(concepts: tuple[str, ...], requested: str, above: Above) -> Nearness | None:
    """Return the nearness of the nearest of some concepts; None if none answers."""
    if not concepts:
        return Fit.UNSTATED, 0
    nearest: list[Nearness] = []
    for concept in concepts:
        if concept == requested:
            nearest.append((Fit.EXACT, 0))
        elif (steps := above.get(concept, {}).get(requested)) is not None:
            nearest.append((Fit.NARROWER, steps))
        elif (steps := above.get(requested, {}).get(concept)) is not None:
            nearest.append((Fit.WIDER, steps))
    return min(nearest, default=None)

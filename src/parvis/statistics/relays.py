"""Relays ranked: which organisations reach a public, how near to what is asked, and why.

A relay is an organisation closer to a public than who looks for it. Two reaches of one relay may
be the same people (a magazine and its newsletter): sizes are never simply added, the largest one
is what it reaches *at least*, their sum what it reaches *at most*.
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
    """How a reach answers one part of what is asked, the nearest first."""

    EXACT = 0
    NARROWER = 1
    WIDER = 2
    UNSTATED = 3


Nearness = tuple[Fit, int]
"""A fit, and the steps between what is asked and what is said: 0 for the same."""


@dataclass(frozen=True)
class Reach:
    """One public that an organisation reaches; what is said is concepts by IRI, each may be many.

    `size` is in persons, `date` the day for which it is told (ISO 8601), `source` where the figure
    comes from, `graph` the graph that says it. `times` tells of a derived reach how many times
    larger the public's share is there than in the pool.
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
class Wanted:
    """Whom one would reach: concepts by IRI; None where anything will do."""

    public: str
    area: str | None = None
    language: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Match:
    """A reach that answers, with how near it comes; None for what was not asked."""

    reach: Reach
    public: Nearness
    area: Nearness | None = None
    language: Nearness | None = None
    channel: Nearness | None = None

    @property
    def near(self) -> tuple[Nearness, ...]:
        """Give how near each part comes; what was not asked is as near as can be."""
        parts = (self.public, self.area, self.language, self.channel)
        return tuple(one or (Fit.EXACT, 0) for one in parts)

    @property
    def rank(self) -> tuple[object, ...]:
        """Give what matches are sorted by: nearness, then size, the freshest, then the IRI."""
        date = self.reach.date or ""
        fresh = (not date, tuple(-ord(sign) for sign in date))
        return (self.near, -(self.reach.size or 0), fresh, self.reach.iri)


@dataclass(frozen=True)
class Relay:
    """An organisation with all its reaches that answer, the nearest first; there is one at least.

    `at_least` and `at_most` are persons; None where no reach tells its size.
    """

    iri: str
    matches: tuple[Match, ...]

    @property
    def best(self) -> Match:
        """Give the reach that decides its rank."""
        return self.matches[0]

    @property
    def alike(self) -> list[Match]:
        """Give the reaches that come as near as the best: the others may be other people."""
        return [one for one in self.matches if one.near == self.best.near]

    @property
    def sizes(self) -> list[int]:
        """Give the sizes of those."""
        return [one.reach.size for one in self.alike if one.reach.size is not None]

    @property
    def at_least(self) -> int | None:
        """Give the largest size."""
        return max(self.sizes, default=None)

    @property
    def at_most(self) -> int | None:
        """Give the sum, which may count persons more than once."""
        return sum(self.sizes) if self.sizes else None

    @property
    def rank(self) -> tuple[object, ...]:
        """Give what relays are sorted by: how near the best reach comes, then how many persons."""
        best = self.best
        return (best.near, -(self.at_least or 0), -(self.at_most or 0), best.rank)


def ranked(reaches: Iterable[Reach], wanted: Wanted, above: Above) -> list[Relay]:
    """Give the relays that answer, the best first; each reach counts once.

    A reach answers if everything that is asked is what it says, narrower or wider, or left open by
    it; its public must be said.

    >>> near = Reach("r1", "magazine", "g", ("parents",), size=500)
    >>> far = Reach("r2", "radio", "g", ("everyone",), size=9000)
    >>> above = {"parents": {"everyone": 1}}
    >>> [one.iri for one in ranked([far, near], Wanted("parents"), above)]
    ['magazine', 'radio']
    """
    found: defaultdict[str, set[Match]] = defaultdict(set)
    for reach in reaches:
        match = matched(reach, wanted, above)
        if match is not None:
            found[reach.relay].add(match)
    relays = (Relay(iri, tuple(sorted(some, key=_rank))) for iri, some in found.items())
    return sorted(relays, key=lambda relay: (relay.rank, relay.iri))


def matched(reach: Reach, wanted: Wanted, above: Above) -> Match | None:
    """Hold a reach against what is asked; None if it does not answer."""
    public = _nearness(reach.publics, wanted.public, above)
    if public is None or public[0] is Fit.UNSTATED:
        return None
    asked = {"area": reach.areas, "language": reach.languages, "channel": reach.channels}
    near: dict[str, Nearness] = {}
    for name, said in asked.items():
        concept = getattr(wanted, name)
        if concept is None:
            continue
        found = _nearness(said, concept, above)
        if found is None:
            return None
        near[name] = found
    return Match(reach, public, **near)


def over_represented(
    own: tuple[int | None, int | None], pooled: tuple[int | None, int | None]
) -> float | None:
    """Tell how many times larger a public's share is at one organisation than in the pool.

    Each is the persons of the public and those of all publics, as they are *published*: None for a
    cell that is suppressed. None where nothing may be said: a cell that is not published, a base of
    fewer than ten persons, a part larger than its base, or no such public in the pool.

    >>> over_represented((300, 1000), (1000, 10000))
    3.0
    >>> over_represented((None, 1000), (1000, 10000)) is None
    True
    """
    (part, base), (pooled_part, pooled_base) = own, pooled
    if part is None or base is None or pooled_part is None or pooled_base is None:
        return None
    sound = min(base, pooled_base) >= LEAST_BASE and 0 <= part <= base
    if not sound or not 0 < pooled_part <= pooled_base:
        return None
    return (part * pooled_base) / (base * pooled_part)


def _nearness(said: tuple[str, ...], asked: str, above: Above) -> Nearness | None:
    """Tell how near the nearest of some concepts comes to one; None if none answers."""
    if not said:
        return Fit.UNSTATED, 0
    return min(filter(None, (_near(one, asked, above) for one in said)), default=None)


def _near(said: str, asked: str, above: Above) -> Nearness | None:
    """Compare two concepts of a scheme."""
    if said == asked:
        return Fit.EXACT, 0
    if (steps := above.get(said, {}).get(asked)) is not None:
        return Fit.NARROWER, steps
    if (steps := above.get(asked, {}).get(said)) is not None:
        return Fit.WIDER, steps
    return None


def _rank(match: Match) -> tuple[object, ...]:
    return match.rank

"""Figures of a cube of publics: what one says, and how one concept lies within another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from parvis.statistics.relays import Reach, over_represented

Above = Mapping[str, Mapping[str, int]]
"""The wider concepts of each concept, with how many steps they are away."""

LAYERS = ("discipline", "area", "age", "public", "language", "channel")
"""The layers of a portrait, in the order in which one goes down."""


@dataclass(frozen=True)
class Figure:
    """One cell of a cube; the parts are concepts by IRI, `graph` says it.

    `value` is None for a cell that is there and not published. `contributors` is a number or a
    step (“5+”), `coverage` a share from 0 to 1, `base` what a share is counted on.
    """

    graph: str
    iri: str
    cube: str
    measure: str
    period: str
    discipline: str
    area: str
    age: str
    public: str
    language: str
    channel: str
    place: str
    status: str
    value: int | float | None = None
    contributors: str | None = None
    coverage: float | None = None
    base: int | float | None = None

    @property
    def stratum(self) -> tuple[str, ...]:
        """Give what tells it from all other figures of one contributor but its place."""
        layers = (getattr(self, name) for name in LAYERS)
        return (self.measure, self.period, *layers)


def within(concept: str, holder: str, above: Above) -> bool:
    """Say whether a concept is another, or lies within it.

    >>> within("quebec-city", "03", {"quebec-city": {"03": 1}})
    True
    """
    return concept == holder or holder in above.get(concept, {})


def latest(periods: Iterable[str], ends: Mapping[str, str]) -> str | None:
    """Give the period that ends last; of several, the first by its name.

    >>> latest(["2024", "2025"], {"2024": "2024-12-31", "2025": "2025-12-31"})
    '2025'
    """
    found = sorted(set(periods))
    return max(found, key=lambda one: ends.get(one, ""), default=None)


# Reach that figures show: a public weighs more at one organisation than in the pool.
#
# Only published cells are compared: those that a partner publishes itself as open data, or that
# passed disclosure control, with those of a release of the pool that passed it. So nothing can be
# learnt here that was not published already.

LEAST = 1.25
"""How many times the pool's share a public must have before anything is said of it."""


@dataclass(frozen=True)
class Cell:
    """One published figure of persons; the parts are concepts by IRI, as in the cube.

    `stratum` is everything but the age: measure, period, area, public, language, discipline and
    channel, in this order. `graph` says it.
    """

    graph: str
    contributor: str
    place: str
    age: str
    stratum: tuple[str, ...]
    value: int


@dataclass(frozen=True)
class Codes:
    """What the code lists say: the pool, totals, the publics of an age, a period's last day."""

    pool: str
    every_age: str
    totals: frozenset[str]
    publics: Mapping[str, tuple[str, ...]]
    ends: Mapping[str, str]


def derived(cells: Iterable[Cell], codes: Codes, method: str) -> list[Reach]:
    """Give a reach for each age that is over-represented at a contributor, in its own stratum.

    The same measure, period, area, public, language, discipline and channel are compared, never
    others. The reach has the public of that age; an age that is no public's says nothing. Its
    `graph` is the contributor's, its `source` the graph of the pool's figures.
    """
    known = {(one.graph, one.contributor, one.place, one.age, one.stratum): one for one in cells}
    pooled = [one for one in known.values() if one.contributor == codes.pool]
    pools = sorted({one.graph for one in pooled if one.place in codes.totals})
    every = next((one.place for one in pooled if one.place in codes.totals), "")
    found: list[Reach] = []
    for (graph, who, place, age, stratum), own in known.items():
        if who == codes.pool or age not in codes.publics:
            continue
        whole = known.get((graph, who, place, codes.every_age, stratum))
        for pool in pools:
            some = known.get((pool, codes.pool, every, age, stratum))
            base = known.get((pool, codes.pool, every, codes.every_age, stratum))
            if whole and some and base:
                times = over_represented((own.value, whole.value), (some.value, base.value))
                if times is not None and times >= LEAST:
                    found.append(replace(_reach(own, pool, codes, method), times=times))
    return found


def _reach(cell: Cell, pooled: str, codes: Codes, method: str) -> Reach:
    """Say whom a cell shows to be reached."""
    _, period, area, _, language, _, channel = cell.stratum

    def said(concept: str) -> tuple[str, ...]:
        return () if concept in codes.totals else (concept,)

    return Reach(
        iri="|".join((cell.contributor, cell.place, cell.age, *cell.stratum)),
        relay=cell.contributor,
        graph=cell.graph,
        publics=codes.publics[cell.age],
        areas=said(area),
        languages=said(language),
        channels=said(channel),
        size=cell.value,
        method=method,
        source=pooled,
        date=codes.ends.get(period),
    )

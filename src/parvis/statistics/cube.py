"""Figures of a cube of publics, and the reaches that they show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parvis.statistics.relays import Above, AudienceReach, compute_over_representation

LAYERS = ("discipline", "area", "age", "public", "language", "channel", "event", "size")
"""The layers of a portrait, from the top down; `area` is that of residence, `event` the event's."""
LISTS = {"event": "area", "size": "organization-size"}
"""The code lists of the layers that have another name than theirs."""


@dataclass(frozen=True)
class CubeFigure:
    """One cell of a cube; dimensions are concepts by IRI, `graph` is the named graph it is in.

    `value` is None for a cell that is not published. `contributors` is a number or a
    step (“5+”), `coverage` a share from 0 to 1, `base` what a share is counted on.
    `comparable_with` is the figure of the year before, where it is of the same contributors.
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
    event: str
    size: str
    place: str
    status: str
    value: int | float | None = None
    contributors: str | None = None
    coverage: float | None = None
    base: int | float | None = None
    comparable_with: str | None = None

    @property
    def stratum(self) -> tuple[str, ...]:
        """All dimensions but the place: they identify a figure of one contributor and place."""
        layers = (getattr(self, name) for name in LAYERS)
        return (self.measure, self.period, *layers)


def lies_within(concept: str, holder: str, above: Above) -> bool:
    """Return whether a concept is another, or lies within it.

    >>> lies_within("quebec-city", "03", {"quebec-city": {"03": 1}})
    True
    """
    return concept == holder or holder in above.get(concept, {})


def latest_period(periods: Iterable[str], ends: Mapping[str, str]) -> str | None:
    """Return the period that ends last; of several, the first by its name.

    >>> latest_period(["2024", "2025"], {"2024": "2024-12-31", "2025": "2025-12-31"})
    '2025'
    """
    # Sorting first makes the choice between periods that end together the same every time.
    return max(sorted(set(periods)), key=lambda period: ends.get(period, ""), default=None)


LEAST_RATIO = 1.25
"""How many times the pool's share a public must have at an organisation to be reported."""


@dataclass(frozen=True)
class CubeCodes:
    """Terms of the code lists: the pool, totals, the publics of an age, a period's last day."""

    pool: str
    every_age: str
    totals: frozenset[str]
    publics: Mapping[str, tuple[str, ...]]
    ends: Mapping[str, str]


@dataclass(frozen=True)
class CubeCell:
    """One published figure of persons; dimensions are concepts by IRI, as in the cube.

    `stratum` is everything but the age: measure, period, area of the event, area of residence,
    public, language, discipline and channel, in this order. `graph` is the named graph it is in.
    """

    graph: str
    contributor: str
    place: str
    age: str
    stratum: tuple[str, ...]
    value: int

    def to_reach(self, codes: CubeCodes, method: str, source: str, times: float) -> AudienceReach:
        """Return the reach that the cell shows, whose public has so many times the pool's share."""
        _, period, _, area, _, language, _, channel = self.stratum
        # A total says nothing about whom the contributor reaches.
        areas, languages, channels = (
            () if concept in codes.totals else (concept,) for concept in (area, language, channel)
        )
        return AudienceReach(
            iri="|".join((self.contributor, self.place, self.age, *self.stratum)),
            relay=self.contributor,
            graph=self.graph,
            publics=codes.publics[self.age],
            areas=areas,
            languages=languages,
            channels=channels,
            size=self.value,
            method=method,
            source=source,
            date=codes.ends.get(period),
            times=times,
        )


def derive_reaches(cells: Iterable[CubeCell], codes: CubeCodes, method: str) -> list[AudienceReach]:
    """Return a reach for each age that is over-represented at a contributor, in its own stratum.

    Only the same measure, period, areas, public, language, discipline and channel are compared.
    The reach has the publics of that age; an age without a public is skipped. Its
    `graph` is the contributor's, its `source` the graph of the pool's figures.
    """
    # Only published cells are compared: open data of a partner, or what passed disclosure control,
    # with those of a release of the pool. So nothing can be learnt that was not published already.
    by_key = {(c.graph, c.contributor, c.place, c.age, c.stratum): c for c in cells}
    pooled_cells = [cell for cell in by_key.values() if cell.contributor == codes.pool]
    totals = [cell for cell in pooled_cells if cell.place in codes.totals]
    pools = sorted({cell.graph for cell in totals})
    all_places = next((cell.place for cell in totals), "")
    reaches: list[AudienceReach] = []
    for (graph, contributor, place, age, stratum), own in by_key.items():
        if contributor == codes.pool or age not in codes.publics:
            continue
        own_base = by_key.get((graph, contributor, place, codes.every_age, stratum))
        for pool in pools:
            pooled = by_key.get((pool, codes.pool, all_places, age, stratum))
            base = by_key.get((pool, codes.pool, all_places, codes.every_age, stratum))
            if own_base and pooled and base:
                times = compute_over_representation(
                    (own.value, own_base.value), (pooled.value, base.value)
                )
                if times is not None and times >= LEAST_RATIO:
                    reaches.append(own.to_reach(codes, method, pool, times))
    return reaches

"""Compare offerings with publics: which meet, and which are without the other, and where.

Events and figures are those that the reader may read; the figures are of one release.
"""

from collections import ChainMap, Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from parvis.catalog.codelists import MEASURES, scheme
from parvis.catalog.ontology import has_flag
from parvis.governance import Reader
from parvis.pooling.cards import DatasetCard
from parvis.pooling.publics.reaches import read_codes
from parvis.pooling.publics.strata import age_bounds
from parvis.pooling.serving.figures.figures import (
    NOT_CONTROLLED,
    TOTALS,
    choose_release,
    figure_to_json,
    read_figures,
)
from parvis.pooling.serving.figures.relays import concept_to_json
from parvis.pooling.serving.service import PoolService
from parvis.statistics.cube import CubeFigure, latest_period
from parvis.statistics.offer_audience_match import (
    Lists,
    MatchScope,
    Offering,
    OfferingMatch,
    OfferingMatches,
    match_offerings,
)
from parvis.vocab.namespaces import CONCEPT, PARVIS

QUERY, BY_TABLES = (
    files(__package__).joinpath(name).read_text(encoding="utf-8")
    for name in ("offerings.rq", "offerings_by_tables.rq")
)

SCHEMES = {"public": "audience", "area": "area", "discipline": "discipline"}
"""The code list of each filter."""

_EVERY = TOTALS | {f"{CONCEPT}audience/everyone"}
"""Concepts that leave a filter open."""

AT_TOTAL = ("public", "language", "channel", "event", "size", "place")
"""Dimensions that are not broken down in the compared figures."""


@dataclass(frozen=True)
class OfferingComparison:
    """The offerings of a year, or of all years, compared with the pooled figures for one reader.

    `request` is what was compared; `narrower_area` the area that was asked for where it lies within
    the one compared and has no data of its own, as a city. `available` are the concepts, by the
    name of their filter, that have data. `period` and `release` are those of the figures; None
    where none may be read.
    """

    request: MatchScope
    narrower_area: str | None
    available: Mapping[str, frozenset[str]]
    year: str | None
    years: tuple[str, ...]
    period: str | None
    release: DatasetCard | None
    not_controlled: bool
    meetings: OfferingMatches

    @property
    def events(self) -> int:
        return self.meetings.events

    @property
    def other_ages(self) -> list[str]:
        """Return the age brackets of the figures that hold more than the ages asked for."""
        bounds, public = comparison_lists().bounds, self.request.public
        if public is None or public not in bounds:
            return []
        low, high = bounds[public]
        rows = (*self.meetings.met, *self.meetings.uncounted)
        figures = [figure for row in rows for figure in row.figures]
        figures += [row.figure for row in self.meetings.unserved]
        ages = {figure.age for figure in figures if figure.age in bounds}
        return sorted(
            (age for age in ages if bounds[age][0] < low or bounds[age][1] > high),
            key=lambda age: bounds[age],
        )

    def to_json(self) -> dict[str, Any]:
        filters = {name: _concept(name, iri) for name, iri in asdict(self.request).items()}
        return {
            "asked": filters | {"year": self.year},
            "narrower_area": _concept("area", self.narrower_area),
            "other_ages": [concept_to_json(scheme("age"), age) for age in self.other_ages],
            "events": self.events,
            "no_data": not (self.meetings.events or self.meetings.figures),
            "figures": {
                "dataset": self.release and str(self.release.key),
                "period": self.period and concept_to_json(scheme("period"), self.period),
                "controlled": not self.not_controlled,
            },
            "met": [_meeting_to_json(meeting) for meeting in self.meetings.met],
            "publics_without_offering": [
                {
                    "area": _concept("area", unserved.figure.area),
                    "discipline": _concept("discipline", unserved.figure.discipline),
                    "figure": figure_to_json(unserved.figure),
                    "events_for_others": unserved.other_events,
                    "elsewhere": [
                        {"area": _concept("area", area), "events": events}
                        for area, events in unserved.other_areas
                    ],
                }
                for unserved in self.meetings.unserved
            ],
            "offerings_without_public": [
                _meeting_to_json(meeting) for meeting in self.meetings.uncounted
            ],
        }


def parse_request(
    public: str | None = None, area: str | None = None, discipline: str | None = None
) -> MatchScope:
    """Parse typed codes, labels or IRIs; raises `UsageError` with the nearest ones."""
    texts = {"public": public, "area": area, "discipline": discipline}
    iris = {name: scheme(SCHEMES[name]).require(text) for name, text in texts.items() if text}
    return MatchScope(**{name: None if iri in _EVERY else iri for name, iri in iris.items()})


def compare_offerings(
    host: PoolService, reader: Reader, request: MatchScope, year: str | None = None
) -> OfferingComparison:
    """Compare the offerings of a year, or of all years, with the latest pooled figures.

    Raises `NothingPublished`, and as `PoolService.ask` does.
    """
    readable = read_figures(host, reader)
    release = choose_release(readable, host)
    # Figures of persons, and of all publics, languages, channels and places.
    comparable = [
        figure
        for figure in readable
        if figure.graph == release
        and figure.measure in MEASURES
        and has_flag(figure.measure, PARVIS.countsPersons)
        and all(getattr(figure, name) in TOTALS for name in AT_TOTAL)
    ]
    period = latest_period((figure.period for figure in comparable), read_codes().ends)
    of_period = list(_one_measure_each(f for f in comparable if f.period == period))
    of_years = read_offerings(host.rows(reader, BY_TABLES if host.tables_hold(reader) else QUERY))
    offerings = [offering for of, offering in of_years if year in {None, of}]
    available = find_available((offering for _, offering in of_years), of_period)
    area = widen_area(request.area, available["area"])
    scope = replace(request, area=area)
    return OfferingComparison(
        request=scope,
        narrower_area=request.area if request.area != area else None,
        available=available,
        year=year,
        # Every year may be chosen next, whichever is shown.
        years=tuple(sorted({year for year, _ in of_years if year})),
        period=period,
        release=host.datasets_by_graph(reader).get(release or ""),
        not_controlled=any(figure.status == NOT_CONTROLLED for figure in of_period),
        meetings=match_offerings(offerings, of_period, scope, comparison_lists()),
    )


def read_offerings(rows: Iterable[Mapping[str, str]]) -> list[tuple[str | None, Offering]]:
    """Return the offerings of each year, without those that links between events took out."""
    events: Counter[tuple[str | None, str, str, tuple[str, ...]]] = Counter()
    for row in rows:
        # The engine joins audiences in any order.
        audiences = tuple(sorted(row.get("audiences", "").split()))
        events[row.get("year"), row["discipline"], row["area"], audiences] += int(row["events"])
    return [
        (year, Offering(discipline, area, audiences, number))
        for (year, discipline, area, audiences), number in events.items()
        if number
    ]


def find_available(
    offerings: Iterable[Offering], figures: Iterable[CubeFigure]
) -> dict[str, frozenset[str]]:
    """Return the concepts of each filter that some event or figure is of, or lies within."""
    above, uses = comparison_lists().above, {name: set[str]() for name in SCHEMES}
    for offering in offerings:
        uses["area"].add(offering.area)
        uses["discipline"].add(offering.discipline)
        uses["public"].update(offering.audiences)
    for figure in figures:
        uses["area"].add(figure.area)
        uses["discipline"].add(figure.discipline)
    return {
        name: frozenset(concepts.union(*(above.get(concept, {}) for concept in concepts))) - _EVERY
        for name, concepts in uses.items()
    }


def widen_area(area: str | None, available: Container[str]) -> str | None:
    """Return an area, or where it has no data the nearest one around it that has some.

    A city's data are often of its region alone; without any around it, the area itself.
    """
    if area is None or area in available:
        return area
    wider = comparison_lists().above.get(area, {})
    return min((a for a in wider if a in available), key=lambda a: wider[a], default=area)


@cache
def comparison_lists() -> Lists:
    """Return the wider concepts, age bounds and totals of the code lists that are compared."""
    above = ChainMap(*(dict(scheme(name).above) for name in (*SCHEMES.values(), "age")))
    return Lists(above, age_bounds("age") | age_bounds("audience"), TOTALS)


def _one_measure_each(figures: Iterable[CubeFigure]) -> Iterator[CubeFigure]:
    """Keep one measure for each area and discipline: the first that has a published figure."""
    groups: defaultdict[tuple[str, str], list[CubeFigure]] = defaultdict(list)
    for figure in figures:
        groups[figure.area, figure.discipline].append(figure)
    for group in groups.values():
        published = {figure.measure for figure in group if figure.value is not None}
        # MEASURES begins with those that describe a public best.
        measure = min(published or {figure.measure for figure in group}, key=MEASURES.index)
        yield from (figure for figure in group if figure.measure == measure)


def _concept(name: str, iri: str | None) -> Mapping[str, Any] | None:
    return None if iri is None else concept_to_json(scheme(SCHEMES[name]), iri)


def _meeting_to_json(meeting: OfferingMatch) -> dict[str, Any]:
    return {
        "area": _concept("area", meeting.area),
        "discipline": _concept("discipline", meeting.discipline),
        "events": meeting.events,
        "audiences": [
            {"public": _concept("public", audience), "events": events}
            for audience, events in meeting.audiences
        ],
        "figures": [figure_to_json(figure) for figure in meeting.figures],
    }

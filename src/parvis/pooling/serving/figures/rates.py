"""Rates per 1,000 inhabitants of published figures, by place of residence, age and language."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any

from parvis.catalog.codelists import CENSUS, CENSUS_YEAR, read_areas, scheme
from parvis.catalog.ontology import has_flag, last_segment, load_words
from parvis.governance import Reader
from parvis.i18n import LANGUAGES, N_, both
from parvis.pooling.cards import Texts
from parvis.pooling.publics.reaches import read_codes
from parvis.pooling.publics.strata import list_nestings
from parvis.pooling.serving.figures.figures import TOTALS, parse_number
from parvis.pooling.serving.figures.portrait import (
    Portrait,
    PortraitRequest,
    orders,
    read_portrait,
)
from parvis.pooling.serving.figures.tables import (
    COUNT,
    COVERAGE,
    NUMBER,
    TEXT,
    Cell,
    Column,
    ResultTable,
    describe_concept,
    round_share,
)
from parvis.pooling.serving.service import PoolService
from parvis.statistics.cube import LAYERS, CubeFigure
from parvis.statistics.rates import Population, Rate, ResidentFigure, Residents, compute_rates
from parvis.vocab.namespaces import CONCEPT, PARVIS

POPULATION = files(__package__).joinpath("population.rq").read_text(encoding="utf-8")
BY = ("area", "age", "language")
"""The layers that tell residents apart."""
ALL_AGES, ALL_LANGUAGES = f"{CONCEPT}age/total", f"{CONCEPT}language/total"
YEAR = 4
"""Characters of the year in a period's last day."""


@dataclass(frozen=True)
class Rates:
    """The rates of one measure and period of a release, for one reader."""

    portrait: Portrait
    rates: list[Rate] = field(default_factory=list)

    @cached_property
    def by_residents(self) -> dict[Residents, Rate]:
        return {rate.figure.residents: rate for rate in self.rates}

    @property
    def sources(self) -> list[Texts]:
        """Return the sources of the population, each once."""
        sources = dict.fromkeys(rate.population.source for rate in self.rates)
        return [
            both(CENSUS) if source == CENSUS else dict.fromkeys(LANGUAGES, source)
            for source in sources
        ]

    @cached_property
    def table(self) -> ResultTable:
        columns = (
            Column("area", both(N_("Place of residence"))),
            Column("age", both(N_("Age"))),
            Column("language", both(N_("Language"))),
            Column("value", both(N_("Published figure")), COUNT),
            Column("inhabitants", both(N_("Inhabitants")), COUNT),
            Column("rate", both(N_("Per 1,000 inhabitants")), NUMBER),
            Column("coverage", both(N_("Coverage, as a share of the known venues")), COVERAGE),
            Column("year", both(N_("Year of the population")), TEXT),
            Column("source", both(N_("Source of the population"))),
        )
        note = N_(
            "Published, rounded figures of the partners of the pool, not of all culture: the lower"
            " their coverage, the more of the residents’ outings are"
            " missing. A figure counts entries: a person who came five times counts five times."
        )
        title = both(N_("Per 1,000 inhabitants"))
        return ResultTable("rates", title, columns, list(self._list_rows()), both(note))

    def _list_rows(self) -> Iterator[tuple[Cell, ...]]:
        bounds = orders().bounds

        def place(rate: Rate) -> tuple[object, ...]:
            area, age, language = rate.figure.residents
            return (area, age != ALL_AGES, bounds.get(age, (0, 0)), language)

        for rate in sorted(self.rates, key=place):
            area, age, language = rate.figure.residents
            population = rate.population
            yield (
                describe_concept(scheme("area"), area),
                describe_concept(scheme("age"), age),
                describe_concept(scheme("language"), language),
                rate.figure.value,
                population.inhabitants,
                round(rate.per_thousand, 1),
                round_share(rate.figure.coverage),
                None if population.year is None else str(population.year),
                both(CENSUS) if population.source == CENSUS else population.source,
            )

    def to_json(self) -> dict[str, Any]:
        portrait = self.portrait
        measure, period = portrait.measure, portrait.period
        return {
            "dataset": portrait.card and str(portrait.card.key),
            "measure": measure and {"code": last_segment(measure), **load_words().of_term(measure)},
            "period": period and describe_concept(scheme("period"), period),
            "controlled": not portrait.not_controlled,
            "rates": self.table.to_json(),
        }


def read_rates(host: PoolService, reader: Reader, request: PortraitRequest) -> Rates:
    """Return the rates of the released figures of a request, as far as a reader may read them.

    Raises as `read_portrait` does, and `CatalogError` for the steward's list of areas.
    """
    return compute_portrait_rates(host, reader, read_portrait(host, reader, request))


def compute_portrait_rates(host: PoolService, reader: Reader, portrait: Portrait) -> Rates:
    """Return the rates of the figures that a portrait shows; raises `CatalogError`."""
    measure = portrait.measure
    if measure is None or not has_flag(measure, PARVIS.additive):
        return Rates(portrait)
    figures = [to_resident(figure) for figure in portrait.figures if _is_of_residents(figure)]
    return Rates(portrait, compare_with_population(host, reader, figures))


def compare_with_population(
    host: PoolService, reader: Reader, figures: Iterable[ResidentFigure]
) -> list[Rate]:
    """Return the rates of the figures whose population a reader may read; raises `CatalogError`."""
    years = {period: int(day[:YEAR]) for period, day in read_codes().ends.items()}
    populations = [*_list_census(host), *_read_population(host, reader)]
    return compute_rates(figures, populations, years, list_nestings()["age"])


def _is_of_residents(figure: CubeFigure) -> bool:
    """Return whether a figure is published and broken down by nothing but residents."""
    others = (getattr(figure, layer) for layer in LAYERS if layer not in BY)
    return figure.value is not None and all(concept in TOTALS for concept in others)


def residents_of(figure: CubeFigure) -> Residents:
    return Residents(*(getattr(figure, layer) for layer in BY))


def to_resident(figure: CubeFigure) -> ResidentFigure:
    residents = residents_of(figure)
    value = figure.value or 0
    return ResidentFigure(figure.measure, figure.period, residents, value, figure.coverage)


def _list_census(host: PoolService) -> Iterator[Population]:
    """Yield the inhabitants of areas, of all ages and languages: those of the list of areas.

    What the steward's ``areas.csv`` states instead is of no stated year.
    """
    areas = read_areas(host.settings.catalog)
    stated = {row.area: row.source for row in areas.rows if row.inhabitants is not None}
    for area, inhabitants in areas.inhabitants.items():
        residents = Residents(area, ALL_AGES, ALL_LANGUAGES)
        year = None if area in stated else CENSUS_YEAR
        yield Population(residents, inhabitants, year, stated.get(area, CENSUS))


def _read_population(host: PoolService, reader: Reader) -> Iterator[Population]:
    """Yield the population that the third party gives in datasets that a reader may read."""
    third_party = host.snapshot().policies.parties.host
    if third_party is None:
        return
    slug, cards = last_segment(third_party), host.datasets_by_graph(reader)
    for row in host.rows(reader, POPULATION, who=third_party):
        card, year = cards.get(row["graph"]), last_segment(row["period"])
        inhabitants = parse_number(row["value"])
        # What was loaded without the shapes may be no year, and no whole number.
        if card and card.key.partner == slug and year.isdecimal() and type(inhabitants) is int:
            residents = Residents(row["area"], row["age"], row["language"])
            yield Population(residents, inhabitants, int(year), row["source"])

"""Rates per 1,000 inhabitants: published figures of residents, and the population they are of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from parvis.statistics.nesting import Nesting

PER = 1_000


class Residents(NamedTuple):
    """Whom a figure is of: a place of residence, an age and a language, by concept."""

    area: str
    age: str
    language: str


@dataclass(frozen=True)
class Population:
    """The inhabitants of a stratum in a year, by a source; the year is None if it is not stated."""

    residents: Residents
    inhabitants: int
    year: int | None
    source: str


@dataclass(frozen=True)
class ResidentFigure:
    """A published figure; `coverage` is the share of the offer that the pool covers, if known."""

    measure: str
    period: str
    residents: Residents
    value: float
    coverage: float | None = None


@dataclass(frozen=True)
class Rate:
    """A published figure and the population that it is compared with."""

    figure: ResidentFigure
    population: Population

    @property
    def per_thousand(self) -> float:
        return PER * self.figure.value / self.population.inhabitants


def compute_rates(
    figures: Iterable[ResidentFigure],
    populations: Sequence[Population],
    years: Mapping[str, int],
    ages: Nesting,
) -> list[Rate]:
    """Return the rates of the figures whose population is known; `years` are those of periods.

    The population is that of the year of the period, else of the last year before it, else of the
    first after it. Ages are added up where they cover the age of a figure exactly.
    """
    by_place: dict[tuple[str, str], dict[int | None, dict[str, Population]]] = {}
    for row in populations:
        area, age, language = row.residents
        by_place.setdefault((area, language), {}).setdefault(row.year, {})[age] = row
    rates = []
    for figure in figures:
        years_of_place = by_place.get((figure.residents.area, figure.residents.language), {})
        for year in _rank_years(years_of_place, years.get(figure.period)):
            population = _add_up(figure.residents, years_of_place[year], ages)
            if population is not None and population.inhabitants > 0:
                rates.append(Rate(figure, population))
                break
    return rates


def _rank_years(available: Iterable[int | None], year: int | None) -> list[int | None]:
    """Return years, the most fitting for a period first; an unknown year is the last resort.

    >>> _rank_years([2011, 2016, 2021, 2026, None], 2022)
    [2021, 2016, 2011, 2026, None]
    """
    stated = sorted(y for y in available if y is not None)
    until = [y for y in stated if year is None or y <= year]
    after = [y for y in stated if year is not None and y > year]
    return [*reversed(until), *after, *([None] if None in available else [])]


def _add_up(
    residents: Residents, by_age: Mapping[str, Population], ages: Nesting
) -> Population | None:
    """Return the population of an age, of one row or of rows that cover it exactly."""
    codes = sorted(by_age)
    if residents.age in by_age:
        return by_age[residents.age]
    plan = Nesting(ages.name, ages.total, (residents.age,), ages.within, ages.bounds).plan(codes)
    parts = [by_age[codes[place]] for place in plan.get(residents.age, ())]
    if not parts:
        return None
    inhabitants = sum(part.inhabitants for part in parts)
    source = "; ".join(dict.fromkeys(part.source for part in parts))
    return Population(residents, inhabitants, parts[0].year, source)

"""Who does not come: the share of inhabitants, by place of residence and age, with its interval.

It is computed of released figures alone, which are rounded and published already, and of events
that the reader may see: nothing new is disclosed. Of an area without any published figure, nothing
is said: its neighbours are no evidence of it, and a suppressed figure may be near any value.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from math import floor
from typing import Any, NamedTuple

from parvis.catalog.codelists import region_tiles, scheme
from parvis.catalog.ontology import has_flag
from parvis.governance import Reader
from parvis.i18n import N_, both
from parvis.pooling.cards import Texts
from parvis.pooling.publics.reaches import POOL
from parvis.pooling.publics.sentences.absence import AbsenceFigures, describe_absence
from parvis.pooling.publics.sentences.words import list_restrictions
from parvis.pooling.serving.figures.figures import TOTALS
from parvis.pooling.serving.figures.portrait import (
    Portrait,
    PortraitRequest,
    orders,
    read_portrait,
)
from parvis.pooling.serving.figures.rates import (
    ALL_AGES,
    ALL_LANGUAGES,
    Rates,
    compare_with_population,
    compute_portrait_rates,
)
from parvis.pooling.serving.figures.story.people import PEOPLE, read_people
from parvis.pooling.serving.figures.story.programme import Programme, count_programmes
from parvis.pooling.serving.figures.tables import (
    COUNT,
    COVERAGE,
    SHARE,
    TEXT,
    Cell,
    Column,
    ResultTable,
    describe_concept,
    round_share,
)
from parvis.pooling.serving.service import PoolService
from parvis.statistics.distinct.estimating import DEVIATIONS
from parvis.statistics.rates import PER, Rate, ResidentFigure, Residents
from parvis.statistics.small_areas import DirectEstimate, ShrunkEstimate, shrink
from parvis.statistics.strata import ATTENDANCE
from parvis.statistics.surveys import NORMAL
from parvis.vocab.namespaces import CONCEPT, PARVIS

SURVEYS = files(__package__).joinpath("survey_shares.rq").read_text(encoding="utf-8")
ALL_AREAS, OUTSIDE = f"{CONCEPT}area/total", f"{CONCEPT}area/outside-qc"
QUESTIONS = {
    f"{CONCEPT}questionnaire/residence": "area",
    f"{CONCEPT}questionnaire/age-group": "age",
}
UNSTATED = frozenset({f"{CONCEPT}area/unknown", f"{CONCEPT}age/unknown"})
HUNDRED, PARTS = 100, 10_000
"""Shares are computed of percents, and shown to a hundredth of one."""
PERCENT_ROUNDING = 0.01**2 / 12
"""The variance of a share that is published in whole percents."""

ESTIMATED, SURVEYED, COUNTED = "people", "survey", "entries"
BASES = {
    ESTIMATED: N_("estimate of distinct people"),
    SURVEYED: N_("surveys: a lower bound"),
    COUNTED: N_("entries: a lower bound"),
    None: N_("not known"),
}
"""What a share is computed of, best first."""
TITLE = N_("Who does not come")
NOTE = N_(
    "From published, rounded figures of the partners of the pool: who goes elsewhere alone is among"
    " those who do not come. Who came with a ticket that somebody else took is among those who took"
    " none. At least so many do not come as remain when each entry is another person, and all"
    " entries of unknown or suppressed residence or age are theirs too. An interval holds the truth"
    " in 95 areas of 100."
)


@dataclass(frozen=True)
class Absence:
    """The inhabitants of an area and age who do not come, as a share from 0 to 1.

    `basis` is what is known of them, None if nothing is. `share` is between `low` and `high`, and
    `weight` is how much of it is the area’s own estimate. `at_least` is a lower bound.
    """

    residents: Residents
    period: str
    basis: str | None = None
    rate: Rate | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    weight: float | None = None
    at_least: float | None = None
    programme: Programme = field(default_factory=Programme)

    @cached_property
    def statement(self) -> dict[str, str]:
        """Return the sentence in each language, without its full stop."""
        figures = AbsenceFigures(
            *(self.share, self.low, self.high, self.at_least),
            *(self.programme.events, self.programme.is_later, self.programme.main_discipline),
        )
        return describe_absence(self.residents.area, self.residents.age, self.period, figures)

    def to_json(self) -> dict[str, Any]:
        disciplines = scheme("discipline")
        return {
            "area": describe_concept(scheme("area"), self.residents.area),
            "age": describe_concept(scheme("age"), self.residents.age),
            "inhabitants": self.rate and self.rate.population.inhabitants,
            "basis": self.basis,
            "share": self.share,
            "between": None if self.low is None else [self.low, self.high],
            "own_weight": round_share(self.weight),
            "at_least": self.at_least,
            "coverage": self.rate and round_share(self.rate.figure.coverage),
            "events": self.programme.events,
            "events_are_later": self.programme.is_later,
            "disciplines": [
                {**describe_concept(disciplines, iri), "events": count}
                for iri, count in self.programme.disciplines.items()
            ],
            "text": {lang: f"{text}." for lang, text in self.statement.items()},
        }


@dataclass(frozen=True)
class Absences:
    """Who does not come, of one release and period: regions first, then ages."""

    portrait: Portrait
    rates: Rates
    absences: tuple[Absence, ...] = ()

    def of_region(self, area: str) -> list[Absence]:
        return [absence for absence in self.absences if absence.residents.area == area]

    @property
    def sentences(self) -> list[Absence]:
        """Return those of whom something is known, of all ages first."""
        return [absence for absence in self.absences if absence.basis]

    @property
    def sources(self) -> list[Texts]:
        return self.rates.sources

    @cached_property
    def table(self) -> ResultTable:
        columns = (
            Column("area", both(N_("Place of residence"))),
            Column("age", both(N_("Age"))),
            Column("inhabitants", both(N_("Inhabitants")), COUNT),
            Column("basis", both(N_("Known from")), TEXT),
            Column("share", both(N_("Took no ticket (about)")), SHARE),
            Column("low", both(N_("At least")), SHARE),
            Column("high", both(N_("At most")), SHARE),
            Column("at_least", both(N_("Did not come (at least)")), SHARE),
            Column("events", both(N_("Events there")), COUNT),
            Column("discipline", both(N_("Most of all"))),
            Column("coverage", both(N_("Coverage, as a share of the known venues")), COVERAGE),
            Column("year", both(N_("Year of the population")), TEXT),
        )
        return ResultTable("absence", both(TITLE), columns, [*self._list_rows()], both(NOTE))

    def _list_rows(self) -> Iterator[tuple[Cell, ...]]:
        for absence in self.absences:
            rate, main = absence.rate, absence.programme.main_discipline
            year = rate.population.year if rate else None
            yield (
                describe_concept(scheme("area"), absence.residents.area),
                describe_concept(scheme("age"), absence.residents.age),
                rate.population.inhabitants if rate else None,
                both(BASES[absence.basis]),
                *(absence.share, absence.low, absence.high, absence.at_least),
                absence.programme.events,
                describe_concept(scheme("discipline"), main) if main else None,
                round_share(rate.figure.coverage) if rate else None,
                None if year is None else str(year),
            )

    def to_json(self) -> dict[str, Any]:
        period = self.portrait.period
        return {
            "dataset": self.portrait.card and str(self.portrait.card.key),
            "period": period and describe_concept(scheme("period"), period),
            "controlled": not self.portrait.not_controlled,
            "note": dict(both(NOTE)),
            "absences": [absence.to_json() for absence in self.absences],
        }


def read_absences(host: PoolService, reader: Reader, request: PortraitRequest) -> Absences:
    """Return who does not come, as far as a reader may read it; raises as `read_portrait` does."""
    portrait = read_portrait(host, reader, request)
    return compute_absences(host, reader, compute_portrait_rates(host, reader, portrait))


def compute_absences(host: PoolService, reader: Reader, rates: Rates) -> Absences:
    """Return who does not come, of the rates of a portrait; raises `CatalogError`."""
    portrait = rates.portrait
    measure, period = portrait.measure, portrait.period
    if measure is None or period is None or not has_flag(measure, PARVIS.countsPersons):
        return Absences(portrait, rates)
    # What is known of entries by the measure of a portrait is not known of people by another.
    is_attendance = measure == ATTENDANCE
    people = _estimate_people(host, reader, period) if is_attendance else {}
    surveyed = _estimate_entries(host, reader, portrait) if is_attendance else {}
    counted = {
        residents: rate
        for residents, rate in rates.by_residents.items()
        if residents.language == ALL_LANGUAGES
    }
    regions = [Residents(area, ALL_AGES, ALL_LANGUAGES) for area in region_tiles()]
    programmes = count_programmes(host, reader, period)
    elsewhere, absences = _Unallocated(portrait), []
    for residents in dict.fromkeys([*regions, *people, *surveyed, *counted]):
        known = Known(people.get(residents), surveyed.get(residents), counted.get(residents))
        programme = programmes.get(residents.area, Programme())
        absence = Absence(residents, period, programme=programme)
        absences.append(known.conclude(absence, elsewhere.count(residents)))
    return Absences(portrait, rates, tuple(sorted(absences, key=_rank)))


class Estimate(NamedTuple):
    """What is estimated per inhabitant, next to the figure that it is of."""

    rate: Rate
    shrunk: ShrunkEstimate


class Known(NamedTuple):
    """What is known of some inhabitants: people, entries by surveys, entries by counting."""

    people: Estimate | None
    surveyed: Estimate | None
    counted: Rate | None

    def conclude(self, absence: Absence, elsewhere: float | None) -> Absence:
        """Return an absence with its shares.

        `elsewhere` are the entries that may be of these inhabitants too, None if not known.
        """
        bounds = {}
        if self.surveyed:
            bounds[SURVEYED] = 1 - self.surveyed.shrunk.high
        if self.counted and elsewhere is not None:
            entries = self.counted.figure.value + elsewhere
            bounds[COUNTED] = 1 - entries / self.counted.population.inhabitants
        # A bound of nobody says nothing; of several, the most cautious one holds.
        bound = min(bounds.values(), default=0.0)
        at_least = _floor(bound) if bound > 0 else None
        if self.people and self.people.rate.per_thousand <= PER:
            shrunk = self.people.shrunk
            low, high = _floor(1 - shrunk.high), 1 - _floor(shrunk.low)
            share = round(min(max(1 - shrunk.value, low), high), 4)
            at_least = None if at_least is None else min(at_least, low)
            absence = replace(absence, basis=ESTIMATED, rate=self.people.rate, weight=shrunk.weight)
            return replace(absence, share=share, low=low, high=high, at_least=at_least)
        rate = self.surveyed.rate if self.surveyed else self.counted
        if at_least is None:
            return replace(absence, rate=rate)
        basis = min(bounds, key=lambda name: bounds[name])
        return replace(absence, basis=basis, rate=rate, at_least=at_least)


class _Unallocated:
    """The entries of a portrait that no published figure of a residence, or of an age, counts."""

    def __init__(self, portrait: Portrait) -> None:
        # A figure may be rounded by less than the base of rounding.
        self.base = portrait.about.rounding_base or 0
        self.total: float | None = None
        self.allocated: defaultdict[tuple[bool, bool], float] = defaultdict(float)
        ages = _choose_disjoint({figure.age for figure in portrait.figures})
        for figure in portrait.figures:
            layers = list_restrictions(figure)
            if figure.value is None or not {*layers} <= {"area", "age"}:
                continue
            if not layers:
                self.total = figure.value + self.base
            # Of areas within others, an entry would count twice.
            elif figure.area in {*region_tiles(), OUTSIDE, ALL_AREAS} and figure.age in ages:
                shape = ("area" in layers, "age" in layers)
                self.allocated[shape] += max(figure.value - self.base, 0)

    def count(self, residents: Residents) -> float | None:
        if self.total is None:
            return None
        shape = (residents.area not in TOTALS, residents.age not in TOTALS)
        return max(self.total - self.allocated[shape], 0) + self.base


def _choose_disjoint(ages: AbstractSet[str]) -> set[str]:
    """Return all ages together, and those of the brackets that share no age with another."""
    bounds, chosen, end = orders().bounds, {ALL_AGES}, -1.0
    for age in sorted(ages & bounds.keys(), key=lambda age: bounds[age]):
        if bounds[age][0] > end:
            chosen.add(age)
            end = bounds[age][1]
    return chosen


def _floor(value: float) -> float:
    """Round a share down, so that an interval is rounded outwards; it is from 0 to 1."""
    # 0.57 is 5699.999… of 10,000.
    return floor(round(min(max(value, 0.0), 1.0) * PARTS, 4)) / PARTS


def _estimate_people(host: PoolService, reader: Reader, period: str) -> dict[Residents, Estimate]:
    """Return the distinct people of each region per inhabitant, shrunk towards their mean."""
    halves, figures = {}, []
    for estimate in read_people(host, reader).estimates:
        if estimate.period == period and estimate.discipline in TOTALS:
            residents = Residents(estimate.area, ALL_AGES, ALL_LANGUAGES)
            halves[residents] = (estimate.high - estimate.low) / 2
            figures.append(ResidentFigure(PEOPLE, period, residents, estimate.people))
    rates = [
        rate
        for rate in compare_with_population(host, reader, figures)
        if rate.figure.residents.area in region_tiles()
    ]
    return _shrink(rates, {r: (half / DEVIATIONS) ** 2 for r, half in halves.items()})


def _estimate_entries(
    host: PoolService, reader: Reader, portrait: Portrait
) -> dict[Residents, Estimate]:
    """Return the entries per inhabitant that pooled surveys estimate, by region and by age.

    They are the published total, shared out as the respondents are.
    """
    total = portrait.whole if portrait.whole and not list_restrictions(portrait.whole) else None
    if total is None or total.value is None:
        return {}
    shares = _read_shares(host, reader, total.period)
    estimates: dict[Residents, Estimate] = {}
    for layer in ("area", "age"):
        figures, variances = [], {}
        for residents, (share, margin) in shares[layer].items():
            figures.append(ResidentFigure(ATTENDANCE, total.period, residents, share * total.value))
            spread = (margin / NORMAL) ** 2 + PERCENT_ROUNDING
            variances[residents] = spread * total.value**2
        estimates |= _shrink(compare_with_population(host, reader, figures), variances)
    return estimates


def _read_shares(
    host: PoolService, reader: Reader, period: str
) -> dict[str, dict[Residents, tuple[float, float]]]:
    """Return the share of each answer and its margin, from 0 to 1, of those who did answer."""
    shares: dict[str, dict[Residents, tuple[float, float]]] = {"area": {}, "age": {}}
    unstated = {"area": 0.0, "age": 0.0}
    for row in host.rows(reader, SURVEYS):
        layer = QUESTIONS.get(row["question"])
        if layer is None or (row["period"], row["contributor"]) != (period, str(POOL)):
            continue
        share, margin = (float(row[name]) / HUNDRED for name in ("share", "margin"))
        if row["answer"] in UNSTATED:
            unstated[layer] = share
            continue
        whose = {"area": ALL_AREAS, "age": ALL_AGES, "language": ALL_LANGUAGES}
        shares[layer][Residents(**whose | {layer: row["answer"]})] = share, margin
    return {
        layer: {
            residents: (share / (1 - unstated[layer]), margin / (1 - unstated[layer]))
            for residents, (share, margin) in by_residents.items()
            if unstated[layer] < 1
        }
        for layer, by_residents in shares.items()
    }


def _shrink(
    rates: Sequence[Rate], variances: Mapping[Residents, float]
) -> dict[Residents, Estimate]:
    """Return shrunk rates per inhabitant; the variances are those of the figures."""
    direct = [
        DirectEstimate(
            rate.per_thousand / PER,
            variances[rate.figure.residents] / rate.population.inhabitants**2,
        )
        for rate in rates
    ]
    pairs = zip(rates, shrink(direct), strict=True)
    return {rate.figure.residents: Estimate(rate, shrunk) for rate, shrunk in pairs}


def _rank(absence: Absence) -> tuple[object, ...]:
    area, age, _ = absence.residents
    return (age != ALL_AGES, area, orders().bounds.get(age, (0, 0)))

"""Released estimates of distinct people, next to the entries that the portrait publishes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from operator import attrgetter
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.governance import Reader
from parvis.i18n import LANGUAGES, N_, both, number, say
from parvis.pooling.serving.figures.figures import TOTALS, choose_release, read_figures
from parvis.pooling.serving.figures.portrait import Portrait
from parvis.pooling.serving.figures.tables import (
    COUNT,
    TEXT,
    Column,
    ResultTable,
    describe_concept,
)
from parvis.pooling.serving.service import PoolService
from parvis.statistics.cube import LAYERS
from parvis.statistics.strata import ATTENDANCE
from parvis.vocab.namespaces import PARVIS

QUERY = files(__package__).joinpath("people.rq").read_text(encoding="utf-8")
PEOPLE = str(PARVIS.distinctPeople)
SENTENCE = N_(
    "About {people} distinct people at the partners that count people together; {entries}"
    " entries at all partners of the portrait."
)
ALONE = N_("About {people} distinct people.")
WITHIN = N_("Between {low} and {high}, 19 times out of 20.")
TITLE = N_("Distinct people")
NOTE = N_(
    "Estimates from masked messages, which show nobody. People are those of the partners that"
    " count people together, entries those of all partners of the portrait. Estimates never"
    " add up: the same person may be in several lines, and counts twice with two addresses."
)
HEADINGS = (
    Column("period", both(N_("Period")), TEXT),
    Column("discipline", both(N_("Discipline")), TEXT),
    Column("area", both(N_("Residence of the audience")), TEXT),
    Column("entries", both(N_("Entries")), COUNT),
    Column("people", both(N_("Distinct people (about)")), COUNT),
    Column("low", both(N_("At least")), COUNT),
    Column("high", both(N_("At most")), COUNT),
    Column("contributors", both(N_("Partners")), TEXT),
)


@dataclass(frozen=True)
class PeopleEstimate:
    """A released estimate; `entries` is the published attendance of the same cell, if any."""

    iri: str
    period: str
    discipline: str
    area: str
    people: int
    low: int
    high: int
    contributors: str
    entries: int | float | None = None

    def sentence(self, lang: str) -> str:
        people = number(lang, self.people)
        if self.entries is None:
            first = say(lang, ALONE, people=people)
        else:
            first = say(lang, SENTENCE, entries=number(lang, self.entries), people=people)
        within = say(lang, WITHIN, low=number(lang, self.low), high=number(lang, self.high))
        return f"{first} {within}"

    def to_json(self) -> dict[str, Any]:
        return {
            "iri": self.iri,
            "measure": "distinctPeople",
            "method": "masked-count",
            "period": describe_concept(scheme("period"), self.period),
            "discipline": describe_concept(scheme("discipline"), self.discipline),
            "area": describe_concept(scheme("area"), self.area),
            "people": self.people,
            "between": [self.low, self.high],
            "entries": self.entries,
            "contributors": self.contributors,
            "text": {lang: self.sentence(lang) for lang in LANGUAGES},
        }


@dataclass(frozen=True)
class People:
    """The estimates that a reader may read, the latest periods first, totals before parts."""

    estimates: tuple[PeopleEstimate, ...]

    def select(self, portrait: Portrait) -> list[PeopleEstimate]:
        """Return those of the period and of the cells that a portrait shows."""
        chosen = {layer: code for layer, code in portrait.choice.items() if code not in TOTALS}
        if not set(chosen) <= {"discipline", "area"} or portrait.measure != ATTENDANCE:
            return []
        return [
            estimate
            for estimate in self.estimates
            if estimate.period == portrait.period
            and all(getattr(estimate, layer) == code for layer, code in chosen.items())
        ]

    @cached_property
    def table(self) -> ResultTable:
        periods, disciplines, areas = scheme("period"), scheme("discipline"), scheme("area")
        rows = tuple(
            (
                *(describe_concept(periods, e.period), describe_concept(disciplines, e.discipline)),
                describe_concept(areas, e.area),
                *(e.entries, e.people, e.low, e.high, e.contributors),
            )
            for e in self.estimates
        )
        return ResultTable("people", both(TITLE), HEADINGS, rows, both(NOTE))

    def to_json(self) -> dict[str, Any]:
        return {
            "note": dict(both(NOTE)),
            "estimates": [estimate.to_json() for estimate in self.estimates],
        }


def read_people(host: PoolService, reader: Reader) -> People:
    """Return the released estimates that a reader may read; raises as `PoolService.ask` does."""
    rows = [row for row in host.rows(reader, QUERY) if row["measure"] == PEOPLE]
    if not rows:
        return People(())
    entries = _read_entries(host, reader)
    estimates = [_read_estimate(row, entries) for row in rows]
    ordered = sorted(estimates, key=attrgetter("discipline", "area"))
    ordered.sort(key=lambda e: (e.discipline not in TOTALS, e.area not in TOTALS))
    ordered.sort(key=attrgetter("period"), reverse=True)
    return People(tuple(ordered))


def _read_estimate(
    row: Mapping[str, str], entries: Mapping[tuple[str, str, str], int | float]
) -> PeopleEstimate:
    people, low, high = (round(float(row[name])) for name in ("value", "low", "high"))
    key = (row["period"], row["discipline"], row["area"])
    return PeopleEstimate(
        row["iri"], *key, people, low, high, row["contributors"], entries.get(key)
    )


def _read_entries(host: PoolService, reader: Reader) -> dict[tuple[str, str, str], int | float]:
    """Return the attendance of the third party's own release, by period, discipline and area."""
    figures = read_figures(host, reader)
    graph = choose_release([figure for figure in figures if figure.measure == ATTENDANCE], host)
    others = [layer for layer in LAYERS if layer not in {"discipline", "area"}]
    return {
        (figure.period, figure.discipline, figure.area): figure.value
        for figure in figures
        if figure.graph == graph
        and figure.measure == ATTENDANCE
        and figure.value is not None
        and all(getattr(figure, layer) in TOTALS for layer in (*others, "place"))
    }

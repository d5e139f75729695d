"""Tables of figures whose columns are ages, publics, months or years: one observation a cell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from parvis.i18n import N_, say
from parvis.mapping.proposing.facts import Facts
from parvis.mapping.proposing.measuring import SAMPLE, Measured
from parvis.mapping.proposing.objects import quoted, reference
from parvis.mapping.proposing.proposals import Proposal, first_month, label_of
from parvis.mapping.proposing.sampling import Sample
from parvis.mapping.proposing.vocabulary import Vocabulary

PERIOD = "parvis:refPeriod"
DIMENSIONS = {
    "parvis:refPeriod": "period",
    "parvis:refArea": "area",
    "parvis:place": "place",
    "parvis:ageGroup": "age",
    "parvis:public": "public",
    "parvis:language": "language",
    "parvis:discipline": "discipline",
    "parvis:channel": "channel",
}
SEASON = re.compile(r"\d{4} ?[-–/] ?(?:\d{2}|\d{4})")
FIRST, LAST = r"^(\d{4}).*$", r"^(\d\d)\d\d\D+(?:\d\d)?(\d\d)$"
"""The years in which a season begins and ends."""
AUTUMN = "^(09|1[0-2])$"
"""The months of a season’s first year: it goes from September to August."""
NOT_SPREAD = N_("not broken down: to be confirmed")
HOW = N_("how were these figures made?")
WHEN = N_("the period these figures are of")
CUBE = N_("the cube these figures belong to")
UNKNOWN = N_("this column has no concept of its own name: to be filled in")


@dataclass(frozen=True)
class Strata:
    """What the unpivoted columns mean: fields computed for each row, and lines of tables.

    `dimensions` are those that they tell, `period` the code of each row's period if they do.
    """

    fields: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    period: str = ""


def spread_columns(proposed: list[Proposal]) -> list[str]:
    """Name the columns that become rows: those that differ by the commonest dimension's kind."""
    return [one.column.name for one in proposed if one.spread]


def dimension_of(one: Proposal) -> str | None:
    """Give the dimension that a column surely is, if it is one."""
    return one.best.term if one.sure and one.best and one.best.term in DIMENSIONS else None


def year_of(proposed: list[Proposal], found: Sample, facts: Facts) -> str:
    """Refer to the year of a row: of its sheet or key, of a column, or the one that is told."""
    if found.year_as:
        return f"$({found.year_as})"
    for one in proposed:
        if dimension_of(one) == PERIOD and (one.kind.name == "year" or is_season(one)):
            return reference(one.column.name)
    return facts.period


def is_season(one: Proposal) -> bool:
    """Say whether a column tells seasons: « 2024-2025 », « 2024-25 »."""
    values = [text for text in one.column.filled if not text.casefold().startswith("total")]
    return bool(values) and all(map(SEASON.fullmatch, values))


def strata(
    proposed: list[Proposal], vocabulary: Vocabulary, found: Sample, lang: str, year: str
) -> Strata:
    """Say what each spread column means, as far as the code lists know; months are of a `year`."""
    spread = [one for one in proposed if one.spread]
    of_sheet = f"$({found.year_as})" if found.year_as else ""
    if not spread:
        return Strata(period=of_sheet)
    if all(one.spread == PERIOD for one in spread):
        season = any(is_season(o) and reference(o.column.name) == year for o in proposed)
        return _periods([one.column.name for one in spread], year, vocabulary, season=season)
    rows: list[str] = ["  strata:"]
    known = False
    for one in spread:
        row, sure = _stratum(one.column.name, vocabulary)
        known |= sure
        rows.append(f"    {row}" if sure else f"    # {row}  # {say(lang, UNKNOWN)}")
    if not known:
        return Strata(period=of_sheet)
    return Strata((), tuple(rows), ("parvis:ageGroup", "parvis:public"), of_sheet)


def _stratum(name: str, vocabulary: Vocabulary) -> tuple[str, bool]:
    """Write a column's age and public; one that is neither for sure is left to be filled in."""
    label = label_of(name)
    age = vocabulary.concepts.find("age", label)
    public = vocabulary.concepts.find("public", label)
    found = {
        "age": f"concept:age/{_code(age)}" if age else "concept:age/total",
        "public": f"concept:public/{_code(public)}" if public else "concept:public/total",
    }
    if not age and not public:
        found["age"] = "concept:age/…"
    pairs = ", ".join(f"{key}: {quoted(value)}" for key, value in found.items())
    return f"{quoted(name)}: {{{pairs}}}", bool(age or public)


def _code(concept: str | None) -> str:
    """Give a concept's code."""
    return (concept or "").rsplit("/", 1)[-1]


def _periods(names: list[str], year: str, vocabulary: Vocabulary, *, season: bool) -> Strata:
    """Say which month, or year, each column is; what follows the months is the whole year.

    Months that do not begin with January are of seasons; of a year alone one could not tell which.
    """
    if all(name.isdigit() for name in names):
        return Strata((), (), (PERIOD,), "$(stratum)")
    first = first_month(names[:12], vocabulary.months) or 0
    year = year if season or not first else ""
    numbers = [(first + place) % 12 + 1 for place in range(12)]
    pairs = zip(names, numbers, strict=False)
    months = [f'{quoted(name)}: {{month: "{number:02}"}}' for name, number in pairs]
    whole = [f"{quoted(name)}: {{year: all}}" for name in names[12:]]
    look = "[[value, $(stratum)], [table, months], [column, month]]"
    month = f"month: {{function: fn:lookup, parameters: {look}}}"
    fields = (month, *_of_season(year)) if season else (month,)
    told = "$(year)" if season else quoted(year)
    values = f'[separator, "-"], [value, {told}], [value, $(month)]'
    period = f"period: {{function: fn:join, parameters: [{values}]}}"
    tables = ("  months:", *(f"    {one}" for one in (*months, *whole)))
    return Strata((*fields, period) if year else (month,), tables, (PERIOD,), "$(period)")


def _of_season(season: str) -> Iterator[str]:
    """Write the year of a month of a season, which begins in September; of all, the season."""
    value = f"[value, {quoted(season)}]"
    for name, pattern, by in (("first", FIRST, r"\1"), ("last", LAST, r"\1\2")):
        parts = f"{value}, [pattern, '{pattern}'], [by, '{by}']"
        yield f"{name}: {{function: fn:replace, parameters: [{parts}]}}"
    autumn = f"{{function: fn:matches, parameters: [[value, $(month)], [pattern, '{AUTUMN}']]}}"
    some = f"[condition, {autumn}], [then, $(first)], [else, $(last)]"
    empty = "{function: fn:isEmpty, parameters: [[value, $(month)]]}"
    one = f"{{function: fn:if, parameters: [{some}]}}"
    both = (
        '{function: fn:join, parameters: [[separator, "-"], [value, $(first)], [value, $(last)]]}'
    )
    whole = f"[condition, {empty}], [then, {both}], [else, {one}]"
    yield f"year: {{function: fn:if, parameters: [{whole}]}}"


def observation(
    proposed: list[Proposal], told: Strata, measured: Measured, facts: Facts, lang: str
) -> Iterator[str]:
    """Write an observation's properties: the cube, the measure, every dimension, the method."""
    cube = f"id/cube/{facts.partner}/{facts.dataset}~iri"
    yield f"- [qb:dataSet, {cube}]  # {say(lang, CUBE)}"
    yield f"- [parvis:contributor, id/partner/{facts.partner}~iri]"
    yield from measured.lines(lang)
    sure = {dimension_of(one) for one in proposed if one.column.name not in measured.columns}
    for name, scheme in DIMENSIONS.items():
        if name == PERIOD:
            yield from _period(told, facts, lang, known=name in sure)
        elif name in told.dimensions:
            look = f"[[value, $(stratum)], [table, strata], [column, {scheme}]]"
            call = f"function: fn:lookup, parameters: {look}"
            yield f"- {{p: {name}, o: {{{call}, type: iri}}}}"
        elif name not in sure and (code := facts.code(scheme)):
            yield f"- [{name}, concept:{scheme}/{code}~iri]"
        elif name not in sure:
            yield f"- [{name}, concept:{scheme}/total~iri]  # {say(lang, NOT_SPREAD)}"
    yield from _method(proposed, measured, facts, lang)


def _method(proposed: list[Proposal], measured: Measured, facts: Facts, lang: str) -> Iterator[str]:
    """Write how figures were made: as is told, or as only a survey or a box office can."""
    asked = any(one.best and one.best.term == SAMPLE and one.sure for one in proposed)
    sold = measured.sure and measured.measures == ("parvis:tickets",)
    code = facts.method or ("survey" if asked else "ticketing" if sold else "")
    mark = "-" if code else "# -"
    note = "" if facts.method else f"  # {say(lang, HOW)}"
    yield f"{mark} [parvis:method, concept:method/{code or '…'}~iri]{note}"


def _period(told: Strata, facts: Facts, lang: str, *, known: bool) -> Iterator[str]:
    """Write the period: from the spread columns, a sheet or key, or as is told; else a column."""
    code = told.period if len(told.fields) != 1 else ""  # months of no year
    if PERIOD not in told.dimensions:
        code = "" if known else told.period or facts.period
    if code:
        yield f"- [{PERIOD}, concept:period/{code}~iri]"
    elif PERIOD in told.dimensions or not known:
        yield f"# - [{PERIOD}, concept:period/…~iri]  # {say(lang, WHEN)}"

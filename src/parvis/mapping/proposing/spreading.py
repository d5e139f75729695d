"""Write tables of figures whose columns are ages, publics, months or years."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from parvis.i18n import N_, say
from parvis.mapping.proposing import FigureFacts
from parvis.mapping.proposing.figures import (
    DIMENSIONS,
    PERIOD,
    SAMPLE,
    STRATUM,
    FigureLayout,
    dimension_of,
)
from parvis.mapping.proposing.objects import quote_yaml, reference, write_call
from parvis.mapping.proposing.periods import first_month, period_code, spread_periods
from parvis.mapping.proposing.proposals import RESIDENCE, ColumnProposal
from parvis.mapping.proposing.sampling import Sample
from parvis.mapping.proposing.vocabulary import Vocabulary

SEASON = re.compile(r"\d{4} ?[-–/] ?(?:\d{2}|\d{4})")
FIRST, LAST = r"'^(\d{4}).*$'", r"'^(\d\d)\d\d\D+(?:\d\d)?(\d\d)$'"
"""The years in which a season begins and ends."""
AUTUMN = "'^(09|1[0-2])$'"
"""The months of a season’s first year: it goes from September to August."""
MONTHS = 12
NOT_SPREAD = N_("not broken down: to be confirmed")
HOW = N_("how were these figures made?")
WHEN = N_("the period these figures are of")
CUBE = N_("the cube these figures belong to")
UNKNOWN = N_("this column has no concept of its own name: to be filled in")


@dataclass(frozen=True)
class SpreadStrata:
    """What the unpivoted columns mean: fields computed for each row, and lines of tables.

    `dimensions` are those that the columns break down, `period` the code of each row's period, if
    the columns, a sheet or a key give it.
    """

    fields: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    period: str = ""


def year_of(proposed: list[ColumnProposal], rows: Sample, facts: FigureFacts) -> str:
    """Return a reference to the year of a row, of its sheet, key or a column, or a stated year."""
    if rows.year_as:
        return f"$({rows.year_as})"
    for proposal in proposed:
        if dimension_of(proposal) == PERIOD and (
            proposal.kind.name == "year" or is_season(proposal)
        ):
            return reference(proposal.column.name)
    return facts.period


def find_period(rows: Sample) -> str:
    """Return the year or season that the file's name or titles say, if they say one alone."""
    texts = (rows.file.stem.replace("_", " "), *rows.titles)
    periods = {code for text in texts if (code := period_code(text))}
    return periods.pop() if len(periods) == 1 else ""


def is_season(proposal: ColumnProposal) -> bool:
    """Return whether the values of a column are seasons: « 2024-2025 », « 2024-25 »."""
    values = [v for v in proposal.column.nonblank_values if not v.casefold().startswith("total")]
    return bool(values) and all(map(SEASON.fullmatch, values))


def find_year_and_month(
    proposed: list[ColumnProposal],
) -> tuple[ColumnProposal, ColumnProposal] | None:
    """Return the columns of the year and of the number of the month, where each has its own."""
    periods = [proposal for proposal in proposed if dimension_of(proposal) == PERIOD]
    years = [proposal for proposal in periods if proposal.kind.name == "year"]
    months = [
        proposal
        for proposal in periods
        if all(value.isdigit() and 1 <= int(value) <= MONTHS for value in proposal.column.values)
    ]
    return (years[0], months[0]) if len(years) == len(months) == 1 else None


def _join_month(year: ColumnProposal, month: ColumnProposal) -> SpreadStrata:
    value = ("value", quote_yaml(reference(month.column.name)))
    two_digits = write_call("replace", value, ("pattern", r"'^(\d)$'"), ("by", r"'0\1'"))
    period = _join_by_hyphen(quote_yaml(reference(year.column.name)), two_digits)
    return SpreadStrata((f"period: {period}",), period="$(period)")


def build_strata(
    proposed: list[ColumnProposal], vocabulary: Vocabulary, rows: Sample, lang: str, year: str
) -> SpreadStrata:
    """Return what each spread column means, as far as the code lists know; months are of `year`."""
    spread = [proposal for proposal in proposed if proposal.spread]
    of_sheet = f"$({rows.year_as})" if rows.year_as else ""
    if not spread and (joined := find_year_and_month(proposed)):
        return _join_month(*joined)
    if not spread:
        return SpreadStrata(period=of_sheet)
    if all(proposal.spread == PERIOD for proposal in spread):
        season = any(is_season(p) and reference(p.column.name) == year for p in proposed)
        if periods := spread_periods([proposal.column for proposal in spread]):
            return _build_periods(periods)
        names = [proposal.column.name for proposal in spread]
        return _build_months(names, year, vocabulary, season=season)
    lines: list[str] = ["  strata:"]
    any_known = False
    for proposal in spread:
        name = proposal.column.name
        concepts = {scheme: vocabulary.concepts.find(scheme, name) for scheme in ("age", "public")}
        codes = {
            scheme: f"concept:{scheme}/{concept.rsplit('/', 1)[-1] if concept else 'total'}"
            for scheme, concept in concepts.items()
        }
        in_code_list = any(concepts.values())
        any_known |= in_code_list
        if not in_code_list:
            codes["age"] = "concept:age/…"  # to be filled in
        pairs = ", ".join(f"{key}: {quote_yaml(value)}" for key, value in codes.items())
        line = f"{quote_yaml(name)}: {{{pairs}}}"
        lines.append(f"    {line}" if in_code_list else f"    # {line}  # {say(lang, UNKNOWN)}")
    if not any_known:
        return SpreadStrata(period=of_sheet)
    return SpreadStrata((), tuple(lines), ("parvis:ageGroup", "parvis:public"), of_sheet)


def _build_periods(periods: Mapping[str, str]) -> SpreadStrata:
    """Return the year or season of each column."""
    if all(name == code for name, code in periods.items()):
        return SpreadStrata((), (), (PERIOD,), f"$({STRATUM})")
    lines = (f"    {quote_yaml(name)}: {quote_yaml(code)}" for name, code in periods.items())
    stratum = ("value", f"$({STRATUM})")
    field = f"period: {write_call('lookup', stratum, ('table', 'periods'))}"
    return SpreadStrata((field,), ("  periods:", *lines), (PERIOD,), "$(period)")


def _build_months(
    names: list[str], year: str, vocabulary: Vocabulary, *, season: bool
) -> SpreadStrata:
    """Return the month of each column; columns after the months are the whole year."""
    first = first_month(names[:12], vocabulary.months) or 0
    # Months that do not begin with January are of seasons: one year cannot say which.
    year = year if season or not first else ""
    numbers = [(first + place) % 12 + 1 for place in range(12)]
    pairs = zip(names, numbers, strict=False)
    months = [f'{quote_yaml(name)}: {{month: "{number:02}"}}' for name, number in pairs]
    totals = [f"{quote_yaml(name)}: {{year: all}}" for name in names[12:]]
    month = f"month: {_look_up_stratum('months', 'month')}"
    fields = (month, *_write_season_year(year)) if season else (month,)
    year_value = "$(year)" if season else quote_yaml(year)
    period = f"period: {_join_by_hyphen(year_value, '$(month)')}"
    tables = ("  months:", *(f"    {line}" for line in (*months, *totals)))
    if not year:
        return SpreadStrata((month,), tables, (PERIOD,))
    return SpreadStrata((*fields, period), tables, (PERIOD,), "$(period)")


def _write_season_year(season: str) -> Iterator[str]:
    """Write the year of a month of a season, which begins in September; of a total, the season."""
    value = ("value", quote_yaml(season))
    for name, pattern, by in (("first", FIRST, r"'\1'"), ("last", LAST, r"'\1\2'")):
        yield f"{name}: {write_call('replace', value, ('pattern', pattern), ('by', by))}"
    month = ("value", "$(month)")
    autumn = write_call("matches", month, ("pattern", AUTUMN))
    one_year = write_call("if", ("condition", autumn), ("then", "$(first)"), ("else", "$(last)"))
    both_years = _join_by_hyphen("$(first)", "$(last)")
    no_month = ("condition", write_call("isEmpty", month))
    yield f"year: {write_call('if', no_month, ('then', both_years), ('else', one_year))}"


def _join_by_hyphen(*values: str) -> str:
    return write_call("join", ("separator", '"-"'), *(("value", value) for value in values))


def _look_up_stratum(table: str, column: str, **keys: str) -> str:
    stratum = ("value", f"$({STRATUM})")
    return write_call("lookup", stratum, ("table", table), ("column", column), **keys)


def write_observation(
    proposed: list[ColumnProposal],
    spread: SpreadStrata,
    measured: FigureLayout,
    facts: FigureFacts,
    lang: str,
) -> Iterator[str]:
    """Write an observation's properties: the cube, the measure, every dimension, the method."""
    cube = f"id/cube/{facts.partner}/{facts.dataset}~iri"
    yield f"- [qb:dataSet, {cube}]  # {say(lang, CUBE)}"
    yield f"- [parvis:contributor, id/partner/{facts.partner}~iri]"
    yield from measured.lines(lang)
    sure = {dimension_of(p) for p in proposed if p.column.name not in measured.columns}
    for name, scheme in DIMENSIONS.items():
        if name == PERIOD:
            code = spread.period
            if name not in spread.dimensions:
                code = "" if name in sure else spread.period or facts.period
            if code:
                yield f"- [{name}, concept:period/{code}~iri]"
            elif name in spread.dimensions or name not in sure:
                yield f"# - [{name}, concept:period/…~iri]  # {say(lang, WHEN)}"
        elif name in spread.dimensions:
            yield f"- {{p: {name}, o: {_look_up_stratum('strata', scheme, type='iri')}}}"
        elif name not in {*sure, RESIDENCE} and (code := facts.code(scheme)):
            yield f"- [{name}, concept:{scheme}/{code}~iri]"
        elif name not in sure:
            yield f"- [{name}, concept:{scheme}/total~iri]  # {say(lang, NOT_SPREAD)}"
    # Only a survey has a sample size, and tickets come from a box office.
    surveyed = any(p.best and p.best.term == SAMPLE and p.sure for p in proposed)
    sold = measured.sure and measured.measures == ("parvis:tickets",)
    method = facts.method or ("survey" if surveyed else "ticketing" if sold else "")
    mark = "-" if method else "# -"
    note = "" if facts.method else f"  # {say(lang, HOW)}"
    yield f"{mark} [parvis:method, concept:method/{method or '…'}~iri]{note}"

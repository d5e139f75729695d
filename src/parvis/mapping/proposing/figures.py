"""The usual forms of tables of figures on publics, recognised by their headings."""

from collections.abc import Sequence

from parvis.i18n import N_
from parvis.mapping.engine.values import InvalidValue, read_time
from parvis.mapping.language.plan import ValueFormat
from parvis.mapping.proposing.measuring import BASE, SAMPLE, FigureLayout
from parvis.mapping.proposing.objects import quote_yaml, reference
from parvis.mapping.proposing.proposals import POSTAL, ColumnProposal
from parvis.mapping.proposing.spreading import PERIOD, dimension_of

BY_AGE = N_("Its form: a table whose columns are ages or publics.")
BY_MONTH = N_("Its form: a table whose columns are months or years.")
BY_POST = N_("Its form: tickets by postal code, of which the first three characters are kept.")
SURVEYED = N_("Its form: the counts of a survey.")
LONG = N_("Its form: a long table, one figure a row or one a measure.")


def form_of(proposed: Sequence[ColumnProposal]) -> str:
    """Return the message that names the form of a table of figures."""
    spread = {proposal.spread for proposal in proposed if proposal.spread}
    area_kinds = {
        proposal.kind.name for proposal in proposed if dimension_of(proposal) == "parvis:refArea"
    }
    sure_terms = {proposal.best.term for proposal in proposed if proposal.best and proposal.sure}
    if spread:
        return BY_MONTH if spread == {PERIOD} else BY_AGE
    if area_kinds & {*POSTAL}:
        return BY_POST
    return SURVEYED if sure_terms & {SAMPLE, BASE} else LONG


# Files that list each order or each day: which rows are parts of one figure, to be added up.

PERIOD_FIELD = "period"
ADDITIVE = frozenset(
    f"parvis:{name}" for name in ("attendance", "tickets", "visits", "loans", "firstTimeVisitors")
)
"""Measures that may be added up; others would count a household several times."""
MONTH = len("2026-01")


def find_date_column(proposed: Sequence[ColumnProposal]) -> ColumnProposal | None:
    """Return the column of dates the figures are of: the likeliest start, none if two tie."""
    scored = [
        (proposal.best.score, proposal)
        for proposal in proposed
        if proposal.kind.name in {"date", "dateTime"}
        and proposal.best
        and not proposal.kind.ambiguous
    ]
    likeliest = sorted(scored, key=lambda pair: -pair[0])
    tied = len(likeliest) > 1 and likeliest[0][0] == likeliest[1][0]
    return likeliest[0][1] if likeliest and not tied else None


def month_field(dates: ColumnProposal) -> str:
    """Write the field that computes the month of a column of dates, as periods have it."""
    day = (
        f"{{function: fn:date, parameters: [[value, {quote_yaml(reference(dates.column.name))}]]}}"
    )
    parts = f"[value, {day}], [pattern, '-\\d\\d$'], [by, \"\"]"
    return f"{PERIOD_FIELD}: {{function: fn:replace, parameters: [{parts}]}}"


def find_summed_columns(
    proposed: Sequence[ColumnProposal],
    measured: FigureLayout,
    by: Sequence[str],
    when: ColumnProposal | None,
) -> tuple[str, ...]:
    """Return the columns to add up, none where each row is a figure of its own.

    `by` are the columns that distinguish figures, `when` the column of dates.
    """
    if measured.unpivot or not measured.sure or not set(measured.measures) <= ADDITIVE:
        return ()
    key_columns = [p.column.values for p in proposed if p.column.name in by]
    if when:
        reading = ValueFormat(dateformats=when.kind.forms)

        def month(value: str) -> str:
            try:
                return read_time(value, reading).isoformat()[:MONTH]
            except InvalidValue:
                return value

        key_columns.append(tuple(map(month, when.column.values)))
    keys = list(zip(*key_columns, strict=False))
    if not key_columns or len(set(keys)) == len(keys):
        return ()
    descriptions = [p.column.values for p in proposed if p.column.name not in measured.columns]
    # Rows equal in all columns are not parts of one figure: such a file is left to be refused.
    if len(set(zip(*descriptions, strict=False))) < len(keys):
        return ()
    measure_names = {p.column.name for p in proposed if p.measures}
    return tuple(sorted(measured.columns - measure_names))

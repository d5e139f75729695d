"""The usual forms of figures on publics, known by the headings of a table."""

from collections.abc import Sequence

from parvis.i18n import N_
from parvis.mapping.engine.values import Refused, moment
from parvis.mapping.language.plan import Reading
from parvis.mapping.proposing.measuring import BASE, SAMPLE, Measured
from parvis.mapping.proposing.objects import quoted, reference
from parvis.mapping.proposing.proposals import POSTAL, Proposal
from parvis.mapping.proposing.spreading import PERIOD, dimension_of

BY_AGE = N_("Its form: a table whose columns are ages or publics.")
BY_MONTH = N_("Its form: a table whose columns are months or years.")
BY_POST = N_("Its form: tickets by postal code, of which the first three characters are kept.")
SURVEYED = N_("Its form: the counts of a survey.")
LONG = N_("Its form: a long table, one figure a row or one a measure.")


def form_of(proposed: Sequence[Proposal]) -> str:
    """Say which form a table of figures has."""
    spread = {one.spread for one in proposed if one.spread}
    posts = {one.kind.name for one in proposed if dimension_of(one) == "parvis:refArea"}
    asked = {one.best.term for one in proposed if one.best and one.sure}
    if spread:
        return BY_MONTH if spread == {PERIOD} else BY_AGE
    if posts & {*POSTAL}:
        return BY_POST
    return SURVEYED if asked & {SAMPLE, BASE} else LONG


# Figures that are told order by order, or day by day: which rows are one figure, added up.

PERIOD_FIELD = "period"
ADDITIVE = frozenset(
    f"parvis:{name}" for name in ("attendance", "tickets", "visits", "loans", "firstTimeVisitors")
)
"""What may be added up: a household comes several times."""
MONTH = len("2026-01")


def dated(proposed: Sequence[Proposal]) -> Proposal | None:
    """Give the column of dates that tells when figures are of: of several, the likeliest start."""
    found = [
        (one.best.score, one)
        for one in proposed
        if one.kind.name in {"date", "dateTime"} and one.best and not one.kind.ambiguous
    ]
    likeliest = sorted(found, key=lambda one: -one[0])
    tied = len(likeliest) > 1 and likeliest[0][0] == likeliest[1][0]
    return likeliest[0][1] if likeliest and not tied else None


def month_field(one: Proposal) -> str:
    """Write the month of a column of dates, as periods have it."""
    day = f"{{function: fn:date, parameters: [[value, {quoted(reference(one.column.name))}]]}}"
    parts = f"[value, {day}], [pattern, '-\\d\\d$'], [by, \"\"]"
    return f"{PERIOD_FIELD}: {{function: fn:replace, parameters: [{parts}]}}"


def added_up(
    proposed: Sequence[Proposal], told: Measured, by: Sequence[str], when: Proposal | None
) -> tuple[str, ...]:
    """Give the columns to add up: where several rows are of one figure, and differ otherwise.

    `by` are the columns that tell figures apart, `when` the one of dates. Rows that are the same
    in all columns are no parts of one figure: such a file is left to be refused.
    """
    if told.unpivot or not told.sure or not set(told.measures) <= ADDITIVE:
        return ()
    columns = [one for one in proposed if one.column.name in by]
    lists = [one.column.values for one in columns] + ([_months(when)] if when else [])
    others = [one.column.values for one in proposed if one.column.name not in told.columns]
    keys = list(zip(*lists, strict=False))
    if not lists or len(set(keys)) == len(keys):
        return ()
    if len(set(zip(*others, strict=False))) < len(keys):
        return ()
    held = {one.column.name for one in proposed if one.measures}
    return tuple(sorted(told.columns - held))


def _months(when: Proposal) -> tuple[str, ...]:
    reading = Reading(dateformats=when.kind.forms)
    return tuple(_month(value, reading) for value in when.column.values)


def _month(value: str, reading: Reading) -> str:
    try:
        return moment(value, reading).isoformat()[:MONTH]
    except Refused:
        return value

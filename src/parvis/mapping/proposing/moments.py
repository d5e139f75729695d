"""Join a column of dates and one of times of day: « Date », « Heure »."""

import re
from collections.abc import Sequence
from dataclasses import replace

from parvis.mapping.proposing.objects import quote_yaml, reference, write_call
from parvis.mapping.proposing.proposals import ColumnProposal
from parvis.mapping.proposing.vocabulary import fold_heading

START = "schema:startDate"
FIELD = "date et heure"
"""The field that holds both; a column of this name would hold them already."""
OF_TIME = {"heure", "heures", "time", "hour", "hours", "horaire", "debut", "start", "a"}
"""Words that the heading of a start's time of day has."""
FIRST = r"'(?i)^(\d{1,2})(?: ?[:h] ?(\d\d))?(?::\d\d)? ?h? ?(?:([ap])\.? ?m\.?)?.*$'"
"""The hour, minutes and half of the day of the first time: « 19 h 30 », « 1:00 PM–2:30 »."""
WITHOUT_MINUTES = r"'^(\d+:)(?=\D|$)'"


def find_date_and_time(
    proposed: Sequence[ColumnProposal],
) -> tuple[ColumnProposal, ColumnProposal] | None:
    """Return the column of starts and that of their times, where each is one, of the same items."""
    dates = [p for p in proposed if p.sure and p.best and p.best.term == START]
    times = [
        proposal
        for proposal in proposed
        if proposal.kind.name == "time"
        and OF_TIME.intersection(fold_heading(proposal.column.name).split())
    ]
    if len(dates) != 1 or len(times) != 1 or _list_of(dates[0]) != _list_of(times[0]):
        return None
    return (dates[0], times[0]) if dates[0].kind.name in {"date", "dateTime"} else None


def join_date_and_time(
    date: ColumnProposal, time: ColumnProposal
) -> tuple[ColumnProposal, str, tuple[str, ...]]:
    """Return the column of both, the field that computes it, and the formats that read it."""
    day = write_call("date", ("value", quote_yaml(reference(date.column.name))))
    clock = ("value", quote_yaml(reference(time.column.name)))
    hour = write_call("replace", clock, ("pattern", FIRST), ("by", r"'\1:\2\3'"))
    hour = write_call(
        "replace", ("value", hour), ("pattern", WITHOUT_MINUTES), ("by", r"'\g<1>00'")
    )
    # A half of the day is written a or p, and read with its m.
    hour = write_call("replace", ("value", hour), ("pattern", r"'(?i)([ap])$'"), ("by", r"'\1m'"))
    both = write_call("join", ("separator", '" "'), ("value", day), ("value", hour))
    halves = any(re.search(r"(?i)[ap]\.? ?m", value) for value in time.column.values)
    forms = ("%Y-%m-%d %I:%M%p",) if halves else ()
    column = replace(date.column, name=FIELD)
    kind = replace(date.kind, name="dateTime", forms=())
    joined = replace(date, column=column, kind=kind)
    return joined, f"{quote_yaml(FIELD)}: {both}", (*forms, "%Y-%m-%d %H:%M")


def _list_of(proposal: ColumnProposal) -> str:
    return proposal.column.name.rpartition("[*]")[0]

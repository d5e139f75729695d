"""Join a column of dates and one of times of day: « Date », « Heure »."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from parvis.mapping.proposing.objects import quote_yaml, reference, write_call
from parvis.mapping.proposing.proposals import ColumnProposal

START, END = "schema:startDate", "schema:endDate"
FIELDS = {START: "date et heure", END: "date et heure de fin"}
"""The fields that hold both; columns of these names would hold them already."""
OF_TIME = {"heure", "heures", "time", "hour", "hours", "horaire", "debut", "start", "a"}
OF_END = {"fin", "end", "ends", "fermeture", "closing", "until"}
"""Words that the heading of a time of day has, and of an end's."""
FIRST = r"'(?i)^(\d{1,2})(?: ?[:h] ?(\d\d))?(?::\d\d)? ?h? ?(?:([ap])\.? ?m\.?)?.*$'"
"""The hour, minutes and half of the day of the first time: « 19 h 30 », « 1:00 PM–2:30 »."""
WITHOUT_MINUTES = r"'^(\d+:)(?=\D|$)'"


def find_dates_and_times(
    proposed: Sequence[ColumnProposal],
) -> Iterator[tuple[ColumnProposal, ColumnProposal]]:
    """Yield the column of starts and that of their times, then those of ends, of the same items.

    Only where each is the only one.
    """
    times = [proposal for proposal in proposed if proposal.kind.name == "time"]
    ending = [p for p in times if OF_END.intersection(p.heading.split())]
    starting = [p for p in times if p not in ending and OF_TIME.intersection(p.heading.split())]
    for term, of_term in ((START, starting), (END, ending)):
        dates = [p for p in proposed if p.sure and p.best and p.best.term == term]
        if len(dates) != 1 or len(of_term) != 1 or _list_of(dates[0]) != _list_of(of_term[0]):
            continue
        if dates[0].kind.name in {"date", "dateTime"}:
            yield dates[0], of_term[0]


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
    name = FIELDS[date.best.term if date.best else START]
    column = replace(date.column, name=name)
    kind = replace(date.kind, name="dateTime", forms=())
    joined = replace(date, column=column, kind=kind)
    return joined, f"{quote_yaml(name)}: {both}", (*forms, "%Y-%m-%d %H:%M")


def _list_of(proposal: ColumnProposal) -> str:
    return proposal.column.name.rpartition("[*]")[0]

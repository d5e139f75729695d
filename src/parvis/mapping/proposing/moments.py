"""Join a column of dates and one of times of day, or of spans: « Date », « Heure »."""

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
UNTIL = r"'(?i)^.*\d.*?(?:-|–|—|à|to) ?(?=\d)'"
"""What stands before the last time of a span: « 19 h 30 à » 21 h, « 1:00 PM–» 2:30 PM."""
SPAN = re.compile(UNTIL.strip("'"))


def join_moments(
    proposed: Sequence[ColumnProposal],
) -> tuple[list[ColumnProposal], list[str], tuple[str, ...]]:
    """Return the columns, dates joined with their times, the fields, and the formats of these.

    A span of times gives the end too, where no column does.
    """
    columns = list(proposed)
    fields: list[str] = []
    forms: list[str] = []
    ended = any(p.best and p.best.term == END for p in proposed)
    for date, time in list(find_dates_and_times(columns)):
        joined, line, of_time = join_date_and_time(date, time)
        fields.append(line)
        forms += of_time
        moments = [joined]
        if not ended and any(map(SPAN.search, time.column.values)):
            end, line = find_end(joined, time)
            fields.append(line)
            moments.append(end)
        columns = [*moments, *(p for p in columns if p not in (date, time))]
    return columns, fields, tuple(dict.fromkeys(forms))


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
        # Whether the day or the month comes first may be unsure: the hour is of that date still.
        dates = [
            p
            for p in proposed
            if p.best and p.best.term == term and replace(p, kind=replace(p.kind, forms=())).sure
        ]
        if len(dates) != 1 or len(of_term) != 1 or _list_of(dates[0]) != _list_of(of_term[0]):
            continue
        if dates[0].kind.name in {"date", "dateTime"}:
            yield dates[0], of_term[0]


def join_date_and_time(
    date: ColumnProposal, time: ColumnProposal
) -> tuple[ColumnProposal, str, tuple[str, ...]]:
    """Return the column of both, the field that computes it, and the formats that read it."""
    day = write_call("date", ("value", quote_yaml(reference(date.column.name))))
    hour = _write_hour(quote_yaml(reference(time.column.name)))
    both = write_call("join", ("separator", '" "'), ("value", day), ("value", hour))
    halves = any(re.search(r"(?i)[ap]\.? ?m", value) for value in time.column.values)
    forms = ("%Y-%m-%d %I:%M%p",) if halves else ()
    name = FIELDS[date.best.term if date.best else START]
    column = replace(date.column, name=name)
    kind = replace(date.kind, name="dateTime", forms=())
    joined = replace(date, column=column, kind=kind, suits=not date.kind.ambiguous)
    return joined, f"{quote_yaml(name)}: {both}", (*forms, "%Y-%m-%d %H:%M")


def find_end(start: ColumnProposal, time: ColumnProposal) -> tuple[ColumnProposal, str]:
    """Return the column of the ends of spans that begin at a start, and its field."""
    clocks = ("value", quote_yaml(reference(time.column.name)))
    last = write_call("replace", clocks, ("pattern", UNTIL), ("by", '""'))
    until = write_call(
        "until",
        ("value", quote_yaml(reference(start.column.name))),
        ("time", _write_hour(last)),
    )
    is_span = write_call("matches", clocks, ("pattern", UNTIL))
    end = write_call("if", ("condition", is_span), ("then", until))
    column = replace(start.column, name=FIELDS[END])
    best = replace(start.candidates[0], term=END)
    return replace(start, column=column, candidates=(best,)), f"{quote_yaml(FIELDS[END])}: {end}"


def _write_hour(clock: str) -> str:
    """Write the hour of the first time in a text, as « 19:30 » or « 7:30pm »."""
    hour = write_call("replace", ("value", clock), ("pattern", FIRST), ("by", r"'\1:\2\3'"))
    hour = write_call(
        "replace", ("value", hour), ("pattern", WITHOUT_MINUTES), ("by", r"'\g<1>00'")
    )
    # A half of the day is written a or p, and read with its m.
    return write_call("replace", ("value", hour), ("pattern", r"'(?i)([ap])$'"), ("by", r"'\1m'"))


def _list_of(proposal: ColumnProposal) -> str:
    return proposal.column.name.rpartition("[*]")[0]

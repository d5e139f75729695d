"""Calendars: ends by DTEND or DURATION, occurrences, and rules that would never end."""

from pathlib import Path

import pytest

from parvis.errors import SourceError
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources import read
from parvis.report import Report

HEAD = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//FR\n"


def read_starts(folder: Path, *events: str) -> list[tuple[str, object]]:
    """Return the start and the end of each row of a calendar of events."""
    body = "".join(
        f"BEGIN:VEVENT\nUID:{n}\n{event}\nEND:VEVENT\n" for n, event in enumerate(events)
    )
    file = folder / "c.ics"
    file.write_text(f"{HEAD}{body}END:VCALENDAR\n", encoding="utf-8")
    source = LogicalSource("s", "", "icalendar", optional=frozenset({"OCCURRENCE"}))
    rows = read(source, file, {"DTSTART"}, Report())
    return [(str(row.get("DTSTART")[0]), next(iter(row.get("END")), None)) for row in rows]


WEEKLY = "DTSTART;TZID=America/Toronto:20261017T100000\nDURATION:PT45M\n"


def test_a_rule_follows_the_clock_across_the_change_of_hour(tmp_path: Path) -> None:
    starts = [start for start, _ in read_starts(tmp_path, f"{WEEKLY}RRULE:FREQ=WEEKLY;COUNT=4")]
    assert starts[0] == "2026-10-17T10:00:00-04:00"
    assert starts[3] == "2026-11-07T10:00:00-05:00"


def test_the_end_of_whole_days_is_the_last_of_them(tmp_path: Path) -> None:
    event = "DTSTART;VALUE=DATE:20261101\nDTEND;VALUE=DATE:20261104"
    assert read_starts(tmp_path, event) == [("2026-11-01", "2026-11-03")]


ENDLESS = {
    "daily without an end": ("RRULE:FREQ=DAILY", 367),
    "an interval of nothing": ("RRULE:FREQ=DAILY;INTERVAL=0", 1),
    "every second": ("RRULE:FREQ=SECONDLY;COUNT=1000000000", 1),
    "a day that never comes": ("RRULE:FREQ=DAILY;COUNT=5;BYMONTH=2;BYMONTHDAY=30", 1),
    "more than a thousand": ("RRULE:FREQ=DAILY;COUNT=5000;UNTIL=20991231T000000Z", 367),
}


@pytest.mark.parametrize("about", ENDLESS)
def test_a_rule_without_an_end_is_followed_for_a_year(tmp_path: Path, about: str) -> None:
    """After the last date that the calendar names."""
    rule, count = ENDLESS[about]
    assert len(read_starts(tmp_path, WEEKLY + rule)) == count


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:20261017T100000\nDTEND:20261017T150000Z",
        "DTSTART;VALUE=DATE:20261017\nDTEND:20261017T150000Z",
        "DTSTART:20261017T100000Z\nRDATE;VALUE=PERIOD:20261018T100000Z/PT1H",
        "DTSTART:20261017T100000Z\nDTSTAMP:20261001T000000Z\nDTSTAMP:20261002T000000Z",
    ],
)
def test_odd_dates_are_read(tmp_path: Path, event: str) -> None:
    """A date with an instant, a local time with one in UTC, a period, a property twice."""
    assert read_starts(tmp_path, event)


def test_a_date_beyond_all_calendars_is_an_error(tmp_path: Path) -> None:
    """With the file's name."""
    with pytest.raises(SourceError, match=r"c\.ics"):
        read_starts(tmp_path, "DTSTART:99991231T100000Z\nDURATION:P300D\nRRULE:FREQ=DAILY")

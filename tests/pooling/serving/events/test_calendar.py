"""Calendars are what icalendar reads as the events that were written."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Timezone

from parvis.catalog.ontology import concepts as load_concepts
from parvis.pooling.serving.events.calendar import write_calendar
from parvis.pooling.serving.events.entities import Event
from parvis.vocab.iris import DatasetKey
from tests.mapping.test_recipes import convert
from tests.pooling.serving.events.invented import STATEMENTS, ZONE, invented_events

EVENTS, _ = invented_events()
CHANGED = {DatasetKey("a", "saison"): datetime(2026, 11, 1, 12, tzinfo=UTC)}


def read(events: list[Event], lang: str = "fr") -> dict[str, Any]:
    """Return the components of a calendar by their titles."""
    calendar = Calendar.from_ical(write_calendar(events, lang, ZONE, CHANGED))
    assert not calendar.errors
    return {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def test_an_hour_is_by_the_clock_of_the_pool_in_winter_and_in_summer() -> None:
    events = read(EVENTS)
    night = events["La nuit <b>blanche</b>; prélude, suite"]
    assert night["DTSTART"].params["TZID"] == "America/Toronto"
    assert night["DTSTART"].dt.isoformat() == "2027-01-22T19:30:00-05:00"
    assert night["DTEND"].dt.isoformat() == "2027-01-22T21:00:00-05:00"
    summer = events["Annulé : La nuit blanche".replace(" :", "\u00a0:")]
    assert summer["DTSTART"].dt.isoformat() == "2027-07-01T20:30:00-04:00"
    assert summer["STATUS"] == "CANCELLED"


def test_the_time_zone_is_defined_as_the_zone_is() -> None:
    calendar = Calendar.from_ical(write_calendar(EVENTS, "fr", ZONE, {}))
    (zone,) = calendar.walk("VTIMEZONE")
    assert isinstance(zone, Timezone)
    defined = zone.to_tz(lookup_tzid=False)
    for day in (date(2027, 1, 22), date(2027, 3, 14), date(2027, 7, 1), date(2027, 11, 8)):
        moment = datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001 - by that clock
        assert defined.utcoffset(moment) == ZONE.utcoffset(moment)


def test_days_without_hours_are_whole_days_to_the_last_one() -> None:
    exhibition = read(EVENTS, "en")["Tides"]
    assert exhibition["DTSTART"].dt == date(2027, 1, 10)
    assert exhibition["DTEND"].dt == date(2027, 4, 1)
    # The last day is that of the pool's clock: the evening of the 22nd.
    event = change(start="2027-01-21", end="2027-01-23T02:00:00Z")
    (evening,) = Calendar.from_ical(write_calendar([event], "fr", ZONE, {})).walk("VEVENT")
    assert evening.decoded("DTEND") == date(2027, 1, 23)


def test_identifiers_are_those_of_each_performance_and_stay() -> None:
    """Also when it turns out later that two datasets describe one event."""
    before, _ = invented_events(STATEMENTS.replace("owl:sameAs", "owl:differentFrom"))
    former = {str(event["UID"]) for event in read(before).values()}
    merged = {str(event["UID"]) for event in read(EVENTS).values()}
    assert merged < former
    assert len(merged) == len(EVENTS)
    assert all(str(UUID(uid)) == uid for uid in merged)


WEEKLY = """BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//FR
BEGIN:VEVENT\nUID:conte@x.example\nSUMMARY:Heure du conte
DTSTART;TZID=America/Toronto:20261017T100000\nDURATION:PT45M
RRULE:FREQ=WEEKLY;COUNT={count}\n{exceptions}END:VEVENT
{moved}END:VCALENDAR
"""
MOVED = """BEGIN:VEVENT\nUID:conte@x.example\nSUMMARY:Heure du conte
RECURRENCE-ID;TZID=America/Toronto:20261024T100000
DTSTART;TZID=America/Toronto:20261024T140000\nDURATION:PT45M\nEND:VEVENT
"""


def test_each_date_of_a_recurring_event_keeps_its_identifier(tmp_path: Path) -> None:
    """From the calendar of a partner to ours: one is moved, one left out, and the rule goes on."""

    def identify(count: int, exceptions: str = "", moved: str = "") -> dict[str, str]:
        file = tmp_path / "calendrier.ics"
        text = WEEKLY.format(count=count, exceptions=exceptions, moved=moved)
        file.write_text(text, encoding="utf-8")
        graph, _ = convert(file, tmp_path, load_concepts())
        statements = graph.serialize(format="nt")
        events, _ = invented_events(f"<https://pool.example/graph/a/saison> {{ {statements} }}")
        calendar = Calendar.from_ical(write_calendar(events, "fr", ZONE, {}))
        return {
            f"{event.decoded('DTSTART'):%m-%dT%H}": str(event["UID"]) for event in calendar.events
        }

    before = identify(4)
    after = identify(6, "EXDATE;TZID=America/Toronto:20261031T100000\n", MOVED)
    assert [*before] == ["10-17T10", "10-24T10", "10-31T10", "11-07T10"]
    assert [*after] == ["10-17T10", "10-24T14", "11-07T10", "11-14T10", "11-21T10"]
    assert len({*before.values(), *after.values()}) == 6
    assert after["10-17T10"] == before["10-17T10"]
    assert after["10-24T14"] == before["10-24T10"]
    assert after["11-07T10"] == before["11-07T10"]


def test_an_event_names_its_place_its_page_its_series_and_when_it_changed() -> None:
    night = read(EVENTS, "fr")["La nuit <b>blanche</b>; prélude, suite"]
    assert night["LOCATION"] == "Salle bleue, Maison A, 1, rue des Essais, Montréal"
    assert (night["GEO"].latitude, night["GEO"].longitude) == (45.51, -73.56)
    assert night["URL"] == "https://a.example/nuit"
    assert night["DTSTAMP"].dt == CHANGED[DatasetKey("a", "saison")]
    assert night["DESCRIPTION"] == "Première ligne\nDeuxième \\ ligne"
    (series,) = {str(e["RELATED-TO"]) for e in read(EVENTS).values() if "RELATED-TO" in e}
    assert UUID(series)


def change(**fields: Any) -> Event:  # noqa: ANN401 - of an event
    """Return an event with other values of some fields."""
    event = next(event for event in EVENTS if event.work)
    return Event(**{name: getattr(event, name) for name in Event.__slots__} | fields)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        # The clock turns back from two to one.
        ("2027-11-07T00:30:00-04:00", "2027-11-07T01:15:00-05:00"),
        ("2027-11-07T01:45:00-04:00", "2027-11-07T01:15:00-05:00"),
        ("2027-11-07T01:15:00-05:00", "2027-11-07T03:00:00-05:00"),
        ("2027-03-14T01:30:00-05:00", "2027-03-14T03:30:00-04:00"),
        ("1925-06-01T20:00:00-04:00", "1925-06-01T22:00:00-04:00"),
        ("2100-12-31T20:00:00-05:00", "2101-01-01T03:00:00Z"),
        ("2027-06-01T20:00:00-04:00", "2035-01-01T02:00:00Z"),
        ("2027-06-01T20:00:00-04:00", "9999-06-01T20:00:00-04:00"),
    ],
)
def test_an_instant_is_read_as_it_was_stated(start: str, end: str) -> None:
    """Whatever the clock of the pool does then."""
    body = write_calendar([change(start=start, end=end)], "fr", ZONE, {})
    (component,) = Calendar.from_ical(body).walk("VEVENT")
    for name, text in (("DTSTART", start), ("DTEND", end)):
        assert component.decoded(name).timestamp() == datetime.fromisoformat(text).timestamp()


def test_the_definition_of_the_time_zone_is_short_whatever_the_years() -> None:
    years = ("0800", "1970", "2100", "9990")
    events = [change(start=f"{year}-06-01T20:00:00-04:00", end="soon") for year in years]
    assert len(write_calendar(events, "fr", ZONE, {})) < 20_000


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1))
def test_any_text_is_read_as_it_was_written(text: str) -> None:
    """But for control characters, which no calendar may have; lines have 75 octets at most."""
    body = write_calendar([change(names={"fr": text})], "fr", ZONE, {})
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    (component,) = Calendar.from_ical(body).walk("VEVENT")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    expected = "".join(c for c in lines if c in "\t\n" or (c >= " " and c != "\x7f"))
    assert str(component["SUMMARY"]) == expected

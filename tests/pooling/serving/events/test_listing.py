"""Events are read once, merged, filtered and cut into pages that miss none."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.errors import UsageError
from parvis.pooling.serving.events.filters import FILTERS, read_filter, refuse_unknown
from parvis.pooling.serving.events.listing import cut_page
from parvis.rdf.moments import to_moment
from parvis.vocab.iris import DatasetKey
from tests.pooling.serving.events.invented import (
    STATEMENTS,
    ZONE,
    invented_events,
    list_graphs,
    read_all,
)

LIST = list_graphs(STATEMENTS)
EVENTS, PLACES = read_all(LIST)
TODAY = date(2027, 1, 15)
NIGHT, EXHIBITION = "0123456789", "b/expo"


def select(**values: str) -> list[str]:
    """Return the ends of the IRIs of events that filters choose; “from_” stands for “from”."""
    named = {name.rstrip("_"): text for name, text in values.items()}
    wanted = read_filter({"from": "2000-01-01"} | named, TODAY, ZONE)
    return [iri.partition("/event/")[2] for iri in LIST.select(wanted).names(100)]


def test_events_stand_in_the_order_of_their_start_and_series_are_not_among_their_dates() -> None:
    assert select() == [EXHIBITION, NIGHT, "b/ile", "a/2"]


def test_what_several_datasets_describe_is_one_event_with_what_each_says() -> None:
    night = next(event for event in EVENTS if event.iri.endswith(NIGHT))
    assert night.members == (
        "https://pool.example/id/event/a/1",
        "https://pool.example/id/event/b/nuit",
    )
    assert night.datasets == (DatasetKey("a", "saison"), DatasetKey("b", "musee"))
    # An instant says more than a day.
    assert night.start == "2027-01-22T19:30:00-05:00"
    assert night.kind == "TheaterEvent"
    assert night.languages == ("fr",)


def test_a_room_is_where_its_building_is() -> None:
    night = next(event for event in EVENTS if event.iri.endswith(NIGHT))
    assert night.place is not None
    assert night.place.position == (-73.56, 45.51)
    assert night.place.address["addressLocality"] == "Montréal"
    assert select(place="https://pool.example/id/place/a/maison") == [NIGHT, "a/2"]


def test_each_filter_holds_and_of_several_values_any() -> None:
    assert select(area="06") == [NIGHT, "a/2"]
    assert select(area="Québec (province)") == [NIGHT, "a/2"]
    assert select(audience="children") == [NIGHT]
    assert select(audience="everyone, children") == [EXHIBITION, NIGHT]
    assert select(discipline="theatre", partner="a") == [NIGHT]
    assert select(partner="b") == [EXHIBITION, NIGHT, "b/ile"]
    assert select(language="fr") == [NIGHT]


def test_days_count_those_that_are_on() -> None:
    assert select(from_="2027-03-31", until="2027-03-31") == [EXHIBITION]
    assert select(from_="2027-04-01", until="2027-06-30") == []
    assert select(from_="2027-01-22T21:00:00-05:00", until="2027-01-23") == [EXHIBITION]
    # 2 July, 0:30 in UTC, is still the evening of the day before by the clock of the pool.
    assert select(from_="2027-07-01", until="2027-07-01") == ["a/2"]
    wanted = read_filter({}, TODAY, ZONE)
    assert wanted.from_today
    assert wanted.choices == {"from": "2027-01-15"}


def test_a_rectangle_may_cross_the_180th_meridian() -> None:
    assert select(bbox="-74,45,-73,46") == [NIGHT, "a/2"]
    assert select(bbox="179,50,-178,54") == [EXHIBITION, "b/ile"]
    assert select(bbox="-180,-90,180,90") == [EXHIBITION, NIGHT, "b/ile", "a/2"]


@given(
    west=st.floats(-180, 180),
    east=st.floats(-180, 180),
    south=st.floats(-90, 90),
    north=st.floats(-90, 90),
)
def test_a_rectangle_holds_exactly_what_lies_in_it(
    west: float, east: float, south: float, north: float
) -> None:
    south, north = sorted((south, north))
    chosen = {*select(bbox=f"{west!r},{south!r},{east!r},{north!r}")}
    for event in EVENTS:
        assert event.place is not None
        assert event.place.position is not None
        longitude, latitude = event.place.position
        turned = (longitude - west) % 360 <= (east - west) % 360 or west == longitude == east
        around = {west, east} == {-180.0, 180.0} or turned
        if abs(longitude) < 180 and 0 < (east - west) % 360 < 360:
            inside = south <= latitude <= north and around
            assert (event.iri.partition("/event/")[2] in chosen) is inside


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"bbox": "1,2,3"}, "four numbers"),
        ({"bbox": "1,2,3,4,5"}, "four numbers"),
        ({"bbox": "a,b,c,d"}, "four numbers"),
        ({"bbox": "nan,0,0,0"}, "four numbers"),
        ({"bbox": "-200,0,0,0"}, "four numbers"),
        ({"bbox": "0,5,1,4"}, "south"),
        ({"from": "2027-01-22T19:30:00"}, "without its time zone"),
        ({"until": "2027-01-22T19:30"}, "without its time zone"),
        ({"from": "demain"}, "a day or an instant"),
        ({"from": "2027-02-01", "until": "2027-01-01"}, "exchange them"),
        ({"area": "Atlantide"}, "area"),
        ({"partner": "Théâtre A"}, "no partner"),
        ({"language": "français"}, "no language"),
        ({"place": "Salle bleue"}, "no place"),
        ({"place": ",".join(["urn:x:y"] * 51)}, "more than 50"),
        ({"q": "x" * 1001}, "more than 1000"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write(values: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_filter(values, TODAY, ZONE)


def test_a_plus_sign_that_an_address_turned_into_a_space_is_read() -> None:
    assert select(from_="2027-07-02T02:00:00 02:00", until="2027-12-31") == ["a/2"]


def test_a_name_that_is_no_filter_is_refused_with_those_that_are() -> None:
    refuse_unknown(FILTERS, ())
    with pytest.raises(UsageError, match=r"“region” is no filter.*bbox"):
        refuse_unknown(["region"], ())


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("gone", [[], ["a/2"], ["b/expo", "0123456789"], ["b/expo", "a/2"]])
def test_pages_have_every_event_once_though_others_go_meanwhile(size: int, gone: list[str]) -> None:
    # Between two pages, some events are withdrawn.
    staying = [event.iri for event in EVENTS if event.iri.partition("/event/")[2] not in gone]
    everything = read_filter({"from": "2000-01-01"}, TODAY, ZONE)
    page = cut_page(LIST.select(everything), "", size)
    seen = [*page.items]
    while page.following:
        page = cut_page(LIST.select(everything, staying), page.following, size)
        seen += page.items
    assert len({event.iri for event in seen}) == len(seen)
    assert {*staying} <= {event.iri for event in seen}
    assert seen == sorted(seen, key=lambda event: event.key)


@pytest.mark.parametrize("cursor", ["x", "é", "W10", "WzEsMl0", "bnVsbA", "W" * 4000, "="])
def test_a_wrong_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(UsageError, match="begin again"):
        cut_page(LIST.select(read_filter({}, TODAY, ZONE)), cursor)


def test_hours_without_a_time_zone_are_by_the_clock_of_the_pool() -> None:
    text = """
    @prefix schema: <http://schema.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    <urn:g> { <urn:e> a schema:Event ; schema:name "Tôt" ;
      schema:startDate "2027-01-22T06:00:00"^^xsd:dateTime . }"""
    ((event,), _) = invented_events(text)
    assert event.begins == 1_800_615_600  # 11:00 in UTC
    assert ZoneInfo("America/Toronto") == ZONE


@pytest.mark.parametrize(
    "day", ["2026-11-30", "2026-11-30Z", "2026-11-30-05:00", "2026-11-30+14:00"]
)
def test_a_day_with_a_time_zone_is_that_day_of_the_calendar(day: str) -> None:
    text = f"""
    @prefix schema: <http://schema.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    <urn:g> {{ <urn:e> a schema:Event ; schema:name "Un jour" ;
      schema:startDate "{day}"^^xsd:date ; schema:endDate "{day}"^^xsd:date . }}"""
    events = list_graphs(text)
    ((event,), _) = read_all(events)
    assert (event.start, event.end) == ("2026-11-30", "2026-11-30")
    on = {"from": "2026-11-30", "until": "2026-11-30"}
    assert events.select(read_filter(on, TODAY, ZONE)).total == 1
    assert events.select(read_filter({"from": "2026-12-01"}, TODAY, ZONE)).total == 0


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:00:00-08:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00+05:00"]
)
def test_an_instant_outside_the_calendar_of_the_pool_is_none(text: str) -> None:
    """Nobody's list fails because one partner states it."""
    assert to_moment(text, ZONE) is None

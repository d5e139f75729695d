"""What is recognised as canonical is what its converter would have written."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parvis.mapping.engine.terms import writer
from parvis.mapping.engine.values import CONVERTERS, XSD, Refused
from parvis.mapping.language.plan import Reading
from parvis.rdf.ntriples import literal

READINGS = st.sampled_from(
    [
        Reading(),
        Reading(timezone=""),
        Reading(timezone="UTC", timezone_out="UTC"),
        Reading(timezone_out="Europe/Paris"),
        Reading(group=".", point=","),
        Reading(group=",", point="."),
    ]
)
NUMBERS = st.from_regex(r"\A[+-]?[0-9]{1,20}([.,][0-9]{0,20})?\Z")
ZONES = st.sampled_from(["America/Toronto", "UTC", "Europe/Paris", "Asia/Kolkata"])
MOMENTS = st.datetimes(timezones=ZONES.map(ZoneInfo)).map(dt.datetime.isoformat)
DATATYPES = st.sampled_from(sorted(CONVERTERS))


@given(DATATYPES, READINGS, NUMBERS | MOMENTS | st.text(max_size=12))
@example(f"{XSD}dateTime", Reading(), "2026-03-08T01:30:00-05:00")  # the day the clocks change
@example(f"{XSD}dateTime", Reading(), "2026-03-08T12:30:00-04:00")
@example(f"{XSD}dateTime", Reading(), "2026-02-30T12:30:00-05:00")
@example(f"{XSD}dateTime", Reading(timezone=""), "2026-07-01T00:00:00+15:00")
@example(f"{XSD}dateTime", Reading(timezone=""), "2026-07-01T00:00:00-00:00")
@example(f"{XSD}dateTime", Reading(), "9999-12-31T23:00:00-05:00")
@example(f"{XSD}decimal", Reading(), "-0")
@example(f"{XSD}integer", Reading(group=".", point=","), "1.234")
def test_the_short_way_gives_what_the_long_way_gives(
    datatype: str, reading: Reading, value: str
) -> None:
    """For any text, in any datatype and however the source writes."""
    write, convert = writer(reading, datatype), CONVERTERS[datatype]
    try:
        expected = literal(*convert(value, reading))
    except Refused:
        with pytest.raises(Refused):
            write(value)
        return
    assert write(value) == expected


@given(st.text(), st.sampled_from([None, "fr", "en-CA"]))
def test_a_text_is_written_as_n_triples_has_it(text: str, language: str | None) -> None:
    """With its language, its signs escaped."""
    assert writer(Reading(), None, language)(text) == literal(text, None, language)

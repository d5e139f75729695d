"""A value recognised as canonical is what its converter would have written."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parvis.mapping.engine.terms import literal_writer
from parvis.mapping.engine.values import CONVERTERS, XSD, InvalidValue
from parvis.mapping.language.plan import ValueFormat
from parvis.rdf.ntriples import literal

FORMATS = st.sampled_from(
    [
        ValueFormat(),
        ValueFormat(timezone=""),
        ValueFormat(timezone="UTC", timezone_out="UTC"),
        ValueFormat(timezone_out="Europe/Paris"),
        ValueFormat(group=".", point=","),
        ValueFormat(group=",", point="."),
    ]
)
NUMBERS = st.from_regex(r"\A[+-]?[0-9]{1,20}([.,][0-9]{0,20})?\Z")
ZONES = st.sampled_from(["America/Toronto", "UTC", "Europe/Paris", "Asia/Kolkata"])
MOMENTS = st.datetimes(timezones=ZONES.map(ZoneInfo)).map(dt.datetime.isoformat)
DATATYPES = st.sampled_from(sorted(CONVERTERS))


@given(DATATYPES, FORMATS, NUMBERS | MOMENTS | st.text(max_size=12))
@example(f"{XSD}dateTime", ValueFormat(), "2026-03-08T01:30:00-05:00")  # the day the clocks change
@example(f"{XSD}dateTime", ValueFormat(), "2026-03-08T12:30:00-04:00")
@example(f"{XSD}dateTime", ValueFormat(), "2026-02-30T12:30:00-05:00")
@example(f"{XSD}dateTime", ValueFormat(timezone=""), "2026-07-01T00:00:00+15:00")
@example(f"{XSD}dateTime", ValueFormat(timezone=""), "2026-07-01T00:00:00-00:00")
@example(f"{XSD}dateTime", ValueFormat(), "9999-12-31T23:00:00-05:00")
@example(f"{XSD}decimal", ValueFormat(), "-0")
@example(f"{XSD}integer", ValueFormat(group=".", point=","), "1.234")
def test_the_fast_path_gives_the_same_as_the_converter(
    datatype: str, value_format: ValueFormat, value: str
) -> None:
    """For any text, datatype and format."""
    write, convert = literal_writer(value_format, datatype), CONVERTERS[datatype]
    try:
        expected = literal(*convert(value, value_format))
    except InvalidValue:
        with pytest.raises(InvalidValue):
            write(value)
        return
    assert write(value) == expected


@given(st.text(), st.sampled_from([None, "fr", "en-CA"]))
def test_a_text_is_written_in_n_triples(text: str, language: str | None) -> None:
    """With its language and escapes."""
    assert literal_writer(ValueFormat(), None, language)(text) == literal(text, None, language)

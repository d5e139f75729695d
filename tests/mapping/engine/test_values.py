"""Values of partners become canonical forms, or are refused by a named rule."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.i18n import both
from parvis.mapping.engine.values import CONVERTERS, XSD, InvalidValue, decimal, integer, plain
from parvis.mapping.language.plan import Value, ValueFormat

PLAIN = ValueFormat()
FRENCH = ValueFormat(group=" ", point=",", dateformats=("%d/%m/%Y", "%d/%m/%Y %H:%M"))
UTC = ValueFormat(timezone="UTC")

VALID = [
    ("dateTime", "2025-02-13T23:30:00", UTC, "2025-02-13T18:30:00-05:00"),
    ("dateTime", "2025-07-01T20:00:00", PLAIN, "2025-07-01T20:00:00-04:00"),
    ("dateTime", "2026-01-05T12:00:00Z", ValueFormat(timezone_out="UTC"), "2026-01-05T12:00:00Z"),
    ("dateTime", "05/03/2026 20:00", FRENCH, "2026-03-05T20:00:00-05:00"),
    ("date", "2025-02-14T02:00:00", UTC, "2025-02-13"),
    ("date", "1er mars 2025", PLAIN, "2025-03-01"),
    ("date", "5 mai 2022", PLAIN, "2022-05-05"),
    ("date", "March 5, 2026", PLAIN, "2026-03-05"),
    ("date", "31/12/2026", FRENCH, "2026-12-31"),
    ("date", "20250304", PLAIN, "2025-03-04"),
    ("dateTime", "1850-01-01T12:00:00", PLAIN, "1850-01-01T11:59:32-05:18"),
    ("double", "0.1", PLAIN, "1.0E-1"),
    ("decimal", "1 234,50", FRENCH, "1234.5"),
    ("decimal", "1\u202f234,50", FRENCH, "1234.5"),
    ("decimal", "27,027", ValueFormat(group=","), "27027"),
    ("integer", " 76 620", PLAIN, "76620"),
    ("boolean", "Oui", PLAIN, "true"),
    ("boolean", "no", PLAIN, "false"),
    ("gYear", "2026", PLAIN, "2026"),
]
INVALID = [
    ("date", "31/02/2025", FRENCH, "bad-date"),
    ("date", "2022-13-45", PLAIN, "bad-date"),
    ("date", "03/04/2025", PLAIN, "ambiguous-date"),
    ("date", "3-4-2025", PLAIN, "ambiguous-date"),
    ("dateTime", "03.04.2025 20:00", PLAIN, "ambiguous-date"),
    ("date", "mardi 03/04/2025", PLAIN, "ambiguous-date"),
    ("date", "03/04/2025", ValueFormat(dateformats=("%d/%m/%Y", "%m/%d/%Y")), "ambiguous-date"),
    ("date", "25/12/2025", PLAIN, "bad-date"),
    ("date", "12/25/2025", PLAIN, "bad-date"),
    ("date", "03/03/2025", PLAIN, "bad-date"),
    ("date", "0001-01-01T00:00:00+14:00", PLAIN, "bad-date"),
    ("dateTime", "20250304", PLAIN, "bad-datetime"),
    ("decimal", Decimal("1E999999999"), PLAIN, "bad-number"),
    ("double", "1e400", PLAIN, "bad-number"),
    ("date", "bientôt", PLAIN, "bad-date"),
    ("dateTime", "2025-02-13", PLAIN, "bad-datetime"),
    ("decimal", "12.50 $", PLAIN, "bad-number"),
    ("decimal", "1,234", PLAIN, "bad-number"),
    ("decimal", "1.234,5", FRENCH, "bad-number"),
    ("integer", "12.5", PLAIN, "bad-integer"),
    ("boolean", "peut-être", PLAIN, "bad-boolean"),
    ("gYear", "26", PLAIN, "bad-year"),
    ("gYear", "２０２６", PLAIN, "bad-year"),
]


@pytest.mark.parametrize(("kind", "text", "value_format", "expected"), VALID)
def test_a_value_is_read_in_the_format_of_its_source(
    kind: str, text: str, value_format: ValueFormat, expected: str
) -> None:
    """The lexical form is canonical."""
    assert CONVERTERS[XSD + kind](text, value_format) == (expected, XSD + kind)


@pytest.mark.parametrize(("kind", "text", "value_format", "rule"), INVALID)
def test_an_invalid_or_ambiguous_value_is_refused(
    kind: str, text: Value, value_format: ValueFormat, rule: str
) -> None:
    """The message contains the value as written."""
    with pytest.raises(InvalidValue) as caught:
        CONVERTERS[XSD + kind](text, value_format)
    assert caught.value.rule == rule
    assert caught.value.fields["value"] == (text if isinstance(text, str) else str(text))


def test_the_message_of_an_ambiguous_date_names_both_readings() -> None:
    """The message names both, and what decides."""
    with pytest.raises(InvalidValue) as caught:
        CONVERTERS[f"{XSD}date"]("03/04/2025", PLAIN)
    message = both(caught.value.template, **caught.value.fields)["en"]
    assert "2025-03-04 or 2025-04-03" in message
    assert "the mapping must say in which order these dates are written" in message


CANONICAL = {
    "date": r"\d{4}-\d\d-\d\d",
    "dateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-](0\d|1[0-4]):\d\d)",
    "decimal": r"0|-?(0|[1-9]\d*)(\.\d*[1-9])?",
    "integer": r"0|-?[1-9]\d*",
    "boolean": r"true|false",
    "gYear": r"\d{4}",
    "double": r"-?(\d\.\d*[1-9]|[0-9]\.0)E(0|-?[1-9]\d*)",
}
"""Canonical lexical forms (XSD 1.1 part 2, appendix E), without a plain date's zone."""
CELLS = st.one_of(
    st.text(),
    st.text("0123456789+-.,/: eETZ", max_size=24),
    st.datetimes(timezones=st.none() | st.timezones()).map(lambda at: at.isoformat()),
    st.dates().map(lambda day: day.isoformat()),
    st.dates().map(lambda day: day.strftime("%d/%m/%Y %H:%M")),
    st.decimals().map(str),
    st.decimals(),
    st.integers(),
    st.floats().map(str),
    st.booleans(),
    st.sampled_from(["oui", "NON", "Vrai", "x", "1"]),
)
FORMATS = st.builds(
    ValueFormat,
    timezone=st.sampled_from(["America/Toronto", "Asia/Kathmandu", "UTC", ""]),
    timezone_out=st.sampled_from(["America/Toronto", "UTC", "Pacific/Kiritimati"]),
    group=st.sampled_from(["", " ", ",", "."]),
    point=st.sampled_from([".", ","]),
    dateformats=st.sampled_from([(), ("%d/%m/%Y %H:%M",), ("%m/%d/%Y", "%d/%m/%Y")]),
)


@pytest.mark.parametrize("name", CONVERTERS)
@given(CELLS, FORMATS)
def test_a_converter_returns_a_canonical_form_or_refuses(
    name: str, cell: Value, value_format: ValueFormat
) -> None:
    """Whatever the cell contains; a canonical value is read unchanged."""
    try:
        text, datatype = CONVERTERS[name](cell, value_format)
    except InvalidValue:
        return
    assert re.fullmatch(form_of(datatype, value_format), text, re.ASCII)
    plain_format = replace(value_format, group="", point=".")
    assert CONVERTERS[name](text, plain_format) == (text, datatype)


def form_of(datatype: str, value_format: ValueFormat) -> str:
    """Return the canonical form of a datatype; a time has no offset if no time zone is set."""
    form = CANONICAL[datatype.removeprefix(XSD)]
    return f"{form}?" if datatype == f"{XSD}dateTime" and not value_format.timezone else form


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_number_survives_the_round_trip(number: Decimal) -> None:
    text, _ = decimal(plain(number), PLAIN)
    assert Decimal(text) == number
    assert text == plain(Decimal(text))


@given(st.integers())
def test_an_integer_may_have_spaces_between_thousands(number: int) -> None:
    """Narrow no-break spaces, as in French typography."""
    text = f"{number:,}".replace(",", "\u202f")
    assert integer(text, PLAIN)[0] == str(number)

"""Values as partners write them become canonical forms, or are refused by name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.mapping.plan import Reading
from parvis.mapping.values import CONVERTERS, XSD, Refused, decimal, integer, plain

PLAIN = Reading()
FRENCH = Reading(group=" ", point=",", dateformats=("%d/%m/%Y", "%d/%m/%Y %H:%M"))
UTC = Reading(timezone="UTC")

GOOD = [
    ("dateTime", "2025-02-13T23:30:00", UTC, "2025-02-13T18:30:00-05:00"),
    ("dateTime", "2025-07-01T20:00:00", PLAIN, "2025-07-01T20:00:00-04:00"),
    ("dateTime", "2026-01-05T12:00:00Z", Reading(timezone_out="UTC"), "2026-01-05T12:00:00Z"),
    ("dateTime", "05/03/2026 20:00", FRENCH, "2026-03-05T20:00:00-05:00"),
    ("date", "2025-02-14T02:00:00", UTC, "2025-02-13"),
    ("date", "1er mars 2025", PLAIN, "2025-03-01"),
    ("date", "5 mai 2022", PLAIN, "2022-05-05"),
    ("date", "March 5, 2026", PLAIN, "2026-03-05"),
    ("date", "31/12/2026", FRENCH, "2026-12-31"),
    ("decimal", "1 234,50", FRENCH, "1234.5"),
    ("decimal", "1\u202f234,50", FRENCH, "1234.5"),
    ("decimal", "27,027", Reading(group=","), "27027"),
    ("integer", " 76 620", PLAIN, "76620"),
    ("boolean", "Oui", PLAIN, "true"),
    ("boolean", "no", PLAIN, "false"),
    ("gYear", "2026", PLAIN, "2026"),
]
BAD = [
    ("date", "31/02/2025", FRENCH, "bad-date"),
    ("date", "2022-13-45", PLAIN, "bad-date"),
    ("date", "03/04/2025", PLAIN, "bad-date"),
    ("date", "bientôt", PLAIN, "bad-date"),
    ("dateTime", "2025-02-13", PLAIN, "bad-datetime"),
    ("decimal", "12.50 $", PLAIN, "bad-number"),
    ("decimal", "1,234", PLAIN, "bad-number"),
    ("decimal", "1.234,5", FRENCH, "bad-number"),
    ("integer", "12.5", PLAIN, "bad-integer"),
    ("boolean", "peut-être", PLAIN, "bad-boolean"),
    ("gYear", "26", PLAIN, "bad-year"),
]


@pytest.mark.parametrize(("kind", "written", "reading", "expected"), GOOD)
def test_a_value_is_read_as_its_source_writes_it(
    kind: str, written: str, reading: Reading, expected: str
) -> None:
    """The lexical form is the canonical one."""
    assert CONVERTERS[XSD + kind](written, reading) == (expected, XSD + kind)


@pytest.mark.parametrize(("kind", "written", "reading", "rule"), BAD)
def test_a_value_that_would_be_a_guess_is_refused(
    kind: str, written: str, reading: Reading, rule: str
) -> None:
    """The rule has a name and the sentence holds the value as written."""
    with pytest.raises(Refused) as caught:
        CONVERTERS[XSD + kind](written, reading)
    assert caught.value.rule == rule
    assert caught.value.fields["value"] == written


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_number_survives_its_writing(number: Decimal) -> None:
    """What is written plainly is read back as the same number."""
    text, _ = decimal(plain(number), PLAIN)
    assert Decimal(text) == number
    assert text == plain(Decimal(text))


@given(st.integers())
def test_a_whole_number_with_spaces_between_thousands_is_the_same(number: int) -> None:
    """Narrow no-break spaces, as French typography has them, do no harm."""
    written = f"{number:,}".replace(",", "\u202f")
    assert integer(written, PLAIN)[0] == str(number)

"""Parquet tables have typed columns, and lose nothing."""

import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.report.parquet import (
    BATCH,
    DAY,
    INTEGER,
    TEXT,
    Column,
    ValueType,
    common_type,
    write_table,
)
from tests.parquet import read_columns

XSD = "http://www.w3.org/2001/XMLSchema#"
NOON = datetime(2026, 11, 24, 20, tzinfo=UTC)


def write_column(values: list[tuple[str, str]]) -> bytes:
    """Write a column of literals (text and datatype) and return the file."""
    value_type: ValueType | None = None
    for text, datatype in values:
        value_type = common_type(value_type, text, f"{XSD}{datatype}")
    column = Column("value", value_type or TEXT)
    file = io.BytesIO()
    write_table(file, [column], ([column.type.read(text)] for text, _ in values))
    return file.getvalue()


def read_column(body: bytes) -> list[Any]:
    """Read the only column of a file."""
    (column,) = read_columns(body).values()
    return column


@pytest.mark.parametrize(
    ("text", "datatype", "expected"),
    [
        ("-12", "integer", -12),
        ("9223372036854775807", "nonNegativeInteger", 2**63 - 1),
        ("9223372036854775808", "integer", "9223372036854775808"),
        ("1_000", "integer", "1_000"),
        ("many", "integer", "many"),
        ("-1.50", "decimal", -1.5),
        ("0.12345678901234567", "decimal", "0.12345678901234567"),
        ("1E6", "double", 1e6),
        ("INF", "double", float("inf")),
        ("Infinity", "double", "Infinity"),
        ("2026", "gYear", 2026),
        ("true", "boolean", True),
        ("0", "boolean", False),
        ("perhaps", "boolean", "perhaps"),
        ("1642-05-17", "date", date(1642, 5, 17)),
        ("2026-02-30", "date", "2026-02-30"),
        ("2026-11-24T15:00:00-05:00", "dateTime", NOON),
        ("2026-11-24T20:00:00.5Z", "dateTime", NOON + timedelta(seconds=0.5)),
        ("2026-11-24T20:00:00", "dateTime", NOON.replace(tzinfo=None)),
        ("2026-11-24", "dateTime", "2026-11-24"),
        ("Été", "string", "Été"),
        ("", "string", ""),
    ],
)
def test_a_literal_has_the_type_of_its_datatype_if_it_stays_exact(
    text: str, datatype: str, expected: object
) -> None:
    """A value that would be rounded, or is invalid, stays text."""
    (value,) = read_column(write_column([(text, datatype)]))
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "values",
    [
        [("1", "integer"), ("many", "integer")],
        [("many", "integer"), ("1", "integer")],
        [("1", "integer"), ("2026-11-24", "date")],
        [("2026-11-24T20:00:00", "dateTime"), ("2026-11-24T20:00:00Z", "dateTime")],
    ],
)
def test_a_column_of_several_types_is_of_texts(values: list[tuple[str, str]]) -> None:
    """One value alone decides."""
    assert read_column(write_column(values)) == [text for text, _ in values]


ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
LITERALS = st.one_of(
    st.tuples(st.just("integer"), st.lists(st.integers())),
    st.tuples(st.just("decimal"), st.lists(st.decimals(allow_nan=False, allow_infinity=False))),
    st.tuples(st.just("double"), st.lists(st.floats())),
    st.tuples(st.just("date"), st.lists(st.dates())),
    st.tuples(st.just("dateTime"), st.lists(st.datetimes(timezones=ZONES))),
    st.tuples(st.just("string"), st.lists(st.text(st.characters(codec="utf-8")))),
)


@given(LITERALS)
def test_no_value_changes(literals: tuple[str, list[Any]]) -> None:
    """Whatever the type of a column, its values are equal to those that were written."""
    datatype, values = literals
    texts = [
        value.isoformat()
        if isinstance(value, date)
        else format(value, "f")
        if isinstance(value, Decimal)
        else str(value)
        for value in values
    ]
    for text, value, read in zip(
        texts, values, read_column(write_column([(text, datatype) for text in texts])), strict=True
    ):
        if isinstance(value, Decimal) and isinstance(read, float):
            assert Decimal(str(read)) == value
        else:
            assert read == (text if isinstance(read, str) else value) or read != read  # noqa: PLR0124 - NaN


def test_a_column_of_several_values_is_of_lists() -> None:
    """A row without a value has an empty list there, and none in another column."""
    columns = [Column("days", DAY, several=True), Column("number", INTEGER)]
    file = io.BytesIO()
    rows = [([0, 1], None), ([], 3), ([2], None)]
    write_table(file, columns, rows * BATCH)
    days, numbers = read_columns(file.getvalue()).values()
    assert days[:3] == [[date(1970, 1, 1), date(1970, 1, 2)], [], [date(1970, 1, 3)]]
    assert numbers[:3] == [None, 3, None]
    assert len(days) == 3 * BATCH
    assert days[:3] * BATCH == days


def test_equal_rows_make_equal_bytes() -> None:
    """Files are compared by their digests."""
    values = [("1", "integer"), ("2", "integer")]
    assert write_column(values) == write_column(values)


def test_a_table_without_rows_has_its_columns() -> None:
    """As an answer without rows has."""
    file = io.BytesIO()
    write_table(file, [Column("name", TEXT), Column("days", DAY, several=True)], [])
    assert read_columns(file.getvalue()) == {"name": [], "days": []}

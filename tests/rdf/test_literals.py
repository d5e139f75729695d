"""Plain literals: a store returns them exactly as they were written."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store
from rdflib.namespace import XSD

from parvis.rdf.literals import is_plain

NODE = NamedNode("https://x.example/thing")
ZONES = st.none() | st.integers(-13 * 60, 13 * 60).map(lambda m: timezone(timedelta(minutes=m)))
TEXTS = st.one_of(
    st.tuples(st.integers(-(10**20), 10**20).map(str), st.just(XSD.integer)),
    st.tuples(st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{1,4})?", fullmatch=True), st.just(XSD.integer)),
    st.tuples(st.from_regex(r"-?[0-9]{1,14}\.[0-9]{1,20}", fullmatch=True), st.just(XSD.decimal)),
    st.tuples(
        st.decimals(-9999, 9999, places=2).map(Decimal.normalize).map(str), st.just(XSD.decimal)
    ),
    st.tuples(st.dates().map(date.isoformat), st.just(XSD.date)),
    st.tuples(st.datetimes(timezones=ZONES).map(datetime.isoformat), st.just(XSD.dateTime)),
    st.tuples(st.sampled_from(["true", "false", "0", "1"]), st.just(XSD.boolean)),
)


@given(TEXTS)
def test_a_plain_literal_survives_a_store(literal: tuple[str, str]) -> None:
    text, datatype = literal
    if is_plain(text, str(datatype)):
        written = Literal(text, datatype=NamedNode(str(datatype)))
        store = Store()
        store.add(Quad(NODE, NODE, written))
        assert [quad.object for quad in store] == [written]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("007", "integer"),
        ("-0", "integer"),
        ("9" * 30, "integer"),
        ("1.50", "decimal"),
        ("1.", "decimal"),
        ("1", "boolean"),
        ("2025-02-29", "date"),
        ("2025-02-28Z", "date"),
        ("2025-01-01T10:00:00.000Z", "dateTime"),
        ("2025-01-01T10:00:00+00:00", "dateTime"),
        ("soon", "date"),
        ("1", "nonNegativeInteger"),
        ("1.0E0", "double"),
    ],
)
def test_a_literal_that_a_store_rewrites_or_rejects_is_not_plain(text: str, name: str) -> None:
    """Shapes that depend on these are checked on the data as written."""
    assert not is_plain(text, str(XSD[name]))

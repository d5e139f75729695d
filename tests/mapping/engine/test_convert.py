"""Rows are summed: one for each combination of keys."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.errors import SourceError
from parvis.vocab.namespaces import PARVIS

SUM = """\
sources:
  orders:
    access: f
    referenceFormulation: csv
    delimiter: ';'
    sum: {columns: [n], by: [who, how]}
mappings:
  order:
    sources: orders
    s: id/order/x/$(who)-$(how)
    po: [[parvis:tickets, $(n), xsd:integer]]
"""
HEAD = "who;how;n\n"
Orders = list[tuple[str, str, int]]


def sum_rows(run: Callable[..., Any], text: str) -> tuple[dict[str, int], Any]:
    """Return the sums by combination, and the report."""
    graph, conversion = run(SUM, "f", HEAD + text)
    sums = {str(s).rpartition("/")[2]: int(o) for s, o in graph.subject_objects(PARVIS.tickets)}
    return sums, conversion.report


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(-9, 99)), min_size=1
    )
)
def test_the_sums_of_orders_do_not_depend_on_their_order(
    run: Callable[..., Any], orders: Orders
) -> None:
    """In any order; refunds are subtracted."""
    expected: Counter[str] = Counter()
    for who, how, number in orders:
        expected[f"{who}-{how}"] += number
    sums, report = sum_rows(run, "".join(f"{who};{how};{number}\n" for who, how, number in orders))
    assert sums == dict(expected)
    assert report.rows == len(orders)


def test_a_malformed_figure_is_reported_with_its_place_and_not_summed(
    run: Callable[..., Any],
) -> None:
    """The others are summed; an absent one adds nothing, not even a zero."""
    sums, report = sum_rows(run, "a;x;2\na;x;many\na;x;\na;x;3\nb;x;\n")
    assert sums == {"a-x": 5}
    (finding,) = report.findings
    assert (finding.rule, finding.value) == ("bad-number", "many")
    assert (finding.place.row, finding.place.column) == (3, "n")


def test_a_summed_or_grouping_column_must_exist(run: Callable[..., Any]) -> None:
    """Refused before the first row."""
    with pytest.raises(SourceError, match="how"):
        run(SUM, "f", "who;n\na;2\n")

"""Rows that are added up: one for each combination of values, nothing lost and nothing twice."""

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


def told(run: Callable[..., Any], text: str) -> tuple[dict[str, int], Any]:
    """Give the sums by who and how, and the report."""
    graph, found = run(SUM, "f", HEAD + text)
    sums = {str(s).rpartition("/")[2]: int(o) for s, o in graph.subject_objects(PARVIS.tickets)}
    return sums, found.report


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(-9, 99)), min_size=1
    )
)
def test_orders_add_up_to_what_they_come_to(run: Callable[..., Any], orders: Orders) -> None:
    """In whatever order they stand; what is given back is taken away."""
    wanted: Counter[str] = Counter()
    for who, how, number in orders:
        wanted[f"{who}-{how}"] += number
    sums, report = told(run, "".join(f"{who};{how};{number}\n" for who, how, number in orders))
    assert sums == dict(wanted)
    assert report.rows == len(orders)


def test_a_figure_that_is_no_number_is_told_where_it_stands_and_not_added(
    run: Callable[..., Any],
) -> None:
    """The others are; one that is not there adds nothing, nor makes a zero."""
    sums, report = told(run, "a;x;2\na;x;many\na;x;\na;x;3\nb;x;\n")
    assert sums == {"a-x": 5}
    (finding,) = report.findings
    assert (finding.rule, finding.value) == ("bad-number", "many")
    assert (finding.place.row, finding.place.column) == (3, "n")


def test_a_column_that_is_added_up_must_be_there(run: Callable[..., Any]) -> None:
    """Refused before the first row."""
    with pytest.raises(SourceError, match="how"):
        run(SUM, "f", "who;n\na;2\n")

"""Rows are summed by combinations of keys; a conversion stops if most of them are wrong."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Graph

from parvis.errors import SourceError
from parvis.mapping.engine.convert import MIN_ROWS
from parvis.mapping.engine.converter import Conversion
from parvis.report import MOST, Finding, Report, Severity
from parvis.vocab.namespaces import PARVIS

SUM = """\
sources:
  orders:
    access: f
    referenceFormulation: csv
    delimiter: ';'
    sum: {columns: [n], by: [who, how], refunds: true}
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


Run = Callable[[str, str, str | bytes], tuple[Graph, Conversion]]

MAPPING = """\
sources: {events: {access: f.csv, referenceFormulation: csv}}
mappings:
  event:
    sources: events
    s: id/event/x/$(id)
    po: [[schema:startDate, $(day), xsd:date]]
"""


def table(good: int, bad: int) -> str:
    """Write good rows, then bad ones."""
    days = ["2026-07-01"] * good + ["demain"] * bad
    return "id,day\n" + "".join(f"{number},{day}\n" for number, day in enumerate(days))


def test_a_conversion_with_mostly_wrong_rows_stops_early(run: Run) -> None:
    """The report contains a violation, and the remaining rows are not read."""
    _, conversion = run(MAPPING, "f.csv", table(0, 10 * MIN_ROWS))
    assert conversion.report.rows == MIN_ROWS
    assert conversion.report.worst is Severity.VIOLATION
    assert not conversion.report.is_acceptable(1.0)


def test_a_conversion_with_some_wrong_rows_continues(run: Run) -> None:
    """Two thirds are good: everything is read, and every bad row is counted."""
    graph, conversion = run(MAPPING, "f.csv", table(2 * MIN_ROWS, MIN_ROWS))
    assert (conversion.report.rows, conversion.report.row_errors) == (3 * MIN_ROWS, MIN_ROWS)
    assert len(graph) == 2 * MIN_ROWS


SPLIT = """\
sources: {events: {access: f.csv, referenceFormulation: csv}}
mappings:
  event:
    sources: events
    s: id/event/x/$(id)
    po:
      - - parvis:discipline
        - function: fn:concept
          parameters:
            - [scheme, discipline]
            - - value
              - {function: fn:split, parameters: [[value, $(what)], [separator, "/"]]}
          type: iri
"""


def test_an_unknown_word_does_not_affect_others_in_the_cell(run: Run) -> None:
    """Of three words in a cell, two are disciplines."""
    graph, conversion = run(SPLIT, "f.csv", "id,what\n1,Théâtre/Pantoufle/Danse\n")
    assert {re.sub(".*/", "", str(value)) for value in graph.objects()} == {"theatre", "dance"}
    assert [
        (finding.rule, finding.value) for finding in conversion.report.findings if finding.place
    ] == [("unmatched-concept", "Pantoufle")]


def test_a_report_stores_a_maximum_of_equal_findings_and_their_count() -> None:
    """A million bad rows must not fill the memory, here or when the report is read back."""
    report = Report()
    finding = Finding(Severity.WARNING, "bad-date", {"fr": "non", "en": "no"})
    report.extend([finding] * (MOST + 5))
    restored = Report.from_json(report.to_json())
    assert len(report.findings) == len(restored.findings) == MOST
    assert report.total == restored.total == MOST + 5
    assert report.counts() == restored.counts() == {("bad-date", Severity.WARNING): MOST + 5}

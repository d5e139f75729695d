"""Order lines are added up to figures: exactly, in one currency, and never below zero."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib.namespace import QB, RDF

from parvis.errors import MappingError
from parvis.report import Finding, Report, Severity
from parvis.vocab.namespaces import PARVIS

MAPPING = """\
sources:
  lines:
    access: f
    referenceFormulation: csv
    delimiter: ';'
    sum:
      {{columns: [paid], counts: [tickets], by: [show]{more}, name-as: measure, value-as: number}}
mappings:
  figure:
    sources: lines
    s: id/observation/x/$(show)-$(measure)
    po:
      - [a, qb:Observation]
      - p: parvis:revenue
        o: {{value: $(number), datatype: xsd:decimal}}
        condition: {{function: fn:equal, parameters: [[value, $(measure)], [other, paid]]}}
      - p: parvis:ticketsSold
        o: {{value: $(number), datatype: xsd:integer}}
        condition: {{function: fn:equal, parameters: [[value, $(measure)], [other, tickets]]}}
"""
HEAD = "show;tickets;paid;currency\n"
Run = Callable[..., Any]


def locate(finding: Finding) -> tuple[int | None, str | None]:
    assert finding.place
    return finding.place.row, finding.place.column


amounts = st.decimals(0, 10**6, places=2)


def add_lines(run: Run, lines: str, more: str = "") -> tuple[dict[str, Decimal], Report]:
    """Return each figure by the end of its identifier, and the report."""
    graph, conversion = run(MAPPING.format(more=more), "f", HEAD + lines)
    return {
        str(s).rpartition("/")[2]: Decimal(str(o))
        for measure in (PARVIS.revenue, PARVIS.ticketsSold)
        for s, o in graph.subject_objects(measure)
    }, conversion.report


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), amounts), min_size=1))
def test_sums_are_exact_whatever_the_lines(run: Run, lines: list[tuple[str, int, Decimal]]) -> None:
    sums, report = add_lines(run, "".join(f"{s};{n};{paid};\n" for s, n, paid in lines))
    for show in {show for show, *_ in lines}:
        assert sums[f"{show}-tickets"] == sum(n for s, n, _ in lines if s == show)
        assert sums[f"{show}-paid"] == sum(paid for s, _, paid in lines if s == show)
    assert not report.findings


def test_no_digit_of_a_sum_is_lost(run: Run) -> None:
    """Not even where a binary number or 28 digits would lose some."""
    large = "9" * 40
    sums, _ = add_lines(run, f"a;1;{large};\na;1;0.1;\na;1;0.2;\n")
    assert sums["a-paid"] == Decimal(f"{large}.3")


def test_a_line_that_cannot_be_read_is_left_out_as_a_whole(run: Run) -> None:
    """With its place; its other figure is not added either."""
    sums, report = add_lines(run, "a;2;10;\na;1;many;\na;1.5;3;\na;1;5;\n")
    assert sums == {"a-tickets": 3, "a-paid": 15}
    places = [(finding.rule, locate(finding)) for finding in report.findings]
    assert places == [("bad-number", (3, "paid")), ("bad-integer", (4, "tickets"))]
    assert all(finding.severity is Severity.WARNING for finding in report.findings)


@pytest.mark.parametrize(
    ("line", "column", "value"), [("a;-1;5;", "tickets", "-1"), ("a;1;-5;", "paid", "-5")]
)
def test_a_negative_figure_refuses_the_file_with_row_and_column(
    run: Run, line: str, column: str, value: str
) -> None:
    _, report = add_lines(run, f"a;9;90;\n{line}\n")
    (finding,) = report.findings
    assert (finding.rule, finding.severity) == ("negative", Severity.VIOLATION)
    assert (*locate(finding), finding.value) == (3, column, value)
    assert "refunds" in finding.text["fr"]
    assert finding.text["fr"] != finding.text["en"]


def test_a_refund_reduces_a_sum_where_the_mapping_says_so(run: Run) -> None:
    sums, report = add_lines(run, "a;2;50;\na;-1;-25;\n", ", refunds: true")
    assert sums == {"a-tickets": 1, "a-paid": 25}
    assert not report.findings


def test_a_sum_below_zero_refuses_the_file_even_then(run: Run) -> None:
    """The place is that of the first of its lines."""
    _, report = add_lines(run, "b;1;1;\na;2;50;\na;-3;-50;\n", ", refunds: true")
    (finding,) = report.findings
    assert (finding.rule, finding.severity) == ("negative", Severity.VIOLATION)
    assert (*locate(finding), finding.value) == (3, "tickets", "-1")


@pytest.mark.parametrize(
    ("currency", "lines", "row", "column"),
    [
        ("[currency]", "a;1;5;CAD\na;1;5;$\na;1;5;USD\na;1;5;USD\n", 4, "currency"),
        ("{columns: [currency], code: CAD}", "a;1;5;EUR\na;1;5;EUR\n", 2, "currency"),
        ("[shown]", "a;1;5 $;\na;1;5 €;\n", 3, "paid"),
    ],
)
def test_a_second_currency_refuses_the_file_with_row_and_column(
    run: Run, currency: str, lines: str, row: int, column: str
) -> None:
    """By its code or its sign, in its own column or in that of amounts; once."""
    mapping = MAPPING.format(more=f", currency: {currency}")
    if "shown" in currency:
        mapping = mapping.replace("[paid]", "[amount]").replace("other, paid", "other, amount")
        fields = (
            "fields: {shown: $(paid), amount: {function: fn:replace, parameters:"
            ' [[value, $(paid)], [pattern, "[€$]"], [by, ""]]}}'
        )
        mapping = mapping.replace("    sum:\n", f"    {fields}\n    sum:\n")
    _, conversion = run(mapping, "f", HEAD + lines)
    (finding,) = conversion.report.findings
    assert (finding.rule, finding.severity) == ("two-currencies", Severity.VIOLATION)
    assert locate(finding) == (row, column)


def test_lines_whose_key_is_empty_are_reported(run: Run) -> None:
    """Such as a gift of money among the orders: nothing of it is lost in silence."""
    sums, report = add_lines(run, "a;1;5;\n;1;100;\n")
    assert sums == {"a-tickets": 1, "a-paid": 5}
    assert {(f.rule, f.place.row) for f in report.findings if f.place} == {("unused-row", 3)}


def test_the_latest_day_of_all_lines_is_that_of_each_sum(run: Run) -> None:
    """What an export counts until then, it counts for every show."""
    mapping = MAPPING.format(more=", latest: {as_of: currency}").replace(
        "      - [a, qb:Observation]\n",
        "      - [a, qb:Observation]\n      - [parvis:asOf, $(as_of), xsd:date]\n",
    )
    graph, _ = run(mapping, "f", HEAD + "a;1;5;2026-09-02\nb;1;5;2026-09-30\nb;1;5;\n")
    assert {str(day) for day in graph.objects(None, PARVIS.asOf)} == {"2026-09-30"}


def test_a_figure_is_found_back_in_its_column(run: Run) -> None:
    graph, _ = run(MAPPING.format(more=""), "f", HEAD + "a;2;10;\n")
    assert len(set(graph.subjects(RDF.type, QB.Observation))) == 2


def test_what_differs_from_line_to_line_is_refused_in_the_mapping(run: Run) -> None:
    """With its line: it would be that of any of the lines added up."""
    mapping = MAPPING.format(more="").replace("$(show)-", "$(currency)-")
    with pytest.raises(MappingError, match="currency"):
        run(mapping, "f", HEAD + "a;1;5;\n")

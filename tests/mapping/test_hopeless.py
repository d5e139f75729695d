"""A run most of whose rows are wrong stops; one value that is refused costs the others nothing."""

import re
from collections.abc import Callable

from rdflib import Graph

from parvis.mapping.engine.convert import MIN_ROWS
from parvis.mapping.engine.converter import Conversion
from parvis.report import MOST, Finding, Report, Severity

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
    """Write so many good rows, then so many bad ones."""
    days = ["2026-07-01"] * good + ["demain"] * bad
    return "id,day\n" + "".join(f"{number},{day}\n" for number, day in enumerate(days))


def test_a_run_most_of_whose_rows_are_wrong_stops_early(run: Run) -> None:
    """The report says so as a violation, and the rest is not read."""
    _, found = run(MAPPING, "f.csv", table(0, 10 * MIN_ROWS))
    assert found.report.rows == MIN_ROWS
    assert found.report.worst is Severity.VIOLATION
    assert not found.report.accepted(1.0)


def test_a_run_of_which_a_part_is_wrong_goes_on(run: Run) -> None:
    """Two thirds are good: everything is read, and every bad row told of."""
    graph, found = run(MAPPING, "f.csv", table(2 * MIN_ROWS, MIN_ROWS))
    assert (found.report.rows, found.report.row_errors) == (3 * MIN_ROWS, MIN_ROWS)
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


def test_a_word_that_is_not_known_costs_its_neighbours_nothing(run: Run) -> None:
    """Of three words in a cell two are disciplines."""
    graph, found = run(SPLIT, "f.csv", "id,what\n1,Théâtre/Pantoufle/Danse\n")
    assert {re.sub(".*/", "", str(value)) for value in graph.objects()} == {"theatre", "dance"}
    assert [(one.rule, one.value) for one in found.report.findings if one.place] == [
        ("unmatched-concept", "Pantoufle")
    ]


def test_of_what_goes_wrong_alike_a_report_keeps_examples_and_the_count() -> None:
    """So that a million bad rows cost no memory, here and when the report is read back."""
    report = Report()
    one = Finding(Severity.WARNING, "bad-date", {"fr": "non", "en": "no"})
    report.extend([one] * (MOST + 5))
    again = Report.from_json(report.to_json())
    assert len(report.findings) == len(again.findings) == MOST
    assert report.total == again.total == MOST + 5
    assert report.counts() == again.counts() == {("bad-date", Severity.WARNING): MOST + 5}

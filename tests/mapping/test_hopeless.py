"""A conversion stops if most rows are wrong; one refused value does not affect the others."""

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

"""A file that is not what its mapping says is refused in one clear sentence."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from parvis.errors import SourceError

CSV = """\
sources:
  shows: {{access: f, referenceFormulation: {kind}, {more}}}
mappings:
  event:
    sources: shows
    s: id/event/x/$(code)
    po: [[schema:name, $(title), fr~lang]]
"""
TABLE = CSV.format(kind="csv", more="delimiter: ','")
JSON = CSV.format(kind="jsonpath", more="iterator: '$[*]'")
SHEET = CSV.format(kind="table", more="sheet: Salles")
UTF8 = CSV.format(kind="csv", more="encoding: utf-8")
CALENDAR = CSV.format(kind="icalendar", more="timezone: UTC")


def zip_of(name: str, text: str) -> bytes:
    """Make a zip that is no spreadsheet."""
    body = BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        packed.writestr(name, text)
    return body.getvalue()


BAD: dict[str, tuple[str, str | bytes, str]] = {
    "an empty file": (TABLE, b"", "is empty"),
    "headings only": (TABLE, "code,title\n", "finds nothing"),
    "a missing column": (TABLE, "code,name\n1,a\n", "no column “title”"),
    "two columns of one name": (TABLE, "code,title,title\n1,a,b\n", "several columns"),
    "an unclosed quote": (TABLE, 'code,title\n1,"a\n2,b\n', "line 2"),
    "bytes against the declared encoding": (
        UTF8,
        "code,title\n1,Sœur\n".encode("cp1252"),
        "line 2",
    ),
    "bytes that are no text": (TABLE, b"code,title\n1,\x81\x8d\n", "neither UTF-8 nor"),
    "broken JSON": (JSON, '[{"code": 1,}]', "line 1, column"),
    "JSON with NaN": (JSON, '[{"code": NaN, "title": "a"}]', "NaN"),
    "a list of nothing": (JSON, "[]", "finds nothing"),
    "another shape of JSON": (JSON, '{"2013": []}', "finds nothing"),
    "a key that no item has": (JSON, '[{"code": 1, "name": "a"}]', "title"),
    "items of another kind": (JSON, '[{"x": 1}]', "no item at $[*] has “code”, “title”"),
    "JSON nested past reason": (JSON, "[" * 100_000, "not valid JSON"),
    "no spreadsheet": (SHEET, "code,title\n", "cannot be read as a spreadsheet"),
    "a zip that is no spreadsheet": (SHEET, zip_of("a.txt", "x"), "as a spreadsheet"),
    "no calendar": (CALENDAR, "code,title\n1,a\n", "not a valid calendar"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_by_name(run: Callable[..., Any], kind: str) -> None:
    """The sentence names the file and what is wrong."""
    mapping, content, words = BAD[kind]
    with pytest.raises(SourceError) as caught:
        run(mapping, "fichier.txt", content)
    said = str(caught.value)
    assert "fichier.txt" in said
    assert words in said


def test_a_row_of_another_width_is_reported_and_left_out(run: Callable[..., Any]) -> None:
    """One bad row stops nothing; it is named."""
    graph, found = run(TABLE, "f.csv", "code,title\n1,a\n2,b,c\n3,d\n")
    assert len(graph) == 2
    (finding,) = found.report.findings
    assert (finding.rule, finding.place.row) == ("ragged-row", 3)
    assert found.report.row_errors == 1


def test_a_bad_value_is_placed_by_row_and_column(run: Callable[..., Any]) -> None:
    """The triple is left out, the rest of the row stays, and the row counts once."""
    mapping = TABLE.replace("fr~lang]]", "fr~lang], [schema:startDate, $(date), xsd:date]]")
    graph, found = run(mapping, "f.csv", "code,title,date\n1,a,31/02/2025\n2,b,2025-02-01\n")
    assert len(graph) == 3
    (finding,) = found.report.findings
    assert (finding.place.row, finding.place.column, finding.value) == (2, "date", "31/02/2025")
    assert finding.text["en"] == "“31/02/2025” is not a date"
    assert found.report.row_errors == 1


CHECKED = """\
sources:
  shows: {access: f, referenceFormulation: csv, delimiter: ','}
checks:
  - source: shows
    when: {function: fn:allDay, parameters: [[start, $(start)], [end, $(start)]]}
    severity: info
    rule: all-day
    message: {fr: "toute la journée", en: "all day"}
mappings:
  event:
    sources: shows
    s: id/event/x/$(code)
    po:
      - [schema:name, {function: fn:trim, parameters: [[value, $(code)]]}, fr~lang]
"""


def test_a_check_that_cannot_be_judged_is_told_as_a_bad_value(run: Callable[..., Any]) -> None:
    """A bad date in a check's condition stops nothing."""
    graph, found = run(CHECKED, "f.csv", "code,start\n1,demain\n2,2026-07-01\n")
    assert [finding.rule for finding in found.report.findings] == ["bad-date", "all-day"]
    assert {label.language for label in graph.objects()} == {"fr"}

"""The answer to a query as a workbook."""

import io
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from parvis.report.tables import Link, Value
from parvis.vocab import media
from parvis.web.api import workbook
from parvis.web.api.results import ResultTerm
from parvis.web.api.workbook import to_cell_value

XSD = "http://www.w3.org/2001/XMLSchema#"
VALUES = """SELECT ?iri ?text ?number ?day ?instant ?missing {
  VALUES (?iri ?text ?number ?day ?instant ?missing) {
  (<http://a/b> "=1+1"@fr 12.5 "2026-11-24"^^xsd:date
   "2026-11-24T20:00:00-05:00"^^xsd:dateTime UNDEF)
} }"""


def sheet(body: bytes) -> list[list[object]]:
    """Read the one sheet of a workbook."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    assert len(book.sheet_names) == 1
    return [list(row) for row in book.get_sheet_by_index(0).to_python()]


@pytest.mark.parametrize(
    ("text", "datatype", "expected"),
    [
        ("12", "integer", Decimal(12)),
        ("-1.50", "decimal", Decimal("-1.50")),
        ("1234567890123456", "integer", "1234567890123456"),
        ("0.12345678901234567", "decimal", "0.12345678901234567"),
        ("1E6", "double", 1e6),
        ("INF", "double", "INF"),
        ("2026", "gYear", Decimal(2026)),
        ("many", "integer", "many"),
        ("true", "boolean", True),
        ("0", "boolean", False),
        ("perhaps", "boolean", "perhaps"),
        ("2026-11-24", "date", date(2026, 11, 24)),
        ("2026-02-30", "date", "2026-02-30"),
        ("2026-W01-1", "date", "2026-W01-1"),
        ("1642-05-17", "date", "1642-05-17"),
        ("2026-11-24T20:00:00", "dateTime", datetime(2026, 11, 24, 20)),  # noqa: DTZ001 - it has none
        ("2026-11-24T24:00:00", "dateTime", "2026-11-24T24:00:00"),
        ("", "string", None),
    ],
)
def test_a_literal_is_what_a_spreadsheet_keeps_of_it_exactly(
    text: str, datatype: str, expected: Value
) -> None:
    """What would be rounded, or is no such value, stays a text."""
    found = to_cell_value(ResultTerm(text, datatype=f"{XSD}{datatype}"))
    assert found == expected
    assert type(found) is type(expected)


def test_an_iri_is_a_link_and_other_terms_are_texts() -> None:
    """A triple term and a blank node are written as in the other formats."""
    assert to_cell_value(ResultTerm("http://a/b", iri="http://a/b")) == Link("http://a/b")
    assert to_cell_value(ResultTerm("_:b0")) == "_:b0"
    assert to_cell_value(ResultTerm("Été", lang="fr")) == "Été"


def test_a_query_gives_a_workbook_whose_cells_are_typed(client: FlaskClient) -> None:
    """As a file to open, its sheet named in the reader's language."""
    response = client.get("/en/sparql", query_string={"query": VALUES, "format": "xlsx"})
    assert response.mimetype == media.XLSX
    assert "parvis.xlsx" in response.headers["Content-Disposition"]
    assert sheet(response.get_data()) == [
        ["iri", "text", "number", "day", "instant", "missing"],
        ["http://a/b", "=1+1", 12.5, date(2026, 11, 24), datetime(2026, 11, 24, 20), ""],  # noqa: DTZ001 - a cell has none
    ]


def test_yes_or_no_is_one_cell_and_a_graph_is_no_workbook(client: FlaskClient) -> None:
    """ASK has a table too; CONSTRUCT names the formats that it has."""
    asked = {"query": "ASK {}", "format": "xlsx"}
    assert sheet(client.get("/sparql", query_string=asked).get_data()) == [["ASK"], [True]]
    asked = {"query": "CONSTRUCT WHERE { ?s ?p ?o }", "format": "xlsx"}
    assert client.get("/sparql", query_string=asked).status_code == 406


def test_an_example_query_has_its_workbook_first_among_the_files(client: FlaskClient) -> None:
    """People open it without another program."""
    page = client.get("/queries/spectacles", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 0 < page.index("spectacles.xlsx") < page.index("spectacles.csv")
    response = client.get("/queries/spectacles.xlsx")
    assert "spectacles.xlsx" in response.headers["Content-Disposition"]
    assert len(sheet(response.get_data())) == 3


def test_an_answer_that_no_sheet_holds_is_an_error_before_any_byte(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """406 names the limit and what to take instead; the next reader is served."""
    asked = {"query": "SELECT * { VALUES ?n { 1 2 3 4 } }", "format": "xlsx"}
    monkeypatch.setattr(workbook, "CELLS", 3)
    monkeypatch.setattr("parvis.report.tables.workbook.CELLS", 3)
    response = client.get("/sparql", query_string=asked)
    assert (response.status_code, response.mimetype) == (406, media.PROBLEM)
    assert "3 cells" in response.get_data(as_text=True) or "3 cellules" in response.get_data(
        as_text=True
    )
    monkeypatch.undo()
    assert client.get("/sparql", query_string=asked).status_code == 200


def test_few_workbooks_are_under_way_and_one_is_written_at_a_time(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits in vain, or finds no place to wait in, learns when to come back."""
    monkeypatch.setattr(workbook, "PATIENCE", 0.01)
    asked = {"query": VALUES, "format": "xlsx"}
    with ExitStack() as others:
        others.enter_context(workbook._writing)  # noqa: SLF001 - as another reader holds it
        replies = [client.get("/sparql", query_string=asked)]
        for _ in range(workbook.SEATS):
            others.enter_context(workbook._seats)  # noqa: SLF001 - the same
        replies.append(client.get("/sparql", query_string=asked))
    assert [(r.status_code, "Retry-After" in r.headers) for r in replies] == [(503, True)] * 2
    assert client.get("/sparql", query_string=asked).status_code == 200

"""Query results as a workbook."""

import io
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from parvis.rdf.formats import PARQUET, XLSX
from parvis.report import parquet
from parvis.report.tables import Link, Value
from parvis.web.api import workbook
from parvis.web.api.results import ResultTerm
from parvis.web.api.workbook import to_cell_value
from parvis.web.http.errors import PROBLEM
from tests.parquet import read_columns

XSD = "http://www.w3.org/2001/XMLSchema#"
VALUES = """SELECT ?iri ?text ?number ?day ?instant ?missing {
  VALUES (?iri ?text ?number ?day ?instant ?missing) {
  (<http://a/b> "=1+1"@fr 12.5 "2026-11-24"^^xsd:date
   "2026-11-24T20:00:00-05:00"^^xsd:dateTime UNDEF)
} }"""


def read_sheet(body: bytes) -> list[list[object]]:
    """Read the only sheet of a workbook."""
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
def test_a_literal_becomes_a_cell_value_only_if_it_stays_exact(
    text: str, datatype: str, expected: Value
) -> None:
    """A value that would be rounded, or is invalid, stays text."""
    value = to_cell_value(ResultTerm(text, datatype=f"{XSD}{datatype}"))
    assert value == expected
    assert type(value) is type(expected)


def test_an_iri_is_a_link_and_other_terms_are_texts() -> None:
    """Triple terms and blank nodes are written as in the other formats."""
    assert to_cell_value(ResultTerm("http://a/b", iri="http://a/b")) == Link("http://a/b")
    assert to_cell_value(ResultTerm("_:b0")) == "_:b0"
    assert to_cell_value(ResultTerm("Été", lang="fr")) == "Été"


def test_a_workbook_has_typed_cells(client: FlaskClient) -> None:
    """It is a download, with a sheet name in the reader's language."""
    response = client.get("/en/sparql", query_string={"query": VALUES, "format": "xlsx"})
    assert response.mimetype == XLSX
    assert "parvis.xlsx" in response.headers["Content-Disposition"]
    assert read_sheet(response.get_data()) == [
        ["iri", "text", "number", "day", "instant", "missing"],
        ["http://a/b", "=1+1", 12.5, date(2026, 11, 24), datetime(2026, 11, 24, 20), ""],  # noqa: DTZ001 - a cell has none
    ]


def test_a_boolean_is_one_cell_and_a_graph_is_no_workbook(client: FlaskClient) -> None:
    """The refusal of CONSTRUCT names the available formats."""
    parameters = {"query": "ASK {}", "format": "xlsx"}
    assert read_sheet(client.get("/sparql", query_string=parameters).get_data()) == [
        ["ASK"],
        [True],
    ]
    parameters = {"query": "CONSTRUCT WHERE { ?s ?p ?o }", "format": "xlsx"}
    assert client.get("/sparql", query_string=parameters).status_code == 406


def test_an_example_query_has_its_workbook_first_among_the_files(client: FlaskClient) -> None:
    """Because no further program is needed."""
    page = client.get("/queries/spectacles", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 0 < page.index("spectacles.xlsx") < page.index("spectacles.csv")
    response = client.get("/queries/spectacles.xlsx")
    assert "spectacles.xlsx" in response.headers["Content-Disposition"]
    assert len(read_sheet(response.get_data())) == 3


def test_results_too_large_for_a_sheet_are_refused_before_any_byte(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """406 names the limit and an alternative; the next reader is served."""
    parameters = {"query": "SELECT * { VALUES ?n { 1 2 3 4 } }", "format": "xlsx"}
    monkeypatch.setattr(workbook, "CELLS", 3)
    monkeypatch.setattr("parvis.report.tables.CELLS", 3)
    response = client.get("/sparql", query_string=parameters)
    assert (response.status_code, response.mimetype) == (406, PROBLEM)
    assert "3 cells" in response.get_data(as_text=True) or "3 cellules" in response.get_data(
        as_text=True
    )
    monkeypatch.undo()
    assert client.get("/sparql", query_string=parameters).status_code == 200


def test_workbooks_are_written_one_at_a_time_with_a_short_queue(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that wait too long, or find the queue full, get 503 with Retry-After."""
    monkeypatch.setattr(workbook, "PATIENCE", 0.01)
    parameters = {"query": VALUES, "format": "xlsx"}
    with ExitStack() as locks:
        locks.enter_context(workbook._writing)  # noqa: SLF001 - occupied by another reader
        replies = [client.get("/sparql", query_string=parameters)]
        for _ in range(workbook.SEATS):
            locks.enter_context(workbook._seats)  # noqa: SLF001 - the same
        replies.append(client.get("/sparql", query_string=parameters))
    assert [(r.status_code, "Retry-After" in r.headers) for r in replies] == [(503, True)] * 2
    assert client.get("/sparql", query_string=parameters).status_code == 200


def test_an_answer_in_parquet_has_typed_columns(client: FlaskClient) -> None:
    """It is a download; instants are in Universal Time."""
    for query in ({"format": "parquet"}, {}):
        response = client.get(
            "/sparql", query_string={"query": VALUES, **query}, headers={"Accept": PARQUET}
        )
        assert response.mimetype == PARQUET
        assert "parvis.parquet" in response.headers["Content-Disposition"]
        assert read_columns(response.get_data()) == {
            "iri": ["http://a/b"],
            "text": ["=1+1"],
            "number": [12.5],
            "day": [date(2026, 11, 24)],
            "instant": [datetime(2026, 11, 25, 1, tzinfo=UTC)],
            "missing": [None],
        }
    yes = client.get("/sparql?query=ASK{}&format=parquet")
    assert read_columns(yes.get_data()) == {"ASK": [True]}
    nothing = client.get("/sparql?query=SELECT*{VALUES ?a {}}&format=parquet")
    assert read_columns(nothing.get_data()) == {"a": []}
    graph = client.get("/sparql?query=CONSTRUCT{?s ?p ?o}{?s ?p ?o}LIMIT 1&format=parquet")
    assert graph.status_code == 406


def test_the_same_answer_in_parquet_is_written_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks without a token; who has it is told that it is unchanged."""
    written, write = [], parquet.write_table

    def count(*arguments: Any) -> None:  # noqa: ANN401 - as they are
        written.append(1)
        write(*arguments)

    monkeypatch.setattr(parquet, "write_table", count)
    query = {"query": "SELECT ?e ?once { ?e schema:name ?once }", "format": "parquet"}
    first, second = (client.get("/sparql", query_string=query) for _ in range(2))
    assert first.get_data() == second.get_data()
    assert first.headers["ETag"] == second.headers["ETag"]
    assert len(written) == 1
    headers = {"If-None-Match": first.headers["ETag"], "Cache-Control": "no-cache"}
    assert client.get("/sparql", query_string=query, headers=headers).status_code == 304
    other = client.get("/sparql", query_string=query | {"format": "tsv"})
    assert other.headers["ETag"] != first.headers["ETag"]
    assert client.post("/sparql", data=query).get_data() == first.get_data()
    assert len(written) == 2


def test_too_large_an_answer_has_no_parquet_table(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is never cut."""
    monkeypatch.setattr(workbook, "CELLS", 2)
    query = "SELECT * { VALUES (?a ?b) { (1 2) (3 4) } }"
    response = client.get("/sparql", query_string={"query": query, "format": "parquet"})
    assert (response.status_code, response.mimetype) == (406, PROBLEM)

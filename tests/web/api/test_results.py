"""The first rows of query results, as a page shows them."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from lxml import html
from rdflib.namespace import XSD

from parvis.i18n import clock
from parvis.pooling.serving.cache import RecordedChunks
from parvis.pooling.serving.service import QueryAnswer
from parvis.web.api import results
from parvis.web.api.results import (
    CELLS,
    CHARACTERS,
    COLUMNS,
    LONGEST,
    READ,
    ROWS,
    ResultTerm,
    read_preview,
)


def make_answer(kind: str, *pieces: str) -> QueryAnswer:
    """Make an answer of some pieces, which ends early as a worker ends it."""

    def chunks() -> Iterator[bytes]:
        size = 0
        for piece in pieces:
            if size >= READ:
                return
            size += len(piece.encode(errors="surrogateescape"))
            yield piece.encode(errors="surrogateescape")

    return QueryAnswer(kind, "text/tab-separated-values", chunks(), 1, int)  # type: ignore[arg-type]


def test_terms_are_read_with_their_language_and_datatype() -> None:
    """IRIs, literals, blank nodes and unbound values differ."""
    query_answer = make_answer(
        "bindings", "?a\t?b\t?c\t?d\n<http://a/é>\t", '"L\\\'été"@fr\t12\t\n'
    )
    preview = read_preview(query_answer)
    assert preview.columns == ("a", "b", "c", "d")
    assert preview.rows[0][:2] == [
        ResultTerm("http://a/é", iri="http://a/é"),
        ResultTerm("L'été", lang="fr"),
    ]
    assert preview.rows[0][2].is_number
    assert preview.rows[0][3] == ResultTerm("")
    assert not preview.cut


def test_a_text_has_its_direction_and_a_statement_its_own_text() -> None:
    """As RDF 1.2 has them."""
    statement = '<<( <a:b> <a:c> "d"@fr )>>'
    answer = make_answer("bindings", f'?a\t?b\n"\u0644\u064a\u0644"@ar--rtl\t{statement}\n')
    ((text, term),) = read_preview(answer).rows
    assert text == ResultTerm("\u0644\u064a\u0644", lang="ar", direction="rtl")
    assert term == ResultTerm(statement)


@pytest.mark.parametrize("rows", [ROWS + 1, 10 * ROWS])
def test_long_results_are_cut_and_marked_so(rows: int) -> None:
    """A page shows a thousand rows."""
    value = "x" * 400
    preview = read_preview(make_answer("bindings", "?a\n", *[f'"{value}"\n' for _ in range(rows)]))
    assert preview.cut
    assert len(preview.rows) == ROWS


def test_results_that_end_within_a_row_are_shown_to_the_last_complete_row() -> None:
    """A worker ends an answer for a page after a number of bytes."""
    row = '"' + "é" * 1_000 + '"\n'
    body = f"?a\n{row * 100}".encode() + b'"' + "é".encode() * READ
    text = body[: READ + 1].decode(errors="surrogateescape")
    preview = read_preview(make_answer("bindings", text))
    assert preview.cut
    assert [len(cell.text) for (cell,) in preview.rows] == [1_000] * 100


def test_pieces_may_end_within_a_character() -> None:
    """Bytes arrive as the pipe delivers them."""
    body = '?a\n"é"\n'.encode()
    pieces = iter([body[:5], body[5:]])
    chunks = RecordedChunks(pieces, 100, len)
    query_answer = QueryAnswer("bindings", "text/tab-separated-values", chunks, 1, int)
    assert read_preview(query_answer).rows == [[ResultTerm("é")]]


@pytest.mark.parametrize(
    ("text", "truth"), [('{"boolean":true}', True), ('{"boolean":false}', False)]
)
def test_a_boolean_answer_is_read(text: str, truth: bool) -> None:  # noqa: FBT001
    query_answer = make_answer("boolean", text)
    assert read_preview(query_answer).truth is truth


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        ("T19:30:00-04:00", "2026-09-16 19\xa0h\xa030"),
        ("T19:30:00", "2026-09-16 19\xa0h\xa030"),
        ("T19:30:00.5Z", "2026-09-16 19\xa0h\xa030 UTC"),
        ("T19:30:07+00:00", "2026-09-16 19\xa0h\xa030\xa0min\xa007\xa0s UTC"),
    ],
)
def test_an_instant_is_shown_in_its_own_time_zone(hour: str, expected: str) -> None:
    """Whatever the reader's zone; UTC is marked."""
    moment = ResultTerm(f"2026-09-16{hour}", datatype=str(XSD.dateTime)).instant
    assert moment is not None
    assert clock("fr", moment) == expected
    assert clock("en", moment).startswith("2026-09-16 7:30")


@pytest.mark.parametrize(
    "text",
    [
        *("0000-13-40T19:30:00", "-0044-03-15T12:00:00", "12026-09-16T19:30:00", "demain", ""),
        *("2026-09-16", "20260916", "2026-W38-3", "2026-09-16T19", "2026-09-16 19:30:00"),
        *(
            "2026-09-16T24:00:00",
            "2026-09-16T19:30:00,5",
            " 2026-09-16T19:30:00",
            "2026-09-16T19:30",
        ),
    ],
)
def test_an_invalid_instant_is_shown_as_text(text: str) -> None:
    assert ResultTerm(text, datatype=str(XSD.dateTime)).instant is None
    assert ResultTerm("2026-09-16").instant is None


def make_wide_answer(columns: int, rows: int, cell: str = "<http://a/b>") -> QueryAnswer:
    """Make an answer of so many columns and rows."""
    head = "\t".join(f"?c{n}" for n in range(columns))
    row = "\t".join([cell] * columns)
    return make_answer("bindings", f"{head}\n", *[f"{row}\n"] * rows)


@pytest.mark.parametrize(
    ("columns", "rows"), [(1, 5_000), (6, 5_000), (COLUMNS, 1_000), (8_500, 300), (200_000, 3)]
)
def test_the_number_of_cells_on_a_page_is_limited(
    columns: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says how much is hidden."""
    parsed = 0
    read_cell = results._cell  # noqa: SLF001 - counted

    def count(text: str) -> ResultTerm:
        nonlocal parsed
        parsed += 1
        return read_cell(text)

    monkeypatch.setattr(results, "_cell", count)
    preview = read_preview(make_wide_answer(columns, rows))
    assert parsed <= CELLS
    assert sum(map(len, preview.rows)) <= CELLS
    assert len(preview.rows) <= ROWS
    assert len(preview.columns) + preview.hidden == columns
    assert preview.cut


@pytest.mark.parametrize("length", [10_000, 1_000_000, 30_000_000])
def test_long_values_are_cut(length: int) -> None:
    """The characters of a page are limited; an endless line is not read to its end."""
    piece = "x" * 10_000
    line = ['<http://a/b>\t"', *[piece] * (length // 10_000), '"\n']
    query_answer = make_answer("bindings", "?a\t?b\n", *line * 60)
    preview = read_preview(query_answer)
    assert preview.cut
    assert sum(len(cell.text) for row in preview.rows for cell in row) <= CHARACTERS
    assert all(len(cell.text) <= LONGEST + 1 for row in preview.rows for cell in row)


def test_long_lines_of_a_graph_are_cut() -> None:
    """A literal may be as long as an answer."""
    query_answer = make_answer("graph", *['<a:b> <a:c> "', *["x" * 10_000] * 30, '" .\n'] * 40)
    preview = read_preview(query_answer)
    assert preview.cut
    assert 0 < len(preview.turtle) <= CHARACTERS


def test_a_page_counts_its_hidden_columns_and_links_to_the_files(client: FlaskClient) -> None:
    """The files hold them all."""
    names = " ".join(f"?c{n}" for n in range(500))
    query = f"SELECT {names} {{ ?c0 ?c1 ?c2 }} LIMIT 200"
    response = client.post("/sparql", data={"query": query}, headers={"Accept": "text/html"})
    page = response.get_data(as_text=True)
    assert page.count("<td") <= CELLS
    assert "60 colonnes sur 500" in page
    assert "format=csv" in page
    body = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert body.get_data().partition(b"\r\n")[0].count(b",") == 499


# The table of results shows labels, as far as its reader may read them.

PAGE = {"Accept": "text/html"}


def list_cells(client: FlaskClient, query: str, lang: str = "fr") -> list[html.HtmlElement]:
    """Return the cells of the table with the results of a query."""
    answer = client.get(f"/{lang}/sparql?query={quote(query)}", headers=PAGE)
    page: html.HtmlElement = html.document_fromstring(answer.data.decode())
    return list(page.iterfind(".//tbody//td"))


def list_texts(cells: list[html.HtmlElement]) -> list[str]:
    """List the texts of cells."""
    return [cell.text_content().strip() for cell in cells]


@pytest.mark.parametrize(("lang", "name"), [("fr", "Théâtre"), ("en", "Theatre")])
def test_a_concept_is_named_in_the_language_of_the_page(
    client: FlaskClient, lang: str, name: str
) -> None:
    """Its link leads to its description, and its title is its address."""
    query = "SELECT DISTINCT ?d { ?e parvis:discipline ?d FILTER(STRENDS(STR(?d), '/theatre')) }"
    (cell,) = list_cells(client, query, lang)
    assert list_texts([cell]) == [name]
    assert cell.find(".//span").get("title") == "concept:discipline/theatre"
    assert "/describe?iri=" in str(cell.find(".//a").get("href"))


def test_an_entity_has_its_label_and_a_term_keeps_its_prefix(client: FlaskClient) -> None:
    """A label in another language says which; files keep the addresses."""
    query = (
        "SELECT ?e ?kind ?name { ?e a ?kind ; schema:startDate ?day ; schema:name ?name } LIMIT 1"
    )
    event, kind, name = list_cells(client, query, "en")
    assert list_texts([event]) == list_texts([name])
    assert event.find(".//span").get("lang") == "fr"
    assert list_texts([kind])[0].startswith("schema:")
    file = client.get(f"/sparql?query={quote(query)}&format=csv").get_data(as_text=True)
    assert "/id/event/" in file


def test_an_entity_without_label_shows_its_address(client: FlaskClient) -> None:
    """Relative to the base, or with a prefix; others in full."""
    query = "SELECT ?x { VALUES ?x { <http://pool.test/id/nothing/1> <urn:x:1> skos:Concept } }"
    assert sorted(list_texts(list_cells(client, query))) == [
        "id/nothing/1",
        "skos:Concept",
        "urn:x:1",
    ]


def test_months_and_steps_of_partners_are_in_words(client: FlaskClient) -> None:
    """A script that sorts or filters by them reads what the data have."""
    query = 'SELECT * { VALUES (?m ?p ?o) { ("2024-09" "10+" "2024-2025") } }'
    parameters = {"query": query, "format": "html"}
    page = html.fromstring(client.get("/fr/sparql", query_string=parameters).text)
    cells = page.findall(".//td")
    assert [cell.text for cell in cells] == [
        "septembre 2024",
        "au moins 10",
        "2024-2025",
    ]
    assert [cell.get("data-value") for cell in cells] == ["2024-09", "10+", None]

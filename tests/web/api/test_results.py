"""The first rows of an answer, as a page shows them."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from rdflib.namespace import XSD

from parvis.i18n import clock
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


def answer(kind: str, *pieces: str) -> QueryAnswer:
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
    """IRIs, literals, blank nodes and gaps are told apart."""
    given = answer("bindings", "?a\t?b\t?c\t?d\n<http://a/é>\t", '"L\\\'été"@fr\t12\t\n')
    found = read_preview(given)
    assert found.columns == ("a", "b", "c", "d")
    assert found.rows[0][:2] == [
        ResultTerm("http://a/é", iri="http://a/é"),
        ResultTerm("L'été", lang="fr"),
    ]
    assert found.rows[0][2].is_number
    assert found.rows[0][3] == ResultTerm("")
    assert not found.cut


@pytest.mark.parametrize("rows", [ROWS + 1, 10 * ROWS])
def test_a_long_answer_is_cut_openly(rows: int) -> None:
    """A page shows a thousand rows, and says that there are more."""
    value = "x" * 400
    shown = read_preview(answer("bindings", "?a\n", *[f'"{value}"\n' for _ in range(rows)]))
    assert shown.cut
    assert len(shown.rows) == ROWS


def test_an_answer_that_ends_within_a_row_or_a_character_is_shown_to_its_last_whole_row() -> None:
    """A worker ends an answer for a page after so many bytes, wherever they are."""
    row = '"' + "é" * 1_000 + '"\n'
    body = f"?a\n{row * 100}".encode() + b'"' + "é".encode() * READ
    end = body[: READ + 1].decode(errors="surrogateescape")
    shown = read_preview(answer("bindings", end))
    assert shown.cut
    assert [len(cell.text) for (cell,) in shown.rows] == [1_000] * 100


def test_pieces_may_end_within_a_character() -> None:
    """Bytes come as the pipe gives them."""
    body = '?a\n"é"\n'.encode()
    pieces = iter([body[:5], body[5:]])
    given = QueryAnswer("bindings", "text/tab-separated-values", (p for p in pieces), 1, int)
    assert read_preview(given).rows == [[ResultTerm("é")]]


@pytest.mark.parametrize(
    ("text", "truth"), [('{"boolean":true}', True), ('{"boolean":false}', False)]
)
def test_a_question_of_yes_or_no_is_answered_so(text: str, truth: bool) -> None:  # noqa: FBT001
    """ASK has no table."""
    given = answer("boolean", text)
    assert read_preview(given).truth is truth


@pytest.mark.parametrize(
    ("hour", "told"),
    [
        ("T19:30:00-04:00", "2026-09-16 19 h 30"),
        ("T19:30:00", "2026-09-16 19 h 30"),
        ("T19:30:00.5Z", "2026-09-16 19 h 30 UTC"),
        ("T19:30:07+00:00", "2026-09-16 19 h 30 min 07 s UTC"),
    ],
)
def test_a_day_with_its_hour_is_told_by_the_clock_that_it_was_told_by(hour: str, told: str) -> None:
    """Whatever the zone in which it is read; what is of no place says so."""
    moment = ResultTerm(f"2026-09-16{hour}", datatype=str(XSD.dateTime)).instant
    assert moment is not None
    assert clock("fr", moment) == told
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
def test_what_no_calendar_has_is_shown_as_it_is(text: str) -> None:
    """An answer may hold anything that somebody wrote."""
    assert ResultTerm(text, datatype=str(XSD.dateTime)).instant is None
    assert ResultTerm("2026-09-16").instant is None


def wide(columns: int, rows: int, cell: str = "<http://a/b>") -> QueryAnswer:
    """Make an answer of so many columns and rows."""
    head = "\t".join(f"?c{n}" for n in range(columns))
    row = "\t".join([cell] * columns)
    return answer("bindings", f"{head}\n", *[f"{row}\n"] * rows)


@pytest.mark.parametrize(
    ("columns", "rows"), [(1, 5_000), (6, 5_000), (COLUMNS, 1_000), (8_500, 300), (200_000, 3)]
)
def test_a_page_shows_and_parses_so_many_cells_and_no_more(
    columns: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the answer is: it says how much is hidden."""
    read = 0
    real = results._cell  # noqa: SLF001 - what reading costs is counted

    def counted(text: str) -> ResultTerm:
        nonlocal read
        read += 1
        return real(text)

    monkeypatch.setattr(results, "_cell", counted)
    found = read_preview(wide(columns, rows))
    assert read <= CELLS
    assert sum(map(len, found.rows)) <= CELLS
    assert len(found.rows) <= ROWS
    assert len(found.columns) + found.hidden == columns
    assert found.cut


@pytest.mark.parametrize("length", [10_000, 1_000_000, 30_000_000])
def test_long_values_are_shown_in_part(length: int) -> None:
    """A page has so many characters and no more; a line without end is not gathered to its end."""
    piece = "x" * 10_000
    line = ['<http://a/b>\t"', *[piece] * (length // 10_000), '"\n']
    given = answer("bindings", "?a\t?b\n", *line * 60)
    found = read_preview(given)
    assert found.cut
    assert sum(len(cell.text) for row in found.rows for cell in row) <= CHARACTERS
    assert all(len(cell.text) <= LONGEST + 1 for row in found.rows for cell in row)


def test_lines_of_a_graph_are_shown_in_part_too() -> None:
    """A literal may be as long as an answer."""
    given = answer("graph", *['<a:b> <a:c> "', *["x" * 10_000] * 30, '" .\n'] * 40)
    found = read_preview(given)
    assert found.cut
    assert 0 < len(found.turtle) <= CHARACTERS


def test_a_page_says_how_many_columns_it_hides_and_leads_to_the_files(client: FlaskClient) -> None:
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

"""A file that does not fit its mapping is refused with a clear message."""

import gzip
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from parvis.errors import LimitError, SourceError

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


ZIP = TABLE.replace("access: f,", "access: 'f.zip#a/f.csv',")
LINES = CSV.format(kind="jsonlines", more="nulls: []")
FEED = CSV.format(kind="rss", more="nulls: []").replace("$(code)", "$(id)")
RDF = (
    CSV.format(kind="rdf", more="iterator: schema:Event")
    .replace("$(code)", "$(schema:identifier)")
    .replace("$(title)", "$(schema:name)")
)
SQL = CSV.format(kind="sql", more='query: "SELECT code, title FROM shows"')
LAUGHS = "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in pairwise("abcdefghij"))
BILLION = f"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'ha'>{LAUGHS}]>"
NOISE = b"code,title\n" + b"".join(b"%d,\xc3\xa9t\xc3\xa9\n" % n for n in range(50))


def zip_of(name: str, text: str | bytes) -> bytes:
    """Make a zip archive with one member."""
    body = BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return body.getvalue()


def book(*rows: list[object], sheet: str = "Salles") -> bytes:
    body = BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return body.getvalue()


def database() -> bytes:
    """Make an SQLite file whose only table and one column have unexpected names."""
    connection = sqlite3.connect(":memory:")
    connection.executescript("CREATE TABLE show(code, name); INSERT INTO show VALUES(1, 'a')")
    with closing(connection):
        return connection.serialize()


INVALID: dict[str, tuple[str, str | bytes, str]] = {
    "an empty file": (TABLE, b"", "is empty"),
    "headings only": (TABLE, "code,title\n", "finds nothing"),
    "a missing column": (TABLE, "code,name\n1,a\n", "no column “title”"),
    "a renamed column": (TABLE, "code,Show title\n1,a\n", "“title” → “Show title”"),
    "a column in the plural": (TABLE, "code,TITLES\n1,a\n", "“title” → “TITLES”"),
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
    "a truncated UTF-8 letter": (UTF8, "code,title\n1,é".encode()[:-1], "line 2"),
    "a truncated JSON": (JSON, '[{"code": 1, "title": "a"}', "line 1, column"),
    "a NUL byte": (TABLE, "code,title\n1,a\n2,b\0c\n", "line 3: a NUL"),
    "UTF-16 that nothing tells": (TABLE, "code,title\n1,a\n".encode("utf-16-le"), "a NUL"),
    "two encodings in one file": (TABLE, NOISE + b"x,\xe9t\xe9\n", "line 52: this line is not"),
    "a cell without an end": (TABLE, 'code,title\n1,"' + "a\n" * 600_000, "line 2"),
    "a line without an end": (TABLE, "code,title\n1," + "a" * 17_000_000, "longer than"),
    "a JSON line without an end": (LINES, '{"code": "' + "a" * 17_000_000, "longer than"),
    "lines that are no JSON": (LINES, "code,title\n1,a\n", "finds nothing"),
    "a sheet renamed": (SHEET, book(["code"], [1], sheet="Feuil1"), "its sheets: Feuil1"),
    "a truncated spreadsheet": (SHEET, book(["code"], [1])[:2000], "as a spreadsheet"),
    "a zip without the member": (ZIP, zip_of("b.csv", "x"), "has no member “a/f.csv”"),
    "no zip": (ZIP, "code,title\n1,a\n", "cannot be unpacked"),
    "a truncated zip": (ZIP, zip_of("a/f.csv", "code,title\n1,a\n")[:60], "cannot be unpacked"),
    "a feed with a billion laughs": (FEED, f"{BILLION}<rss version='2.0'/>", "entities"),
    "a truncated feed": (FEED, "<rss version='2.0'><channel><item><title>a", "not a valid feed"),
    "no feed": (FEED, "<html><body>a</body></html>", "not a valid feed"),
    "no database": (SQL, "code,title\n1,a\n", "file is not a database"),
    "a table that is not there": (SQL, database(), "no such table: shows"),
    "a column that the query lacks": (
        SQL.replace("title FROM shows", "name FROM show"),
        database(),
        "does not give the column “title”",
    ),
    "a query that writes": (
        SQL.replace("SELECT code, title FROM shows", "DELETE FROM show"),
        database(),
        "not authorized",
    ),
    "a query that opens another file": (
        SQL.replace("SELECT code, title FROM shows", "ATTACH 'other.db' AS o"),
        database(),
        "not authorized",
    ),
    "no calendar": (CALENDAR, "code,title\n1,a\n", "not a valid calendar"),
}


@pytest.mark.parametrize("kind", INVALID)
def test_an_unusable_file_is_refused_by_name(run: Callable[..., Any], kind: str) -> None:
    """The message names the file and the mistake."""
    mapping, content, words = INVALID[kind]
    with pytest.raises(SourceError) as caught:
        run(mapping, "fichier.txt", content)
    message = str(caught.value)
    assert "fichier.txt" in message
    assert words in message


INVALID_RDF = {
    "RDF/XML with a billion laughs": ("f.rdf", f"{BILLION}<r/>", "entities"),
    "a context that stands elsewhere": (
        "f.jsonld",
        '{"@context": "https://x.example/"}',
        "fetched",
    ),
    "broken Turtle": ("f.ttl", "<a> <b>", "f.ttl"),
    "a property that none has": (
        "f.ttl",
        "@prefix s: <http://schema.org/> . <urn:x> a s:Event ; s:name 'a' .",
        "no http://schema.org/Event has “schema:identifier”",
    ),
}


@pytest.mark.parametrize("kind", INVALID_RDF)
def test_unusable_rdf_is_refused_by_name(run: Callable[..., Any], kind: str) -> None:
    """No entity is expanded, nothing is fetched."""
    name, content, words = INVALID_RDF[kind]
    with pytest.raises(SourceError, match=words):
        run(RDF, name, content)


BOMBS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a gzip": ("f.csv.gz", lambda: gzip.compress(bytes(70_000_000)), TABLE),
    "a zip member": ("f.zip", lambda: zip_of("a/f.csv", bytes(70_000_000)), ZIP),
    "a spreadsheet": ("f.xlsx", lambda: zip_of("xl/workbook.xml", bytes(70_000_000)), SHEET),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_decompression_bomb_is_refused(run: Callable[..., Any], kind: str) -> None:
    """The error names the file and the limit."""
    name, content, mapping = BOMBS[kind]
    with pytest.raises(LimitError, match=r"f\.\S+ unfolds to more than 64000000 bytes"):
        run(mapping, name, content())


def test_a_truncated_gzip_is_refused(run: Callable[..., Any]) -> None:
    """Nothing of it is imported."""
    with pytest.raises(SourceError, match=r"f\.csv\.gz cannot be unpacked"):
        run(TABLE, "f.csv.gz", gzip.compress(b"code,title\n1,a\n")[:-6])


def test_accented_capitals_are_not_a_mixture_of_encodings(run: Callable[..., Any]) -> None:
    """Text in Windows-1252 is recognised although two of its letters could be one of UTF-8."""
    text = "code,title\n1,«CINÉ»\n" + "2,été à la forêt\n" * 5
    graph, conversion = run(TABLE, "f.csv", text.encode("cp1252"))
    assert conversion.report.facts["f.csv: encoding"] == "cp1252"
    assert "«CINÉ»" in {str(value) for value in graph.objects()}


def test_a_malformed_json_line_is_reported_and_skipped(run: Callable[..., Any]) -> None:
    """One malformed line does not stop the others; it is identified by its number."""
    lines = '{"code": 1, "title": "a"}\n\n{"code": 2,\n{"code": 3, "title": "c"}\n'
    graph, conversion = run(LINES, "f.jsonl", lines)
    assert len(graph) == 2
    (finding,) = conversion.report.findings
    assert (finding.rule, finding.place.row, finding.value) == ("bad-json", 3, '{"code": 2,')
    assert (conversion.report.rows, conversion.report.row_errors) == (3, 1)


def test_a_formula_yields_its_stored_value(run: Callable[..., Any]) -> None:
    """An error value is an empty cell: no triple."""
    body = BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet("Salles")
        page.write_row(0, 0, ["code", "title"])
        for row, value in enumerate(["Studio", "#REF!"], 1):
            page.write(row, 0, row)
            page.write_formula(row, 1, "=Autre!A1", None, value)
    graph, _ = run(SHEET, "f.xlsx", body.getvalue())
    assert {str(value) for value in graph.objects()} == {"Studio"}


def test_an_invalid_iri_is_reported(run: Callable[..., Any]) -> None:
    """The triple is omitted; the value is named."""
    mapping = TABLE.replace("fr~lang]]", 'fr~lang], [schema:url, "https://x/$(title)>~iri"]]')
    graph, conversion = run(mapping, "f.csv", "code,title\n1,a\n")
    assert len(graph) == 1
    assert [finding.rule for finding in conversion.report.findings] == ["bad-iri"]


def test_an_empty_column_in_a_template_gives_no_triple(run: Callable[..., Any]) -> None:
    """Neither an entity without its key nor an incomplete value: these rows are reported."""
    mapping = TABLE.replace("$(title), fr~lang", '"$(title) ($(code))", fr~lang')
    graph, conversion = run(mapping, "f.csv", "code,title\n,a\n2,\n3,c\n")
    assert {str(value) for value in graph.objects()} == {"c (3)"}
    findings = conversion.report.findings
    assert [(f.rule, f.place.row) for f in findings if f.place] == [
        ("unused-row", 2),
        ("unused-row", 3),
    ]


def test_a_database_at_an_address_is_read(run: Callable[..., Any], tmp_path: Path) -> None:
    """Any address that SQLAlchemy supports, with the extra installed."""
    with closing(sqlite3.connect(tmp_path / "shows.db")) as connection:
        connection.executescript(
            "CREATE TABLE shows(code, title); INSERT INTO shows VALUES(1, 'a')"
        )
    mapping = SQL.replace("access: f,", f"access: 'sqlite:///{tmp_path}/shows.db',")
    graph, _ = run(mapping, "nothing", "")
    assert {str(value) for value in graph.objects()} == {"a"}
    with pytest.raises(SourceError, match="no such table: show"):
        run(mapping.replace("FROM shows", "FROM show"), "nothing", "")


def test_a_row_of_another_width_is_reported_and_skipped(run: Callable[..., Any]) -> None:
    """One bad row does not stop the others; it is named."""
    graph, conversion = run(TABLE, "f.csv", "code,title\n1,a\n2,b,c\n3,d\n")
    assert len(graph) == 2
    (finding,) = conversion.report.findings
    assert (finding.rule, finding.place.row) == ("ragged-row", 3)
    assert conversion.report.row_errors == 1


def test_a_malformed_value_is_reported_with_row_and_column(run: Callable[..., Any]) -> None:
    """The triple is omitted, the rest of the row stays, and the row counts once."""
    mapping = TABLE.replace("fr~lang]]", "fr~lang], [schema:startDate, $(date), xsd:date]]")
    graph, conversion = run(mapping, "f.csv", "code,title,date\n1,a,31/02/2025\n2,b,2025-02-01\n")
    assert len(graph) == 3
    (finding,) = conversion.report.findings
    assert (finding.place.row, finding.place.column, finding.value) == (2, "date", "31/02/2025")
    assert finding.text["en"] == "“31/02/2025” is not a date"
    assert conversion.report.row_errors == 1


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


def test_an_undecidable_check_is_reported_as_a_malformed_value(run: Callable[..., Any]) -> None:
    """A bad date in the condition of a check stops nothing."""
    graph, conversion = run(CHECKED, "f.csv", "code,start\n1,demain\n2,2026-07-01\n")
    assert [finding.rule for finding in conversion.report.findings] == ["bad-date", "all-day"]
    assert {label.language for label in graph.objects()} == {"fr"}

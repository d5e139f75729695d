"""Dumps of a dataset hold its content in each format."""

import csv
import gzip
import io
import json
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize
from python_calamine import CalamineWorkbook

from parvis.errors import SheetError
from parvis.rdf.dumps import write
from parvis.rdf.entities import entities
from parvis.rdf.formats import DUMP_TYPES
from parvis.sandbox.client import ProcessClient
from tests.parquet import read_columns

XSD = "http://www.w3.org/2001/XMLSchema#"
DATA = f"""\
<http://x.test/a> <http://schema.org/name> "Piano | solo"@fr .
<http://x.test/a> <http://schema.org/name> "Piano solo"@en .
<http://x.test/a> <http://schema.org/performer> <http://x.test/p> .
<http://x.test/a> <http://schema.org/performer> <http://x.test/q> .
<http://x.test/a> <http://schema.org/startDate> "2026-05-04"^^<{XSD}date> .
<http://x.test/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Event> .
<http://x.test/p> <http://schema.org/name> "=1+1" .
<http://x.test/p> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Person> .
<http://x.test/q> <http://schema.org/name> "Quelqu’un" .
"""
DATASET, GRAPH = "http://x.test/id/dataset/a/b", "http://x.test/graph/a/b"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write a file of the record."""
    file = tmp_path / "content.nt.gz"
    file.write_bytes(gzip.compress("".join(sorted(DATA.splitlines(keepends=True))).encode()))
    return file


def write_dump(source: Path, ending: str, **options: object) -> bytes:
    """Write a dump in one format and return its bytes."""
    to = source.with_name(f"dump.{ending}")
    order = {"path": str(source), "dataset": DATASET, "graph": GRAPH, "to": str(to)}
    write(order | {"ending": ending} | options)
    return to.read_bytes()


def triples(body: bytes, kind: RdfFormat) -> set[Triple]:
    return {quad.triple for quad in parse(body, kind)}


def test_all_rdf_formats_hold_the_same_triples(source: Path) -> None:
    """N-Quads, Turtle and JSON-LD hold the same triples; the quads are in the dataset's graph."""
    expected = triples(DATA.encode(), RdfFormat.N_TRIPLES)
    quads = gzip.decompress(write_dump(source, "nq.gz"))
    assert triples(quads, RdfFormat.N_QUADS) == expected
    assert {quad.graph_name for quad in parse(quads, RdfFormat.N_QUADS)} == {NamedNode(GRAPH)}
    assert triples(write_dump(source, "ttl"), RdfFormat.TURTLE) == expected
    assert triples(write_dump(source, "jsonld"), RdfFormat.JSON_LD) == expected


def test_lines_are_written_as_the_engine_writes_them(tmp_path: Path) -> None:
    """Whatever a line escapes or leaves, N-Quads and tables hold what a parser reads of it."""
    lines = [
        r'<http://x.test/a> <http://x.test/p> "a\tb \u00e9 \"q\" ; | \\u0041"@fr .',
        '<http://x.test/a> <http://x.test/p> "tag"@fr-CA .',
        f'<http://x.test/a> <http://x.test/q> "plain"^^<{XSD}string> .',
        '<http://x.test/a> <http://x.test/q> "" .',
        '<http://x.test/a> <http://x.test/r> "a\ttab" .',
        r"<http://x.test/\u00e9> <http://x.test/p> _:b .",
        f'_:b <http://x.test/p> "1.50"^^<{XSD}decimal> .',
    ]
    file = tmp_path / "content.nt"
    for chosen in (lines, *([line] for line in lines)):
        file.write_text("".join(f"{line}\n" for line in sorted(chosen)), encoding="utf-8")
        parsed = [quad.triple for quad in parse(file.read_bytes(), RdfFormat.N_TRIPLES)]
        quads = (Quad(t.subject, t.predicate, t.object, NamedNode(GRAPH)) for t in parsed)
        expected = serialize(quads, format=RdfFormat.N_QUADS)
        assert gzip.decompress(write_dump(file, "nq.gz")) == expected
        values = [value for _, statements in entities(file) for _, value in statements]
        assert [value.text for value in values] == [
            term.value if isinstance(term, NamedNode | Literal) else str(term)
            for term in (triple.object for triple in parsed)
        ]
        assert [(value.datatype, value.language) for value in values] == [
            (term.datatype.value, term.language or "") if isinstance(term, Literal) else ("", "")
            for term in (triple.object for triple in parsed)
        ]


def test_a_text_with_a_direction_is_no_text_of_a_language_with_hyphens(tmp_path: Path) -> None:
    """The pattern that reads plain lines leaves these to the parser (RDF 1.2 §3.3)."""
    line = '<urn:s> <urn:p> "\u0633\u0644\u0627\u0645"@ar--rtl .\n'
    (tmp_path / "a.nt").write_text(line, encoding="utf-8")
    ((_, ((_, value),)),) = entities(tmp_path / "a.nt")
    assert (value.language, value.datatype.rpartition("#")[2]) == ("ar", "dirLangString")


def test_a_table_per_class_has_a_column_per_property_and_language(source: Path) -> None:
    """Several values share a cell, with a separator that occurs in no value of the column."""
    with ZipFile(io.BytesIO(write_dump(source, "csv.zip"))) as archive:
        names = archive.namelist()
        events = list(csv.DictReader(io.TextIOWrapper(archive.open("Event.csv"), "utf-8")))
    assert names == ["csv-metadata.json", "Event.csv", "Person.csv", "untyped.csv"]
    assert events == [
        {
            "id": "http://x.test/a",
            "type": "http://schema.org/Event",
            "name_en": "Piano solo",
            "name_fr": "Piano | solo",
            "performer": "http://x.test/p|http://x.test/q",
            "startDate": "2026-05-04",
        }
    ]


def test_csv_metadata_describe_each_column(source: Path) -> None:
    """Property, datatype, language and separator, as CSVW defines them."""
    with ZipFile(io.BytesIO(write_dump(source, "csv.zip"))) as archive:
        metadata = json.loads(archive.read("csv-metadata.json"))
    table = next(table for table in metadata["tables"] if table["url"] == "Event.csv")
    columns = {column["name"]: column for column in table["tableSchema"]["columns"]}
    assert table["tableSchema"]["aboutUrl"] == "{+id}"
    assert columns["performer"]["separator"] == "|"
    assert columns["startDate"]["datatype"] == "date"
    assert columns["name_fr"]["lang"] == "fr"
    assert columns["type"]["valueUrl"] == "{+type}"


def test_a_workbook_has_typed_cells_and_no_formula(source: Path) -> None:
    """A date is a date, and a text that begins with “=” stays a text."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(write_dump(source, "xlsx")))
    assert book.sheet_names == ["Event", "Person", "untyped"]
    row = book.get_sheet_by_name("Event").to_python()[1]
    assert str(row[-1]) == "2026-05-04"
    assert "=1+1" in book.get_sheet_by_name("Person").to_python()[1]


def test_a_parquet_table_per_class_has_typed_columns(source: Path) -> None:
    """A cell of several values is a list, for programs need no separator."""
    folder = source.with_name("tables")
    request = {"path": str(source), "dataset": DATASET, "graph": GRAPH, "to": str(folder)}
    write(request | {"ending": "parquet"})
    assert sorted(file.name for file in folder.iterdir()) == [
        "Event.parquet",
        "Person.parquet",
        "untyped.parquet",
    ]
    assert [file.name for file in source.parent.iterdir() if file.is_dir()] == ["tables"]
    assert read_columns((folder / "Event.parquet").read_bytes()) == {
        "id": ["http://x.test/a"],
        "type": ["http://schema.org/Event"],
        "name_en": ["Piano solo"],
        "name_fr": ["Piano | solo"],
        "performer": [["http://x.test/p", "http://x.test/q"]],
        "startDate": [date(2026, 5, 4)],
    }
    again = source.with_name("again")
    write(request | {"ending": "parquet", "to": str(again)})
    for file in folder.iterdir():
        assert file.read_bytes() == (again / file.name).read_bytes()


@pytest.mark.parametrize("ending", DUMP_TYPES)
def test_equal_content_gives_equal_bytes(source: Path, ending: str) -> None:
    """An ETag depends on the content, not on the date."""
    assert write_dump(source, ending) == write_dump(source, ending)


def test_content_that_exceeds_a_sheet_is_refused_without_ending_the_process(tmp_path: Path) -> None:
    """The next format is written all the same."""
    file = tmp_path / "long.nt"
    file.write_text(f'<http://x.test/a> <http://x.test/b> "{"é" * 40_000}" .\n', encoding="utf-8")
    request = {"path": str(file), "dataset": DATASET, "graph": GRAPH, "to": str(tmp_path / "dump")}
    with ProcessClient("parvis.rdf.dumps", 20, memory=4_000_000_000) as client:
        with pytest.raises(SheetError):
            client.call(request | {"ending": "xlsx"})
        client.call(request | {"ending": "csv.zip"})
    assert (tmp_path / "dump").stat().st_size


IRI = st.sampled_from([f"http://x.test/{name}" for name in ("a", "b", "a/b", "A", "a#b", "é")])
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=8)
VALUE = st.one_of(
    IRI.map(NamedNode),
    TEXT.map(Literal),
    st.builds(lambda text, lang: Literal(text, language=lang), TEXT, st.sampled_from(["fr", "en"])),
)
TRIPLE = st.builds(lambda s, p, o: Triple(NamedNode(s), NamedNode(p), o), IRI, IRI, VALUE)


@settings(max_examples=60)
@given(st.sets(TRIPLE, min_size=1, max_size=12))
def test_no_value_is_lost_in_the_tables(
    tmp_path_factory: pytest.TempPathFactory, dataset: set[Triple]
) -> None:
    """Split by the separators of the metadata, the cells yield every triple."""
    file = tmp_path_factory.mktemp("tables") / "content.nt"
    lines = (serialize([triple], format=RdfFormat.N_TRIPLES) or b"" for triple in dataset)
    file.write_bytes(b"".join(sorted(lines)))
    expected = {
        (s, p, value.text, value.language)
        for s, properties in entities(file)
        for p, value in properties
    }
    assert read_back(write_dump(file, "csv.zip")) == expected


def read_back(body: bytes) -> set[tuple[str, str, str, str]]:
    """Read the archive according to its metadata."""
    statements = set()
    with ZipFile(io.BytesIO(body)) as archive:
        for table in json.loads(archive.read("csv-metadata.json"))["tables"]:
            text = archive.read(table["url"]).decode()
            for row in csv.DictReader(io.StringIO(text, newline="")):
                for column in table["tableSchema"]["columns"][1:]:
                    cell, separator = row[column["name"]], column.get("separator")
                    for text_value in (
                        (cell.split(separator) if separator else [cell]) if cell else ()
                    ):
                        statements.add(
                            (row["id"], column["propertyUrl"], text_value, column.get("lang", ""))
                        )
    return statements


def test_csv_formulas_are_exact_or_escaped_as_stated(source: Path) -> None:
    """Exact by default; with an apostrophe if the steward sets it, and nothing else changed."""
    read = {}
    for escape in (False, True):
        with ZipFile(io.BytesIO(write_dump(source, "csv.zip", escape=escape))) as archive:
            text = archive.read("Person.csv").decode()
            read[escape] = (text, json.loads(archive.read("csv-metadata.json")))
    assert "=1+1" in read[False][0]
    assert read[True][0] == read[False][0].replace("=1+1", "'=1+1")
    assert "apostrophe" in read[True][1].pop("dc:description")
    assert read[True][1] == read[False][1]

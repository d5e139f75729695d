"""Turtle files: resolved against the base, errors with file and line."""

from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.compare import isomorphic

from parvis.catalog.turtle import read_turtle
from parvis.errors import CatalogError

BASE = "https://pool.example/"


def test_relative_iris_are_resolved_against_the_base(tmp_path: Path) -> None:
    """The same folder works under any address."""
    file = tmp_path / "a.ttl"
    file.write_text("<id/a> <id/b> <id/c> .", encoding="utf-8")
    (triple,) = read_turtle(file, BASE)
    assert triple == tuple(URIRef(f"{BASE}id/{name}") for name in "abc")


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    """Lines count from one."""
    file = tmp_path / "a.ttl"
    file.write_text("<a> <b> <c> .\n<a> x:b <c> .\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"a\.ttl, line 2: .*x:"):
        read_turtle(file, BASE)


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """Turtle is UTF-8 (Turtle §6.1)."""
    file = tmp_path / "a.ttl"
    file.write_bytes("<a> <b> 'été' .".encode("cp1252"))
    with pytest.raises(CatalogError, match=r"a\.ttl is not UTF-8"):
        read_turtle(file, BASE)


def test_an_iri_with_a_space_is_refused(tmp_path: Path) -> None:
    """It could be read but not written."""
    file = tmp_path / "a.ttl"
    file.write_text("<a> <b> <c d> .", encoding="utf-8")
    with pytest.raises(CatalogError, match="c d> is no IRI"):
        read_turtle(file, BASE)


@pytest.mark.parametrize(
    "text",
    [
        '<a> <b> "1"^^<http://www.w3.org/2001/XMLSchema#integer>, 01, 1.50, true, "x"@fr-ca, "".',
        '<a> <b> "2026-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .',
        '<a> <b> [ <c> "d\\u00e9" ; <e> ( <f> _:g ) ], _:g . _:g a """<h>\n""" .',
    ],
    ids=["literals", "instant", "blank nodes"],
)
def test_a_text_is_read_as_rdflib_reads_it(tmp_path: Path, text: str) -> None:
    """The engine reads it, which is faster; what is published of it must stay the same."""
    file = tmp_path / "a.ttl"
    file.write_text(text, encoding="utf-8")
    expected = Graph().parse(data=text, format="turtle", publicID=BASE)
    assert isomorphic(read_turtle(file, BASE), expected)


def test_nodes_without_iri_of_two_texts_are_not_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("_:a <b> <c> .", encoding="utf-8")
    assert len(read_turtle(file, BASE) + read_turtle(file, BASE)) == 2


def test_what_rdf_1_2_added_is_refused(tmp_path: Path) -> None:
    """Nothing that reads the catalogue's texts knows statements about statements."""
    file = tmp_path / "a.ttl"
    file.write_text("<a> <b> <<( <c> <d> <e> )>> .", encoding="utf-8")
    with pytest.raises(CatalogError, match="not Turtle"):
        read_turtle(file, BASE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"a\.ttl is missing"):
        read_turtle(tmp_path / "a.ttl", BASE)

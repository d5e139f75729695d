"""Turtle files: resolved against the base, errors with file and line."""

from pathlib import Path

import pytest
from rdflib import URIRef

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


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"a\.ttl is missing"):
        read_turtle(tmp_path / "a.ttl", BASE)

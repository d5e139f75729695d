"""A staged submission in its own store."""

from pathlib import Path

import pytest
from rdflib import Literal, URIRef

from parvis.errors import QueryError, SourceError
from parvis.store.record.graph_record import Staging

LINES = (
    '<http://x/a> <http://schema.org/name> "Le théâtre"@fr .',
    '<http://x/b> <http://schema.org/name> "The theatre"@en .',
    '<http://x/b> <http://x/n> "007"^^<http://www.w3.org/2001/XMLSchema#integer> .',
)


def stage(path: Path) -> Staging:
    """Write the lines and stage them."""
    path.write_text("\n".join(LINES), encoding="utf-8")
    return Staging(path)


def test_a_select_returns_terms_by_variable(tmp_path: Path) -> None:
    """As rdflib terms; unbound variables are absent."""
    view = stage(tmp_path / "a.nt")
    assert len(view) == 3
    query = """SELECT ?name ?n { ?s <http://schema.org/name> ?name OPTIONAL { ?s <http://x/n> ?n } }
    ORDER BY ?s"""
    first, second = view.select(query)
    assert first == {"name": Literal("Le théâtre", lang="fr")}
    assert str(second["n"]) == "7"


def test_values_replace_variables(tmp_path: Path) -> None:
    """A value is passed separately, never as part of the query's text."""
    view = stage(tmp_path / "a.nt")
    subject = URIRef("http://x/a")
    solutions = list(view.select("SELECT ?s ?name { ?s ?p ?name }", s=subject))
    assert solutions == [{"s": subject, "name": Literal("Le théâtre", lang="fr")}]
    assert not list(view.select("SELECT * { ?s ?p ?o }", o=Literal("théâtre")))


def test_only_select_is_answered(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="SELECT"):
        next(iter(stage(tmp_path / "a.nt").select("ASK {}")))


def test_a_malformed_file_is_reported_by_name_and_line(tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_text('<http://x/a> <http://x/p> "1" .\n<http://x/a> nonsense .\n')
    with pytest.raises(SourceError, match=r"a\.nt.*line 2"):
        Staging(path)


def test_predicates_whose_values_are_normalised_are_listed(tmp_path: Path) -> None:
    """Before any query."""
    path = tmp_path / "a.nt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    assert Staging(path).altered == {"http://x/n"}


def test_a_large_submission_is_staged_in_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    with Staging(path, folder=tmp_path / "store") as view:
        assert len(view) == 3
        assert (tmp_path / "store").is_dir()

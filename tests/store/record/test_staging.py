"""A submission in a store of its own."""

from pathlib import Path

import pytest
from rdflib import Literal, URIRef

from parvis.errors import QueryError, SourceError
from parvis.store.record.staging import Staging

LINES = (
    '<http://x/a> <http://schema.org/name> "Le théâtre"@fr .',
    '<http://x/b> <http://schema.org/name> "The theatre"@en .',
    '<http://x/b> <http://x/n> "007"^^<http://www.w3.org/2001/XMLSchema#integer> .',
)


def view_of(path: Path) -> Staging:
    """Write the lines and stage them."""
    path.write_text("\n".join(LINES), encoding="utf-8")
    return Staging(path)


def test_a_select_gives_terms_by_variable(tmp_path: Path) -> None:
    """Solutions are rdflib terms; what is unbound is absent."""
    view = view_of(tmp_path / "a.nt")
    assert len(view) == 3
    query = """SELECT ?name ?n { ?s <http://schema.org/name> ?name OPTIONAL { ?s <http://x/n> ?n } }
    ORDER BY ?s"""
    first, second = view.select(query)
    assert first == {"name": Literal("Le théâtre", lang="fr")}
    assert second["n"].toPython() == 7


def test_values_stand_in_for_variables(tmp_path: Path) -> None:
    """A value is given beside the query, never inside its text."""
    view = view_of(tmp_path / "a.nt")
    thing = URIRef("http://x/a")
    found = list(view.select("SELECT ?s ?name { ?s ?p ?name }", s=thing))
    assert found == [{"s": thing, "name": Literal("Le théâtre", lang="fr")}]
    assert not list(view.select("SELECT * { ?s ?p ?o }", o=Literal("théâtre")))


def test_only_select_is_answered(tmp_path: Path) -> None:
    """Another form is a mistake of the caller."""
    with pytest.raises(QueryError, match="SELECT"):
        next(iter(view_of(tmp_path / "a.nt").select("ASK {}")))


def test_what_is_not_n_triples_names_its_file(tmp_path: Path) -> None:
    """A file that cannot be loaded is a source error, with the line."""
    path = tmp_path / "a.nt"
    path.write_text('<http://x/a> <http://x/p> "1" .\n<http://x/a> nonsense .\n')
    with pytest.raises(SourceError, match=r"a\.nt.*line 2"):
        Staging(path)


def test_what_it_may_write_otherwise_is_known(tmp_path: Path) -> None:
    """By predicate, before anything is asked."""
    path = tmp_path / "a.nt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    assert Staging(path).altered == {"http://x/n"}


def test_it_may_live_in_a_folder(tmp_path: Path) -> None:
    """For more than memory should hold."""
    path = tmp_path / "a.nt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    with Staging(path, folder=tmp_path / "store") as view:
        assert len(view) == 3
        assert (tmp_path / "store").is_dir()

"""Saved queries: versions under a lasting id, bounded, and private ones their owner's alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.errors import LimitError, UnknownThing
from parvis.ledger import SavedQueries, SavedVersion
from parvis.ledger.queries import saved_queries

AT = datetime(2026, 11, 30, tzinfo=UTC)
VERSION = SavedVersion(1, {"fr": "Salles", "en": "Halls"}, {"query": ["ASK {}"]}, 3, AT)
ANA, BEN = "ana", "ben"


def test_a_query_keeps_its_id_and_all_its_versions(tmp_path: Path) -> None:
    queries = SavedQueries(tmp_path)
    saved = queries.add(ANA, VERSION, is_public=False)
    later = replace(VERSION, query={"query": ["ASK { }"]}, generation=None, at=AT + timedelta(1))
    again = queries.add_version(saved.id, ANA, later)
    assert (again.id, again.owner, again.question) == (saved.id, ANA, "")
    assert again.versions == (VERSION, replace(later, number=2))
    assert queries.require(saved.id, ANA) == again
    assert queries.of_owner(ANA) == [again]


def test_a_private_query_is_its_owners_alone(tmp_path: Path) -> None:
    """It is answered like one that does not exist."""
    queries = SavedQueries(tmp_path)
    saved = queries.add(ANA, VERSION, is_public=False)
    for reader in (BEN, None):
        with pytest.raises(UnknownThing, match=f"no short link {saved.id}"):
            queries.require(saved.id, reader)
    for change in (
        lambda: queries.change_access(saved.id, BEN, is_public=True),
        lambda: queries.delete(saved.id, BEN),
        lambda: queries.add_version(saved.id, BEN, VERSION),
    ):
        with pytest.raises(UnknownThing):
            change()
    assert queries.public() == []
    queries.change_access(saved.id, ANA, is_public=True)
    assert queries.require(saved.id, None) == replace(saved, is_public=True)
    assert queries.public() == [replace(saved, is_public=True)]


def test_there_is_room_for_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each owner, and of each query."""
    monkeypatch.setattr(saved_queries, "MOST", 1)
    monkeypatch.setattr(saved_queries, "VERSIONS", 2)
    queries = SavedQueries(tmp_path)
    saved = queries.add(ANA, VERSION, is_public=False)
    with pytest.raises(LimitError, match="1 saved queries"):
        queries.add(ANA, VERSION, is_public=False)
    queries.add(BEN, VERSION, is_public=False)
    queries.add_version(saved.id, ANA, VERSION)
    with pytest.raises(LimitError, match="2 versions"):
        queries.add_version(saved.id, ANA, VERSION)


def test_the_texts_of_an_owner_have_so_many_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all versions together; what is deleted makes room."""
    monkeypatch.setattr(saved_queries, "LENGTH", 100)
    queries = SavedQueries(tmp_path)
    long = replace(VERSION, query={"query": [f"ASK {{}} # {'x' * 30}"]})
    saved = queries.add(ANA, long, is_public=False)
    queries.add_version(saved.id, ANA, VERSION)
    with pytest.raises(LimitError, match="100 characters"):
        queries.add(ANA, long, is_public=False)
    with pytest.raises(LimitError, match="100 characters"):
        queries.add_version(saved.id, ANA, long)
    queries.add(BEN, long, is_public=False)
    queries.delete(saved.id, ANA)
    queries.add(ANA, long, is_public=False)
    assert len(queries.of_owner(ANA)) == 1


def test_who_leaves_takes_along_what_nobody_else_can_read(tmp_path: Path) -> None:
    """What is public stays: it may be cited."""
    queries = SavedQueries(tmp_path)
    queries.delete_private(ANA)
    private = queries.add(ANA, VERSION, is_public=False)
    public = queries.add(ANA, VERSION, is_public=True)
    other = queries.add(BEN, VERSION, is_public=False)
    queries.delete_private(ANA)
    assert queries.of_owner(ANA) == [public]
    assert queries.of_owner(BEN) == [other]
    with pytest.raises(UnknownThing):
        queries.require(private.id, ANA)


def test_queries_are_forgotten_by_what_they_hold(tmp_path: Path) -> None:
    """Title and text of each version."""
    queries = SavedQueries(tmp_path)
    for title in ("secret", "Salles"):
        queries.add(ANA, replace(VERSION, title={"fr": title, "en": title}), is_public=True)
    assert queries.forget(lambda content: b"secret" in content) == 1
    assert [saved.last.title["fr"] for saved in queries.public()] == ["Salles"]


def test_a_ledger_that_was_never_written_to_has_none(tmp_path: Path) -> None:
    queries = SavedQueries(tmp_path)
    assert queries.public() == queries.of_owner(ANA) == []
    assert queries.forget(bool) == 0
    with pytest.raises(UnknownThing):
        queries.require("0" * 12, ANA)

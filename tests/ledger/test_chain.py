"""Entries that nobody can change unseen, and what is written ahead."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.ledger import (
    FILE,
    Act,
    Audit,
    Backups,
    Database,
    Deletions,
    Event,
    merge_chains,
    verify_chains,
)

GRAPH = "http://pool.test/graph/a/b"
BROKEN = {
    "UPDATE link SET entry = replace(entry, 'party-3', 'party-9') WHERE number = 3": 3,
    "UPDATE link SET hash = 'x' WHERE number = 2": 2,
    "DELETE FROM link WHERE number = 4": 5,
    "UPDATE link SET number = 99 WHERE number = 5": 99,
    "DELETE FROM link WHERE number = 1": 2,
}
"""What somebody might do to a chain of five, and the first link that shows it."""


@pytest.fixture
def five(tmp_path: Path, now: datetime) -> Audit:
    """Give a trail of five entries, a day apart."""
    audit = Audit(tmp_path)
    audit.append(Event(Act.QUERY, now + timedelta(n), by=f"party-{n}") for n in range(1, 6))
    return audit


def delete(data: Path, graph: str, now: datetime) -> None:
    """Put one deletion into the chain."""
    at = now.isoformat()
    proof = {
        "dataset": f"partner/d{graph[-1]}",
        "iri": graph,
        "graph": graph,
        "title": {"fr": "Jeu"},
        "reason": {},
        "public": True,
        "sha256": "a" * 64,
        "begun": at,
        "done": at,
        "triples": 1,
        "backups": 0,
        "backup_days": 30,
        "search": {"files": 1, "quads": 1, "remains": {}},
        "stale": [],
    }
    Deletions(data).done(graph, proof, Event(Act.DELETE, now))


@pytest.mark.parametrize("change", BROKEN)
@pytest.mark.usefixtures("five")
def test_the_first_broken_link_is_named(tmp_path: Path, change: str) -> None:
    """A text, a hash, a place: whatever is changed shows."""
    database = Database(tmp_path / FILE)
    assert verify_chains(database)["audit"].entries == 5
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute(change)
    with pytest.raises(StoreError, match=rf"audit trail is broken at entry {BROKEN[change]}:"):
        verify_chains(database)


def test_the_trail_is_read_from_its_end(five: Audit) -> None:
    """Page by page, and by what was done."""
    assert [one.number for one in five.latest([Act.QUERY], 2)] == [5, 4]
    assert [one.number for one in five.latest([Act.QUERY], 2, before=4)] == [3, 2]
    assert five.latest([Act.PUBLISH], 9) == []


def test_what_is_old_is_forgotten_and_the_chain_still_holds(
    five: Audit, tmp_path: Path, now: datetime
) -> None:
    """The trail says that it was; to do it again does nothing."""
    before = now + timedelta(4)
    assert five.forget(before, now + timedelta(9)) == 3
    assert five.forget(before, now + timedelta(9)) == 0
    (head,) = (verify_chains(Database(tmp_path / FILE))["audit"],)
    assert (head.number, head.entries) == (6, 3)
    assert five.latest([Act.FORGET], 9)[0].entry["entries"] == 3
    assert b"party-2" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_what_is_written_ahead_stays_until_it_is_done(tmp_path: Path, now: datetime) -> None:
    """The intent goes in the very transaction that writes the proof and the trail."""
    deletions = Deletions(tmp_path)
    assert deletions.pending() == {}
    deletions.begin({GRAPH: {"step": 1}})
    assert Deletions(tmp_path).pending() == {GRAPH: {"step": 1}}
    delete(tmp_path, GRAPH, now)
    assert deletions.pending() == {}
    assert [one.entry["graph"] for one in deletions.all()] == [GRAPH]
    assert len(Audit(tmp_path).latest([Act.DELETE], 9)) == 1


def test_backups_that_hold_a_graph_are_known(tmp_path: Path, now: datetime) -> None:
    """By their folders, the oldest first."""
    backups = Backups(tmp_path)
    assert backups.holding(GRAPH) == {}
    backups.made(Path("/b"), now, [GRAPH])
    backups.made(Path("/a"), now - timedelta(1), [GRAPH, "x"])
    assert list(backups.holding(GRAPH)) == ["/a", "/b"]
    assert list(backups.holding("x")) == ["/a"]


def test_a_chain_that_is_taken_over_stays_one(tmp_path: Path, now: datetime) -> None:
    """An empty ledger gets it as it is, a shorter one grows, a longer one has it already."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    delete(theirs, "1", now)
    merge_chains(ours, theirs / FILE)
    delete(theirs, "2", now)
    merge_chains(ours, theirs / FILE)
    assert Deletions(ours).all() == Deletions(theirs).all()
    delete(ours, "3", now)
    merge_chains(ours, theirs / FILE)
    assert [one.entry["graph"] for one in Deletions(ours).all()] == ["1", "2", "3"]
    assert verify_chains(Database(ours / FILE))["deletions"].number == 3


@pytest.mark.parametrize("change", BROKEN)
@pytest.mark.usefixtures("five")
def test_a_copy_whose_trail_is_broken_changes_nothing(
    tmp_path: Path, now: datetime, change: str
) -> None:
    """Though its deletions are sound: all chains are verified before one is merged."""
    ours = tmp_path / "ours"
    delete(tmp_path, "1", now)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute(change.replace(" WHERE ", " WHERE chain = 'audit' AND "))
    with pytest.raises(StoreError, match="audit trail is broken"):
        merge_chains(ours, tmp_path / FILE)
    assert Deletions(ours).all() == []


def test_of_chains_that_went_two_ways_nothing_is_lost(tmp_path: Path, now: datetime) -> None:
    """What is not in ours is added at its end, once, with the hash that it had."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    delete(ours, "1", now)
    delete(theirs, "2", now)
    merge_chains(ours, theirs / FILE)
    merge_chains(ours, theirs / FILE)
    (_, copied) = Deletions(ours).all()
    (theirs_alone,) = Deletions(theirs).all()
    assert copied.entry == theirs_alone.entry | {"copied": theirs_alone.hash}
    verify_chains(Database(ours / FILE))


@pytest.mark.usefixtures("five")
def test_a_forgotten_beginning_is_taken_over_too(tmp_path: Path, now: datetime) -> None:
    """An empty ledger begins where the copy does."""
    Audit(tmp_path).forget(now + timedelta(3), now)
    merge_chains(tmp_path / "other", tmp_path / FILE)
    assert verify_chains(Database(tmp_path / "other" / FILE)) == verify_chains(
        Database(tmp_path / FILE)
    )

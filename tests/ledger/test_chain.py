"""Chains of entries that reveal changes, and operations recorded ahead."""

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
"""Manipulations of a chain of five links, and the first link that reveals each."""


@pytest.fixture
def audit(tmp_path: Path, now: datetime) -> Audit:
    """Record five audit entries, a day apart."""
    audit = Audit(tmp_path)
    audit.append(
        Event(Act.QUERY, now + timedelta(days), by=f"party-{days}") for days in range(1, 6)
    )
    return audit


def record_deletion(data: Path, graph: str, now: datetime) -> None:
    """Add a deletion to the chain."""
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
    Deletions(data).complete(graph, proof, Event(Act.DELETE, now))


@pytest.mark.parametrize("change", BROKEN)
@pytest.mark.usefixtures("audit")
def test_a_broken_chain_is_reported_at_its_first_broken_link(tmp_path: Path, change: str) -> None:
    """Whether a text, a hash or a number was changed."""
    database = Database(tmp_path / FILE)
    assert verify_chains(database)["audit"].entries == 5
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute(change)
    with pytest.raises(StoreError, match=rf"audit trail is broken at entry {BROKEN[change]}:"):
        verify_chains(database)


def test_the_audit_trail_is_read_from_its_end(audit: Audit) -> None:
    """Page by page, filtered by kind of act."""
    assert [link.number for link in audit.latest([Act.QUERY], 2)] == [5, 4]
    assert [link.number for link in audit.latest([Act.QUERY], 2, before=4)] == [3, 2]
    assert audit.latest([Act.PUBLISH], 9) == []


def test_forgetting_old_entries_keeps_the_chain_valid(
    audit: Audit, tmp_path: Path, now: datetime
) -> None:
    """The trail records it; repeating it does nothing."""
    before = now + timedelta(4)
    assert audit.forget(before, now + timedelta(9)) == 3
    assert audit.forget(before, now + timedelta(9)) == 0
    (head,) = (verify_chains(Database(tmp_path / FILE))["audit"],)
    assert (head.number, head.entries) == (6, 3)
    assert audit.latest([Act.FORGET], 9)[0].entry["entries"] == 3
    assert b"party-2" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_an_intent_is_pending_until_its_deletion_is_recorded(tmp_path: Path, now: datetime) -> None:
    """The intent goes in the transaction that writes the proof and the audit entry."""
    deletions = Deletions(tmp_path)
    assert deletions.pending() == {}
    deletions.begin({GRAPH: {"step": 1}})
    assert Deletions(tmp_path).pending() == {GRAPH: {"step": 1}}
    record_deletion(tmp_path, GRAPH, now)
    assert deletions.pending() == {}
    assert [link.entry["graph"] for link in deletions.all()] == [GRAPH]
    assert len(Audit(tmp_path).latest([Act.DELETE], 9)) == 1


def test_backups_holding_a_graph_are_listed_oldest_first(tmp_path: Path, now: datetime) -> None:
    backups = Backups(tmp_path)
    assert backups.find_holding(GRAPH) == {}
    backups.record(Path("/b"), now, [GRAPH])
    backups.record(Path("/a"), now - timedelta(1), [GRAPH, "x"])
    assert list(backups.find_holding(GRAPH)) == ["/a", "/b"]
    assert list(backups.find_holding("x")) == ["/a"]


def test_a_merged_chain_stays_valid(tmp_path: Path, now: datetime) -> None:
    """An empty ledger copies it, a shorter one grows, a longer one is left as it is."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    record_deletion(theirs, "1", now)
    merge_chains(ours, theirs / FILE)
    record_deletion(theirs, "2", now)
    merge_chains(ours, theirs / FILE)
    assert Deletions(ours).all() == Deletions(theirs).all()
    record_deletion(ours, "3", now)
    merge_chains(ours, theirs / FILE)
    assert [link.entry["graph"] for link in Deletions(ours).all()] == ["1", "2", "3"]
    assert verify_chains(Database(ours / FILE))["deletions"].number == 3


@pytest.mark.parametrize("change", BROKEN)
@pytest.mark.usefixtures("audit")
def test_a_copy_with_a_broken_audit_trail_is_not_merged(
    tmp_path: Path, now: datetime, change: str
) -> None:
    """Though its deletions are valid: all chains are verified before any is merged."""
    ours = tmp_path / "ours"
    record_deletion(tmp_path, "1", now)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute(change.replace(" WHERE ", " WHERE chain = 'audit' AND "))
    with pytest.raises(StoreError, match="audit trail is broken"):
        merge_chains(ours, tmp_path / FILE)
    assert Deletions(ours).all() == []


def test_merging_diverged_chains_loses_no_entry(tmp_path: Path, now: datetime) -> None:
    """A missing entry is added at the end, once, with its former hash."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    record_deletion(ours, "1", now)
    record_deletion(theirs, "2", now)
    merge_chains(ours, theirs / FILE)
    merge_chains(ours, theirs / FILE)
    (_, copied) = Deletions(ours).all()
    (original,) = Deletions(theirs).all()
    assert copied.entry == original.entry | {"copied": original.hash}
    verify_chains(Database(ours / FILE))


@pytest.mark.usefixtures("audit")
def test_a_chain_whose_beginning_was_forgotten_is_merged(tmp_path: Path, now: datetime) -> None:
    """An empty ledger begins where the copy does."""
    Audit(tmp_path).forget(now + timedelta(3), now)
    merge_chains(tmp_path / "other", tmp_path / FILE)
    assert verify_chains(Database(tmp_path / "other" / FILE)) == verify_chains(
        Database(tmp_path / FILE)
    )

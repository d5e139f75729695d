"""Permanent deletions and their proofs, and the write-ahead intents of those in progress."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from parvis.config.documents import SHA256, Document
from parvis.ledger.audit import CHAIN as AUDIT
from parvis.ledger.audit import SHELL, Act, Author, Event, check_entry, record_events
from parvis.ledger.chain import Chain, ChainLink, Entry
from parvis.ledger.database import FILE, Database
from parvis.ledger.rounds import DESTROYED, check_destruction
from parvis.ledger.uses import recount_uses
from parvis.vocab.iris import DatasetKey

CHAIN = Chain("deletions")

Intent = dict[str, Any]
"""The state of a deletion in progress, as JSON data of the code that deletes.

``digests`` are the files of the record to be deleted last: they are searched for elsewhere.
"""


class Deletions:
    """The deletions of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def begin(self, intents: Mapping[str, Intent]) -> None:
        """Write ahead that graphs are to be deleted, all in one transaction."""
        rows = ((graph, json.dumps(intent)) for graph, intent in intents.items())
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO intent VALUES (?, ?)", rows)

    def pending(self) -> dict[str, Intent]:
        """Return the deletions in progress, by the graph's IRI."""
        with self._database.reading("intent") as connection:
            rows = connection.execute("SELECT graph, told FROM intent") if connection else ()
            return {graph: json.loads(intent) for graph, intent in rows}

    def digests(self) -> set[str]:
        """Return the digests of the files that remain until their deletion is done."""
        return {digest for intent in self.pending().values() for digest in intent["digests"]}

    def complete(self, graph: str, entry: Entry, event: Event) -> ChainLink:
        """Record the proof of a deletion in the chain and the trail; remove its intent."""
        # One transaction: a process killed in between must not leave a deletion without proof.
        with self._database.writing() as connection:
            (link,) = CHAIN.append(connection, [entry])
            record_events(connection, event)
            connection.execute("DELETE FROM intent WHERE graph = ?", (graph,))
        return link

    def all(self) -> list[ChainLink]:
        """Return every deletion, the oldest first."""
        with self._database.reading("link") as connection:
            return list(CHAIN.links(connection)) if connection else []


class Backups:
    """The backups of a pool, so that those that hold a deleted graph can be listed."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def begin(self, folder: Path, at: datetime, graphs: list[str]) -> None:
        """Record where a backup of some graphs is going to be."""
        with self._database.writing() as connection:
            _insert_backup(connection, folder, at, graphs)

    def record(self, folder: Path, at: datetime, graphs: list[str], author: Author = SHELL) -> None:
        """Record where a backup of some graphs is."""
        facts: tuple[tuple[str, str | int], ...] = (("graphs", len(graphs)), *author.facts())
        with self._database.writing() as connection:
            _insert_backup(connection, folder, at, graphs)
            record_events(connection, Event(Act.BACKUP, at, author.party, facts=facts))

    def all(self) -> list[tuple[Path, datetime, int]]:
        """Return the backups that were made, or begun: folder, instant and graphs; the last first.

        Some may have been deleted since.
        """
        with self._database.reading("backup") as connection:
            if connection is None:
                return []
            rows = connection.execute("SELECT folder, made, graphs FROM backup ORDER BY made DESC")
            return [
                (Path(folder), datetime.fromisoformat(made), len(json.loads(graphs)))
                for folder, made, graphs in rows
            ]

    def places(self) -> list[Path]:
        """Return the folders in which backups were made, or begun."""
        with self._database.reading("backup") as connection:
            if connection is None:
                return []
            rows = connection.execute("SELECT folder FROM backup")
            return sorted({Path(folder).parent for (folder,) in rows})

    def last(self) -> datetime | None:
        """Return when the last backup was made, or begun."""
        with self._database.reading("backup") as connection:
            if connection is None:
                return None
            instants = [
                datetime.fromisoformat(text)
                for (text,) in connection.execute("SELECT made FROM backup")
            ]
            return max(instants, default=None)

    def find_holding(self, graph: str) -> dict[str, datetime]:
        """Return the folders of the backups that hold a graph, with the instant of each."""
        with self._database.reading("backup") as connection:
            if connection is None:
                return {}
            rows = connection.execute("SELECT folder, made, graphs FROM backup ORDER BY made")
            return {
                folder: datetime.fromisoformat(instant)
                for folder, instant, graphs in rows
                if graph in json.loads(graphs)
            }


def _insert_backup(connection: Connection, folder: Path, at: datetime, graphs: list[str]) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO backup VALUES (?, ?, ?)",
        (str(folder), at.isoformat(), json.dumps(graphs)),
    )


def merge_chains(data: Path, saved: Path) -> None:
    """Merge the chains of a copy of the ledger into those of a data folder.

    Raises `StoreError` for a copy whose chains are broken, before anything changes.
    """
    copy = Database(saved)
    with copy.reading("link") as read:
        if read is None:
            return
        chains = [CHAIN, AUDIT, DESTROYED]
        # Every chain is verified before one is merged; a copy without entries writes nothing.
        if not any([chain.verify(read).number for chain in chains]):  # noqa: C419 - all are wanted
            return
        with Database(data / FILE).writing() as connection:
            for chain in chains:
                chain.take_over(connection, chain.start(read), chain.links(read))
            recount_uses(connection)


def check_chains(saved: Path) -> None:
    """Check the tables of another ledger, its chains, and the form of each entry.

    Raises `StoreError`.
    """
    # A restoration deletes again what these entries name.
    copy = Database(saved)
    copy.check()
    with copy.reading("link") as read:
        if read is not None:
            CHAIN.check(read, check_proof)
            AUDIT.check(read, check_entry)
            DESTROYED.check(read, check_destruction)


def check_proof(entry: Document) -> None:
    """Check the form of a deletion's proof."""
    DatasetKey.parse(entry.member("dataset").text())
    entry.member("iri").text()
    entry.member("graph").text()
    entry.member("title").texts()
    entry.member("reason").texts()
    entry.member("public").flag()
    entry.member("sha256").text(SHA256)
    for name in ("begun", "done"):
        entry.member(name).instant()
    for name in ("received", "due"):
        at = entry.member(name)
        at.optional(at.instant)
    for name in ("triples", "backups", "backup_days"):
        entry.member(name).whole()
    for name, value in entry.member("search").members():
        if name == "remains":
            for _, count in value.members():
                count.whole()
        else:
            value.whole()
    for dataset in entry.member("stale").items():
        DatasetKey.parse(dataset.text())

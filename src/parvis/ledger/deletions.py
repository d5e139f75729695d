"""What was deleted for good, and the proof of it; what is about to be, written ahead."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from parvis.config.documents import SHA256, Document
from parvis.ledger.audit import CHAIN as AUDIT
from parvis.ledger.audit import Act, Event, check_entry, note
from parvis.ledger.chain import Chain, Entry, Link
from parvis.ledger.database import FILE, Database
from parvis.vocab.iris import DatasetKey

CHAIN = Chain("deletions")

Intent = dict[str, Any]
"""What is known of a deletion that has begun, as plain data; whoever deletes gives it sense.

``digests`` names the files of the record that go last: they tell what to look for elsewhere.
"""


class Deletions:
    """The deletions of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        """Name the data folder; nothing is read or written yet."""
        self._database = Database(data / FILE)

    def begin(self, intents: Mapping[str, Intent]) -> None:
        """Write ahead that graphs are to be deleted, all in one step."""
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO intent VALUES (?, ?)",
                ((graph, json.dumps(told)) for graph, told in intents.items()),
            )

    def pending(self) -> dict[str, Intent]:
        """Give what has begun and is not done, by the graph's IRI."""
        with self._reading("intent") as connection:
            rows = connection.execute("SELECT graph, told FROM intent") if connection else ()
            return {graph: json.loads(told) for graph, told in rows}

    def digests(self) -> set[str]:
        """Give the digests of the files that are kept until their deletion is done."""
        return {one for told in self.pending().values() for one in told["digests"]}

    def done(self, graph: str, entry: Entry, event: Event) -> Link:
        """Put the proof of a deletion into the chain and into the trail; its intent is no more."""
        with self._database.writing() as connection:
            (link,) = CHAIN.append(connection, [entry])
            note(connection, event)
            connection.execute("DELETE FROM intent WHERE graph = ?", (graph,))
        return link

    def all(self) -> list[Link]:
        """Give every deletion, the oldest first."""
        with self._reading("link") as connection:
            return list(CHAIN.links(connection)) if connection else []

    @contextmanager
    def _reading(self, table: str) -> Iterator[Connection | None]:
        """Read the ledger, if it has a table already."""
        with self._database.reading() as connection:
            known = connection is not None and Database.has(connection, table)
            yield connection if known else None


class Backups:
    """The backups that were made of a pool, so that those that hold what must go can be named."""

    def __init__(self, data: Path) -> None:
        """Name the data folder; nothing is read or written yet."""
        self._database = Database(data / FILE)

    def begin(self, folder: Path, at: datetime, graphs: list[str]) -> None:
        """Remember where a backup of some graphs is going to be."""
        with self._database.writing() as connection:
            _remember(connection, folder, at, graphs)

    def made(self, folder: Path, at: datetime, graphs: list[str]) -> None:
        """Remember where a backup of some graphs is."""
        facts = (("graphs", len(graphs)),)
        with self._database.writing() as connection:
            _remember(connection, folder, at, graphs)
            note(connection, Event(Act.BACKUP, at, facts=facts))

    def places(self) -> list[Path]:
        """List the folders in which backups were made, or begun."""
        with self._database.reading() as connection:
            if connection is None or not Database.has(connection, "backup"):
                return []
            rows = connection.execute("SELECT folder FROM backup")
            return sorted({Path(folder).parent for (folder,) in rows})

    def holding(self, graph: str) -> dict[str, datetime]:
        """Give the folders of the backups that hold a graph, with the instant of each."""
        with self._database.reading() as connection:
            if connection is None or not Database.has(connection, "backup"):
                return {}
            rows = connection.execute("SELECT folder, made, graphs FROM backup ORDER BY made")
            return {
                folder: datetime.fromisoformat(made)
                for folder, made, graphs in rows
                if graph in json.loads(graphs)
            }


def _remember(connection: Connection, folder: Path, at: datetime, graphs: list[str]) -> None:
    """Write where a backup is, or is going to be."""
    connection.execute(
        "INSERT OR REPLACE INTO backup VALUES (?, ?, ?)",
        (str(folder), at.isoformat(), json.dumps(graphs)),
    )


def take_over(data: Path, saved: Path) -> None:
    """Join the chains of a copy of the ledger with those of a data folder.

    Raises `StoreError` for a copy whose chains are broken, before anything changes.
    """
    copy = Database(saved)
    with copy.reading() as read:
        if read is None or not Database.has(read, "link"):
            return
        chains = [CHAIN, AUDIT]
        if not any(chain.verify(read).number for chain in chains):
            return
        with Database(data / FILE).writing() as connection:
            for chain in chains:
                chain.take_over(connection, chain.start(read), chain.links(read))


def check_chains(saved: Path) -> None:
    """Check the tables of another ledger, its chains, and the form of each entry.

    What a restoration deletes again stands in them. Raises `StoreError`.
    """
    copy = Database(saved)
    copy.check()
    with copy.reading() as read:
        if read is not None and Database.has(read, "link"):
            CHAIN.check(read, _check_entry)
            AUDIT.check(read, check_entry)


def _check_entry(told: Document) -> None:
    """Check the form of a deletion's proof: it names a folder that a restoration deletes again."""
    DatasetKey.parse(told.member("dataset").text())
    told.member("iri").text()
    told.member("graph").text()
    told.member("title").texts()
    told.member("reason").texts()
    told.member("public").flag()
    told.member("sha256").text(SHA256)
    for name in ("begun", "done"):
        told.member(name).instant()
    for name in ("received", "due"):
        at = told.member(name)
        at.optional(at.instant)
    for name in ("triples", "backups", "backup_days"):
        told.member(name).whole()
    for name, value in told.member("search").members():
        if name == "remains":
            for _, count in value.members():
                count.whole()
        else:
            value.whole()
    for dataset in told.member("stale").items():
        DatasetKey.parse(dataset.text())

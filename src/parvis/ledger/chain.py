"""Hash chains: entries that nobody can change unnoticed, each with the hash of the one before it.

The hash of an entry is the SHA-256 of its number, the hash before it and its text (canonical
JSON), one a line. Whoever knows a hash, as from a certificate of destruction, can check whether
anything before it was changed, inserted or removed.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from sqlite3 import Connection
from typing import Any, Self

from parvis.config.documents import Document
from parvis.errors import StoreError
from parvis.i18n import N_
from parvis.ledger.database import FILE

CHANGED = {
    "deletions": N_(
        "the chain of deletions is broken at entry {number}: its text is not what its hash says"
    ),
    "audit": N_("the audit trail is broken at entry {number}: its text is not what its hash says"),
    "messages": N_(
        "the chain of destroyed messages is broken at entry {number}: its text is not what its hash"
        " says"
    ),
}
CUT = {
    "deletions": N_(
        "the chain of deletions is broken at entry {number}: it does not follow the one before it"
    ),
    "audit": N_(
        "the audit trail is broken at entry {number}: it does not follow the one before it"
    ),
    "messages": N_(
        "the chain of destroyed messages is broken at entry {number}: it does not follow the one"
        " before it"
    ),
}

BEGINNING = "0" * 64
"""The hash before the first entry."""

_COLUMNS = "number, previous, entry, hash"

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class ChainLink:
    """One entry with its number, from 1, its hash and the one before."""

    number: int
    previous: str
    entry: dict[str, Any]
    hash: str

    @classmethod
    def after(cls, number: int, previous: str, entry: Entry) -> Self:
        """Return the link of an entry that follows another."""
        digest = _compute_hash(number + 1, previous, _serialize(entry))
        return cls(number + 1, previous, dict(entry), digest)


@dataclass(frozen=True)
class Head:
    """The end of a chain: its last number and hash; `entries` counts those that were verified."""

    number: int = 0
    hash: str = BEGINNING
    entries: int = 0


class Chain:
    """One chain of the ledger, used within a connection of its caller's."""

    def __init__(self, name: str) -> None:
        # ``deletions``, ``audit`` or ``messages``
        self.name = name

    def append(self, connection: Connection, entries: Iterable[Entry]) -> list[ChainLink]:
        """Add entries at the end, in the caller's transaction, which excludes other writers."""
        last, links = self.head(connection), list[ChainLink]()
        number, previous = last.number, last.hash
        for entry in entries:
            links.append(ChainLink.after(number, previous, entry))
            number, previous = links[-1].number, links[-1].hash
        self._insert(connection, links)
        return links

    def links(self, connection: Connection, after: int = 0) -> Iterator[ChainLink]:
        """Yield the links after a number, in their order."""
        for number, previous, text, digest in self._read_rows(connection, after):
            yield ChainLink(number, previous, json.loads(text), digest)

    def head(self, connection: Connection) -> Head:
        row = connection.execute(
            "SELECT number, hash FROM link WHERE chain = ? ORDER BY number DESC LIMIT 1",
            (self.name,),
        ).fetchone()
        return self.start(connection) if row is None else Head(row[0], row[1])

    def start(self, connection: Connection) -> Head:
        """Return the last entry that was deleted: the chain begins after it."""
        row = connection.execute(
            "SELECT number, hash FROM forgotten WHERE chain = ?", (self.name,)
        ).fetchone()
        return Head(*row) if row else Head()

    def verify(self, connection: Connection) -> Head:
        """Follow the chain to its end; raises `StoreError` naming the first broken link."""
        at = self.start(connection)
        for number, previous, text, digest in self._read_rows(connection, 0):
            if (number, previous) != (at.number + 1, at.hash):
                raise StoreError(CUT[self.name], number=number)
            if digest != _compute_hash(number, previous, text):
                raise StoreError(CHANGED[self.name], number=number)
            at = Head(number, digest, at.entries + 1)
        return at

    def check(self, connection: Connection, entry: Callable[[Document], None]) -> None:
        """Verify a chain of another ledger, and check each entry's form by a function.

        Raises `StoreError`.
        """
        self.verify(connection)
        for number, _, text, _ in self._read_rows(connection, 0):
            document = Document.parse(text, f"{FILE}, {self.name} {number}")
            # An entry that is not canonical JSON would break the chain once it is copied.
            if _serialize(document.table()) != text:
                raise StoreError(CHANGED[self.name], number=number)
            entry(document)

    def forget(self, connection: Connection, until: int) -> int:
        """Delete the entries up to a number; return how many. The chain then begins after them."""
        last = connection.execute(
            "SELECT number, hash FROM link WHERE chain = ? AND number <= ?"
            " ORDER BY number DESC LIMIT 1",
            (self.name, until),
        ).fetchone()
        if last is None:
            return 0
        connection.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)", (self.name, *last))
        deletion = connection.execute(
            "DELETE FROM link WHERE chain = ? AND number <= ?", (self.name, until)
        )
        return deletion.rowcount

    def take_over(self, connection: Connection, start: Head, links: Iterable[ChainLink]) -> None:
        """Merge the chain of another ledger, which begins after `start`, into this one."""
        incoming, head = list(links), self.head(connection)
        if head == Head() and start.number:
            # This chain was never begun: it becomes the other.
            connection.execute(
                "INSERT INTO forgotten VALUES (?, ?, ?)", (self.name, start.number, start.hash)
            )
            head = start
        own = {link.number: link.hash for link in self.links(connection)}
        agrees = all(own[link.number] == link.hash for link in incoming if link.number in own)
        later = [link for link in incoming if link.number > head.number]
        if agrees and (not later or later[0].previous == head.hash):
            self._insert(connection, later)
            return
        # The chains diverged: nothing is lost, as what is missing here is added at the end, with
        # the hash that it had.
        hashes = {*own.values(), *(link.entry.get("copied") for link in self.links(connection))}
        missing = [
            link.entry | {"copied": link.hash} for link in incoming if link.hash not in hashes
        ]
        self.append(connection, missing)

    def _insert(self, connection: Connection, links: Iterable[ChainLink]) -> None:
        rows = (
            (self.name, link.number, link.previous, _serialize(link.entry), link.hash)
            for link in links
        )
        connection.executemany("INSERT INTO link VALUES (?, ?, ?, ?, ?)", rows)

    def _read_rows(self, connection: Connection, after: int) -> Iterator[tuple[int, str, str, str]]:
        yield from connection.execute(
            f"SELECT {_COLUMNS} FROM link WHERE chain = ? AND number > ? ORDER BY number",  # noqa: S608 - our own
            (self.name, after),
        )


def _serialize(entry: Entry) -> str:
    """Return an entry as canonical JSON."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _compute_hash(number: int, previous: str, text: str) -> str:
    return sha256(f"{number}\n{previous}\n{text}".encode()).hexdigest()

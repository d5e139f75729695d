"""Entries that nobody can change unseen: each bears the hash of the one before it.

The hash of an entry is the SHA-256 of its number, the hash before it and its text (canonical
JSON), one a line. Whoever knows the last hash, as every certificate of destruction tells one, can
tell whether anything before it was changed, put in or taken out.
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
}
CUT = {
    "deletions": N_(
        "the chain of deletions is broken at entry {number}: it does not follow the one before it"
    ),
    "audit": N_(
        "the audit trail is broken at entry {number}: it does not follow the one before it"
    ),
}

BEGINNING = "0" * 64
"""What stands for the hash before the first entry."""

_COLUMNS = "number, previous, entry, hash"

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Link:
    """One entry with its number, from 1, its hash and the one before."""

    number: int
    previous: str
    entry: dict[str, Any]
    hash: str

    @classmethod
    def after(cls, number: int, previous: str, entry: Entry) -> Self:
        """Give the link of an entry that follows another."""
        return cls(number + 1, previous, dict(entry), _hash(number + 1, previous, _text(entry)))

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return dict(vars(self))


@dataclass(frozen=True)
class Head:
    """Where a chain ends: its last number and hash; `entries` counts those that were followed."""

    number: int = 0
    hash: str = BEGINNING
    entries: int = 0


class Chain:
    """One chain of the ledger, used within a connection of its caller's."""

    def __init__(self, name: str) -> None:
        """Name the chain: ``deletions`` or ``audit``."""
        self.name = name

    def append(self, connection: Connection, entries: Iterable[Entry]) -> list[Link]:
        """Add entries at the end; the caller's transaction keeps others from doing so at once."""
        last, made = self.head(connection), list[Link]()
        number, previous = last.number, last.hash
        for entry in entries:
            made.append(Link.after(number, previous, entry))
            number, previous = made[-1].number, made[-1].hash
        self._insert(connection, made)
        return made

    def links(self, connection: Connection, after: int = 0) -> Iterator[Link]:
        """Give the links in their order, those after a number."""
        for number, previous, text, known in self._rows(connection, after):
            yield Link(number, previous, json.loads(text), known)

    def head(self, connection: Connection) -> Head:
        """Tell where the chain ends."""
        found = connection.execute(
            "SELECT number, hash FROM link WHERE chain = ? ORDER BY number DESC LIMIT 1",
            (self.name,),
        ).fetchone()
        return self.start(connection) if found is None else Head(found[0], found[1])

    def start(self, connection: Connection) -> Head:
        """Tell after which entry those that are kept begin: the last that was forgotten."""
        found = connection.execute(
            "SELECT number, hash FROM forgotten WHERE chain = ?", (self.name,)
        ).fetchone()
        return Head(*found) if found else Head()

    def verify(self, connection: Connection) -> Head:
        """Follow the chain to its end; raises `StoreError` naming the first broken link."""
        at = self.start(connection)
        for number, previous, text, known in self._rows(connection, 0):
            if (number, previous) != (at.number + 1, at.hash):
                raise StoreError(CUT[self.name], number=number)
            if known != _hash(number, previous, text):
                raise StoreError(CHANGED[self.name], number=number)
            at = Head(number, known, at.entries + 1)
        return at

    def check(self, connection: Connection, entry: Callable[[Document], None]) -> None:
        """Check a chain of another ledger: that it holds, and each entry's form, by a function.

        An entry that is not written as we write it would break the chain once it is copied. Raises
        `StoreError`.
        """
        self.verify(connection)
        for number, _, text, _ in self._rows(connection, 0):
            told = Document.parse(text, f"{FILE}, {self.name} {number}")
            if _text(told.table()) != text:
                raise StoreError(CHANGED[self.name], number=number)
            entry(told)

    def forget(self, connection: Connection, until: int) -> int:
        """Delete the entries up to a number; gives how many. The chain then begins after them."""
        found = connection.execute(
            "SELECT number, hash FROM link WHERE chain = ? AND number <= ?"
            " ORDER BY number DESC LIMIT 1",
            (self.name, until),
        ).fetchone()
        if found is None:
            return 0
        connection.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)", (self.name, *found))
        gone = connection.execute(
            "DELETE FROM link WHERE chain = ? AND number <= ?", (self.name, until)
        )
        return gone.rowcount

    def take_over(self, connection: Connection, start: Head, links: Iterable[Link]) -> None:
        """Join what another ledger knows: what goes on from here is added, the rest copied.

        A chain that was never begun becomes the other; one that the other goes on from grows by
        what comes after; of one that went another way nothing is lost, for what is not in it is
        added at its end, with the hash that it had (``copied``).
        """
        others, here = list(links), self.head(connection)
        if here == Head() and start.number:
            connection.execute(
                "INSERT INTO forgotten VALUES (?, ?, ?)", (self.name, start.number, start.hash)
            )
            here = start
        known = {link.number: link.hash for link in self.links(connection)}
        same = {known[one.number] == one.hash for one in others if one.number in known}
        later = [one for one in others if one.number > here.number]
        if False not in same and (not later or later[0].previous == here.hash):
            self._insert(connection, later)
            return
        mine = {*known.values(), *(link.entry.get("copied") for link in self.links(connection))}
        new = [one.entry | {"copied": one.hash} for one in others if one.hash not in mine]
        self.append(connection, new)

    def _insert(self, connection: Connection, links: Iterable[Link]) -> None:
        """Write links as they are."""
        connection.executemany(
            "INSERT INTO link VALUES (?, ?, ?, ?, ?)",
            ((self.name, one.number, one.previous, _text(one.entry), one.hash) for one in links),
        )

    def _rows(self, connection: Connection, after: int) -> Iterator[tuple[int, str, str, str]]:
        """Read rows in their order."""
        yield from connection.execute(
            f"SELECT {_COLUMNS} FROM link WHERE chain = ? AND number > ? ORDER BY number",  # noqa: S608 - our own
            (self.name, after),
        )


def _text(entry: Entry) -> str:
    """Write an entry always the same way."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _hash(number: int, previous: str, text: str) -> str:
    return sha256(f"{number}\n{previous}\n{text}".encode()).hexdigest()

"""The audit trail: who did what with which dataset, and by which agreement it was allowed.

It holds no personal data: a party by its IRI, never an address; the hash of a query, never its
text.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from parvis.config.documents import Document
from parvis.ledger.chain import Chain, ChainLink, Entry, Head
from parvis.ledger.database import FILE, Database
from parvis.ledger.uses import DatasetUse, count_uses, forget_uses

CHAIN = Chain("audit")


# Who acts, as the ledger names them: a party, a role and a pseudonym, never a name.


@dataclass(frozen=True)
class Author:
    """An actor: `party` is an IRI, `person` the pseudonym of a person of it, None for a program."""

    party: str | None
    role: str
    person: str | None = None

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what an entry of the audit trail says of the actor besides its party."""
        pairs = (("role", self.role), ("person", self.person))
        return tuple((name, value) for name, value in pairs if value)


SHELL = Author(None, "shell")
"""The steward at the command line of the machine."""


class Act(StrEnum):
    """An act of the trail: reading, and what changes what may be read."""

    QUERY = "query"
    DESCRIBE = "describe"
    SEARCH = "search"
    DOWNLOAD = "download"
    RECORD = "record"
    CONSULT = "consult"
    COPY = "copy"
    EXPORT = "export"
    TOKEN_CREATED = "token-created"  # noqa: S105 - no secret
    TOKEN_ROTATED = "token-rotated"  # noqa: S105 - no secret
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - no secret
    DEPOSIT = "deposit"
    DECIDE = "decide"
    SUBMIT = "submit"
    REFUSE = "refuse"
    ALLOW = "allow"
    LOAD = "load"
    PUBLISH = "publish"
    ROLLBACK = "rollback"
    RECALL = "recall"
    DELETE = "delete"
    EXPIRE = "expire"
    BACKUP = "backup"
    RESTORE = "restore"
    FORGET = "forget"
    CHANGE = "change"
    PERSON_INVITED = "person-invited"
    PERSON_JOINED = "person-joined"
    PERSON_ROLE = "person-role"
    PERSON_REMOVED = "person-removed"
    INVITATION_WITHDRAWN = "invitation-withdrawn"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    ACCOUNT_LINKED = "account-linked"
    ACCOUNT_UNLINKED = "account-unlinked"
    SESSIONS_ENDED = "sessions-ended"
    REQUEST = "request"
    JUDGE = "judge"
    JOB_CANCELLED = "job-cancelled"
    NOTICES_RETRIED = "notices-retried"
    ROUND = "round"


READING = (Act.QUERY, Act.DESCRIBE, Act.SEARCH, Act.DOWNLOAD, Act.RECORD, Act.CONSULT)
"""The acts of a party with a token."""

COUNTED = (*READING, Act.COPY)
"""The acts that the sums of each dataset count: reading, and a machine that copies all."""

PEOPLE = (
    *(Act.PERSON_INVITED, Act.INVITATION_WITHDRAWN, Act.PERSON_JOINED, Act.PERSON_ROLE),
    *(Act.PERSON_REMOVED, Act.PASSKEY_ADDED, Act.PASSKEY_REMOVED, Act.SESSIONS_ENDED),
    *(Act.ACCOUNT_LINKED, Act.ACCOUNT_UNLINKED),
)
"""The acts that change who may sign in."""

RELEASING = (Act.PUBLISH, Act.ROLLBACK, Act.RECALL, Act.RESTORE)
"""The acts that change what is served."""


@dataclass(frozen=True)
class Event:
    """One act at an instant with its offset; `by` is a party's IRI, None for the steward's shell.

    `datasets` has for each dataset the IRI of the agreement that decided, None where no
    agreement had to; `facts` are further JSON values.
    """

    act: Act
    at: datetime
    by: str | None = None
    datasets: tuple[tuple[str, str | None], ...] = ()
    facts: tuple[tuple[str, str | int | float | None], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the entry of the trail."""
        return {
            "act": str(self.act),
            "at": self.at.isoformat(timespec="milliseconds"),
            "by": self.by,
            "datasets": [{"dataset": dataset, "decided": rule} for dataset, rule in self.datasets],
            **dict(self.facts),
        }


@dataclass(frozen=True)
class ReadingCount:
    """How many requests of a party could read a dataset under a rule, and the last instant.

    `decided` is the IRI of what permitted it, None where the dataset is open to all.
    """

    by: str
    dataset: str
    decided: str | None
    requests: int
    last: datetime


LOOKED_AT = 50_000
"""Entries, the newest, that counts of readings are made of: the whole trail has years of them."""


class Audit:
    """The audit trail of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def append(self, events: Iterable[Event]) -> None:
        """Write events durably; raises `StoreError`."""
        with self._database.writing() as connection:
            record_events(connection, *events)

    def latest(
        self, acts: Collection[Act], count: int, before: int | None = None
    ) -> list[ChainLink]:
        """Return the last entries on some acts, the newest first, optionally before a number."""
        marks = ", ".join("?" * len(acts))
        with self._database.reading("link") as connection:
            if connection is None:
                return []
            rows = connection.execute(
                "SELECT number FROM link WHERE chain = 'audit' AND number < ?"  # noqa: S608 - marks
                f" AND json_extract(entry, '$.act') IN ({marks}) ORDER BY number DESC LIMIT ?",
                (before or 2**62, *map(str, acts), count),
            ).fetchall()
            return [next(CHAIN.links(connection, number - 1)) for (number,) in rows]

    def count_readings(
        self, datasets: Collection[str], since: datetime, except_by: str
    ) -> list[ReadingCount]:
        """Count the acts of reading that concern some datasets, by party, dataset and rule.

        The acts of the party `except_by` do not count.
        """
        with self._database.reading("link") as connection:
            if connection is None:
                return []
            rows = connection.execute(
                "SELECT json_extract(entry, '$.by') AS reader,"
                " json_extract(item.value, '$.dataset') AS dataset,"
                " json_extract(item.value, '$.decided') AS decided,"
                " count(*), max(json_extract(entry, '$.at'))"
                " FROM link, json_each(entry, '$.datasets') AS item"
                " WHERE chain = 'audit' AND number >"
                " (SELECT max(number) FROM link WHERE chain = 'audit') - ?"
                " AND json_extract(entry, '$.act') IN (SELECT value FROM json_each(?))"
                " AND json_extract(entry, '$.at') >= ? AND reader <> ?"
                " AND dataset IN (SELECT value FROM json_each(?))"
                " GROUP BY reader, dataset, decided",
                (
                    LOOKED_AT,
                    json.dumps([*READING]),
                    since.astimezone(UTC).isoformat(timespec="milliseconds"),
                    except_by,
                    json.dumps([*datasets]),
                ),
            ).fetchall()
            return [
                ReadingCount(reader, dataset, decided, requests, datetime.fromisoformat(last))
                for reader, dataset, decided, requests, last in rows
            ]

    def confirmed_time(self, step: timedelta) -> datetime | None:
        """Return the latest instant that the trail confirms; None while it is empty.

        From the last `Act.EXPIRE` on, each entry counts that comes no more than a `step` after
        those before it.
        """
        with self._database.reading("link") as connection:
            if connection is None:
                return None
            (begin,) = connection.execute(
                "SELECT coalesce((SELECT number FROM link WHERE chain = 'audit' AND"
                " json_extract(entry, '$.act') = ? ORDER BY number DESC LIMIT 1), 0)",
                (Act.EXPIRE,),
            ).fetchone()
            instants = connection.execute(
                "SELECT json_extract(entry, '$.at') FROM link"
                " WHERE chain = 'audit' AND number >= ? ORDER BY number",
                (begin,),
            )
            confirmed: datetime | None = None
            for (text,) in instants:
                at = datetime.fromisoformat(text)
                # An entry that was written while the clock had jumped does not count: otherwise the
                # backup of the night would confirm the wrong day of the morning.
                if confirmed is None or confirmed < at <= confirmed + step:
                    confirmed = at
            return confirmed

    def begins_before(self, instant: datetime) -> bool:
        """Return whether the trail has an entry that is older than an instant."""
        with self._database.reading("link") as connection:
            if connection is None:
                return False
            return next(_read_older(connection, instant), None) is not None

    def forget(self, before: datetime, now: datetime) -> int:
        """Delete what is older than an instant, and record that; return how many entries."""
        with self._database.writing() as connection:
            old = (link.number for link in _read_older(connection, before))
            count = CHAIN.forget(connection, max(old, default=0))
            if count:
                forget_uses(connection, before.astimezone(UTC).date())
                facts = (("entries", count), ("before", before.isoformat()))
                record_events(connection, Event(Act.FORGET, now, facts=facts))
            return count


def record_events(connection: Connection, *events: Event) -> None:
    """Write events in the transaction of what they record, so that neither is without the other."""
    entries: list[Entry] = [event.to_json() for event in events]
    CHAIN.append(connection, entries)
    count_uses(connection, (use for event in events for use in _list_uses(event)))


def _list_uses(event: Event) -> Iterator[DatasetUse]:
    """Yield what an act adds to the sums of each of its datasets."""
    if event.act in COUNTED and event.by is not None:
        rows, day = dict(event.facts).get("rows"), event.at.astimezone(UTC).date()
        count = rows if isinstance(rows, int) else 0
        for dataset, decided in event.datasets:
            yield DatasetUse(dataset, day, event.act, event.by, decided or "", 1, count)


def check_entry(entry: Document) -> None:
    """Check the form of an entry of another ledger."""
    by = entry.member("by")
    entry.member("act").text()
    entry.member("at").instant()
    by.optional(by.text)
    for dataset in entry.member("datasets").items():
        decided = dataset.member("decided")
        dataset.member("dataset").text()
        decided.optional(decided.text)


def verify_chains(database: Database) -> dict[str, Head]:
    """Follow the chains of a ledger to their ends; raises `StoreError` at a broken link."""
    with database.reading("link") as connection:
        if connection is None:
            return {}
        return {name: Chain(name).verify(connection) for name in ("deletions", "audit", "messages")}


def _read_older(connection: Connection, before: datetime) -> Iterator[ChainLink]:
    """Yield the first entries as long as they are older."""
    for link in CHAIN.links(connection):
        if datetime.fromisoformat(link.entry["at"]) >= before:
            return
        yield link

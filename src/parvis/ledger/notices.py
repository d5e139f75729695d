"""What people are told: notices, their way by e-mail or webhook, and what each person wants.

The outbox of a pool: a message waits here until its server has accepted it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from parvis.config.json_data import from_json
from parvis.ledger.audit import SHELL, Act, Author, Event, record_events
from parvis.ledger.database import FILE, Database

WAITING, SENT, FAILED, DROPPED = "waiting", "sent", "failed", "dropped"
"""The states of a delivery; one is dropped whose person has left, or wants it no more."""


@dataclass(frozen=True)
class Notice:
    """What one person is told: its kind, the party it concerns, and what its sentences name.

    A second notice of the same `key` is none.
    """

    id: str
    key: str
    kind: str
    party: str
    person: str
    facts: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class Delivery:
    """The way of a notice by one channel: ``email`` or ``webhook``; tried next when it is `due`.

    Deliveries of one `batch` leave as one message, the same whenever it is tried again.
    """

    notice: str
    channel: str
    due: datetime
    batch: str | None = None
    state: str = WAITING
    tries: int = 0
    error: str = ""
    done: datetime | None = None


@dataclass(frozen=True)
class Preferences:
    """What a person wants: when each kind is sent, on working days only, and where else to.

    `timings` are by kind: ``now``, ``daily`` or ``never``. `feed` counts the secret addresses that
    the person had: each new one ends the one before.
    """

    person: str
    timings: Mapping[str, str] = field(default_factory=dict)
    working_days: bool = False
    webhook: str = ""
    secret: str = ""
    feed: int = 0


class Outbox:
    """The notices of a pool and their deliveries, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(self, notices: Iterable[tuple[Notice, Sequence[Delivery]]]) -> int:
        """Add notices with their deliveries, each key once; return how many were new."""
        count = 0
        pairs = list(notices)
        if not pairs or all(self._has(notice.key) for notice, _ in pairs):
            return 0
        with self._database.writing() as connection:
            for notice, deliveries in pairs:
                cells = (notice.id, notice.key, notice.kind, notice.party, notice.person)
                facts = json.dumps(notice.facts, ensure_ascii=False)
                row = (*cells, facts, _text(notice.at))
                insert = "INSERT OR IGNORE INTO notice VALUES (?, ?, ?, ?, ?, ?, ?)"
                if connection.execute(insert, row).rowcount:
                    count += 1
                    for delivery in deliveries:
                        _write(connection, delivery)
        return count

    def of(self, person: str, count: int) -> list[Notice]:
        """Return the last notices of a person, the newest first."""
        return self._select_notices("person = ? ORDER BY at DESC, id LIMIT ?", person, count)

    def notices(self, names: Iterable[str]) -> dict[str, Notice]:
        """Return notices by their ids."""
        listed = json.dumps([*names])
        condition = "id IN (SELECT value FROM json_each(?)) ORDER BY at, id"
        return {notice.id: notice for notice in self._select_notices(condition, listed)}

    def due(self, now: datetime) -> list[Delivery]:
        """Return the deliveries to be tried, those that are due longest first."""
        return self._select("state = 'waiting' AND due <= ? ORDER BY due, notice", _text(now))

    def open(self) -> list[Delivery]:
        """Return the deliveries that wait or have failed, the first due first."""
        return self._select("state IN ('waiting', 'failed') ORDER BY due, notice")

    def count(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        with self._database.reading("delivery") as connection:
            if connection is None:
                return {}
            return dict(connection.execute("SELECT state, COUNT(*) FROM delivery GROUP BY state"))

    def write(self, deliveries: Iterable[Delivery]) -> None:
        """Replace deliveries, all or none."""
        rows = list(deliveries)
        if rows:
            with self._database.writing() as connection:
                for delivery in rows:
                    _write(connection, delivery)

    def retry(self, now: datetime, author: Author = SHELL) -> int:
        """Let every delivery that was given up wait again; return how many."""
        with self._database.writing() as connection:
            update = (
                "UPDATE delivery SET state = 'waiting', tries = 0, due = ? WHERE state = 'failed'"
            )
            count: int = connection.execute(update, (_text(now),)).rowcount
            event = Event(
                Act.NOTICES_RETRIED, now, author.party, facts=(*author.facts(), ("entries", count))
            )
            record_events(connection, event)
            return count

    def forget(self, before: datetime) -> int:
        """Delete the notices from before an instant whose deliveries are over; return how many."""
        with self._database.writing() as connection:
            old = (
                "SELECT id FROM notice WHERE at < ? AND NOT EXISTS"
                " (SELECT 1 FROM delivery WHERE notice = notice.id AND state = 'waiting')"
            )
            names = connection.execute(old, (_text(before),)).fetchall()
            connection.executemany("DELETE FROM delivery WHERE notice = ?", names)
            # The key stays unique as long as the notice is there: dates are not told of so late.
            connection.executemany("DELETE FROM notice WHERE id = ?", names)
            return len(names)

    def preferences(self, person: str) -> Preferences:
        """Return what a person wants; what it never said is as parvis proposes."""
        with self._database.reading("notice_preferences") as connection:
            if connection is None:
                return Preferences(person)
            connection.row_factory = Row
            query = "SELECT * FROM notice_preferences WHERE person = ?"
            row = connection.execute(query, (person,)).fetchone()
            if row is None:
                return Preferences(person)
            cells = dict(row) | {
                "timings": json.loads(row["timings"]),
                "working_days": bool(row["working_days"]),
            }
            return from_json(Preferences, cells)

    def prefer(self, preferences: Preferences) -> None:
        """Store what a person wants."""
        row = (
            preferences.person,
            json.dumps(dict(preferences.timings)),
            int(preferences.working_days),
            preferences.webhook,
            preferences.secret,
            preferences.feed,
        )
        with self._database.writing() as connection:
            insert = "INSERT OR REPLACE INTO notice_preferences VALUES (?, ?, ?, ?, ?, ?)"
            connection.execute(insert, row)

    def leave(self, person: str) -> None:
        """Delete all that is stored for a person."""
        with self._database.writing() as connection:
            of_person = "(SELECT id FROM notice WHERE person = ?)"
            connection.execute(f"DELETE FROM delivery WHERE notice IN {of_person}", (person,))  # noqa: S608 - ours
            for table in ("notice", "notice_preferences"):
                connection.execute(f"DELETE FROM {table} WHERE person = ?", (person,))  # noqa: S608 - ours

    def _has(self, key: str) -> bool:
        return bool(self._select_notices("key = ?", key))

    def _select_notices(self, condition: str, *values: str | int) -> list[Notice]:
        with self._database.reading("notice") as connection:
            if connection is None:
                return []
            connection.row_factory = Row
            rows = connection.execute(
                f"SELECT * FROM notice WHERE {condition}",  # noqa: S608 - of this module
                values,
            )
            return [
                from_json(Notice, dict(row) | {"facts": json.loads(row["facts"])}) for row in rows
            ]

    def _select(self, condition: str, *values: str) -> list[Delivery]:
        with self._database.reading("delivery") as connection:
            if connection is None:
                return []
            connection.row_factory = Row
            rows = connection.execute(
                f"SELECT * FROM delivery WHERE {condition}",  # noqa: S608 - of this module
                values,
            )
            return [from_json(Delivery, dict(row)) for row in rows]


def _write(connection: Connection, delivery: Delivery) -> None:
    row = (
        delivery.notice,
        delivery.channel,
        _text(delivery.due),
        delivery.batch,
        delivery.state,
        delivery.tries,
        delivery.error,
        delivery.done and _text(delivery.done),
    )
    insert = "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    connection.execute(insert, row)


def _text(instant: datetime) -> str:
    # All in UTC and of one length, so that the order of texts is that of instants.
    return instant.astimezone(UTC).isoformat(timespec="microseconds")

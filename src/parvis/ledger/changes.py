"""Changes of the texts of the catalogue folder: who, when, why, the text before and after.

A change is recorded before the first file is written, and once more when all are: a kill between
the two leaves a change that is begun, which the next one finishes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from parvis.ledger.audit import Act, Author, Event, record_events
from parvis.ledger.database import FILE, Database


@dataclass(frozen=True)
class ChangedText:
    """A file by its path in the catalogue folder, before and after; None where there is none."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class TextChange:
    """A change of some texts, with the reason that its author wrote.

    `undoes` is the number of the change that it takes back. `revision` is the commit in the
    folder's git repository, empty where there is no repository, None while it is not committed.
    """

    at: datetime
    author: Author
    reason: str
    texts: tuple[ChangedText, ...]
    undoes: int | None = None
    is_done: bool = False
    revision: str | None = None
    number: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(text.path for text in self.texts)


_COLUMNS = "number, at, party, role, person, reason, undoes, done, revision"


class TextChanges:
    """The changes of a catalogue folder, in the ledger of the pool's data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def begin(self, change: TextChange) -> TextChange:
        """Record what is about to be written; return it with its number."""
        author = change.author
        with self._database.writing() as connection:
            number = connection.execute(
                "INSERT INTO text_change (at, party, role, person, reason, undoes, done, revision)"
                " VALUES (?, ?, ?, ?, ?, ?, 0, NULL)",
                (
                    *(change.at.isoformat(), author.party, author.role, author.person),
                    *(change.reason, change.undoes),
                ),
            ).lastrowid
            connection.executemany(
                "INSERT INTO changed_text (change, path, before, after) VALUES (?, ?, ?, ?)",
                [(number, text.path, text.before, text.after) for text in change.texts],
            )
        return replace(change, number=number or 0)

    def finish(self, change: TextChange) -> None:
        """Record that all is written, in the audit trail too."""
        author = change.author
        counts = (("change", change.number), ("texts", len(change.texts)))
        facts: tuple[tuple[str, str | int], ...] = (*author.facts(), *counts)
        with self._database.writing() as connection:
            connection.execute("UPDATE text_change SET done = 1 WHERE number = ?", (change.number,))
            record_events(connection, Event(Act.CHANGE, change.at, author.party, facts=facts))

    def record_revision(self, number: int, revision: str) -> None:
        """Record the commit of a change, empty where there is no repository."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE text_change SET revision = ? WHERE number = ?", (revision, number)
            )

    def unfinished(self) -> list[TextChange]:
        """Return the changes of which something may not be written, the oldest first."""
        return self._read("WHERE done = 0 ORDER BY number")

    def uncommitted(self) -> list[TextChange]:
        """Return the changes that wait for a commit, the oldest first."""
        return self._read("WHERE done = 1 AND revision IS NULL ORDER BY number")

    def latest(self, count: int, before: int | None = None) -> list[TextChange]:
        """Return the last changes, the newest first, optionally before a number."""
        return self._read("WHERE number < ? ORDER BY number DESC LIMIT ?", before or 2**62, count)

    def of_path(self, path: str, count: int) -> list[TextChange]:
        """Return the last changes of a text, or of those in a folder, the newest first."""
        return self._read(
            "WHERE number IN (SELECT change FROM changed_text WHERE path = ? OR"
            " substr(path, 1, length(?)) = ?) ORDER BY number DESC LIMIT ?",
            *(path, f"{path}/", f"{path}/", count),
        )

    def get(self, number: int) -> TextChange | None:
        return next(iter(self._read("WHERE number = ?", number)), None)

    def forget(self, before: datetime) -> int:
        """Delete changes that are older than an instant; return how many."""
        if not self._read("LIMIT 1"):
            return 0
        with self._database.writing() as connection:
            rows = connection.execute("SELECT number, at FROM text_change WHERE done = 1")
            old = [n for n, at in rows.fetchall() if datetime.fromisoformat(at) < before]
            for table, column in (("changed_text", "change"), ("text_change", "number")):
                connection.execute(
                    f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608 - constants
                    (json.dumps(old),),
                )
            return len(old)

    def _read(self, condition: str, *values: object) -> list[TextChange]:
        with self._database.reading("text_change") as connection:
            if connection is None:
                return []
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM text_change {condition}",  # noqa: S608 - constants
                values,
            ).fetchall()
            return list(_build_changes(connection, rows))


def _build_changes(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> Iterator[TextChange]:
    for number, at, party, role, person, reason, undoes, done, revision in rows:
        texts = connection.execute(
            "SELECT path, before, after FROM changed_text WHERE change = ? ORDER BY path", (number,)
        )
        yield TextChange(
            at=datetime.fromisoformat(at),
            author=Author(party, role, person),
            reason=reason,
            texts=tuple(ChangedText(*cells) for cells in texts),
            undoes=undoes,
            is_done=bool(done),
            revision=revision,
            number=number,
        )

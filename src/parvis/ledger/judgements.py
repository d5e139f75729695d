"""Judgements on pairs of entities: appended one after the other, never changed.

To undo one is an entry of its own. Entries about a graph that is withdrawn are deleted with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from parvis.config.json_data import from_json, to_object
from parvis.errors import StoreError
from parvis.ledger.audit import Act, Author, Event, record_events
from parvis.ledger.database import DAMAGED, FILE, Database


class JudgementDecision(StrEnum):
    """The decision: the same entity, two entities, or undecided; or an entry is undone."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNSURE = "unsure"
    UNDO = "undo"


@dataclass(frozen=True)
class Judgement:
    """One entry: two entities by IRI, `here` before `there`, with the graphs that describe them.

    `author` is a person's name or a party's IRI, as entered; `rule` the rule that decided,
    None for a person; `score` that of the candidate, if it was one; `undoes` the number of the
    entry that is undone. `number` is 0 until it is written. The instant has its offset.
    """

    kind: str
    here: str
    there: str
    here_graph: str
    there_graph: str
    decision: JudgementDecision
    author: str
    at: datetime
    grounds: str = ""
    rule: str | None = None
    score: float | None = None
    undoes: int | None = None
    number: int = 0

    @property
    def pair(self) -> tuple[str, str]:
        return self.here, self.there


_COLUMNS = ", ".join(column.name for column in fields(Judgement))


class Judgements:
    """The judgements of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def all(self) -> list[Judgement]:
        """Return every entry, the oldest first."""
        with self._database.reading("judgement") as connection:
            if connection is None:
                return []
            connection.row_factory = Row
            rows = connection.execute(f"SELECT {_COLUMNS} FROM judgement ORDER BY number")  # noqa: S608 - a constant
            return [from_json(Judgement, dict(row)) for row in rows]

    def append(
        self, judgements: Iterable[Judgement], author: Author | None = None
    ) -> list[Judgement]:
        """Write entries, all or none; return them with their numbers.

        Those of a person have an `author`, whom the audit trail names with their numbers.
        """
        entries = list(judgements)
        if not entries:
            return []
        numbered = []
        with self._database.writing() as connection:
            for entry in entries:
                number = _insert(connection, to_object(entry) | {"number": None})
                numbered.append(replace(entry, number=number))
            if author is not None:
                numbers = ", ".join(str(entry.number) for entry in numbered)
                facts = (("judgements", numbers), *author.facts())
                event = Event(Act.JUDGE, entries[-1].at, author.party, facts=facts)
                record_events(connection, event)
        return numbered

    def take_over(self, saved: Path) -> None:
        """Replace the judgements by those of a copy of a data folder, with their numbers."""
        entries = Judgements(saved).all()
        if not entries and not self.all():
            return
        with self._database.writing() as connection:
            connection.execute("DELETE FROM judgement")
            for entry in entries:
                _insert(connection, to_object(entry))

    def require_sound(self) -> None:
        """Check the form of every entry of another ledger. Raises `StoreError`."""
        file = self._database.file
        try:
            entries = self.all()
        except (ValueError, TypeError) as error:
            raise StoreError(DAMAGED, file=file, reason=error) from error
        if any(entry.at.tzinfo is None for entry in entries):
            raise StoreError(DAMAGED, file=file, reason="judgement")

    def forget(self, graphs: Iterable[str]) -> int:
        """Delete every entry about entities of these graphs; return how many there were."""
        withdrawn = list(graphs)
        if not withdrawn or not self.all():
            return 0
        with self._database.writing() as connection:
            marks = ", ".join("?" * len(withdrawn))
            deletion = connection.execute(
                f"DELETE FROM judgement WHERE here_graph IN ({marks}) OR there_graph IN ({marks})",  # noqa: S608 - marks
                (*withdrawn, *withdrawn),
            )
            return deletion.rowcount


def _insert(connection: Connection, cells: dict[str, Any]) -> int:
    """Write one entry; return its number, a new one if it has none."""
    names, marks = ", ".join(cells), ", ".join("?" * len(cells))
    statement = f"INSERT INTO judgement ({names}) VALUES ({marks})"  # noqa: S608 - constants
    return connection.execute(statement, tuple(cells.values())).lastrowid or 0

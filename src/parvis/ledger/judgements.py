"""Judgements on pairs of things: written down one after the other, never changed.

To take one back is an entry of its own. What speaks of a graph that is withdrawn goes with it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any, Self

from parvis.errors import StoreError
from parvis.ledger.database import DAMAGED, FILE, Database


class Decision(StrEnum):
    """What is judged: one thing, two things, or not to be told yet; or an entry is taken back."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNSURE = "unsure"
    UNDO = "undo"


@dataclass(frozen=True)
class Judgement:
    """One entry: two things by IRI, `here` before `there`, with the graphs that spoke of them.

    `author` is a person's name or a party's IRI, as they gave it; `rule` the rule that decided,
    None for a person; `score` that of the candidate, if it was one; `undoes` the number of the
    entry that is taken back. `number` is 0 until it is written. The instant has its offset.
    """

    kind: str
    here: str
    there: str
    here_graph: str
    there_graph: str
    decision: Decision
    author: str
    at: datetime
    grounds: str = ""
    rule: str | None = None
    score: float | None = None
    undoes: int | None = None
    number: int = 0

    @property
    def pair(self) -> tuple[str, str]:
        """Give both IRIs."""
        return self.here, self.there

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self) | {"decision": str(self.decision), "at": self.at.isoformat()}

    @classmethod
    def of(cls, row: Row) -> Self:
        """Read a row of the table."""
        found = dict(row)
        found["decision"] = Decision(found["decision"])
        found["at"] = datetime.fromisoformat(found["at"])
        return cls(**found)


_COLUMNS = ", ".join(one.name for one in fields(Judgement))


class Judgements:
    """The judgements of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        """Name the data folder; nothing is read or written yet."""
        self._database = Database(data / FILE)

    def all(self) -> list[Judgement]:
        """Give every entry, the oldest first."""
        with self._database.reading() as connection:
            if connection is None or not Database.has(connection, "judgement"):
                return []
            connection.row_factory = Row
            found = connection.execute(f"SELECT {_COLUMNS} FROM judgement ORDER BY number")  # noqa: S608 - a constant
            return [Judgement.of(row) for row in found]

    def append(self, judged: Iterable[Judgement]) -> list[Judgement]:
        """Write entries down, all or none; gives them with their numbers."""
        entries = list(judged)
        if not entries:
            return []
        written = []
        with self._database.writing() as connection:
            for one in entries:
                number = _insert(connection, one.to_json() | {"number": None})
                written.append(replace(one, number=number))
        return written

    def take_over(self, saved: Path) -> None:
        """Make the judgements those of a copy of a data folder, with their numbers."""
        entries = Judgements(saved).all()
        if not entries and not self.all():
            return
        with self._database.writing() as connection:
            connection.execute("DELETE FROM judgement")
            for one in entries:
                _insert(connection, one.to_json())

    def require_sound(self) -> None:
        """Check the form of every entry, which another ledger may have. Raises `StoreError`."""
        file = self._database.file
        try:
            entries = self.all()
        except (ValueError, TypeError) as error:
            raise StoreError(DAMAGED, file=file, reason=error) from error
        if any(one.at.tzinfo is None for one in entries):
            raise StoreError(DAMAGED, file=file, reason="judgement")

    def forget(self, graphs: Iterable[str]) -> int:
        """Delete every entry that speaks of things of these graphs; gives how many there were."""
        gone = list(graphs)
        if not gone or not self.all():
            return 0
        with self._database.writing() as connection:
            marks = ", ".join("?" * len(gone))
            done = connection.execute(
                f"DELETE FROM judgement WHERE here_graph IN ({marks}) OR there_graph IN ({marks})",  # noqa: S608 - marks
                (*gone, *gone),
            )
            return done.rowcount


def _insert(connection: Connection, cells: dict[str, Any]) -> int:
    """Write one entry; gives its number, which is a new one if it has none."""
    names, marks = ", ".join(cells), ", ".join("?" * len(cells))
    written = f"INSERT INTO judgement ({names}) VALUES ({marks})"  # noqa: S608 - constants
    return connection.execute(written, tuple(cells.values())).lastrowid or 0

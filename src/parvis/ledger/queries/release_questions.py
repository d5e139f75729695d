"""Queries that wait for the steward to release their table, what became of them, and previews.

What a table would show is stored apart from its question: only the steward reads it, and it is
deleted once the question is decided about.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from parvis.errors import LimitError, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger.audit import Act, Author, Event, record_events
from parvis.ledger.database import FILE, Database

MOST_OPEN, MOST_A_MONTH = 5, 20
"""Questions of a party that wait, and that it asks within thirty days."""
MONTH = timedelta(days=30)
NO_QUESTION = N_("there is no question for release {id}")
TOO_MANY = N_(
    "{count} questions of your organisation wait for the steward, as many as may: take one back, or"
    " wait for an answer"
)
TOO_MANY_A_MONTH = N_(
    "your organisation has asked {count} questions for release within thirty days, as many as it"
    " may: each one is read over by somebody. Ask the others later"
)
DECIDED = N_("the question {id} is decided about, or was taken back: nothing can be changed")


class QuestionState(StrEnum):
    WAITING = "waiting"
    RELEASING = "releasing"
    RELEASED = "released"
    RECALLED = "recalled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ReleaseQuestion:
    """A query of a party, and its state since an instant; `person` asked it, if it was a person.

    `number` is that of the release of its table, from when that begins; `table` is what was
    published, and is empty before and once it is recalled. `reason` is why it was refused or
    recalled.
    """

    id: str
    party: str
    person: str | None
    query: str
    purpose: str
    created: datetime
    state: QuestionState
    since: datetime
    reason: str = ""
    number: int | None = None
    table: Mapping[str, Any] | None = None


class ReleaseQuestions:
    """The questions of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(self, question: ReleaseQuestion, author: Author) -> None:
        """Add a question; raises `LimitError` for a party that has as many as it may."""
        with self._database.writing() as connection:
            former = _select(connection, "party = ?", question.party)
            waiting = sum(other.state is QuestionState.WAITING for other in former)
            if waiting >= MOST_OPEN:
                raise LimitError(TOO_MANY, count=waiting)
            recent = sum(other.created > question.created - MONTH for other in former)
            if recent >= MOST_A_MONTH:
                raise LimitError(TOO_MANY_A_MONTH, count=recent)
            _write(connection, question)
            _record(connection, question, author)

    def decide(
        self,
        name: str,
        change: Callable[[ReleaseQuestion], ReleaseQuestion],
        author: Author,
        states: Collection[QuestionState] = frozenset({QuestionState.WAITING}),
    ) -> ReleaseQuestion:
        """Change a question that is in one of some states; raises `UsageError` for another.

        Its preview is deleted once it is decided about.
        """
        with self._database.writing() as connection:
            question = _require(connection, name)
            if question.state not in states:
                raise UsageError(DECIDED, id=name)
            decided = change(question)
            _write(connection, decided)
            if decided.state not in {QuestionState.WAITING, QuestionState.RELEASING}:
                connection.execute("DELETE FROM release_preview WHERE question = ?", (name,))
            _record(connection, decided, author)
            return decided

    def require(self, name: str, party: str | None = None) -> ReleaseQuestion:
        """Return a question, of a party if named; raises `UnknownThing`."""
        with self._database.reading("release_question") as connection:
            if connection is None:
                raise UnknownThing(NO_QUESTION, id=name)
            question = _require(connection, name)
        if party is not None and question.party != party:
            raise UnknownThing(NO_QUESTION, id=name)
        return question

    def all(self) -> list[ReleaseQuestion]:
        """Return every question, the newest first."""
        return self._list("1 = 1")

    def of(self, party: str) -> list[ReleaseQuestion]:
        """Return the questions of a party, the newest first."""
        return self._list("party = ?", party)

    def _list(self, condition: str, *values: str) -> list[ReleaseQuestion]:
        with self._database.reading("release_question") as connection:
            return [] if connection is None else _select(connection, condition, *values)

    def forget(self, matches: Callable[[bytes], bool]) -> int:
        """Delete the questions of which a text or the table matches; return how many.

        Tables that wait to be read over go too: they are computed anew of what is left.
        """
        names = [
            (question.id,)
            for question in self.all()
            if matches(f"{question.query}\n{question.purpose}\n{question.reason}".encode())
            or matches(json.dumps(question.table, ensure_ascii=False).encode())
        ]
        with self._database.writing() as connection:
            connection.execute("DELETE FROM release_preview")
            connection.executemany("DELETE FROM release_question WHERE id = ?", names)
        return len(names)

    def put_preview(self, name: str, preview: Mapping[str, Any]) -> None:
        """Store what the table of a question that waits would show."""
        with self._database.writing() as connection:
            if _require(connection, name).state is not QuestionState.WAITING:
                raise UsageError(DECIDED, id=name)
            insert = "INSERT OR REPLACE INTO release_preview (question, preview) VALUES (?, ?)"
            connection.execute(insert, (name, json.dumps(preview, ensure_ascii=False)))

    def in_state(self, state: QuestionState) -> list[ReleaseQuestion]:
        """Return the questions in a state, the newest first."""
        return self._list("state = ?", str(state))

    def list_releases(self) -> list[tuple[str, int, QuestionState]]:
        """Return the id, the number and the state of each table that was released."""
        with self._database.reading("release_question") as connection:
            rows = () if connection is None else connection.execute(RELEASES).fetchall()
        return [(name, number, QuestionState(state)) for name, number, state in rows]

    def preview(self, name: str) -> dict[str, Any] | None:
        """Return what the table of a question would show, if that was computed."""
        with self._database.reading("release_preview") as connection:
            if connection is None:
                return None
            query = "SELECT preview FROM release_preview WHERE question = ?"
            row = connection.execute(query, (name,)).fetchone()
        preview: dict[str, Any] | None = row and json.loads(row[0])
        return preview


RELEASES = """
SELECT id, number, state FROM release_question WHERE state IN ('released', 'recalled')
"""
_NAMES = "id, party, person, query, purpose, created, state, since, reason, number, published"


def _select(connection: Connection, condition: str, *values: str) -> list[ReleaseQuestion]:
    rows = connection.execute(
        f"SELECT {_NAMES} FROM release_question WHERE {condition} ORDER BY created DESC, id",  # noqa: S608 - ours
        values,
    )
    return [
        ReleaseQuestion(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            datetime.fromisoformat(row[5]),
            QuestionState(row[6]),
            datetime.fromisoformat(row[7]),
            row[8],
            row[9],
            row[10] and json.loads(row[10]),
        )
        for row in rows.fetchall()
    ]


def _require(connection: Connection, name: str) -> ReleaseQuestion:
    questions = _select(connection, "id = ?", name)
    if not questions:
        raise UnknownThing(NO_QUESTION, id=name)
    return questions[0]


def _write(connection: Connection, question: ReleaseQuestion) -> None:
    table = None if question.table is None else json.dumps(question.table, ensure_ascii=False)
    connection.execute(
        f"INSERT OR REPLACE INTO release_question ({_NAMES})"  # noqa: S608 - ours
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(question.id, question.party, question.person, question.query, question.purpose),
            question.created.astimezone(UTC).isoformat(),
            str(question.state),
            question.since.astimezone(UTC).isoformat(),
            *(question.reason, question.number, table),
        ),
    )


def _record(connection: Connection, question: ReleaseQuestion, author: Author) -> None:
    """Write a change of a question in the audit trail."""
    facts = (("question", question.id), ("state", str(question.state)), *author.facts())
    event = Event(Act.REQUEST, question.since, author.party, (), facts)
    record_events(connection, event)

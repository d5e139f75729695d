"""Long jobs of the steward: what waits, what runs with its progress, how each ended."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from parvis.config.json_data import from_json, to_object
from parvis.errors import LimitError, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger.audit import SHELL, Act, Author, Event, record_events
from parvis.ledger.database import FILE, Database

NO_JOB = N_("there is no job {number}")
ENDED = N_("the job {number} has ended already")
TOO_MANY = N_("too many jobs wait already ({most}): let them end, or cancel some")

MOST_WAITING = 50
"""Jobs that may wait at a time."""
LARGEST = 2**63 - 1
MOST = 500
"""Jobs that are remembered after their end."""

Sentence = Mapping[str, str]
"""A sentence by language."""


class JobState(StrEnum):
    """The state of a job; `CANCELLING` is asked for while it runs."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


IN_PROGRESS = frozenset({JobState.RUNNING, JobState.CANCELLING})
UNENDED = IN_PROGRESS | {JobState.WAITING}


@dataclass(frozen=True)
class JobOutcome:
    """The result of a job in words, what went wrong or needs somebody, small facts for programs."""

    log: Sequence[Sentence] = ()
    problems: Sequence[Sentence] = ()
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Job:
    """A job: its kind, its checked arguments, its author and how far it is.

    `step` is what it does now, `fraction` how much of it is done (0 to 1) where that is known.
    `log` is its result in words, `problems` what went wrong or needs somebody. `result` are small
    facts for programs.
    """

    number: int
    kind: str
    arguments: Mapping[str, Any]
    state: JobState
    author: Author
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    step: Sentence | None = None
    fraction: float | None = None
    log: Sequence[Sentence] = ()
    problems: Sequence[Sentence] = ()
    result: Mapping[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        return self.state not in UNENDED


_JSON = frozenset({"arguments", "author", "step", "log", "problems", "result"})
_COLUMNS = ", ".join(column.name for column in fields(Job))


class Jobs:
    """The jobs of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(self, kind: str, arguments: Mapping[str, Any], author: Author, at: datetime) -> Job:
        """Let a job wait; one that waits already with the same arguments is returned instead.

        Raises `LimitError` where too many wait.
        """
        text = _to_text(arguments)
        with self._database.writing() as connection:
            waiting = "SELECT number FROM job WHERE state = 'waiting'"
            same = connection.execute(f"{waiting} AND kind = ? AND arguments = ?", (kind, text))
            row = same.fetchone()
            if row is None:
                if len(connection.execute(waiting).fetchall()) >= MOST_WAITING:
                    raise LimitError(TOO_MANY, most=MOST_WAITING)
                insertion = connection.execute(
                    "INSERT INTO job (kind, arguments, state, author, created, log, problems)"
                    " VALUES (?, ?, 'waiting', ?, ?, '[]', '[]')",
                    (kind, text, _to_text(to_object(author)), at.isoformat()),
                )
                row = (insertion.lastrowid,)
                _prune(connection)
            return _require(connection, row[0])

    def get(self, number: int) -> Job:
        """Return a job; raises `UnknownThing`."""
        with self._database.reading("job") as connection:
            if connection is None:
                raise UnknownThing(NO_JOB, number=number)
            return _require(connection, number)

    def latest(self, most: int = 100) -> list[Job]:
        """Return the last jobs, the newest first."""
        with self._database.reading("job") as connection:
            if connection is None:
                return []
            return _select(connection, "ORDER BY number DESC LIMIT ?", most)

    def unended(self) -> list[Job]:
        """Return the jobs that wait or run, the oldest first."""
        with self._database.reading("job") as connection:
            if connection is None:
                return []
            return _select(
                connection,
                "WHERE state IN ('waiting', 'running', 'cancelling') ORDER BY number",
            )

    def begin(self, at: datetime) -> Job | None:
        """Let the oldest waiting job run, and return it; None where none waits."""
        if not any(job.state is JobState.WAITING for job in self.unended()):
            return None
        with self._database.writing() as connection:
            waiting = _select(connection, "WHERE state = 'waiting' ORDER BY number LIMIT 1")
            for job in waiting:
                connection.execute(
                    "UPDATE job SET state = 'running', started = ? WHERE number = ?",
                    (at.isoformat(), job.number),
                )
            return _require(connection, waiting[0].number) if waiting else None

    def note(self, number: int, step: Sentence, fraction: float | None) -> None:
        """Record how far a running job is."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE job SET step = ?, fraction = ? WHERE number = ?",
                (_to_text(step), fraction, number),
            )

    def end(
        self,
        number: int,
        state: JobState,
        at: datetime,
        outcome: JobOutcome = JobOutcome(),
    ) -> None:
        """Record how a job ended."""
        texts = [_to_text(part) for part in (outcome.log, outcome.problems, outcome.result)]
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE job SET state = ?, ended = ?, log = ?, problems = ?, result = ?"
                " WHERE number = ?",
                (str(state), at.isoformat(), *texts, number),
            )

    def cancel(self, number: int, at: datetime, author: Author = SHELL) -> Job:
        """Cancel a waiting job, or ask for the end of a running one.

        Raises `UnknownThing`, and `UsageError` for one that has ended.
        """
        with self._database.writing() as connection:
            job = _require(connection, number)
            if job.is_over:
                raise UsageError(ENDED, number=number)
            if job.state is JobState.WAITING:
                connection.execute(
                    "UPDATE job SET state = 'cancelled', ended = ? WHERE number = ?",
                    (at.isoformat(), number),
                )
            else:
                connection.execute(
                    "UPDATE job SET state = 'cancelling' WHERE number = ?", (number,)
                )
            about = ("job", number), ("kind", job.kind)
            event = Event(Act.JOB_CANCELLED, at, author.party, facts=(*author.facts(), *about))
            record_events(connection, event)
            return _require(connection, number)

    def interrupt(self, at: datetime, problem: Sentence) -> list[Job]:
        """Mark every job as interrupted whose process is gone; return them."""
        stopped = [job for job in self.unended() if job.state in IN_PROGRESS]
        for job in stopped:
            was_cancelled = job.state is JobState.CANCELLING
            state = JobState.CANCELLED if was_cancelled else JobState.INTERRUPTED
            self.end(job.number, state, at, JobOutcome(problems=() if was_cancelled else [problem]))
        return stopped


def _require(connection: Connection, number: int) -> Job:
    # A page may be asked for any number; SQLite has numbers of 64 bits.
    for job in _select(connection, "WHERE number = ?", min(number, LARGEST)):
        return job
    raise UnknownThing(NO_JOB, number=number)


def _select(connection: Connection, condition: str, *values: object) -> list[Job]:
    query = f"SELECT {_COLUMNS} FROM job {condition}"  # noqa: S608 - constants
    cursor = connection.execute(query, values)
    cursor.row_factory = Row
    return [_read(dict(row)) for row in cursor]


def _read(row: dict[str, Any]) -> Job:
    cells = {
        name: json.loads(value) if name in _JSON and value is not None else value
        for name, value in row.items()
    }
    return from_json(Job, cells)


def _to_text(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _prune(connection: Connection) -> None:
    connection.execute(
        "DELETE FROM job WHERE ended IS NOT NULL AND number <="
        " (SELECT number FROM job ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (MOST,),
    )

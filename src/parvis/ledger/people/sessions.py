"""Sessions of people who signed in: a random id in a cookie, of which a digest is stored."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

from parvis.errors import TokenError, UnknownThing
from parvis.i18n import N_
from parvis.ledger.audit import SHELL, Act, Author, Event, record_events
from parvis.ledger.database import FILE, Database
from parvis.ledger.people.codes import Code

SESSION_OVER = N_("the session has ended: sign in again")
NO_SESSION = N_("there is no session {session}, or no longer")
STEP = timedelta(minutes=5)
"""How exactly it is recorded when a session was last used: no request waits for a disk."""
MOST = 20
"""Open sessions of one person or token; a further one ends the oldest."""
COLUMNS = "id, person, token, browser, created, seen, expires, ended, digest"


@dataclass(frozen=True)
class Session:
    """A session of a person, by a pseudonym, or of who has a token, by its id."""

    id: str
    person: str | None
    token: str | None
    browser: str
    created: datetime
    seen: datetime
    expires: datetime
    ended: datetime | None = None
    digest: bytes = field(repr=False, default=b"")


class Sessions:
    """The sessions of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def begin(  # noqa: PLR0913 - a session has as many parts
        self,
        now: datetime,
        expires: datetime,
        browser: str,
        *,
        person: str | None = None,
        token: str | None = None,
        former: Code | None = None,
    ) -> Code:
        """Open a session in the place of a `former` one, which ends; return its code."""
        code, at = Code.new(), now.isoformat()
        with self._database.writing() as connection:
            connection.execute("DELETE FROM session WHERE expires < ?", (at,))
            if former is not None:
                _end(connection, at, "id = ? AND digest = ?", (former.id, former.digest))
            condition, holder = _holder(person, token)
            sessions = _select(connection, f"{condition} AND ended IS NULL", (holder,))
            for session in sessions[: 1 - MOST]:
                _end(connection, at, "id = ?", (session.id,))
            connection.execute(
                f"INSERT INTO session ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)",  # noqa: S608 - our own
                (code.id, person, token, browser, at, at, expires.isoformat(), code.digest),
            )
        return code

    def check(self, code: Code | None, now: datetime) -> Session:
        """Return the open session of a code; raises `TokenError`."""
        session = None
        if code is not None:
            with self._database.reading("session") as connection:
                sessions = [] if connection is None else _select(connection, "id = ?", (code.id,))
            session = sessions[0] if sessions else None
        # One sentence for every cause, in constant time.
        if (
            code is None
            or not code.fits(session.digest if session else None)
            or session is None
            or session.ended is not None
            or session.expires <= now
        ):
            raise TokenError(SESSION_OVER)
        return session

    def touch(self, session: Session, now: datetime) -> None:
        """Record that a session is used, unless it was recorded a moment ago."""
        if now - session.seen < STEP:
            return
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE session SET seen = ? WHERE id = ?", (now.isoformat(), session.id)
            )

    def open(
        self, now: datetime, *, person: str | None = None, token: str | None = None
    ) -> list[Session]:
        """Return the open sessions of a person or a token, the last used first."""
        condition, holder = _holder(person, token)
        with self._database.reading("session") as connection:
            if connection is None:
                return []
            sessions = _select(
                connection,
                f"{condition} AND ended IS NULL AND expires > ?",
                (holder, now.isoformat()),
            )
        return sorted(sessions, key=lambda session: session.seen, reverse=True)

    def end(self, code: Code, now: datetime) -> None:
        """End the session of a code, if there is one."""
        with self._database.writing() as connection:
            values = (code.id, code.digest)
            _end(connection, now.isoformat(), "id = ? AND digest = ?", values)

    def end_of(
        self,
        now: datetime,
        *,
        person: str | None = None,
        token: str | None = None,
        name: str | None = None,
        author: Author = SHELL,
    ) -> int:
        """End the open sessions of a person or a token, or the one of an id; return how many.

        Raises `UnknownThing` for an id that is not among them.
        """
        condition, holder = _holder(person, token)
        values = [holder]
        if name is not None:
            condition, values = f"{condition} AND id = ?", [holder, name]
        with self._database.writing() as connection:
            count = _end(connection, now.isoformat(), condition, values)
            if name is not None and not count:
                raise UnknownThing(NO_SESSION, session=name)
            if count:
                subject = ("subject", person) if person else ("token", token)
                facts = (*author.facts(), subject, ("entries", count))
                event = Event(Act.SESSIONS_ENDED, now, author.party, facts=facts)
                record_events(connection, event)
        return count


def _holder(person: str | None, token: str | None) -> tuple[str, str | None]:
    """Return the condition on whose sessions are meant, and its value."""
    return ("person = ?", person) if person else ("token = ?", token)


def _end(
    connection: Connection, at: str, condition: str, values: Iterable[str | bytes | int | None]
) -> int:
    """End the open sessions that meet a condition of this module; return how many."""
    statement = f"UPDATE session SET ended = ? WHERE ended IS NULL AND {condition}"  # noqa: S608 - our own
    return connection.execute(statement, (at, *values)).rowcount


def _select(connection: Connection, condition: str, values: Iterable[str | None]) -> list[Session]:
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM session WHERE {condition} ORDER BY created, id",  # noqa: S608 - our own
        tuple(values),
    )
    return [
        Session(
            name,
            person,
            token,
            browser,
            created=datetime.fromisoformat(created),
            seen=datetime.fromisoformat(seen),
            expires=datetime.fromisoformat(expires),
            ended=ended and datetime.fromisoformat(ended),
            digest=digest,
        )
        for name, person, token, browser, created, seen, expires, ended, digest in rows
    ]

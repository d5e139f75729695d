"""Rounds of distinct people and of overlap, the messages received, and the privacy budget spent.

A round is recorded with what everyone of it may know. The messages themselves are files of the
data folder, each until it is destroyed; their digests stay here, as proofs.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from parvis.config.documents import SHA256, Document
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger.audit import Act, Author, Event, record_events
from parvis.ledger.chain import Chain, ChainLink
from parvis.ledger.database import FILE, Database

MOST_NUMBER = 1_000_000
DESTROYED = Chain("messages")
"""The chain of the proofs that messages were destroyed."""

NO_ROUND = N_("the project {project} has no round {number}: see the list of its rounds")
TOO_LATE = N_(
    "round {number} of the project {project} changed meanwhile: read its state again, then go on"
    " from there"
)
OVER_BUDGET = N_(
    "the project {project} may spend {budget} of privacy budget (ε) in {year}; {spent} is spent"
    " and this round takes {needed}. Refuse an open round that is not needed any more, open one"
    " with a smaller ε, or wait for the next year"
)
SENT_TWICE = N_(
    "this partner’s message for round {number} is there already, and another one may not replace"
    " it: whoever compared the two would see which of their numbers come from its buyers. If the"
    " first was wrong, ask the trusted third party to open a new round"
)


class RoundState(StrEnum):
    """How far a round is; what has ended never changes."""

    OPEN = "open"
    MERGING = "merging"
    ESTIMATED = "estimated"  # for the steward to approve
    RELEASED = "released"
    DELIVERED = "delivered"  # to the parties of the round alone
    REFUSED = "refused"
    UNFIT = "unfit"  # its messages do not belong together
    REPLACED = "replaced"  # by a round without who never sent


MERGEABLE = frozenset({RoundState.OPEN, RoundState.MERGING})
WAITING = MERGEABLE | {RoundState.ESTIMATED}
"""The states of rounds that somebody must still do something for; the others have ended."""


@dataclass(frozen=True)
class RoundMessage:
    """A message received of a party (an IRI): its digest, size, and when."""

    party: str
    sha256: str
    size: int
    received: datetime
    destroyed: datetime | None = None


@dataclass(frozen=True)
class RoundRecord:
    """A round: what was opened, by which project, and how far it is.

    `text` is the round that partners receive, as JSON, `parties` are its members by IRI. `public`
    is whether its result may be released; else it goes to the parties alone. `result` is what was
    estimated, `published` the part of it that was approved. `year` is that of the budget, `ended`
    the instant of approval or refusal.
    """

    project: str
    number: int
    kind: str
    state: RoundState
    text: str
    parties: tuple[str, ...]
    epsilon: Decimal
    public: bool
    period: str
    purpose: str
    opened: datetime
    year: int
    spent: datetime | None = None
    result: Mapping[str, Any] | None = None
    published: Mapping[str, Any] | None = None
    reason: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[RoundMessage, ...] = ()
    ended: datetime | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the parties whose message is missing."""
        there = {message.party for message in self.messages}
        return tuple(party for party in self.parties if party not in there)


class Rounds:
    """The rounds of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(
        self,
        draft: Callable[[int], RoundRecord],
        project: str,
        author: Author,
        replaced: RoundRecord | None = None,
    ) -> RoundRecord:
        """Add the round that `draft` returns for the next number of a project.

        The one that it replaces, if any, changes in the same transaction. Raises `UsageError` if a
        message has come for that one meanwhile.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT coalesce(max(number), 0) FROM people_round WHERE project = ?", (project,)
            ).fetchone()
            record = draft(int(row[0]) + 1)
            if replaced is not None:
                _require_unchanged(connection, replaced, {RoundState.OPEN})
                ended = replace(replaced, state=RoundState.REPLACED, ended=record.opened)
                _write(connection, ended)
                _record_end(connection, ended, author, record.opened)
            _write(connection, record)
            _record(connection, record, "opened", author, record.opened)
        return record

    def all(self, project: str | None = None) -> list[RoundRecord]:
        """Return the rounds of a project, or all, the newest first."""
        with self._database.reading("people_round") as connection:
            if connection is None:
                return []
            rows = connection.execute(
                "SELECT project, number FROM people_round WHERE ?1 IS NULL OR project = ?1"
                " ORDER BY opened DESC, number DESC",
                (project,),
            ).fetchall()
            return [_require(connection, *row) for row in rows]

    def require(self, project: str, number: int) -> RoundRecord:
        """Return a round; raises `UnknownThing`."""
        with self._database.reading("people_round") as connection:
            if connection is None:
                raise UnknownThing(NO_ROUND, project=project, number=number)
            return _require(connection, project, number)

    def receive(
        self,
        record: RoundRecord,
        message: RoundMessage,
        author: Author,
        store: Callable[[], None],
    ) -> RoundRecord:
        """Record a message once `store` has stored it; the same one again changes nothing.

        Raises `UsageError` for another one of the same party, or a round that is no longer open.
        """
        with self._database.writing() as connection:
            current = _require(connection, record.project, record.number)
            sent = next((m for m in current.messages if m.party == message.party), None)
            if sent is not None and sent.sha256 == message.sha256:
                return current
            if sent is not None:
                # Another one is never stored: two messages of a partner, compared, show its bins.
                raise UsageError(SENT_TWICE, number=record.number)
            require_state(current, {RoundState.OPEN})
            store()  # first, so that what the ledger names is there, also after a crash
            connection.execute(
                "INSERT INTO people_message VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (
                    *(record.project, record.number, message.party, message.sha256),
                    *(message.size, _write_instant(message.received)),
                ),
            )
            _record(connection, record, "received", author, message.received)
            return _require(connection, record.project, record.number)

    def begin_merging(self, record: RoundRecord, author: Author, at: datetime) -> RoundRecord:
        """Let nobody send or replace anything any more; calling again has no effect."""
        with self._database.writing() as connection:
            current = _require(connection, record.project, record.number)
            require_state(current, MERGEABLE)
            if current.state is RoundState.MERGING:
                return current
            begun = replace(current, state=RoundState.MERGING)
            _write(connection, begun)
            _record(connection, begun, "merging", author, at)
            return begun

    def conclude(
        self,
        record: RoundRecord,
        allowed: Collection[RoundState],
        changed: RoundRecord,
        author: Author,
        at: datetime,
    ) -> RoundRecord:
        """Change a round that is still in one of the states, with the same messages.

        Raises `UsageError` for another.
        """
        if changed.state not in WAITING:
            changed = replace(changed, ended=at)
        with self._database.writing() as connection:
            _require_unchanged(connection, record, allowed)
            _write(connection, changed)
            _record_end(connection, changed, author, at)
        return changed

    def spent(self, project: str, year: int) -> Decimal:
        """Return the ε that a project has spent in a year."""
        with self._database.reading("people_round") as connection:
            return Decimal(0) if connection is None else _sum_spent(connection, project, year)

    def prove_destruction(self, record: RoundRecord, author: Author, at: datetime) -> None:
        """Write the proof that a round's messages were destroyed, once nothing of them is left.

        Repeated, it changes nothing; a round that received no message has no proof.
        """
        with self._database.writing() as connection:
            current = _require(connection, record.project, record.number)
            messages = [m for m in current.messages if m.destroyed is None]
            if not messages:
                return
            entry = {
                "project": record.project,
                "round": record.number,
                "kind": record.kind,
                "begun": min(m.received for m in messages).isoformat(),
                "done": at.isoformat(),
                "messages": [
                    {"party": m.party, "sha256": m.sha256, "size": m.size} for m in messages
                ],
            }
            DESTROYED.append(connection, [entry])
            connection.execute(
                "UPDATE people_message SET destroyed = ? WHERE project = ? AND number = ?",
                (_write_instant(at), record.project, record.number),
            )
            _record(connection, record, "destroyed", author, at)

    def certificates(self) -> list[ChainLink]:
        """Return the proofs of destroyed messages, the oldest first."""
        with self._database.reading("people_round") as connection:
            return [] if connection is None else list(DESTROYED.links(connection))


def check_destruction(entry: Document) -> None:
    """Check the form of a proof that messages were destroyed, of another ledger."""
    for name in ("project", "kind"):
        entry.member(name).text()
    entry.member("round").whole()
    for name in ("begun", "done"):
        entry.member(name).instant()
    for message in entry.member("messages").items():
        message.member("party").text()
        message.member("sha256").text(SHA256)
        message.member("size").whole()


def require_state(record: RoundRecord, allowed: Collection[RoundState]) -> None:
    """Raise `UsageError` for a round that is in none of some states."""
    if record.state not in allowed:
        raise UsageError(TOO_LATE, number=record.number, project=record.project)


def _require_unchanged(
    connection: Connection, record: RoundRecord, allowed: Collection[RoundState]
) -> None:
    current = _require(connection, record.project, record.number)
    require_state(current, allowed)
    if current.messages != record.messages:  # one has come meanwhile
        raise UsageError(TOO_LATE, number=record.number, project=record.project)


def _sum_spent(connection: Connection, project: str, year: int) -> Decimal:
    rows = connection.execute(
        "SELECT epsilon FROM people_round WHERE project = ? AND year = ? AND spent IS NOT NULL",
        (project, year),
    )
    return sum((Decimal(text) for (text,) in rows), Decimal(0))


def _require(connection: Connection, project: str, number: int) -> RoundRecord:
    if not 0 < number <= MOST_NUMBER:
        raise UnknownThing(NO_ROUND, project=project, number=number)
    row = connection.execute(
        "SELECT kind, state, document, parties, epsilon, public, period, purpose, opened, year,"
        " spent, result, published, reason, ended FROM people_round"
        " WHERE project = ? AND number = ?",
        (project, number),
    ).fetchone()
    if row is None:
        raise UnknownThing(NO_ROUND, project=project, number=number)
    messages = connection.execute(
        "SELECT party, sha256, size, received, destroyed FROM people_message"
        " WHERE project = ? AND number = ? ORDER BY party",
        (project, number),
    )
    return RoundRecord(
        project=project,
        number=number,
        kind=row[0],
        state=RoundState(row[1]),
        text=row[2],
        parties=tuple(json.loads(row[3])),
        epsilon=Decimal(row[4]),
        public=bool(row[5]),
        period=row[6],
        purpose=row[7],
        opened=datetime.fromisoformat(row[8]),
        year=row[9],
        spent=row[10] and datetime.fromisoformat(row[10]),
        result=row[11] and json.loads(row[11]),
        published=row[12] and json.loads(row[12]),
        reason=json.loads(row[13]),
        messages=tuple(
            RoundMessage(
                *(party, digest, size, datetime.fromisoformat(received)),
                destroyed and datetime.fromisoformat(destroyed),
            )
            for party, digest, size, received, destroyed in messages
        ),
        ended=row[14] and datetime.fromisoformat(row[14]),
    )


def _write(connection: Connection, record: RoundRecord) -> None:
    def text(value: object) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False)

    connection.execute(
        "INSERT OR REPLACE INTO people_round"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(record.project, record.number, record.kind, str(record.state)),
            *(record.text, text(list(record.parties)), str(record.epsilon)),
            *(int(record.public), record.period, record.purpose),
            *(_write_instant(record.opened), record.year),
            record.spent and _write_instant(record.spent),
            *(text(record.result), text(record.published), text(dict(record.reason))),
            record.ended and _write_instant(record.ended),
        ),
    )


def _write_instant(at: datetime) -> str:
    # All in UTC, so that the order of texts is that of instants.
    return at.astimezone(UTC).isoformat()


def _record_end(connection: Connection, record: RoundRecord, author: Author, at: datetime) -> None:
    _record(connection, record, str(record.state), author, at)
    if record.spent is None:
        _record(connection, record, "given back", author, at)


def _record(
    connection: Connection, record: RoundRecord, change: str, author: Author, at: datetime
) -> None:
    """Write a change of a round in the audit trail, without anything of its result."""
    facts: tuple[tuple[str, str | int], ...] = (
        ("project", record.project),
        ("round", record.number),
        ("kind", record.kind),
        ("change", change),
        *author.facts(),
    )
    record_events(connection, Event(Act.ROUND, at, author.party, facts=facts))

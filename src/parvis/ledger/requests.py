"""Requests for access, the offers that answer them, every change, and standing offers."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any, Self

from parvis.config.json_data import from_json, to_object
from parvis.errors import LimitError, UnknownThing
from parvis.i18n import N_
from parvis.ledger.audit import Act, Author, Event, record_events
from parvis.ledger.database import FILE, Database

NO_REQUEST = N_("there is no request {id}")
TOO_MANY = N_(
    "{count} requests of your organisation are open already: wait for answers, or withdraw some"
)
TOO_MANY_A_DAY = N_(
    "your organisation has made {count} requests within a day, as many as it may: make the others"
    " tomorrow"
)
NO_RULE = N_("there is no rule {id}")
TOO_MANY_RULES = N_(
    "your organisation has {count} rules already, as many as it may: end one, then add the other"
)
TOO_MANY_RULES_A_DAY = N_(
    "your organisation has made {count} rules within a day, as many as it may: make the others"
    " tomorrow"
)
MOST = 50
"""Open requests of one party."""
MOST_A_DAY = 100
"""Requests that one party makes within a day, whatever became of them."""
MOST_RULES, MOST_RULES_A_DAY = 50, 100
"""Rules of one owner that are in force, and that it makes within a day."""
EXPIRED = "expired"
"""The state of a request whose deadline is over."""


@dataclass(frozen=True)
class Offer:
    """What the owner would allow: a dataset by its IRI, for a purpose, until a day; `rule` made it.

    `words` are the owner's own, in the language that they are written in.
    """

    dataset: str
    purpose: str
    until: date
    words: str = ""
    rule: str | None = None


@dataclass(frozen=True)
class Request:
    """A request of a party, IRIs all: what (`subject`: a dataset or a show), what for, until when.

    `title` names the subject as who asks could read it. `state`, one of `governance.requests`,
    holds from `since`, and until `due` if something is still to be done. `reason` is why it was
    declined.
    """

    id: str
    requester: str
    owner: str
    subject: str
    title: Mapping[str, str]
    purpose: str
    until: date
    message: str
    created: datetime
    state: str
    since: datetime
    due: datetime | None
    offer: Offer | None = None
    reason: str = ""

    def at(self, now: datetime) -> Self:
        """Return it as of an instant: one whose deadline is over has expired."""
        if self.due is not None and self.due <= now:
            return replace(self, state=EXPIRED, since=self.due, due=None)
        return self


@dataclass(frozen=True)
class RequestChange:
    """One change of a request: who did what, with what was said."""

    at: datetime
    act: str
    party: str | None
    role: str
    person: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StandingOffer:
    """A rule of an owner that answers at once: who (an IRI), of which purposes, for how long.

    `audience` is a project, a collection of parties or a kind of organisation; without `purposes`,
    any purpose.
    """

    id: str
    owner: str
    dataset: str
    audience: str
    purposes: tuple[str, ...]
    days: int
    created: datetime
    ended: datetime | None = None


class Requests:
    """The requests of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(self, requests: Collection[Request], author: Author) -> None:
        """Add new requests of a party, all or none; raises `LimitError` for too many open ones."""
        with self._database.writing() as connection:
            for request in requests:
                rows = _select(connection, "requester = ?", request.requester)
                count = sum(row.at(request.created).due is not None for row in rows)
                if count >= MOST:
                    raise LimitError(TOO_MANY, count=count)
                # Each one writes to the people of its owner, also one that is taken back at once.
                day_before = request.created - timedelta(days=1)
                if sum(row.created > day_before for row in rows) >= MOST_A_DAY:
                    raise LimitError(TOO_MANY_A_DAY, count=MOST_A_DAY)
                _write(connection, request)
                facts = {"purpose": request.purpose, "until": request.until.isoformat()}
                _record(connection, request, "make", author, request.created, facts)

    def change(  # noqa: PLR0913, PLR0917 - a change has as many parts
        self,
        name: str,
        update: Callable[[Request], Request],
        act: str,
        author: Author,
        now: datetime,
        facts: Mapping[str, Any],
    ) -> Request:
        """Change a request in one transaction with its history and the audit trail.

        Raises `UnknownThing`, and what `update` raises: then nothing changed.
        """
        with self._database.writing() as connection:
            rows = _select(connection, "id = ?", name)
            if not rows:
                raise UnknownThing(NO_REQUEST, id=name)
            changed = update(rows[0])
            _write(connection, changed)
            _record(connection, changed, act, author, now, facts)
            return changed

    def require(self, name: str) -> Request:
        rows = self._find("id = ?", name)
        if not rows:
            raise UnknownThing(NO_REQUEST, id=name)
        return rows[0]

    def all(self) -> list[Request]:
        """Return every request, the newest first."""
        return self._find("1 = 1")

    def of(self, party: str) -> list[Request]:
        """Return the requests that a party made or is to answer, the newest first."""
        return self._find("requester = ? OR owner = ?", party, party)

    def latest(self, party: str, dataset: str, now: datetime) -> Request | None:
        """Return what a party asked for last of a dataset, or was offered of it."""
        for row in self._find("requester = ?", party):
            if dataset in {row.subject, row.offer.dataset if row.offer else ""}:
                return row.at(now)
        return None

    def purposes(self, party: str) -> frozenset[str]:
        """Return the purposes of a party's requests that an agreement in force grants."""
        granted = self._find("requester = ? AND state = 'granted'", party)
        return frozenset(row.offer.purpose if row.offer else row.purpose for row in granted)

    def history(self, name: str) -> list[RequestChange]:
        """Return every change of a request, the first first."""
        with self._database.reading("request_change") as connection:
            if connection is None:
                return []
            connection.row_factory = Row
            rows = connection.execute(
                "SELECT at, act, party, role, person, facts FROM request_change"
                " WHERE request = ? ORDER BY number",
                (name,),
            )
            changes = [dict(row) | {"facts": json.loads(row["facts"])} for row in rows]
            return [from_json(RequestChange, change) for change in changes]

    def _find(self, condition: str, *values: str) -> list[Request]:
        with self._database.reading("access_request") as connection:
            return [] if connection is None else _select(connection, condition, *values)


class StandingOffers:
    """The rules of owners that answer at once, in the ledger."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(self, rule: StandingOffer, author: Author) -> None:
        """Add a rule; raises `LimitError` for an owner that has as many as it may."""
        with self._database.writing() as connection:
            query = "SELECT created, ended FROM standing_offer WHERE owner = ?"
            rows = connection.execute(query, (rule.owner,)).fetchall()
            if sum(ended is None for _, ended in rows) >= MOST_RULES:
                raise LimitError(TOO_MANY_RULES, count=MOST_RULES)
            day_before = rule.created - timedelta(days=1)
            if sum(datetime.fromisoformat(at) > day_before for at, _ in rows) >= MOST_RULES_A_DAY:
                raise LimitError(TOO_MANY_RULES_A_DAY, count=MOST_RULES_A_DAY)
            cells = to_object(rule) | {"purposes": " ".join(rule.purposes)}
            _insert(connection, "standing_offer", cells)
            _record_rule(connection, rule, "rule", author, rule.created)

    def end(self, name: str, owner: str, author: Author, now: datetime) -> None:
        """End a rule of an owner; raises `UnknownThing` for any other."""
        with self._database.writing() as connection:
            # Read in the same transaction: of two who end it, one does, and one entry is written.
            rules = _select_rules(connection, owner)
            rule = next((rule for rule in rules if rule.id == name), None)
            if rule is None:
                raise UnknownThing(NO_RULE, id=name)
            update = "UPDATE standing_offer SET ended = ? WHERE id = ?"
            connection.execute(update, (now.isoformat(), name))
            _record_rule(connection, rule, "rule-ended", author, now)

    def of(self, owner: str) -> list[StandingOffer]:
        """Return the rules of an owner that are in force, the oldest first."""
        with self._database.reading("standing_offer") as connection:
            return _select_rules(connection, owner) if connection else []


def _select_rules(connection: Connection, owner: str) -> list[StandingOffer]:
    """Return the rules of an owner that are in force, the oldest first."""
    connection.row_factory = Row
    rows = connection.execute(
        "SELECT * FROM standing_offer WHERE owner = ? AND ended IS NULL ORDER BY created, id",
        (owner,),
    ).fetchall()
    connection.row_factory = None
    return [
        from_json(StandingOffer, dict(row) | {"purposes": row["purposes"].split()}) for row in rows
    ]


_NAMES = [column.name for column in fields(Request)]
_OBJECTS: Mapping[str, Callable[[str], Any]] = {"title": json.loads, "offer": json.loads}


def _select(connection: Connection, condition: str, *values: str) -> list[Request]:
    """Return the requests that meet a condition of this module, the newest first."""
    connection.row_factory = Row
    rows = connection.execute(
        f"SELECT * FROM access_request WHERE {condition} ORDER BY created DESC, id",  # noqa: S608 - ours
        values,
    ).fetchall()
    connection.row_factory = None
    return [
        from_json(
            Request,
            {
                name: _OBJECTS[name](row[name]) if name in _OBJECTS and row[name] else row[name]
                for name in _NAMES
            },
        )
        for row in rows
    ]


def _write(connection: Connection, request: Request) -> None:
    cells = to_object(request)
    # Instants are all in UTC, so that the order of texts is that of instants.
    for name in ("created", "since", "due"):
        instant: datetime | None = getattr(request, name)
        cells[name] = instant and instant.astimezone(UTC).isoformat()
    for name in _OBJECTS:
        cells[name] = None if cells[name] is None else json.dumps(cells[name], ensure_ascii=False)
    _insert(connection, "access_request", cells)


def _insert(connection: Connection, table: str, cells: Mapping[str, Any]) -> None:
    names, marks = ", ".join(cells), ", ".join("?" * len(cells))
    statement = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - constants
    connection.execute(statement, tuple(cells.values()))


def _record(  # noqa: PLR0913, PLR0917 - a change has as many parts
    connection: Connection,
    request: Request,
    act: str,
    author: Author,
    now: datetime,
    facts: Mapping[str, Any],
) -> None:
    """Write a change in the history of a request and in the audit trail."""
    (number,) = connection.execute(
        "SELECT COUNT(*) FROM request_change WHERE request = ?", (request.id,)
    ).fetchone()
    cells = {
        "request": request.id,
        "number": number + 1,
        "at": now.astimezone(UTC).isoformat(),
        "act": str(act),
        "party": author.party,
        "role": str(author.role),
        "person": author.person,
        "facts": json.dumps(facts, ensure_ascii=False, default=str),
    }
    _insert(connection, "request_change", cells)
    about = request.offer.dataset if request.offer else request.subject
    named = (("request", request.id), ("change", str(act)), ("state", str(request.state)))
    event = Event(Act.REQUEST, now, author.party, ((about, None),), (*named, *author.facts()))
    record_events(connection, event)


def _record_rule(
    connection: Connection, rule: StandingOffer, act: str, author: Author, now: datetime
) -> None:
    facts = (("rule", rule.id), ("change", act), ("audience", rule.audience), *author.facts())
    record_events(connection, Event(Act.REQUEST, now, author.party, ((rule.dataset, None),), facts))


@dataclass(frozen=True)
class Law25File:
    """What a request under Law 25 says, its dated steps, and the assessment that is joined.

    `assessment` is the ending of the file in the data folder, empty without one; `sha256` its
    digest.
    """

    request: str
    answers: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, date] = field(default_factory=dict)
    assessment: str = ""
    sha256: str = ""


class Law25Files:
    """The files of requests under Law 25, in the ledger."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def get(self, request: str) -> Law25File:
        """Return the file of a request, empty before anything was written."""
        with self._database.reading("law25_file") as connection:
            return Law25File(request) if connection is None else _read_law25(connection, request)

    def change(  # noqa: PLR0913, PLR0917 - a change has as many parts
        self,
        request: Request,
        update: Callable[[Law25File], Law25File],
        act: str,
        author: Author,
        now: datetime,
        facts: Mapping[str, Any],
    ) -> Law25File:
        """Change a file in one transaction with the history of its request."""
        with self._database.writing() as connection:
            changed = update(_read_law25(connection, request.id))
            cells = {
                "request": changed.request,
                "answers": json.dumps(dict(changed.answers), ensure_ascii=False),
                "dates": json.dumps({n: day.isoformat() for n, day in changed.dates.items()}),
                "assessment": changed.assessment,
                "sha256": changed.sha256,
            }
            _insert(connection, "law25_file", cells)
            _record(connection, request, act, author, now, facts)
            return changed


def _read_law25(connection: Connection, request: str) -> Law25File:
    query = "SELECT answers, dates, assessment, sha256 FROM law25_file WHERE request = ?"
    row = connection.execute(query, (request,)).fetchone()
    if row is None:
        return Law25File(request)
    dates = {name: date.fromisoformat(day) for name, day in json.loads(row[1]).items()}
    return Law25File(request, json.loads(row[0]), dates, row[2], row[3])

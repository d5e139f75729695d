"""Files that partners gave over the web, and what became of each.

The file itself waits in the data folder; here is what is remembered of it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any, Self

from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger.audit import Act, Event, note
from parvis.ledger.database import FILE, Database

NO_DEPOSIT = N_("there is no file {id} in the queue")
DECIDED = N_("the file {id} is no longer waiting ({state})")


class State(StrEnum):
    """What became of a file; `ENTERING` is written ahead, while it is made the content."""

    WAITING = "waiting"
    ENTERING = "entering"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    REPLACED = "replaced"


OPEN = frozenset({State.WAITING, State.ENTERING})
"""The states of a file that is still there to be decided about."""


@dataclass(frozen=True)
class Deposit:
    """A file given for a dataset by a party, both IRIs; it waits no longer than `until`.

    `decided` is when its state became what it is, `by` whose doing that was: a party's IRI,
    ``rule``, or nothing for the steward's shell. `reason` is the steward's, in one language, or
    parvis's, in each. `facts` are figures of its report, `waits` says why no rule accepted it.
    """

    id: str
    dataset: str
    party: str
    file: str
    digest: str
    size: int
    given: datetime
    until: datetime
    state: State = State.WAITING
    decided: datetime | None = None
    by: str | None = None
    reason: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, float | None] = field(default_factory=dict)
    waits: tuple[Mapping[str, str], ...] = ()

    def at(self, now: datetime) -> Self:
        """Give it as it stands at an instant: one that waited for too long has expired."""
        if self.state is State.WAITING and self.until <= now:
            return replace(self, state=State.EXPIRED, decided=self.until)
        return self

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        for name in ("given", "until", "decided"):
            found[name] = found[name] and found[name].isoformat(timespec="seconds")
        texts = {"reason": dict(self.reason), "waits": [dict(one) for one in self.waits]}
        return found | texts | {"state": str(self.state), "facts": dict(self.facts)}


class Deposits:
    """The files given to a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        """Name the data folder; nothing is read or written yet."""
        self._database = Database(data / FILE)

    def add(self, one: Deposit) -> list[Deposit]:
        """Remember a file that waits; gives what waited for the same dataset, and is replaced."""
        with self._database.writing() as connection:
            former = _select(connection, "dataset = ? AND state = ?", one.dataset, "waiting")
            for other in former:
                _write(connection, replace(other, state=State.REPLACED, decided=one.given))
            _write(connection, one)
            facts = (("deposit", one.id), ("rows", one.facts.get("rows")))
            about = ((one.dataset, None),)
            note(connection, Event(Act.DEPOSIT, one.given, one.party, about, facts))
            return former

    def begin(self, name: str, now: datetime, by: str | None) -> Deposit:
        """Write ahead that a file is made the content, or find that this was begun."""

        def entering(one: Deposit) -> Deposit:
            return replace(one, state=State.ENTERING, by=by)

        return self._change(name, OPEN, now, entering)

    def reopen(self, name: str, now: datetime) -> None:
        """Let a file wait again that could not be made the content."""

        def waiting(one: Deposit) -> Deposit:
            return replace(one, state=State.WAITING, by=None)

        self._change(name, {State.ENTERING}, now, waiting)

    def decide(
        self, name: str, state: State, now: datetime, by: str | None, reason: Mapping[str, str]
    ) -> Deposit:
        """Say what became of a file; raises `UnknownThing`, and `UsageError` if that is decided."""

        def decided(one: Deposit) -> Deposit:
            return replace(one, state=state, decided=now, by=by, reason=reason)

        return self._change(name, OPEN, now, decided)

    def expire(self, now: datetime) -> list[Deposit]:
        """Write down which files have waited for too long; gives them."""
        over = [one.at(now) for one in self.open() if one.at(now).state is State.EXPIRED]
        if over:
            with self._database.writing() as connection:
                for one in over:
                    _write(connection, one)
                    note(connection, _event(one, now))
        return over

    def require(self, name: str) -> Deposit:
        """Give a file by its id; raises `UnknownThing`."""
        found = self._find("id = ?", name)
        if not found:
            raise UnknownThing(NO_DEPOSIT, id=name)
        return found[0]

    def open(self) -> list[Deposit]:
        """Give the files that are still to be decided about, the oldest first."""
        return self._find("state IN (?, ?)", *sorted(OPEN))

    def of(self, dataset: str) -> list[Deposit]:
        """Give all that was given for a dataset, the newest first."""
        return self._find("dataset = ?", dataset)[::-1]

    def forget(self, datasets: Iterable[str]) -> None:
        """Remember nothing more of what was given for datasets that are destroyed."""
        gone = list(datasets)
        if any(map(self.of, gone)):
            with self._database.writing() as connection:
                for dataset in gone:
                    connection.execute("DELETE FROM deposit WHERE dataset = ?", (dataset,))

    def _change(
        self,
        name: str,
        states: Iterable[State],
        now: datetime,
        change: Callable[[Deposit], Deposit],
    ) -> Deposit:
        """Change a file whose state allows it, in one transaction with its note in the trail."""
        with self._database.writing() as connection:
            found = _select(connection, "id = ?", name)
            if not found:
                raise UnknownThing(NO_DEPOSIT, id=name)
            one = found[0].at(now)
            if one.state not in states:
                raise UsageError(DECIDED, id=name, state=one.state)
            changed = change(one)
            _write(connection, changed)
            if changed.state not in OPEN:
                note(connection, _event(changed, now))
            return changed

    def _find(self, condition: str, *values: str) -> list[Deposit]:
        with self._database.reading() as connection:
            if connection is None or not Database.has(connection, "deposit"):
                return []
            return _select(connection, condition, *values)


_COLUMNS = ", ".join(f'"{one.name}"' for one in fields(Deposit))
_MARKS = ", ".join("?" for _ in fields(Deposit))


def _event(one: Deposit, now: datetime) -> Event:
    facts = (("deposit", one.id), ("state", str(one.state)))
    return Event(Act.DECIDE, now, one.by, ((one.dataset, None),), facts)


def _select(connection: Connection, condition: str, *values: str) -> list[Deposit]:
    """Read those that meet a condition, which is one of this module's own, the oldest first."""
    connection.row_factory = Row
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM deposit WHERE {condition} ORDER BY given, id",  # noqa: S608 - ours
        values,
    )
    return [_deposit(dict(row)) for row in rows]


def _write(connection: Connection, one: Deposit) -> None:
    found = {each.name: getattr(one, each.name) for each in fields(one)}
    for name in ("given", "until", "decided"):
        found[name] = found[name] and found[name].astimezone(UTC).isoformat()
    for name in ("reason", "facts", "waits"):
        found[name] = json.dumps(found[name], ensure_ascii=False)
    connection.execute(
        f"INSERT OR REPLACE INTO deposit ({_COLUMNS}) VALUES ({_MARKS})",  # noqa: S608 - ours
        tuple(found.values()),
    )


def _deposit(found: dict[str, Any]) -> Deposit:
    for name in ("given", "until", "decided"):
        found[name] = found[name] and datetime.fromisoformat(found[name])
    for name in ("reason", "facts", "waits"):
        found[name] = json.loads(found[name])
    return Deposit(**found | {"state": State(found["state"]), "waits": tuple(found["waits"])})

"""Files that partners deposited over the web, and the state of each.

The file itself is in the data folder.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any, Self

from parvis.config.json_data import from_json, to_object
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger.audit import Act, Author, Event, record_events
from parvis.ledger.database import FILE, Database

NO_DEPOSIT = N_("there is no file {id} in the queue")
DECIDED = N_("the file {id} is no longer waiting ({state})")


class DepositState(StrEnum):
    """The state of a file; `ENTERING` is written ahead, while it becomes the content."""

    WAITING = "waiting"
    ENTERING = "entering"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    REPLACED = "replaced"


OPEN = frozenset({DepositState.WAITING, DepositState.ENTERING})
"""The states of a file that is still to be decided about."""


@dataclass(frozen=True)
class Deposit:
    """A file deposited for a dataset by a party, both IRIs; it waits no longer than `until`.

    `decided` is the instant of its state, `by` who decided: a party's IRI,
    ``rule``, or None for the steward's shell. `reason` is the steward's, in one language, or
    parvis's, in each. `facts` are figures of its report, `waits` the reasons why no rule
    accepted it.
    """

    id: str
    dataset: str
    party: str
    file: str
    digest: str
    size: int
    given: datetime
    until: datetime
    state: DepositState = DepositState.WAITING
    decided: datetime | None = None
    by: str | None = None
    reason: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, float | None] = field(default_factory=dict)
    waits: tuple[Mapping[str, str], ...] = ()

    def at(self, now: datetime) -> Self:
        """Return it as of an instant: one that waited for too long has expired."""
        if self.state is DepositState.WAITING and self.until <= now:
            return replace(self, state=DepositState.EXPIRED, decided=self.until)
        return self

    def to_json(self) -> dict[str, Any]:
        instants = {"given": self.given, "until": self.until, "decided": self.decided}
        return to_object(self) | {
            name: at and at.isoformat(timespec="seconds") for name, at in instants.items()
        }


class Deposits:
    """The files deposited in a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(self, deposit: Deposit, more: Iterable[tuple[str, str | int]] = ()) -> list[Deposit]:
        """Add a waiting file; return those that waited for the same dataset: they are replaced.

        `more` are facts for the trail: of its author, and how many values it corrected.
        """
        with self._database.writing() as connection:
            former = _select(connection, "dataset = ? AND state = ?", deposit.dataset, "waiting")
            for waiting in former:
                changed = replace(waiting, state=DepositState.REPLACED, decided=deposit.given)
                _write(connection, changed)
            _write(connection, deposit)
            facts = (("deposit", deposit.id), ("rows", deposit.facts.get("rows")), *more)
            about = ((deposit.dataset, None),)
            record_events(
                connection, Event(Act.DEPOSIT, deposit.given, deposit.party, about, facts)
            )
            return former

    def begin(self, name: str, now: datetime, author: Author) -> Deposit:
        """Write ahead that a file becomes the content, again if that was interrupted."""
        return self._change(name, OPEN, now, {"state": DepositState.ENTERING, "by": author.party})

    def reopen(self, name: str, now: datetime) -> None:
        """Let a file wait again that could not become the content."""
        self._change(
            name, {DepositState.ENTERING}, now, {"state": DepositState.WAITING, "by": None}
        )

    def decide(
        self,
        name: str,
        state: DepositState,
        now: datetime,
        author: Author,
        reason: Mapping[str, str],
    ) -> Deposit:
        """Record the decision on a file; raises `UnknownThing`, and `UsageError` if decided."""
        changes = {"state": state, "decided": now, "by": author.party, "reason": reason}
        return self._change(name, OPEN, now, changes, author.facts())

    def expire(self, now: datetime) -> list[Deposit]:
        """Record which files have waited for too long; return them."""
        # A transaction is opened only if there is something to write.
        current = (deposit.at(now) for deposit in self.open())
        expired = [deposit for deposit in current if deposit.state is DepositState.EXPIRED]
        if expired:
            with self._database.writing() as connection:
                for deposit in expired:
                    _write(connection, deposit)
                    record_events(connection, _build_event(deposit, now))
        return expired

    def require(self, name: str) -> Deposit:
        """Return a file by its id; raises `UnknownThing`."""
        deposits = self._find("id = ?", name)
        if not deposits:
            raise UnknownThing(NO_DEPOSIT, id=name)
        return deposits[0]

    def open(self) -> list[Deposit]:
        """Return the files that are still to be decided about, the oldest first."""
        return self._find("state IN (?, ?)", *sorted(OPEN))

    def of(self, dataset: str) -> list[Deposit]:
        """Return all files deposited for a dataset, the newest first."""
        return self._find("dataset = ?", dataset)[::-1]

    def forget(self, datasets: Iterable[str]) -> None:
        """Remove the deposits for datasets that are destroyed."""
        destroyed = list(datasets)
        if any(map(self.of, destroyed)):
            with self._database.writing() as connection:
                for dataset in destroyed:
                    connection.execute("DELETE FROM deposit WHERE dataset = ?", (dataset,))

    def _change(
        self,
        name: str,
        states: Iterable[DepositState],
        now: datetime,
        changes: Mapping[str, Any],
        facts: Iterable[tuple[str, str]] = (),
    ) -> Deposit:
        """Change a file whose state allows it, in one transaction with its event in the trail."""
        with self._database.writing() as connection:
            deposits = _select(connection, "id = ?", name)
            if not deposits:
                raise UnknownThing(NO_DEPOSIT, id=name)
            deposit = deposits[0].at(now)
            if deposit.state not in states:
                raise UsageError(DECIDED, id=name, state=deposit.state)
            changed = replace(deposit, **changes)
            _write(connection, changed)
            if changed.state not in OPEN:
                record_events(connection, _build_event(changed, now, facts))
            return changed

    def _find(self, condition: str, *values: str) -> list[Deposit]:
        with self._database.reading("deposit") as connection:
            if connection is None:
                return []
            return _select(connection, condition, *values)


_NAMES = [column.name for column in fields(Deposit)]
_COLUMNS = ", ".join(f'"{name}"' for name in _NAMES)
_MARKS = ", ".join("?" for _ in _NAMES)


def _build_event(deposit: Deposit, now: datetime, more: Iterable[tuple[str, str]] = ()) -> Event:
    facts = (("deposit", deposit.id), ("state", str(deposit.state)), *more)
    return Event(Act.DECIDE, now, deposit.by, ((deposit.dataset, None),), facts)


def _select(connection: Connection, condition: str, *values: str) -> list[Deposit]:
    """Return the deposits that meet a condition of this module, the oldest first."""
    connection.row_factory = Row
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM deposit WHERE {condition} ORDER BY given, id",  # noqa: S608 - ours
        values,
    )
    return [
        from_json(
            Deposit,
            dict(row) | {name: json.loads(row[name]) for name in ("reason", "facts", "waits")},
        )
        for row in rows
    ]


def _write(connection: Connection, deposit: Deposit) -> None:
    cells = {name: getattr(deposit, name) for name in _NAMES}
    # Instants are all in UTC, so that the order of texts is that of instants.
    for name in ("given", "until", "decided"):
        cells[name] = cells[name] and cells[name].astimezone(UTC).isoformat()
    for name in ("reason", "facts", "waits"):
        cells[name] = json.dumps(cells[name], ensure_ascii=False)
    connection.execute(
        f"INSERT OR REPLACE INTO deposit ({_COLUMNS}) VALUES ({_MARKS})",  # noqa: S608 - ours
        tuple(cells.values()),
    )

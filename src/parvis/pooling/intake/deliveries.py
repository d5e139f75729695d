"""What came of each dataset's source and when: which is late, broken or stopped, which is due."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from parvis.config.documents import Document
from parvis.i18n import N_
from parvis.store import files as durable
from parvis.store.files import writing

# What came of each dataset's source and when: which is late, broken or stopped, which is due.
#
# It is kept in ``deliveries.json`` in the data folder: instants, how often asking failed and why,
# never anything of a content.

FILE = "deliveries.json"
State = Literal["good", "late", "broken", "stopped", "awaited"]
STATES: tuple[State, ...] = ("stopped", "broken", "late", "awaited", "good")
"""The gravest first."""
LATE, STOPPED = 1.5, 3.0
"""Periods after the last change from which a source is late, or has stopped."""
PATIENCE = timedelta(days=7)
"""How long a source may be broken before it is said to have stopped."""
LEAST, MOST = timedelta(hours=1), timedelta(days=7)
"""The least and the most time between two looks at a source; a tenth of its period between them."""
A_DAY = timedelta(days=1)
A_NUMBER = N_("a number")
INSTANTS = ("tried", "succeeded", "changed", "failing")


@dataclass(frozen=True)
class Delivery:
    """One dataset's source: `fetched` says whether it can be asked, `days` are its period.

    `tried`, `succeeded` and `changed` tell when it was last asked, had, and other than before;
    `failing` since when it fails, `failures` how often it has, `why` the last time.
    """

    dataset: str
    fetched: bool = False
    days: float | None = None
    tried: datetime | None = None
    succeeded: datetime | None = None
    changed: datetime | None = None
    failing: datetime | None = None
    failures: int = 0
    why: dict[str, str] | None = None

    def state(self, now: datetime) -> State:
        """Say how its source does at an instant."""
        if self.failing is not None:
            return "stopped" if now - self.failing >= PATIENCE else "broken"
        if self.changed is None:
            return "awaited"
        if self.days is None:
            return "good"
        periods = (now - self.changed) / timedelta(days=self.days)
        return "stopped" if periods >= STOPPED else "late" if periods >= LATE else "good"

    def expected(self) -> datetime | None:
        """Tell when a new content is announced for, if it is."""
        if self.changed is None or self.days is None:
            return None
        return self.changed + timedelta(days=self.days)

    def due(self) -> datetime | None:
        """Tell when it is to be asked again; None for at once.

        After a failure an hour later, then two, four… a day at most.
        """
        if self.tried is None:
            return None
        if self.failures:
            return self.tried + min(LEAST * (1 << min(self.failures - 1, 10)), A_DAY)
        period = A_DAY * 10 if self.days is None else timedelta(days=self.days)
        return self.tried + max(LEAST, min(period / 10, MOST))

    def is_due(self, now: datetime) -> bool:
        """Say whether it is to be asked; so it is if the clock was set back since the last time."""
        again = self.due()
        return again is None or self.tried is None or not self.tried <= now < again

    def succeed(self, at: datetime, changed: datetime | None) -> Self:
        """Note that it was had; `changed` is when the content became what it is."""
        return replace(
            self, tried=at, succeeded=at, changed=changed, failing=None, failures=0, why=None
        )

    def fail(self, at: datetime, why: dict[str, str]) -> Self:
        """Note that it could not be had, or not be taken."""
        failing = self.failing or at
        return replace(self, tried=at, failing=failing, failures=self.failures + 1, why=why)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        instants = {name: getattr(self, name) for name in INSTANTS}
        return vars(self) | {
            name: None if at is None else at.isoformat() for name, at in instants.items()
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        told = Document(found, FILE)  # it comes back with a backup
        instants = {name: told.member(name) for name in INSTANTS}
        days, why = told.member("days"), told.member("why")
        if days.value is not None and not isinstance(days.value, int | float):
            raise days.refusal(A_NUMBER)
        return cls(
            dataset=told.member("dataset").text(),
            fetched=told.member("fetched").flag(),
            days=days.value,
            failures=told.member("failures").whole(),
            why=why.optional(why.texts),
            **{name: at.optional(at.instant) for name, at in instants.items()},
        )


class Deliveries:
    """The sources of a pool's datasets, in its data folder."""

    def __init__(self, data: Path) -> None:
        """Use a data folder."""
        self._data = data
        self._file = data / FILE

    def all(self) -> list[Delivery]:
        """Give all that is known, by dataset; nothing where no source was ever asked."""
        return [Delivery.from_json(one) for _, one in sorted(self._read().items())]

    def of(self, dataset: str) -> Delivery:
        """Give what is known of one dataset's source."""
        found = self._read().get(dataset)
        return Delivery(dataset) if found is None else Delivery.from_json(found)

    def note(self, change: Callable[[Delivery], Delivery], dataset: str) -> None:
        """Change what is known of one dataset's source, in one step."""
        with writing(self._data):
            self._write(self._read() | {dataset: change(self.of(dataset)).to_json()})

    def keep_only(self, datasets: set[str]) -> None:
        """Forget what is not among some datasets."""
        whole = self._read()
        if whole.keys() - datasets:
            with writing(self._data):
                self._write({name: one for name, one in self._read().items() if name in datasets})

    def forget(self, dataset: str) -> None:
        """Keep nothing of a dataset's source any more."""
        self.keep_only(self._read().keys() - {dataset})

    def _write(self, whole: dict[str, Any]) -> None:
        durable.replace_object(self._file, whole)

    def _read(self) -> dict[str, Any]:
        """Read the whole file."""
        return durable.read_object(self._file)


def health(data: Path, now: datetime | None = None) -> list[dict[str, Any]]:
    """Tell how each source does, the gravest first, as plain data."""
    at = now or datetime.now(UTC)
    told = []
    for one in Deliveries(data).all():
        expected = one.expected()
        instant = None if expected is None else expected.isoformat()
        told.append({"state": one.state(at), **one.to_json(), "expected": instant})
    return sorted(told, key=lambda one: (STATES.index(one["state"]), one["dataset"]))

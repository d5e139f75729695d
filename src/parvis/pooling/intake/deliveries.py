"""The state of each dataset's source: which is late, broken or stopped, which is due."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from parvis.config import clock
from parvis.config.documents import Document
from parvis.config.json_data import to_json, to_object
from parvis.i18n import N_
from parvis.store import files as durable
from parvis.store.files import writing

# Stored in ``deliveries.json`` in the data folder: instants, failures and their reason, never
# anything of a content.

FILE = "deliveries.json"
State = Literal["good", "late", "broken", "stopped", "awaited"]
STATES: tuple[State, ...] = ("stopped", "broken", "late", "awaited", "good")
"""The most severe first."""
LATE, STOPPED = 1.5, 3.0
"""Periods after the last change from which a source is late, or has stopped."""
PATIENCE = timedelta(days=7)
"""How long a source may be broken before it counts as stopped."""
LEAST, MOST = timedelta(hours=1), timedelta(days=7)
"""The least and the most time between two requests to a source; a tenth of its period between."""
A_DAY = timedelta(days=1)
A_NUMBER = N_("a number")
INSTANTS = ("tried", "succeeded", "changed", "failing")


@dataclass(frozen=True)
class Delivery:
    """One dataset's source: `fetched` if it can be asked, `days` are its announced period.

    `tried`, `succeeded` and `changed` are when it was last asked, received and different;
    `failing` is since when it fails, `failures` how often it has, `why` the last reason.
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
        if self.failing is not None:
            return "stopped" if now - self.failing >= PATIENCE else "broken"
        if self.changed is None:
            return "awaited"
        if self.days is None:
            return "good"
        periods = (now - self.changed) / timedelta(days=self.days)
        return "stopped" if periods >= STOPPED else "late" if periods >= LATE else "good"

    def expected_at(self) -> datetime | None:
        """Return when a new content is announced for, if it is."""
        if self.changed is None or self.days is None:
            return None
        return self.changed + timedelta(days=self.days)

    def due_at(self) -> datetime | None:
        """Return when it is to be asked again; None for at once."""
        if self.tried is None:
            return None
        # After a failure an hour later, then two, four… a day at most.
        if self.failures:
            return self.tried + min(LEAST * (1 << min(self.failures - 1, 10)), A_DAY)
        period = A_DAY * 10 if self.days is None else timedelta(days=self.days)
        return self.tried + max(LEAST, min(period / 10, MOST))

    def is_due(self, now: datetime) -> bool:
        # A clock set back since the last time makes it due: it would wait for too long.
        again = self.due_at()
        return again is None or self.tried is None or not self.tried <= now < again

    def succeed(self, at: datetime, changed: datetime | None) -> Self:
        """Note a success; `changed` is when the content became what it is."""
        return replace(
            self, tried=at, succeeded=at, changed=changed, failing=None, failures=0, why=None
        )

    def fail(self, at: datetime, why: dict[str, str]) -> Self:
        """Note that the file could not be fetched, or was refused."""
        failing = self.failing or at
        return replace(self, tried=at, failing=failing, failures=self.failures + 1, why=why)

    @classmethod
    def from_json(cls, source: dict[str, Any]) -> Self:
        document = Document(source, FILE)  # checked, because it returns with a backup
        instants = {name: document.member(name) for name in INSTANTS}
        days, why = document.member("days"), document.member("why")
        if days.value is not None and not isinstance(days.value, int | float):
            raise days.refusal(A_NUMBER)
        return cls(
            dataset=document.member("dataset").text(),
            fetched=document.member("fetched").flag(),
            days=days.value,
            failures=document.member("failures").whole(),
            why=why.optional(why.texts),
            **{name: at.optional(at.instant) for name, at in instants.items()},
        )


class Deliveries:
    """The sources of a pool's datasets, in its data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._file = data / FILE

    def all(self) -> list[Delivery]:
        """Return all sources, by dataset."""
        return [Delivery.from_json(source) for _, source in sorted(self._read().items())]

    def of(self, dataset: str) -> Delivery:
        source = self._read().get(dataset)
        return Delivery(dataset) if source is None else Delivery.from_json(source)

    def note(self, change: Callable[[Delivery], Delivery], dataset: str) -> None:
        """Change one dataset's source, in one step."""
        with writing(self._data):
            sources = self._read() | {dataset: to_json(change(self.of(dataset)))}
            durable.replace_object(self._file, sources)

    def keep_only(self, datasets: set[str]) -> None:
        """Delete the sources of other datasets."""
        if self._read().keys() - datasets:
            with writing(self._data):
                sources = {name: s for name, s in self._read().items() if name in datasets}
                durable.replace_object(self._file, sources)

    def forget(self, dataset: str) -> None:
        """Delete a dataset's source."""
        self.keep_only(self._read().keys() - {dataset})

    def _read(self) -> dict[str, Any]:
        return durable.read_object(self._file)


def health(data: Path, now: datetime | None = None) -> list[dict[str, Any]]:
    """Return the state of each source as JSON data, the most severe first."""
    at = now or clock.machine_time()
    sources = []
    for source in Deliveries(data).all():
        expected = source.expected_at()
        instant = None if expected is None else expected.isoformat()
        sources.append({"state": source.state(at), **to_object(source), "expected": instant})
    return sorted(sources, key=lambda s: (STATES.index(s["state"]), s["dataset"]))

"""The source of a dataset's file, a path or an address of another server, and its state.

The data folder has the validators of each fetched file in ``sources.json``, with its digest (a
later submission from elsewhere makes them void), and in ``deliveries.json`` which sources are
late, broken or stopped: instants, failures and their reason, never anything of a content.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from parvis.catalog.entries import Dataset
from parvis.config import Settings, clock
from parvis.config.documents import Document
from parvis.config.json_data import to_json, to_object
from parvis.errors import SourceError
from parvis.fetch.address import Address, Source
from parvis.fetch.validators import Validators
from parvis.i18n import N_
from parvis.store.files import read_object, replace_object, writing
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from parvis.pooling.pool import Pool


@dataclass(frozen=True)
class SourceFile:
    """A file that can be read, and where it was fetched from, if it was."""

    file: Path
    address: Address | None = None
    validators: Validators = field(default_factory=Validators)


@contextmanager
def open_source(settings: Settings, source: Source) -> Iterator[SourceFile]:
    """Yield a source as a file; a fetched one is deleted afterwards.

    Raises `AddressError`, `FetchError` or `LimitError` for an address that gives none.
    """
    with open_if_changed(settings, source, Validators()) as file:
        assert file is not None  # noqa: S101 - a request without validators has no such answer
        yield file


@contextmanager
def open_if_changed(
    settings: Settings, source: Source, validators: Validators
) -> Iterator[SourceFile | None]:
    """Yield a source as `open_source` does; None where its server reports no change."""
    if isinstance(source, Path):
        yield SourceFile(source)
        return
    from parvis.fetch.download import download  # noqa: PLC0415 - HTTP, which a file does without

    with TemporaryDirectory(prefix="parvis-") as folder:
        response = download(source, Path(folder), settings.fetch, validators)
        yield None if response is None else SourceFile(response.file, source, response.validators)


@contextmanager
def without_answers(pool: "Pool", file: SourceFile) -> Iterator[SourceFile]:
    """Yield a partner's file, its estimates in the place of answers of persons (`as_estimates`)."""
    from parvis.pooling.surveys import as_estimates  # noqa: PLC0415 - a file alone has no survey

    with as_estimates(pool.converter, file.file) as path:
        yield file if path == file.file else replace(file, file=path)


def source_of(dataset: Dataset, source: Source | None = None) -> Source:
    """Return the caller's source, else the record's address, else the file in its folder.

    Raises `SourceError` where there is none.
    """
    return source or dataset.address or sample(dataset)


def sample(dataset: Dataset) -> Path:
    """Return the file in the folder of a dataset's record: invented samples have one."""
    files = dataset.sources
    if not files:
        raise SourceError("no file is given for {dataset}", dataset=dataset.key)
    return files[0] if len(files) == 1 else files[0].parent


class _SourceTable:
    """A file of the data folder with one entry for each dataset."""

    name: ClassVar[str]

    def __init__(self, data: Path) -> None:
        self._data, self._file = data, data / self.name

    def forget(self, dataset: str) -> None:
        with writing(self._data):
            self.keep_only(self._read().keys() - {dataset})

    def keep_only(self, datasets: Collection[str]) -> None:
        if not self._read().keys() - datasets:
            return  # no lock is taken for nothing: another command may hold it
        with writing(self._data):
            entries = self._read()
            remaining = {name: entry for name, entry in entries.items() if name in datasets}
            replace_object(self._file, remaining)

    def _read(self) -> dict[str, Any]:
        return read_object(self._file)


class SourceValidators(_SourceTable):
    """The validators of the files that datasets were submitted from."""

    name = "sources.json"

    def validators(self, key: DatasetKey, address: Address, digest: str) -> Validators:
        """Return the validators of an address's file; none for another address or file."""
        stored = Document(self._read().get(str(key), {}), self.name).table()
        if (stored.get("address"), stored.get("digest")) != (address.url, digest):
            return Validators()
        return Validators(stored.get("etag"), stored.get("modified"))

    def remember(self, key: DatasetKey, file: SourceFile, digest: str) -> None:
        """Store the validators of a fetched file, in one step."""
        if file.address is None:
            return
        entry = {"address": file.address.url, "digest": digest, **asdict(file.validators)}
        with writing(self._data):
            replace_object(self._file, {**self._read(), str(key): entry})


# The state of each source: which is late, broken or stopped, which is due.

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
        document = Document(source, Deliveries.name)  # checked, because it returns with a backup
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


class Deliveries(_SourceTable):
    name = "deliveries.json"

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
            replace_object(self._file, sources)


def health(data: Path, now: datetime | None = None) -> list[dict[str, Any]]:
    """Return the state of each source as JSON data, the most severe first."""
    at = now or clock.machine_time()
    sources = []
    for source in Deliveries(data).all():
        expected = source.expected_at()
        instant = None if expected is None else expected.isoformat()
        sources.append({"state": source.state(at), **to_object(source), "expected": instant})
    return sorted(sources, key=lambda s: (STATES.index(s["state"]), s["dataset"]))

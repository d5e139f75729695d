"""Files that come over the web, checked in a process apart that can be killed.

Whatever a stranger's file does to a parser or to the machine, the site goes on: the process has
its own memory and time, and few of them run at once.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from parvis.config import Settings
from parvis.errors import LimitError, ParvisError, SourceError, WorkerDied, raise_reported
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.intake.check import Trial
from parvis.pooling.intake.check_queue import CheckingTurns
from parvis.pooling.quotas import Shares, kind
from parvis.pooling.report_model import Account
from parvis.sandbox.worker import Worker
from parvis.store.files import workplace
from parvis.vocab.iris import DatasetKey

TOO_LONG = N_("the check of “{file}” took more than {seconds} seconds: try with its first rows")
DIED = N_(
    "the check of “{file}” ended ({how}): most often it lacks memory; try with its first rows"
)

Told = dict[str, Any]
"""A deposit as plain data."""


class Checks:
    """The checks of a site, a few at a time, each charged to its reader's share. For threads."""

    def __init__(self, settings: Settings, shares: Shares) -> None:
        """Start nothing yet."""
        self._settings, self._shares = settings, shares
        self.turns = CheckingTurns(settings.limits)

    @contextmanager
    def receiving(self, reader: Reader, size: int) -> Iterator[None]:
        """Hold a reader's place for a file of `size` bytes, before any of it is read.

        Raises `ShareError` where the reader has a file in hand or no query-seconds left, and
        `LimitError` where other files leave no room.
        """
        asker = self._shares.asker(reader)
        with self.turns.receive(kind(reader), asker.key, size):
            yield

    @contextmanager
    def room(self) -> Iterator[Path]:
        """Give a folder for one file, with room beside it; all of it is gone afterwards."""
        with workplace(self._settings.data) as folder:
            (folder / "given").mkdir()
            yield folder / "given"

    def tried(
        self,
        reader: Reader,
        file: Path,
        key: DatasetKey | None,
        lang: str,
        told: Mapping[str, str] | None = None,
    ) -> Trial:
        """Try a file in a room of its own, as `parvis.pooling.intake.check` does.

        Raises its errors, `LimitError` and `SourceError`; `ShareError` when no query-seconds are
        left.
        """
        asked: Told = {"verb": "try", "file": str(file), "dataset": key and str(key), "lang": lang}
        asked["told"] = dict(told or {})
        found = self._asked(reader, file, asked)
        return Trial(Account.from_json(found["account"]), found["mapping"])

    def given(self, reader: Reader, file: Path, key: DatasetKey) -> tuple[Account, Told | None]:
        """Give a file for a dataset of the reader's, as `parvis.pooling.intake.deposits` does.

        Gives the report, and what is told of the file where it was kept. Raises as `tried`, and
        `StoreError`.
        """
        asked = {"verb": "give", "file": str(file), "dataset": str(key), "party": reader.iri}
        found = self._asked(reader, file, asked)
        return Account.from_json(found["account"]), found["deposit"]

    def accepted(self, reader: Reader, name: str, file: str) -> Told:
        """Accept a file that waits, as `parvis.pooling.intake.deposits` does."""
        asked = {"verb": "accept", "deposit": name, "by": reader.iri, "file": file}
        told: Told = self._asked(reader, Path(file), asked)["deposit"]
        return told

    def _asked(self, reader: Reader, file: Path, asked: dict[str, Any]) -> dict[str, Any]:
        """Ask a process of its own, in turn."""
        asker = self._shares.asker(reader)
        with self.turns.check(kind(reader)):
            began = time.monotonic()
            try:
                return self._answer(file, asked)
            finally:
                asker.spent(time.monotonic() - began)

    def _answer(self, file: Path, asked: dict[str, Any]) -> dict[str, Any]:
        """Give what the process found; its errors are raised here."""
        settings, seconds = self._settings, self._settings.limits.check_seconds
        pool = {"data": settings.data, "catalog": settings.catalog, "base": settings.base}
        pool["seconds"] = f"{seconds:g}"
        with Worker("parvis.pooling.intake.check_worker") as worker:
            try:
                told = {name: str(it) for name, it in pool.items()}
                found: dict[str, Any] = worker.ask(told | asked, seconds)
            except TimeoutError as error:
                fields = {"file": file.name, "seconds": f"{seconds:g}"}
                raise LimitError(TOO_LONG, **fields) from error
            except WorkerDied as error:
                how = error.fields.get("how", "?")
                raise SourceError(DIED, file=file.name, how=how) from error
        raise_reported(found)
        return found


def without_folders(error: ParvisError, *folders: Path) -> ParvisError:
    """Return an error that names a file as its giver knows it, and not by its place here."""
    fields = {name: _without_folders(value, folders) for name, value in error.fields.items()}
    return type(error)(error.template, **fields)


def _without_folders(value: object, folders: tuple[Path, ...]) -> object:
    if isinstance(value, Mapping | int | float):
        return value
    text = value.name if isinstance(value, Path) else str(value)
    for folder in filter(Path.is_absolute, folders):
        text = text.replace(f"{folder}/", "")
    return text

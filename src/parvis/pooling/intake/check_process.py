"""Files sent over the web, checked in a separate process that can be killed.

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
from parvis.pooling.intake.check_queue import CheckQueue
from parvis.pooling.quotas import Shares, kind
from parvis.pooling.report_model import ReportModel
from parvis.sandbox.worker import Worker
from parvis.store.files import workplace
from parvis.vocab.iris import DatasetKey

TOO_LONG = N_("the check of “{file}” took more than {seconds} seconds: try with its first rows")
DIED = N_(
    "the check of “{file}” ended ({how}): most often it lacks memory; try with its first rows"
)

Content = dict[str, Any]
"""A request, an answer or a deposit as JSON data."""


class Checks:
    """The checks of a site, a few at a time, each charged to its reader's share. For threads."""

    def __init__(self, settings: Settings, shares: Shares) -> None:
        self._settings, self._shares = settings, shares
        self.turns = CheckQueue(settings.limits)

    @contextmanager
    def receiving(self, reader: Reader, size: int) -> Iterator[None]:
        """Reserve room for a reader's file of `size` bytes, before any of it is read.

        Raises `ShareError` where the reader has a file in progress or no query-seconds left, and
        `LimitError` where other files leave no room.
        """
        asker = self._shares.asker(reader)
        with self.turns.receive(kind(reader), asker.key, size):
            yield

    @contextmanager
    def room(self) -> Iterator[Path]:
        """Yield a folder for one file, with room beside it; all of it is deleted afterwards."""
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
        """Try a file, as `parvis.pooling.intake.check` does.

        Raises its errors, `LimitError` and `SourceError`; `ShareError` when no query-seconds are
        left.
        """
        request = {"verb": "try", "file": str(file), "dataset": key and str(key), "lang": lang}
        answer = self._ask(reader, file, request | {"told": dict(told or {})})
        return Trial(ReportModel.from_json(answer["account"]), answer["mapping"])

    def given(
        self, reader: Reader, file: Path, key: DatasetKey
    ) -> tuple[ReportModel, Content | None]:
        """Submit a file for a dataset of the reader's; return the report, and its deposit if kept.

        Raises as `tried`, and `StoreError`.
        """
        request = {"verb": "give", "file": str(file), "dataset": str(key), "party": reader.iri}
        answer = self._ask(reader, file, request)
        return ReportModel.from_json(answer["account"]), answer["deposit"]

    def accepted(self, reader: Reader, name: str, file: str) -> Content:
        """Accept a file that waits, as `parvis.pooling.intake.deposits` does."""
        request = {"verb": "accept", "deposit": name, "by": reader.iri, "file": file}
        deposit: Content = self._ask(reader, Path(file), request)["deposit"]
        return deposit

    def _ask(self, reader: Reader, file: Path, request: Content) -> Content:
        settings, seconds = self._settings, self._settings.limits.check_seconds
        pool = {
            "data": str(settings.data),
            "catalog": str(settings.catalog),
            "base": settings.base,
            "seconds": f"{seconds:g}",
        }
        asker = self._shares.asker(reader)
        with self.turns.check(kind(reader)):
            began = time.monotonic()
            try:
                with Worker("parvis.pooling.intake.check_worker") as worker:
                    try:
                        answer: Content = worker.ask(pool | request, seconds)
                    except TimeoutError as error:
                        fields = {"file": file.name, "seconds": f"{seconds:g}"}
                        raise LimitError(TOO_LONG, **fields) from error
                    except WorkerDied as error:
                        how = error.fields.get("how", "?")
                        raise SourceError(DIED, file=file.name, how=how) from error
            finally:
                asker.spent(time.monotonic() - began)
        raise_reported(answer)
        return answer


def without_folders(error: ParvisError, *folders: Path) -> ParvisError:
    """Return an error that names a file as its sender knows it, not by its place here."""

    def strip(value: object) -> object:
        if isinstance(value, Mapping | int | float):
            return value
        text = value.name if isinstance(value, Path) else str(value)
        for folder in filter(Path.is_absolute, folders):
            text = text.replace(f"{folder}/", "")
        return text

    fields = {name: strip(value) for name, value in error.fields.items()}
    return type(error)(error.template, **fields)

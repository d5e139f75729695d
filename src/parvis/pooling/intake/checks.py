"""Files sent over the web, checked in a separate process that can be killed.

Whatever a stranger's file does to a parser or to the machine, the site goes on: the process has
its own memory and time, and few of them run at once.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from parvis.config import KINDS, Kind, Limits, Settings
from parvis.config.json_data import to_json
from parvis.errors import LimitError, ShareError, SourceError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.ledger import Author
from parvis.mapping.sources.corrections import Replacement
from parvis.pooling.cleaning.clean_file import clean_file, pack
from parvis.pooling.quotas import Shares, kind
from parvis.pooling.report_model import ReportModel
from parvis.sandbox.client import ProcessClient
from parvis.store.files import workplace
from parvis.vocab.iris import DatasetKey

TOO_LONG = N_("the check of “{file}” took more than {seconds} seconds: try with its first rows")
DIED = N_(
    "the check of “{file}” ended ({how}): most often it lacks memory; try with its first rows"
)

BUSY = N_("other files are being checked: try again in {retry} s")
FULL = N_("other files are being received: try again in {retry} s")
ONE_EACH = N_("your file before this one is still being checked: try again in {retry} s")

PATIENCE = 10.0
"""Seconds to wait for the end of the reader's previous file, or for the turn of a file."""
RETRY = 20
"""Seconds after which to try again when many wait."""

Content = dict[str, Any]
"""A request, an answer or a deposit as JSON data."""


class CheckQueue:
    """Limits the files in progress: received, waiting or being checked. For threads."""

    # A reader has one file in progress. Readers without a token, those with one and the steward
    # have capacity of their own: strangers, however many, delay neither a partner's file nor a
    # decision about one.

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._readers: set[str] = set()
        self._in_check: Counter[str] = Counter()
        self._bytes: Counter[Kind] = Counter()
        self._checked: Counter[Kind] = Counter()
        self._waiting: dict[Kind, list[object]] = {kind: [] for kind in KINDS}

    @contextmanager
    def receive(self, kind: Kind, reader: str, size: int) -> Iterator[None]:
        """Reserve room for a reader's file of `size` bytes, from before it is read to its report.

        Raises `ShareError` while the reader's previous file is in progress, `LimitError` without
        room.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: reader not in self._readers, PATIENCE):
                raise ShareError(ONE_EACH, retry=RETRY)
            # A file may take half of the remaining room: only ever smaller files can fill it up, so
            # a small one is received after many large ones.
            room = max(self._limits.pending_bytes, 2 * self._limits.upload_bytes)
            if 2 * size > room - self._bytes[kind]:
                raise LimitError(FULL, retry=RETRY)
            self._readers.add(reader)
            self._bytes[kind] += size
        try:
            yield
        finally:
            with self._changed:
                self._readers.remove(reader)
                self._bytes[kind] -= size
                self._changed.notify_all()

    @contextmanager
    def check(self, kind: Kind, reader: str = "") -> Iterator[None]:
        """Wait for a turn to check a file, first come first served.

        Raises `ShareError` where an earlier file of the reader takes the turn, else `LimitError`.
        """
        # The steward decides about one file at a time.
        most = 1 if kind == "host" else self._limits.checks
        ticket = object()
        queue = self._waiting[kind]
        with self._changed:
            queue.append(ticket)
            free = self._changed.wait_for(
                lambda: queue[0] is ticket and self._checked[kind] < most, PATIENCE
            )
            queue.remove(ticket)
            self._changed.notify_all()
            if not free and self._in_check[reader]:
                raise ShareError(ONE_EACH, retry=RETRY)
            if not free:
                raise LimitError(BUSY, retry=RETRY)
            self._checked[kind] += 1
            self._in_check.update([reader] if reader else [])
        try:
            yield
        finally:
            with self._changed:
                self._checked[kind] -= 1
                self._in_check -= Counter([reader])
                self._changed.notify_all()


class Checks:
    """The checks of a site, a few at a time, each charged to its reader's share. For threads."""

    def __init__(self, settings: Settings, shares: Shares) -> None:
        self._settings, self._shares = settings, shares
        self.turns = CheckQueue(settings.limits)

    @contextmanager
    def reserve_room(self, reader: Reader, size: int) -> Iterator[None]:
        """Reserve room for a reader's file of `size` bytes, before any of it is read.

        Raises `ShareError` where the reader has a file in progress or no query-seconds left, and
        `LimitError` where other files leave no room.
        """
        asker = self._shares.admit(reader)
        with self.turns.receive(kind(reader), asker.key, size):
            yield

    @contextmanager
    def temporary_folder(self) -> Iterator[Path]:
        """Yield a folder for one file, with room beside it; all of it is deleted afterwards."""
        with workplace(self._settings.data) as folder:
            (folder / "given").mkdir()
            yield folder / "given"

    def try_file(
        self,
        reader: Reader,
        file: Path,
        key: DatasetKey | None,
        lang: str,
        facts: Mapping[str, str] | None = None,
    ) -> ReportModel:
        """Try a file, as `parvis.pooling.intake.check` does.

        Raises its errors, `LimitError` and `SourceError`; `ShareError` when no query-seconds are
        left.
        """
        request = {"verb": "try", "file": str(file), "dataset": key and str(key), "lang": lang}
        answer = self._ask(reader, file, request | {"facts": dict(facts or {})})
        return ReportModel.from_json(answer["account"])

    def submit_file(
        self,
        reader: Reader,
        file: Path,
        key: DatasetKey,
        author: Author,
        corrections: Sequence[Replacement] = (),
    ) -> tuple[ReportModel, Content | None]:
        """Submit a file for a dataset of the reader's; return the report, and its deposit if kept.

        `corrections` are those that its partner made in it. Raises as `try_file`, and `StoreError`.
        """
        request: Content = {"verb": "give", "file": str(file), "dataset": str(key)}
        request |= {
            "party": reader.iri,
            "author": [reader.iri, author.role, author.person],
            "corrections": to_json(corrections),
        }
        answer = self._ask(reader, file, request)
        return ReportModel.from_json(answer["account"]), answer["deposit"]

    def clean_file(self, reader: Reader, file: Path, sheet: str | None, lang: str) -> bytes:
        """Return an archive of the clean form of a file, and the note of what was done.

        Raises as `parvis.pooling.cleaning.clean_file` does, and `ShareError`.
        """
        limits = self._settings.limits
        limits = replace(limits, conversion_seconds=limits.check_seconds)
        with (
            self._take_turn(reader),
            clean_file(file, limits, sheet, folder=file.parent.parent) as clean,
        ):
            return pack(clean, lang)

    def accept_deposit(self, reader: Reader, name: str, file: str, author: Author) -> Content:
        """Accept a file that waits, as `parvis.pooling.intake.deposits` does."""
        decider = [author.party, author.role, author.person]
        request = {"verb": "accept", "deposit": name, "author": decider, "file": file}
        deposit: Content = self._ask(reader, Path(file), request)["deposit"]
        return deposit

    def run(self, reader: Reader, file: Path, request: Content, module: str) -> Content:
        """Answer a request about a reader's file in a process of its own, when its turn comes.

        Raises what the process reports, and as `try_file`.
        """
        settings, seconds = self._settings, self._settings.limits.check_seconds
        client = ProcessClient(
            module,
            seconds,
            memory=settings.limits.conversion_memory,
            alarm=seconds + 1,
            data=str(settings.data),
            catalog=str(settings.catalog),
            base=settings.base,
        )
        with self._take_turn(reader), client:
            slow = LimitError(TOO_LONG, file=file.name)
            return client.call(request, slow, SourceError(DIED, file=file.name))

    def _ask(self, reader: Reader, file: Path, request: Content) -> Content:
        return self.run(reader, file, request, "parvis.pooling.intake.check_process")

    @contextmanager
    def _take_turn(self, reader: Reader) -> Iterator[None]:
        """Wait for the turn of a reader's file, and charge its time to the reader's share."""
        asker = self._shares.admit(reader)
        with self.turns.check(kind(reader), asker.key):
            began = time.monotonic()
            try:
                yield
            finally:
                asker.spent(time.monotonic() - began)

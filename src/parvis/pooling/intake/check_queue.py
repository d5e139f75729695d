"""The order in which files sent to the site are received and checked."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from parvis.config import KINDS, Kind, Limits
from parvis.errors import LimitError, ShareError
from parvis.i18n import N_

BUSY = N_("other files are being checked: try again in {retry} seconds")
FULL = N_("other files are being received: try again in {retry} seconds")
ONE_EACH = N_("your file before this one is still being checked: try again in {retry} seconds")

PATIENCE = 10.0
"""Seconds to wait for the end of the reader's previous file, or for the turn of a file."""
RETRY = 20
"""Seconds after which to try again when many wait."""


class CheckQueue:
    """Limits the files in progress: received, waiting or being checked. For threads."""

    # A reader has one file in progress. Readers without a token, those with one and the steward
    # have capacity of their own: strangers, however many, delay neither a partner's file nor a
    # decision about one.

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._readers: set[str] = set()
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
    def check(self, kind: Kind) -> Iterator[None]:
        """Wait for a turn to check a file, first come first served; raises `LimitError`."""
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
            if not free:
                raise LimitError(BUSY, retry=RETRY)
            self._checked[kind] += 1
        try:
            yield
        finally:
            with self._changed:
                self._checked[kind] -= 1
                self._changed.notify_all()

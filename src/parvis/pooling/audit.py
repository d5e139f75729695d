"""Writing in the audit trail: at once what changes the pool, in a thread apart what is read."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from parvis.errors import StoreError
from parvis.ledger import Act, Audit, Event
from parvis.store.query.rows import RowCount

Value = str | int | float | None
LOG = logging.getLogger("parvis")
PAUSE = 0.5
"""Seconds for which events are gathered before they are written together."""
MOST = 2**62
"""No limit that an answer could reach."""
NO_ROWS = b'"bindings":[]'
"""How JSON says it: else its first row is counted without being seen."""
ROWED = frozenset({"json", "xml", "csv", "tsv"})
"""The forms of results whose rows can be counted."""


def recorded(
    data: Path,
    act: Act,
    at: datetime,
    facts: Mapping[str, Value],
    datasets: Iterable[tuple[str, str | None]] = (),
) -> None:
    """Write one act of the steward's down: it is on the disk when this ends."""
    event = Event(act, at, datasets=tuple(datasets), facts=tuple(facts.items()))
    Audit(data).append([event])


class Trail:
    """Events on their way to the audit trail, so that no reader waits for a disk. For threads.

    A clean stop loses nothing, a kill what came in the last half second. What cannot be written
    for now (a full disk, a lock) is tried again.
    """

    def __init__(self, data: Path) -> None:
        """Write to the ledger of a data folder, once there is anything to write."""
        self._audit = Audit(data)
        self._events: SimpleQueue[Callable[[], Event] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = Lock()

    def note(self, event: Callable[[], Event]) -> None:
        """Have an event written soon; what it says is worked out there, after the answer."""
        self._events.put(event)
        if not self._alive():
            with self._starting:
                if not self._alive():
                    self._thread = Thread(target=self._run, name="audit", daemon=True)
                    self._thread.start()

    def close(self) -> None:
        """Write all that was noted; what is noted later begins anew."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._events.put(None)
            thread.join()

    def _alive(self) -> bool:
        """Say whether what is noted will be written."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        """Write what comes, some at a time, until told to end."""
        going, kept = True, list[Event]()
        while going:
            first = self._events.get()
            if first is not None:
                kept.append(first())
                time.sleep(PAUSE if self._events.empty() else 0)
            rest, going = self._gathered(going=first is not None)
            kept += rest
            kept = self._written(kept)

    def _gathered(self, *, going: bool) -> tuple[list[Event], bool]:
        """Take what has come meanwhile; says whether more may come."""
        found: list[Event] = []
        while True:
            try:
                event = self._events.get_nowait()
            except Empty:
                return found, going
            if event is None:
                going = False
            else:
                found.append(event())

    def _written(self, events: list[Event]) -> list[Event]:
        """Write events; gives those that could not be."""
        try:
            self._audit.append(events)
        except (StoreError, OSError) as error:
            LOG.error("the audit trail cannot be written for now: %s", error)  # noqa: TRY400 - one line
            return events
        return []


def counted(pieces: Iterable[bytes], form: str, done: Callable[[int], None]) -> Iterator[bytes]:
    """Hand pieces of results on, and tell their rows at the end, or where the reader went away."""
    count, empty = RowCount(form, MOST), False
    try:
        for piece in pieces:
            count.see(piece)
            empty = empty or (form == "json" and NO_ROWS in piece)
            yield piece
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
        done(0 if empty else count.rows)

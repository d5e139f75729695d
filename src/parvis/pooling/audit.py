"""Writing in the audit trail, and how far deletion by date trusts the clock by its last instant.

What changes the pool is written at once, what is read by a thread.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread

from parvis.config import Settings
from parvis.errors import MachineError, StoreError, UsageError
from parvis.i18n import N_
from parvis.ledger import SHELL, Act, Audit, Author, Event
from parvis.store.generation.generation import not_before
from parvis.store.query.rows import RowCount
from parvis.store.record.graph_record import GraphRecord

UNCONFIRMED = "unconfirmed"
"""The file of a data folder restored without the newest ledger: when its backup was made."""
RESTORED = N_(
    "this pool was restored from a backup of {since}, without the ledger that came after: what was"
    " withdrawn, deleted or revoked since may be back. Restore it again with --ledger, or look for"
    " it by hand, then: parvis restore --confirm"
)
Value = str | int | float | None
LOG = logging.getLogger("parvis")
PAUSE = 0.5
"""Seconds for which events are gathered before they are written together."""
MOST = 2**62
"""No limit that an answer could reach."""
NO_ROWS = b'"bindings":[]'
"""An empty JSON result; of any other, the first row is counted without being seen."""
TABULAR_FORMATS = frozenset({"json", "xml", "csv", "tsv"})
"""The result formats whose rows can be counted."""


def record_act(  # noqa: PLR0913, PLR0917 - what is written down has as many parts
    data: Path,
    act: Act,
    at: datetime,
    facts: Mapping[str, Value],
    datasets: Iterable[tuple[str, str | None]] = (),
    author: Author = SHELL,
) -> None:
    """Write one act of the steward; it is on the disk when this returns."""
    all_facts = (*facts.items(), *author.facts())
    event = Event(act, at, author.party, tuple(datasets), all_facts)
    Audit(data).append([event])


def require_confirmed(data: Path) -> None:
    """Raise `UsageError` for a pool restored without knowing what came after the backup."""
    try:
        since = (data / UNCONFIRMED).read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    raise UsageError(RESTORED, since=since[:16].replace("T", " "))


class Trail:
    """Events on their way to the audit trail. For threads.

    A clean stop loses nothing, a kill what came in the last half second.
    """

    def __init__(self, data: Path) -> None:
        self._audit = Audit(data)
        self._events: SimpleQueue[Callable[[], Event] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = Lock()

    def note(self, event: Callable[[], Event]) -> None:
        """Queue an event; it is computed when it is written, after the answer is sent."""
        self._events.put(event)
        if not self._alive():
            with self._starting:
                if not self._alive():
                    self._thread = Thread(target=self._run, name="audit", daemon=True)
                    self._thread.start()

    def close(self) -> None:
        """Write all that was queued; the next event starts anew."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._events.put(None)
            thread.join()

    def _alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        # No reader waits for a disk: events are written here, some at a time, until the end mark.
        going, pending = True, list[Event]()
        while going:
            events = [self._events.get()]
            if events[0] is not None and self._events.empty():
                time.sleep(PAUSE)
            while not self._events.empty():
                events.append(self._events.get())
            going = None not in events
            pending += [event() for event in events if event is not None]
            try:
                self._audit.append(pending)
            except (StoreError, OSError) as error:
                # A full disk or a lock may pass: the events are tried again with the next ones.
                LOG.error("the audit trail cannot be written for now: %s", error)  # noqa: TRY400 - one line
            else:
                pending = []


def count_rows(pieces: Iterable[bytes], form: str, done: Callable[[int], None]) -> Iterator[bytes]:
    """Pass pieces of results on; report their rows at the end, or where the reader went away."""
    count, empty = RowCount(form, MOST), False
    try:
        for piece in pieces:
            count.add(piece)
            empty = empty or (form == "json" and NO_ROWS in piece)
            yield piece
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
        done(0 if empty else count.rows)


# Reading trusts the clock, and closes at once. Deletion does not trust a clock that is far from the
# last instant in the ledger: one set forward by mistake would destroy everything that agreements
# ever oblige to delete.

AHEAD = N_(
    "nothing is deleted: the clock says {day}, {days} days after the last day that the ledger knows"
    " of ({last}), and one set forward would destroy everything. If that is the day, confirm it:"
    " parvis expire --date {day}; else set the clock"
)
BEHIND = N_(
    "nothing is deleted: the clock says {day}, {days} days before the last day that the ledger"
    " knows of ({last}). Set the clock; if that is the day, confirm it: parvis expire --date {day}"
)
DAY = timedelta(days=1)


def require_credible(settings: Settings, now: datetime) -> None:
    """Raise `MachineError` for a clock too far from the last known instant."""
    last = Audit(settings.data).confirmed_time(settings.clock_days * DAY)
    if last is None:
        # Without a ledger, the pool's last change.
        never = datetime.min.replace(tzinfo=UTC)
        versions = GraphRecord(settings.data).versions().values()
        submitted = (version.submitted for version in versions)
        last = max(not_before(settings.data, never), *submitted, never)
        if last == never:
            return
    if abs(now - last) > settings.clock_days * DAY:
        raise MachineError(
            AHEAD if now > last else BEHIND,
            day=now.date().isoformat(),
            days=abs(now - last) // DAY,
            last=last.date().isoformat(),
        )


def is_credible(settings: Settings, now: datetime) -> bool:
    try:
        require_credible(settings, now)
    except MachineError:
        return False
    return True

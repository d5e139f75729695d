"""The machine's clock, and how far it is trusted: what was closed stays, what is deleted is gone.

Reading trusts the clock, and closes at once; it never goes back. What deletes by the date does not
trust a clock that is far from the last instant that the ledger knows of: one that was set forward
by mistake would destroy all that agreements ever oblige to delete.
"""

import threading
from datetime import UTC, datetime, timedelta

from parvis.config import Settings
from parvis.errors import MachineError
from parvis.i18n import N_
from parvis.ledger import Audit
from parvis.store.generation.generation import not_before
from parvis.store.record.record import Record

AHEAD = N_(
    "nothing is deleted: the clock says {day}, {days} days after the last day that the ledger knows"
    " of ({known}), and one set forward would destroy everything. If that is the day, confirm it:"
    " parvis expire --date {day}; else set the clock"
)
BEHIND = N_(
    "nothing is deleted: the clock says {day}, {days} days before the last day that the ledger"
    " knows of ({known}). Set the clock; if that is the day, confirm it: parvis expire --date {day}"
)
DAY = timedelta(days=1)


class Clock:
    """Remembers the latest instant that it was told, and gives none before it. For threads.

    A machine's clock that is set back would open again what an agreement has closed.
    """

    def __init__(self) -> None:
        """Begin before every instant."""
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._turn = threading.Lock()

    def latest(self, *instants: datetime) -> datetime:
        """Give the latest of some instants and of all that were told before."""
        with self._turn:
            self._latest = max(self._latest, *instants)
            return self._latest


def require_credible(settings: Settings, now: datetime) -> None:
    """Refuse a clock that what is known of the time speaks against; raises `MachineError`."""
    known = _known_time(settings)
    if known is not None and abs(now - known) > settings.clock_days * DAY:
        raise MachineError(
            AHEAD if now > known else BEHIND,
            day=now.date().isoformat(),
            days=abs(now - known) // DAY,
            known=known.date().isoformat(),
        )


def is_credible(settings: Settings, now: datetime) -> bool:
    """Say whether nothing that is known of the time speaks against the clock."""
    try:
        require_credible(settings, now)
    except MachineError:
        return False
    return True


def _known_time(settings: Settings) -> datetime | None:
    """Return the last instant that is known; of a pool without ledger, when it last changed."""
    known = Audit(settings.data).known_time(settings.clock_days * DAY)
    if known is not None:
        return known
    nothing = datetime.min.replace(tzinfo=UTC)
    submitted = (version.submitted for version in Record(settings.data).versions().values())
    latest = max(not_before(settings.data, nothing), *submitted, nothing)
    return None if latest == nothing else latest

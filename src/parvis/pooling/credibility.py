"""How far deletion by date trusts the machine's clock.

Reading trusts the clock, and closes at once. Deletion does not trust a clock that is far from the
last instant in the ledger: one set forward by mistake would destroy everything that agreements ever
oblige to delete.
"""

from datetime import UTC, datetime, timedelta

from parvis.config import Settings
from parvis.errors import MachineError
from parvis.i18n import N_
from parvis.ledger import Audit
from parvis.store.generation.generation import not_before
from parvis.store.record.graph_record import GraphRecord

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


def require_credible(settings: Settings, now: datetime) -> None:
    """Raise `MachineError` for a clock too far from the last known instant."""
    last = Audit(settings.data).confirmed_time(settings.clock_days * DAY)
    if last is None:
        # Without a ledger, the pool's last change.
        never = datetime.min.replace(tzinfo=UTC)
        versions = GraphRecord(settings.data).versions().values()
        submitted = (version.submitted for version in versions)
        last = max(not_before(settings.data, never), *submitted, never)
        last = None if last == never else last
    if last is not None and abs(now - last) > settings.clock_days * DAY:
        raise MachineError(
            AHEAD if now > last else BEHIND,
            day=now.date().isoformat(),
            days=abs(now - last) // DAY,
            known=last.date().isoformat(),
        )


def is_credible(settings: Settings, now: datetime) -> bool:
    try:
        require_credible(settings, now)
    except MachineError:
        return False
    return True

"""What rounds wait for the third party to do."""

from collections.abc import Iterator
from datetime import datetime

from parvis.catalog.codelists import scheme
from parvis.config import Settings, clock
from parvis.i18n import N_, both
from parvis.ledger import MERGEABLE, Rounds, RoundState
from parvis.pooling.publics.rounds.announcing import COUNTED
from parvis.pooling.publics.rounds.document import read_round

COMPLETE = N_("{what}, {period}: every message is there, add them up")
ESTIMATED = N_("{what}, {period}: read the estimates over, then approve or refuse them")
OVERDUE = N_("{what}, {period}: the last day is over and messages are missing")


def list_waiting(settings: Settings, now: datetime) -> Iterator[dict[str, str]]:
    """Yield what each round waits for that the third party alone can do."""
    today = now.astimezone(clock.QUEBEC).date()
    for record in Rounds(settings.data).all():
        opened = read_round(record)
        template = ""
        if record.state is RoundState.ESTIMATED:
            template = ESTIMATED
        elif record.state in MERGEABLE and not record.missing:
            template = COMPLETE
        elif record.state is RoundState.OPEN and today > opened.until:
            template = OVERDUE
        if template:
            what = both(COUNTED[opened.kind])
            yield both(template, what=what, period=scheme("period").label(record.period))

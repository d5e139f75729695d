"""What the people of a round's partners are told: it opens, their message is missing, it has ended.

A notice never holds a figure: a result is read on the page of a partner, by who may read it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment
from parvis.config import Settings, clock
from parvis.i18n import N_, both
from parvis.ledger import RoundRecord, Rounds, RoundState
from parvis.pooling.notifications import NoticeKind, notify
from parvis.pooling.publics.rounds.document import read_round
from parvis.statistics.distinct.rounds import Kind

DAYS = 3
"""Days before the last one of a round at which a partner without message is reminded."""
COUNTED = {
    Kind.DISTINCT: N_("distinct people"),
    Kind.OVERLAP: N_("shared audience"),
}
ENDINGS = {
    RoundState.RELEASED: N_("its result will be published with the next version"),
    RoundState.DELIVERED: N_("its result is on your page, for its partners alone"),
    RoundState.REFUSED: N_("it is refused, and your page says why"),
    RoundState.UNFIT: N_(
        "its messages are incompatible, so there is no result; the trusted third party may open"
        " another round"
    ),
}
"""How a round ends that another one does not replace."""

Facts = Mapping[str, Any]


def announce_opening(settings: Settings, record: RoundRecord) -> None:
    for party in record.parties:
        key = f"{record.project}|{record.number}|{party}"
        notify(settings, NoticeKind.ROUND_OPENED, party, _describe(record, party), key)


def announce_end(settings: Settings, record: RoundRecord) -> None:
    """Tell the partners of a round how it has ended; repeated, it tells nobody twice."""
    if (ending := ENDINGS.get(record.state)) is None:
        return
    for party in record.parties:
        key = f"{record.project}|{record.number}|{party}"
        facts = {**_describe(record, party), "ending": both(ending)}
        notify(settings, NoticeKind.ROUND_ENDED, party, facts, key)


def list_reminders(settings: Settings, now: datetime) -> Iterator[tuple[str, Facts, str]]:
    """Yield the parties whose message is missing shortly before its day, what to say, and a key."""
    today = now.astimezone(clock.QUEBEC).date()
    for record in Rounds(settings.data).all():
        until = read_round(record).until
        if record.state is RoundState.OPEN and 0 <= (until - today).days <= DAYS:
            for party in record.missing:
                key = f"{record.project}|{record.number}|{party}"
                yield party, _describe(record, party), key


def _describe(record: RoundRecord, party: str) -> dict[str, Any]:
    opened = read_round(record)
    return {
        "what": both(COUNTED[opened.kind]),
        "period": scheme("period").label(record.period),
        "day": opened.until.isoformat(),
        "holder": opened.key_holder,
        "path": f"partner/{last_segment(party)}/rounds",
    }

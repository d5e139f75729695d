"""The steward's decision on the estimates of a round, and the destruction of its messages."""

from collections.abc import Mapping
from dataclasses import replace

from parvis.config import clock
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.ledger import SHELL, WAITING, Author, RoundRecord, Rounds, RoundState
from parvis.pooling.agreements import with_agreements
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.document import read_round
from parvis.pooling.publics.rounds.ending import settle_round
from parvis.pooling.publics.rounds.figures import require_dataset
from parvis.pooling.publics.rounds.merging import give_back
from parvis.pooling.publics.rounds.opening import refuse_close_groups
from parvis.pooling.publics.rounds.permission import require_still_permitted
from parvis.pooling.publics.rounds.rules import (
    is_delivered_to_members,
    plan_overlap,
    plan_release,
)
from parvis.statistics.distinct.rounds import Kind
from parvis.store.files import writing

NOT_ESTIMATED = N_(
    "round {number} has no estimates to approve: it is merged first, once every message is there"
)
NO_REASON = N_("say why the round is refused: its partners read it")


def approve_round(pool: Pool, project: str, number: int, author: Author = SHELL) -> RoundRecord:
    """Release the estimates of a round, or deliver them to its members; destroy its messages.

    The agreements and the portrait count as they are now. What is released enters the record, and
    is served from the next publication on.
    """
    pool, rounds = with_agreements(pool), Rounds(pool.settings.data)
    with writing(pool.settings.data):
        record = rounds.require(project, number)
        if record.state is not RoundState.ESTIMATED:
            raise UsageError(NOT_ESTIMATED, number=number)
        opened, at = read_round(record), clock.machine_time()
        require_still_permitted(pool, record, opened, at)
        if is_delivered_to_members(record):
            state, published = RoundState.DELIVERED, plan_overlap(pool, record)
        else:
            require_dataset(pool)
            least = pool.settings.disclosure.contributors
            refuse_close_groups(rounds.all(), record.kind, record.period, record.parties, least)
            state = RoundState.RELEASED
            if opened.kind is Kind.OVERLAP:
                published = plan_overlap(pool, record)
            else:
                published = {"figures": [figure.to_json() for figure in plan_release(pool, record)]}
        # The exact estimates are not stored any longer: what was approved is.
        approved = replace(record, state=state, published=published, result=None)
        approved = rounds.conclude(record, frozenset({record.state}), approved, author, at)
        settle_round(pool, approved, author)
        return rounds.require(project, number)


def refuse_round(
    pool: Pool, project: str, number: int, reason: Mapping[str, str], author: Author = SHELL
) -> RoundRecord:
    """End a round without any release, and destroy its messages.

    Its ε stays spent if its messages could be added up, whether they were or not: they were there
    for the third party to read.
    """
    if not any(text.strip() for text in reason.values()):
        raise UsageError(NO_REASON)
    rounds = Rounds(pool.settings.data)
    with writing(pool.settings.data):
        record, at = rounds.require(project, number), clock.machine_time()
        refused = replace(record, state=RoundState.REFUSED, reason=dict(reason), result=None)
        if record.state is RoundState.OPEN:
            refused = give_back(pool.settings, refused)
        refused = rounds.conclude(record, WAITING, refused, author, at)
        settle_round(pool, refused, author)
        return rounds.require(project, number)

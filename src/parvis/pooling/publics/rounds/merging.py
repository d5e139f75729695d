"""Merges the messages of a round once all are there, and estimates people."""

from dataclasses import replace
from typing import Any

from parvis.catalog.ontology import last_segment
from parvis.config import Settings, clock
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_, both
from parvis.ledger import MERGEABLE, SHELL, Author, RoundRecord, Rounds, RoundState
from parvis.ledger.rounds import require_state
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.document import read_round
from parvis.pooling.publics.rounds.ending import settle_round
from parvis.pooling.publics.rounds.messages import read_messages
from parvis.pooling.publics.rounds.permission import require_still_permitted
from parvis.statistics.distinct.estimating import (
    Estimate,
    merge,
    refuse_other_draws,
    shared_audience,
)
from parvis.statistics.distinct.rounds import Kind, Round
from parvis.statistics.distinct.sketching import Message
from parvis.store.files import writing

MISSING = N_(
    "round {number} waits for the messages of: {parties}. Remind them, or open a new round without"
    " them"
)


def merge_round(pool: Pool, project: str, number: int, author: Author = SHELL) -> RoundRecord:
    """Estimate people from all messages of a round; what is released is decided afterwards.

    Killed at any moment, it can be run again: the messages stay until the result is recorded.
    Raises `UsageError` for a round that is not complete.
    """
    rounds, data = Rounds(pool.settings.data), pool.settings.data
    with writing(data):
        record = rounds.require(project, number)
        require_state(record, MERGEABLE)
        if record.missing:
            parties = ", ".join(map(last_segment, record.missing))
            raise UsageError(MISSING, number=number, parties=parties)
        opened = read_round(record)
        messages = read_messages(pool.settings, record)
        refuse_other_draws(messages)  # nothing is computed of such
        at = clock.machine_time()
        require_still_permitted(pool, record, opened, at)
        begun = rounds.begin_merging(record, author, at)
        try:
            result = _estimate(opened, messages)
        except UsageError as error:
            # Nothing fits: what was computed of it counts as seen, so its ε stays spent.
            reason = both(error.template, **error.fields)
            unfit = replace(begun, state=RoundState.UNFIT, reason=reason)
            unfit = rounds.conclude(begun, MERGEABLE, unfit, author, at)
            settle_round(pool, unfit, author)
            raise
        merged = replace(begun, state=RoundState.ESTIMATED, result=result)
        return rounds.conclude(begun, MERGEABLE, merged, author, at)


def can_be_merged(settings: Settings, record: RoundRecord) -> bool:
    """Return whether the messages of a round can be added up: all there, of kits drawn together."""
    if record.missing:
        return False
    try:
        refuse_other_draws(read_messages(settings, record))
    except (SourceError, UsageError):
        return False
    return True


def give_back(settings: Settings, record: RoundRecord) -> RoundRecord:
    """Return an open round as it ends: its ε is not spent if nobody can have added it up.

    Of an overlap, the messages of all partners but the last add up to people already.
    """
    came = len(record.parties) - len(record.missing)
    enough = len(record.parties) - (record.kind == Kind.OVERLAP)
    if came < enough or (not record.missing and _are_of_other_draws(settings, record)):
        return replace(record, spent=None)
    return record


def _are_of_other_draws(settings: Settings, record: RoundRecord) -> bool:
    try:
        messages = read_messages(settings, record)
    except (SourceError, UsageError):  # lost since, but it was there
        return False
    return len({message.draw for message in messages}) > 1


def _estimate(opened: Round, messages: list[Message]) -> dict[str, Any]:
    """Return the estimates as JSON data: by cell, or of the overlap."""
    if opened.kind is Kind.DISTINCT:
        return {"cells": {str(cell): _list(part) for cell, part in merge(opened, messages).items()}}
    overlap = shared_audience(opened, messages)
    return {
        "union": _list(overlap.union),
        "shared": _list(overlap.shared),
        "share": _list(overlap.share),
        "fewest": overlap.fewest,
        "by_partner": {slug: _list(part) for slug, part in overlap.share_by_partner.items()},
    }


def _list(part: Estimate) -> list[float]:
    return [round(part.value, 4), round(part.low, 4), round(part.high, 4)]

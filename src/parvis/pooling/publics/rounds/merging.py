"""Merges the messages of a round once all are there: the budget is spent, then people estimated."""

from dataclasses import replace
from typing import Any

from parvis.config import clock
from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.ledger import SHELL, Author, RoundRecord, Rounds, RoundState
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.announcing import announce_end
from parvis.pooling.publics.rounds.messages import destroy_messages, read_messages, slug_of
from parvis.pooling.publics.rounds.permission import require_opted_in, require_still_permitted
from parvis.statistics.distinct.estimating import Estimate, merge, shared_audience
from parvis.statistics.distinct.rounds import Kind, Round
from parvis.statistics.distinct.sketching import Message
from parvis.store.files import writing

MISSING = N_(
    "round {number} waits for the messages of: {parties}. Remind them, or open a new round without"
    " them"
)
OTHER_KITS = N_(
    "the messages of round {number} were made with kits that were not drawn together ({parties}"
    " against the others): have the key holder draw kits anew, and open a new round"
)
OPEN_STATES = frozenset({RoundState.OPEN, RoundState.MERGING})


def merge_round(pool: Pool, project: str, number: int, author: Author = SHELL) -> RoundRecord:
    """Estimate people from all messages of a round; what is released is decided afterwards.

    Killed at any moment, it can be run again: the budget is spent once, before the first estimate,
    and the messages stay until the result is recorded. Raises `UsageError` for a round that is not
    complete, or over budget.
    """
    rounds, data = Rounds(pool.settings.data), pool.settings.data
    with writing(data):
        record = rounds.require(project, number)
        if record.missing:
            parties = ", ".join(map(slug_of, record.missing))
            raise UsageError(MISSING, number=number, parties=parties)
        budget = require_opted_in(pool, project).epsilon_of_year
        opened = Round.from_json(record.text)
        messages = read_messages(pool.settings, record)
        _refuse_other_draws(messages, number)
        at, year = clock.machine_time(), clock.day_in_quebec().year
        require_still_permitted(pool, record, opened, at)
        begun = rounds.spend(record, budget, author, at, year)
        try:
            result = _estimate(opened, messages)
        except UsageError as error:
            # Nothing fits: what was computed of it counts as seen, so its ε stays spent.
            reason = both(error.template, **error.fields)
            unfit = replace(begun, state=RoundState.UNFIT, reason=reason)
            rounds.conclude(begun, OPEN_STATES, unfit, author, at)
            announce_end(pool.settings, unfit)
            destroy_messages(pool.settings, unfit, author)
            raise
        merged = replace(begun, state=RoundState.ESTIMATED, result=result)
        return rounds.conclude(begun, OPEN_STATES, merged, author, at)


def _refuse_other_draws(messages: list[Message], number: int) -> None:
    by_draw: dict[str, list[str]] = {}
    for message in messages:
        by_draw.setdefault(message.draw, []).append(message.partner)
    if len(by_draw) > 1:
        fewest = min(by_draw.values(), key=_count_partners)
        raise UsageError(OTHER_KITS, number=number, parties=", ".join(fewest))


def _count_partners(partners: list[str]) -> int:
    return len(partners)


def _estimate(opened: Round, messages: list[Message]) -> dict[str, Any]:
    """Return the estimates as JSON data: by cell, or of the overlap."""
    if opened.kind is Kind.DISTINCT:
        return {"cells": {str(cell): _list(part) for cell, part in merge(opened, messages).items()}}
    overlap = shared_audience(opened, messages)
    return {
        "union": _list(overlap.union),
        "shared": _list(overlap.shared),
        "share": _list(overlap.share),
        "sizes": {slug: _list(size) for slug, size in overlap.sizes.items()},
        "by_partner": {slug: _list(part) for slug, part in overlap.share_by_partner.items()},
    }


def _list(part: Estimate) -> list[float]:
    return [round(part.value, 4), round(part.low, 4), round(part.high, 4)]

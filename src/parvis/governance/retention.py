"""When an obligation to delete is due: by a date, or once data have been held for so long."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from parvis.governance.dates import GT, GTEQ, compare, instant_of, require_offset
from parvis.governance.policies import DELETE, Agreement, Constraint, Kind, Policies, Rule

BEGINNINGS = frozenset({GT, GTEQ})
"""The operators by which a condition begins to hold, at an instant that can be told."""


@dataclass(frozen=True)
class Due:
    """An obligation to delete a dataset: since which instant, and by which rule and agreement."""

    target: str
    since: datetime
    rule: Rule
    agreement: Agreement | None

    @property
    def last(self) -> datetime:
        """Give the last instant before it was due."""
        return self.since - datetime.resolution


def due(policies: Policies, target: str, received: datetime | None, at: datetime) -> Due | None:
    """Give the obligation to delete a dataset that was due first, if one is at an instant.

    `received` is when the pool got the data, from which elapsed time counts (ODRL 2.2,
    ``odrl:elapsedTime``); without it no duration is over. An obligation without condition is due
    since the beginning of the holding. Raises `UsageError` for an instant without offset.
    """
    require_offset(at)
    found = [
        Due(target, since, rule, policies.agreement(rule.agreement))
        for rule in policies.rules_on(target)
        if rule.kind is Kind.OBLIGATION and rule.action == DELETE
        for since in _since(rule, received, at)
    ]
    return min(found, key=attrgetter("since"), default=None)


def _since(rule: Rule, received: datetime | None, at: datetime) -> Iterator[datetime]:
    """Give the instant since which every condition of a rule holds, if they all do."""
    turns = [_turn(one, received, at) for one in rule.constraints]
    known = [turn for turn in turns if turn is not None]
    if len(known) == len(turns):
        yield max(known, default=received or at)


def _turn(constraint: Constraint, received: datetime | None, at: datetime) -> datetime | None:
    """Give the instant since which a condition holds; None if it does not, or cannot be told.

    One that holds from the outset (``odrl:lt``) does so since the data came.
    """
    instant = instant_of(constraint, received)
    if instant is None or not compare(at, constraint.operator, instant):
        return None
    if constraint.operator not in BEGINNINGS:
        return received or at
    return instant + datetime.resolution if constraint.operator == GT else instant

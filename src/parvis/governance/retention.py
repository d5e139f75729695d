"""Find when an obligation to delete is due: at a date, or after a duration."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from parvis.governance.dates import GT, GTEQ, compare, instant_of, require_offset
from parvis.governance.policies import DELETE, Agreement, Constraint, Policies, Rule, RuleKind

BEGINNINGS = frozenset({GT, GTEQ})
"""The operators of conditions that begin to hold at their instant."""


@dataclass(frozen=True)
class DueDeletion:
    """An obligation to delete a dataset, with the instant since which it is due."""

    target: str
    since: datetime
    rule: Rule
    agreement: Agreement | None

    @property
    def last(self) -> datetime:
        """Return the last instant before it was due."""
        return self.since - datetime.resolution


def find_due_deletion(
    policies: Policies, target: str, received: datetime | None, at: datetime
) -> DueDeletion | None:
    """Return the obligation to delete a dataset that was due first, if one is due at an instant.

    `received` is when the pool received the data, from which elapsed time counts (ODRL 2.2,
    ``odrl:elapsedTime``); without it no duration is over. An obligation without condition is due
    since then. Raises `UsageError` for an instant without offset.
    """
    require_offset(at)
    obligations = []
    for rule in policies.rules_on(target):
        if rule.kind is not RuleKind.OBLIGATION or rule.action != DELETE:
            continue
        starts = [_find_start(constraint, received, at) for constraint in rule.constraints]
        effective = [start for start in starts if start is not None]
        # All conditions must hold: the obligation is due since the last of them.
        if len(effective) == len(starts):
            since = max(effective, default=received or at)
            agreement = policies.agreement(rule.agreement)
            obligations.append(DueDeletion(target, since, rule, agreement))
    return min(obligations, key=attrgetter("since"), default=None)


def _find_start(constraint: Constraint, received: datetime | None, at: datetime) -> datetime | None:
    """Return the instant since which a condition holds; None if it does not, or is unknown."""
    instant = instant_of(constraint, received)
    if instant is None or not compare(at, constraint.operator, instant):
        return None
    # A condition that holds from the outset (`odrl:lt`) does so since the data were received.
    if constraint.operator not in BEGINNINGS:
        return received or at
    return instant + datetime.resolution if constraint.operator == GT else instant

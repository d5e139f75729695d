"""Evaluate dates in agreements at an instant, and find when their answer changes.

An obligation to delete is due at a date, or after a duration.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter

from rdflib import Literal
from rdflib.namespace import ODRL2, XSD
from rdflib.xsd_datetime import Duration

from parvis.errors import UsageError
from parvis.governance.policies import (
    DATE_TIME,
    DELETE,
    ELAPSED_TIME,
    Agreement,
    Constraint,
    Policies,
    Rule,
    RuleKind,
)
from parvis.i18n import N_

LT, LTEQ, GT, GTEQ = (str(o) for o in (ODRL2.lt, ODRL2.lteq, ODRL2.gt, ODRL2.gteq))
NAIVE = N_("the instant {at} lacks its offset from UTC")


def require_offset(at: datetime) -> datetime:
    """Return an instant in UTC; raises `UsageError` for an instant without offset."""
    if at.tzinfo is None:
        raise UsageError(NAIVE, at=at)
    # In UTC, because Python compares two instants of one zone by their wall-clock time, which
    # occurs twice when summer time ends.
    return at.astimezone(UTC)


def compare(at: datetime, operator: str, instant: datetime) -> bool | None:
    """Compare two instants; None for an operator outside the profile, or without offset."""
    if instant.tzinfo is None:
        return None
    answers = {
        LT: at < instant,
        LTEQ: at <= instant,
        GT: at > instant,
        GTEQ: at >= instant,
    }
    return answers.get(operator)


def find_last_day(end: datetime) -> date:
    """Return the last day on which something that ends at an instant holds, by its own clock.

    >>> find_last_day(datetime.fromisoformat("2027-07-01T00:00:00-04:00"))
    datetime.date(2027, 6, 30)
    """
    # The first instant of a day is nobody's last one of use; the calendar begins at 1.
    return date.fromordinal(max(end.toordinal() - (end.time() == time.min), 1))


def good_until(policies: Policies, at: datetime) -> datetime | None:
    """Return the first instant after `at` at which a date in an agreement may change a decision.

    Before it, every decision is what it is at `at`; None if no date is still to come. Instants
    have microseconds. Raises `UsageError` for an instant without offset.
    """
    at = require_offset(at)
    changes = [agreement.closed for agreement in policies.agreements if agreement.closed]
    for rule in policies.rules:
        for constraint in rule.constraints:
            instant = instant_of(constraint, policies.received.get(rule.target))
            if instant is None or not instant.tzinfo:
                continue
            if constraint.operator in {LT, GTEQ}:
                changes.append(instant)
            # The others change just after their instant.
            elif instant < datetime.max.replace(tzinfo=instant.tzinfo):
                changes.append(instant + datetime.resolution)
    return min((change for change in changes if change > at), default=None)


@dataclass(frozen=True)
class UpcomingDate:
    """An instant at which a date in a rule takes effect; the rule `begins` or ends to hold then."""

    at: datetime
    rule: Rule
    begins: bool


def list_upcoming_dates(policies: Policies, target: str, at: datetime) -> list[UpcomingDate]:
    """Return the dates after `at` in the rules about a dataset, the next first.

    Raises `UsageError` for an instant without offset.
    """
    at = require_offset(at)
    dates = []
    for rule in policies.rules_on(target):
        for constraint in rule.constraints:
            instant = instant_of(constraint, policies.received.get(target))
            if instant is not None and instant.tzinfo and instant > at:
                dates.append(UpcomingDate(instant, rule, constraint.operator in BEGINNINGS))
    return sorted(dates, key=attrgetter("at"))


def instant_of(constraint: Constraint, received: datetime | None) -> datetime | None:
    """Return the instant that a condition of time compares with, or None for another condition.

    Elapsed time counts from when the pool `received` the data (ODRL 2.2, ``odrl:elapsedTime``).
    """
    if constraint.left == DATE_TIME and isinstance(constraint.right, datetime):
        return constraint.right
    if constraint.left != ELAPSED_TIME or received is None:
        return None
    duration = Literal(str(constraint.right), datatype=XSD.duration).value
    if not isinstance(duration, Duration | timedelta):
        return None
    try:
        end: datetime = received + duration
    except (OverflowError, ValueError):
        # Beyond the year 9999: never.
        return None
    return end


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
        starts = []
        for constraint in rule.constraints:
            start = instant_of(constraint, received)
            if start is None or not compare(at, constraint.operator, start):
                break
            # What holds from the outset (`odrl:lt`) does so since the data were received.
            if constraint.operator not in BEGINNINGS:
                start = received or at
            elif constraint.operator == GT:
                start += datetime.resolution
            starts.append(start)
        # All conditions must hold: the obligation is due since the last of them.
        if len(starts) == len(rule.constraints):
            since = max(starts, default=received or at)
            agreement = policies.agreement(rule.agreement)
            obligations.append(DueDeletion(target, since, rule, agreement))
    return min(obligations, key=attrgetter("since"), default=None)

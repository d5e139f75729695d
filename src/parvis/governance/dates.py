"""Evaluate dates in agreements at an instant, and find when their answer changes."""

from datetime import UTC, datetime, timedelta

from rdflib import Literal
from rdflib.namespace import ODRL2, XSD
from rdflib.xsd_datetime import Duration

from parvis.errors import UsageError
from parvis.governance.policies import DATE_TIME, ELAPSED_TIME, Constraint, Policies
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


def good_until(policies: Policies, at: datetime) -> datetime | None:
    """Return the first instant after `at` at which a date in an agreement may change a decision.

    Before it, every decision is what it is at `at`; None if no date is still to come. Instants
    have microseconds. Raises `UsageError` for an instant without offset.
    """
    at = require_offset(at)
    changes = [
        _find_change(constraint, policies.received.get(rule.target))
        for rule in policies.rules
        for constraint in rule.constraints
    ]
    changes += [agreement.closed for agreement in policies.agreements]
    return min((change for change in changes if change is not None and change > at), default=None)


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


def _find_change(constraint: Constraint, received: datetime | None) -> datetime | None:
    """Return the first instant at which a condition of time has another answer than before."""
    instant = instant_of(constraint, received)
    if instant is None or not instant.tzinfo:
        return None
    if constraint.operator in {LT, GTEQ}:
        return instant
    # The others change just after their instant.
    last = datetime.max.replace(tzinfo=instant.tzinfo)
    return instant + datetime.resolution if instant < last else None

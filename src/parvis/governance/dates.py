"""Dates in agreements: what they say at an instant, and when they will say otherwise."""

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
    """Give an instant in UTC; raises `UsageError` for one without offset, which is many.

    Of two instants in one zone Python compares what the clock on the wall says, which says it
    twice when summer time ends.
    """
    if at.tzinfo is None:
        raise UsageError(NAIVE, at=at)
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
    """Give the first instant after `at` at which a date in an agreement may change a decision.

    Before it, every decision is what it is at `at`; None: no date is still to come. Instants
    count to the microsecond. Raises `UsageError` for an instant without offset.
    """
    at = require_offset(at)
    received = policies.received
    turns = [_turn(one, received.get(r.target)) for r in policies.rules for one in r.constraints]
    turns += [agreement.closed for agreement in policies.agreements]
    return min((turn for turn in turns if turn is not None and turn > at), default=None)


def instant_of(constraint: Constraint, received: datetime | None) -> datetime | None:
    """Give the instant that a condition compares with, if it is one of time.

    Elapsed time counts from when the pool `received` the data (ODRL 2.2, ``odrl:elapsedTime``).
    """
    if constraint.left == DATE_TIME and isinstance(constraint.right, datetime):
        return constraint.right
    if constraint.left != ELAPSED_TIME or received is None:
        return None
    lasts = Literal(str(constraint.right), datatype=XSD.duration).value
    if not isinstance(lasts, Duration | timedelta):
        return None
    try:
        ends: datetime = received + lasts
    except (OverflowError, ValueError):  # beyond the year 9999
        return None
    return ends


def _turn(constraint: Constraint, received: datetime | None) -> datetime | None:
    """Give the first instant at which a condition of time answers otherwise than before."""
    instant = instant_of(constraint, received)
    if instant is None or not instant.tzinfo:
        return None
    if constraint.operator in {LT, GTEQ}:
        return instant
    last = datetime.max.replace(tzinfo=instant.tzinfo)
    return instant + datetime.resolution if instant < last else None

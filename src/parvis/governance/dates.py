"""Dates in agreements: what they say at an instant, and when they will say otherwise."""

from datetime import UTC, datetime

from rdflib.namespace import ODRL2

from parvis.errors import UsageError
from parvis.governance.policies import DATE_TIME, Constraint, Policies
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
    turns = [_turn(one) for rule in policies.rules for one in rule.constraints]
    turns += [agreement.closed for agreement in policies.agreements]
    return min((turn for turn in turns if turn is not None and turn > at), default=None)


def _turn(constraint: Constraint) -> datetime | None:
    """Give the first instant at which a date constraint answers otherwise than before."""
    instant = constraint.right
    if constraint.left != DATE_TIME or not isinstance(instant, datetime) or not instant.tzinfo:
        return None
    if constraint.operator in {LT, GTEQ}:
        return instant
    last = datetime.max.replace(tzinfo=instant.tzinfo)
    return instant + datetime.resolution if instant < last else None

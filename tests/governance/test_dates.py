"""When decisions will change."""

from datetime import UTC, datetime, timedelta

import pytest

from parvis.errors import UsageError
from parvis.governance import READ, Agreement, Constraint, Policies, Rule, RuleKind, good_until
from parvis.governance.dates import GT, GTEQ, LT, LTEQ
from parvis.governance.policies import DATE_TIME

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def dated(operator: str, instant: datetime) -> Policies:
    """Give policies with one date."""
    constraint = Constraint(DATE_TIME, operator, instant)
    rule = Rule(RuleKind.PERMISSION, "data", "reader", READ, "agreement", (constraint,))
    return Policies((Agreement("agreement", "owner", {"fr": "E", "en": "A"}, (rule,)),))


@pytest.mark.parametrize(("operator", "wait"), [(LT, 0), (GTEQ, 0), (LTEQ, 1), (GT, 1)])
def test_an_edge_that_still_holds_turns_a_microsecond_later(operator: str, wait: int) -> None:
    """`lteq` and `gt` answer at the edge what they answered before it."""
    assert good_until(dated(operator, LATER), NOW) == LATER + wait * datetime.resolution


def test_dates_that_are_past_change_nothing() -> None:
    """None: as far as dates go, decisions stand for ever."""
    assert good_until(dated(LT, NOW), NOW) is None
    assert good_until(dated(LTEQ, NOW), NOW) == NOW + datetime.resolution
    assert good_until(Policies(), NOW) is None


def test_the_end_of_the_calendar_is_no_obstacle() -> None:
    """A date that means “for ever” is a date."""
    last = datetime.max.replace(tzinfo=UTC)
    assert good_until(dated(LTEQ, last), NOW) is None
    assert good_until(dated(LT, last), NOW) == last


def test_good_until_needs_an_offset() -> None:
    """An hour is not an instant until its zone is known."""
    with pytest.raises(UsageError, match="lacks its offset"):
        good_until(Policies(), NOW.replace(tzinfo=None))

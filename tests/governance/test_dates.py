"""Instants at which decisions change."""

from datetime import UTC, datetime, timedelta

import pytest

from parvis.errors import UsageError
from parvis.governance import (
    READ,
    Agreement,
    Constraint,
    Policies,
    Rule,
    RuleKind,
    good_until,
    list_upcoming_dates,
)
from parvis.governance.dates import GT, GTEQ, LT, LTEQ
from parvis.governance.policies import DATE_TIME

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def build_policies(operator: str, instant: datetime) -> Policies:
    """Return policies with a single date condition."""
    constraint = Constraint(DATE_TIME, operator, instant)
    rule = Rule(RuleKind.PERMISSION, "data", "reader", READ, "agreement", (constraint,))
    return Policies((Agreement("agreement", "owner", {"fr": "E", "en": "A"}, (rule,)),))


@pytest.mark.parametrize(("operator", "wait"), [(LT, 0), (GTEQ, 0), (LTEQ, 1), (GT, 1)])
def test_a_date_that_includes_its_instant_changes_decisions_a_microsecond_later(
    operator: str, wait: int
) -> None:
    """`lteq` and `gt` decide at the instant as they decide before it."""
    assert good_until(build_policies(operator, LATER), NOW) == LATER + wait * datetime.resolution


def test_past_dates_change_no_decision() -> None:
    """None means that no date will change a decision."""
    assert good_until(build_policies(LT, NOW), NOW) is None
    assert good_until(build_policies(LTEQ, NOW), NOW) == NOW + datetime.resolution
    assert good_until(Policies(), NOW) is None


def test_the_last_instant_of_the_calendar_is_accepted() -> None:
    """Agreements use it to say “for ever”."""
    last = datetime.max.replace(tzinfo=UTC)
    assert good_until(build_policies(LTEQ, last), NOW) is None
    assert good_until(build_policies(LT, last), NOW) == last


def test_good_until_requires_an_offset() -> None:
    with pytest.raises(UsageError, match="lacks its offset"):
        good_until(Policies(), NOW.replace(tzinfo=None))


def test_upcoming_dates_name_the_rule_that_begins_or_ends() -> None:
    """The next first; what is past, and what concerns another dataset, is left out."""
    end = LATER + timedelta(days=30)
    constraints = (
        Constraint(DATE_TIME, LT, end),
        Constraint(DATE_TIME, GTEQ, LATER),
        Constraint(DATE_TIME, GT, NOW),
    )
    rule = Rule(RuleKind.PERMISSION, "data", "reader", READ, "agreement", constraints)
    policies = Policies((Agreement("agreement", "owner", {"fr": "E", "en": "A"}, (rule,)),))
    dates = list_upcoming_dates(policies, "data", NOW)
    assert [(date.at, date.begins) for date in dates] == [(LATER, True), (end, False)]
    assert list_upcoming_dates(policies, "other", NOW) == []

"""Retention: data are deleted at a date, or after a period since reception."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from parvis.errors import UsageError
from parvis.governance import (
    ANONYMOUS,
    READ,
    DecisionCode,
    Policies,
    decide,
    find_due_deletion,
    good_until,
)

Read = Callable[..., Policies]
DATA = "https://pool.example/data"
MIDNIGHT = datetime.fromisoformat("2027-03-14T00:00:00-05:00")
"""The night before Toronto's clocks go forward."""
TICK = datetime.resolution


def write_obligation(*conditions: str) -> str:
    """Write the third party's obligation to delete the data, in Turtle."""
    constraints = "".join(f" ; odrl:constraint [ {condition} ]" for condition in conditions)
    return (
        "odrl:obligation [ odrl:target <data> ; odrl:assignee parvis:host ;"
        f" odrl:action odrl:delete{constraints} ]"
    )


def write_condition(operand: str, operator: str, value: str, kind: str) -> str:
    """Write a condition in Turtle."""
    return (
        f"odrl:leftOperand odrl:{operand} ; odrl:operator odrl:{operator} ;"
        f' odrl:rightOperand "{value}"^^xsd:{kind}'
    )


def write_date_condition(instant: datetime, operator: str = "gteq") -> str:
    """Write a date condition in Turtle."""
    return write_condition("dateTime", operator, instant.isoformat(), "dateTime")


@pytest.mark.parametrize("operator", ["gteq", "gt"])
@pytest.mark.parametrize("later", [-TICK, timedelta(0), TICK, timedelta(days=9)])
def test_data_due_for_deletion_are_unreadable(read: Read, operator: str, later: timedelta) -> None:
    """Job and evaluator agree to the microsecond, and the due date never changes."""
    policies = read(write_obligation(write_date_condition(MIDNIGHT, operator)))
    due = find_due_deletion(policies, DATA, None, MIDNIGHT + later)
    reason = decide(policies, ANONYMOUS, READ, DATA, MIDNIGHT + later).reason.code
    assert (due is not None) is (reason is DecisionCode.RETENTION_OVER)
    if due:
        assert due.since - MIDNIGHT == (TICK if operator == "gt" else timedelta(0))
        assert due.last < MIDNIGHT + TICK
        assert due.agreement
        assert due.agreement.iri == due.rule.agreement == "https://pool.example/agreement"


@pytest.mark.parametrize(
    ("received", "duration", "expected"),
    [
        ("2024-02-29T12:00:00+00:00", "P3Y", "2027-02-28T12:00:00+00:00"),
        ("2026-01-31T00:00:00-05:00", "P1M", "2026-02-28T00:00:00-05:00"),
        ("2026-11-24T00:00:00+00:00", "PT36H", "2026-11-25T12:00:00+00:00"),
    ],
)
def test_a_retention_period_counts_from_reception(
    read: Read, received: str, duration: str, expected: str
) -> None:
    """In calendar years and months, or in hours; without a date of reception it never ends."""
    policies = read(write_obligation(write_condition("elapsedTime", "gteq", duration, "duration")))
    reception, end = datetime.fromisoformat(received), datetime.fromisoformat(expected)
    assert find_due_deletion(policies, DATA, reception, end - TICK) is None
    due = find_due_deletion(policies, DATA, reception, end)
    assert due
    assert due.since == end
    assert find_due_deletion(policies, DATA, None, end + timedelta(days=9999)) is None


def test_all_conditions_of_an_obligation_must_hold_and_the_first_obligation_counts(
    read: Read,
) -> None:
    reception = MIDNIGHT - timedelta(days=365)
    period = write_condition("elapsedTime", "gteq", "P2Y", "duration")
    both = read(write_obligation(write_date_condition(MIDNIGHT), period))
    either = read(
        f"{write_obligation(write_date_condition(MIDNIGHT))} ; {write_obligation(period)}"
    )
    assert find_due_deletion(both, DATA, reception, MIDNIGHT) is None
    later = find_due_deletion(both, DATA, reception, MIDNIGHT + timedelta(days=400))
    first = find_due_deletion(either, DATA, reception, MIDNIGHT + timedelta(days=400))
    assert later
    assert first
    assert (first.since, later.since > MIDNIGHT) == (MIDNIGHT, True)


def test_data_without_an_obligation_are_never_due(read: Read) -> None:
    """Nor are data whose retention period ends beyond the calendar."""
    allowed = read("odrl:permission [ odrl:target <data> ; odrl:assignee parvis:everyone ;"
                   " odrl:action odrl:read ]")  # fmt: skip
    assert find_due_deletion(allowed, DATA, MIDNIGHT, MIDNIGHT) is None
    endless = read(write_obligation(write_condition("elapsedTime", "gteq", "P9999Y", "duration")))
    assert find_due_deletion(endless, DATA, MIDNIGHT, datetime.max.replace(tzinfo=UTC)) is None


def test_an_instant_requires_an_offset(read: Read) -> None:
    with pytest.raises(UsageError):
        find_due_deletion(read(write_obligation()), DATA, None, MIDNIGHT.replace(tzinfo=None))


OPEN = (
    "odrl:permission [ odrl:target <data> ; odrl:assignee parvis:everyone ; odrl:action odrl:read"
)
"""A permission to everyone, whose conditions follow."""


def record_reception(policies: Policies, since: datetime) -> Policies:
    """Return policies with the instant at which the pool received the data."""
    return replace(policies, received={DATA: since})


@pytest.mark.parametrize("operator", ["gteq", "gt"])
def test_a_retention_period_ends_for_readers_at_its_instant(read: Read, operator: str) -> None:
    """As for the job, and announced beforehand; without a date of reception it may be over."""
    period = write_condition("elapsedTime", operator, "P3Y", "duration")
    unknown = read(f"{OPEN} ] ; {write_obligation(period)}")
    policies = record_reception(unknown, datetime.fromisoformat("2024-03-14T05:00:00+00:00"))
    end = MIDNIGHT + (TICK if operator == "gt" else timedelta(0))
    assert decide(policies, ANONYMOUS, READ, DATA, end - TICK).allowed
    assert decide(policies, ANONYMOUS, READ, DATA, end).reason.code is DecisionCode.RETENTION_OVER
    assert good_until(policies, end - TICK) == end
    assert good_until(policies, end) is None
    assert decide(unknown, ANONYMOUS, READ, DATA, end).reason.code is DecisionCode.RETENTION_UNKNOWN


def test_a_permission_may_last_for_a_period_from_reception(read: Read) -> None:
    """The reason is then the date, not that it is unknown."""
    condition = f"odrl:constraint [ {write_condition('elapsedTime', 'lt', 'P1Y', 'duration')} ]"
    policies = record_reception(read(f"{OPEN} ; {condition} ]"), MIDNIGHT - timedelta(days=365))
    assert decide(policies, ANONYMOUS, READ, DATA, MIDNIGHT - TICK).allowed
    assert (
        decide(policies, ANONYMOUS, READ, DATA, MIDNIGHT).reason.code is DecisionCode.OUT_OF_DATES
    )

"""When data must be deleted: by a date, or once they have been held for so long."""

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


def obligation(*conditions: str) -> str:
    """Write an obligation of the host to delete the data."""
    constraints = "".join(f" ; odrl:constraint [ {one} ]" for one in conditions)
    return (
        "odrl:obligation [ odrl:target <data> ; odrl:assignee parvis:host ;"
        f" odrl:action odrl:delete{constraints} ]"
    )


def when(operand: str, operator: str, value: str, kind: str) -> str:
    """Write a condition."""
    return (
        f"odrl:leftOperand odrl:{operand} ; odrl:operator odrl:{operator} ;"
        f' odrl:rightOperand "{value}"^^xsd:{kind}'
    )


def date(instant: datetime, operator: str = "gteq") -> str:
    """Write a condition of date."""
    return when("dateTime", operator, instant.isoformat(), "dateTime")


@pytest.mark.parametrize("operator", ["gteq", "gt"])
@pytest.mark.parametrize("later", [-TICK, timedelta(0), TICK, timedelta(days=9)])
def test_what_is_due_is_what_nobody_may_read(read: Read, operator: str, later: timedelta) -> None:
    """Job and evaluator agree to the microsecond; it is due since its instant, whenever asked."""
    policies = read(obligation(date(MIDNIGHT, operator)))
    found = find_due_deletion(policies, DATA, None, MIDNIGHT + later)
    over = decide(policies, ANONYMOUS, READ, DATA, MIDNIGHT + later).reason.code
    assert (found is not None) is (over is DecisionCode.RETENTION_OVER)
    if found:
        assert found.since - MIDNIGHT == (TICK if operator == "gt" else timedelta(0))
        assert found.last < MIDNIGHT + TICK
        assert found.agreement
        assert found.agreement.iri == found.rule.agreement == "https://pool.example/agreement"


@pytest.mark.parametrize(
    ("received", "duration", "expected"),
    [
        ("2024-02-29T12:00:00+00:00", "P3Y", "2027-02-28T12:00:00+00:00"),
        ("2026-01-31T00:00:00-05:00", "P1M", "2026-02-28T00:00:00-05:00"),
        ("2026-11-24T00:00:00+00:00", "PT36H", "2026-11-25T12:00:00+00:00"),
    ],
)
def test_elapsed_time_counts_from_when_the_data_came(
    read: Read, received: str, duration: str, expected: str
) -> None:
    """In calendar years and months, or in hours; without a beginning nothing is ever over."""
    policies = read(obligation(when("elapsedTime", "gteq", duration, "duration")))
    came, over = datetime.fromisoformat(received), datetime.fromisoformat(expected)
    assert find_due_deletion(policies, DATA, came, over - TICK) is None
    found = find_due_deletion(policies, DATA, came, over)
    assert found
    assert found.since == over
    assert find_due_deletion(policies, DATA, None, over + timedelta(days=9999)) is None


def test_all_conditions_must_hold_and_the_first_obligation_counts(read: Read) -> None:
    """Two conditions of one rule wait for each other; of two rules one is enough."""
    came = MIDNIGHT - timedelta(days=365)
    year = when("elapsedTime", "gteq", "P2Y", "duration")
    both = read(obligation(date(MIDNIGHT), year))
    either = read(f"{obligation(date(MIDNIGHT))} ; {obligation(year)}")
    assert find_due_deletion(both, DATA, came, MIDNIGHT) is None
    later = find_due_deletion(both, DATA, came, MIDNIGHT + timedelta(days=400))
    first = find_due_deletion(either, DATA, came, MIDNIGHT + timedelta(days=400))
    assert later
    assert first
    assert (first.since, later.since > MIDNIGHT) == (MIDNIGHT, True)


def test_what_has_no_obligation_is_never_due(read: Read) -> None:
    """Nor is a duration that reaches beyond the calendar."""
    allowed = read("odrl:permission [ odrl:target <data> ; odrl:assignee parvis:everyone ;"
                   " odrl:action odrl:read ]")  # fmt: skip
    assert find_due_deletion(allowed, DATA, MIDNIGHT, MIDNIGHT) is None
    endless = read(obligation(when("elapsedTime", "gteq", "P9999Y", "duration")))
    assert find_due_deletion(endless, DATA, MIDNIGHT, datetime.max.replace(tzinfo=UTC)) is None


def test_an_instant_has_its_offset(read: Read) -> None:
    """As everywhere in agreements."""
    with pytest.raises(UsageError):
        find_due_deletion(read(obligation()), DATA, None, MIDNIGHT.replace(tzinfo=None))


OPEN = (
    "odrl:permission [ odrl:target <data> ; odrl:assignee parvis:everyone ; odrl:action odrl:read"
)
"""A permission to everyone, whose conditions follow."""


def held(policies: Policies, since: datetime) -> Policies:
    """Say since when the pool has held the data."""
    return replace(policies, received={DATA: since})


@pytest.mark.parametrize("operator", ["gteq", "gt"])
def test_a_time_of_keeping_is_over_for_readers_at_its_instant(read: Read, operator: str) -> None:
    """As the job has it, and told beforehand; without a beginning it may be over."""
    promised = when("elapsedTime", operator, "P3Y", "duration")
    unknown = read(f"{OPEN} ] ; {obligation(promised)}")
    policies = held(unknown, datetime.fromisoformat("2024-03-14T05:00:00+00:00"))
    over = MIDNIGHT + (TICK if operator == "gt" else timedelta(0))
    assert decide(policies, ANONYMOUS, READ, DATA, over - TICK).allowed
    assert decide(policies, ANONYMOUS, READ, DATA, over).reason.code is DecisionCode.RETENTION_OVER
    assert good_until(policies, over - TICK) == over
    assert good_until(policies, over) is None
    assert (
        decide(unknown, ANONYMOUS, READ, DATA, over).reason.code is DecisionCode.RETENTION_UNKNOWN
    )


def test_a_permission_may_last_for_a_time_from_when_the_data_came(read: Read) -> None:
    """Then it is out of its dates, and not unknown."""
    condition = f"odrl:constraint [ {when('elapsedTime', 'lt', 'P1Y', 'duration')} ]"
    policies = held(read(f"{OPEN} ; {condition} ]"), MIDNIGHT - timedelta(days=365))
    assert decide(policies, ANONYMOUS, READ, DATA, MIDNIGHT - TICK).allowed
    assert (
        decide(policies, ANONYMOUS, READ, DATA, MIDNIGHT).reason.code is DecisionCode.OUT_OF_DATES
    )

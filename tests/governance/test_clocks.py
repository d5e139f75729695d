"""Compare instants correctly when clocks change and at midnight."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parvis.errors import PolicyError
from parvis.governance import READ, Policies, Reader, decide, good_until, read_policies
from tests.governance.conftest import build_graph

Read = Callable[..., Policies]
TORONTO = ZoneInfo("America/Toronto")
MUSEUM = Reader("https://pool.example/museum")
DATA = "https://pool.example/data"


def write_permission(instant: str, operator: str = "lt") -> str:
    """Write a permission for the museum until an instant, in Turtle."""
    return (
        "odrl:permission [ odrl:target <data> ; odrl:assignee <museum> ; odrl:action odrl:read ;"
        " odrl:constraint [ odrl:leftOperand odrl:dateTime ;"
        f' odrl:operator odrl:{operator} ; odrl:rightOperand "{instant}"^^xsd:dateTime ] ]'
    )


def may_read(policies: Policies, at: datetime) -> bool:
    """Return whether the museum may read."""
    return decide(policies, MUSEUM, READ, DATA, at).allowed


def read_toronto_clock(text: str, fold: int = 0) -> datetime:
    """Return the instant that a clock in Toronto shows; `fold` 1 is the second such instant."""
    return datetime.fromisoformat(text).replace(tzinfo=TORONTO, fold=fold)


def test_the_repeated_hour_of_autumn_is_two_hours(read: Read) -> None:
    """On 1 November 2026 the clock in Toronto shows 1:30 twice, an hour apart."""
    first, second = (read_toronto_clock("2026-11-01T01:30:00", fold) for fold in (0, 1))
    summer, winter = (
        read(write_permission(f"2026-11-01T01:45:00-0{offset}:00")) for offset in (4, 5)
    )
    assert [may_read(summer, at) for at in (first, second)] == [True, False]
    assert [may_read(winter, at) for at in (first, second)] == [True, True]
    assert good_until(winter, first) == datetime(2026, 11, 1, 6, 45, tzinfo=UTC)
    assert good_until(summer, second) is None


def test_an_agreement_ends_within_the_skipped_hour_of_spring(read: Read) -> None:
    """On 8 March 2026 the clock goes from 2:00 to 3:00; with an offset, 2:30 is an instant."""
    policies = read(write_permission("2026-03-08T02:30:00-05:00"))
    assert may_read(policies, read_toronto_clock("2026-03-08T01:59:59"))
    assert may_read(policies, read_toronto_clock("2026-03-08T03:29:59"))
    assert not may_read(policies, read_toronto_clock("2026-03-08T03:30:00"))


@pytest.mark.parametrize(
    ("midnight", "offset"),
    [("2026-03-09", "-04:00"), ("2026-11-02", "-05:00"), ("2027-01-01", "-05:00")],
)
def test_a_day_begins_at_midnight(read: Read, midnight: str, offset: str) -> None:
    """To the microsecond, also after days of 23 and 25 hours."""
    policies = read(write_permission(f"{midnight}T00:00:00{offset}"))
    start = read_toronto_clock(f"{midnight}T00:00:00")
    before = start.astimezone(UTC) - timedelta.resolution
    assert may_read(policies, before)
    assert not may_read(policies, start)
    assert good_until(policies, before) == start


def test_dates_of_the_same_zone_are_compared_as_instants(read: Read) -> None:
    """Python compares local times when two datetimes share the same zone object."""
    policies = read(write_permission("2026-11-01T01:45:00-04:00"))
    (agreement,) = policies.agreements
    (rule,) = agreement.rules
    (constraint,) = rule.constraints
    local = replace(constraint, right=read_toronto_clock("2026-11-01T01:45:00"))
    local_agreement = replace(agreement, rules=(replace(rule, constraints=(local,)),))
    late = read_toronto_clock("2026-11-01T01:30:00", fold=1)
    assert not may_read(replace(policies, agreements=(local_agreement,)), late)
    assert good_until(replace(policies, agreements=(local_agreement,)), late) is None


@pytest.mark.parametrize("invalid", ["2026-11-01T01:45:00", "2026-02-30T00:00:00Z", "2026-11-01"])
def test_a_date_without_offset_or_outside_the_calendar_is_refused(invalid: str) -> None:
    with pytest.raises(PolicyError, match="offset"):
        read_policies(build_graph(write_permission(invalid)))

"""Clocks that are put forward, put back or strike midnight: an instant is one, everywhere."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parvis.errors import PolicyError
from parvis.governance import READ, Policies, Reader, decide, good_until, read_policies
from tests.governance.conftest import graph_of

Read = Callable[..., Policies]
TORONTO = ZoneInfo("America/Toronto")
MUSEUM = Reader("https://pool.example/museum")
DATA = "https://pool.example/data"


def until(instant: str, operator: str = "lt") -> str:
    """Write a permission to the museum until an instant."""
    return (
        "odrl:permission [ odrl:target <data> ; odrl:assignee <museum> ; odrl:action odrl:read ;"
        " odrl:constraint [ odrl:leftOperand odrl:dateTime ;"
        f' odrl:operator odrl:{operator} ; odrl:rightOperand "{instant}"^^xsd:dateTime ] ]'
    )


def may(policies: Policies, at: datetime) -> bool:
    """Say whether the museum may read."""
    return decide(policies, MUSEUM, READ, DATA, at).allowed


def on_the_wall(text: str, fold: int = 0) -> datetime:
    """Give what a clock in Toronto shows; `fold` 1 is the second time that it does."""
    return datetime.fromisoformat(text).replace(tzinfo=TORONTO, fold=fold)


def test_the_hour_that_comes_twice_is_two_hours(read: Read) -> None:
    """On 1 November 2026 half past one strikes twice in Toronto: an hour lies between."""
    first, second = (on_the_wall("2026-11-01T01:30:00", fold) for fold in (0, 1))
    summer, winter = (read(until(f"2026-11-01T01:45:00-0{h}:00")) for h in (4, 5))
    assert [may(summer, at) for at in (first, second)] == [True, False]
    assert [may(winter, at) for at in (first, second)] == [True, True]
    assert good_until(winter, first) == datetime(2026, 11, 1, 6, 45, tzinfo=UTC)
    assert good_until(summer, second) is None


def test_the_hour_that_never_comes_ends_an_agreement_all_the_same(read: Read) -> None:
    """On 8 March 2026 the clock goes from two to three; with its offset, half past two is."""
    policies = read(until("2026-03-08T02:30:00-05:00"))
    assert may(policies, on_the_wall("2026-03-08T01:59:59"))
    assert may(policies, on_the_wall("2026-03-08T03:29:59"))
    assert not may(policies, on_the_wall("2026-03-08T03:30:00"))


@pytest.mark.parametrize(
    ("midnight", "offset"),
    [("2026-03-09", "-04:00"), ("2026-11-02", "-05:00"), ("2027-01-01", "-05:00")],
)
def test_midnight_is_the_beginning_of_a_day(read: Read, midnight: str, offset: str) -> None:
    """To the microsecond, also after days of 23 and 25 hours."""
    policies = read(until(f"{midnight}T00:00:00{offset}"))
    strikes = on_the_wall(f"{midnight}T00:00:00")
    before = strikes.astimezone(UTC) - timedelta.resolution
    assert may(policies, before)
    assert not may(policies, strikes)
    assert good_until(policies, before) == strikes


def test_dates_of_one_zone_are_compared_as_instants(read: Read) -> None:
    """Python compares what the wall shows where two instants have the same zone object."""
    policies = read(until("2026-11-01T01:45:00-04:00"))
    (agreement,) = policies.agreements
    (rule,) = agreement.rules
    (constraint,) = rule.constraints
    here = replace(constraint, right=on_the_wall("2026-11-01T01:45:00"))
    same = replace(agreement, rules=(replace(rule, constraints=(here,)),))
    late = on_the_wall("2026-11-01T01:30:00", fold=1)
    assert not may(replace(policies, agreements=(same,)), late)
    assert good_until(replace(policies, agreements=(same,)), late) is None


@pytest.mark.parametrize("wrong", ["2026-11-01T01:45:00", "2026-02-30T00:00:00Z", "2026-11-01"])
def test_a_date_that_is_no_instant_is_refused(wrong: str) -> None:
    """Without its offset, or on a day that is none: it never reaches a decision."""
    with pytest.raises(PolicyError, match="offset"):
        read_policies(graph_of(until(wrong)))

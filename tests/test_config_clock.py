"""The time of day: it never goes back for who reads, and is the machine's for what is recorded."""

from datetime import UTC, datetime, timedelta

from parvis.config.clock import machine_time, now, set_clock

NOON = datetime(2026, 9, 16, 12, tzinfo=UTC)


def test_a_clock_that_is_set_back_keeps_the_latest_instant_for_decisions_only() -> None:
    """What is recorded and deleted by date follows the machine's clock back."""
    instants = [NOON + timedelta(days=365)]
    with set_clock(lambda: instants[-1]):
        assert now() == machine_time() == instants[0]
        instants.append(NOON)
        assert now() == instants[0]
        assert machine_time() == NOON
        instants.append(NOON + timedelta(days=366))
        assert now() == machine_time() == instants[-1]


def test_a_clock_of_a_test_leaves_no_trace() -> None:
    """Neither an instant of another test nor one of the future lasts."""
    before = now()
    with set_clock(lambda: NOON - timedelta(days=3650)):
        assert now() < NOON
        with set_clock(lambda: NOON + timedelta(days=365_000)):
            assert now() > before
    assert before <= now() < before + timedelta(days=1)

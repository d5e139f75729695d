"""The time of day: one clock for all parts, which tests can set.

Who may read is decided by `now`, which never goes back: a machine's clock that is set back would
open again what an agreement has closed. What is recorded, and what is deleted by date, goes by
`machine_time`, so that an instant that was wrong passes with the mistake.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Lock
from zoneinfo import ZoneInfo

QUEBEC = ZoneInfo("America/Toronto")


class Latest:
    """The latest instant so far. For threads."""

    def __init__(self) -> None:
        self._instant = datetime.min.replace(tzinfo=UTC)
        self._lock = Lock()

    def of(self, *instants: datetime) -> datetime:
        """Return the latest of these instants and of all before."""
        with self._lock:
            self._instant = max(self._instant, *instants)
            return self._instant


class _Clock:
    def __init__(self, read: Callable[[], datetime]) -> None:
        self.read = read
        self.latest = Latest()


_clocks = [_Clock(lambda: datetime.now(UTC))]
"""The machine's clock, and those that tests have put in its place, of which the last counts."""


def now() -> datetime:
    """Return the instant, in UTC; never before one that this process had."""
    clock = _clocks[-1]
    return clock.latest.of(clock.read())


def machine_time() -> datetime:
    """Return the instant, in UTC, as the machine's clock has it."""
    return _clocks[-1].read()


def day_in_quebec() -> date:
    """Return the day that it is in Québec: that of a signature, for who signs in the evening."""
    return machine_time().astimezone(QUEBEC).date()


@contextmanager
def set_clock(read: Callable[[], datetime]) -> Iterator[None]:
    """Put another clock in the machine's place, for tests; its `now` knows no former instant."""
    _clocks.append(_Clock(read))
    try:
        yield
    finally:
        _clocks.pop()

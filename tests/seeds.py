"""The seeds of random pools: other ones each day, so that over a year hundreds are attacked."""

from datetime import UTC, datetime

KNOWN = 300
"""The pools from which each day takes some; the benchmarks attack them all, and more."""


def seeds_of_today(count: int) -> list[int]:
    """Return the seeds of some pools."""
    first = datetime.now(UTC).toordinal() * count
    return [(first + number) % max(KNOWN, count) for number in range(count)]

"""Months of a calendar, with how many things begin on each day."""

from calendar import SUNDAY, Calendar
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

MOST = 3
"""Months that are drawn, from the first that has something."""
WEEKS = Calendar(SUNDAY)


@dataclass(frozen=True)
class Month:
    """A month (``2026-11``) as weeks of days; each day with its count, None outside the month."""

    name: str
    weeks: tuple[tuple[tuple[int, int] | None, ...], ...]


def list_months(days: Mapping[str, int]) -> list[Month]:
    """Return the first months in which something begins; `days` are in ISO 8601."""
    counts = Counter[date]()
    for text, count in days.items():
        try:
            counts[date.fromisoformat(text)] += count
        except ValueError:  # no day of the calendar: the report says so
            continue
    months = sorted({(day.year, day.month) for day in counts})[:MOST]
    return [
        Month(
            f"{year:04}-{month:02}",
            tuple(
                tuple((day.day, counts[day]) if day.month == month else None for day in week)
                for week in WEEKS.monthdatescalendar(year, month)
            ),
        )
        for year, month in months
    ]

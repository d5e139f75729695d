"""The six figures of performing arts: performances, tickets, attendance, revenue and their ratios.

They are those of Québec's observatory of culture (OCCQ, yearly survey of attendance at performing
arts): attendance is the tickets sold and given.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

FIRST_MONTH = 9
"""A season begins in September."""


class PerformanceTotals(NamedTuple):
    """The figures of a performance, in all prices and channels; None for what is not known.

    Or of the `performances` of a month and a discipline. `is_dated` is false where only the month
    is known: `day` is its last one.
    """

    day: date
    discipline: str
    available: int | None
    sold: int | None
    complimentary: int | None
    revenue: float | None
    show: str = ""
    venue: str = ""
    performances: int = 1
    is_dated: bool = True
    period: str = ""
    """The year or the season that the figures are of, where no month of it is known."""

    @property
    def periods(self) -> Sequence[str]:
        """The years and seasons in which the figures count."""
        return (self.period,) if self.period else (str(self.day.year), season_of(self.day))

    @property
    def tickets(self) -> int:
        """The tickets sold and given."""
        return (self.sold or 0) + (self.complimentary or 0)


@dataclass
class SixFigures:
    """The figures of some performances; a ratio is of those that have both of its parts."""

    performances: int = 0
    available: int = 0
    attendance: int = 0
    revenue: float = 0
    seated: int = 0
    """The attendance of the performances whose tickets available are known."""
    paying: int = 0
    """The tickets sold of the performances whose revenue is known."""

    def add(self, totals: PerformanceTotals) -> None:
        self.performances += totals.performances
        self.attendance += totals.tickets
        if totals.available is not None:
            self.available += totals.available
            self.seated += totals.tickets
        if totals.revenue is not None:
            self.revenue += totals.revenue
            self.paying += totals.sold or 0

    @property
    def occupancy(self) -> float | None:
        """Tickets sold and given, of those available; from 0 to 1, and more where overbooked."""
        return self.seated / self.available if self.available else None

    @property
    def average_revenue(self) -> float | None:
        """Dollars per paying spectator."""
        return self.revenue / self.paying if self.paying else None


def season_of(day: date) -> str:
    """Return the season of a day, by its two years.

    >>> season_of(date(2026, 8, 31)), season_of(date(2026, 9, 1))
    ('2025-2026', '2026-2027')
    """
    first = day.year if day.month >= FIRST_MONTH else day.year - 1
    return f"{first}-{first + 1}"


ALL = ""
"""Stands for all disciplines."""


def add_up(performances: Iterable[PerformanceTotals]) -> dict[tuple[str, str], SixFigures]:
    """Add performances up by year and by season, each by discipline and in all."""
    figures: defaultdict[tuple[str, str], SixFigures] = defaultdict(SixFigures)
    for totals in performances:
        for period in totals.periods:
            for discipline in {ALL, totals.discipline}:
                figures[period, discipline].add(totals)
    return dict(sorted(figures.items(), key=lambda entry: (len(entry[0][0]), entry[0])))

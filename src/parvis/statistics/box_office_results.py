"""What a box office learns from its own figures: when tickets sell, best days, openings, the trend.

Shares and ratios are of the performances whose parts are known; a number of performances stands
next to each.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from parvis.statistics.box_office import PerformanceTotals, SixFigures, season_of

WEEK = timedelta(days=7)
WEEKS = 26
"""The weeks before a performance that a sales curve has."""
PERIODS = ("opening", "first_week", "later")
"""The first day of a show in a season, the six days after it, and all others."""


class Sales(NamedTuple):
    """The cumulative tickets sold of a performance, by the day when they were known."""

    day: date
    sold: Mapping[date, int]


@dataclass(frozen=True)
class CurvePoint:
    """The tickets sold until so many weeks before the performances, of those sold in the end."""

    weeks: int
    performances: int
    sold: int
    final: int

    @property
    def share(self) -> float | None:
        return self.sold / self.final if self.final else None


def compute_sales_curve(performances: Iterable[Sales], weeks: int = WEEKS) -> list[CurvePoint]:
    """Return the points of the sales curve, the farthest week first; none without performances.

    A performance counts in a week if its sales were known at the end of it, or at most six days
    before: what was known earlier may have grown since, and what was known later says nothing.
    """
    points = {week: [0, 0, 0] for week in range(weeks + 1)}
    for performance in performances:
        days = sorted(performance.sold)
        # Of the days of a week before the performance, the last one counts.
        last = {(performance.day - day) // WEEK: day for day in days}
        final = performance.sold[days[-1]] if days else 0
        for week in points.keys() & last.keys():
            point = points[week]
            point[0] += 1
            point[1] += performance.sold[last[week]]
            point[2] += final
    rows = [CurvePoint(week, *point) for week, point in points.items() if point[0]]
    return sorted(rows, key=lambda point: -point.weeks)


def add_up_weekdays(performances: Iterable[PerformanceTotals]) -> dict[int, SixFigures]:
    """Add performances whose day is known up by day of the week, from Monday (1) to Sunday (7)."""
    figures: defaultdict[int, SixFigures] = defaultdict(SixFigures)
    for totals in performances:
        if totals.is_dated:
            figures[totals.day.isoweekday()].add(totals)
    return dict(sorted(figures.items()))


def add_up_openings(performances: Sequence[PerformanceTotals]) -> dict[str, SixFigures]:
    """Add performances up by `PERIODS` of their show; those without a show or a day are left out.

    A show that comes back in another season opens again.
    """
    openings: dict[tuple[str, str], date] = {}
    dated = [totals for totals in performances if totals.is_dated]
    for totals in dated:
        run = totals.show, season_of(totals.day)
        openings[run] = min(openings.get(run, totals.day), totals.day)
    figures = {period: SixFigures() for period in PERIODS}
    for totals in dated:
        if totals.show:
            since = totals.day - openings[totals.show, season_of(totals.day)]
            period = PERIODS[0] if not since else PERIODS[1] if since < WEEK else PERIODS[2]
            figures[period].add(totals)
    return {period: part for period, part in figures.items() if part.performances}


@dataclass(frozen=True)
class MonthTrend:
    """A month and the same month of the year before.

    `index` is the attendance of the venues that have performances in both months, 100 for that of
    the year before; `venues` is their number.
    """

    month: str
    figures: SixFigures
    before: SixFigures | None
    venues: int
    index: float | None


def compute_trend(performances: Iterable[PerformanceTotals]) -> list[MonthTrend]:
    """Return the trend of each month with performances, in order."""
    figures: defaultdict[str, SixFigures] = defaultdict(SixFigures)
    venues: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for totals in performances:
        if totals.period:
            continue
        month = f"{totals.day:%Y-%m}"
        figures[month].add(totals)
        venues[month][totals.venue] += totals.tickets
    rows = []
    for month in sorted(figures):
        earlier = f"{int(month[:4]) - 1:04}{month[4:]}"
        present = venues[month].keys() & venues.get(earlier, {}).keys()
        index = compute_index(venues.get(earlier, {}), venues[month])
        rows.append(MonthTrend(month, figures[month], figures.get(earlier), len(present), index))
    return rows


def compute_index(before: Mapping[str, float], after: Mapping[str, float]) -> float | None:
    """Return the index of what is present in both of two periods, 100 for the earlier one.

    Those that came or left in between do not move it. None where nothing is to be compared.

    >>> compute_index({"a": 50, "b": 50}, {"a": 60, "c": 500})
    120.0
    """
    present = before.keys() & after.keys()
    base = sum(before[name] for name in present)
    return 100 * sum(after[name] for name in present) / base if base else None

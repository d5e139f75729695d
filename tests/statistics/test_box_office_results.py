"""What a box office learns from its own figures equals what pandas computes."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.box_office import PerformanceTotals, SixFigures, season_of
from parvis.statistics.box_office_results import (
    CurvePoint,
    Sales,
    add_up_openings,
    add_up_weekdays,
    compute_index,
    compute_sales_curve,
    compute_trend,
)

COUNTS = st.none() | st.integers(0, 900)
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
FIGURES = (
    *(DAYS, st.just("theatre"), COUNTS, COUNTS, COUNTS),
    st.none() | st.integers(0, 90_000).map(float),
    *(st.sampled_from(("", "Lueur", "Soeurs")), st.sampled_from(("A", "B"))),
)
PERFORMANCES = st.lists(
    st.builds(
        PerformanceTotals,
        *FIGURES,
        performances=st.just(1),
        is_dated=st.just(value=True),
        period=st.just(""),
    )
    # A monthly report, of some performances or none, whose days are not known.
    | st.builds(
        PerformanceTotals,
        *FIGURES,
        performances=st.integers(0, 9),
        is_dated=st.just(value=False),
        period=st.just(""),
    ),
    max_size=40,
)
SALES = st.builds(
    Sales,
    DAYS.filter(lambda day: day.year == 2025),
    st.dictionaries(
        st.dates(date(2024, 10, 1), date(2025, 12, 31)), st.integers(0, 900), max_size=25
    ),
)


def read_table(performances: list[PerformanceTotals]) -> pd.DataFrame:
    """Return performances as a table, with their tickets sold and given."""
    table = pd.DataFrame(performances, columns=PerformanceTotals._fields)
    numbers = dict.fromkeys(("available", "sold", "complimentary", "revenue"), float)
    table = table.astype(numbers)
    table["day"] = pd.to_datetime(table["day"])
    table["tickets"] = table["sold"].fillna(0) + table["complimentary"].fillna(0)
    return table


def assert_same(figures: SixFigures, rows: pd.DataFrame) -> None:
    """Compare six figures with those of the rows of a table."""
    assert figures.performances == rows["performances"].sum()
    assert figures.attendance == rows["tickets"].sum()
    seated, paid = rows[rows["available"].notna()], rows[rows["revenue"].notna()]
    seats, paying = seated["available"].sum(), paid["sold"].sum()
    occupancy = seated["tickets"].sum() / seats if seats else None
    average = paid["revenue"].sum() / paying if paying else None
    assert figures.occupancy == (None if occupancy is None else pytest.approx(occupancy))
    assert figures.average_revenue == (None if average is None else pytest.approx(average))


@given(PERFORMANCES)
def test_weekdays_are_those_of_pandas(performances: list[PerformanceTotals]) -> None:
    table = read_table(performances)
    table = table[table["is_dated"].astype(bool)]
    groups = dict(list(table.groupby(table["day"].dt.day_of_week + 1)))
    weekdays = add_up_weekdays(performances)
    assert list(weekdays) == sorted(groups)
    for weekday, figures in weekdays.items():
        assert_same(figures, groups[weekday])


@given(PERFORMANCES)
def test_openings_are_those_of_pandas(performances: list[PerformanceTotals]) -> None:
    """The first day of a show in a season, its first week, and what follows."""
    table = read_table(performances)
    table["season"] = [season_of(day.date()) for day in table["day"]]
    table = table[(table["show"] != "") & table["is_dated"].astype(bool)].copy()
    first = table.groupby(["show", "season"])["day"].transform("min")
    since = (table["day"] - first).dt.days if len(table) else pd.Series(dtype=float)
    periods = {
        "opening": table[since == 0],
        "first_week": table[(since > 0) & (since < 7)],
        "later": table[since >= 7],
    }
    openings = add_up_openings(performances)
    assert list(openings) == [name for name, rows in periods.items() if len(rows)]
    for name, figures in openings.items():
        assert_same(figures, periods[name])


@given(PERFORMANCES)
def test_the_trend_is_that_of_pandas(performances: list[PerformanceTotals]) -> None:
    """Each month, the same month of the year before, and the index of venues of both."""
    table = read_table(performances)
    table["month"] = table["day"].dt.to_period("M")
    trend = compute_trend(performances)
    assert [row.month for row in trend] == sorted({str(month) for month in table["month"]})
    by_venue = table.pivot_table(
        index="month", columns="venue", values="tickets", aggfunc="sum", observed=True
    )
    for row in trend:
        month = pd.Period(row.month, "M")
        assert_same(row.figures, table[table["month"] == month])
        earlier = table[table["month"] == month - 12]
        assert (row.before is None) == earlier.empty
        if row.before is None:
            assert (row.venues, row.index) == (0, None)
            continue
        assert_same(row.before, earlier)
        both = by_venue.loc[[month - 12, month]].dropna(axis="columns")
        before, after = both.sum(axis="columns")
        assert row.venues == both.shape[1]
        assert row.index == (pytest.approx(100 * after / before) if before else None)


@given(st.lists(SALES, max_size=12))
def test_the_sales_curve_is_that_of_pandas(performances: list[Sales]) -> None:
    """By week, of the performances whose sales were known in that week."""
    rows = [
        (number, (sales.day - day).days, sold, sales.sold[max(sales.sold)])
        for number, sales in enumerate(performances)
        for day, sold in sales.sold.items()
    ]
    table = pd.DataFrame(rows, columns=["performance", "before", "sold", "final"])
    table = table[(table["before"] >= 0) & (table["before"] < 27 * 7)].copy()
    table["week"] = table["before"] // 7
    last = table.sort_values("before").groupby(["week", "performance"]).first().reset_index()
    expected = [
        CurvePoint(int(week), len(group), int(group["sold"].sum()), int(group["final"].sum()))
        for week, group in sorted(last.groupby("week"), key=lambda pair: -pair[0])
    ]
    assert compute_sales_curve(performances) == expected


def test_a_week_that_nothing_is_known_of_is_not_a_week_without_sales() -> None:
    """A performance followed from its fifth week on does not lower the weeks before."""
    day = date(2026, 11, 20)
    late = Sales(day, {day - timedelta(weeks=5): 40, day: 100})
    early = Sales(day, {day - timedelta(weeks=10): 10, day - timedelta(weeks=5): 60, day: 100})
    shares = {point.weeks: point.share for point in compute_sales_curve([late, early])}
    assert shares == {10: 0.1, 5: 0.5, 0: 1.0}


def test_who_came_or_left_does_not_move_the_index() -> None:
    assert compute_index({"stays": 100, "left": 900}, {"stays": 110, "came": 5}) == 110
    assert compute_index({"left": 900}, {"came": 5}) is None

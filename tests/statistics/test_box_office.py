"""The six figures of performances equal those of pandas, whatever is known of them."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.box_office import ALL, PerformanceTotals, add_up, season_of

COUNTS = st.none() | st.integers(0, 900)
PERFORMANCES = st.builds(
    PerformanceTotals,
    st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    st.sampled_from((ALL, "dance", "theatre")),
    COUNTS,
    COUNTS,
    COUNTS,
    st.none() | st.integers(0, 90_000).map(float),
    # Most rows are of one performance, those of monthly reports of several, or none.
    performances=st.just(1) | st.integers(0, 20),
    period=st.just(""),
)


@given(st.lists(PERFORMANCES, max_size=30))
def test_the_six_figures_are_those_of_pandas(performances: list[PerformanceTotals]) -> None:
    """By year and by season, by discipline and in all."""
    figures = add_up(performances)
    table = pd.DataFrame(performances, columns=PerformanceTotals._fields).astype(
        dict.fromkeys(("available", "sold", "complimentary", "revenue"), float)
    )
    table["tickets"] = table["sold"].fillna(0) + table["complimentary"].fillna(0)
    expected = set()
    for period in (lambda day: str(day.year), season_of):
        of_period = table.assign(period=table["day"].map(period))
        with_totals = pd.concat(
            [of_period.assign(discipline=ALL), of_period[of_period["discipline"] != ALL]]
        )
        for key, rows in with_totals.groupby(["period", "discipline"]):
            expected.add(key)
            cell = figures[key]
            assert cell.performances == rows["performances"].sum()
            assert cell.attendance == rows["tickets"].sum()
            seated = rows[rows["available"].notna()]
            paid = rows[rows["revenue"].notna()]
            if seated["available"].sum():
                ratio = seated["tickets"].sum() / seated["available"].sum()
                assert cell.occupancy == pytest.approx(ratio)
            if paid["sold"].sum():
                assert cell.average_revenue == pytest.approx(
                    paid["revenue"].sum() / paid["sold"].sum()
                )
    assert figures.keys() == expected


def test_what_is_not_known_makes_no_ratio() -> None:
    """An attendance without its seats does not raise the occupancy."""
    day = date(2026, 11, 20)
    unknown = PerformanceTotals(day, "dance", None, 100, None, None)
    seated = PerformanceTotals(day, "dance", 200, 90, 10, 2_700.0)
    of_year = add_up([unknown, seated])["2026", "dance"]
    assert (of_year.performances, of_year.attendance) == (2, 200)
    assert (of_year.occupancy, of_year.average_revenue) == (0.5, 30.0)
    alone = add_up([unknown])["2026", ALL]
    assert (alone.occupancy, alone.average_revenue) == (None, None)

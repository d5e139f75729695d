"""Rates per 1,000 inhabitants equal those of pandas."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.nesting import Nesting
from parvis.statistics.rates import Population, ResidentFigure, Residents, compute_rates

BOUNDS = {"0-13": (0, 13), "14-64": (14, 64), "65-plus": (65, 200), "14-plus": (14, 200)}
AGES = Nesting("age", "total", bounds=BOUNDS)
YEARS = {"2019": 2019, "2024": 2024, "2024-2025": 2025}
KEYS = st.tuples(
    st.sampled_from(("01", "06")), st.sampled_from(("0-13", "14-64")), st.sampled_from(("fr", "en"))
)
FIGURES = st.dictionaries(st.tuples(st.sampled_from(sorted(YEARS)), KEYS), st.integers(0, 9_000))
POPULATIONS = st.dictionaries(
    st.tuples(st.sampled_from((2011, 2016, 2021)), KEYS), st.integers(0, 90_000)
)


def population(inhabitants: int, year: int | None, *residents: str) -> Population:
    return Population(Residents(*residents), inhabitants, year, "census")


@given(FIGURES, POPULATIONS)
def test_rates_are_those_of_pandas(
    figures: dict[tuple[str, tuple[str, str, str]], int],
    populations: dict[tuple[int, tuple[str, str, str]], int],
) -> None:
    """Of the last census before the period that has inhabitants there, else of the next one."""
    rates = compute_rates(
        [
            ResidentFigure("attendance", period, Residents(*key), value)
            for (period, key), value in figures.items()
        ],
        [population(count, year, *key) for (year, key), count in populations.items()],
        YEARS,
        AGES,
    )
    left = pd.DataFrame([(p, key, v) for (p, key), v in figures.items()])
    right = pd.DataFrame([(y, key, n) for (y, key), n in populations.items()])
    if left.empty or right.empty:
        assert rates == []
        return
    left.columns, right.columns = pd.Index(["period", "key", "value"]), pd.Index(["y", "key", "n"])
    table = left.merge(right[right["n"] > 0], on="key")
    until = table["period"].map(YEARS)
    table["rank"] = (until - table["y"]).where(table["y"] <= until, 1_000 + table["y"] - until)
    best = table.sort_values("rank").groupby(["period", "key"]).first()
    assert {(r.figure.period, tuple(r.figure.residents)): r.per_thousand for r in rates} == {
        name: pytest.approx(1_000 * row["value"] / row["n"]) for name, row in best.iterrows()
    }


def test_ages_are_added_up_where_they_cover_an_age_exactly() -> None:
    """14 and more is 14–64 and 65 and more; all ages are all brackets."""
    rows = [
        population(count, 2021, "06", age, "total")
        for age, count in (("0-13", 200), ("14-64", 500), ("65-plus", 300))
    ]
    figures = [
        ResidentFigure("attendance", "2024", Residents("06", age, "total"), 80)
        for age in ("14-plus", "total", "0-13")
    ]
    rates = compute_rates(figures, rows, YEARS, AGES)
    assert [rate.per_thousand for rate in rates] == [100, 80, 400]
    assert compute_rates(figures, rows[:1], YEARS, AGES)[0].figure is figures[2]


def test_a_population_without_a_year_serves_where_no_other_does() -> None:
    """The steward's own number of inhabitants states its source only."""
    figure = ResidentFigure("attendance", "2024", Residents("06", "total", "total"), 50)
    unknown = population(1_000, None, "06", "total", "total")
    dated = population(2_000, 2021, "06", "total", "total")
    (rate,) = compute_rates([figure], [unknown, dated], YEARS, AGES)
    assert rate.population is dated
    (rate,) = compute_rates([figure], [unknown], YEARS, AGES)
    assert rate.per_thousand == 50

"""A chart's model: suppressed figures never have a value, and an index compares with its base."""

import math

import pytest

from parvis.web.charts import (
    MISSING,
    SUPPRESSED,
    Category,
    Cell,
    Chart,
    Series,
    as_index,
    share_scale,
)


def make_chart(*series: Series, kind: str = "bar", **more: object) -> Chart:
    names = tuple(Category(f"n{at}") for at in range(len(series[0].cells)))
    return Chart(kind, "Entrées", "2025", "entrées", names, series, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "suppressed"), [(3.0, True), (math.nan, False), (math.inf, False)]
)
def test_a_cell_has_a_finite_value_or_is_suppressed(value: float, *, suppressed: bool) -> None:
    with pytest.raises(ValueError, match="suppressed cell"):
        Cell(value, suppressed=suppressed)


def test_a_series_has_a_cell_for_each_category() -> None:
    with pytest.raises(ValueError, match="each category"):
        Chart("bar", "", "", "", (Category("a"),), (Series("", (Cell(1), Cell(2))),))


@pytest.mark.parametrize("base", [None, 0, -1])
def test_no_share_is_drawn_of_an_unknown_base(base: float | None) -> None:
    with pytest.raises(ValueError, match="base that is known"):
        make_chart(Series("", (Cell(1),)), kind="waffle", base=base)


def test_small_multiples_share_one_scale() -> None:
    charts = [make_chart(Series("", (Cell(value),))) for value in (3, 12, 7)]
    assert [chart.scale for chart in share_scale(charts)] == [(0.0, 12.0)] * 3
    assert share_scale([]) == []


def test_an_index_is_100_for_the_base() -> None:
    """The base is a line; what is compared with it has its own colour still."""
    pool = Series("pool", (Cell(50), Cell(20), SUPPRESSED, Cell(0)))
    mine = Series("mine", (Cell(75), SUPPRESSED, Cell(3), Cell(5)))
    index = as_index(make_chart(pool, mine), 0, "index")
    (series,) = index.series
    assert series.cells == (Cell(150.0), SUPPRESSED, SUPPRESSED, MISSING)
    assert (index.reference, index.unit, index.colour_of(0)) == (100.0, "index", 2)
    assert (index.scale, index.origin) == ((100.0, 150.0), 100.0)


def test_dates_are_read_of_codes() -> None:
    """Days, months and years; anything else is no date."""
    names = (Category("a", "2025"), Category("b", "2025-03"), Category("c", "2025-03-09"))
    cells = (Cell(1), Cell(2), Cell(3))
    chart = Chart("line", "", "", "", names, (Series("", cells),))
    assert chart.dates == ["2025-01-01", "2025-03-01", "2025-03-09"]
    assert make_chart(Series("", cells)).dates == []

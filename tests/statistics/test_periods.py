"""Months, quarters, seasons and years; areas of events; money and seats; how they add up."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_pools import strata as layers_only

from parvis.config import Disclosure
from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.disclosure.release import DisclosureRules, control_release
from parvis.statistics.nesting import Nesting
from parvis.statistics.rolling_up import Observations
from parvis.statistics.strata import (
    ATTENDANCE,
    AVAILABLE,
    DIMENSIONS,
    MONTH,
    PRICE,
    PUBLIC,
    QUARTER,
    REST,
    REVENUE,
    SALES,
    SEASON,
    FigureKey,
    FigureRow,
    Strata,
)

SOLD, FREE = SALES
MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]
DAYS = 31


def strata() -> Strata:
    """Return two years of months, with their quarters and the season between them."""
    codes = {"discipline": ("d0", "d1"), "area": ("a0", "a1"), "event": ("a0", "a1")}
    codes |= {"size": ("small", "large")}
    bounds = {m: (n * DAYS + 1, (n + 1) * DAYS) for n, m in enumerate(MONTHS)}

    def span(first: int, last: int) -> tuple[int, int]:
        return first * DAYS + 1, (last + 1) * DAYS

    years = {"2024": span(0, 11), "2025": span(12, 23)}
    quarters = {f"{2024 + n // 4}-Q{n % 4 + 1}": span(3 * n, 3 * n + 2) for n in range(8)}
    seasons = {"2024-2025": span(8, 19)}
    bounds |= years | quarters | seasons
    nestings = {name: Nesting(name, "*", codes.get(name, ())) for name in (*DIMENSIONS, PRICE)}
    nestings["period"] = Nesting("period", None, tuple(years), bounds=bounds)
    shorter = {
        level: Nesting("period", None, tuple(targets), bounds=bounds)
        for level, targets in ((SEASON, seasons), (QUARTER, quarters), (MONTH, MONTHS))
    }
    return Strata(nestings, shorter)


STRATA = strata()


def row(contributor: str, period: str, value: float, **fields: str) -> FigureRow:
    parts = dict.fromkeys(("place", "age", "public", "language", "channel"), "*")
    places = {"discipline": "d0", "area": "*", "event": "a0", "measure": SOLD}
    return FigureRow(contributor, period=period, value=value, **(parts | places | fields))


def pool(*rows: FigureRow) -> PooledFigures:
    return aggregate(Observations.of(rows), STRATA)


def total(pooled: PooledFigures, period: str, *layer: str, measure: str = SOLD) -> float:
    key = FigureKey(measure, period, "*", "*", *layer)
    return float(pooled.values[pooled.keys.index(key)].sum()) if key in pooled.keys else 0


def test_months_make_quarters_seasons_and_years() -> None:
    """Each month counts in its quarter, in its season and in its year."""
    pooled = pool(*(row("m", month, 10) for month in MONTHS))
    assert [total(pooled, p) for p in ("2024-01", "2024-Q1", "2024", "2024-2025")] == [
        *(10, 30, 120, 120)
    ]
    assert total(pooled, "2025", "event", "a0") == 120
    assert not pooled.unfit


def test_an_incomplete_year_is_published_by_month_only() -> None:
    """Who joined in November has no year, and its months count."""
    months = [row("n", month, 10) for month in MONTHS]
    pooled = pool(*months, row("m", "2024-11", 5), row("m", "2024-12", 7))
    assert (total(pooled, "2024"), total(pooled, "2024-11"), total(pooled, "2024-Q4")) == (
        *(120, 15, 30),
    )
    _require_sums(pooled)


def test_months_that_exceed_their_year_are_left_out() -> None:
    """A contributor's own year counts; its months, which say more, are reported."""
    pooled = pool(row("m", "2024", 10), row("m", "2024-01", 8), row("m", "2024-02", 8))
    assert total(pooled, "2024") == 10
    assert [unfit.dimension for unfit in pooled.unfit] == ["period"]
    _require_sums(pooled)


def test_a_season_that_cannot_be_related_to_its_years_is_left_out() -> None:
    """Which part of the year is in the season is not known: together they could tell of others."""
    pooled = pool(row("m", "2024-2025", 10), row("m", "2024", 12), row("n", "2024-2025", 9))
    assert (total(pooled, "2024-2025"), total(pooled, "2024")) == (9, 12)
    assert [unfit.contributor for unfit in pooled.unfit] == ["m"]


def test_a_month_without_performances_is_dark_not_lacking() -> None:
    """Of box offices, from their first month to their last; in the year before, they began."""
    months = [m for m in MONTHS[8:] if m[5:] not in {"07", "08"}]
    pooled = pool(*(row("m", month, 10) for month in months))
    assert (total(pooled, "2025"), total(pooled, "2025-Q3"), total(pooled, "2024")) == (100, 10, 0)
    visits = pool(*(row("m", month, 10, measure="visits") for month in months))
    assert total(visits, "2025", measure="visits") == 0


def test_prices_and_channels_are_added_performance_by_performance() -> None:
    """One performance has a total of all prices, another only parts: both are counted once."""
    first = [
        row("m", "2024-01", value, price=price, performance="p")
        for price, value in (("regular", 6), ("reduced", 4), ("*", 10))
    ]
    second = [
        row("m", "2024-01", value, price=price, performance="q")
        for price, value in (("regular", 3), ("reduced", 2))
    ]
    third = [row("m", "2024-01", 4, channel=way, performance="r") for way in ("web", "door")]
    assert total(pool(*first, *second, *third), "2024-01") == 23


def test_a_size_class_is_that_of_its_contributors() -> None:
    """By year; months are not published by size."""
    rows = [
        row(name, month, 1, size=size)
        for month in MONTHS
        for name, size in (("m", "small"), ("n", "large"), ("o", "small"))
    ]
    pooled = pool(*rows)
    assert total(pooled, "2024", "size", "small") == 24
    assert not any(key.layer == "size" and len(key.period) > 4 for key in pooled.keys)


def test_attendance_that_is_tickets_is_related_to_them() -> None:
    """Of box offices exactly; of others, whose tickets nobody knows, there is a rest."""
    rows = [
        row("m", "2024-01", value, measure=measure)
        for measure, value in ((SOLD, 30), (FREE, 5), (ATTENDANCE, 35))
    ]
    pooled = pool(*rows)
    places = {key: place for place, key in enumerate(pooled.keys)}
    whole, *parts = (places[FigureKey(m, "2024-01", "*", "*")] for m in (ATTENDANCE, SOLD, FREE))
    assert (whole, tuple(parts)) in pooled.relations
    pooled = pool(*rows, row("n", "2024-01", 50, measure=ATTENDANCE))
    _require_sums(pooled)
    rests = [key for key in pooled.keys if key.measure.endswith(REST) and key.period == "2024-01"]
    assert {float(pooled.values[pooled.keys.index(key)].sum()) for key in rests} == {50.0}


WHERE = [
    *(("d0", "a0", "a0"), ("d0", "a1", "a1"), ("d1", "a0", "a0"), ("d1", "a1", "a0")),
    ("*", "*", "*"),
]
"""By all or by none: of margins alone, what is inside is not known, and bounds are wider."""
FIGURES = st.lists(
    st.builds(
        lambda where, **fields: row(discipline=where[0], area=where[1], event=where[2], **fields),
        where=st.sampled_from(WHERE),
        contributor=st.sampled_from("mno"),
        period=st.sampled_from([*MONTHS[6:20], "2024", "2025", "2024-2025", "2024-Q4"]),
        value=st.integers(0, 40).map(float),
        measure=st.sampled_from([SOLD, FREE, ATTENDANCE, REVENUE]),
    ),
    max_size=60,
)


@settings(max_examples=60)
@given(FIGURES)
def test_every_sum_holds_for_each_contributor(figures: list[FigureRow]) -> None:
    """Whatever contributors give, or lack: periods, areas and disciplines add up, none negative."""
    _require_sums(pool(*figures))


def _require_sums(pooled: PooledFigures) -> None:
    assert (pooled.values >= 0).all()
    for whole, parts in pooled.relations:
        difference = pooled.values[whole] - pooled.values[list(parts)].sum(axis=0)
        assert np.abs(difference).max() <= 0.5 * len(parts), [pooled.keys[n] for n in parts]


RULES = DisclosureRules(Disclosure(), 20.0)


def test_a_month_of_few_partners_does_not_follow_from_a_season_and_a_year() -> None:
    """The classic leak: two periods that differ by the one month of one venue."""
    rows = [
        row(f"m{n}", month, 100 + 10 * n)
        for n in range(5)
        for month in MONTHS
        if month != "2024-12" or n == 0
    ]
    release = control_release(pool(*rows), (), RULES)
    published = {
        key for key, flag in zip(release.pooled.keys, release.published, strict=True) if flag
    }
    alone = FigureKey(SOLD, "2024-12", "*", "*")
    assert alone not in published
    quarter = [alone._replace(period=p) for p in ("2024-Q4", "2024-10", "2024-11")]
    assert not published.issuperset(quarter)
    assert published
    assert not release.unproved


def test_tickets_bounded_by_their_rooms_are_no_nearer_than_the_rooms_allow() -> None:
    """In full houses nothing can be above: what is suppressed stays uncertain below."""
    rows = []
    for n in range(6):
        seats = 400 + 10 * n
        for discipline in ("d0", "d1") if n < 2 else ("d0",):
            where = {"discipline": discipline}
            rows += [
                row(f"m{n}", "2024-01", seats - 1, **where),
                row(f"m{n}{PUBLIC}", "2024-01", seats, measure=AVAILABLE, **where),
            ]
    release = control_release(pool(*rows), (), RULES)
    places = {key: n for n, key in enumerate(release.pooled.keys)}
    alone = places[FigureKey(SOLD, "2024-01", "d1", "*")]
    assert not release.published[alone]
    assert not release.unproved
    assert release.published[places[FigureKey(AVAILABLE, "2024-01", "*", "*")]]


def test_money_is_not_published_where_the_tickets_are_not() -> None:
    """Prices are known: revenue of which the tickets are suppressed would tell them."""
    rows = [row(f"m{n}", "2024-01", 2) for n in range(4)]
    rows += [row(f"m{n}", "2024-01", 60, measure=REVENUE) for n in range(4)]
    release = control_release(pool(*rows), (), RULES)
    # Eight tickets are too few persons; 240 dollars are not too few dollars.
    assert not release.published.any()


def test_the_layers_of_pools_without_months_are_as_they_were() -> None:
    """A hierarchy of years alone has no other periods."""
    assert list(layers_only().levels) == ["year"]

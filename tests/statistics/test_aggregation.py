"""Figures are added across contributors, or reported as not comparable."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_pools import rows, strata

from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.rolling_up import Observations, number_rows
from parvis.statistics.strata import BASE, LAYERS, REST, FigureKey, FigureRow

STRATA = strata()


def row(contributor: str, value: float, **fields: str) -> FigureRow:
    """Make a figure without breakdown except as stated."""
    values = {"measure": "attendance", "period": "2025", "discipline": "d0", "area": "a0", **fields}
    return FigureRow(
        contributor, **{**dict.fromkeys(("place", *LAYERS), "*"), **values}, value=value
    )


def figure(
    pooled: PooledFigures, discipline: str = "*", area: str = "*", *layer: str
) -> dict[str, float]:
    """Return the value of each contributor to a figure."""
    place = pooled.keys.index(FigureKey("attendance", "2025", discipline, area, *layer))
    pairs = zip(pooled.contributors, pooled.values[place].tolist(), strict=True)
    return {contributor: value for contributor, value in pairs if value}


def pool(*figures: FigureRow) -> PooledFigures:
    return aggregate(Observations.of(figures), STRATA)


def test_figures_of_several_contributors_are_added() -> None:
    """A total over areas and disciplines is the sum of the contributed values."""
    pooled = pool(row("m", 10), row("m", 5, area="a1"), row("n", 7, discipline="d1"))
    assert figure(pooled) == {"m": 15, "n": 7}
    assert figure(pooled, "d0", "*") == {"m": 15}
    assert figure(pooled, "*", "a0") == {"m": 10, "n": 7}


def test_a_contributed_total_takes_precedence_over_its_parts() -> None:
    """A contributor of a total and its parts counts once; the remainder becomes a part."""
    pooled = pool(row("m", 40), row("m", 10, age="0-17"), row("m", 20, age="18-64"))
    assert figure(pooled) == {"m": 40}
    assert figure(pooled, "d0", "a0", "age", "0-17") == {"m": 10}
    assert figure(pooled, "d0", "a0", "age", "") == {"m": 10}


def test_places_of_one_contributor_are_added() -> None:
    """A figure for all places takes precedence over those of each."""
    assert figure(pool(row("m", 3, place="p"), row("m", 4, place="q"))) == {"m": 7}
    assert figure(pool(row("m", 3, place="p"), row("m", 9))) == {"m": 9}


def test_differently_broken_down_places_are_all_in_the_total() -> None:
    """One place by age, one by channel, one not at all: the total includes all three."""
    ages = [row("m", 5, place="p", age=age) for age in ("0-17", "18-64", "65+")]
    channels = [row("m", 4, place="q", channel=channel) for channel in ("web", "door")]
    pooled = pool(*ages, *channels, row("m", 9, place="r", discipline="d1"))
    assert figure(pooled) == {"m": 32}
    assert figure(pooled, "d0", "a0", "age", "0-17") == {"m": 5}
    assert figure(pooled, "d0", "a0", "age", "") == {"m": 8}
    assert figure(pooled, "*", "*", "channel", "") == {"m": 24}


def test_a_bracket_that_does_not_nest_is_reported_as_not_comparable() -> None:
    """It counts in the total through its contributor's own total, but in no bracket."""
    pooled = pool(row("m", 30), row("m", 12, age="0-13"))
    assert [(entry.contributor, entry.dimension, entry.code) for entry in pooled.unfit] == [
        ("m", "age", "0-13")
    ]
    assert figure(pooled) == {"m": 30}
    assert not any(entry.code == "0-17" for entry in pooled.keys)


def test_a_season_is_not_comparable_with_a_year() -> None:
    """A period that nests in none of the pool's periods is not comparable."""
    pooled = pool(row("m", 30, period="2024-2025"))
    assert not pooled.keys
    assert [figure_.code for figure_ in pooled.unfit] == ["2024-2025"]


def test_parts_that_exceed_their_total_are_ignored() -> None:
    """Inconsistent figures are reported, not corrected."""
    pooled = pool(row("m", 10), row("m", 12, age="0-17"), row("n", 8))
    assert figure(pooled) == {"m": 10, "n": 8}
    assert not any(figure_.code == "0-17" for figure_ in pooled.keys)
    assert [(figure_.contributor, figure_.dimension, figure_.code) for figure_ in pooled.unfit] == [
        ("m", "age", "")
    ]


def test_a_numerator_keeps_its_base() -> None:
    """Bases are added as separate figures, each with its numerator and a remainder."""
    pooled = pool(row("m", 4), row("m", 10, measure=f"attendance{BASE}"))
    places = {key.measure: place for place, key in enumerate(pooled.keys) if key.area == "a0"}
    whole, part = places[f"attendance{BASE}"], places["attendance"]
    assert pooled.values[places[f"attendance{BASE}{REST}"]].tolist() == [6]
    assert any(relation[0] == whole and part in relation[1] for relation in pooled.relations)


def test_every_total_is_the_exact_sum_of_its_parts() -> None:
    """Disclosure control relies on it, whatever the breakdown."""
    for seed in range(5):
        pooled = aggregate(Observations.of(rows(seed)), STRATA)
        for whole, parts in pooled.relations:
            total = pooled.values[list(parts)].sum(axis=0)
            assert abs(pooled.values[whole] - total).max() <= 0.5


@given(
    st.integers(1, 60).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from([0, 1, 2, 2**31 - 1]), min_size=width, max_size=width),
            min_size=1,
            max_size=20,
        )
    )
)
def test_rows_are_numbered_in_their_order_however_many_columns_they_have(
    rows: list[list[int]],
) -> None:
    table = np.array(rows, np.int32)
    distinct, numbers = number_rows(table)
    expected, places = np.unique(table, axis=0, return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert numbers.tolist() == places.ravel().tolist()

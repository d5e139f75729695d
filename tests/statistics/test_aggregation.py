"""Figures add up across contributors, or are said not to be comparable."""

from random_pools import rows, strata

from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.observations import Observations
from parvis.statistics.strata import BASE, LAYERS, REST, FigureKey, FigureRow

STRATA = strata()


def row(who: str, value: float, **said: str) -> FigureRow:
    """Give a figure, not broken down but as it is said."""
    parts = {"measure": "attendance", "period": "2025", "discipline": "d0", "area": "a0", **said}
    return FigureRow(who, **{**dict.fromkeys(("place", *LAYERS), "*"), **parts}, value=value)


def figure(
    pooled: PooledFigures, discipline: str = "*", area: str = "*", *layer: str
) -> dict[str, float]:
    """Give what each contributor brings to a figure."""
    place = pooled.keys.index(FigureKey("attendance", "2025", discipline, area, *layer))
    row_ = zip(pooled.contributors, pooled.values[place].tolist(), strict=True)
    return {who: value for who, value in row_ if value}


def pool(*some: FigureRow) -> PooledFigures:
    """Add figures up."""
    return aggregate(Observations.of(some), STRATA)


def test_figures_of_several_contributors_are_added() -> None:
    """A total over areas and disciplines is the sum of what was given for them."""
    pooled = pool(row("m", 10), row("m", 5, area="a1"), row("n", 7, discipline="d1"))
    assert figure(pooled) == {"m": 15, "n": 7}
    assert figure(pooled, "d0", "*") == {"m": 15}
    assert figure(pooled, "*", "a0") == {"m": 10, "n": 7}


def test_a_total_that_is_given_counts_and_its_parts_are_not_added_to_it() -> None:
    """Who gives both a total and its parts is counted once; the rest is a part of its own."""
    pooled = pool(row("m", 40), row("m", 10, age="0-17"), row("m", 20, age="18-64"))
    assert figure(pooled) == {"m": 40}
    assert figure(pooled, "d0", "a0", "age", "0-17") == {"m": 10}
    assert figure(pooled, "d0", "a0", "age", "") == {"m": 10}


def test_places_of_one_contributor_are_added() -> None:
    """A figure for all places wins over those of each."""
    assert figure(pool(row("m", 3, place="p"), row("m", 4, place="q"))) == {"m": 7}
    assert figure(pool(row("m", 3, place="p"), row("m", 9))) == {"m": 9}


def test_what_is_broken_down_differently_here_and_there_has_the_total_of_both() -> None:
    """One place by age, another by channel, a third not at all: all three are in the total."""
    ages = [row("m", 5, place="p", age=age) for age in ("0-17", "18-64", "65+")]
    channels = [row("m", 4, place="q", channel=one) for one in ("web", "door")]
    pooled = pool(*ages, *channels, row("m", 9, place="r", discipline="d1"))
    assert figure(pooled) == {"m": 32}
    assert figure(pooled, "d0", "a0", "age", "0-17") == {"m": 5}
    assert figure(pooled, "d0", "a0", "age", "") == {"m": 8}
    assert figure(pooled, "*", "*", "channel", "") == {"m": 24}


def test_a_bracket_that_does_not_nest_is_said_not_to_be_comparable() -> None:
    """It enters the total by its contributor's own total, and no bracket."""
    pooled = pool(row("m", 30), row("m", 12, age="0-13"))
    assert [(one.contributor, one.dimension, one.code) for one in pooled.unfit] == [
        ("m", "age", "0-13")
    ]
    assert figure(pooled) == {"m": 30}
    assert not any(one.code == "0-17" for one in pooled.keys)


def test_a_season_is_not_a_year() -> None:
    """A period that nests in none of the pool's is not comparable."""
    pooled = pool(row("m", 30, period="2024-2025"))
    assert not pooled.keys
    assert [one.code for one in pooled.unfit] == ["2024-2025"]


def test_parts_that_exceed_their_total_count_for_nothing() -> None:
    """What does not add up is said, not mended."""
    pooled = pool(row("m", 10), row("m", 12, age="0-17"), row("n", 8))
    assert figure(pooled) == {"m": 10, "n": 8}
    assert not any(one.code == "0-17" for one in pooled.keys)
    assert [(one.contributor, one.dimension, one.code) for one in pooled.unfit] == [
        ("m", "age", "")
    ]


def test_a_numerator_keeps_its_base() -> None:
    """Bases are added as figures of their own, and hold their numerators and a rest."""
    pooled = pool(row("m", 4), row("m", 10, measure=f"attendance{BASE}"))
    places = {key.measure: place for place, key in enumerate(pooled.keys) if key.area == "a0"}
    whole, part = places[f"attendance{BASE}"], places["attendance"]
    assert pooled.values[places[f"attendance{BASE}{REST}"]].tolist() == [6]
    assert any(one[0] == whole and part in one[1] for one in pooled.relations)


def test_every_total_is_the_exact_sum_of_its_parts() -> None:
    """Disclosure control relies on it, whatever is broken down or not."""
    for seed in range(5):
        pooled = aggregate(Observations.of(rows(seed)), STRATA)
        for whole, parts in pooled.relations:
            added = pooled.values[list(parts)].sum(axis=0)
            assert abs(pooled.values[whole] - added).max() <= 0.5

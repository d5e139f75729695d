"""A contributor's shares next to those of the pool and of its peers, computed as pandas does."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.profile import (
    PEERS,
    Cell,
    Lists,
    Share,
    Stratum,
    compare_profiles,
    compute_own_shares,
    compute_shares,
)

AREAS, AGES = ("01", "03", "06"), ("0-13", "14-64", "65-plus")
BOUNDS = {"0-13": (0, 13), "14-64": (14, 64), "65-plus": (65, 200), "0-17": (0, 17)}
WIDER = dict.fromkeys(AREAS, ("qc",))
LISTS = Lists(WIDER, BOUNDS)
ROWS = st.dictionaries(
    st.tuples(st.sampled_from(AREAS), st.sampled_from(AGES)), st.integers(0, 900), min_size=1
)


def cell(value: float | None, contributors: int = 9, **concepts: str) -> Cell:
    """Return a figure of attendance in 2025."""
    return Cell("attendance", "2025", frozenset(concepts.items()), value, contributors)


def stratum(dimension: str, concept: str) -> Stratum:
    return Stratum("attendance", "2025", dimension, concept)


@given(ROWS)
def test_shares_of_figures_by_area_and_age_are_those_of_pandas(
    rows: dict[tuple[str, str], int],
) -> None:
    """Wholes that a contributor does not give are the sums of their parts."""
    cells = [cell(value, area=area, age=age) for (area, age), value in rows.items()]
    shares = compute_own_shares(cells, LISTS)
    table = pd.DataFrame([(*key, value) for key, value in rows.items()])
    table.columns = pd.Index(["area", "age", "value"])
    total = table["value"].sum()
    expected = {}
    if total >= 10:
        for dimension in ("area", "age"):
            for concept, value in table.groupby(dimension)["value"].sum().items():
                expected[stratum(dimension, str(concept))] = value / total
    assert {name: share.ratio for name, share in shares.items()} == pytest.approx(expected)


@given(ROWS)
def test_what_is_given_twice_counts_once(rows: dict[tuple[str, str], int]) -> None:
    """A region and the province that it is in are not added up."""
    parts = [cell(value, area=area, age=age) for (area, age), value in rows.items()]
    province = [cell(5_000, area="qc", age=age) for age in {age for _, age in rows}]
    ages = {name for name in compute_own_shares(parts, LISTS) if name.dimension == "age"}
    shares = compute_own_shares(parts + province, LISTS)
    assert {name: shares[name] for name in ages} == {
        name: compute_own_shares(parts, LISTS)[name] for name in ages
    }


def test_a_share_is_of_the_figures_that_are_broken_down() -> None:
    """Circus has no ages: it is no part of the whole of ages, but of that of disciplines."""
    cells = [
        cell(1_800, discipline="theatre"),
        cell(1_800, discipline="theatre", area="06"),
        cell(300, discipline="circus", area="06"),
        cell(500, discipline="theatre", area="06", age="0-13"),
    ]
    assert compute_own_shares(cells, LISTS) == {
        stratum("discipline", "theatre"): Share(1_800, 2_100),
        stratum("discipline", "circus"): Share(300, 2_100),
        stratum("area", "06"): Share(2_100, 2_100),
        stratum("age", "0-13"): Share(500, 1_800),
    }


def test_ages_that_overlap_have_no_share() -> None:
    cells = [cell(100, age="0-17"), cell(300, age="14-64")]
    assert compute_own_shares(cells, LISTS) == {}


def test_shares_are_compared_and_peers_are_four_at_least() -> None:
    own = [cell(100), cell(50, area="06"), cell(20, area="01")]
    pool = [cell(1_000), cell(600, area="06"), cell(None, area="01")]
    peers = [cell(200, PEERS), cell(80, PEERS, area="06"), cell(20, PEERS - 1, area="01")]
    first, second = compare_profiles(own, pool, peers, LISTS)
    assert (first.stratum.concept, second.stratum.concept) == ("01", "06")
    assert (first.own, first.pool, first.peers) == (Share(20, 100), None, None)
    assert (second.own.ratio, second.pool, second.peers) == (0.5, Share(600, 1_000), Share(80, 200))


def test_peers_whose_total_has_three_contributors_are_not_shown() -> None:
    own, peers = [cell(100), cell(50, area="06")], [cell(200, 3), cell(80, 4, area="06")]
    (comparison,) = compare_profiles(own, own, peers, LISTS)
    assert comparison.peers is None


def test_a_base_under_ten_has_no_share() -> None:
    assert compute_shares([cell(9), cell(5, area="06")]) == {}

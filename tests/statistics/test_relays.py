"""The ranking of intermediaries by audience reach."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.relays import (
    AudienceReach,
    Fit,
    RelayQuery,
    compute_over_representation,
    match_reach,
    rank_relays,
)

ABOVE = {
    "babies": {"toddlers": 1, "children": 2, "everyone": 9},
    "toddlers": {"children": 1, "everyone": 9},
    "children": {"everyone": 9},
    "montreal": {"region": 1, "qc": 2},
    "region": {"qc": 1},
}
PUBLICS = ("babies", "toddlers", "children", "everyone", "seniors")
AREAS = ("montreal", "region", "qc", "elsewhere")

area_lists = st.lists(st.sampled_from(AREAS), max_size=2, unique=True).map(tuple)
reaches = st.lists(
    st.builds(
        AudienceReach,
        iri=st.uuids().map(str),
        relay=st.sampled_from("abcd"),
        graph=st.just("g"),
        publics=st.lists(st.sampled_from(PUBLICS), max_size=2, unique=True).map(tuple),
        areas=area_lists,
        size=st.none() | st.integers(0, 1000),
        date=st.none() | st.sampled_from(["2024-01-01", "2025-06-30", "2026"]),
    ),
    max_size=12,
)
relay_queries = st.builds(
    RelayQuery, public=st.sampled_from(PUBLICS), area=st.none() | st.sampled_from(AREAS)
)


@given(st.data(), reaches, relay_queries)
def test_the_ranking_does_not_depend_on_the_order_of_reaches(
    data: st.DataObject, listed: list[AudienceReach], query: RelayQuery
) -> None:
    shuffled = data.draw(st.permutations(listed))
    assert rank_relays(shuffled, query, ABOVE) == rank_relays(listed, query, ABOVE)


@given(reaches, relay_queries)
def test_a_narrower_query_never_matches_more(
    listed: list[AudienceReach], query: RelayQuery
) -> None:
    """An intermediary that matches an area matches without it too."""
    narrow = {relay.iri for relay in rank_relays(listed, query, ABOVE)}
    wide = {relay.iri for relay in rank_relays(listed, RelayQuery(query.public), ABOVE)}
    assert narrow <= wide


@given(reaches, relay_queries)
def test_every_matching_reach_is_listed_once(
    listed: list[AudienceReach], query: RelayQuery
) -> None:
    """Under its own intermediary, with ordered bounds."""
    relays = rank_relays(listed, query, ABOVE)
    ranked = [match.reach for relay in relays for match in relay.matches]
    assert sorted(ranked, key=lambda reach: reach.iri) == sorted(
        (reach for reach in listed if match_reach(reach, query, ABOVE)), key=lambda reach: reach.iri
    )
    for relay in relays:
        assert {match.reach.relay for match in relay.matches} == {relay.iri}
        assert (relay.at_least or 0) <= (relay.at_most or 0)


@given(reaches, relay_queries)
def test_a_nearer_intermediary_ranks_before_a_larger_one(
    listed: list[AudienceReach], query: RelayQuery
) -> None:
    """Nearness is compared first, criterion by criterion."""
    near = [relay.best.near for relay in rank_relays(listed, query, ABOVE)]
    assert near == sorted(near)


def test_a_narrower_audience_is_nearer() -> None:
    """The widest audience comes last."""
    listed = [
        AudienceReach(public, public, "g", (public,))
        for public in ("everyone", "children", "toddlers")
    ]
    assert [public.iri for public in rank_relays(listed, RelayQuery("babies"), ABOVE)] == [
        "toddlers",
        "children",
        "everyone",
    ]


def test_the_most_recent_of_equal_reaches_comes_first() -> None:
    """A reach without a date comes last."""
    days = ("2024-01-01", "2026-01-01", None)
    listed = [AudienceReach(str(day), "a", "g", ("babies",), date=day) for day in days]
    (relay,) = rank_relays(listed, RelayQuery("babies"), ABOVE)
    assert [match.reach.date for match in relay.matches] == ["2026-01-01", "2024-01-01", None]


@pytest.mark.parametrize(
    ("areas", "fit"),
    [
        (("region",), Fit.EXACT),
        (("montreal",), Fit.NARROWER),
        (("qc",), Fit.WIDER),
        ((), Fit.UNSTATED),
        (("elsewhere", "montreal"), Fit.NARROWER),
    ],
)
def test_the_nearest_of_several_areas_counts(areas: tuple[str, ...], fit: Fit) -> None:
    """A reach without a stated area still matches."""
    match = match_reach(
        AudienceReach("r", "a", "g", ("babies",), areas), RelayQuery("babies", "region"), ABOVE
    )
    assert match is not None
    assert match.area is not None
    assert match.area[0] is fit


def test_another_area_or_no_audience_does_not_match() -> None:
    """A reach must state its audience."""
    query = RelayQuery("babies", "region")
    assert (
        match_reach(AudienceReach("r", "a", "g", ("babies",), ("elsewhere",)), query, ABOVE) is None
    )
    assert match_reach(AudienceReach("r", "a", "g", ()), query, ABOVE) is None


@given(st.integers(0, 500), st.integers(10, 500), st.integers(1, 500), st.integers(10, 500))
def test_over_representation_is_the_ratio_of_shares(
    part: int, base: int, pool_part: int, pool_base: int
) -> None:
    """The ratio of the shares; a part larger than its base has none."""
    ratio = compute_over_representation((part, base), (pool_part, pool_base))
    if part > base or pool_part > pool_base:
        assert ratio is None
    else:
        assert ratio == pytest.approx((part / base) / (pool_part / pool_base))


@pytest.mark.parametrize("hidden", range(4))
def test_nothing_is_derived_from_an_unpublished_cell(hidden: int) -> None:
    cells: list[int | None] = [30, 100, 100, 1000]
    cells[hidden] = None
    assert compute_over_representation((cells[0], cells[1]), (cells[2], cells[3])) is None


def test_nothing_is_derived_from_few_persons() -> None:
    """A share needs a base of ten (rule 8)."""
    for base, pool in product((9, 10), (9, 10)):
        ratio = compute_over_representation((1, base), (1, pool))
        assert (ratio is None) == (9 in {base, pool})

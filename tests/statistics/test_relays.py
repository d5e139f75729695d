"""The ranking of relays, over reaches of any kind."""

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

said = st.lists(st.sampled_from(AREAS), max_size=2, unique=True).map(tuple)
reaches = st.lists(
    st.builds(
        AudienceReach,
        iri=st.uuids().map(str),
        relay=st.sampled_from("abcd"),
        graph=st.just("g"),
        publics=st.lists(st.sampled_from(PUBLICS), max_size=2, unique=True).map(tuple),
        areas=said,
        size=st.none() | st.integers(0, 1000),
        date=st.none() | st.sampled_from(["2024-01-01", "2025-06-30", "2026"]),
    ),
    max_size=12,
)
asked = st.builds(
    RelayQuery, public=st.sampled_from(PUBLICS), area=st.none() | st.sampled_from(AREAS)
)


@given(st.data(), reaches, asked)
def test_the_order_in_which_reaches_come_makes_no_difference(
    data: st.DataObject, some: list[AudienceReach], wanted: RelayQuery
) -> None:
    """The same reaches give the same ranking."""
    shuffled = data.draw(st.permutations(some))
    assert rank_relays(shuffled, wanted, ABOVE) == rank_relays(some, wanted, ABOVE)


@given(reaches, asked)
def test_to_ask_for_more_never_finds_more(some: list[AudienceReach], wanted: RelayQuery) -> None:
    """A relay that answers for an area answers without it too."""
    narrow = {one.iri for one in rank_relays(some, wanted, ABOVE)}
    wide = {one.iri for one in rank_relays(some, RelayQuery(wanted.public), ABOVE)}
    assert narrow <= wide


@given(reaches, asked)
def test_every_reach_that_answers_is_told_once_and_no_other(
    some: list[AudienceReach], wanted: RelayQuery
) -> None:
    """Under its own relay, whose bounds are in order."""
    relays = rank_relays(some, wanted, ABOVE)
    told = [match.reach for relay in relays for match in relay.matches]
    assert sorted(told, key=lambda one: one.iri) == sorted(
        (one for one in some if match_reach(one, wanted, ABOVE)), key=lambda one: one.iri
    )
    for relay in relays:
        assert {match.reach.relay for match in relay.matches} == {relay.iri}
        assert (relay.at_least or 0) <= (relay.at_most or 0)


@given(reaches, asked)
def test_a_nearer_relay_stands_before_a_larger_one(
    some: list[AudienceReach], wanted: RelayQuery
) -> None:
    """Nearness is compared first, part by part."""
    near = [relay.best.near for relay in rank_relays(some, wanted, ABOVE)]
    assert near == sorted(near)


def test_one_step_wider_is_nearer_than_two() -> None:
    """And what holds everything comes last."""
    some = [AudienceReach(one, one, "g", (one,)) for one in ("everyone", "children", "toddlers")]
    assert [one.iri for one in rank_relays(some, RelayQuery("babies"), ABOVE)] == [
        "toddlers",
        "children",
        "everyone",
    ]


def test_the_fresher_of_two_alike_comes_first() -> None:
    """One that tells no day comes last."""
    days = ("2024-01-01", "2026-01-01", None)
    some = [AudienceReach(str(day), "a", "g", ("babies",), date=day) for day in days]
    (relay,) = rank_relays(some, RelayQuery("babies"), ABOVE)
    assert [one.reach.date for one in relay.matches] == ["2026-01-01", "2024-01-01", None]


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
    """What is left open by a reach is no obstacle."""
    found = match_reach(
        AudienceReach("r", "a", "g", ("babies",), areas), RelayQuery("babies", "region"), ABOVE
    )
    assert found is not None
    assert found.area is not None
    assert found.area[0] is fit


def test_another_area_or_no_public_is_no_answer() -> None:
    """A public must be said by a reach, else whom would it be."""
    wanted = RelayQuery("babies", "region")
    assert (
        match_reach(AudienceReach("r", "a", "g", ("babies",), ("elsewhere",)), wanted, ABOVE)
        is None
    )
    assert match_reach(AudienceReach("r", "a", "g", ()), wanted, ABOVE) is None


@given(st.integers(0, 500), st.integers(10, 500), st.integers(1, 500), st.integers(10, 500))
def test_a_share_is_compared_with_the_pool_s(part: int, base: int, some: int, pool: int) -> None:
    """As many times larger; nothing is said of a part larger than its base."""
    found = compute_over_representation((part, base), (some, pool))
    if part > base or some > pool:
        assert found is None
    else:
        assert found == pytest.approx((part / base) / (some / pool))


@pytest.mark.parametrize("hidden", range(4))
def test_nothing_is_derived_from_a_cell_that_is_not_published(hidden: int) -> None:
    """Whichever of the four it is."""
    cells: list[int | None] = [30, 100, 100, 1000]
    cells[hidden] = None
    assert compute_over_representation((cells[0], cells[1]), (cells[2], cells[3])) is None


def test_nothing_is_derived_from_few_persons() -> None:
    """A share needs a base of ten (rule 8)."""
    for base, pool in product((9, 10), (9, 10)):
        found = compute_over_representation((1, base), (1, pool))
        assert (found is None) == (9 in {base, pool})

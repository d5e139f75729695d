"""Nobody recovers from releases what they leave out."""

import numpy as np
import pytest
from attacking import THRESHOLDS, Attack
from hypothesis import given
from hypothesis import strategies as st
from random_pools import attacked, releases, strata

from parvis.statistics.aggregation import aggregate
from parvis.statistics.figures import build_figures, round_figure
from parvis.statistics.kept import ReleaseSnapshot
from parvis.statistics.observations import Observations
from parvis.statistics.release import ControlledRelease, DisclosureRules, control_release
from parvis.statistics.rules import Knowledge, find_unsafe
from parvis.statistics.strata import PUBLIC, SHARED, FigureKey, FigureRow

P, KEY = 20.0, b"a key of the tests"


def row(who: str, value: float, area: str = "a0") -> FigureRow:
    """Give a figure that is broken down by area only."""
    return FigureRow(who, "attendance", "2025", "*", "d0", area, "*", "*", "*", "*", value)


def release(*some: FigureRow, before: tuple[ControlledRelease, ...] = ()) -> ControlledRelease:
    """Make a release."""
    earlier = [ReleaseSnapshot.of(one.pooled, one.told, KEY).earlier for one in before]
    pooled = aggregate(Observations.of(some), strata())
    return control_release(pooled, [one for one in earlier if one], DisclosureRules(THRESHOLDS, P))


def told(made: ControlledRelease, area: str = "a0") -> bool:
    """Say whether the figure of an area is told."""
    key = FigureKey("attendance", "2025", "*", area)
    return bool(made.told[made.pooled.keys.index(key)])


def broken(*brought: float, ending: str = "", who: tuple[int, ...] = ()) -> set[int]:
    """Give the rules that one figure breaks, brought by contributors of which some are known."""
    names = [f"m{place}{ending if place in who else ''}" for place in range(len(brought))]
    found = find_unsafe(Knowledge.of(np.array([brought]), names), THRESHOLDS, P)
    return {rule for rule, some in found.items() if some[0]}


def test_each_rule_on_one_figure_holds() -> None:
    """Contributors, persons, dominance, each also for a member that takes its own figure out."""
    assert broken(100, 100, 100, 100, 100) == set()
    assert 1 in broken(100, 100, 100)
    assert broken(2, 2, 2, 1) == {2}
    assert broken(1000, 100, 100, 50) == {3}
    assert broken(1000, 100, 100, 90, 90, 90) == set()


def test_nothing_is_told_of_an_area_that_is_too_small_nor_can_it_be_found() -> None:
    """However many bring how much: nor by taking the other areas out of the total."""
    some = [row(f"m{one}", 500 + one, area) for one in range(8) for area in ("a0", "a1", "a2")]
    pooled = aggregate(Observations.of(some), strata())
    known = control_release(pooled, [], DisclosureRules(THRESHOLDS, P))
    assert any(k.area == "a0" and t for k, t in zip(pooled.keys, known.told, strict=True))
    made = control_release(pooled, [], DisclosureRules(THRESHOLDS, P, frozenset({"a0"})))
    for place, key in enumerate(pooled.keys):
        if key.area == "a0":
            assert not made.told[place]
            assert 4 in made.reasons[place]
    attack = Attack(P)
    attack.add(made)
    assert attack.recovered() == []


def test_what_is_public_is_taken_out_first() -> None:
    """Figures that everyone knows hide nobody's; alone they need three contributors only."""
    assert 1 in broken(100, 100, 100, 100, 100, ending=PUBLIC, who=(0, 1))
    assert broken(100, 1, 1, ending=PUBLIC, who=(0, 1, 2)) == set()
    assert broken(100, 100, ending=PUBLIC, who=(0, 1)) == {1}


def test_what_members_may_read_of_others_hides_nobody_from_them() -> None:
    """By agreement each member may read two of six: each would be left with three others."""
    assert broken(*[100] * 6, ending=SHARED, who=(0, 1)) == set()
    assert broken(*[100] * 5, ending=SHARED, who=(0, 1)) == {1, 3}
    assert broken(*[100] * 4, ending=SHARED, who=(0, 1, 2, 3)) == set()


def test_two_datasets_of_one_partner_are_one_contributor() -> None:
    """Whoever may read which of them."""
    names = ["m", f"m{SHARED}", "n", f"n{SHARED}", "o"]
    found = find_unsafe(Knowledge.of(np.full((1, 5), 100.0), names), THRESHOLDS, P)
    assert found[1][0]


def test_a_figure_left_out_is_not_the_difference_of_those_told() -> None:
    """One unsafe area takes another with it."""
    safe = [row(f"m{n}", 100 + n, area) for n in range(5) for area in ("a0", "a1")]
    made = release(*safe, row("m0", 40, "a2"))
    assert not told(made, "a2")
    assert not (told(made, "a0") and told(made, "a1") and told(made, "*"))
    assert made.unproved == 0
    assert made.told.any()


def test_one_that_leaves_is_not_the_difference_of_two_releases() -> None:
    """What was told is not told again until three contributors have changed (rule 7)."""
    whole = [row(f"m{n}", 100 + n) for n in range(9)]
    first = release(*whole)
    assert told(first)
    assert not told(release(*whole[1:], before=(first,)))
    assert told(release(*whole[4:], before=(first,)))
    assert told(release(*whole, before=(first,)))


def test_what_was_made_of_destroyed_figures_is_not_told_otherwise_again() -> None:
    """An earlier release that cannot be audited lets nothing new be told of its strata."""
    whole = [row(f"m{n}", 100 + n) for n in range(9)]
    first = release(*whole)
    lost = ReleaseSnapshot(
        first.pooled.keys,
        tuple(first.told.tolist()),
        ReleaseSnapshot.of(first.pooled, first.told, KEY).marks,
        None,
    )
    assert lost.frozen(first.pooled, KEY) <= {
        key for key, said in zip(first.pooled.keys, first.told, strict=True) if not said
    }
    fewer = aggregate(Observations.of(whole[5:]), strata())
    assert set(fewer.keys) == lost.frozen(fewer, KEY)


@given(st.integers(0, 10**9), st.text(max_size=9))
def test_rounding_is_the_same_every_time_and_never_far(value: int, name: str) -> None:
    """A multiple of five, less than five away; the same content always reads the same."""
    found = round_figure(value, name, KEY, 5)
    assert found == round_figure(value, name, KEY, 5)
    assert found % 5 == 0
    assert abs(found - value) < 5


def test_rounding_is_unbiased() -> None:
    """Over many figures of value 2, two in five are rounded up."""
    up = sum(round_figure(2, str(n), KEY, 5) == 5 for n in range(5000))
    assert 0.37 < up / 5000 < 0.43


def test_the_same_gives_the_same_release() -> None:
    """Nothing is drawn but the parameters."""
    one, other = (releases(3, p=P, disciplines=("d0",)) for _ in range(2))
    assert [build_figures(made, KEY, 5) for made in one] == [
        build_figures(made, KEY, 5) for made in other
    ]


@pytest.mark.once(long=True)
def test_nobody_recovers_a_figure_from_random_pools() -> None:
    """Fifty pools, attacked by linear programming: a reader, and each member."""
    shown = 0
    for seed in range(50):
        made, found = attacked(seed, P, 4 + seed % 6, ("d0",))
        assert not found, f"pool {seed}: {found[:3]}"
        assert not any(one.unproved for one in made)
        shown += sum(int(one.told.sum()) for one in made)
    assert shown > 200


def test_the_attacker_does_find_what_primary_suppression_alone_leaves_open() -> None:
    """The attack is worth something: without complementary suppression it succeeds."""
    made = releases(5, p=P, later=False)[0]
    naive = made.told.copy()
    for place, reasons in made.reasons.items():
        naive[place] = reasons == {5} or naive[place]
    attack = Attack(P)
    attack.add(ControlledRelease(made.pooled, naive, {}, 0, 0))
    assert attack.recovered()

"""Suppressed figures cannot be recovered from releases."""

import numpy as np
import pytest
from attacking import THRESHOLDS, Attack
from hypothesis import given
from hypothesis import strategies as st
from random_pools import attack_pool, releases, strata

from parvis.statistics.aggregation import aggregate
from parvis.statistics.disclosure.release import ControlledRelease, DisclosureRules, control_release
from parvis.statistics.disclosure.release_snapshot import ReleaseSnapshot
from parvis.statistics.disclosure.rules import Knowledge, find_unsafe
from parvis.statistics.disclosure.suppression import Protection
from parvis.statistics.figures import build_figures, round_figure
from parvis.statistics.rolling_up import Observations
from parvis.statistics.strata import PUBLIC, SHARED, FigureKey, FigureRow
from tests.seeds import seeds_of_today

P, KEY = 20.0, b"a key of the tests"


def row(contributor: str, value: float, area: str = "a0") -> FigureRow:
    """Make a figure that is broken down by area only."""
    return FigureRow(contributor, "attendance", "2025", "*", "d0", area, "*", "*", "*", "*", value)


def release(*rows: FigureRow, before: tuple[ControlledRelease, ...] = ()) -> ControlledRelease:
    """Make a release, controlled against earlier releases."""
    earlier = [
        ReleaseSnapshot.of(previous.pooled, previous.published, KEY).earlier for previous in before
    ]
    pooled = aggregate(Observations.of(rows), strata())
    return control_release(
        pooled, [entry for entry in earlier if entry], DisclosureRules(THRESHOLDS, P)
    )


def is_published(release_: ControlledRelease, area: str = "a0") -> bool:
    """Return whether the figure of an area is published."""
    key = FigureKey("attendance", "2025", "*", area)
    return bool(release_.published[release_.pooled.keys.index(key)])


def broken_rules(*contributions: float, ending: str = "", marked: tuple[int, ...] = ()) -> set[int]:
    """Return the rules that a figure breaks, of whose contributors some are readable."""
    names = [f"m{place}{ending if place in marked else ''}" for place in range(len(contributions))]
    violations = find_unsafe(Knowledge.of(np.array([contributions]), names), THRESHOLDS, P)
    return {rule for rule, breaches in violations.items() if breaches[0]}


def test_each_rule_applies_to_one_figure() -> None:
    """Contributors, persons, dominance, also for a member who subtracts its own figure."""
    assert broken_rules(100, 100, 100, 100, 100) == set()
    assert 1 in broken_rules(100, 100, 100)
    assert broken_rules(2, 2, 2, 1) == {2}
    assert broken_rules(1000, 100, 100, 50) == {3}
    assert broken_rules(1000, 100, 100, 90, 90, 90) == set()


def test_a_figure_of_a_too_small_area_is_suppressed_and_not_recoverable() -> None:
    """However large the contributions: not by subtracting the other areas from the total either."""
    rows = [
        row(f"m{member}", 500 + member, area) for member in range(8) for area in ("a0", "a1", "a2")
    ]
    pooled = aggregate(Observations.of(rows), strata())
    unrestricted = control_release(pooled, [], DisclosureRules(THRESHOLDS, P))
    assert any(
        k.area == "a0" and published
        for k, published in zip(pooled.keys, unrestricted.published, strict=True)
    )
    restricted = control_release(pooled, [], DisclosureRules(THRESHOLDS, P, frozenset({"a0"})))
    for place, key in enumerate(pooled.keys):
        if key.area == "a0":
            assert not restricted.published[place]
            assert 4 in restricted.reasons[place]
    attack = Attack(P)
    attack.add(restricted)
    assert attack.recovered() == []


def test_public_figures_are_subtracted_first() -> None:
    """Public figures hide no others; by themselves they need three contributors only."""
    assert 1 in broken_rules(100, 100, 100, 100, 100, ending=PUBLIC, marked=(0, 1))
    assert broken_rules(100, 1, 1, ending=PUBLIC, marked=(0, 1, 2)) == set()
    assert broken_rules(100, 100, ending=PUBLIC, marked=(0, 1)) == {1}


def test_figures_that_members_may_read_hide_nobody_from_them() -> None:
    """By agreement each member may read two of six: three others remain."""
    assert broken_rules(*[100] * 6, ending=SHARED, marked=(0, 1)) == set()
    assert broken_rules(*[100] * 5, ending=SHARED, marked=(0, 1)) == {1, 3}
    assert broken_rules(*[100] * 4, ending=SHARED, marked=(0, 1, 2, 3)) == set()


def test_two_datasets_of_one_partner_are_one_contributor() -> None:
    """Whoever may read which of them."""
    names = ["m", f"m{SHARED}", "n", f"n{SHARED}", "o"]
    violations = find_unsafe(Knowledge.of(np.full((1, 5), 100.0), names), THRESHOLDS, P)
    assert violations[1][0]


def test_a_suppressed_figure_is_not_a_difference_of_published_ones() -> None:
    """One unsafe area requires a complementary suppression."""
    rows = [row(f"m{n}", 100 + n, area) for n in range(5) for area in ("a0", "a1")]
    result = release(*rows, row("m0", 40, "a2"))
    assert not is_published(result, "a2")
    assert not (
        is_published(result, "a0") and is_published(result, "a1") and is_published(result, "*")
    )
    assert result.unproved == 0
    assert result.published.any()


def test_a_leaving_contributor_is_not_revealed_by_two_releases() -> None:
    """A published figure is not updated until three contributors have changed (rule 7)."""
    rows = [row(f"m{n}", 100 + n) for n in range(9)]
    first = release(*rows)
    assert is_published(first)
    assert not is_published(release(*rows[1:], before=(first,)))
    assert is_published(release(*rows[4:], before=(first,)))
    assert is_published(release(*rows, before=(first,)))


def test_a_release_of_destroyed_figures_freezes_its_strata() -> None:
    """An earlier release that cannot be audited prevents new figures of its strata."""
    rows = [row(f"m{n}", 100 + n) for n in range(9)]
    first = release(*rows)
    destroyed = ReleaseSnapshot(
        first.pooled.keys,
        tuple(first.published.tolist()),
        ReleaseSnapshot.of(first.pooled, first.published, KEY).marks,
        None,
    )
    assert destroyed.find_frozen(first.pooled, KEY) <= {
        key
        for key, published in zip(first.pooled.keys, first.published, strict=True)
        if not published
    }
    remaining = aggregate(Observations.of(rows[5:]), strata())
    assert set(remaining.keys) == destroyed.find_frozen(remaining, KEY)


@given(st.integers(0, 10**9), st.text(max_size=9))
def test_rounding_is_deterministic_and_close(value: int, name: str) -> None:
    """A multiple of five, less than five away; the same content always rounds alike."""
    rounded = round_figure(value, name, KEY, 5)
    assert rounded == round_figure(value, name, KEY, 5)
    assert rounded % 5 == 0
    assert abs(rounded - value) < 5


def test_rounding_is_unbiased() -> None:
    """Of many figures of value 2, two in five are rounded up."""
    up = sum(round_figure(2, str(n), KEY, 5) == 5 for n in range(5000))
    assert 0.37 < up / 5000 < 0.43


def test_the_same_figures_give_the_same_release() -> None:
    """Nothing is random but the parameters."""
    first, second = (releases(3, p=P, disciplines=("d0",)) for _ in range(2))
    assert [build_figures(release_, KEY, 5) for release_ in first] == [
        build_figures(release_, KEY, 5) for release_ in second
    ]


def test_no_figure_is_recovered_from_random_pools() -> None:
    """Pools of the day, attacked by linear programming: a reader, and each member."""
    published = 0
    for seed in seeds_of_today(25):
        results, recovered = attack_pool(seed, P, 4 + seed % 6, ("d0",))
        assert not recovered, f"pool {seed}: {recovered[:3]}"
        assert not any(release_.unproved for release_ in results)
        published += sum(int(release_.published.sum()) for release_ in results)
    assert published > 25


def test_a_proof_keeps_no_more_in_memory_than_its_own_move(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A view of all the moves that were tried would fill the memory, a megabyte a proof."""
    moves: list[np.ndarray] = []

    class Watched(Protection):
        def protect(self) -> None:
            super().protect()
            moves.extend(move.by for proofs in self.proofs.values() for move in proofs)

    monkeypatch.setattr("parvis.statistics.disclosure.release.Protection", Watched)
    releases(5, p=P)
    assert len(moves) > 10
    assert all(move.base is None for move in moves)


def test_the_attack_succeeds_without_complementary_suppression() -> None:
    """This proves the attack: without complementary suppression it succeeds."""
    result = releases(5, p=P, later=False)[0]
    naive = result.published.copy()
    for place, reasons in result.reasons.items():
        naive[place] = reasons == {5} or naive[place]
    attack = Attack(P)
    attack.add(ControlledRelease(result.pooled, naive, {}, 0, 0))
    assert attack.recovered()

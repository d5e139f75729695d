"""Changes between two releases reveal no contributor, not even to a reader who knows a part."""

import pytest
from attacking import THRESHOLDS, Attack
from random_pools import KINDS, history, strata

from parvis.statistics.aggregation import aggregate
from parvis.statistics.disclosure.release import (
    ControlledRelease,
    DisclosureRules,
    EarlierRelease,
    control_release,
)
from parvis.statistics.rolling_up import Observations
from parvis.statistics.strata import BASE, RESERVED, FigureKey, FigureRow, Stratum

P = 20.0
WHOLE = FigureKey("attendance", "2025", "*", "*")


def row(contributor: str, value: float, discipline: str = "d1", area: str = "a0") -> FigureRow:
    """Make a figure that is broken down by discipline and area only."""
    return FigureRow(
        contributor, "attendance", "2025", "*", discipline, area, "*", "*", "*", "*", value
    )


MANY = [row(f"m{n}", 200 + n) for n in range(6)]
TWO = [row("s0", 150, "d0"), row("s1", 170, "d0")]
LARGE = [row(f"m{n}", 900 + n) for n in range(6)]
AWAY = [row(f"s{n}", 60, area="a1") for n in range(2)]
OF_AREA, OF_DISCIPLINE = Stratum(area="a0"), Stratum(discipline="d1")


def reserved_row(name: str, value: float, dataset: str = "1") -> FigureRow:
    """Make a figure that a partner contributes to a class only."""
    return row(f"{name}{RESERVED}{dataset}", value)


ALL = Stratum()
CASES = {
    "one corrects while another leaves": (
        (ALL, [*MANY, *TWO, row("k", 250), row("l", 4)]),
        (ALL, [*MANY, *TWO, row("k", 255)]),
    ),
    "one corrects while another joins": (
        (ALL, [*MANY, *TWO, row("k", 250)]),
        (ALL, [*MANY, *TWO, row("k", 249), row("j", 3)]),
    ),
    "a large one comes while two small ones go": (
        (ALL, [*LARGE, row("b", 3), row("c", 2)]),
        (ALL, [*LARGE, row("large", 1000)]),
    ),
    "two classes differ by a small one each": (
        (OF_AREA, [*MANY, *TWO, reserved_row("l", 4)]),
        (OF_DISCIPLINE, [*MANY, *TWO, reserved_row("y", 3)]),
    ),
    "one gives each class another dataset": (
        (OF_AREA, [*MANY, *TWO, reserved_row("y", 40)]),
        (OF_DISCIPLINE, [*MANY, *TWO, reserved_row("y", 55, "2")]),
    ),
}
RESERVED_FIRST = [*MANY, *AWAY, *(reserved_row(f"r{n}", 100 + n) for n in range(5))]
RENAMED = {
    "what goes to a class only goes to all": row("r0", 100),
    "what goes to a class only has another name": reserved_row("r0", 100, "2"),
}


def release_in_turn(*parts: tuple[Stratum, list[FigureRow]]) -> list[ControlledRelease]:
    """Make one release after another, each controlled against those before it."""
    results: list[ControlledRelease] = []
    for stratum, rows in parts:
        pooled = stratum.of(aggregate(Observations.of(rows), strata()))
        earlier = [
            EarlierRelease(
                previous.pooled, previous.published, frozenset(previous.repeats), stratum == edition
            )
            for previous, (edition, _) in zip(results, parts, strict=False)
        ]
        results.append(control_release(pooled, earlier, DisclosureRules(THRESHOLDS, P)))
    return results


def attack_releases(results: list[ControlledRelease]) -> list[tuple[str, FigureKey]]:
    """Attack several releases together."""
    attack = Attack(P)
    for release in results:
        attack.add(release)
    return attack.recovered()


@pytest.mark.parametrize("case", CASES)
def test_two_releases_together_reveal_no_contributor(case: str) -> None:
    """Neither to a reader of both nor to a contributor who knows its own change."""
    results = release_in_turn(*CASES[case])
    assert not attack_releases(results)
    assert not any(release.unproved for release in results)
    assert results[0].published.any()


@pytest.mark.parametrize("case", CASES)
def test_uncontrolled_releases_together_reveal_a_contributor(case: str) -> None:
    """This proves the cases: each release is sound only by itself."""
    assert attack_releases([*release_in_turn(CASES[case][0]), *release_in_turn(CASES[case][1])])


@pytest.mark.parametrize("case", RENAMED)
def test_renamed_figures_count_as_the_same_unknown(case: str) -> None:
    """Otherwise total and one area, published one after the other, reveal the second area."""
    renamed = [
        RENAMED[case] if figure == reserved_row("r0", 100) else figure for figure in RESERVED_FIRST
    ]
    results = release_in_turn((ALL, RESERVED_FIRST), (ALL, renamed))
    assert results[0].published[results[0].pooled.keys.index(WHOLE)]
    assert not attack_releases(results)


EIGHT = [row(f"m{n}", 200 + n, area="a0") for n in range(8)]


def change_rows(*amounts: float, rows: list[FigureRow] = EIGHT) -> list[FigureRow]:
    """Change the contributions of the first partners by some amounts."""
    changes = [*amounts, *[0.0] * (len(rows) - len(amounts))]
    return [
        row._replace(value=row.value + change) for row, change in zip(rows, changes, strict=True)
    ]


def publishes_total(release: ControlledRelease) -> bool:
    """Return whether the total is published with its current value."""
    return bool(release.published[release.pooled.keys.index(WHOLE)])


def repeated_total(release: ControlledRelease) -> float | None:
    """Return the total that is repeated from an earlier release, if any."""
    contributions = release.repeats.get(release.pooled.keys.index(WHOLE))
    return None if contributions is None else sum(contributions.values())


TOTAL = float(sum(row.value for row in EIGHT))


@pytest.mark.parametrize(
    "amounts",
    [
        (4995,),
        (300, 280),
        (300, 280, 290),
        (300, -280, 290),
        (40, -40),
        (2, 2, 2, 1),
        (900, 1, 1, 1),
    ],
)
def test_a_correction_by_too_few_is_not_published(amounts: tuple[float, ...]) -> None:
    """Fewer than four, fewer than ten persons, or one dominating: the former figure stays."""
    results = release_in_turn((ALL, EIGHT), (ALL, change_rows(*amounts)))
    assert publishes_total(results[0])
    assert not publishes_total(results[1])
    assert repeated_total(results[1]) == TOTAL
    assert not attack_releases(results)


@pytest.mark.parametrize("amounts", [(300, 280, 290, 310), (300, -280, 290, -310)])
def test_a_correction_by_enough_is_published(amounts: tuple[float, ...]) -> None:
    """Each of four partners is hidden by three others, whether they gained or lost."""
    results = release_in_turn((ALL, EIGHT), (ALL, change_rows(*amounts)))
    assert publishes_total(results[1])
    assert repeated_total(results[1]) is None
    assert not attack_releases(results)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_few_lost_is_not_bounded_by_who_gained_most_of_the_rest(sign: int) -> None:
    """A change large enough as a whole may give away what a few lost, or gained, in it."""
    many = [row(f"m{n}", 3000 + n) for n in range(8)]
    amounts = [sign * amount for amount in (-219, -1094, -1522, 300, 100, 63)]
    results = release_in_turn((ALL, many), (ALL, change_rows(*amounts, rows=many)))
    assert publishes_total(results[0])
    assert not attack_releases(results)


def test_partners_who_complete_their_year_in_turn_are_published_together() -> None:
    """The figure stays until four have changed since its publication."""
    steps = [(ALL, change_rows(*[300.0] * count)) for count in range(9)]
    results = release_in_turn(*steps)
    assert [publishes_total(release) for release in results] == [n % 4 == 0 for n in range(9)]
    assert [repeated_total(release) for release in results[1:4]] == [TOTAL] * 3
    assert [repeated_total(release) for release in results[5:8]] == [TOTAL + 1200] * 3
    assert not attack_releases(results)


def test_a_small_change_between_non_consecutive_releases_is_not_published() -> None:
    """All but one take back their correction: the last figure would reveal the remaining one."""
    first, second, third = change_rows(), change_rows(*[300.0] * 5), change_rows(300)
    results = release_in_turn((ALL, first), (ALL, second), (ALL, third))
    assert publishes_total(results[1])
    assert not publishes_total(results[2])
    assert repeated_total(results[2]) == TOTAL + 1500
    assert not attack_releases(results)


def test_a_republished_part_does_not_reveal_a_change_in_another() -> None:
    """Four change in one area and one in another: the area and the total are not both published."""
    others = [row(f"k{n}", 300 + n, area="a1") for n in range(8)]
    before, after = [*EIGHT, *others], [*change_rows(500), *change_rows(*[90.0] * 5, rows=others)]
    results = release_in_turn((ALL, before), (ALL, after))
    places = [results[1].pooled.keys.index(WHOLE._replace(area=area)) for area in ("*", "a1")]
    assert [bool(results[1].published[place]) for place in places].count(True) == 1
    assert all(results[1].published[place] or place in results[1].repeats for place in places)
    assert not attack_releases(results)


def test_a_figure_with_contributions_of_a_withdrawn_partner_is_not_repeated() -> None:
    """Its figures are not published again, not even in a sum that was published before."""
    first = release_in_turn((ALL, EIGHT))[0]
    pooled = aggregate(Observations.of(EIGHT[1:]), strata())
    for gone in (frozenset[str](), frozenset({"m0"})):
        earlier = EarlierRelease(first.pooled, first.published, gone=gone)
        result = control_release(pooled, [earlier], DisclosureRules(THRESHOLDS, P))
        assert not publishes_total(result)
        assert (repeated_total(result) is None) == bool(gone)


def test_an_edition_does_not_repeat_figures_of_another() -> None:
    """A figure of one edition is not repeated in another."""
    first = release_in_turn((ALL, EIGHT))[0]
    pooled = aggregate(Observations.of(change_rows(500)), strata())
    earlier = EarlierRelease(first.pooled, first.published, same_edition=False)
    result = control_release(pooled, [earlier], DisclosureRules(THRESHOLDS, P))
    assert not publishes_total(result)
    assert not result.repeats


def test_a_figure_and_its_base_come_from_the_same_release() -> None:
    """One partner corrects the base only: the figure that four changed is repeated with it."""
    base = [
        figure._replace(measure=f"attendance{BASE}", value=figure.value * 3) for figure in EIGHT
    ]
    results = release_in_turn(
        (ALL, [*EIGHT, *base]), (ALL, [*change_rows(*[30.0] * 5), *change_rows(500, rows=base)])
    )
    places = [results[1].pooled.keys.index(WHOLE), results[1].pooled.keys.index(BASE_OF_WHOLE)]
    assert results[0].published[places].all()
    assert not results[1].published[places].any()
    assert set(places) <= results[1].repeats.keys()


BASE_OF_WHOLE = WHOLE._replace(measure=f"attendance{BASE}")


@pytest.mark.parametrize("kind", KINDS)
def test_no_figure_or_change_is_recovered_from_the_history_of_a_pool(kind: str) -> None:
    """A reader of all releases, and each member; `bench/disclosure.py` attacks many more pools."""
    for seed in (3, 8) if kind != "members" else (3,):
        attack = Attack(P)
        for release in history(seed, kind, p=P, small=True):
            attack.add(release)
            assert not release.unproved
        assert not attack.recovered()

"""What was gained and lost between two releases gives nobody away, whoever knows a part of it."""

import pytest
from attacking import THRESHOLDS, Attack
from random_pools import KINDS, history, strata

from parvis.statistics.aggregation import aggregate
from parvis.statistics.observations import Observations
from parvis.statistics.release import (
    ControlledRelease,
    DisclosureRules,
    EarlierRelease,
    control_release,
)
from parvis.statistics.strata import BASE, RESERVED, FigureKey, FigureRow
from parvis.statistics.stratum import Stratum

pytestmark = pytest.mark.once

P = 20.0
WHOLE = FigureKey("attendance", "2025", "*", "*")


def row(who: str, value: float, discipline: str = "d1", area: str = "a0") -> FigureRow:
    """Give a figure that is broken down by discipline and area only."""
    return FigureRow(who, "attendance", "2025", "*", discipline, area, "*", "*", "*", "*", value)


MANY = [row(f"m{n}", 200 + n) for n in range(6)]
TWO = [row("s0", 150, "d0"), row("s1", 170, "d0")]
LARGE = [row(f"m{n}", 900 + n) for n in range(6)]
AWAY = [row(f"s{n}", 60, area="a1") for n in range(2)]
OF_AREA, OF_DISCIPLINE = Stratum(area="a0"), Stratum(discipline="d1")


def reserved(name: str, value: float, dataset: str = "1") -> FigureRow:
    """Give what a partner lets go to a class only."""
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
        (OF_AREA, [*MANY, *TWO, reserved("l", 4)]),
        (OF_DISCIPLINE, [*MANY, *TWO, reserved("y", 3)]),
    ),
    "one gives each class another dataset": (
        (OF_AREA, [*MANY, *TWO, reserved("y", 40)]),
        (OF_DISCIPLINE, [*MANY, *TWO, reserved("y", 55, "2")]),
    ),
}
RESERVED_FIRST = [*MANY, *AWAY, *(reserved(f"r{n}", 100 + n) for n in range(5))]
RENAMED = {
    "what goes to a class only goes to all": row("r0", 100),
    "what goes to a class only has another name": reserved("r0", 100, "2"),
}


def released(*parts: tuple[Stratum, list[FigureRow]]) -> list[ControlledRelease]:
    """Make one release after the other, each held against those before it."""
    made: list[ControlledRelease] = []
    for stratum, some in parts:
        pooled = stratum.of(aggregate(Observations.of(some), strata()))
        earlier = [
            EarlierRelease(before.pooled, before.told, frozenset(before.repeats), stratum == of)
            for before, (of, _) in zip(made, parts, strict=False)
        ]
        made.append(control_release(pooled, earlier, DisclosureRules(THRESHOLDS, P)))
    return made


def recovered(made: list[ControlledRelease]) -> list[tuple[str, FigureKey]]:
    """Attack releases together."""
    attack = Attack(P)
    for one in made:
        attack.add(one)
    return attack.recovered()


@pytest.mark.parametrize("case", CASES)
def test_two_releases_together_give_nobody_away(case: str) -> None:
    """To a reader of both, and to each who knows its own part of what changed."""
    made = released(*CASES[case])
    assert not recovered(made)
    assert not any(one.unproved for one in made)
    assert made[0].told.any()


@pytest.mark.parametrize("case", CASES)
def test_two_releases_that_ignore_one_another_do_give_something_away(case: str) -> None:
    """The cases are worth something: each release is sound by itself only."""
    assert recovered([*released(CASES[case][0]), *released(CASES[case][1])])


@pytest.mark.parametrize("case", RENAMED)
def test_the_same_figures_under_another_name_are_one_unknown(case: str) -> None:
    """Else the total that was told would give away an area, once its other area is told alone."""
    renamed = [RENAMED[case] if one == reserved("r0", 100) else one for one in RESERVED_FIRST]
    made = released((ALL, RESERVED_FIRST), (ALL, renamed))
    assert made[0].told[made[0].pooled.keys.index(WHOLE)]
    assert not recovered(made)


EIGHT = [row(f"m{n}", 200 + n, area="a0") for n in range(8)]


def changed(*amounts: float, rows: list[FigureRow] = EIGHT) -> list[FigureRow]:
    """Let the first partners change what they give by some amounts."""
    by = [*amounts, *[0.0] * (len(rows) - len(amounts))]
    return [row._replace(value=row.value + more) for row, more in zip(rows, by, strict=True)]


def is_told(made: ControlledRelease) -> bool:
    """Say whether the total is told as it is now."""
    return bool(made.told[made.pooled.keys.index(WHOLE)])


def repeated(made: ControlledRelease) -> float | None:
    """Return the total that is repeated, if one is."""
    brought = made.repeats.get(made.pooled.keys.index(WHOLE))
    return None if brought is None else sum(brought.values())


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
def test_a_correction_by_too_few_does_not_show(amounts: tuple[float, ...]) -> None:
    """Fewer than four, less than ten persons, or one that outweighs all others: as before."""
    made = released((ALL, EIGHT), (ALL, changed(*amounts)))
    assert is_told(made[0])
    assert not is_told(made[1])
    assert repeated(made[1]) == TOTAL
    assert not recovered(made)


@pytest.mark.parametrize("amounts", [(300, 280, 290, 310), (300, -280, 290, -310)])
def test_a_correction_by_enough_shows(amounts: tuple[float, ...]) -> None:
    """Each of four partners is left with three others, whether they gained or lost."""
    made = released((ALL, EIGHT), (ALL, changed(*amounts)))
    assert is_told(made[1])
    assert repeated(made[1]) is None
    assert not recovered(made)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_few_lost_is_not_bounded_by_who_gained_most_of_the_rest(sign: int) -> None:
    """A change large enough as a whole may give away what a few lost, or gained, in it."""
    many = [row(f"m{n}", 3000 + n) for n in range(8)]
    amounts = [sign * amount for amount in (-219, -1094, -1522, 300, 100, 63)]
    made = released((ALL, many), (ALL, changed(*amounts, rows=many)))
    assert is_told(made[0])
    assert not recovered(made)


def test_partners_that_complete_their_year_in_turn_show_together() -> None:
    """The figure stays until four have changed since it was told, whatever was made in between."""
    steps = [(ALL, changed(*[300.0] * done)) for done in range(9)]
    made = released(*steps)
    assert [is_told(one) for one in made] == [n % 4 == 0 for n in range(9)]
    assert [repeated(one) for one in made[1:4]] == [TOTAL] * 3
    assert [repeated(one) for one in made[5:8]] == [TOTAL + 1200] * 3
    assert not recovered(made)


def test_two_releases_that_are_not_neighbours_show_no_small_change_either() -> None:
    """All but one take back what they corrected: the last figure would show its correction."""
    first, second, third = changed(), changed(*[300.0] * 5), changed(300)
    made = released((ALL, first), (ALL, second), (ALL, third))
    assert is_told(made[1])
    assert not is_told(made[2])
    assert repeated(made[2]) == TOTAL + 1500
    assert not recovered(made)


def test_a_part_that_is_told_anew_does_not_show_the_change_in_another() -> None:
    """Four change in one area and one in another: not both that area and the total are told."""
    there = [row(f"k{n}", 300 + n, area="a1") for n in range(8)]
    before, after = [*EIGHT, *there], [*changed(500), *changed(*[90.0] * 5, rows=there)]
    made = released((ALL, before), (ALL, after))
    places = [made[1].pooled.keys.index(WHOLE._replace(area=area)) for area in ("*", "a1")]
    assert [bool(made[1].told[place]) for place in places].count(True) == 1
    assert all(made[1].told[place] or place in made[1].repeats for place in places)
    assert not recovered(made)


def test_what_a_partner_brought_that_withdrew_is_not_repeated() -> None:
    """Its figures are not published again, not even in a sum that was published before."""
    first = released((ALL, EIGHT))[0]
    pooled = aggregate(Observations.of(EIGHT[1:]), strata())
    for gone in (frozenset[str](), frozenset({"m0"})):
        earlier = EarlierRelease(first.pooled, first.told, gone=gone)
        made = control_release(pooled, [earlier], DisclosureRules(THRESHOLDS, P))
        assert not is_told(made)
        assert (repeated(made) is None) == bool(gone)


def test_a_release_for_some_does_not_repeat_what_was_told_to_others() -> None:
    """What one edition told is no figure of another."""
    first = released((ALL, EIGHT))[0]
    pooled = aggregate(Observations.of(changed(500)), strata())
    earlier = EarlierRelease(first.pooled, first.told, same_edition=False)
    made = control_release(pooled, [earlier], DisclosureRules(THRESHOLDS, P))
    assert not is_told(made)
    assert not made.repeats


def test_a_figure_and_its_base_are_of_one_release() -> None:
    """One partner corrects the base alone: the figure that four changed is repeated with it."""
    base = [one._replace(measure=f"attendance{BASE}", value=one.value * 3) for one in EIGHT]
    made = released(
        (ALL, [*EIGHT, *base]), (ALL, [*changed(*[30.0] * 5), *changed(500, rows=base)])
    )
    places = [made[1].pooled.keys.index(WHOLE), made[1].pooled.keys.index(BASE_OF_WHOLE)]
    assert made[0].told[places].all()
    assert not made[1].told[places].any()
    assert set(places) <= made[1].repeats.keys()


BASE_OF_WHOLE = WHOLE._replace(measure=f"attendance{BASE}")


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_recovers_a_figure_or_a_change_from_the_history_of_a_pool(kind: str) -> None:
    """A reader of all releases, and each member; the whole of it is `bench/disclosure.py`."""
    for seed in (3, 8) if kind != "members" else (3,):
        attack = Attack(P)
        for made in history(seed, kind, p=P, small=True):
            attack.add(made)
            assert not made.unproved
        assert not attack.recovered()

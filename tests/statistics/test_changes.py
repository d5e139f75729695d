"""What was gained and lost between two releases gives nobody away, whoever knows a part of it."""

import pytest
from attacking import THRESHOLDS, Attack
from random_pools import strata

from parvis.statistics.aggregation import aggregate
from parvis.statistics.observations import Observations
from parvis.statistics.release import Controlled, Earlier, Rules, controlled
from parvis.statistics.strata import RESERVED, Key, Row
from parvis.statistics.stratum import Stratum

pytestmark = pytest.mark.once

P = 20.0
WHOLE = Key("attendance", "2025", "*", "*")


def row(who: str, value: float, discipline: str = "d1", area: str = "a0") -> Row:
    """Give a figure that is broken down by discipline and area only."""
    return Row(who, "attendance", "2025", "*", discipline, area, "*", "*", "*", "*", value)


MANY = [row(f"m{n}", 200 + n) for n in range(6)]
TWO = [row("s0", 150, "d0"), row("s1", 170, "d0")]
LARGE = [row(f"m{n}", 900 + n) for n in range(6)]
AWAY = [row(f"s{n}", 60, area="a1") for n in range(2)]
OF_AREA, OF_DISCIPLINE = Stratum(area="a0"), Stratum(discipline="d1")


def reserved(name: str, value: float, dataset: str = "1") -> Row:
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


def released(*parts: tuple[Stratum, list[Row]]) -> list[Controlled]:
    """Make one release after the other, each held against those before it."""
    made: list[Controlled] = []
    for stratum, some in parts:
        pooled = stratum.of(aggregate(Observations.of(some), strata()))
        earlier = [Earlier(one.pooled, one.told) for one in made]
        made.append(controlled(pooled, earlier, Rules(THRESHOLDS, P)))
    return made


def recovered(made: list[Controlled]) -> list[tuple[str, Key]]:
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

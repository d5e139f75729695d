"""Releases for all and releases for some, held against one another."""

import numpy as np
import pytest
from attacking import THRESHOLDS, Attack
from random_pools import editions, strata

from parvis.statistics.aggregation import aggregate
from parvis.statistics.observations import Observations
from parvis.statistics.release import (
    ControlledRelease,
    DisclosureRules,
    EarlierRelease,
    control_release,
)
from parvis.statistics.rules import Knowledge, find_unsafe
from parvis.statistics.strata import RESERVED, SHARED, FigureKey, FigureRow
from parvis.statistics.stratum import Stratum

P = 20.0
KEY = FigureKey("attendance", "2025", "*", "a0")


def row(who: str, value: float, area: str = "a0", discipline: str = "d0") -> FigureRow:
    """Give a figure that is broken down by area only."""
    return FigureRow(who, "attendance", "2025", "*", discipline, area, "*", "*", "*", "*", value)


def release(*some: FigureRow, before: tuple[ControlledRelease, ...] = ()) -> ControlledRelease:
    """Make a release, held against some."""
    pooled = aggregate(Observations.of(some), strata())
    earlier = [EarlierRelease(one.pooled, one.told) for one in before]
    return control_release(pooled, earlier, DisclosureRules(THRESHOLDS, P))


def told(made: ControlledRelease, key: FigureKey = KEY) -> bool:
    """Say whether a figure is told."""
    return bool(made.told[made.pooled.keys.index(key)])


WHOLE = [row(f"m{n}", 100 + n) for n in range(6)]


def reserved(number: int) -> list[FigureRow]:
    """Give what some others let go to a class only."""
    return [row(f"r{n}{RESERVED}d{n}", 100 + n) for n in range(number)]


def test_a_class_is_not_told_what_few_let_go_to_it_only() -> None:
    """Their figures are the difference of two that its readers see: three, and each may be one."""
    whole = release(*WHOLE)
    assert told(whole)
    for few in (1, 2, 3):
        assert not told(release(*WHOLE, *reserved(few), before=(whole,)))
    assert told(release(*WHOLE, *reserved(5), before=(whole,)))


def test_a_second_dataset_of_a_partner_is_not_the_difference_of_two_releases() -> None:
    """The contributors are the same, and what one of them gives to the class only stays hidden."""
    whole = release(*WHOLE)
    more = row(f"m0{RESERVED}other", 500)
    assert not told(release(*WHOLE, more, before=(whole,)))


def test_who_gives_to_all_and_to_a_class_is_one_contributor() -> None:
    """Rule 1 counts partners."""
    names = ["m", f"m{RESERVED}d", "n", f"n{RESERVED}e{SHARED}", "o"]
    assert find_unsafe(Knowledge.of(np.full((1, 5), 100.0), names), THRESHOLDS, P)[1][0]


def test_an_agreement_that_changes_does_not_part_a_figure_from_itself() -> None:
    """What only the partner read, members may read now: it is the same total, which was told.

    Though it is not told again, it is known: with an area it would give the other away.
    """
    large, small = [row(f"m{n}", 100 + n) for n in range(6)], [row(f"s{n}", 60, "a1") for n in "01"]
    keys = [FigureKey("attendance", "2025", one, "*") for one in ("*", "d0")]
    area = FigureKey("attendance", "2025", "*", "a0")
    first = release(*large, *small)
    assert told(first, keys[0])
    assert not told(first, area)
    shared = [one._replace(contributor=f"{one.contributor}{SHARED}") for one in large[:1]]
    pooled = aggregate(Observations.of([*shared, *large[1:], *small]), strata())
    earlier = [EarlierRelease(first.pooled, first.told)]
    second = control_release(pooled, earlier, DisclosureRules(THRESHOLDS, P), keys)
    assert not told(second, keys[0])
    assert not told(second, area)


def test_a_stratum_holds_the_figures_of_a_discipline_or_an_area_and_their_sums() -> None:
    """Every sum among them stays, none that needs another figure."""
    where = [(area, discipline) for area in ("a0", "a1") for discipline in ("d0", "d1")]
    some = [row(f"m{n}", 100, *one) for n in range(4) for one in where]
    pooled = aggregate(Observations.of(some), strata())
    assert Stratum().of(pooled) is pooled
    part = Stratum(discipline="d0").of(pooled)
    assert {key.discipline for key in part.keys} == {"d0"}
    assert {key.area for key in part.keys} == {"a0", "a1", "*"}
    for whole, parts in part.relations:
        assert np.allclose(part.values[whole], part.values[list(parts)].sum(axis=0))
    inside = [part.keys[whole].area for whole, parts in part.relations if len(parts) > 1]
    assert "*" in inside
    assert {key.area for key in Stratum(area="a1").of(pooled).keys} == {"a1"}


@pytest.mark.once
def test_nobody_recovers_a_figure_from_the_releases_for_all_and_for_a_class() -> None:
    """A reader of both, and each member: neither a figure left out, nor what few came with."""
    shown = 0
    for seed in range(3):
        made = editions(seed, p=P, disciplines=("d0",))
        attack = Attack(P)
        for one in made:
            attack.add(one)
        assert not attack.recovered(), seed
        shown += sum(int(one.told.sum()) for one in made[1::2])
    assert shown > 10


@pytest.mark.once
def test_the_attacker_does_find_what_releases_that_ignore_one_another_give_away() -> None:
    """Each may be sound by itself, and both together not."""
    attack = Attack(P)
    for one in editions(1, p=P, disciplines=("d0",), together=False):
        attack.add(one)
    assert attack.recovered()

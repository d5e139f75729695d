"""Releases for everyone and for classes of members, controlled against one another."""

import numpy as np
from attacking import THRESHOLDS, Attack
from random_pools import editions, strata

from parvis.statistics.aggregation import aggregate
from parvis.statistics.disclosure.release import (
    ControlledRelease,
    DisclosureRules,
    EarlierRelease,
    control_release,
)
from parvis.statistics.disclosure.rules import Knowledge, find_unsafe
from parvis.statistics.rolling_up import Observations
from parvis.statistics.strata import RESERVED, SHARED, FigureKey, FigureRow, Stratum

P = 20.0
KEY = FigureKey("attendance", "2025", "*", "a0")


def row(contributor: str, value: float, area: str = "a0", discipline: str = "d0") -> FigureRow:
    """Make a figure that is broken down by area and discipline only."""
    return FigureRow(
        contributor, "attendance", "2025", "*", discipline, area, "*", "*", "*", "*", value
    )


def release(*rows: FigureRow, before: tuple[ControlledRelease, ...] = ()) -> ControlledRelease:
    """Make a release, controlled against earlier releases."""
    pooled = aggregate(Observations.of(rows), strata())
    earlier = [EarlierRelease(previous.pooled, previous.published) for previous in before]
    return control_release(pooled, earlier, DisclosureRules(THRESHOLDS, P))


def is_published(release_: ControlledRelease, key: FigureKey = KEY) -> bool:
    """Return whether a figure is published."""
    return bool(release_.published[release_.pooled.keys.index(key)])


WHOLE = [row(f"m{n}", 100 + n) for n in range(6)]


def reserved_rows(number: int) -> list[FigureRow]:
    """Make figures that other partners contribute to a class only."""
    return [row(f"r{n}{RESERVED}d{n}", 100 + n) for n in range(number)]


def test_a_class_edition_does_not_reveal_contributions_of_few() -> None:
    """Their figures are the difference of the two releases that members read."""
    complete = release(*WHOLE)
    assert is_published(complete)
    for count in (1, 2, 3):
        assert not is_published(release(*WHOLE, *reserved_rows(count), before=(complete,)))
    assert is_published(release(*WHOLE, *reserved_rows(5), before=(complete,)))


def test_a_second_dataset_of_a_partner_is_not_revealed_by_two_releases() -> None:
    """The contributors are the same: what one adds for the class only stays suppressed."""
    complete = release(*WHOLE)
    additional = row(f"m0{RESERVED}other", 500)
    assert not is_published(release(*WHOLE, additional, before=(complete,)))


def test_contributions_to_all_and_to_a_class_have_one_contributor() -> None:
    """Rule 1 counts partners."""
    names = ["m", f"m{RESERVED}d", "n", f"n{RESERVED}e{SHARED}", "o"]
    assert find_unsafe(Knowledge.of(np.full((1, 5), 100.0), names), THRESHOLDS, P)[1][0]


def test_a_changed_agreement_does_not_split_a_figure() -> None:
    """A published total remains known when members may read what only its partner read.

    Even if it is not published again, it would reveal one area together with the other.
    """
    majority, minority = (
        [row(f"m{n}", 100 + n) for n in range(6)],
        [row(f"s{n}", 60, "a1") for n in "01"],
    )
    keys = [FigureKey("attendance", "2025", discipline, "*") for discipline in ("*", "d0")]
    area = FigureKey("attendance", "2025", "*", "a0")
    first = release(*majority, *minority)
    assert is_published(first, keys[0])
    assert not is_published(first, area)
    shared = [
        figure._replace(contributor=f"{figure.contributor}{SHARED}") for figure in majority[:1]
    ]
    pooled = aggregate(Observations.of([*shared, *majority[1:], *minority]), strata())
    earlier = [EarlierRelease(first.pooled, first.published)]
    second = control_release(pooled, earlier, DisclosureRules(THRESHOLDS, P), keys)
    assert not is_published(second, keys[0])
    assert not is_published(second, area)


def test_a_stratum_holds_the_figures_of_its_discipline_or_area_with_their_sums() -> None:
    """All sums among them remain, and none that needs another figure."""
    cells = [(area, discipline) for area in ("a0", "a1") for discipline in ("d0", "d1")]
    rows = [row(f"m{n}", 100, *cell) for n in range(4) for cell in cells]
    pooled = aggregate(Observations.of(rows), strata())
    assert Stratum().of(pooled) is pooled
    part = Stratum(discipline="d0").of(pooled)
    assert {key.discipline for key in part.keys} == {"d0"}
    assert {key.area for key in part.keys} == {"a0", "a1", "*"}
    for whole, parts in part.relations:
        assert np.allclose(part.values[whole], part.values[list(parts)].sum(axis=0))
    inside = [part.keys[whole].area for whole, parts in part.relations if len(parts) > 1]
    assert "*" in inside
    assert {key.area for key in Stratum(area="a1").of(pooled).keys} == {"a1"}


def test_no_figure_is_recovered_from_editions_for_all_and_for_a_class() -> None:
    """A reader of both and each member: neither suppressed figures nor contributions of few."""
    published = 0
    for seed in range(3):
        results = editions(seed, p=P, disciplines=("d0",))
        attack = Attack(P)
        for release_ in results:
            attack.add(release_)
        assert not attack.recovered(), seed
        published += sum(int(release_.published.sum()) for release_ in results[1::2])
    assert published > 10


def test_the_attack_succeeds_on_editions_controlled_separately() -> None:
    """Each may be sound by itself, but not both together."""
    attack = Attack(P)
    for release_ in editions(1, p=P, disciplines=("d0",), together=False):
        attack.add(release_)
    assert attack.recovered()

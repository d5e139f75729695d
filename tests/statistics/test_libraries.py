"""Real figures released: the loans of Montréal's libraries by public, of one year."""

from pathlib import Path

import pytest
from attacking import Attack
from libraries import P, naive, rows, strata

from parvis.config import Disclosure
from parvis.statistics.aggregation import aggregate
from parvis.statistics.figures import build_figures, published_shares
from parvis.statistics.observations import Observations
from parvis.statistics.release import ControlledRelease, DisclosureRules, control_release

YEAR = "2018"

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def released(shared: Path) -> ControlledRelease:
    """Release the last year with the defaults, each library a contributor, each borough an area."""
    loans = shared / "data" / "bibliomtl_prets_public.json"
    some = [one for one in rows(loans) if one.period == YEAR]
    pooled = aggregate(Observations.of(some), strata(some))
    return control_release(pooled, (), DisclosureRules(Disclosure(), P))


def told(made: ControlledRelease) -> dict[str, float]:
    """Give the shares of figures that are told, and of what they count."""
    return published_shares(build_figures(made, b"a key of the tests", 5))


def test_no_figure_of_the_libraries_of_montreal_is_recovered(released: ControlledRelease) -> None:
    """By whoever reads the release, a library among them, which knows its own loans."""
    attack = Attack(P)
    attack.add(released)
    assert not released.told.all()
    assert attack.recovered() == []


def test_the_libraries_of_montreal_are_told_better_than_by_naive_suppression(
    released: ControlledRelease,
) -> None:
    """More figures, and more of the loans, than if the smallest of each open sum were left out."""
    ours, theirs = told(released), told(naive(released))
    assert ours["figures"] >= theirs["figures"] > 0
    assert ours["counted"] >= theirs["counted"] > 0

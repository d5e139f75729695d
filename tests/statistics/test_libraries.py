"""Release of real figures: one year of loans of Montréal's libraries by audience."""

from pathlib import Path

import pytest
from attacking import Attack
from libraries import P, rows, strata, suppress_naively

from parvis.config import Disclosure
from parvis.statistics.aggregation import aggregate
from parvis.statistics.disclosure.release import ControlledRelease, DisclosureRules, control_release
from parvis.statistics.figures import build_figures, published_shares
from parvis.statistics.rolling_up import Observations

YEAR = "2018"


@pytest.fixture(scope="module")
def released(shared: Path) -> ControlledRelease:
    """Release the last year by default rules; libraries contribute, boroughs are areas."""
    loans = shared / "data" / "bibliomtl_prets_public.json"
    figures = [row for row in rows(loans) if row.period == YEAR]
    pooled = aggregate(Observations.of(figures), strata(figures))
    return control_release(pooled, (), DisclosureRules(Disclosure(), P))


def published(release: ControlledRelease) -> dict[str, float]:
    """Return the published shares of figures and of counts."""
    return published_shares(build_figures(release, b"a key of the tests", 5))


def test_no_figure_of_the_libraries_of_montreal_is_recovered(released: ControlledRelease) -> None:
    """Neither by a reader of the release nor by a library that knows its own loans."""
    attack = Attack(P)
    attack.add(released)
    assert not released.published.all()
    assert attack.recovered() == []


def test_complementary_suppression_publishes_more_than_naive_suppression(
    released: ControlledRelease,
) -> None:
    """More figures and more loans than if the smallest cell of each open sum were suppressed."""
    ours, theirs = published(released), published(suppress_naively(released))
    assert ours["figures"] >= theirs["figures"] > 0
    assert ours["counted"] >= theirs["counted"] > 0

"""What nests is added; what does not is said not to be comparable."""

import pytest

from parvis.errors import UsageError
from parvis.statistics.nesting import Nesting

AGES = {
    "0-17": (0, 17),
    "18-24": (18, 24),
    "25-34": (25, 34),
    "18-34": (18, 34),
    "30-44": (30, 44),
    "35+": (35, 200),
}
BY_AGE = Nesting("age", "all", ("18-34",), bounds=AGES)
WITHIN = {
    "06": frozenset[str](),
    "ville": frozenset({"06"}),
    "arrondissement": frozenset({"ville", "06"}),
}
BY_AREA = Nesting("area", "all", ("06",), WITHIN)


def test_brackets_that_follow_one_another_make_a_wider_one() -> None:
    """18–24 and 25–34 are 18–34."""
    assert BY_AGE.plan(["18-24", "25-34"]) == {"18-34": (0, 1)}


def test_brackets_with_a_gap_or_an_overlap_are_not_comparable() -> None:
    """25–34 alone is not 18–34, and 30–44 is in nothing."""
    assert BY_AGE.plan(["25-34", "30-44"]) == {}
    assert BY_AGE.unused(["25-34", "30-44"]) == ["25-34", "30-44"]


def test_all_ages_make_the_total_only_without_a_gap() -> None:
    """A total is what was given, else brackets from birth to no end."""
    assert BY_AGE.plan(["0-17", "18-34", "35+"])["all"] == (0, 1, 2)
    assert "all" not in BY_AGE.plan(["18-34", "35+"])
    assert BY_AGE.plan(["all", "0-17"])["all"] == (0,)


def test_an_area_is_counted_once_whatever_is_given_of_it() -> None:
    """A borough within a town that is given too is not added to it."""
    assert BY_AREA.plan(["arrondissement", "ville"]) == {"06": (1,), "all": (1,)}
    assert BY_AREA.plan(["06", "ville"]) == {"06": (0,), "all": (0,)}


def test_an_area_of_which_nothing_is_known_enters_the_total_only() -> None:
    """Postal codes and regions overlap: without a correspondence they are not comparable."""
    assert BY_AREA.plan(["H2X"]) == {"all": (0,)}
    assert BY_AREA.unused(["H2X"]) == ["H2X"]


def test_overlapping_strata_are_refused() -> None:
    """Somebody of 20 would be counted in both."""
    with pytest.raises(UsageError, match="overlap"):
        Nesting("age", "all", ("18-24", "18-34"), bounds=AGES)

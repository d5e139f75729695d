"""Nested strata are added; the others are reported as not comparable."""

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


def test_consecutive_brackets_form_a_wider_one() -> None:
    assert BY_AGE.plan(["18-24", "25-34"]) == {"18-34": (0, 1)}


def test_brackets_with_a_gap_or_an_overlap_are_not_comparable() -> None:
    """25–34 alone is not 18–34, and 30–44 nests nowhere."""
    assert BY_AGE.plan(["25-34", "30-44"]) == {}
    assert BY_AGE.list_unused(["25-34", "30-44"]) == ["25-34", "30-44"]


def test_brackets_form_the_total_only_without_a_gap() -> None:
    """A total is contributed, or made of brackets from birth to no upper bound."""
    assert BY_AGE.plan(["0-17", "18-34", "35+"])["all"] == (0, 1, 2)
    assert "all" not in BY_AGE.plan(["18-34", "35+"])
    assert BY_AGE.plan(["all", "0-17"])["all"] == (0,)


def test_an_area_is_counted_once_at_whatever_levels_it_is_contributed() -> None:
    """A borough is not added to a town that is contributed too."""
    assert BY_AREA.plan(["arrondissement", "ville"]) == {"06": (1,), "all": (1,)}
    assert BY_AREA.plan(["06", "ville"]) == {"06": (0,), "all": (0,)}


def test_an_unknown_area_counts_in_the_total_only() -> None:
    """Postal codes and regions overlap: without a correspondence they are not comparable."""
    assert BY_AREA.plan(["H2X"]) == {"all": (0,)}
    assert BY_AREA.list_unused(["H2X"]) == ["H2X"]


def test_overlapping_strata_are_refused() -> None:
    """A person of 20 would be counted in both."""
    with pytest.raises(UsageError, match="overlap"):
        Nesting("age", "all", ("18-24", "18-34"), bounds=AGES)

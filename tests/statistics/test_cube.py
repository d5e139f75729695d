"""Reach derived from published figures, of invented strata."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.cube import LEAST_RATIO, CubeCell, CubeCodes, derive_reaches

STRATUM = ("visits", "2025", "06", "all", "all", "museums", "all")
CODES = CubeCodes(
    pool="pool",
    every_age="ages",
    totals=frozenset({"all", "ages"}),
    publics={"65+": ("seniors",), "0-12": ("children",)},
    ends={"2025": "2025-12-31"},
)
counts = st.integers(0, 300)


def cell(who: str, age: str, value: int, stratum: tuple[str, ...] = STRATUM) -> CubeCell:
    """Make a published figure."""
    return CubeCell("release" if who == "pool" else who, who, "all", age, stratum, value)


def pooled(part: int, base: int) -> list[CubeCell]:
    """Make what the pool publishes of an age and of all."""
    return [cell("pool", "65+", part), cell("pool", "ages", base)]


@given(counts, counts, counts, counts)
def test_only_a_larger_share_is_a_reach(part: int, base: int, some: int, pool: int) -> None:
    """By the factor that is asked, and never of a part larger than its whole."""
    found = derive_reaches(
        [cell("a", "65+", part), cell("a", "ages", base), *pooled(some, pool)], CODES, "m"
    )
    sound = min(base, pool) >= 10 and part <= base and 0 < some <= pool
    assert bool(found) == (sound and part * pool >= LEAST_RATIO * base * some)
    assert all(one.times is not None and one.times >= LEAST_RATIO for one in found)


def test_a_reach_says_what_is_broken_down_and_nothing_of_totals() -> None:
    """The area of the stratum, the end of its period, both sources."""
    cells = [cell("a", "65+", 40), cell("a", "ages", 100), *pooled(10, 100)]
    (reach,) = derive_reaches(cells, CODES, "m")
    assert (reach.publics, reach.areas, reach.languages) == (("seniors",), ("06",), ())
    assert (reach.size, reach.date, reach.times) == (40, "2025-12-31", 4.0)
    assert (reach.relay, reach.graph, reach.source) == ("a", "a", "release")


@pytest.mark.parametrize("part", range(len(STRATUM)))
def test_strata_that_differ_in_anything_are_not_compared(part: int) -> None:
    """Another measure, period, area, public, language, discipline or channel."""
    other = tuple("other" if n == part else one for n, one in enumerate(STRATUM))
    cells = [cell("a", "65+", 40, other), cell("a", "ages", 100, other), *pooled(10, 100)]
    assert derive_reaches(cells, CODES, "m") == []


@pytest.mark.parametrize("missing", range(4))
def test_every_one_of_the_four_cells_must_be_published(missing: int) -> None:
    """What is suppressed is not there."""
    cells = [cell("a", "65+", 40), cell("a", "ages", 100), *pooled(10, 100)]
    assert derive_reaches(cells, CODES, "m")
    assert derive_reaches([one for n, one in enumerate(cells) if n != missing], CODES, "m") == []


def test_an_age_that_is_no_public_s_says_nothing() -> None:
    """A bracket that nests in none cannot be compared."""
    cells = [cell("a", "0-13", 40), cell("a", "ages", 100)]
    cells += [cell("pool", "0-13", 10), cell("pool", "ages", 100)]
    assert derive_reaches(cells, CODES, "m") == []

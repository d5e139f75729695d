"""Audience reach derived from published figures of invented strata."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.cube import LEAST_RATIO, CubeCell, CubeCodes, derive_reaches

STRATUM = ("visits", "2025", "all", "06", "all", "all", "museums", "all")
CODES = CubeCodes(
    pool="pool",
    every_age="ages",
    totals=frozenset({"all", "ages"}),
    publics={"65+": ("seniors",), "0-12": ("children",)},
    ends={"2025": "2025-12-31"},
)
counts = st.integers(0, 300)


def cell(source: str, age: str, value: int, stratum: tuple[str, ...] = STRATUM) -> CubeCell:
    """Make a published figure."""
    return CubeCell("release" if source == "pool" else source, source, "all", age, stratum, value)


def pooled(part: int, base: int) -> list[CubeCell]:

    return [cell("pool", "65+", part), cell("pool", "ages", base)]


@given(counts, counts, counts, counts)
def test_a_reach_needs_a_larger_share_than_the_pool_s(
    part: int, base: int, pool_part: int, pool_base: int
) -> None:
    """By the required factor, and never for a part larger than its whole."""
    reaches = derive_reaches(
        [cell("a", "65+", part), cell("a", "ages", base), *pooled(pool_part, pool_base)], CODES, "m"
    )
    sound = min(base, pool_base) >= 10 and part <= base and 0 < pool_part <= pool_base
    assert bool(reaches) == (sound and part * pool_base >= LEAST_RATIO * base * pool_part)
    assert all(reach.times is not None and reach.times >= LEAST_RATIO for reach in reaches)


def test_a_reach_states_its_breakdown_but_no_totals() -> None:
    """The area of the stratum, the end of its period, both sources."""
    cells = [cell("a", "65+", 40), cell("a", "ages", 100), *pooled(10, 100)]
    (reach,) = derive_reaches(cells, CODES, "m")
    assert (reach.publics, reach.areas, reach.languages) == (("seniors",), ("06",), ())
    assert (reach.size, reach.date, reach.times) == (40, "2025-12-31", 4.0)
    assert (reach.relay, reach.graph, reach.source) == ("a", "a", "release")


@pytest.mark.parametrize("part", range(len(STRATUM)))
def test_cells_of_different_strata_are_not_compared(part: int) -> None:
    """Another measure, period, area, audience, language, discipline or channel."""
    different = tuple("other" if n == part else code for n, code in enumerate(STRATUM))
    cells = [cell("a", "65+", 40, different), cell("a", "ages", 100, different), *pooled(10, 100)]
    assert derive_reaches(cells, CODES, "m") == []


@pytest.mark.parametrize("missing", range(4))
def test_all_four_cells_must_be_published(missing: int) -> None:
    cells = [cell("a", "65+", 40), cell("a", "ages", 100), *pooled(10, 100)]
    assert derive_reaches(cells, CODES, "m")
    assert (
        derive_reaches([cell_ for n, cell_ in enumerate(cells) if n != missing], CODES, "m") == []
    )


def test_an_age_bracket_of_no_audience_yields_no_reach() -> None:
    """A bracket that nests in none cannot be compared."""
    cells = [cell("a", "0-13", 40), cell("a", "ages", 100)]
    cells += [cell("pool", "0-13", 10), cell("pool", "ages", 100)]
    assert derive_reaches(cells, CODES, "m") == []

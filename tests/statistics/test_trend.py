"""An index compares the same contributors, and reveals nothing besides two published figures."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.cube import CubeFigure
from parvis.statistics.figures import ReleaseFigure
from parvis.statistics.strata import PUBLIC, RESERVED, FigureKey
from parvis.statistics.trend import YearChange, are_comparable, list_changes

BASE = 5


def released(*contributors: str, value: int | None = 400, repeated: bool = False) -> ReleaseFigure:
    """Make a figure of a release, of some contributors."""
    key = FigureKey("attendance", "2025", "*", "a0")
    return ReleaseFigure(
        key, value, dict.fromkeys(contributors, 100.0), frozenset(), {"z": 1.0}, repeated
    )


def figure(period: str, value: float | None = 400, **others: str) -> CubeFigure:
    """Make a figure of a cube, of all strata."""
    layers = dict.fromkeys(
        ("discipline", "area", "age", "public", "language", "channel", "event", "size", "place"),
        "*",
    )
    iri = f"{period} {others}"
    layers |= others
    return CubeFigure("g", iri, "c", "m", period, **layers, status="", value=value)  # type: ignore[arg-type] # texts


def test_published_figures_of_the_same_partners_compare() -> None:
    """Whoever may read what they bring, and whichever of their datasets it comes from."""
    names = ("m", "n", "o", "p")
    assert are_comparable(released(*names), released(*reversed(names)))
    read_by_others = (f"m{PUBLIC}", f"n{RESERVED}d", "o", "p")
    assert are_comparable(released(*names), released(*read_by_others))


@pytest.mark.parametrize("others", [("m", "n", "o"), ("m", "n", "o", "p", "q"), "mnoq"])
def test_figures_of_other_partners_do_not_compare(others: tuple[str, ...]) -> None:
    """One who joined, one who left, or one in place of another."""
    assert not are_comparable(released("m", "n", "o", "p"), released(*others))


def test_a_suppressed_figure_compares_with_nothing() -> None:
    """An index would reveal it."""
    names = ("m", "n", "o", "p")
    assert not are_comparable(released(*names), released(*names, value=None))
    assert not are_comparable(released(*names, value=None), released(*names))


def test_a_repeated_figure_compares_as_when_it_was_published() -> None:
    """Else what compares would tell that somebody joined since, and who."""
    names = ("m", "n", "o", "p")
    repeated = released(*names, repeated=True)
    assert "z" in repeated.current
    assert are_comparable(repeated, released(*names))
    assert not are_comparable(repeated, released(*names, "z"))


def test_each_figure_is_compared_with_its_own_stratum_a_year_before() -> None:
    """A period without one a year before, or of a release that marks none, is left out."""
    before, masked = figure("p/2024-10"), figure("p/2024-11", None)
    now = replace(figure("p/2025-10", 500), comparable_with=before.iri)
    changed, new = figure("p/2025-11"), figure("p/2025-12")
    changes = list_changes([before, masked, now, changed, new, figure("p/2024-12", age="0-17")])
    assert [(c.figure, c.before, c.comparable) for c in changes] == [
        (now, before, True),
        (changed, masked, False),
    ]
    assert [change.index for change in changes] == [125, None]
    assert list_changes([before, figure("p/2025-10")]) == []


@given(st.integers(10, 10**6), st.integers(10, 10**6), st.integers(0, 8), st.integers(0, 8))
def test_the_index_of_the_exact_figures_is_within_the_margin(
    value: int, base: int, up: int, down: int
) -> None:
    """Figures are rounded to a multiple of five, in whichever direction."""
    change = YearChange(figure("p/2025", value), figure("p/2024", base), comparable=True)
    margin = change.compute_margin(BASE)
    assert change.index is not None
    assert margin is not None
    exact = 100 * (value + up - 4) / (base + down - 4)
    assert abs(exact - change.index) <= margin + 1e-9


def test_figures_too_small_for_their_rounding_have_no_margin() -> None:
    """A base of five may be of one only."""
    change = YearChange(figure("p/2025", 10), figure("p/2024", 4), comparable=True)
    assert change.compute_margin(BASE) is None

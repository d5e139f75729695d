"""A portrait's panels, of invented figures."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.cube import LAYERS, CubeFigure, latest_period
from parvis.statistics.portrait import (
    EACH,
    Orders,
    Panel,
    build_panels,
    complete_choice,
    find_total,
    share,
)

ORDERS = Orders(frozenset({"all"}), {"old": (65, 200), "young": (0, 17)})


def figure(value: int | None = 100, **parts: str) -> CubeFigure:
    """Make a figure; what is not told is all together."""
    layers = dict.fromkeys(LAYERS, "all") | parts
    status = "suppressed" if value is None else "free"
    told = CubeFigure(
        "g", "-".join(layers.values()), "c", "attendance", "2025",
        "all", "all", "all", "all", "all", "all", "all", status, value,
    )  # fmt: skip
    return replace(told, **parts)  # type: ignore[arg-type] # its layers, which are texts


RELEASE = [
    figure(1000),
    figure(600, discipline="theatre"),
    figure(400, discipline="dance"),
    figure(700, area="06"),
    figure(None, area="12"),
    figure(200, age="old"),
    figure(800, age="young"),
    figure(500, discipline="theatre", area="06"),
    figure(100, discipline="theatre", area="03"),
    figure(300, discipline="theatre", age="young"),
]


def shown(found: list[Panel]) -> list[tuple[str, tuple[str, ...], list[str]]]:
    """Give of each panel its layer, where it is, and its parts."""
    return [
        (
            one.layer,
            tuple(concept for _, concept in one.within),
            [getattr(part, one.layer) for part in one.parts],
        )
        for one in found
    ]


def test_with_nothing_chosen_each_layer_has_its_panel() -> None:
    """Ages by their bounds, others the largest first, what is withheld last."""
    assert shown(build_panels(RELEASE, {}, ORDERS)) == [
        ("discipline", (), ["theatre", "dance"]),
        ("area", (), ["06", "12"]),
        ("age", (), ["young", "old"]),
    ]


def test_a_concept_leads_one_layer_down() -> None:
    """Its own figure is the whole of each panel below."""
    found = build_panels(RELEASE, {"discipline": "theatre"}, ORDERS)
    assert shown(found) == [
        ("area", ("theatre",), ["06", "03"]),
        ("age", ("theatre",), ["young"]),
    ]
    assert {one.whole.value for one in found if one.whole} == {600}
    assert find_total(RELEASE, {"discipline": "theatre"}, ORDERS) == RELEASE[1]


def test_layers_one_by_one_make_a_panel_for_each_combination() -> None:
    """The last of them makes the bars, its total the whole."""
    found = build_panels(RELEASE, {"discipline": EACH, "area": EACH}, ORDERS)
    assert shown(found) == [("area", ("theatre",), ["06", "03"])]
    assert found[0].whole == RELEASE[1]
    assert find_total(RELEASE, {"discipline": EACH}, ORDERS) is None


def test_a_layer_without_a_total_is_told_one_by_one() -> None:
    """As in figures that nobody summed up."""
    some = [figure(5, discipline="dance", area="06"), figure(7, discipline="theatre", area="06")]
    assert complete_choice(some, {}, ORDERS)["discipline"] == EACH
    assert shown(build_panels(some, {}, ORDERS)) == [
        ("area", ("dance",), ["06"]),
        ("area", ("theatre",), ["06"]),
    ]


def test_where_all_together_is_withheld_its_parts_are_told_one_by_one() -> None:
    """Of the two first layers that are left open; what was chosen stays."""
    some = [figure(None), figure(None, discipline="dance"), *RELEASE[7:9]]
    assert shown(build_panels(some, {}, ORDERS)) == [("area", ("theatre",), ["06", "03"])]
    together = dict.fromkeys(LAYERS, "all")
    assert shown(build_panels(some, together, ORDERS))[0] == ("discipline", (), ["dance"])


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [(25, 100, 0.25), (None, 100, None), (5, None, None), (5, 9, None), (11, 10, None)],
)
def test_shares_are_told_of_told_figures_only(
    part: int | None, whole: int | None, told: float | None
) -> None:
    """On a base of ten at least, and never more than the whole (rule 8)."""
    assert share(figure(part), figure(whole)) == told
    assert share(figure(part), None) is None


def test_the_latest_period_is_the_one_that_ends_last() -> None:
    """A season and a year may end differently; without any there is none."""
    assert (
        latest_period(["2025", "season"], {"2025": "2025-12-31", "season": "2026-08-31"})
        == "season"
    )
    assert latest_period([], {}) is None


codes = st.sampled_from(["all", "a", "b"])
cells = st.lists(
    st.builds(
        lambda value, one, two, three: figure(value, discipline=one, area=two, age=three),
        st.none() | st.integers(0, 900), codes, codes, codes,
    ),
    unique_by=lambda one: one.iri,
)  # fmt: skip
choices = st.dictionaries(
    st.sampled_from(["discipline", "area", "age"]), st.sampled_from(["all", "a", EACH])
)


@given(cells, choices)
def test_panels_show_figures_of_the_choice_and_nothing_else(
    figures: list[CubeFigure], choice: dict[str, str]
) -> None:
    """Each is a figure of the release, once, within what was chosen; none is made up."""
    for panel in build_panels(figures, choice, ORDERS):
        assert set(panel.parts) <= set(figures)
        assert len(set(panel.parts)) == len(panel.parts)
        for part in panel.parts:
            assert getattr(part, panel.layer) != "all"
            assert all(getattr(part, layer) == concept for layer, concept in panel.within)
            for layer, wanted in choice.items():
                if wanted != EACH and layer != panel.layer:
                    assert getattr(part, layer) == wanted

"""Panels of a portrait, of invented figures."""

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
    """Make a figure; unstated layers are totals."""
    layers = dict.fromkeys(LAYERS, "all") | parts
    status = "suppressed" if value is None else "free"
    total = CubeFigure(
        "g", "-".join(layers.values()), "c", "attendance", "2025",
        "all", "all", "all", "all", "all", "all", "all", "all", "all", status, value,
    )  # fmt: skip
    return replace(total, **parts)  # type: ignore[arg-type] # its layers, which are texts


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


def summarise(panels: list[Panel]) -> list[tuple[str, tuple[str, ...], list[str]]]:
    """Summarise each panel: its layer, its context and its parts."""
    return [
        (
            panel.layer,
            tuple(concept for _, concept in panel.within),
            [getattr(part, panel.layer) for part in panel.parts],
        )
        for panel in panels
    ]


def test_without_a_choice_each_layer_has_a_panel() -> None:
    """Ages by bounds, others largest first, suppressed figures last."""
    assert summarise(build_panels(RELEASE, {}, ORDERS)) == [
        ("discipline", (), ["theatre", "dance"]),
        ("area", (), ["06", "12"]),
        ("age", (), ["young", "old"]),
    ]


def test_choosing_a_concept_leads_one_layer_down() -> None:
    """Its figure is the whole of each panel below."""
    panels = build_panels(RELEASE, {"discipline": "theatre"}, ORDERS)
    assert summarise(panels) == [
        ("area", ("theatre",), ["06", "03"]),
        ("age", ("theatre",), ["young"]),
    ]
    assert {panel.total.value for panel in panels if panel.total} == {600}
    assert find_total(RELEASE, {"discipline": "theatre"}, ORDERS) == RELEASE[1]


def test_compared_layers_give_a_panel_for_each_combination() -> None:
    """The last of them provides the bars and its total the whole."""
    panels = build_panels(RELEASE, {"discipline": EACH, "area": EACH}, ORDERS)
    assert summarise(panels) == [("area", ("theatre",), ["06", "03"])]
    assert panels[0].total == RELEASE[1]
    assert find_total(RELEASE, {"discipline": EACH}, ORDERS) is None


def test_a_layer_without_a_total_is_compared() -> None:
    """As in figures without sums."""
    figures = [figure(5, discipline="dance", area="06"), figure(7, discipline="theatre", area="06")]
    assert complete_choice(figures, {}, ORDERS)["discipline"] == EACH
    assert summarise(build_panels(figures, {}, ORDERS)) == [
        ("area", ("dance",), ["06"]),
        ("area", ("theatre",), ["06"]),
    ]


def test_parts_are_compared_where_the_total_is_suppressed() -> None:
    """For the first two open layers; choices stay."""
    figures = [figure(None), figure(None, discipline="dance"), *RELEASE[7:9]]
    assert summarise(build_panels(figures, {}, ORDERS)) == [("area", ("theatre",), ["06", "03"])]
    together = dict.fromkeys(LAYERS, "all")
    assert summarise(build_panels(figures, together, ORDERS))[0] == ("discipline", (), ["dance"])


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(25, 100, 0.25), (None, 100, None), (5, None, None), (5, 9, None), (11, 10, None)],
)
def test_shares_need_published_figures(
    part: int | None, whole: int | None, expected: float | None
) -> None:
    """With a base of ten at least, and never more than the whole (rule 8)."""
    assert share(figure(part), figure(whole)) == expected
    assert share(figure(part), None) is None


def test_the_latest_period_ends_last() -> None:
    """Seasons and years may end differently; no periods, no latest."""
    assert (
        latest_period(["2025", "season"], {"2025": "2025-12-31", "season": "2026-08-31"})
        == "season"
    )
    assert latest_period([], {}) is None


codes = st.sampled_from(["all", "a", "b"])
cells = st.lists(
    st.builds(
        lambda value, discipline, area, age: figure(
            value, discipline=discipline, area=area, age=age
        ),
        st.none() | st.integers(0, 900), codes, codes, codes,
    ),
    unique_by=lambda figure: figure.iri,
)  # fmt: skip
choices = st.dictionaries(
    st.sampled_from(["discipline", "area", "age"]), st.sampled_from(["all", "a", EACH])
)


@given(cells, choices)
def test_panels_show_only_figures_of_the_choice(
    figures: list[CubeFigure], choice: dict[str, str]
) -> None:
    """Each part is a figure of the release, once, within the choice; none is invented."""
    for panel in build_panels(figures, choice, ORDERS):
        assert set(panel.parts) <= set(figures)
        assert len(set(panel.parts)) == len(panel.parts)
        for part in panel.parts:
            assert getattr(part, panel.layer) != "all"
            assert all(getattr(part, layer) == concept for layer, concept in panel.within)
            for layer, code in choice.items():
                if code != EACH and layer != panel.layer:
                    assert getattr(part, layer) == code

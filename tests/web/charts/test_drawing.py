"""The server's drawing and the script's specification say the same, and no suppressed value."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.codelists import region_tiles
from parvis.pooling.publics.regions.outlines import RegionOutline, RegionOutlines
from parvis.web.charts import MISSING, SUPPRESSED, Category, Cell, Chart, Series
from parvis.web.charts.drawing import (
    BAR,
    WIDTH,
    Drawing,
    Shape,
    Words,
    draw_bars,
    draw_waffle,
    share_squares,
)
from parvis.web.charts.lines import draw_lines
from parvis.web.charts.maps import draw_map
from parvis.web.charts.vega import specify

WORDS = Words(lambda value: f"{value:g}", "masqué", "aucun chiffre")


def make_chart(kind: str, *series: Series, **more: object) -> Chart:
    names = tuple(Category(f"Nom {at}") for at in range(len(series[0].cells)))
    return Chart(kind, "Titre", "Qui", "entrées", names, series, **more)  # type: ignore[arg-type]


def shapes_of(drawing: Drawing, style: str) -> list[Shape]:
    return [shape for shape in drawing.shapes if style in shape.style.split()]


def test_bars_are_as_long_as_their_values() -> None:
    """In the order of the categories, each with its figure in words."""
    drawing = draw_bars(make_chart("bar", Series("", (Cell(100), Cell(25), Cell(0)))), WORDS)
    widths = [shape.attributes["width"] for shape in shapes_of(drawing, "mark")]
    assert widths == [286.0, 71.5, 0.0]
    assert [shape.text for shape in shapes_of(drawing, "figure")] == ["100", "25", "0"]
    assert shapes_of(drawing, "mark")[1].title == "Nom 1\u00a0: 25\u00a0entrées"


def test_a_suppressed_bar_looks_suppressed_whatever_its_value() -> None:
    """It fills the track: its length says nothing."""
    drawing = draw_bars(make_chart("bar", Series("", (Cell(100), SUPPRESSED, MISSING))), WORDS)
    (frame,) = shapes_of(drawing, "suppressed")
    assert frame.attributes["width"] == WIDTH - 74 - 1
    assert frame.title == "Nom 1\u00a0: masqué"
    assert len(shapes_of(drawing, "mark")) == 1
    assert [shape.text for shape in shapes_of(drawing, "figure")][1:] == ["masqué", "–"]


def test_grouped_bars_stand_below_one_another_in_the_colours_of_their_series() -> None:
    pool, mine = Series("pool", (Cell(4), Cell(8))), Series("mien", (Cell(2), Cell(6)))
    drawing = draw_bars(make_chart("bar", pool, mine), WORDS)
    marks = shapes_of(drawing, "mark")
    assert [shape.style for shape in marks] == ["mark series-1", "mark series-2"] * 2
    tops = [float(shape.attributes["y"]) for shape in marks]
    assert all(after - before >= BAR for before, after in pairwise(tops))
    assert marks[1].title == "Nom 0 · mien\u00a0: 2\u00a0entrées"


def test_the_reference_is_a_line_at_its_value() -> None:
    chart = make_chart("bar", Series("", (Cell(200),)), reference=100, reference_label="base: 100")
    (line,) = shapes_of(draw_bars(chart, WORDS), "reference")
    assert line.attributes["x1"] == 143.0
    assert "base: 100" in [shape.text for shape in draw_bars(chart, WORDS).shapes]


def test_an_index_goes_to_either_side_of_100() -> None:
    """Half as much goes to the left, half as much again to the right, by the same length."""
    cells = (Cell(50), Cell(150), Cell(100), SUPPRESSED)
    chart = make_chart("bar", Series("", cells), reference=100, from_reference=True)
    drawing = draw_bars(chart, WORDS)
    places = [(m.attributes["x"], m.attributes["width"]) for m in shapes_of(drawing, "mark")]
    assert places == [(0.0, 143.0), (143.0, 143.0), (143.0, 0.0)]
    (frame,) = shapes_of(drawing, "suppressed")
    assert frame.attributes["width"] == WIDTH - 74 - 1
    bars = next(layer for layer in specify(chart, WORDS)["layer"] if layer["mark"] == "bar")
    assert bars["encoding"]["x2"] == {"datum": 100}


def test_no_line_of_the_reference_crosses_the_names_of_bars_that_begin_there() -> None:
    chart = make_chart(
        "bar",
        Series("", (Cell(110), Cell(108))),
        reference=100,
        reference_label="un an plus tôt",
        from_reference=True,
    )
    drawing = draw_bars(chart, WORDS)
    assert shapes_of(drawing, "reference") == []
    assert "un an plus tôt" in [shape.text for shape in drawing.shapes]
    marks = [layer["mark"] for layer in specify(chart, WORDS)["layer"]]
    assert [mark["type"] for mark in marks if isinstance(mark, dict)].count("rule") == 0


def test_a_line_is_interrupted_where_a_figure_is_suppressed() -> None:
    cells = (Cell(1), Cell(2), SUPPRESSED, Cell(3), Cell(4), MISSING, Cell(5))
    drawing = draw_lines(make_chart("line", Series("danse", cells)), WORDS)
    assert len(shapes_of(drawing, "line")) == 2
    assert len(shapes_of(drawing, "mark")) == 5
    (mark,) = shapes_of(drawing, "suppressed")
    assert mark.title == "Nom 2 · danse\u00a0: masqué"


def test_dates_are_at_their_distance() -> None:
    names = tuple(Category(day, day) for day in ("2025-01-01", "2025-01-02", "2025-01-11"))
    chart = Chart("line", "", "", "", names, (Series("", (Cell(1), Cell(2), Cell(3))),))
    first, second, third = (
        float(shape.attributes["cx"]) for shape in shapes_of(draw_lines(chart, WORDS), "mark")
    )
    assert third - first == pytest.approx(10 * (second - first), abs=1)


@given(st.lists(st.integers(0, 500), min_size=1, max_size=9), st.integers(1, 4000))
def test_a_waffle_has_100_squares(values: list[int], base: int) -> None:
    """Of which each part has its percentage, up or down to the next whole one."""
    chart = make_chart("waffle", Series("", tuple(map(Cell, values))), base=base)
    squares = [s for s in draw_waffle(chart, WORDS).shapes if s.attributes.get("width") == 18]
    assert len(squares) == 100
    if sum(values) <= base:
        for value, count in zip(values, share_squares(chart), strict=True):
            assert abs(100 * value / base - count) < 1


def test_the_masked_parts_of_a_waffle_are_hatched_together() -> None:
    cells = (Cell(43), SUPPRESSED, SUPPRESSED)
    drawing = draw_waffle(make_chart("waffle", Series("", cells), base=100), WORDS)
    hatched = [s for s in shapes_of(drawing, "suppressed") if s.attributes["width"] == 18]
    assert len(hatched) == 57
    assert "43\u00a0%" in [shape.text for shape in drawing.shapes]


def test_a_map_shows_all_regions_as_tiles() -> None:
    """Shaded by the figure, hatched where it is suppressed; a link leads to the region."""
    names = (Category("Montréal", "06", "/region/06"), Category("Laval", "13"))
    chart = Chart("map", "", "", "entrées", names, (Series("", (Cell(9), SUPPRESSED)),))
    drawing = draw_map(chart, WORDS)
    assert len([shape for shape in drawing.shapes if shape.tag == "rect"]) == len(region_tiles())
    (montreal,) = shapes_of(drawing, "area")
    assert (montreal.href, montreal.title) == ("/region/06", "Montréal\u00a0: 9\u00a0entrées")
    assert len(shapes_of(drawing, "suppressed")) == 1
    assert len(shapes_of(drawing, "none")) == 15


def test_a_map_with_outlines_has_paths_and_circles() -> None:
    """The area of a circle is in proportion to its figure; circles lie over every region."""
    outlines = RegionOutlines(
        720, 400, {"06": RegionOutline("M0 0l1 1z", 10, 20), "13": RegionOutline("M9 9l1 1z", 5, 5)}
    )
    names = (Category("Montréal", "06"), Category("Laval", "13"))
    series = (Series("entrées", (Cell(9), Cell(3))), Series("événements", (Cell(40), Cell(10))))
    chart = Chart("map", "", "", "entrées", names, series, outlines=outlines)
    drawing = draw_map(chart, WORDS)
    assert [shape.tag for shape in drawing.shapes] == ["path", "path", "circle", "circle"]
    radii = [float(shape.attributes["r"]) for shape in shapes_of(drawing, "event")]
    assert radii == [30.0, 15.0]


@pytest.mark.parametrize("kind", ["bar", "line", "waffle"])
def test_the_script_draws_the_same_figures_and_labels_in_the_same_order(kind: str) -> None:
    """A suppressed figure has no value in it either, and colours are those of the page."""
    cells = (Cell(43), SUPPRESSED, Cell(12))
    chart = make_chart(kind, Series("danse", cells), base=100 if kind == "waffle" else None)
    specification = specify(chart, WORDS)
    rows = specification["data"]["values"][:3]
    assert [(row["name"], row["value"], row["shown"]) for row in rows] == [
        ("Nom 0", 43, "43"),
        ("Nom 1", None, "masqué"),
        ("Nom 2", 12, "12"),
    ]
    assert "var(--series-1)" in json.dumps(specification)
    assert specification["description"] == "Qui"


def test_a_map_has_no_specification() -> None:
    """The server's drawing is all of it: its regions are links."""
    assert specify(make_chart("map", Series("", (Cell(1),))), WORDS) == {}

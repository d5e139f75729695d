"""Charts of query results: bars, a line, grouped bars, or no chart that would mislead."""

import json

import pytest

from parvis.web.api.charts import pictures, suggest_chart
from parvis.web.api.results import Preview, ResultTerm

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"


def make_table(columns: str, *rows: str) -> Preview:
    """Make results from columns and rows as words, digits as numbers."""
    cells = [[make_cell(word) for word in row.split()] for row in rows]
    return Preview("bindings", tuple(columns.split()), cells)


def make_cell(word: str) -> ResultTerm:
    if word.isdigit():
        return ResultTerm(word, datatype=INTEGER)
    return (
        ResultTerm(word, datatype=DECIMAL) if word.replace(".", "").isdigit() else ResultTerm(word)
    )


def test_a_number_over_time_is_a_line_coloured_by_a_second_name() -> None:
    """For months, days or instants; the second name sets colour and shape."""
    results = make_table("month kind n", "2026-01 danse 3", "2026-02 danse 4", "2026-01 cirque 1")
    spec = suggest_chart(results)
    assert spec is not None
    assert spec["mark"]["type"] == "line"
    fields = {name: channel["field"] for name, channel in spec["encoding"].items()}
    assert fields == {"x": "month", "y": "n", "color": "kind", "shape": "kind"}


def test_a_number_by_two_names_is_grouped_bars() -> None:
    """Never stacked: the numbers may not add up."""
    results = make_table(
        "area measure n", "Laval billets 3", "Laval visites 4", "Lévis billets 2.5"
    )
    spec = suggest_chart(results)
    assert spec is not None
    fields = {name: channel["field"] for name, channel in spec["encoding"].items()}
    assert fields == {"y": "area", "x": "n", "color": "measure", "yOffset": "measure"}


@pytest.mark.parametrize(
    "results",
    [
        make_table("kind n", "danse 3"),
        make_table("kind", "danse", "cirque"),
        make_table("kind n", "danse 3", "danse 4"),
        make_table("a b c n", "x y z 1", "x y w 2"),
        make_table("kind n", *(f"k-{at} {at}.5" for at in range(60))),
        make_table("kind hue n", *(f"k-{at} hue-{at} {at}" for at in range(9))),
        Preview(
            "bindings",
            ("kind", "n"),
            [[ResultTerm("danse"), make_cell("3")], [ResultTerm("x"), ResultTerm("")]],
        ),
    ],
    ids=["one row", "no number", "twice", "three names", "too many", "too many hues", "a gap"],
)
def test_results_unfit_for_a_chart_have_none(results: Preview) -> None:
    """One row, repeated names, or more than one can tell apart."""
    assert suggest_chart(results) is None


def test_simple_results_have_bars_without_script() -> None:
    """One name and a whole number; a light page has bars for two names too."""
    simple = pictures(make_table("kind n", "danse 3", "cirque 4"))
    assert simple["chart"] == ""
    assert [bar["value"] for bar in simple["bars"]] == [3, 4]
    double = make_table("area measure n", "Laval billets 3", "Laval visites 4")
    assert json.loads(pictures(double)["chart"])["mark"] == "bar"
    assert len(pictures(double)["bars"]) == 2
    assert pictures(double, light=True)["chart"] == ""


def test_the_chart_of_an_example_query_takes_precedence() -> None:
    """If there are rows to draw."""
    specification = '{"mark": "area"}'
    assert (
        pictures(make_table("kind n", "danse 3", "cirque 4"), specification)["chart"]
        == specification
    )
    assert pictures(make_table("lat lon", "45.5 -73.5"), specification)["places"] == []
    assert pictures(make_table("kind n"), specification)["chart"] == ""

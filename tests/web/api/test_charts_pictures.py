"""What is drawn of an answer: bars, a line, bars beside one another, or nothing that misleads."""

import json

import pytest

from parvis.web.api.charts import pictures, suggest_chart
from parvis.web.api.results import Preview, ResultTerm

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"


def table(columns: str, *rows: str) -> Preview:
    """Write an answer: its columns and rows as words, digits as numbers."""
    cells = [[cell(word) for word in row.split()] for row in rows]
    return Preview("bindings", tuple(columns.split()), cells)


def cell(word: str) -> ResultTerm:
    """Write one value."""
    if word.isdigit():
        return ResultTerm(word, datatype=INTEGER)
    return (
        ResultTerm(word, datatype=DECIMAL) if word.replace(".", "").isdigit() else ResultTerm(word)
    )


def test_a_number_by_moments_is_a_line_coloured_by_a_second_name() -> None:
    """Months, days or moments; what is told beside them is the colour and the shape of points."""
    found = table("month kind n", "2026-01 danse 3", "2026-02 danse 4", "2026-01 cirque 1")
    spec = suggest_chart(found)
    assert spec is not None
    assert spec["mark"]["type"] == "line"
    told = {name: one["field"] for name, one in spec["encoding"].items()}
    assert told == {"x": "month", "y": "n", "color": "kind", "shape": "kind"}


def test_a_number_by_two_names_is_bars_beside_one_another() -> None:
    """Never stacked: nobody said that they may be added up."""
    found = table("area measure n", "Laval billets 3", "Laval visites 4", "Lévis billets 2.5")
    spec = suggest_chart(found)
    assert spec is not None
    told = {name: one["field"] for name, one in spec["encoding"].items()}
    assert told == {"y": "area", "x": "n", "color": "measure", "yOffset": "measure"}


@pytest.mark.parametrize(
    "found",
    [
        table("kind n", "danse 3"),
        table("kind", "danse", "cirque"),
        table("kind n", "danse 3", "danse 4"),
        table("a b c n", "x y z 1", "x y w 2"),
        table("kind n", *(f"k-{at} {at}.5" for at in range(60))),
        table("kind hue n", *(f"k-{at} hue-{at} {at}" for at in range(9))),
        Preview(
            "bindings",
            ("kind", "n"),
            [[ResultTerm("danse"), cell("3")], [ResultTerm("x"), ResultTerm("")]],
        ),
    ],
    ids=["one row", "no number", "twice", "three names", "too many", "too many hues", "a gap"],
)
def test_what_a_picture_would_tell_badly_is_a_table_alone(found: Preview) -> None:
    """One row, sums that nobody asked for, more than one tells apart."""
    assert suggest_chart(found) is None


def test_bars_need_no_script_where_a_chart_says_no_more() -> None:
    """A name and a whole number; a page that is to be light has bars for two names too."""
    simple = pictures(table("kind n", "danse 3", "cirque 4"))
    assert simple["chart"] == ""
    assert [one["value"] for one in simple["bars"]] == [3, 4]
    double = table("area measure n", "Laval billets 3", "Laval visites 4")
    assert json.loads(pictures(double)["chart"])["mark"] == "bar"
    assert len(pictures(double)["bars"]) == 2
    assert pictures(double, light=True)["chart"] == ""


def test_the_chart_of_a_question_goes_before_any_other() -> None:
    """Where there are rows to draw."""
    given = '{"mark": "area"}'
    assert pictures(table("kind n", "danse 3", "cirque 4"), given)["chart"] == given
    assert pictures(table("lat lon", "45.5 -73.5"), given)["places"] == []
    assert pictures(table("kind n"), given)["chart"] == ""

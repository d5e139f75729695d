"""The places of query results: which rows are put on a map, and with which label."""

import pytest

from parvis.catalog.queries import ChartColumns
from parvis.web.api.charts import (
    WKT,
    MapPlace,
    draw_columns,
    list_places,
    pictures,
    suggest_chart,
)
from parvis.web.api.results import Preview, ResultTerm

DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"


def make_degrees(text: str) -> ResultTerm:
    """Make a number of degrees as a store returns it."""
    return ResultTerm(text, datatype=DECIMAL)


def make_wkt(text: str) -> ResultTerm:
    """Make a geometry."""
    return ResultTerm(text, datatype=WKT)


def test_columns_of_degrees_place_rows_with_the_words_as_label() -> None:
    """By the columns' names; rows without degrees and repeated rows are left out."""
    quay = [
        ResultTerm("http://a/1", iri="http://a/1"),
        ResultTerm("Le Quai", lang="fr"),
        ResultTerm("Rimouski"),
    ]
    row = [*quay, make_degrees("48.451"), make_degrees("-68.53")]
    lost = [
        ResultTerm("http://a/2", iri="http://a/2"),
        ResultTerm("Nulle part"),
        ResultTerm(""),
        ResultTerm(""),
        ResultTerm(""),
    ]
    columns = ("place", "venue", "town", "Latitude", "lng")
    places = list_places(Preview("bindings", columns, [row, row, lost]))
    assert places == [MapPlace("Le Quai · Rimouski", 48.451, -68.53, "http://a/1")]


def test_the_label_of_an_entity_is_not_repeated() -> None:
    """Its label, then the words of its row; its address if there is neither."""
    at = [make_degrees("48.451"), make_degrees("-68.53")]
    named = ResultTerm("Le Quai", iri="http://a/1", is_label=True)
    columns = ("place", "name", "lat", "lon")
    for word, label in (("Le Quai", "Le Quai"), ("Rimouski", "Le Quai · Rimouski")):
        (place,) = list_places(Preview("bindings", columns, [[named, ResultTerm(word), *at]]))
        assert place.label == label
    bare = ResultTerm("id/1", iri="http://a/id/1")
    (place,) = list_places(Preview("bindings", columns, [[bare, ResultTerm(""), *at]]))
    assert place.label == "id/1"


@pytest.mark.parametrize(
    "text",
    [
        "POINT(-68.53 48.451)",
        "Point (-68.53 48.451)",
        "<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(-68.53 48.451)",
    ],
)
def test_a_point_in_wkt_is_longitude_first(text: str) -> None:
    """As in GeoSPARQL 1.1 §8.5.1, where no other system is named."""
    places = list_places(
        Preview("bindings", ("name", "where"), [[ResultTerm("Quai"), make_wkt(text)]])
    )
    assert places == [MapPlace("Quai", 48.451, -68.53)]


@pytest.mark.parametrize(
    "cell",
    [
        make_wkt("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(48.451 -68.53)"),
        make_wkt("LINESTRING(-68.53 48.451, -68 48)"),
        make_wkt("POINT(-68.53 95)"),
        ResultTerm("POINT(-68.53 48.451)"),
    ],
)
def test_other_geometries_are_on_no_map(cell: ResultTerm) -> None:
    """Another system of axes, another geometry, a latitude past the pole, plain text."""
    assert list_places(Preview("bindings", ("name", "where"), [[ResultTerm("Quai"), cell]])) == []


def test_latitudes_without_longitudes_place_nothing() -> None:
    """Nor do words in the columns of degrees."""
    row = [make_degrees("48.4"), make_degrees("-68.5")]
    assert list_places(Preview("bindings", ("latitude", "n"), [row])) == []
    assert (
        list_places(
            Preview("bindings", ("lat", "lon"), [[ResultTerm("nord"), ResultTerm("ouest")]])
        )
        == []
    )


# Charts of query results: bars, a line, grouped bars, or no chart that would mislead.

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


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


def test_a_number_over_time_is_a_line_for_each_second_name() -> None:
    """For months, days or instants, in their order; what a series lacks is missing, not 0."""
    results = make_table("month kind n", "2026-02 danse 4", "2026-01 danse 3", "2026-01 cirque 1")
    chart = suggest_chart(results, "Combien ?", {"n": "billets", "month": "mois"})
    assert chart is not None
    assert (chart.kind, chart.unit, chart.description) == ("line", "billets", "Combien ?")
    assert chart.title == "Billets, par mois et kind"
    assert [category.label for category in chart.categories] == ["2026-01", "2026-02"]
    values = {series.label: [cell.value for cell in series.cells] for series in chart.series}
    assert values == {"danse": [3, 4], "cirque": [1, None]}
    assert not chart.has_suppressed


def test_a_number_by_two_names_is_grouped_bars() -> None:
    """Never stacked: the numbers may not add up."""
    results = make_table(
        "area measure n", "Laval billets 3", "Laval visites 4", "Lévis billets 2.5"
    )
    chart = suggest_chart(results)
    assert chart is not None
    assert chart.kind == "bar"
    values = {series.label: [cell.value for cell in series.cells] for series in chart.series}
    assert values == {"billets": [3, 2.5], "visites": [4, None]}


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


def test_rows_of_several_names_are_bars() -> None:
    """Where no chart fits better, if their labels differ."""
    chart = pictures(make_table("a b c n", "x y z 1", "x y w 2"))["chart"]
    assert [category.label for category in chart.categories] == ["x · y · z", "x · y · w"]
    assert pictures(make_table("a b c n", "x y z 1", "x y z 2"))["chart"] is None


OWN = ChartColumns("bar", ("kind", "year"), ("n",))


def test_the_columns_that_a_question_names_are_drawn_first() -> None:
    """Even where its rows have places; the order is that of the rows."""
    table = make_table("kind year n lat", "danse 2024 3 1", "danse 2025 4 1", "cirque 2025 5 1")
    chart = pictures(table, OWN, "Combien ?", {"n": "billets"})["chart"]
    assert [category.label for category in chart.categories] == ["danse", "cirque"]
    values = {series.label: [cell.value for cell in series.cells] for series in chart.series}
    assert values == {"2024": [3, None], "2025": [4, 5]}
    assert (chart.title, chart.unit) == ("Billets, par kind et year", "billets")


@pytest.mark.parametrize(
    "table",
    [
        make_table("kind year n", "danse 2024 3"),
        make_table("kind year n", "danse 2024 3", "danse 2024 4"),
        make_table("kind n", "danse 3", "cirque 4"),
    ],
    ids=["one mark", "rows that share a mark", "a column that is missing"],
)
def test_a_chart_that_would_mislead_is_not_drawn(table: Preview) -> None:
    assert pictures(table, OWN) == {"places": [], "chart": None}


def test_several_figures_are_a_colour_each() -> None:
    table = make_table("kind low high", "danse 3 5", "cirque 4 6")
    own = ChartColumns("bar", ("kind",), ("low", "high"))
    chart = draw_columns(table, own, "", {"low": "moins", "high": "plus"})
    assert chart is not None
    assert {series.label: [cell.value for cell in series.cells] for series in chart.series} == {
        "moins": [3, 4],
        "plus": [5, 6],
    }


def test_a_line_is_by_months_in_order_and_says_what_it_leaves_out() -> None:
    """Eight colours at most, those of the greatest totals; nothing is added up."""
    rows = [f"{month} d{kind} {kind + 1}" for month in ("2026-02", "2026-01") for kind in range(9)]
    own = ChartColumns("line", ("month", "kind"), ("n",), 100)
    chart = draw_columns(make_table("month kind n", *rows), own, "Combien ?", {})
    assert chart is not None
    assert [category.code for category in chart.categories] == ["2026-01", "2026-02"]
    assert chart.categories[0].label == "janvier 2026"
    assert [series.label for series in chart.series] == [f"d{kind}" for kind in range(1, 9)]
    assert chart.description.startswith("Combien ? Les 8 plus grandes séries sur 9")
    assert chart.reference == 100


def test_places_have_a_map_and_no_chart() -> None:
    drawn = pictures(make_table("name lat lon", "Quai 45.5 48.5"))
    assert drawn["places"] == [MapPlace("Quai", 45.5, 48.5)]
    assert drawn["chart"] is None

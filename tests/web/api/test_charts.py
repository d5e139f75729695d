"""The places of query results: which rows are put on a map, and with which label."""

import pytest

from parvis.web.api.charts import WKT, MapPlace, list_places
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

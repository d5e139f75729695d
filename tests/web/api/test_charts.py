"""The places of an answer: what of its rows is put on a map, and under which name."""

import pytest

from parvis.web.api.charts import WKT, MapPlace, list_places
from parvis.web.api.results import Preview, ResultTerm

DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"


def degrees(text: str) -> ResultTerm:
    """Write degrees as a store gives them."""
    return ResultTerm(text, datatype=DECIMAL)


def wkt(text: str) -> ResultTerm:
    """Write a geometry."""
    return ResultTerm(text, datatype=WKT)


def test_columns_of_degrees_place_their_rows_under_the_words_beside_them() -> None:
    """By the columns' names; a row without degrees is left out, one that comes twice comes once."""
    quay = [
        ResultTerm("http://a/1", iri="http://a/1"),
        ResultTerm("Le Quai", lang="fr"),
        ResultTerm("Rimouski"),
    ]
    row = [*quay, degrees("48.451"), degrees("-68.53")]
    lost = [
        ResultTerm("http://a/2", iri="http://a/2"),
        ResultTerm("Nulle part"),
        ResultTerm(""),
        ResultTerm(""),
        ResultTerm(""),
    ]
    columns = ("place", "venue", "town", "Latitude", "lng")
    found = list_places(Preview("bindings", columns, [row, row, lost]))
    assert found == [MapPlace("Le Quai · Rimouski", 48.451, -68.53, "http://a/1")]


def test_a_thing_that_is_called_something_is_named_so_once() -> None:
    """Its name, then the words beside it; by its address where there is neither."""
    at = [degrees("48.451"), degrees("-68.53")]
    named = ResultTerm("Le Quai", iri="http://a/1", called=True)
    columns = ("place", "name", "lat", "lon")
    for words, label in (("Le Quai", "Le Quai"), ("Rimouski", "Le Quai · Rimouski")):
        (found,) = list_places(Preview("bindings", columns, [[named, ResultTerm(words), *at]]))
        assert found.label == label
    bare = ResultTerm("id/1", iri="http://a/id/1")
    (found,) = list_places(Preview("bindings", columns, [[bare, ResultTerm(""), *at]]))
    assert found.label == "id/1"


@pytest.mark.parametrize(
    "text",
    [
        "POINT(-68.53 48.451)",
        "Point (-68.53 48.451)",
        "<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(-68.53 48.451)",
    ],
)
def test_a_point_in_wkt_is_longitude_first(text: str) -> None:
    """As GeoSPARQL 1.1 §8.5.1 has it where no other system is named."""
    found = list_places(Preview("bindings", ("name", "where"), [[ResultTerm("Quai"), wkt(text)]]))
    assert found == [MapPlace("Quai", 48.451, -68.53)]


@pytest.mark.parametrize(
    "cell",
    [
        wkt("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(48.451 -68.53)"),
        wkt("LINESTRING(-68.53 48.451, -68 48)"),
        wkt("POINT(-68.53 95)"),
        ResultTerm("POINT(-68.53 48.451)"),
    ],
)
def test_what_is_no_point_of_the_earth_is_on_no_map(cell: ResultTerm) -> None:
    """Another system of axes, another geometry, a latitude past the pole, mere text."""
    assert list_places(Preview("bindings", ("name", "where"), [[ResultTerm("Quai"), cell]])) == []


def test_a_column_of_latitudes_alone_places_nothing() -> None:
    """Nor do words in the columns of degrees."""
    row = [degrees("48.4"), degrees("-68.5")]
    assert list_places(Preview("bindings", ("latitude", "n"), [row])) == []
    assert (
        list_places(
            Preview("bindings", ("lat", "lon"), [[ResultTerm("nord"), ResultTerm("ouest")]])
        )
        == []
    )

"""GeoJSON holds to RFC 7946, and what search engines read to Google's rules for events."""

import json
from itertools import pairwise
from typing import Any

import pytest

from parvis.pooling.serving.events.entities import Event, Party, Place, Work
from parvis.pooling.serving.events.json_forms import (
    collect_features,
    event_to_json,
    join_features,
    place_to_feature,
    regions_to_features,
    write_feature,
)
from parvis.pooling.serving.events.linked_data import entity_to_schema
from parvis.pooling.serving.events.selection import EventSelection
from parvis.store.events.choice import EventChoice
from tests.pooling.serving.events.invented import (
    STATEMENTS,
    invented_entity,
    list_graphs,
    read_all,
)

LIST = list_graphs(STATEMENTS)
EVENTS, PLACES = read_all(LIST)
Json = dict[str, Any]


def check_geojson(collection: Json) -> None:
    """Hold a collection of points and polygons to RFC 7946 §3, §3.1.6 and §3.2."""
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection  # §4: longitude and latitude of WGS 84, and nothing else
    for feature in collection["features"]:
        assert feature["type"] == "Feature"
        assert isinstance(feature["properties"], dict)
        geometry = feature["geometry"]
        if geometry is None:
            continue
        if geometry["type"] == "Point":
            check_position(geometry["coordinates"])
            continue
        polygons = geometry["coordinates"]
        for rings in [polygons] if geometry["type"] == "Polygon" else polygons:
            for number, ring in enumerate(rings):
                assert len(ring) >= 4
                assert ring[0] == ring[-1]
                assert (turn_of(ring) > 0) is (number == 0)
                for position in ring:
                    check_position(position)
    json.dumps(collection, allow_nan=False)


def check_position(position: list[float]) -> None:
    longitude, latitude = position
    assert -180 <= longitude <= 180
    assert -90 <= latitude <= 90


def turn_of(ring: list[list[float]]) -> float:
    """Return twice the area of a ring, positive where it goes to the left."""
    return sum(before[0] * after[1] - after[0] * before[1] for before, after in pairwise(ring))


def test_events_and_places_are_points_with_texts_in_both_languages() -> None:
    collection = json.loads(join_features(map(write_feature, EVENTS)))
    check_geojson(collection)
    tides, night, *_ = collection["features"]
    assert night["geometry"] == {"type": "Point", "coordinates": [-73.56, 45.51]}
    assert (tides["properties"]["name_fr"], tides["properties"]["name_en"]) == (
        "Les marées",
        "Tides",
    )
    assert night["properties"]["discipline_en"] == "Theatre"
    check_geojson(collect_features(place_to_feature(place, 0) for place in PLACES))
    # A text of which no language is known is in neither.
    assert collection["features"][2]["properties"]["name"] == "Sur l’île"


def test_regions_count_the_events_that_take_place() -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    counts = EventSelection(LIST, EventChoice()).count_by_area()
    regions = regions_to_features(counts, {"06": square})
    check_geojson(collect_features(regions))
    assert len(regions) == 17
    montreal = next(region for region in regions if region["properties"]["code"] == "06")
    # Of two performances one is cancelled.
    assert montreal["properties"]["events"] == 1
    assert montreal["geometry"] == square


def test_an_event_as_json_has_what_is_stated_and_nothing_empty() -> None:
    night = event_to_json(next(event for event in EVENTS if event.work))
    assert night["place"]["within"]["name"] == {"fr": "Maison A"}
    assert night["offers"] == [
        {
            "price": "38.5",
            "currency": "CAD",
            "availability": "InStock",
            "url": "https://a.example/billets",
        }
    ]
    assert night["audiences"][0]["code"] == "children-8-12"
    assert all(value not in (None, "", [], {}) for value in night.values())


def test_an_event_is_described_as_search_engines_ask() -> None:
    """Google's rules for events: name, startDate and location with its address, and the rest."""
    entity = invented_entity("event/a/1")
    assert isinstance(entity, Event)
    described = entity_to_schema(entity, "en")
    assert described["@context"] == "https://schema.org"
    assert described["@type"] == "TheaterEvent"
    assert described["name"] == "White night"
    assert described["startDate"] == "2027-01-22T19:30:00-05:00"
    location = described["location"]
    assert (location["@type"], location["name"]) == ("Place", "Salle bleue")
    assert location["address"]["@type"] == "PostalAddress"
    assert location["address"]["addressCountry"] == "CA"
    assert location["geo"]["latitude"] == 45.51
    assert described["eventStatus"] == "https://schema.org/EventScheduled"
    assert described["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    assert described["offers"] == [
        {
            "@type": "Offer",
            "price": "38.5",
            "priceCurrency": "CAD",
            "availability": "https://schema.org/InStock",
            "url": "https://a.example/billets",
        }
    ]
    assert described["organizer"][0] == {
        "@type": "Organization",
        "@id": "https://pool.example/id/partner/a",
        "name": "Theatre A",
        "url": "https://a.example/",
    }
    assert described["performer"][0]["@type"] == "PerformingGroup"
    assert described["image"] == "https://a.example/nuit.jpg"
    assert described["workPerformed"]["creator"][0]["@type"] == "Person"


def test_a_cancelled_event_says_so_and_nothing_is_invented() -> None:
    entity = invented_entity("event/a/2")
    assert entity is not None
    described = entity_to_schema(entity, "fr")
    assert described["eventStatus"] == "https://schema.org/EventCancelled"
    assert {"offers", "image", "organizer", "endDate"}.isdisjoint(described)


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("place/a/maison", Place, "Place"),
        ("partner/a", Party, "Organization"),
        ("production/a/nuit", Work, "CreativeWork"),
        ("event/0123456789", Event, "TheaterEvent"),
    ],
)
def test_places_organisations_works_and_canonical_names_are_described(
    path: str, kind: type, name: str
) -> None:
    entity = invented_entity(path)
    assert isinstance(entity, kind)
    assert entity_to_schema(entity, "fr")["@type"] == name  # type: ignore[arg-type]


def test_what_is_of_another_kind_is_not_described() -> None:
    assert invented_entity("offer/a/1") is None
    assert invented_entity("nothing") is None

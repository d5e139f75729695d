"""Lists of events for programs: their forms, their filters, their caching, their errors."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from jsonschema import Draft202012Validator

from tests.pooling.serving.events.invented import STATEMENTS, list_graphs
from tests.pooling.serving.events.test_json_forms import check_geojson

ALL = "?from=2026-01-01"
LISTS = ("/events.json", "/events.ics", "/events.geojson", "/places.geojson", "/regions.geojson")


def test_events_come_in_pages_that_follow_one_another(client: FlaskClient) -> None:
    first = client.get(f"/events.json{ALL}&limit=1&q=hiver").json or {}
    assert [event["id"].rpartition("/")[2] for event in first["events"]] == ["hiver"]
    assert first["next"] is None
    first = client.get(f"/events.json{ALL}&limit=1").json or {}
    assert first["total"] == 2
    assert first["sources"][0]["dataset"] == "theatre-b/spectacles"
    second = client.get(first["next"])
    assert (second.json or {})["next"] is None
    events = first["events"] + (second.json or {})["events"]
    assert [event["start"][:10] for event in events] == ["2026-11-25", "2026-12-03"]
    assert (
        client.get(f"/events.json{ALL}&limit=1").headers["Link"] == f'<{first["next"]}>; rel="next"'
    )


def test_what_the_reader_may_not_read_is_in_no_list(client: FlaskClient) -> None:
    """The reserve of the theatre is its members’."""
    for path in LISTS:
        text = client.get(f"{path}{ALL}").get_data(as_text=True)
        assert "reserve" not in text.lower()


def test_a_calendar_and_the_maps_are_what_they_say(client: FlaskClient) -> None:
    response = client.get(f"/events.ics{ALL}")
    assert response.mimetype == "text/calendar"
    assert len(Calendar.from_ical(response.data).walk("VEVENT")) == 2
    for path in LISTS[2:]:
        response = client.get(f"{path}{ALL}")
        assert response.mimetype == "application/geo+json"
        check_geojson(response.json or {})
    (place,) = (client.get(f"/places.geojson{ALL}").json or {})["features"]
    assert place["properties"]["events"] == 2
    # Without coordinates it has no geometry, and is listed all the same.
    assert place["geometry"] is None


def test_places_come_in_pages_too(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = list_graphs(STATEMENTS)
    monkeypatch.setattr(app.extensions["parvis"], "event_index", lambda _: events)
    places = client.get("/places.geojson").json or {}
    assert (places["next"], places["total"]) == (None, len(places["features"]))
    assert places["total"] > 1
    seen, address = [], "/places.geojson?limit=1&lang=en"
    while address:
        response = client.get(address)
        page = response.json or {}
        check_geojson(page)
        seen += page["features"]
        address = page["next"]
        assert response.headers.get("Link") == (f'<{address}>; rel="next"' if address else None)
    assert seen == places["features"]
    assert client.get("/places.geojson?limit=20001").status_code == 400
    assert client.get("/places.geojson?cursor=x").status_code == 400


@pytest.mark.parametrize("path", LISTS)
def test_answers_can_be_cached_and_are_asked_for_again_by_their_tag(
    client: FlaskClient, path: str
) -> None:
    response = client.get(f"{path}{ALL}")
    assert response.headers["Cache-Control"] == "public, no-cache"
    again = {"If-None-Match": response.headers["ETag"]}
    assert client.get(f"{path}{ALL}", headers=again).status_code == 304
    # A list from today on is another one tomorrow: no cache of this site may have it.
    today = client.get(path)
    assert today.headers["Cache-Control"] == "public, no-cache, max-age=0"
    again = {"If-None-Match": today.headers["ETag"]}
    assert client.get(path, headers=again).status_code == 304


def test_answers_to_a_token_are_private(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    headers = {"Authorization": f"Bearer {issue_token('chercheuse')}"}
    for path in LISTS:
        response = browser.get(f"{path}{ALL}", headers=headers)
        assert response.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in response.headers


@pytest.mark.parametrize(
    ("query", "french", "english"),
    [
        ("region=06", "n’est pas un filtre", "is no filter"),
        ("bbox=1,2", "quatre nombres", "four numbers"),
        ("from=2027-01-01T20:00", "sans son fuseau horaire", "without its time zone"),
        ("cursor=x", "recommencez", "begin again"),
        ("limit=1000", "nombre entier", "whole number"),
    ],
)
def test_errors_say_in_both_languages_what_to_write(
    client: FlaskClient, query: str, french: str, english: str
) -> None:
    response = client.get(f"/events.json?{query}")
    assert response.status_code == 400
    details = (response.get_json() or {})["details"]
    assert french in details["fr"]
    assert english in details["en"]


PROBLEM_RESPONSE = {"$ref": "#/components/responses/Problem"}


def test_the_description_is_of_openapi_and_of_what_is_answered(client: FlaskClient) -> None:
    for lang in ("fr", "en"):
        document = client.get(f"/{lang}/openapi.json").json or {}
        assert document["openapi"] == "3.1.1"
        for path, item in document["paths"].items():
            responses = item["get"]["responses"]
            assert responses["4XX"] == responses["default"] == PROBLEM_RESPONSE, path
            content, *_ = responses["200"]["content"].items()
            names = {parameter["name"] for parameter in item["get"]["parameters"]}
            response = client.get(f"{path}?format=json" if "format" in names else path)
            assert response.status_code == 200, path
            assert response.mimetype == content[0]
            if response.is_json or response.mimetype == "application/geo+json":
                schema = content[1]["schema"] | {"components": document["components"]}
                Draft202012Validator(schema).validate(response.json)
    page = {"$ref": "#/components/schemas/EventPage", "components": document["components"]}
    Draft202012Validator(page).validate(client.get(f"/events.json{ALL}").json)

"""The page on offerings and publics, and its JSON."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.web import create_app

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def app(publics_pool: Settings) -> Iterator[Flask]:
    """Give the application of a pool of offerings and publics."""
    app = create_app(publics_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a client without cookies."""
    return app.test_client()


def told(client: FlaskClient, query: str = "") -> dict[str, Any]:
    """Ask for the JSON."""
    found: dict[str, Any] = client.get(f"/offerings.json{query}").get_json()
    return found


def keys(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Give the area and the discipline of each row."""
    return [(one["area"]["code"], one["discipline"]["code"]) for one in rows]


def test_offerings_meet_their_public_or_lack_it(client: FlaskClient) -> None:
    """By area and discipline; a cancelled event is no offering, a withheld figure no public."""
    found = told(client)
    assert keys(found["met"]) == [("03", "dance"), ("03", "theatre"), ("06", "theatre")]
    assert keys(found["offerings_without_public"]) == [("06", "circus"), ("12", "theatre")]
    theatre = found["met"][-1]
    assert (theatre["events"], theatre["audiences"][0]["public"]["code"]) == (3, "adults")
    figures = {one["age"]["code"]: one["value"] for one in theatre["figures"]}
    assert figures["total"] == 5000
    assert figures["13-17"] is None
    assert found["figures"]["period"]["code"] == "2025"
    assert found["figures"]["dataset"] == "tiers/portrait"


def test_publics_without_an_offering_nearby_say_where_else(client: FlaskClient) -> None:
    """Dance is danced elsewhere, museums nowhere; no theatre for the children of region 03."""
    rows = told(client)["publics_without_offering"]
    assert keys(rows) == [("06", "museums"), ("06", "dance"), ("03", "theatre")]
    assert [one["area"]["code"] for one in rows[1]["elsewhere"]] == ["03"]
    assert (rows[2]["figure"]["age"]["code"], rows[2]["events_for_others"]) == ("0-12", 1)
    assert rows[0]["figure"]["measure"]["iri"].endswith("visits")


def test_a_form_narrows_both_sides(client: FlaskClient) -> None:
    """By public, area, discipline and year of the events."""
    found = told(client, "?public=children-4-7&area=06&discipline=theatre&year=2026")
    (met,) = found["met"]
    assert met["audiences"] == [{"public": found["asked"]["public"], "events": 1}]
    assert [one["age"]["code"] for one in met["figures"]] == ["total", "0-12"]
    assert told(client, "?year=2027")["events"] == 1


def test_the_page_says_in_words_what_is_withheld(client: FlaskClient) -> None:
    """In both languages, in three tables, and names its JSON with what was asked."""
    french = client.get("/fr/offerings?area=06")
    page = french.get_data(as_text=True)
    assert page.count("<table>") == 3
    assert "non divulgué" in page
    assert '<option value="06" selected>' in page
    assert "/offerings.json?area=06>" in french.headers["Link"]
    assert "withheld" in client.get("/en/offerings").get_data(as_text=True)


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "%00", "é" * 1000, "Atlantide"])
def test_what_no_list_knows_is_told_in_one_line(client: FlaskClient, typed: str) -> None:
    """Nothing of it is markup."""
    answer = client.get("/offerings", query_string={"area": typed}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.get_data(as_text=True)


def test_a_year_that_is_none_is_left_out(client: FlaskClient) -> None:
    """As if nothing had been asked."""
    assert told(client, "?year=soon") == told(client)

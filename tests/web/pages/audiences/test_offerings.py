"""The page on offerings and publics, and its JSON."""

import re
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
    """Make the application of a pool of offerings and publics."""
    app = create_app(publics_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client without cookies."""
    return app.test_client()


def get_json(client: FlaskClient, query: str = "") -> dict[str, Any]:
    report: dict[str, Any] = client.get(f"/offerings.json{query}").get_json()
    return report


def list_keys(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """List the area and the discipline of each row."""
    return [(row["area"]["code"], row["discipline"]["code"]) for row in rows]


def test_offerings_are_matched_with_their_public_or_lack_one(client: FlaskClient) -> None:
    """By area and discipline; a cancelled event is no offering, a suppressed figure no public."""
    report = get_json(client)
    assert list_keys(report["met"]) == [("03", "dance"), ("03", "theatre"), ("06", "theatre")]
    assert list_keys(report["offerings_without_public"]) == [("06", "circus"), ("12", "theatre")]
    theatre = report["met"][-1]
    assert (theatre["events"], theatre["audiences"][0]["public"]["code"]) == (3, "adults")
    figures = {figure["age"]["code"]: figure["value"] for figure in theatre["figures"]}
    assert figures["total"] == 5000
    assert figures["13-17"] is None
    assert report["figures"]["period"]["code"] == "2025"
    assert report["figures"]["dataset"] == "tiers/portrait"


def test_publics_without_offering_name_areas_that_have_one(client: FlaskClient) -> None:
    """Dance exists elsewhere, museums nowhere; no theatre for the children of region 03."""
    rows = get_json(client)["publics_without_offering"]
    assert list_keys(rows) == [("06", "museums"), ("06", "dance"), ("03", "theatre")]
    assert [place["area"]["code"] for place in rows[1]["elsewhere"]] == ["03"]
    assert (rows[2]["figure"]["age"]["code"], rows[2]["events_for_others"]) == ("0-12", 1)
    assert rows[0]["figure"]["measure"]["iri"].endswith("visits")


def test_the_form_filters_offerings_and_publics(client: FlaskClient) -> None:
    """By public, area, discipline and year of the events."""
    report = get_json(client, "?public=children-4-7&area=06&discipline=theatre&year=2026")
    (met,) = report["met"]
    assert met["audiences"] == [{"public": report["asked"]["public"], "events": 1}]
    assert [figure["age"]["code"] for figure in met["figures"]] == ["total", "0-12"]
    assert get_json(client, "?year=2027")["events"] == 1


def test_a_city_without_data_is_its_region(client: FlaskClient) -> None:
    """The data are of regions: no claim is made of a city that nothing was compared of."""
    report = get_json(client, "?area=Montréal")
    assert report["narrower_area"]["code"] == "montreal"
    assert report["asked"]["area"]["code"] == "06"
    region = get_json(client, "?area=06")
    assert report["met"] == region["met"]
    assert report["publics_without_offering"] == region["publics_without_offering"]
    page = client.get("/fr/offerings?area=montreal").get_data(as_text=True)
    assert "Il n’y a pas de données pour Montréal seulement" in page
    assert '<option value="06" selected>' in page


def test_only_what_has_data_is_offered(client: FlaskClient) -> None:
    """A region, a discipline or an audience that nothing is of would find nothing."""
    page = client.get("/fr/offerings").get_data(as_text=True)
    assert '<option value="06">' in page
    assert '<option value="circus">' in page
    for code in ("09", "montreal", "song", "seniors"):
        assert f'<option value="{code}">' not in page


@pytest.mark.parametrize("query", ["?area=09", "?area=06&discipline=song", "?discipline=song"])
def test_a_choice_without_data_is_said_to_have_none(client: FlaskClient, query: str) -> None:
    """Not that every audience has an offering: there is neither an audience nor an offering."""
    report = get_json(client, query)
    if report["narrower_area"] is None:
        assert report["no_data"]
        assert report["events"] == 0
        page = client.get(f"/fr/offerings{query}").get_data(as_text=True)
        assert "Il n’y a pas de données pour ce choix" in page
        assert "chaque public" not in page.casefold()
    else:
        assert report["asked"]["area"]["code"] == "qc"


def test_what_is_compared_is_counted(client: FlaskClient) -> None:
    """The number above the tables is of the choice, not of the whole pool."""
    everything, region = get_json(client)["events"], get_json(client, "?area=12")["events"]
    assert 0 < region < everything
    page = client.get("/fr/offerings?area=12").get_data(as_text=True)
    assert "Aucun chiffre de public n’a paru pour ce choix" in page


def test_figures_of_other_ages_are_never_silently_those_asked_for(client: FlaskClient) -> None:
    """Only a bracket of 0 to 12 years is published: it is not that of children from 4 to 7."""
    report = get_json(client, "?public=children-4-7&area=06&discipline=theatre")
    assert [age["code"] for age in report["other_ages"]] == ["0-12"]
    page = client.get("/fr/offerings?public=children-4-7&area=06&discipline=theatre")
    assert "Aucun chiffre n’a paru pour exactement ces âges" in page.get_data(as_text=True)
    assert get_json(client, "?public=adults&area=06")["other_ages"] == []
    assert get_json(client)["other_ages"] == []


def test_the_page_marks_suppressed_figures_in_words(client: FlaskClient) -> None:
    """In both languages, in three tables, with a link to the JSON of the same request."""
    french = client.get("/fr/offerings?area=06")
    page = french.get_data(as_text=True)
    assert page.count("<table>") == 3
    assert "masqué" in page
    assert '<option value="06" selected>' in page
    assert "/offerings.json?area=06>" in french.headers["Link"]
    assert "withheld" in client.get("/en/offerings").get_data(as_text=True)


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "%00", "é" * 1000, "Atlantide"])
def test_an_unknown_area_is_refused_without_markup(client: FlaskClient, typed: str) -> None:
    answer = client.get("/offerings", query_string={"area": typed}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.get_data(as_text=True)


def test_an_invalid_year_is_ignored(client: FlaskClient) -> None:
    assert get_json(client, "?year=soon") == get_json(client)


def test_each_table_says_which_region_it_is_of(client: FlaskClient) -> None:
    """Where the events are, or where the audience lives: “territoire” alone said neither."""
    page = client.get("/fr/offerings").get_data(as_text=True)
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "territoire" not in main.casefold()
    heads = re.findall(r'<thead><tr><th scope="col">([^<]+)', main)
    assert heads == [
        "Région (des événements et de résidence du public)",
        "Où habite le public",
        "Région des événements",
    ]

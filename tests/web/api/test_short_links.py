"""Short addresses of queries, and citations of their answers."""

from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.pooling.quotas import Shares
from parvis.web import create_app
from tests.web.api.test_sparql import BROWSER

SHOWS = "SELECT ?title\nWHERE { ?show a schema:TheaterEvent ; schema:name ?title }"


def make_link(client: FlaskClient, **form: str) -> str:
    """Make a short link as a program does, and return its path."""
    response = client.post("/q", data={"query": SHOWS, **form})
    assert response.status_code == 201
    assert response.json is not None
    assert response.json["citation"] == f"{response.json['address']}/citation"
    return str(urlsplit(response.json["address"]).path)


def test_a_short_address_leads_to_the_query(client: FlaskClient) -> None:
    """In the language of the address, and in the format that it names."""
    path = make_link(client)
    assert path == make_link(client)
    assert len(path) == len("/q/") + 16
    response = client.get(f"/en{path}?format=csv")
    assert response.status_code == 302
    url = urlsplit(response.location)
    assert url.path == "/en/sparql"
    assert parse_qs(url.query) == {"query": [SHOWS], "format": ["csv"]}
    assert client.get(response.location).get_data(as_text=True).startswith("title")


def test_an_address_of_an_answer_names_its_version(client: FlaskClient) -> None:
    path = make_link(client, keep="citation", published="1")
    assert path != make_link(client)
    assert parse_qs(urlsplit(client.get(path).location).query)["generation"] == ["1"]


def test_a_parameter_is_part_of_it(client: FlaskClient) -> None:
    query = "SELECT * {\n  VALUES ?k { UNDEF } # choice: discipline\n}"
    path = make_link(client, query=query, discipline="theatre", audience="x")
    parameters = parse_qs(urlsplit(client.get(path).location).query)
    assert parameters == {"query": [query], "discipline": ["theatre"]}


def test_a_citation_names_datasets_version_and_dates(client: FlaskClient) -> None:
    """A browser is led to it."""
    form = {"query": SHOWS, "keep": "citation", "published": "1"}
    response = client.post("/fr/q", data=form, headers={"Accept": BROWSER})
    assert response.status_code == 303
    page = unescape(client.get(response.location).get_data(as_text=True))
    assert "Citer cette réponse" in page
    assert "Réponse à une requête SPARQL" in page
    assert "Version publiée 1 du " in page
    assert "consulté le " in page
    assert "http://pool.test/q/" in page
    assert 'href="/fr/dataset/theatre-b/spectacles"' in page
    assert "billets" not in page  # not open to this reader


def test_a_version_that_is_gone_is_told(client: FlaskClient) -> None:
    path = make_link(client, keep="citation", published="77")
    page = unescape(client.get(f"/en{path}/citation").get_data(as_text=True))
    assert "This published version is no longer stored." in page


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"query": "SELEC"}, 400),
        ({"query": ""}, 400),
        ({"query": "INSERT DATA { <a:b> <a:b> <a:b> }"}, 400),
        ({"query": f"ASK {{}} # {'x' * 17_000}"}, 400),
        ({"query": "ASK {}", "generation": "x"}, 400),
    ],
)
def test_nothing_but_a_short_query_is_stored(
    client: FlaskClient, form: dict[str, str], status: int
) -> None:
    assert client.post("/q", data=form).status_code == status


def test_an_unknown_short_address_is_not_found(client: FlaskClient) -> None:
    for path in ("/q/0123456789abcdef", "/q/x", "/q/x/citation"):
        assert client.get(path).status_code == 404


def test_another_site_cannot_make_a_browser_store_queries(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/q", data={"query": SHOWS}, headers=headers).status_code == 403


def test_links_are_charged_to_their_reader(app: Flask, settings: Settings) -> None:
    """Until its share of the site is used up."""
    service = app.extensions["parvis"]
    former = service.shares
    limits = settings.limits
    service.shares = Shares(replace(limits, anonymous=replace(limits.anonymous, site_seconds=3)))
    try:
        client = app.test_client()
        statuses = [
            client.post("/q", data={"query": f"ASK {{}} # {n}"}).status_code for n in range(6)
        ]
    finally:
        service.shares = former
    assert statuses[:3] == [201, 201, 201]
    assert statuses[-1] == 429


def test_a_site_may_make_none(settings: Settings) -> None:
    limits = replace(settings.limits, short_links=0)
    app = create_app(replace(settings, limits=limits))
    assert app.test_client().post("/q", data={"query": SHOWS}).status_code == 503
    app.extensions["parvis"].close()

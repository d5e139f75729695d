"""The page on relays and its JSON, for readers with different permissions."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from parvis.config import Settings
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app

JSON = {"Accept": "application/json"}
REQUEST = "/relays?public=jeunes-parents"


@pytest.fixture(scope="module")
def relay_app(relaying_pool: Settings) -> Iterator[Flask]:
    """Make the application of the pool of relays."""
    app = create_app(relaying_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(relay_app: Flask) -> FlaskClient:
    """Return a client without cookies."""
    return relay_app.test_client()


def test_the_page_ranks_relays_and_counts_the_others(client: FlaskClient) -> None:
    """In both languages, as a list with reasons and as a table."""
    french, english = (
        client.get(f"/{lang}{REQUEST}").get_data(as_text=True) for lang in ("fr", "en")
    )
    assert "Il existe un autre relais" in french
    assert "rejoint le public demandé\u00a0: Jeunes parents" in french
    assert "One more relay exists" in english
    assert "Magazine A (invented)" in english
    assert english.count("<tr>") == 3
    assert '<option value="jeunes-parents" selected>' in english


def test_relays_are_counted_by_region(client: FlaskClient) -> None:
    """On a map, and only relays that may be named."""
    page: html.HtmlElement = html.document_fromstring(client.get(f"/en{REQUEST}").data.decode())
    (picture,) = page.xpath("//figure[contains(@class, 'chart-map')]//svg")
    assert page.get_element_by_id(picture.get("aria-labelledby")).text == "Intermediaries by region"
    labels = picture.xpath(".//rect[contains(@class, 'area')]/title/text()")
    assert labels == ["Montréal (administrative region)\u00a0: 1"]


def test_hidden_relays_are_named_nowhere(client: FlaskClient) -> None:
    """In the JSON neither."""
    for address in (REQUEST, f"/relays.json{REQUEST[7:]}", "/relays", "/relays.json"):
        body = client.get(address).get_data(as_text=True).lower()
        assert not [word for word in ("radio-b", "radio b", "balado", "cercle") if word in body]


def test_a_token_names_the_relays_that_agreements_open(
    client: FlaskClient, relaying_pool: Settings
) -> None:
    """No cache stores that response."""
    token = create_token(relaying_pool, "magazine-a", label="essai").text
    answer = client.get(REQUEST, headers=JSON | {"Authorization": f"Bearer {token}"})
    names = [relay["name"]["en"] for relay in answer.get_json()["relays"]]
    assert names == [
        "Magazine A (invented)",
        "Podcast C (invented)",
        "Circle D (invented)",
        "Radio B (invented)",
    ]
    assert answer.get_json()["unnamed"]["count"] == 0
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_extension_and_accept_choose_the_format(client: FlaskClient) -> None:
    """The page links to the JSON of the same request."""
    page, data = client.get(REQUEST), client.get(REQUEST, headers=JSON)
    assert page.mimetype == "text/html"
    assert data.mimetype == "application/json"
    assert data.get_json() == client.get("/relays.json?public=jeunes-parents").get_json()
    assert "</relays.json?public=jeunes-parents>" in page.headers["Link"]
    assert "Accept" in page.vary
    assert client.get(REQUEST, headers={"Accept": "text/turtle"}).status_code == 406


def test_without_a_public_the_declared_publics_are_listed(client: FlaskClient) -> None:
    """As links to their relays."""
    assert 'href="/relays?public=families"' in client.get("/relays").get_data(as_text=True)
    publics = client.get("/relays.json?public=&area=06").get_json()["publics"]
    assert [(public["code"], public["relays"]) for public in publics] == [
        ("families", 1),
        ("jeunes-parents", 1),
    ]


def test_an_unknown_code_is_refused_with_the_nearest_one(client: FlaskClient) -> None:
    """To programs in both languages, to people on a page."""
    answer = client.get("/relays?public=jeunes-parants", headers=JSON)
    assert answer.status_code == 400
    assert "jeunes-parents (Jeunes parents / New parents)" in answer.get_json()["details"]["fr"]
    page = client.get("/fr/relays?public=parents&area=Atlantide", headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert "«\u00a0Atlantide\u00a0» n’est pas dans la liste «\u00a0area\u00a0»" in page.get_data(
        as_text=True
    )


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "%00", "é" * 1000, "a&b=c", "\\"])
def test_typed_text_is_escaped(client: FlaskClient, typed: str) -> None:
    answer = client.get("/relays", query_string={"public": typed}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.get_data(as_text=True)
    assert len(answer.data) < 40_000


def test_a_long_list_of_relays_says_that_it_is_cut(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The JSON has them all."""
    monkeypatch.setattr("parvis.web.pages.audiences.relays.SHOWN", 0)
    page = client.get(f"/en{REQUEST}&area=06").get_data(as_text=True)
    assert "Only the first are shown here" in page


BARS = "//figure[contains(@class, 'chart-bar')]"


def test_bars_show_how_many_people_relays_reach(
    client: FlaskClient, relaying_pool: Settings
) -> None:
    """The same numbers as in the table; a single relay has no bars."""
    token = create_token(relaying_pool, "magazine-a", label="essai").text
    headers = {"Authorization": f"Bearer {token}"}
    page: html.HtmlElement = html.document_fromstring(
        client.get(f"/en{REQUEST}", headers=headers).data.decode()
    )
    assert len(page.xpath(f"{BARS}//rect[@class='mark series-1']")) == 3
    people = [
        relay["people"]["at_least"]
        for relay in client.get(f"/relays.json{REQUEST[7:]}", headers=headers).get_json()["relays"]
    ]
    figures = page.xpath(f"{BARS}//text[@class='figure']/text()")
    bars = [int(figure.replace(",", "")) for figure in figures]
    assert bars == [count for count in people if count is not None]
    assert "chart-bar" not in client.get(REQUEST).get_data(as_text=True)

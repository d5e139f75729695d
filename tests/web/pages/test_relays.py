"""The page on relays and its JSON, for readers who may be told more or less."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from parvis.config import Settings
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app

JSON = {"Accept": "application/json"}
ASKED = "/relays?public=jeunes-parents"


@pytest.fixture(scope="module")
def relaying(relaying_pool: Settings) -> Iterator[Flask]:
    """Give the application of that pool."""
    app = create_app(relaying_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(relaying: Flask) -> FlaskClient:
    """Give a client without cookies."""
    return relaying.test_client()


def test_the_page_ranks_relays_and_counts_the_others(client: FlaskClient) -> None:
    """In both languages, as a list with reasons and as a table."""
    french, english = (client.get(f"/{one}{ASKED}").get_data(as_text=True) for one in ("fr", "en"))
    assert "Il existe un autre relais" in french
    assert "rejoint le public demandé : Jeunes parents" in french
    assert "One more relay exists" in english
    assert "Magazine A (invented)" in english
    assert english.count("<tr>") == 3
    assert '<option value="jeunes-parents" selected>' in english


def test_relays_are_counted_region_by_region(client: FlaskClient) -> None:
    """As tiles, of those alone that may be named."""
    page: html.HtmlElement = html.document_fromstring(client.get(f"/en{ASKED}").data.decode())
    (picture,) = page.xpath("//svg[@class='tiles']")
    assert picture.xpath("string(./title)") == "Relays by region, as tiles"
    labels = page.xpath("//svg[@class='tiles']/g[rect[@class='bar']]/title/text()")
    assert labels == ["Montréal (administrative region): 1"]


def test_what_may_not_be_named_is_nowhere_on_the_page(client: FlaskClient) -> None:
    """Neither in the JSON."""
    for address in (ASKED, f"/relays.json{ASKED[7:]}", "/relays", "/relays.json"):
        told = client.get(address).get_data(as_text=True).lower()
        assert not [word for word in ("radio-b", "radio b", "balado", "cercle") if word in told]


def test_a_token_opens_what_agreements_open(client: FlaskClient, relaying_pool: Settings) -> None:
    """And its answer is kept by no cache."""
    token = create_token(relaying_pool, "magazine-a", label="essai").text
    answer = client.get(ASKED, headers=JSON | {"Authorization": f"Bearer {token}"})
    names = [one["name"]["en"] for one in answer.get_json()["relays"]]
    assert names == [
        "Magazine A (invented)",
        "Podcast C (invented)",
        "Circle D (invented)",
        "Radio B (invented)",
    ]
    assert answer.get_json()["unnamed"]["count"] == 0
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_forms_are_chosen_by_ending_and_by_accept(client: FlaskClient) -> None:
    """Each names the other, with what was asked."""
    page, data = client.get(ASKED), client.get(ASKED, headers=JSON)
    assert page.mimetype == "text/html"
    assert data.mimetype == "application/json"
    assert data.get_json() == client.get("/relays.json?public=jeunes-parents").get_json()
    assert "</relays.json?public=jeunes-parents>" in page.headers["Link"]
    assert "Accept" in page.vary
    assert client.get(ASKED, headers={"Accept": "text/turtle"}).status_code == 406


def test_without_a_public_those_that_relays_declare_are_listed(client: FlaskClient) -> None:
    """As links to their relays."""
    assert 'href="/relays?public=families"' in client.get("/relays").get_data(as_text=True)
    publics = client.get("/relays.json?public=&area=06").get_json()["publics"]
    assert [(one["code"], one["relays"]) for one in publics] == [
        ("families", 1),
        ("jeunes-parents", 1),
    ]


def test_a_mistake_is_told_in_one_line_with_what_is_nearest(client: FlaskClient) -> None:
    """To programs in both languages, to people on a page."""
    answer = client.get("/relays?public=jeunes-parants", headers=JSON)
    assert answer.status_code == 400
    assert "jeunes-parents (Jeunes parents / New parents)" in answer.get_json()["details"]["fr"]
    page = client.get("/fr/relays?public=parents&area=Atlantide", headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert "« Atlantide » n’est pas dans la liste « area »" in page.get_data(as_text=True)


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "%00", "é" * 1000, "a&b=c", "\\"])
def test_whatever_is_typed_is_text(client: FlaskClient, typed: str) -> None:
    """It is said again as text, cut short, or not at all."""
    answer = client.get("/relays", query_string={"public": typed}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.get_data(as_text=True)
    assert len(answer.data) < 40_000


def test_many_relays_are_cut_openly(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so; the JSON has them all."""
    monkeypatch.setattr("parvis.web.pages.relays.SHOWN", 0)
    page = client.get(f"/en{ASKED}&area=06").get_data(as_text=True)
    assert "Only the first are shown here" in page


def test_bars_show_how_many_people_relays_reach(
    client: FlaskClient, relaying_pool: Settings
) -> None:
    """As the table beside them says; one relay alone needs none."""
    token = create_token(relaying_pool, "magazine-a", label="essai").text
    headers = {"Authorization": f"Bearer {token}"}
    page: html.HtmlElement = html.document_fromstring(
        client.get(f"/en{ASKED}", headers=headers).data.decode()
    )
    assert len(page.xpath("//svg[@class='bars']//rect[@class='bar']")) == 3
    people = [
        one["people"]["at_least"]
        for one in client.get(f"/relays.json{ASKED[7:]}", headers=headers).get_json()["relays"]
    ]
    figures = page.xpath("//svg[@class='bars']//text[@class='figure']/text()")
    shown = [int(one.replace(",", "")) for one in figures]
    assert shown == [one for one in people if one is not None]
    assert '<svg class="bars"' not in client.get(ASKED).get_data(as_text=True)

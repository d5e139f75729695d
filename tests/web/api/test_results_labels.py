"""The table of an answer calls things by their names, as far as its reader may read them."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from lxml import html

PAGE = {"Accept": "text/html"}


def cells(client: FlaskClient, query: str, lang: str = "fr") -> list[html.HtmlElement]:
    """Give the cells of the table that answers a query."""
    answer = client.get(f"/{lang}/sparql?query={quote(query)}", headers=PAGE)
    page: html.HtmlElement = html.document_fromstring(answer.data.decode())
    return list(page.iterfind(".//tbody//td"))


def texts(found: list[html.HtmlElement]) -> list[str]:
    """Give the words of cells."""
    return [cell.text_content().strip() for cell in found]


@pytest.mark.parametrize(("lang", "name"), [("fr", "Théâtre"), ("en", "Theatre")])
def test_a_concept_is_named_in_the_language_of_the_page(
    client: FlaskClient, lang: str, name: str
) -> None:
    """Its link leads to what is said of it, and its title is its address."""
    query = "SELECT DISTINCT ?d { ?e parvis:discipline ?d FILTER(STRENDS(STR(?d), '/theatre')) }"
    (cell,) = cells(client, query, lang)
    assert texts([cell]) == [name]
    assert cell.find(".//span").get("title") == "concept:discipline/theatre"
    assert "/describe?iri=" in str(cell.find(".//a").get("href"))


def test_a_thing_of_the_pool_is_named_and_a_term_keeps_its_prefix(client: FlaskClient) -> None:
    """A name in one language alone says which; files keep the addresses."""
    query = (
        "SELECT ?e ?kind ?name { ?e a ?kind ; schema:startDate ?day ; schema:name ?name } LIMIT 1"
    )
    event, kind, name = cells(client, query, "en")
    assert texts([event]) == texts([name])
    assert event.find(".//span").get("lang") == "fr"
    assert texts([kind])[0].startswith("schema:")
    file = client.get(f"/sparql?query={quote(query)}&format=csv").get_data(as_text=True)
    assert "/id/event/" in file


def test_a_thing_without_a_name_is_told_by_its_address(client: FlaskClient) -> None:
    """Below the base, or with a prefix; one of elsewhere whole."""
    query = "SELECT ?x { VALUES ?x { <http://pool.test/id/nothing/1> <urn:x:1> skos:Concept } }"
    assert sorted(texts(cells(client, query))) == ["id/nothing/1", "skos:Concept", "urn:x:1"]

"""The table of results shows labels, as far as its reader may read them."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from lxml import html

PAGE = {"Accept": "text/html"}


def list_cells(client: FlaskClient, query: str, lang: str = "fr") -> list[html.HtmlElement]:
    """Return the cells of the table with the results of a query."""
    answer = client.get(f"/{lang}/sparql?query={quote(query)}", headers=PAGE)
    page: html.HtmlElement = html.document_fromstring(answer.data.decode())
    return list(page.iterfind(".//tbody//td"))


def list_texts(cells: list[html.HtmlElement]) -> list[str]:
    """List the texts of cells."""
    return [cell.text_content().strip() for cell in cells]


@pytest.mark.parametrize(("lang", "name"), [("fr", "Théâtre"), ("en", "Theatre")])
def test_a_concept_is_named_in_the_language_of_the_page(
    client: FlaskClient, lang: str, name: str
) -> None:
    """Its link leads to its description, and its title is its address."""
    query = "SELECT DISTINCT ?d { ?e parvis:discipline ?d FILTER(STRENDS(STR(?d), '/theatre')) }"
    (cell,) = list_cells(client, query, lang)
    assert list_texts([cell]) == [name]
    assert cell.find(".//span").get("title") == "concept:discipline/theatre"
    assert "/describe?iri=" in str(cell.find(".//a").get("href"))


def test_an_entity_has_its_label_and_a_term_keeps_its_prefix(client: FlaskClient) -> None:
    """A label in another language says which; files keep the addresses."""
    query = (
        "SELECT ?e ?kind ?name { ?e a ?kind ; schema:startDate ?day ; schema:name ?name } LIMIT 1"
    )
    event, kind, name = list_cells(client, query, "en")
    assert list_texts([event]) == list_texts([name])
    assert event.find(".//span").get("lang") == "fr"
    assert list_texts([kind])[0].startswith("schema:")
    file = client.get(f"/sparql?query={quote(query)}&format=csv").get_data(as_text=True)
    assert "/id/event/" in file


def test_an_entity_without_label_shows_its_address(client: FlaskClient) -> None:
    """Relative to the base, or with a prefix; others in full."""
    query = "SELECT ?x { VALUES ?x { <http://pool.test/id/nothing/1> <urn:x:1> skos:Concept } }"
    assert sorted(list_texts(list_cells(client, query))) == [
        "id/nothing/1",
        "skos:Concept",
        "urn:x:1",
    ]

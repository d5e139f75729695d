"""Entities and the documents that describe them."""

import re

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, Graph, URIRef

from parvis.catalog.ontology import ontology
from parvis.vocab.namespaces import PARVIS, SCHEMA

SHOW = "/id/event/theatre-b/soeurs"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("path", "accept", "location"),
    [
        (SHOW, BROWSER, f"{SHOW}.html"),
        (SHOW, "text/turtle", f"{SHOW}.ttl"),
        (SHOW, "application/ld+json", f"{SHOW}.jsonld"),
        ("/id/dataset/theatre-b/spectacles", BROWSER, "/dataset/theatre-b/spectacles.html"),
        ("/id/dataset/theatre-b/spectacles", "text/turtle", "/dataset/theatre-b/spectacles.ttl"),
        ("/id/partner/theatre-b", BROWSER, "/partner/theatre-b"),
        ("/id/partner/theatre-b", "text/turtle", "/id/partner/theatre-b.ttl"),
        ("/graph/theatre-b/spectacles", "*/*", "/dataset/theatre-b/spectacles"),
        (f"/fr{SHOW}", BROWSER, f"/fr{SHOW}.html"),
    ],
)
def test_an_entity_redirects_to_the_document_about_it(
    client: FlaskClient, path: str, accept: str, location: str
) -> None:
    """An entity is not its page: 303, by Accept."""
    response = client.get(path, headers={"Accept": accept})
    assert response.status_code == 303
    assert response.location == location
    assert client.get(location).status_code == 200


def test_a_document_describes_the_iri_of_its_entity(client: FlaskClient) -> None:
    """Under the pool's base."""
    response = client.get(f"{SHOW}.ttl")
    graph = Graph().parse(data=response.get_data(), format="turtle")
    show = URIRef(f"http://pool.test{SHOW}")
    assert (show, RDF.type, SCHEMA.TheaterEvent) in graph
    assert str(graph.value(show, SCHEMA.location)).startswith("http://pool.test/id/place/")


def test_an_iri_with_spaces_and_accents_is_found(client: FlaskClient) -> None:
    """The server decodes the path, but the IRI is encoded."""
    response = client.get("/id/place/theatre-b/Salle%20d%E2%80%99%C3%A9t%C3%A9.html")
    assert response.status_code == 200
    assert "Salle d’été" in response.get_data(as_text=True)


def test_a_page_shows_labels_sources_and_incoming_links(client: FlaskClient) -> None:
    """Each value names its dataset."""
    page = client.get(f"/fr{SHOW}.html").get_data(as_text=True)
    assert "Les &lt;b&gt;Sœurs&lt;/b&gt; du large" in page
    assert 'href="/fr/dataset/theatre-b/spectacles"' in page
    place = client.get("/fr/id/place/theatre-b/Salle%20d%E2%80%99%C3%A9t%C3%A9.html")
    assert 'href="/fr/id/event/theatre-b/hiver"' in place.get_data(as_text=True)


def test_an_entity_of_a_closed_dataset_is_404(client: FlaskClient) -> None:
    assert client.get("/id/event/theatre-b/billet-1.ttl").status_code == 404
    assert client.get("/id/event/theatre-b/no-such-thing.ttl").status_code == 404


def test_a_concept_is_described_by_its_full_iri(client: FlaskClient) -> None:
    """Concepts of the ontology are not below the pool's base."""
    parameters = {"iri": "https://w3id.org/parvis/concept/discipline/theatre"}
    page = client.get("/fr/describe", query_string=parameters, headers={"Accept": BROWSER})
    assert "héâtre" in page.get_data(as_text=True)


@pytest.mark.parametrize("iri", ["", "theatre", "https://a b", "javascript:alert(1)<"])
def test_an_invalid_iri_is_refused(client: FlaskClient, iri: str) -> None:
    assert client.get("/describe", query_string={"iri": iri}).status_code == 400


def test_the_well_known_address_redirects_to_the_void_description(client: FlaskClient) -> None:
    """In the requested format (VoID §7.2)."""
    response = client.get("/.well-known/void", headers={"Accept": "application/rdf+xml"})
    assert response.status_code == 302
    assert response.location == "/void.rdf"
    assert client.get(response.location).mimetype == "application/rdf+xml"


def test_an_example_query_redirects_to_its_page_and_has_a_description(client: FlaskClient) -> None:
    response = client.get("/id/query/spectacles", headers={"Accept": "text/html"})
    assert (response.status_code, response.location) == (303, "/queries/spectacles")
    assert "SPARQLExecutable" in client.get("/id/query/spectacles.ttl").get_data(as_text=True)


def test_example_queries_are_listed_by_theme(client: FlaskClient) -> None:
    """In both languages, with their downloads; the page of each has its SPARQL."""
    for lang, theme in (("fr", "Les offres"), ("en", "Programming")):
        page = client.get(f"/{lang}/queries").get_data(as_text=True)
        assert f">{theme}</option>" in page
        assert "?show a schema:TheaterEvent" in client.get(f"/{lang}/queries/spectacles").text
        assert 'queries/spectacles.csv"' in page


def test_a_page_names_the_partner_of_each_source_and_its_date(client: FlaskClient) -> None:
    """Concepts, which parvis itself defines, name nobody."""
    page = client.get("/en/id/event/theatre-b/soeurs.html").text
    sources = page.partition(">Sources</h2>")[2].partition("</ul>")[0]
    assert "Theatre B (invented)" in sources
    assert "Shows (invented)" in sources
    assert re.search(r"given since \w+ \d+, \d{4} · as of \w+ \d+, \d{4}", sources)
    concept = "https://w3id.org/parvis/concept/discipline/theatre"
    assert ">Sources</h2>" not in client.get(f"/en/describe?iri={concept}").text


def test_every_term_of_parvis_is_on_the_ontology_page(client: FlaskClient) -> None:
    """Links to terms lead there: structures, metrics and terms of agreements too."""
    page = client.get("/en/ontology", headers={"Accept": "text/html"}).text
    base = str(PARVIS._NS)  # noqa: SLF001 - of a closed namespace
    terms = {
        str(term).removeprefix(base) for term in ontology().subjects() if str(term).startswith(base)
    }
    assert {name for name in terms if name and f'id="{name}"' not in page} == set()


def test_properties_are_in_sections_with_dates_in_words(client: FlaskClient) -> None:
    """What it is, when, where, who; then where to read on."""
    page = client.get("/fr/id/event/theatre-b/soeurs.html").text
    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", page.partition("<main")[2].partition("</main")[0])
    assert titles == ["Description", "Quand", "Où", "Qui", "Liens", "Sources"]
    assert '<p class="trail"><a href="/fr/events">À l’affiche</a></p>' in page
    assert "25 novembre 2026, 19\xa0h\xa030" in page


def test_a_page_lists_what_mentions_its_entity_once_by_name(client: FlaskClient) -> None:
    """A property with its number; an entity without a name is only counted."""
    concept = "https://w3id.org/parvis/concept/discipline/theatre"
    page = client.get(f"/fr/describe?iri={concept}").text
    mentions = page.partition("Mentionné par</h2>")[2].partition("</section>")[0]
    assert re.search(r"discipline · 2</h3>", mentions)
    assert "L’hiver en trois temps" in mentions
    assert "autre nom" in page


def test_a_page_names_the_kind_of_an_event_once(client: FlaskClient) -> None:
    """Not the class of all events beside it, which has the same label."""
    page = client.get("/fr/id/event/theatre-b/soeurs.html").text
    assert 'href="http://schema.org/TheaterEvent"' in page
    assert 'href="http://schema.org/Event"' not in page


def test_a_page_says_texts_in_its_language_first_and_names_what_catalogues_say(
    client: FlaskClient,
) -> None:
    """A concept has names in both languages; a dataset's record is in words of DCAT."""
    theatre = "https://w3id.org/parvis/concept/discipline/theatre"
    for lang, first, second in (("fr", "Théâtre", "Theatre"), ("en", "Theatre", "Théâtre")):
        page = client.get(f"/{lang}/describe", query_string={"iri": theatre}).text
        values = page.partition("<dl")[2]
        assert values.index(f"{first}</dd>") < values.index(f">{second}<")
    record = client.get("/fr/id/dataset/theatre-b/spectacles.html", follow_redirects=True).text
    names = re.findall(r"<dt>(?:<[^>]*>)?([^<]*)", record)
    assert not {"accessRights", "issued", "modified", "publisher", "identifier"}.intersection(names)

"""Things and documents about them."""

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
def test_a_thing_leads_to_the_document_about_it(
    client: FlaskClient, path: str, accept: str, location: str
) -> None:
    """A thing is not its page: 303, by Accept, and the page is there."""
    response = client.get(path, headers={"Accept": accept})
    assert response.status_code == 303
    assert response.location == location
    assert client.get(location).status_code == 200


def test_a_thing_is_told_as_a_graph_about_its_own_iri(client: FlaskClient) -> None:
    """The document speaks of the thing, under the pool's base."""
    response = client.get(f"{SHOW}.ttl")
    graph = Graph().parse(data=response.get_data(), format="turtle")
    show = URIRef(f"http://pool.test{SHOW}")
    assert (show, RDF.type, SCHEMA.TheaterEvent) in graph
    assert str(graph.value(show, SCHEMA.location)).startswith("http://pool.test/id/place/")


def test_a_name_with_spaces_and_accents_is_found_again(client: FlaskClient) -> None:
    """The server decodes a path; the thing is looked for as its IRI is spelled."""
    response = client.get("/id/place/theatre-b/Salle%20d%E2%80%99%C3%A9t%C3%A9.html")
    assert response.status_code == 200
    assert "Salle d’été" in response.get_data(as_text=True)


def test_a_page_shows_labels_sources_and_incoming_links(client: FlaskClient) -> None:
    """People read words; each value says which dataset it is from."""
    page = client.get(f"/fr{SHOW}.html").get_data(as_text=True)
    assert "Les &lt;b&gt;Sœurs&lt;/b&gt; du large" in page
    assert 'href="/fr/dataset/theatre-b/spectacles"' in page
    place = client.get("/fr/id/place/theatre-b/Salle%20d%E2%80%99%C3%A9t%C3%A9.html")
    assert 'href="/fr/id/event/theatre-b/hiver"' in place.get_data(as_text=True)


def test_what_only_members_may_read_is_not_described(client: FlaskClient) -> None:
    """A thing of a closed dataset is as if it did not exist."""
    assert client.get("/id/event/theatre-b/billet-1.ttl").status_code == 404
    assert client.get("/id/event/theatre-b/no-such-thing.ttl").status_code == 404


def test_a_concept_is_described_by_its_full_iri(client: FlaskClient) -> None:
    """The ontology's concepts live elsewhere and are read here."""
    asked = {"iri": "https://w3id.org/parvis/concept/discipline/theatre"}
    page = client.get("/fr/describe", query_string=asked, headers={"Accept": BROWSER})
    assert "héâtre" in page.get_data(as_text=True)


@pytest.mark.parametrize("iri", ["", "theatre", "https://a b", "javascript:alert(1)<"])
def test_what_is_no_iri_is_refused(client: FlaskClient, iri: str) -> None:
    """A wrong question is said to be one."""
    assert client.get("/describe", query_string={"iri": iri}).status_code == 400


def test_the_well_known_address_leads_to_the_figures(client: FlaskClient) -> None:
    """In the form that is asked for (VoID §7.2)."""
    response = client.get("/.well-known/void", headers={"Accept": "application/rdf+xml"})
    assert response.status_code == 302
    assert response.location == "/void.rdf"
    assert client.get(response.location).mimetype == "application/rdf+xml"


def test_a_query_leads_to_its_page_and_is_described(client: FlaskClient) -> None:
    """People see the question, programs the SPARQL."""
    response = client.get("/id/query/spectacles", headers={"Accept": "text/html"})
    assert (response.status_code, response.location) == (303, "/queries/spectacles")
    assert "SPARQLExecutable" in client.get("/id/query/spectacles.ttl").get_data(as_text=True)


def test_questions_stand_under_their_theme_with_their_query(client: FlaskClient) -> None:
    """In both languages, each with what it may be downloaded as."""
    for lang, theme in (("fr", "Les offres"), ("en", "Offerings")):
        page = client.get(f"/{lang}/queries").get_data(as_text=True)
        assert f"{theme}</h2>" in page
        assert "?show a schema:TheaterEvent" in page
        assert 'queries/spectacles.csv"' in page


def test_a_page_tells_which_partner_says_it_and_since_when(client: FlaskClient) -> None:
    """By names, with the dataset; of concepts, which parvis itself tells, nobody is named."""
    page = client.get("/en/id/event/theatre-b/soeurs.html").text
    told = page.partition("Who says this")[2].partition("</ul>")[0]
    assert "Theatre B (invented)" in told
    assert "Shows (invented)" in told
    assert re.search(r"given since \d{4}-\d{2}-\d{2}", told)
    concept = "https://w3id.org/parvis/concept/discipline/theatre"
    assert "Who says this" not in client.get(f"/en/describe?iri={concept}").text


def test_every_term_of_ours_has_a_place_on_the_page_of_the_ontology(client: FlaskClient) -> None:
    """Links to a term lead there: a structure, a metric and the words of agreements too."""
    page = client.get("/en/ontology", headers={"Accept": "text/html"}).text
    base = str(PARVIS._NS)  # noqa: SLF001 - a closed namespace's own
    ours = {
        str(one).removeprefix(base) for one in ontology().subjects() if str(one).startswith(base)
    }
    assert {name for name in ours if name and f'id="{name}"' not in page} == set()

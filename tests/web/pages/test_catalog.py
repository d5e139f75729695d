"""The catalogue for harvesters and for people."""

import re

import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, RDF, Graph

from parvis.rdf.formats import GRAPH_TYPES


@pytest.mark.parametrize("ending", ["ttl", "nt", "rdf", "jsonld"])
def test_an_extension_overrides_accept(client: FlaskClient, ending: str) -> None:
    """CKAN sends ``*/*`` and refuses a wrong media type."""
    response = client.get(f"/catalog.{ending}", headers={"Accept": "*/*"})
    assert response.mimetype == GRAPH_TYPES[ending]
    graph = Graph().parse(data=response.get_data(), format=GRAPH_TYPES[ending])
    iris = {str(iri) for iri in graph.subjects(RDF.type, DCAT.Dataset)}
    assert iris == {
        "http://pool.test/id/dataset/theatre-b/spectacles",
        "http://pool.test/id/dataset/theatre-b/billets",
    }


@pytest.mark.parametrize("path", ["/catalog", "/catalog.ttl", "/catalog.jsonld", "/ontology.nt"])
def test_an_unchanged_document_is_answered_304(client: FlaskClient, path: str) -> None:
    """The entity tag is strong and of the content, so it holds as long as nothing changes."""
    first = client.get(path)
    etag, weak = first.get_etag()
    assert etag
    assert not weak
    conditional = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert conditional.status_code == 304
    assert conditional.get_data() == b""


def test_a_document_names_its_other_formats(client: FlaskClient) -> None:
    """In Link and Vary, for caches and programs."""
    response = client.get("/catalog", headers={"Accept": "text/turtle"})
    assert response.headers["Content-Location"] == "/catalog.ttl"
    assert '</catalog.jsonld>; rel="alternate"; type="application/ld+json"' in (
        response.headers.getlist("Link")
    )
    assert "Accept" in response.vary


def test_an_unpublished_pool_is_503_and_never_an_empty_catalogue(empty_client: FlaskClient) -> None:
    """An empty catalogue would make harvesters delete everything."""
    for path in ("/catalog.ttl", "/", "/sparql?query=ASK%7B%7D", "/health", "/sitemap.xml"):
        response = empty_client.get(path)
        assert response.status_code == 503, path
        assert int(response.headers["Retry-After"]) > 0


def test_a_hidden_dataset_answers_as_an_absent_one(client: FlaskClient) -> None:
    """Only the requested name differs."""
    hidden = client.get("/dataset/theatre-b/reserve")
    absent = client.get("/dataset/theatre-b/abcdefg")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.get_data(as_text=True).replace("reserve", "abcdefg") == absent.get_data(
        as_text=True
    )


def test_no_page_mentions_a_hidden_dataset(client: FlaskClient) -> None:
    """Lists, counts and sitemaps leave it out."""
    for path in ("/en/", "/en/catalog", "/en/partner/theatre-b", "/sitemap.xml", "/catalog.nt"):
        assert "/reserve" not in client.get(path).get_data(as_text=True), path


def test_a_dataset_page_says_who_may_read_it_and_that_it_is_invented(client: FlaskClient) -> None:
    """By the banner alone where all data of the site are invented."""
    page = client.get("/en/dataset/theatre-b/billets").get_data(as_text=True)
    assert "by agreement" in page
    assert "Invented data." in page
    assert 'class="badge invented"' not in page
    assert "Query this dataset alone" not in page
    assert "Query this dataset alone" in client.get("/en/dataset/theatre-b/spectacles").get_data(
        as_text=True
    )


def test_a_site_of_invented_data_says_so_on_every_page(
    client: FlaskClient,
) -> None:
    for path in ("/en/", "/en/ontology", "/en/sparql?format=html"):
        assert "Invented data." in client.get(path).get_data(as_text=True)


def test_the_catalogue_is_filtered_by_words_and_facets(client: FlaskClient) -> None:
    """The address holds the choices, which the form, the links and the Atom feed repeat."""
    page = client.get("/en/catalog?q=shows&access=open&sort=title").text
    assert "Shows (invented)" in page
    assert "Tickets (invented)" not in page
    assert '<input type="hidden" name="access" value="open">' in page
    chosen = re.search(
        r'<a href="([^"]*)" aria-current="true">open to everyone <span>1</span>', page
    )
    assert chosen
    assert chosen[1] == "/en/catalog?q=shows&amp;sort=title"
    feed = client.get("/catalog.atom?lang=en&q=shows&access=open").text
    assert "catalog.atom?lang=en&amp;q=shows&amp;access=open" in page + feed
    assert "Shows (invented)" in feed
    assert "Tickets (invented)" not in feed
    assert 'href="http://pool.test/en/catalog?q=shows&amp;access=open"' in feed


def test_a_filter_without_results_says_so(client: FlaskClient) -> None:
    """With a link to the whole catalogue."""
    page = client.get("/en/catalog?theme=nothing&page=99").text
    assert "No dataset fits all of this." in page
    assert 'href="/en/catalog">See the whole catalogue</a>' in page


def test_a_discipline_of_the_content_is_a_filter(client: FlaskClient) -> None:
    page = client.get("/fr/catalog?discipline=theatre").text
    assert "Spectacles (inventés)" in page
    assert re.search(r'aria-current="true">Théâtre <span>1</span>', page)


def test_the_catalogue_is_narrowed_by_links(client: FlaskClient) -> None:
    """Where there is a choice: all datasets of the test pool have one licence and one partner."""
    page = client.get("/en/catalog").text
    assert 'href="/en/catalog?format=xlsx"' in page
    assert 'id="facet-licence"' not in page
    chosen = client.get("/en/catalog?licence=by-4.0").text
    assert 'id="facet-licence"' in chosen
    assert "2 datasets" in chosen


def test_a_card_counts_what_its_dataset_holds(client: FlaskClient) -> None:
    """With its period and who may read it; only for a reader of the content."""
    page = client.get("/en/catalog").text
    shows, _, tickets = page.partition("Tickets (invented)")
    if "Shows (invented)" in tickets:
        shows, tickets = tickets, shows
    assert "<span>2 events</span>" in shows
    assert "<span>1 place</span>" in shows
    assert "event" not in tickets.partition("</li>")[0]

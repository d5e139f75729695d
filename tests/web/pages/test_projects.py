"""Projects, the charter, and why a reader may read: for people and for programs."""

from collections.abc import Callable

from flask.testing import FlaskClient
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, SKOS

from parvis.vocab.namespaces import CONCEPT, PARVIS


def test_a_project_says_what_it_is_for_and_what_each_member_needs(client: FlaskClient) -> None:
    """In both languages, with a way to its members and to the charter."""
    for lang, words in (("fr", "Remplir la salle."), ("en", "To fill the house.")):
        page = client.get(f"/{lang}/project/saison").get_data(as_text=True)
        assert words in page
        assert "/partner/theatre-b" in page
        assert "/charter" in page
    assert client.get("/project/nothing").status_code == 404


def test_a_projects_data_hold_its_needs(client: FlaskClient) -> None:
    """Its identifier leads there."""
    moved = client.get("/id/project/saison", headers={"Accept": "text/turtle"})
    assert (moved.status_code, moved.headers["Location"]) == (303, "/project/saison.ttl")
    graph = Graph().parse(data=client.get("/project/saison.ttl").get_data(), format="turtle")
    (need,) = graph.objects(None, PARVIS.need)
    assert len(list(graph.objects(need, DCTERMS.description))) == 2


def test_the_charter_tells_each_rule_with_its_terms(
    client: FlaskClient, empty: FlaskClient
) -> None:
    """Also before anything is published; its data hold the same rules."""
    graph = Graph().parse(data=client.get("/charter.ttl").get_data(), format="turtle")
    rules = list(graph.subjects(SKOS.inScheme, URIRef(f"{CONCEPT}charter")))
    page = empty.get("/en/charter", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert page.count("<section id=") == len(rules) > 10
    assert "<code>odrl:prohibition</code>" in page


def test_the_site_map_and_the_catalogue_lead_to_projects(client: FlaskClient) -> None:
    """And to the charter."""
    places = client.get("/sitemap.xml").get_data(as_text=True)
    assert "/fr/project/saison<" in places
    assert "/en/charter<" in places
    assert "/project/saison" in client.get("/catalog", headers={"Accept": "text/html"}).text


def test_a_signed_in_reader_is_told_what_it_may_read_and_why(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """By which rule of which agreement; the anonymous reader sees nothing of it."""
    page = "/en/partner/theatre-b"
    assert "May you read it?" not in browser.get(page).text
    hers = browser.get(page, headers={"Authorization": f"Bearer {token_of('chercheuse')}"}).text
    assert "What these datasets allow you" in hers
    assert "permission: read, for A researcher (invented)" in hers
    assert "theatre-b/reserve" not in hers
    mine = browser.get(page, headers={"Authorization": f"Bearer {token_of('theatre-b')}"}).text
    assert "permission: read, for the members of the pool" in mine

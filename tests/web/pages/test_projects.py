"""Projects, the charter, and the reasons of decisions: for people and for programs."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, SKOS

from parvis.config import Settings
from parvis.vocab.namespaces import CONCEPT, PARVIS


def test_a_project_page_shows_its_purpose_and_its_members_needs(client: FlaskClient) -> None:
    """In both languages, with links to its members and to the charter."""
    for lang, purpose in (("fr", "Remplir la salle."), ("en", "To fill the house.")):
        page = client.get(f"/{lang}/project/saison").get_data(as_text=True)
        assert purpose in page
        assert "/partner/theatre-b" in page
        assert "/charter" in page
    assert client.get("/project/nothing").status_code == 404


def test_a_pool_has_one_number_of_partners(client: FlaskClient, settings: Settings) -> None:
    """At home and in its project, to whoever reads: the third party is none of them."""
    folders = {file.parent.name for file in settings.catalog.glob("*/partner.ttl")}
    partners = len(folders - {"tiers"})
    home = client.get("/fr/").get_data(as_text=True)
    heading = re.search(r"<h2>(\d+)\s+partenaires?</h2>", home)
    assert heading is not None
    assert int(heading[1]) == partners
    project = client.get("/fr/project/saison").get_data(as_text=True)
    shown = re.search(r'<p class="count">(\d+)\xa0?\s?partenaires?( et le tiers)?', project)
    assert shown is not None
    listed = len(
        set(re.findall(r'<a href="/fr/partner/([\w-]+)"', project.partition("<main")[2]))
        - {"tiers"}
    )
    assert int(shown[1]) == listed <= partners
    index = client.get("/fr/project", headers={"Accept": "text/html"}).text
    assert re.search(rf"<span>{shown[1]}\s+partenaire", index)


def test_a_projects_data_hold_its_needs(client: FlaskClient) -> None:
    """Its identifier redirects to them."""
    redirect = client.get("/id/project/saison", headers={"Accept": "text/turtle"})
    assert (redirect.status_code, redirect.headers["Location"]) == (303, "/project/saison.ttl")
    graph = Graph().parse(data=client.get("/project/saison.ttl").get_data(), format="turtle")
    (need,) = graph.objects(None, PARVIS.need)
    assert len(list(graph.objects(need, DCTERMS.description))) == 2


def test_the_charter_shows_each_rule_with_its_terms(
    client: FlaskClient, empty_client: FlaskClient
) -> None:
    """Before anything is published too; its data hold the same rules."""
    graph = Graph().parse(data=client.get("/charter.ttl").get_data(), format="turtle")
    rules = list(graph.subjects(SKOS.inScheme, URIRef(f"{CONCEPT}charter")))
    page = empty_client.get("/en/charter", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert page.count("<section id=") == len(rules) > 10
    assert "<code>odrl:prohibition</code>" in page


def test_the_sitemap_and_the_catalogue_link_to_projects(client: FlaskClient) -> None:
    """And to the charter."""
    sitemap = client.get("/sitemap.xml").get_data(as_text=True)
    assert "/fr/project/saison<" in sitemap
    assert "/en/charter<" in sitemap
    assert "/project/saison" in client.get("/catalog", headers={"Accept": "text/html"}).text


def test_a_signed_in_reader_sees_what_it_may_read_and_why(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """By which rule of which agreement; an anonymous reader does not."""
    page = "/en/partner/theatre-b"
    assert "May you read it?" not in browser.get(page).text
    page_of_researcher = browser.get(
        page, headers={"Authorization": f"Bearer {issue_token('chercheuse')}"}
    ).text
    assert "What these datasets allow you" in page_of_researcher
    assert "A researcher (invented) may read these data" in page_of_researcher
    assert "theatre-b/reserve" not in page_of_researcher
    page_of_partner = browser.get(
        page, headers={"Authorization": f"Bearer {issue_token('theatre-b')}"}
    ).text
    assert "The members of the pool may read these data" in page_of_partner

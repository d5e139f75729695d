"""The indexes of partners and of projects."""

import re

from flask.testing import FlaskClient

BROWSER = {"Accept": "text/html"}


def test_the_index_of_partners_lists_who_gives_or_takes_part(client: FlaskClient) -> None:
    """In the order of their names, each with its page."""
    page = client.get("/fr/partner", headers=BROWSER).get_data(as_text=True)
    slugs = re.findall(r'<h2><a href="/fr/partner/([a-z-]+)">', page)
    assert "theatre-b" in slugs
    assert all(client.get(f"/fr/partner/{slug}").status_code == 200 for slug in slugs)
    assert "0\xa0jeu" not in page
    assert "0 jeu" not in page


def test_the_index_of_partners_names_the_third_party_and_does_not_count_it(
    client: FlaskClient,
) -> None:
    """As the home page counts them."""
    page = client.get("/en/partner", headers=BROWSER).text
    cards = re.findall(r'<h2><a href="/en/partner/([a-z-]+)">', page)
    assert "tiers" not in cards
    assert 'href="/en/partner/tiers"' in page
    assert f"{len(cards)} organisation" in page


def test_the_index_of_projects_lists_each_with_its_dates(client: FlaskClient) -> None:
    page = client.get("/fr/project", headers=BROWSER).get_data(as_text=True)
    assert re.search(r'<h2><a href="/fr/project/saison">', page)
    assert re.search(r"du [^<]* au ", page)


def test_the_indexes_are_in_the_sitemap(client: FlaskClient) -> None:
    text = client.get("/sitemap.xml").get_data(as_text=True)
    for path in ("partner", "project", "about", "contact", "glossary", "privacy", "status"):
        assert f"http://pool.test/fr/{path}</loc>" in text

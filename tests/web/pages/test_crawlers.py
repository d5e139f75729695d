"""The sitemap, robots.txt and the Atom feed."""

import json
import re
from collections.abc import Callable

import feedparser
import pytest
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from parvis.web.pages import crawlers
from tests.web.api.test_dataspace import REQUEST

BASE = "http://pool.test/"
MAP = {"m": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def test_the_sitemap_dates_each_dataset(client: FlaskClient) -> None:
    """In both languages, and only datasets that anyone may discover."""
    tree = etree.fromstring(client.get("/sitemap.xml").get_data())
    pages = tree.findall("m:url[m:lastmod]", MAP)
    assert sorted(str(page.findtext("m:loc", namespaces=MAP)) for page in pages) == [
        f"{BASE}{lang}/dataset/theatre-b/{name}"
        for lang in ("en", "fr")
        for name in ("billets", "spectacles")
    ]


def test_the_sitemap_leads_to_events_and_places_which_describe_themselves(
    client: FlaskClient, browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """In both languages, to search engines; of a closed dataset to those who may read it."""

    def list_keys(response: TestResponse) -> set[str]:
        pattern = r"<loc>https?://pool\.test/(?:fr|en)/id/([^<]+)\.html</loc>"
        return set(re.findall(pattern, response.get_data(as_text=True)))

    keys = list_keys(client.get("/sitemap.xml"))
    assert {"event/theatre-b/soeurs", "event/theatre-b/hiver"} <= keys
    assert any(key.startswith("place/theatre-b/") for key in keys)
    for key in keys:
        page = client.get(f"/fr/id/{key}.html")
        assert page.status_code == 200
        assert "application/ld+json" in page.get_data(as_text=True)
    assert not [key for key in keys if "cache" in key]
    headers = {"Authorization": f"Bearer {issue_token('theatre-b')}"}
    more = list_keys(browser.get("/sitemap.xml", headers=headers)) - keys
    assert "event/theatre-b/cache-1" in more


def test_a_large_sitemap_is_an_index_of_sitemaps(
    editable_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together they list the same pages, with dates."""
    whole = etree.fromstring(editable_client.get("/sitemap.xml").get_data())
    monkeypatch.setattr(crawlers, "PER_MAP", 5)
    editable_client.application.extensions["parvis"].answers._entries.clear()  # noqa: SLF001 - holds the whole map
    index = etree.fromstring(editable_client.get("/sitemap.xml").get_data())
    assert etree.QName(index).localname == "sitemapindex"
    maps = index.findall("m:sitemap", MAP)
    assert [entry for entry in maps if entry.find("m:lastmod", MAP) is not None]
    locations = []
    for entry in maps:
        address = str(entry.findtext("m:loc", namespaces=MAP))
        body = editable_client.get(address.removeprefix(BASE.rstrip("/"))).get_data()
        locations += [loc.text for loc in etree.fromstring(body).findall("m:url/m:loc", MAP)]
    assert locations == [loc.text for loc in whole.findall("m:url/m:loc", MAP)]
    assert editable_client.get(f"/sitemap.xml?page={len(maps) + 1}").status_code == 404


def test_robots_are_kept_from_queries_in_every_language(client: FlaskClient) -> None:
    """Pages to index stay allowed."""
    lines = client.get("/robots.txt").get_data(as_text=True).splitlines()
    assert {"Disallow: /sparql", "Disallow: /fr/search", "Disallow: /en/describe"} <= set(lines)
    assert f"Sitemap: {BASE}sitemap.xml" in lines
    assert not [line for line in lines if "catalog" in line or not line]


def test_the_atom_feed_is_valid_in_both_languages(client: FlaskClient) -> None:
    """Ids are the datasets' IRIs; dates are those of the records, not of the request."""
    french, english = (client.get(f"/catalog.atom?lang={lang}") for lang in ("fr", "en"))
    assert french.mimetype == "application/atom+xml"
    fr, en = (feedparser.parse(response.get_data()) for response in (french, english))
    assert not fr.bozo
    assert fr.version == "atom10"
    assert fr.feed.id == f"{BASE}catalog.atom?lang=fr"
    assert {entry.id for entry in fr.entries} == {entry.id for entry in en.entries}
    assert {entry.title for entry in en.entries} == {"Tickets (invented)", "Shows (invented)"}
    assert all(entry.author and entry.updated for entry in fr.entries)
    assert fr.feed.updated == en.feed.updated >= max(entry.updated for entry in fr.entries)
    assert english.last_modified is not None


def test_the_catalogue_page_links_to_its_atom_feed(client: FlaskClient) -> None:
    page = client.get("/en/catalog").get_data(as_text=True)
    assert 'type="application/atom+xml" href="/en/catalog.atom?lang=en"' in page


def test_llms_txt_leads_assistants_to_pages_that_exist(client: FlaskClient) -> None:
    """In both languages: a title, what the site is, and a link for each thing to begin with."""
    response = client.get("/llms.txt")
    assert response.mimetype == "text/plain"
    lines = response.get_data(as_text=True).splitlines()
    assert lines[0].startswith("# ")
    assert [line for line in lines if line.startswith("## ")] == ["## Français", "## English"]
    links = re.findall(r"^- \[[^]]+\]\(([^)]+)\): .", "\n".join(lines), re.MULTILINE)
    assert len(links) == 2 * len(crawlers.LINKS)
    routes = client.application.url_map.bind("")
    for link in links:  # found, and not opened: the pages of the ontology and the rules are large
        path = re.sub("^/(fr|en)/", "/", link.removeprefix(BASE.rstrip("/")))
        assert routes.match(path, method="POST" if path == "/mcp" else "GET"), link


def test_programs_are_led_to_each_interface_and_its_descriptions(client: FlaskClient) -> None:
    """As RFC 9727 asks, also in a header of HEAD; every address is answered."""
    response = client.get("/.well-known/api-catalog")
    here = f"{BASE}.well-known/api-catalog"
    assert response.content_type == crawlers.LINKSET
    head = client.head("/.well-known/api-catalog")
    assert head.headers["Link"] == f'<{here}>; rel="api-catalog"'
    own, *interfaces = json.loads(response.get_data())["linkset"]
    assert own["anchor"] == here
    assert [item["href"] for item in own["item"]] == [links["anchor"] for links in interfaces]
    routes = client.application.url_map.bind("")
    for links in interfaces:
        path = links["anchor"].removeprefix(BASE.rstrip("/"))
        assert routes.match(path, method="POST" if path in {"/mcp", REQUEST} else "GET")
        assert [page["hreflang"] for page in links["service-doc"]] == [["fr"], ["en"]]
        for link in (*links["service-doc"], *links.get("service-desc", ())):
            path = link["href"].removeprefix(BASE.rstrip("/"))
            answer = client.get(path, headers={"Accept": link["type"]}, follow_redirects=True)
            assert (answer.status_code, answer.mimetype) == (200, link["type"]), path

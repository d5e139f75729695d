"""What search engines and news readers take."""

import feedparser
import pytest
from flask.testing import FlaskClient
from lxml import etree

from parvis.web.pages import crawlers

BASE = "http://pool.test/"
MAP = {"m": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def test_the_site_map_tells_when_each_dataset_changed(client: FlaskClient) -> None:
    """In both languages, and only of what anyone may know of."""
    tree = etree.fromstring(client.get("/sitemap.xml").get_data())
    pages = tree.findall("m:url[m:lastmod]", MAP)
    assert sorted(str(page.findtext("m:loc", namespaces=MAP)) for page in pages) == [
        f"{BASE}{lang}/dataset/theatre-b/{name}"
        for lang in ("en", "fr")
        for name in ("billets", "spectacles")
    ]


def test_a_site_map_that_is_too_large_is_an_index_of_maps(
    theirs: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which together list what one would have, each with its last change."""
    whole = etree.fromstring(theirs.get("/sitemap.xml").get_data())
    monkeypatch.setattr(crawlers, "PER_MAP", 5)
    theirs.application.extensions["parvis"].answers._kept.clear()  # noqa: SLF001 - the whole one
    index = etree.fromstring(theirs.get("/sitemap.xml").get_data())
    assert etree.QName(index).localname == "sitemapindex"
    maps = index.findall("m:sitemap", MAP)
    assert [one for one in maps if one.find("m:lastmod", MAP) is not None]
    found = []
    for one in maps:
        address = str(one.findtext("m:loc", namespaces=MAP))
        body = theirs.get(address.removeprefix(BASE.rstrip("/"))).get_data()
        found += [loc.text for loc in etree.fromstring(body).findall("m:url/m:loc", MAP)]
    assert found == [loc.text for loc in whole.findall("m:url/m:loc", MAP)]
    assert theirs.get(f"/sitemap.xml?page={len(maps) + 1}").status_code == 404


def test_robots_leave_alone_what_is_asked_in_every_fixed_form(client: FlaskClient) -> None:
    """A page for robots to read is not among them."""
    lines = client.get("/robots.txt").get_data(as_text=True).splitlines()
    assert {"Disallow: /sparql", "Disallow: /fr/search", "Disallow: /en/describe"} <= set(lines)
    assert f"Sitemap: {BASE}sitemap.xml" in lines
    assert not [line for line in lines if "catalog" in line or not line]


def test_the_news_are_atom_in_either_language(client: FlaskClient) -> None:
    """Ids are the datasets' IRIs in both; updated is told of the records, not of the clock."""
    french, english = (client.get(f"/catalog.atom?lang={lang}") for lang in ("fr", "en"))
    assert french.mimetype == "application/atom+xml"
    fr, en = (feedparser.parse(one.get_data()) for one in (french, english))
    assert not fr.bozo
    assert fr.version == "atom10"
    assert fr.feed.id == f"{BASE}catalog.atom?lang=fr"
    assert {one.id for one in fr.entries} == {one.id for one in en.entries}
    assert {one.title for one in en.entries} == {"Tickets (invented)", "Shows (invented)"}
    assert all(one.author and one.updated for one in fr.entries)
    assert fr.feed.updated == en.feed.updated >= max(one.updated for one in fr.entries)
    assert english.last_modified is not None


def test_the_catalogue_page_names_its_news(client: FlaskClient) -> None:
    """A news reader finds them from the page."""
    page = client.get("/en/catalog").get_data(as_text=True)
    assert 'type="application/atom+xml" href="/en/catalog.atom?lang=en"' in page

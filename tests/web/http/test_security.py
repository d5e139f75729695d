"""Security headers of every response."""

import re

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("path", ["/", "/catalog.ttl", "/nowhere", "/static/parvis.css"])
def test_every_response_has_the_security_headers(client: FlaskClient, path: str) -> None:
    """Errors and files included."""
    with client.get(path) as response:
        headers = response.headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_pages_hold_no_inline_script_and_no_inline_style(client: FlaskClient) -> None:
    """The content security policy would block them."""
    for path in ("/", "/catalog", "/ontology", "/queries/spectacles", "/sparql?format=html"):
        page = client.get(path).get_data(as_text=True)
        scripts = re.findall(r"<script[^>]*>[^<]*", page)
        assert all(re.fullmatch(r'<script type="module" src="/static/[^"]+">', s) for s in scripts)
        assert "style=" not in page


def test_only_the_editor_page_allows_inline_styles(client: FlaskClient) -> None:
    """Scripts are those of the site on every page; each response has one policy."""
    for path, styles in (
        ("/", False),
        ("/sparql?format=html", True),
        ("/sparql?format=ttl", False),
    ):
        (policy,) = client.get(path).headers.getlist("Content-Security-Policy")
        assert ("style-src 'self' 'unsafe-inline'" in policy) is styles
        assert "script-src" not in policy
        assert policy.startswith("default-src 'self'; object-src 'none'")


def test_crawlers_find_the_pages_and_avoid_the_endpoint(client: FlaskClient) -> None:
    """The sitemap lists both languages of each public page."""
    robots = client.get("/robots.txt").get_data(as_text=True)
    assert "Disallow: /sparql" in robots
    assert "Sitemap: http://pool.test/sitemap.xml" in robots
    sitemap = client.get("/sitemap.xml").get_data(as_text=True)
    assert "<loc>http://pool.test/fr/dataset/theatre-b/spectacles</loc>" in sitemap
    assert "<loc>http://pool.test/en/queries/spectacles</loc>" in sitemap


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("//catalog", "/catalog"),
        ("/dataset//theatre-b//spectacles?x=%2F%2F", "/dataset/theatre-b/spectacles?x=%2F%2F"),
        ("///evil.example//catalog", "/evil.example/catalog"),
        ("//fr//catalog", "/fr/catalog"),
    ],
)
def test_a_redirect_never_names_the_host_of_the_request(
    client: FlaskClient, path: str, to: str
) -> None:
    """The client chooses that host; a cache in front of the site would lead others there."""
    environ = {"PATH_INFO": path.partition("?")[0], "QUERY_STRING": path.partition("?")[2]}
    response = client.get("/", headers={"Host": "evil.example"}, environ_overrides=environ)
    assert response.status_code in {200, 308, 404}
    if response.status_code == 308:
        assert response.headers["Location"] == to
    assert "http://evil.example" not in response.text + str(response.headers)


PAGES = ("/", "/catalog", "/catalog.ttl", "/login", "/sparql", "/feed.atom", "/sitemap.xml", "/oai")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_repeats_the_host_of_the_request(client: FlaskClient, path: str) -> None:
    """Addresses are relative or made from the configured base."""
    response = client.get(path, headers={"Host": "evil.example", "Accept": "text/html"})
    assert "evil.example" not in response.text + str(response.headers)

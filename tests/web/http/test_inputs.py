"""Inputs that a route does not read change neither its request nor its cached response."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from parvis.web.api.sparql import ANSWERS
from parvis.web.http.inputs import NO_INPUTS, canonical_accept, canonical_query
from parvis.web.http.negotiation import DOCUMENT, GRAPHS, RESULTS, accepted_ending
from parvis.web.response_cache import ResponseCache

PATHS = (
    *("/", "/catalog", "/catalog.ttl", "/void", "/void.ttl", "/shapes.ttl", "/ontology.nt"),
    *("/queries", "/queries.jsonld", "/queries/spectacles", "/queries/spectacles.csv"),
    *("/dataset/theatre-b/spectacles", "/partner/theatre-b", "/charter.rdf", "/docs/querying"),
    *("/search", "/search/guided", "/portrait", "/offerings", "/relays.json", "/feed.trig"),
    *("/sitemap.xml", "/catalog.atom", "/robots.txt", "/ontology/terms.json", "/context.jsonld"),
    *("/reconcile", "/id/event/theatre-b/soeurs.html", "/sparql", "/sparql?query=ASK%7B%7D"),
)
TABLES = (ANSWERS, RESULTS, GRAPHS)


class CountedApp:
    """An application behind its caches, and how often it is called."""

    def __init__(self, app: Callable[..., object]) -> None:
        self.app, self.calls = app, 0

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> object:
        self.calls += 1
        return self.app(environ, start)


@pytest.fixture
def counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[CountedApp]:
    """Count the calls of the application itself, from an empty cache."""
    layer: object = app.wsgi_app
    while not isinstance(layer, ResponseCache):
        layer = layer.app  # type: ignore[attr-defined] # each wraps another
    counted = CountedApp(layer.app)
    monkeypatch.setattr(layer, "app", counted)
    app.extensions["parvis"].answers._entries.clear()  # noqa: SLF001 - it must be called
    yield counted
    app.extensions["parvis"].answers._entries.clear()  # noqa: SLF001 - for other tests


def list_variants(path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield requests that differ in what no route reads."""
    mark = "&" if "?" in path else "?"
    for n in range(3):
        yield f"{path}{mark}zz={n}&{n}=&%7a{n}", {}
        yield path, {"Cookie": f"_ga={n}; theme=dark"}
        yield path, {"Range": f"bytes={n}-", "If-Match": f'"{n}"'}
        yield path, {"Accept-Encoding": f"br, x{n}", "Accept-Language": f"x-{n}, fr;q=0.{n + 1}"}
        yield f"{path}{mark}lang=xx{n}", {"X-Whatever": str(n)}


@pytest.mark.parametrize("path", PATHS)
def test_unread_inputs_get_the_cached_response(app: Flask, counted: CountedApp, path: str) -> None:
    """Unknown parameters, cookies, ranges and codings."""
    client = Client(app.wsgi_app, use_cookies=False)
    first = client.get(path)
    assert first.status_code == 200
    calls = counted.calls
    entries = len(app.extensions["parvis"].answers._entries)  # noqa: SLF001 - counts entries
    for address, headers in list_variants(path):
        repeated = client.get(address, headers=headers)
        assert repeated.get_data() == first.get_data(), (address, headers)
    assert counted.calls == calls <= 1
    assert len(app.extensions["parvis"].answers._entries) == entries  # noqa: SLF001 - the same


def test_accept_headers_with_the_same_choice_share_a_response(
    app: Flask, counted: CountedApp
) -> None:
    client = Client(app.wsgi_app, use_cookies=False)
    for n in range(20):
        accept = f"x/y{n}, text/turtle;q=0.{n + 10}, text/html;q=0.0{n % 9}"
        response = client.get("/catalog", headers={"Accept": accept})
        assert response.mimetype == "text/turtle"
    assert counted.calls == 1


def test_every_route_with_formats_declares_them(app: Flask) -> None:
    """An undeclared route would get no Accept header and no parameter."""
    undeclared = []
    for rule in app.url_map.iter_rules():
        if "ending" in rule.arguments:
            inputs = getattr(app.view_functions[rule.endpoint], "inputs", NO_INPUTS)
            alternatives = [
                alternative.arguments
                for alternative in app.url_map.iter_rules(rule.endpoint)
                if "ending" not in alternative.arguments and "GET" in (alternative.methods or ())
            ]
            if alternatives and not inputs.offers:
                undeclared.append(rule.rule)
    assert not undeclared


ITEMS = st.builds(
    "{}{}".format,
    st.sampled_from([*ANSWERS, *DOCUMENT, "*/*", "text/*", "application/*", "x/y", "", "/", "*"]),
    st.sampled_from(["", ";q=0", ";q=1", ";q=0.5", ";q=0.3", ";v=1", ";q=x"]),
)


@given(st.lists(ITEMS, max_size=8).map(", ".join))
def test_a_canonical_accept_header_chooses_the_same_format(accept: str) -> None:
    """From every table of its route."""
    for tables in ((DOCUMENT,), (GRAPHS | {"text/html": "html"},), TABLES):
        canonical = canonical_accept(accept, tables)
        assert [accepted_ending(canonical, table) for table in tables] == [
            accepted_ending(accept, table) for table in tables
        ]
        assert canonical_accept(canonical, tables) == canonical


TEXTS = st.text(st.sampled_from("abq=&%20+é[]"), max_size=30)


@given(TEXTS, st.booleans())
def test_a_canonical_query_string_keeps_the_parameters_that_are_read(
    text: str,
    repeated: bool,  # noqa: FBT001 - a case
) -> None:
    """And nothing else; it is canonical already."""
    names = frozenset({"a", "q"})
    canonical = canonical_query(text, names, repeated=repeated)
    before = [pair for pair in parse_qsl(text, keep_blank_values=True) if pair[0] in names]
    after = parse_qsl(canonical, keep_blank_values=True)
    if not repeated:
        before = list({name: (name, value) for name, value in reversed(before)}.values())
    assert sorted(after) == sorted(before)
    assert canonical_query(canonical, names, repeated=repeated) == canonical


def test_a_language_cookie_shares_the_response_of_accept_language(
    app: Flask, counted: CountedApp
) -> None:
    """A session's cookie stays, and goes to the application."""
    client = Client(app.wsgi_app, use_cookies=False)
    by_header = client.get("/charter", headers={"Accept-Language": "en-CA", "Accept": "text/html"})
    by_cookie = client.get("/charter", headers={"Cookie": "lang=en; a=b", "Accept": "text/html"})
    assert by_cookie.get_data() == by_header.get_data()
    assert b'<html lang="en">' in by_cookie.get_data()
    assert counted.calls == 1
    assert client.get("/charter", headers={"Cookie": "lang=en; parvis=x"}).status_code == 401

"""What a route does not read makes no other request of it, and no other cached answer."""

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
    *("/search", "/search/guided.ttl", "/portrait", "/offerings", "/relays.json", "/feed.trig"),
    *("/sitemap.xml", "/catalog.atom", "/robots.txt", "/ontology/terms.json", "/context.jsonld"),
    *("/reconcile", "/id/event/theatre-b/soeurs.html", "/sparql", "/sparql?query=ASK%7B%7D"),
)
TABLES = (ANSWERS, RESULTS, GRAPHS)


class Counted:
    """An application behind its caches, and how often it was asked."""

    def __init__(self, app: Callable[..., object]) -> None:
        """Begin with none."""
        self.app, self.asked = app, 0

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> object:
        """Answer."""
        self.asked += 1
        return self.app(environ, start)


@pytest.fixture
def behind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """Count how often the application itself is asked, from nothing kept."""
    before: object = app.wsgi_app
    while not isinstance(before, ResponseCache):
        before = before.app  # type: ignore[attr-defined] # each stands before another
    counted = Counted(before.app)
    monkeypatch.setattr(before, "app", counted)
    app.extensions["parvis"].answers._kept.clear()  # noqa: SLF001 - so that it is asked
    yield counted
    app.extensions["parvis"].answers._kept.clear()  # noqa: SLF001 - other tests begin anew


def variants(path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Write requests that differ from one another in what no route reads."""
    mark = "&" if "?" in path else "?"
    for n in range(3):
        yield f"{path}{mark}zz={n}&{n}=&%7a{n}", {}
        yield path, {"Cookie": f"_ga={n}; theme=dark"}
        yield path, {"Range": f"bytes={n}-", "If-Match": f'"{n}"'}
        yield path, {"Accept-Encoding": f"br, x{n}", "Accept-Language": f"x-{n}, fr;q=0.{n + 1}"}
        yield f"{path}{mark}lang=xx{n}", {"X-Whatever": str(n)}


@pytest.mark.parametrize("path", PATHS)
def test_what_a_route_does_not_read_asks_it_nothing_again(
    app: Flask, behind: Counted, path: str
) -> None:
    """Unknown parameters, cookies, ranges, codings: the answer is the one that is kept."""
    client = Client(app.wsgi_app, use_cookies=False)
    first = client.get(path)
    assert first.status_code == 200
    asked = behind.asked
    kept = len(app.extensions["parvis"].answers._kept)  # noqa: SLF001 - counts entries
    for address, headers in variants(path):
        again = client.get(address, headers=headers)
        assert again.get_data() == first.get_data(), (address, headers)
    assert behind.asked == asked <= 1
    assert len(app.extensions["parvis"].answers._kept) == kept  # noqa: SLF001 - the same


def test_headers_that_choose_the_same_are_one_request(app: Flask, behind: Counted) -> None:
    """However they say it."""
    client = Client(app.wsgi_app, use_cookies=False)
    for n in range(20):
        accept = f"x/y{n}, text/turtle;q=0.{n + 10}, text/html;q=0.0{n % 9}"
        response = client.get("/catalog", headers={"Accept": accept})
        assert response.mimetype == "text/turtle"
    assert behind.asked == 1


def test_every_route_that_chooses_a_format_declares_it(app: Flask) -> None:
    """One that forgot would be told of no preference, and of no parameter."""
    undeclared = []
    for rule in app.url_map.iter_rules():
        if "ending" in rule.arguments:
            inputs = getattr(app.view_functions[rule.endpoint], "inputs", NO_INPUTS)
            others = [
                other.arguments
                for other in app.url_map.iter_rules(rule.endpoint)
                if "ending" not in other.arguments and "GET" in (other.methods or ())
            ]
            if others and not inputs.offers:
                undeclared.append(rule.rule)
    assert not undeclared


ITEMS = st.builds(
    "{}{}".format,
    st.sampled_from([*ANSWERS, *DOCUMENT, "*/*", "text/*", "application/*", "x/y", "", "/", "*"]),
    st.sampled_from(["", ";q=0", ";q=1", ";q=0.5", ";q=0.3", ";v=1", ";q=x"]),
)


@given(st.lists(ITEMS, max_size=8).map(", ".join))
def test_a_header_written_anew_chooses_what_it_chose(accept: str) -> None:
    """Of every table that its route chooses from."""
    for tables in ((DOCUMENT,), (GRAPHS | {"text/html": "html"},), TABLES):
        again = canonical_accept(accept, tables)
        assert [accepted_ending(again, table) for table in tables] == [
            accepted_ending(accept, table) for table in tables
        ]
        assert canonical_accept(again, tables) == again


TEXTS = st.text(st.sampled_from("abq=&%20+é[]"), max_size=30)


@given(TEXTS, st.booleans())
def test_a_query_string_written_anew_says_the_same_of_what_is_read(
    text: str,
    repeated: bool,  # noqa: FBT001 - a case
) -> None:
    """And nothing else; written again, it stays."""
    names = frozenset({"a", "q"})
    again = canonical_query(text, names, repeated=repeated)
    before = [pair for pair in parse_qsl(text, keep_blank_values=True) if pair[0] in names]
    after = parse_qsl(again, keep_blank_values=True)
    if not repeated:
        before = list({name: (name, value) for name, value in reversed(before)}.values())
    assert sorted(after) == sorted(before)
    assert canonical_query(again, names, repeated=repeated) == again


def test_the_chosen_language_is_shared_with_who_speaks_it(app: Flask, behind: Counted) -> None:
    """The cookie says what the header says; a session's cookie stays, and is the application's."""
    client = Client(app.wsgi_app, use_cookies=False)
    spoken = client.get("/charter", headers={"Accept-Language": "en-CA", "Accept": "text/html"})
    chosen = client.get("/charter", headers={"Cookie": "lang=en; a=b", "Accept": "text/html"})
    assert chosen.get_data() == spoken.get_data()
    assert b'<html lang="en">' in chosen.get_data()
    assert behind.asked == 1
    assert client.get("/charter", headers={"Cookie": "lang=en; parvis=x"}).status_code == 401

"""What stands before the application answers as it does, and only what it lets everyone keep."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from parvis.web.http.caching import UNCACHED_RESPONSE_HEADERS, Headers
from parvis.web.response_cache import ResponseCache

PATHS = ("/", "/en/catalog", "/catalog.ttl", "/sparql?query=ASK%7B%7D", "/queries/spectacles.csv")


class Counted:
    """An application, and how often it was asked."""

    def __init__(self, app: Flask) -> None:
        """Find what stands behind the memory of an application."""
        before: object = app.wsgi_app
        while not isinstance(before, ResponseCache):
            before = before.app  # type: ignore[attr-defined] # each stands before another
        self.app, self.host, self.look_ups = before.app, before.host, before.look_ups
        self.asked = 0

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> object:
        """Answer."""
        self.asked += 1
        return self.app(environ, start)  # type: ignore[arg-type] # the same callable


@pytest.fixture
def counted(app: Flask) -> Iterator[Counted]:
    """Give the application without its memory, and what was kept of it forgotten."""
    counted = Counted(app)
    counted.host.answers._kept.clear()  # noqa: SLF001 - so that no other test's answers count
    yield counted
    counted.host.answers._kept.clear()  # noqa: SLF001 - the same


@pytest.fixture
def twice(counted: Counted) -> Client:
    """Give a client of the application behind its memory."""
    return Client(ResponseCache(counted, counted.host, counted.look_ups), use_cookies=False)  # type: ignore[arg-type] # WSGI


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_an_answer_given_again_is_the_one_given_first(
    twice: Client, counted: Counted, path: str, coding: str
) -> None:
    """Status, headers and body, without the application; all but what is one reader’s."""
    headers = {"Accept-Encoding": coding}
    first, again = (twice.get(path, headers=headers) for _ in range(2))
    head = twice.head(path, headers=headers)
    assert counted.asked == 1
    assert again.get_data() == first.get_data()
    said = [one for one in first.headers if one[0].lower() not in UNCACHED_RESPONSE_HEADERS]
    assert said == list(again.headers) == list(head.headers)
    assert head.get_data() == b""


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer x"}, {"Cookie": "lang=fr"}, {"Range": "bytes=0-1"}],
    ids=str,
)
def test_what_only_the_application_can_judge_is_left_to_it(
    twice: Client, counted: Counted, headers: dict[str, str]
) -> None:
    """Tokens and cookies are read on every request."""
    for _ in range(2):
        twice.get("/catalog.ttl")
        twice.get("/catalog.ttl", headers=headers)
    assert counted.asked == 3


@pytest.mark.parametrize(
    "headers", [{"Accept": "text/turtle"}, {"Accept-Language": "en"}, {"Accept-Encoding": "gzip"}]
)
def test_each_form_is_another_answer(
    twice: Client, counted: Counted, headers: dict[str, str]
) -> None:
    """What is negotiated is told apart, and so are paths and questions."""
    twice.get("/catalog")
    twice.get("/catalog", headers=headers)
    twice.get("/catalog?x")
    assert counted.asked == 3


@pytest.mark.parametrize(
    "path", ["/nowhere", "/health", "/?lang=en", "/sparql?query=SELECT(NOW()AS%20%3Fx)%7B%7D"]
)
def test_nothing_is_kept_that_the_application_does_not_let_everyone_keep(
    twice: Client, counted: Counted, path: str
) -> None:
    """Not errors, not what sets a cookie, not what is another a moment later."""
    for _ in range(2):
        twice.get(path)
    assert counted.asked == 2


def test_a_question_in_a_body_is_left_to_the_application(twice: Client, counted: Counted) -> None:
    """Its address says nothing of what it asks."""
    for query in ("ASK {}", "ASK { <a:b> ?p ?o }"):
        twice.post("/sparql", data={"query": query})
    assert counted.asked == 2


def test_nothing_is_given_again_after_the_instant_of_a_decision(
    twice: Client, counted: Counted
) -> None:
    """From ``good_until`` on the application decides each time."""
    assert twice.get("/catalog.ttl").status_code == 200
    manifest = counted.host.served().manifest
    former = manifest.good_until
    object.__setattr__(manifest, "good_until", datetime(2026, 1, 1, tzinfo=UTC))
    for _ in range(2):
        twice.get("/catalog.ttl")
    object.__setattr__(manifest, "good_until", former)
    assert counted.asked == 3


def test_an_unknown_way_of_varying_is_not_kept(counted: Counted) -> None:
    """An answer that depends on a header nobody thought of here goes to no one else."""
    asked: list[str] = []

    def app(environ: dict[str, str], start: Callable[[str, Headers], object]) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start("200 OK", [("Cache-Control", "public, no-cache"), ("ETag", '"x"'), ("Vary", "Pet")])
        return [b"x"]

    client = Client(ResponseCache(app, counted.host, counted.look_ups))
    for _ in range(2):
        client.get("/")
    assert len(asked) == 2


def test_nothing_published_is_no_obstacle(empty: FlaskClient) -> None:
    """The application says so."""
    assert [empty.get("/catalog").status_code for _ in range(2)] == [503, 503]


@pytest.mark.parametrize("path", ["/shapes.ttl", "/void.ttl", "/ontology", "/portrait"])
def test_first_requests_that_come_together_are_computed_once(
    twice: Client, counted: Counted, path: str
) -> None:
    """The others wait for the first, and get what it got."""
    at_once, begun = 8, counted.app
    together = threading.Barrier(at_once)

    def slowly(environ: dict[str, object], start: Callable[..., object]) -> object:
        threading.Event().wait(0.2)  # so that all have come
        return begun(environ, start)  # type: ignore[arg-type] # the same callable

    counted.app = slowly  # type: ignore[assignment] # the same

    def ask(_: int) -> bytes:
        together.wait(10)
        return twice.get(path, headers={"Accept": "text/html;q=0.5, text/turtle"}).get_data()

    with ThreadPoolExecutor(at_once) as pool:
        bodies = set(pool.map(ask, range(at_once)))
    assert len(bodies) == 1
    assert counted.asked == 1


def test_what_may_not_be_kept_is_computed_for_each(twice: Client, counted: Counted) -> None:
    """Nobody gets what was another's, and nobody waits twice."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: twice.get(f"/nowhere{n % 2}"), range(8)))
    assert counted.asked == 8

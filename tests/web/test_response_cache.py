"""The response cache answers as the application does, and stores only public responses."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from parvis.web.response_cache import UNCACHED_RESPONSE_HEADERS, Headers, ResponseCache

ROWS = "SELECT ?s {{ ?s a ?c FILTER(?c != <urn:x:{n}>) }} LIMIT {rows}"
FACT = "CONSTRUCT {{ <urn:x:{n}> a <urn:x:c> }} WHERE {{}}"
JSON = "application/sparql-results+json"
PATHS = ("/", "/en/catalog", "/catalog.ttl", "/sparql?query=ASK%7B%7D", "/queries/spectacles.csv")


class CountedApp:
    """An application, and how often it is called."""

    def __init__(self, app: Flask) -> None:
        """Find the application behind the response cache."""
        layer: object = app.wsgi_app
        while not isinstance(layer, ResponseCache):
            layer = layer.app  # type: ignore[attr-defined] # each wraps another
        self.app, self.host = layer.app, layer.host
        self.calls = 0

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> object:
        self.calls += 1
        return self.app(environ, start)  # type: ignore[arg-type] # the same callable


@pytest.fixture
def counted(app: Flask) -> Iterator[CountedApp]:
    """Return the application without its cache, which is emptied."""
    counted = CountedApp(app)
    counted.host.answers._entries.clear()  # noqa: SLF001 - other tests filled it
    yield counted
    counted.host.answers._entries.clear()  # noqa: SLF001 - the same


@pytest.fixture
def cached(counted: CountedApp) -> Client:
    """Return a client of the application behind its cache."""
    return Client(ResponseCache(counted, counted.host), use_cookies=False)  # type: ignore[arg-type] # WSGI


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_repeated_response_equals_the_first(
    cached: Client, counted: CountedApp, path: str, coding: str
) -> None:
    """Status, headers and body, without calling the application; except per-reader headers."""
    headers = {"Accept-Encoding": coding}
    first, repeated = (cached.get(path, headers=headers) for _ in range(2))
    head = cached.head(path, headers=headers)
    assert counted.calls == (not path.startswith("/sparql"))  # a query is answered without it
    assert repeated.get_data() == first.get_data()
    shared_headers = [
        item for item in first.headers if item[0].lower() not in UNCACHED_RESPONSE_HEADERS
    ]
    assert shared_headers == list(repeated.headers) == list(head.headers)
    assert head.get_data() == b""


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer x"}, {"Cookie": "lang=fr"}, {"Range": "bytes=0-1"}],
    ids=str,
)
def test_requests_with_credentials_or_ranges_go_to_the_application(
    cached: Client, counted: CountedApp, headers: dict[str, str]
) -> None:
    for _ in range(2):
        cached.get("/catalog.ttl")
        cached.get("/catalog.ttl", headers=headers)
    assert counted.calls == 3


@pytest.mark.parametrize(
    "headers", [{"Accept": "text/turtle"}, {"Accept-Language": "en"}, {"Accept-Encoding": "gzip"}]
)
def test_negotiated_formats_are_stored_separately(
    cached: Client, counted: CountedApp, headers: dict[str, str]
) -> None:
    """So are paths and query strings."""
    cached.get("/catalog")
    cached.get("/catalog", headers=headers)
    cached.get("/catalog?x")
    assert counted.calls == 3


@pytest.mark.parametrize(
    "path", ["/nowhere", "/health", "/?lang=en", "/sparql?query=SELECT(NOW()AS%20%3Fx)%7B%7D"]
)
def test_responses_that_are_not_public_are_not_stored(
    cached: Client, counted: CountedApp, path: str
) -> None:
    """Errors, responses that set a cookie, and answers that change."""
    for _ in range(2):
        cached.get(path)
    assert counted.calls == 2


def test_a_query_in_a_body_goes_to_the_application(cached: Client, counted: CountedApp) -> None:
    """Its address does not identify it."""
    for query in ("ASK {}", "ASK { <a:b> ?p ?o }"):
        cached.post("/sparql", data={"query": query})
    assert counted.calls == 2


def test_nothing_is_repeated_after_good_until(cached: Client, counted: CountedApp) -> None:
    """From ``good_until`` on, the application decides each time."""
    assert cached.get("/catalog.ttl").status_code == 200
    manifest = counted.host.generation().manifest
    former = manifest.good_until
    object.__setattr__(manifest, "good_until", datetime(2026, 1, 1, tzinfo=UTC))
    for _ in range(2):
        cached.get("/catalog.ttl")
    object.__setattr__(manifest, "good_until", former)
    assert counted.calls == 3


def test_a_response_that_varies_by_an_unknown_header_is_not_stored(counted: CountedApp) -> None:
    paths: list[str] = []

    def app(environ: dict[str, str], start: Callable[[str, Headers], object]) -> list[bytes]:
        paths.append(environ["PATH_INFO"])
        start("200 OK", [("Cache-Control", "public, no-cache"), ("ETag", '"x"'), ("Vary", "Pet")])
        return [b"x"]

    client = Client(ResponseCache(app, counted.host))
    for _ in range(2):
        client.get("/")
    assert len(paths) == 2


def test_the_cache_passes_on_that_nothing_is_published(empty_client: FlaskClient) -> None:
    assert [empty_client.get("/catalog").status_code for _ in range(2)] == [503, 503]


@pytest.mark.parametrize("path", ["/shapes.ttl", "/void.ttl", "/ontology", "/portrait"])
def test_simultaneous_first_requests_are_computed_once(
    cached: Client, counted: CountedApp, path: str
) -> None:
    """The others wait for the first, and share its response."""
    request_count, original = 8, counted.app
    barrier = threading.Barrier(request_count)

    def slowly(environ: dict[str, object], start: Callable[..., object]) -> object:
        threading.Event().wait(0.2)  # until all requests are waiting
        return original(environ, start)  # type: ignore[arg-type] # the same callable

    counted.app = slowly  # type: ignore[assignment] # the same

    def ask(_: int) -> bytes:
        barrier.wait(10)
        return cached.get(path, headers={"Accept": "text/html;q=0.5, text/turtle"}).get_data()

    with ThreadPoolExecutor(request_count) as pool:
        bodies = set(pool.map(ask, range(request_count)))
    assert len(bodies) == 1
    assert counted.calls == 1


def test_responses_that_are_not_stored_are_computed_for_each_request(
    cached: Client, counted: CountedApp
) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: cached.get(f"/nowhere{n % 2}"), range(8)))
    assert counted.calls == 8


# Plain queries, which are answered before the application.


def get(client: Client, query: str, accept: str = JSON, **headers: str) -> TestResponse:
    """Send a query by GET."""
    request_headers = {"Accept": accept, **headers}
    return client.get(f"/sparql?query={quote(query, safe='')}", headers=request_headers)


@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize("accept", [JSON, "text/csv", "application/sparql-results+xml", "*/*"])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_short_query_is_answered_as_by_the_application(
    cached: Client, counted: CountedApp, accept: str, coding: str, rows: int
) -> None:
    """Same status, headers and body; only compression calls the application."""
    headers = {"Accept-Encoding": coding}
    response = get(cached, ROWS.format(n="one", rows=rows), accept, **headers)
    assert counted.calls == ("Content-Encoding" in response.headers)
    assert {"RateLimit", "RateLimit-Policy", "Vary", "ETag"} <= set(response.headers.keys())
    expected = get(Client(counted), ROWS.format(n="one", rows=rows), accept, **headers)  # type: ignore[arg-type] # WSGI
    assert response.status == expected.status == "200 OK"
    assert response.get_data() == expected.get_data()
    assert comparable_headers(response) == comparable_headers(expected)


@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "*/*"])
@pytest.mark.parametrize("query", [FACT, "ASK {{ <urn:x:{n}> a <urn:x:c> }}"])
def test_graphs_and_booleans_are_answered_as_the_application_would(
    cached: Client, counted: CountedApp, query: str, accept: str
) -> None:
    """A graph, or what says that a boolean is no graph."""
    response, expected = (
        get(client, query.format(n="same"), accept)
        for client in (cached, Client(counted))  # type: ignore[arg-type] # WSGI
    )
    assert response.status == expected.status
    assert response.get_data() == expected.get_data()
    assert comparable_headers(response) == comparable_headers(expected)


def comparable_headers(response: TestResponse) -> list[tuple[str, str]]:
    """List the headers of a response that do not vary by reader."""
    return sorted(
        (n.lower(), value)
        for n, value in response.headers
        if n.lower() not in UNCACHED_RESPONSE_HEADERS
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?x {",
        "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT (NOW() AS ?now) {}",
        "%",
    ],
)
def test_errors_and_changing_answers_come_from_the_application(
    cached: Client, counted: CountedApp, query: str
) -> None:
    """Each time, and the same."""
    responses = [get(cached, query) for _ in range(2)]
    assert counted.calls == 2
    assert responses[0].status == responses[1].status == get(Client(counted), query).status  # type: ignore[arg-type] # WSGI


def test_a_query_is_not_evaluated_twice(cached: Client, counted: CountedApp) -> None:
    """The application takes over what was begun before it, errors too."""
    evaluations = []
    ask = counted.host.ask
    counted.host.ask = lambda *arguments: evaluations.append(arguments) or ask(*arguments)  # type: ignore[func-returns-value, method-assign] # counted
    try:
        get(cached, ROWS.format(n="three", rows=1))
        get(cached, "SELECT ?x {")
    finally:
        del counted.host.ask
    assert len(evaluations) == 2


def test_each_kind_of_answer_has_its_own_media_type(cached: Client, counted: CountedApp) -> None:
    """A graph, rows and a boolean, whatever the same reader accepts."""
    for query in (FACT, ROWS.replace("{rows}", "1"), "ASK {{ <urn:x:{n}> a <urn:x:c> }}"):
        types = {get(cached, query.format(n=n), "*/*").content_type for n in ("a", "b")}
        assert len(types) == 1
    assert counted.calls == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"Cookie": "parvis=x"},
        {"If-None-Match": '"x"'},
        {"Content-Type": "application/sparql-update"},
        {"Accept": "text/html"},
        {"Accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    ],
    ids=str,
)
def test_queries_with_credentials_or_conditions_go_to_the_application(
    cached: Client, counted: CountedApp, headers: dict[str, str]
) -> None:
    """Tokens, cookies, entity tags, pages and workbooks."""
    for n in range(2):
        get(cached, ROWS.format(n=n, rows=1), **{"Accept": JSON} | headers)
    assert counted.calls == 2


def test_queries_with_other_parameters_go_to_the_application(
    cached: Client, counted: CountedApp
) -> None:
    """Generations and formats."""
    for n in range(2):
        cached.get(f"/sparql?query=ASK%7B%7D%23{n}&generation=1")
        cached.get(f"/sparql?format=json&query=ASK%7B%7D%23{n}")
    assert counted.calls == 4

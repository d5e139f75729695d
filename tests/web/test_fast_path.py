"""Answers given before the application are those that it would give."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from parvis.web.http.caching import UNCACHED_RESPONSE_HEADERS
from parvis.web.response_cache import ResponseCache

ROWS = "SELECT ?s {{ ?s a ?c FILTER(?c != <urn:x:{n}>) }} LIMIT {rows}"
FACT = "CONSTRUCT {{ <urn:x:{n}> a <urn:x:c> }} WHERE {{}}"
JSON = "application/sparql-results+json"


class CountedApp:
    """The application behind the fast path, and how often it is called."""

    def __init__(self, app: Flask) -> None:
        """Find the application behind the response cache."""
        layer = app.wsgi_app
        while not isinstance(layer, ResponseCache):
            layer = layer.app  # type: ignore[attr-defined] # each wraps another
        self.app, self.host = layer.app, layer.host
        self.calls = 0

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> object:
        self.calls += 1
        return self.app(environ, start)  # type: ignore[arg-type] # the same callable


@pytest.fixture
def counted(app: Flask) -> CountedApp:
    """Return the application behind the fast path, with an empty cache."""
    counted = CountedApp(app)
    counted.host.answers._entries.clear()  # noqa: SLF001 - other tests filled it
    return counted


@pytest.fixture
def direct(counted: CountedApp) -> Client:
    """Return a client that is answered before the application."""
    cache = ResponseCache(counted, counted.host)  # type: ignore[arg-type] # WSGI
    return Client(cache, use_cookies=False)


def get(client: Client, query: str, accept: str = JSON, **headers: str) -> TestResponse:
    """Send a query by GET."""
    request_headers = {"Accept": accept, **headers}
    return client.get(f"/sparql?query={quote(query, safe='')}", headers=request_headers)


@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize("accept", [JSON, "text/csv", "application/sparql-results+xml", "*/*"])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_short_query_is_answered_as_by_the_application(
    direct: Client, counted: CountedApp, accept: str, coding: str, rows: int
) -> None:
    """Same status, headers and body; only compression calls the application."""
    headers = {"Accept-Encoding": coding}
    response = get(direct, ROWS.format(n="one", rows=rows), accept, **headers)
    assert counted.calls == ("Content-Encoding" in response.headers)
    assert {"RateLimit", "RateLimit-Policy", "Vary", "ETag"} <= set(response.headers.keys())
    expected = get(Client(counted), ROWS.format(n="one", rows=rows), accept, **headers)  # type: ignore[arg-type] # WSGI
    assert response.status == expected.status == "200 OK"
    assert response.get_data() == expected.get_data()
    assert comparable_headers(response) == comparable_headers(expected)


@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "*/*"])
@pytest.mark.parametrize("query", [FACT, "ASK {{ <urn:x:{n}> a <urn:x:c> }}"])
def test_graphs_and_booleans_are_answered_as_the_application_would(
    direct: Client, counted: CountedApp, query: str, accept: str
) -> None:
    """A graph, or what says that a boolean is no graph."""
    response, expected = (
        get(client, query.format(n="same"), accept)
        for client in (direct, Client(counted))  # type: ignore[arg-type] # WSGI
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
    direct: Client, counted: CountedApp, query: str
) -> None:
    """Each time, and the same."""
    responses = [get(direct, query) for _ in range(2)]
    assert counted.calls == 2
    assert responses[0].status == responses[1].status == get(Client(counted), query).status  # type: ignore[arg-type] # WSGI


def test_a_query_is_not_evaluated_twice(direct: Client, counted: CountedApp) -> None:
    """The application takes over what the fast path began, errors too."""
    evaluations = []
    ask = counted.host.ask
    counted.host.ask = lambda *arguments: evaluations.append(arguments) or ask(*arguments)  # type: ignore[func-returns-value, method-assign] # counted
    try:
        get(direct, ROWS.format(n="three", rows=1))
        get(direct, "SELECT ?x {")
    finally:
        del counted.host.ask
    assert len(evaluations) == 2


def test_each_kind_of_answer_has_its_own_media_type(direct: Client, counted: CountedApp) -> None:
    """A graph, rows and a boolean, whatever the same reader accepts."""
    for query in (FACT, ROWS.replace("{rows}", "1"), "ASK {{ <urn:x:{n}> a <urn:x:c> }}"):
        types = {get(direct, query.format(n=n), "*/*").content_type for n in ("a", "b")}
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
def test_requests_with_credentials_or_conditions_go_to_the_application(
    direct: Client, counted: CountedApp, headers: dict[str, str]
) -> None:
    """Tokens, cookies, entity tags, pages and workbooks."""
    for n in range(2):
        get(direct, ROWS.format(n=n, rows=1), **{"Accept": JSON} | headers)
    assert counted.calls == 2


def test_requests_with_other_parameters_go_to_the_application(
    direct: Client, counted: CountedApp
) -> None:
    """Generations and formats."""
    for n in range(2):
        direct.get(f"/sparql?query=ASK%7B%7D%23{n}&generation=1")
        direct.get(f"/sparql?format=json&query=ASK%7B%7D%23{n}")
    assert counted.calls == 4

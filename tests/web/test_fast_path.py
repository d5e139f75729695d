"""Answers given before the application are those that it would give, and only of its own form."""

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


class Behind:
    """What stands behind the look-ups of an application, and how often it was asked."""

    def __init__(self, app: Flask) -> None:
        """Find it."""
        found = app.wsgi_app
        while not isinstance(found, ResponseCache):
            found = found.app  # type: ignore[attr-defined] # each stands before another
        self.app, self.host, self.look_ups = found.app, found.host, found.look_ups
        self.asked = 0

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> object:
        """Answer."""
        self.asked += 1
        return self.app(environ, start)  # type: ignore[arg-type] # the same callable


@pytest.fixture
def behind(app: Flask) -> Behind:
    """Give the application behind its look-ups, all that was kept forgotten."""
    behind = Behind(app)
    behind.host.answers._kept.clear()  # noqa: SLF001 - so that no other test's answers count
    return behind


@pytest.fixture
def direct(behind: Behind) -> Client:
    """Give a client that is answered before the application."""
    repeats = ResponseCache(behind, behind.host, behind.look_ups)  # type: ignore[arg-type] # WSGI
    return Client(repeats, use_cookies=False)


def get(client: Client, query: str, accept: str = JSON, **headers: str) -> TestResponse:
    """Ask a query by GET."""
    told = {"Accept": accept, **headers}
    return client.get(f"/sparql?query={quote(query, safe='')}", headers=told)


@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize("accept", [JSON, "text/csv", "application/sparql-results+xml", "*/*"])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_look_up_is_answered_as_the_application_would(
    direct: Client, behind: Behind, accept: str, coding: str, rows: int
) -> None:
    """Status, headers and body; the second of a form needs the application only to be coded."""
    headers = {"Accept-Encoding": coding}
    first, second = (
        get(direct, ROWS.format(n=n, rows=rows), accept, **headers) for n in ("one", "two")
    )
    coded = "Content-Encoding" in second.headers
    assert behind.asked == 1 + coded
    wanted = get(Client(behind), ROWS.format(n="two", rows=rows), accept, **headers)  # type: ignore[arg-type] # WSGI
    assert second.status == wanted.status == first.status == "200 OK"
    assert second.get_data() == wanted.get_data()
    assert _said(second) == _said(wanted)


def _said(response: TestResponse) -> list[tuple[str, str]]:
    """Give what a response says, but for what it says to one reader."""
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
def test_what_is_wrong_or_changes_is_told_by_the_application(
    direct: Client, behind: Behind, query: str
) -> None:
    """Each time, and alike."""
    found = [get(direct, query) for _ in range(2)]
    assert behind.asked == 2
    assert found[0].status == found[1].status == get(Client(behind), query).status  # type: ignore[arg-type] # WSGI


def test_a_query_is_not_asked_twice(direct: Client, behind: Behind) -> None:
    """What was begun for a request is handed to the application, errors too."""
    asked = []
    ask = behind.host.ask
    behind.host.ask = lambda *words: asked.append(words) or ask(*words)  # type: ignore[func-returns-value, method-assign] # counted
    try:
        get(direct, ROWS.format(n="three", rows=1))
        get(direct, "SELECT ?x {")
    finally:
        del behind.host.ask
    assert len(asked) == 2


def test_kinds_of_answers_have_forms_of_their_own(direct: Client, behind: Behind) -> None:
    """A graph, rows and a boolean are told apart, whatever the same reader accepts."""
    for query in (FACT, ROWS.replace("{rows}", "1"), "ASK {{ <urn:x:{n}> a <urn:x:c> }}"):
        types = {get(direct, query.format(n=n), "*/*").content_type for n in ("a", "b")}
        assert len(types) == 1
    assert behind.asked == 2  # rows and booleans are of one media type


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
def test_what_only_the_application_can_judge_is_left_to_it(
    direct: Client, behind: Behind, headers: dict[str, str]
) -> None:
    """Tokens, cookies, tags, pages and workbooks."""
    for n in range(2):
        get(direct, ROWS.format(n=n, rows=1), **{"Accept": JSON} | headers)
    assert behind.asked == 2


def test_other_parameters_are_for_the_application(direct: Client, behind: Behind) -> None:
    """Datasets, generations and formats."""
    for n in range(2):
        direct.get(f"/sparql?query=ASK%7B%7D%23{n}&generation=1")
        direct.get(f"/sparql?format=json&query=ASK%7B%7D%23{n}")
    assert behind.asked == 4

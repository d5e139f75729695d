"""Requests are admitted if they are small and their reader leaves capacity to others."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from parvis.config import Limits, Settings, Share
from parvis.governance import Reader
from parvis.ledger import Credential
from parvis.pooling.quotas import Guesses
from parvis.pooling.serving.readers import Readers
from parvis.web import create_app
from parvis.web.http.admission import (
    ALL_BYTES,
    FIELDS,
    HEADER_BYTES,
    LIST_BYTES,
    LIST_ITEMS,
    PARAMETERS,
    PATH_BYTES,
    QUERY_BYTES,
    WAITING,
    LagMonitor,
    ReaderQueues,
    RequestLimits,
)
from parvis.web.http.request_log import RequestLog

BROWSER = {"Accept": "text/html"}
LARGE: dict[str, tuple[int, str, dict[str, str]]] = {
    "a path": (414, "/" + "a" * PATH_BYTES, {}),
    "a query string": (414, "/catalog?q=" + "a" * QUERY_BYTES, {}),
    "many parameters": (400, "/catalog?" + "&".join(["a="] * (PARAMETERS + 1)), {}),
    "many parameters of the endpoint": (400, "/sparql?" + "&".join(["query="] * 300), {}),
    "a header": (431, "/catalog", {"X-Any": "a" * (HEADER_BYTES + 1)}),
    "all headers": (
        431,
        "/catalog",
        {f"X-{n}": "a" * 8_000 for n in range(ALL_BYTES // 8_000 + 1)},
    ),
    "many headers": (431, "/catalog", {f"X-{n}": "a" for n in range(FIELDS + 1)}),
    "a long Accept": (431, "/catalog", {"Accept": "a/" + "b" * LIST_BYTES}),
    "an Accept of many items": (431, "/catalog", {"Accept": "*/*," * (LIST_ITEMS + 1)}),
    "many languages": (431, "/catalog", {"Accept-Language": "fr," * (LIST_ITEMS + 1)}),
    "many codings": (431, "/catalog", {"Accept-Encoding": "br," * (LIST_ITEMS + 1)}),
    "many proxies": (431, "/catalog", {"X-Forwarded-For": "192.0.2.1," * (LIST_ITEMS + 1)}),
    "many cookies": (431, "/catalog", {"Cookie": "a=b;" * 100}),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_request_is_refused_before_it_is_read(app: Flask, name: str) -> None:
    """In both languages, for programs and for people, with the headers of every response."""
    observed = app.wsgi_app
    assert isinstance(observed, RequestLog)
    assert isinstance(observed.app, RequestLimits)

    def fail_on_call(*_: object) -> list[bytes]:
        pytest.fail("read")

    client = Client(RequestLimits(fail_on_call, observed.app.routes), use_cookies=False)
    status, address, headers = LARGE[name]
    response = client.get(address, headers=headers)
    assert response.status_code == status
    problem = response.get_json(force=True)
    assert set(problem["details"]) == {"fr", "en"}
    assert "{" not in problem["details"]["fr"]
    assert problem["details"]["fr"] != problem["details"]["en"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    if "Accept" not in headers:
        page = client.get(address, headers=headers | BROWSER).get_data(as_text=True)
        assert '<p lang="fr">' in page
        assert '<p lang="en">' in page
    assert client.head(address, headers=headers).get_data() == b""


def test_a_request_within_the_limits_is_answered(client: FlaskClient) -> None:
    """A long query, many headers, what real clients accept."""
    query = "SELECT * {} #" + "a" * 50_000
    assert client.get("/sparql", query_string={"query": query}).status_code == 200
    headers = {f"X-{n}": "a" * 300 for n in range(FIELDS // 2)}
    headers["Accept"] = ", ".join([f"application/x-{n};q=0.1" for n in range(LIST_ITEMS - 2)])
    assert client.get("/catalog", headers=headers | {"Accept": "*/*"}).status_code == 200
    assert client.get("/robots.txt", headers=headers).status_code == 200


@pytest.fixture
def limited_app(settings: Settings) -> Iterator[Flask]:
    """Make an application that grants each address a small share."""
    share = Share(site_seconds=10, window=60)
    app = create_app(replace(settings, limits=Limits(anonymous=share), proxies=1))
    app.testing = True
    yield app
    app.extensions["parvis"].close()


def forwarded_from(address: str) -> dict[str, str]:
    """Return the header of our own proxy for an address."""
    return {"X-Forwarded-For": address}


def test_an_address_that_used_its_share_waits_and_others_do_not(limited_app: Flask) -> None:
    """On every route, cached or not, except health."""
    client, shares = limited_app.test_client(), limited_app.extensions["parvis"].shares
    shares.charge_site(Reader(address="192.0.2.1"), 10.5)
    for path in ("/", "/catalog.ttl", "/sparql?query=ASK%7B%7D", "/nowhere", "/void.ttl?zz=1"):
        refused = client.get(path, headers=forwarded_from("192.0.2.1"))
        assert refused.status_code == 429, path
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert "10" in refused.get_json(force=True)["details"]["fr"]
        assert client.get(path, headers=forwarded_from("192.0.2.2")).status_code in {200, 404}
    assert client.get("/health", headers=forwarded_from("192.0.2.1")).status_code == 200


def test_processor_time_of_a_request_is_charged_to_its_address(
    limited_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is answered and its body is written; a ready response costs nothing."""
    observed, shares = limited_app.wsgi_app, limited_app.extensions["parvis"].shares
    assert isinstance(observed, RequestLog)

    def work() -> None:
        end = time.thread_time() + 0.01
        while time.thread_time() < end:
            pass

    def pieces() -> Iterator[bytes]:
        work()
        yield b"x"

    def answer_with_work(environ: dict[str, Any], start: Callable[..., object]) -> Iterator[bytes]:
        environ["REMOTE_ADDR"] = "192.0.2.7"
        work()
        start("200 OK", [])
        return pieces()

    charged: list[float] = []
    monkeypatch.setattr(shares, "charge_site", lambda _, seconds: charged.append(seconds))
    monkeypatch.setattr(observed, "app", answer_with_work)
    Client(observed).get("/catalog", buffered=True)  # read to its end, and closed
    assert 0.015 < sum(charged) < 1
    charged.clear()
    monkeypatch.setattr(observed, "app", lambda _, start: (start("200 OK", []), [b"x"])[1])
    Client(observed).get("/catalog", buffered=True)
    assert sum(charged) < 0.001


def test_a_party_has_a_share_of_its_own(
    research_settings: Settings, issue_token: Callable[[str], str]
) -> None:
    """Its token works from any address, until the share of the party is used up."""
    app = create_app(replace(research_settings, base="http://localhost/", limits=Limits()))
    client, shares = app.test_client(), app.extensions["parvis"].shares
    headers = {"Authorization": f"Bearer {issue_token('theatre-b')}"}
    shares.charge_site(Reader(address="127.0.0.1"), 100)
    assert client.get("/catalog.ttl").status_code == 429
    for _ in range(2):
        assert client.get("/catalog.ttl", headers=headers).status_code == 200
    with app.extensions["parvis.turnstile"]._queues.turn("127.0.0.1"):  # noqa: SLF001 - occupied
        assert client.get("/catalog.ttl", headers=headers).status_code == 200
    grant = app.extensions["parvis.readers"].by_token(headers["Authorization"].split()[1])
    shares.charge_site(grant.reader, 1_000)
    refused = client.get("/catalog.ttl", headers=headers)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    app.extensions["parvis"].close()


def test_a_heavy_reader_is_served_one_request_at_a_time() -> None:
    """A few requests wait, the others are refused; another reader is served at once."""
    queues, running, release = ReaderQueues(), threading.Semaphore(1), threading.Event()

    def ask(_: int) -> bool:
        with queues.turn("192.0.2.1") as granted:
            if granted:
                assert running.acquire(blocking=False)  # no other request runs
                release.wait(5)
                running.release()
            return granted

    with ThreadPoolExecutor(2 * WAITING) as pool:
        results = [pool.submit(ask, n) for n in range(2 * WAITING)]
        while sum(result.done() for result in results) < WAITING - 1:
            time.sleep(0.01)
        with queues.turn("192.0.2.2") as granted:
            assert granted
        release.set()
        assert [result.result() for result in results].count(True) == WAITING + 1
    assert not queues._queues  # noqa: SLF001 - all queues are removed


def test_an_overloaded_process_answers_only_health(limited_app: Flask) -> None:
    """Others get 503 with Retry-After, until the process has caught up."""
    client, pulse = limited_app.test_client(), limited_app.extensions["parvis.turnstile"].pulse
    for _ in range(50):
        pulse.record_lag(2 * LagMonitor.LATE)
    refused = client.get("/catalog")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert client.get("/health").status_code == 200
    for _ in range(50):
        pulse.record_lag(0.0)
    assert client.get("/catalog").status_code == 200


def test_memory_is_released_after_work_and_once_more_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Never while requests are answered, and never without cause."""
    calls: list[str] = []
    monkeypatch.setattr(
        "parvis.web.http.admission.release_memory", lambda: calls.append("given back")
    )
    pulse = LagMonitor(lambda: calls.append("forgotten"))
    pulse.release_idle_memory(0.0, 0.0)
    pulse.release_idle_memory(2 * LagMonitor.WORK, 2.0)
    assert not calls
    pulse.release_idle_memory(0.0, 4.0)
    pulse.release_idle_memory(0.0, 6.0)
    assert calls == ["forgotten", "given back"]
    for now in (5.0, 1.0, 2.0, 100.0):
        pulse.release_idle_memory(0.0, 4.0 + LagMonitor.LATER + now)
    assert calls == ["forgotten", "given back"] * 2


def test_unused_memory_is_returned_also_while_requests_never_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Now and then: a lull may not come for hours."""
    calls: list[str] = []
    monkeypatch.setattr("parvis.web.http.admission.trim_memory", lambda: calls.append("given back"))
    pulse = LagMonitor(lambda: calls.append("forgotten"))
    for number in range(1, 7):
        pulse.release_idle_memory(LagMonitor.WORK, 0.5 * LagMonitor.STEADY * number)
    assert calls == ["given back"] * 2


@pytest.fixture
def tokens_looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the tokens that are looked up in the ledger."""
    texts: list[str] = []
    real = Readers.by_token

    def by_token(self: Readers, text: str) -> object:
        texts.append(text)
        return real(self, text)

    monkeypatch.setattr(Readers, "by_token", by_token)
    return texts


SITE = "https://pool.test/"


def test_guessed_tokens_are_refused_before_they_are_looked_up(
    browser: FlaskClient, tokens_looked_up: list[str], issue_token: Callable[[str], str]
) -> None:
    """A valid token keeps working, from any address; pages without token stay open."""
    valid = {"Authorization": f"Bearer {issue_token('theatre-b')}"}
    assert browser.get("/catalog.ttl", base_url=SITE, headers=valid).status_code == 200
    statuses = []
    for _ in range(4 * Guesses.FREE):
        headers = {"Authorization": f"Bearer {Credential.new().reveal()}"}
        statuses.append(browser.get("/catalog.ttl", base_url=SITE, headers=headers).status_code)
    assert statuses[: Guesses.FREE] == [401] * Guesses.FREE
    assert statuses.count(429) >= 2 * Guesses.FREE
    assert len(tokens_looked_up) <= 1 + statuses.count(401)
    assert browser.get("/catalog.ttl", base_url=SITE, headers=valid).status_code == 200
    assert browser.get("/catalog.ttl", base_url=SITE).status_code == 200
    elsewhere = {"REMOTE_ADDR": "192.0.2.77"}
    invalid = {"Authorization": "Bearer parvis_x"}
    response = browser.get("/", base_url=SITE, headers=invalid, environ_overrides=elsewhere)
    assert response.status_code == 401


@pytest.mark.parametrize("form", ["session", "form"])
def test_guessing_by_session_or_form_is_limited_too(
    research_app: Flask, browser: FlaskClient, form: str
) -> None:
    """The form itself stays open to everyone."""
    cookieless = research_app.test_client(use_cookies=False)

    def guess(number: int) -> Any:  # noqa: ANN401 - werkzeug's own
        if form == "form":
            return browser.post("/login", base_url=SITE, data={"token": f"parvis_{number}"})
        return cookieless.get(
            "/", base_url=SITE, headers={"Cookie": f"__Host-parvis={number}", **BROWSER}
        )

    statuses = [guess(number).status_code for number in range(3 * Guesses.FREE)]
    assert statuses[: Guesses.FREE] == [401] * Guesses.FREE
    assert 429 in statuses
    assert browser.get("/login", base_url=SITE).status_code == 200


def test_an_address_that_guessed_may_try_once_a_second() -> None:
    """So a new reader with a valid token gets in from there."""
    guesses = Guesses()
    for _ in range(Guesses.FREE):
        assert guesses.wait("192.0.2.1", b"x") == 0
        guesses.note_wrong("192.0.2.1")
    assert guesses.wait("192.0.2.1", b"right") == 0
    assert guesses.wait("192.0.2.1", b"right") == 1
    guesses.note_proven(b"right")
    assert guesses.wait("192.0.2.1", b"right") == 0
    assert guesses.wait("192.0.2.2", b"x") == 0

"""What runs around every request runs in the order of one table, and in the order that matters."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from parvis.web.hooks import HOOKS
from parvis.web.http.admission import AdmissionControl
from parvis.web.http.request_log import HEADER
from parvis.web.http.security import HEADERS
from tests.web.conftest import make_client

SITE = "https://pool.test/"
NAMES = [hook.name for hook in HOOKS]


class Unreadable:
    """A body that nothing may read."""

    def read(self, *_: object) -> bytes:
        pytest.fail("the body was read")


def test_the_middleware_of_the_application_is_that_of_the_table(app: Flask) -> None:
    wrapped: object = app.wsgi_app
    for hook in HOOKS:
        if hook.wrap is not None and hook.name != "proxy":  # the pool of the tests has none
            assert wrapped is app.extensions[f"parvis.{hook.name}"], hook.name
            wrapped = wrapped.app
    assert wrapped.__self__ is app  # type: ignore[attr-defined] # Flask's own method


def test_flask_runs_what_the_table_lists_in_its_order(app: Flask) -> None:
    before = [hook.before for hook in HOOKS if hook.before is not None]
    after = [hook.after for hook in HOOKS if hook.after is not None]
    assert app.before_request_funcs[None] == before
    assert app.after_request_funcs[None][::-1] == after  # Flask begins with the last


def test_each_name_stands_once() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("uploads", "csrf"),  # the token is a field of the form, which is read to its end
        ("audit_log", "caching"),  # rows are counted before they are compressed
        ("private", "caching"),  # what is private gets no tag
        ("request_limits", "response_cache"),  # what a route does not read is in no key
        ("proxy", "turnstile"),  # readers are counted by their own addresses
    ],
)
def test_what_runs_before_what(first: str, then: str) -> None:
    assert NAMES.index(first) < NAMES.index(then)


def test_the_log_sees_what_all_others_refuse(app: Flask) -> None:
    response = make_client(app).get(f"/{'x' * 5_000}")
    assert response.status_code == 414
    assert HEADER in response.headers


def test_nothing_reads_the_body_of_a_request_that_is_refused(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    turnstile = app.extensions["parvis.turnstile"]
    assert isinstance(turnstile, AdmissionControl)
    monkeypatch.setattr(turnstile.pulse, "lag", 2 * turnstile.pulse.LATE)
    body = {"wsgi.input": Unreadable(), "CONTENT_LENGTH": "10"}
    response = Client(app.wsgi_app).post("/check", environ_overrides=body)
    assert response.status_code == 503


@pytest.mark.parametrize("path", ["/catalog.ttl", "/sparql?query=ASK%7B%7D"])
def test_what_a_token_opens_is_private_and_has_no_tag(
    browser: FlaskClient, issue_token: Callable[[str], str], path: str
) -> None:
    headers = {"Authorization": f"Bearer {issue_token('chercheuse')}"}
    response = browser.get(path, base_url=SITE, headers=headers)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in response.headers


@pytest.mark.parametrize("path", ["/catalog.ttl", "/sparql?query=ASK%7B%7D", "/nowhere"])
def test_every_response_has_the_headers_of_security_once(client: FlaskClient, path: str) -> None:
    """Also one of the cache, which has the headers of security already."""
    for _ in range(2):
        headers = client.get(path).headers
        assert all(headers.getlist(name) == [value] for name, value in HEADERS.items())

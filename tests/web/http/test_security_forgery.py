"""A form that changes something needs the CSRF token of its session."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.web.http.security import SAFE_ENDPOINTS, SIGN_IN_ENDPOINTS

SITE = "https://pool.test/"
BROWSER = {"Accept": "text/html"}
HIDDEN = re.compile(r'<input type="hidden" name="proof" value="([^"]+)">')
INVALID_TOKENS = {
    "": "",
    "a word": "x",
    "a signature of nobody": "ImEi.AAAAAAAAAAAAAAAAAAAAAAAAAAA",
}


def sign_in(client: FlaskClient, token: str) -> str:
    """Start a session, and return the CSRF token of its pages."""
    assert client.post("/login", base_url=SITE, data={"token": token}).status_code == 303
    page = client.get("/en/catalog", base_url=SITE, headers=BROWSER).get_data(as_text=True)
    # The menu of small screens has a second form to sign out, with the same token.
    (csrf_token,) = set(HIDDEN.findall(page))
    return str(csrf_token)


def sign_out(client: FlaskClient, **fields: str) -> TestResponse:
    """Send the sign-out form that every page of a session has."""
    return client.post("/en/logout", base_url=SITE, data=fields)


def test_a_form_with_the_csrf_token_is_accepted(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """The token does not repeat the cookie."""
    csrf_token = sign_in(browser, issue_token("theatre-b"))
    cookie = browser.get_cookie("__Host-parvis", domain="pool.test")
    assert cookie is not None
    assert cookie.value not in csrf_token
    assert sign_out(browser, proof=csrf_token).status_code == 303


@pytest.mark.parametrize("csrf_token", INVALID_TOKENS.values(), ids=INVALID_TOKENS)
def test_a_form_without_a_valid_csrf_token_is_refused(
    browser: FlaskClient, issue_token: Callable[[str], str], csrf_token: str
) -> None:
    """The session goes on."""
    sign_in(browser, issue_token("theatre-b"))
    response = sign_out(browser, proof=csrf_token)
    assert response.status_code == 403
    assert "another session" in response.get_json()["details"]["en"]
    assert "Sign out" in browser.get("/en/", base_url=SITE, headers=BROWSER).text


def test_the_csrf_token_of_another_session_is_refused(
    research_app: Flask, issue_token: Callable[[str], str]
) -> None:
    """It is bound to one cookie."""
    first_client, second_client = research_app.test_client(), research_app.test_client()
    csrf_token = sign_in(first_client, issue_token("theatre-b"))
    sign_in(second_client, issue_token("chercheuse"))
    assert sign_out(second_client, proof=csrf_token).status_code == 403


def test_every_form_of_the_site_needs_a_csrf_token(
    research_app: Flask, issue_token: Callable[[str], str]
) -> None:
    """Every route that changes something, new ones included."""
    client = research_app.test_client()
    sign_in(client, issue_token("theatre-b"))
    guarded = [
        (rule, method)
        for rule in research_app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})
        if rule.endpoint not in SAFE_ENDPOINTS | SIGN_IN_ENDPOINTS
    ]
    assert guarded
    for rule, method in guarded:
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        assert client.open(path, method=method, base_url=SITE).status_code in {403, 404}, rule
        headers = {"Origin": "https://evil.example"}
        refused = client.open(path, method=method, base_url=SITE, headers=headers)
        assert refused.status_code in {403, 404}, rule


def test_a_reader_without_session_needs_no_csrf_token(browser: FlaskClient) -> None:
    """Another site could not abuse it."""
    assert sign_out(browser).status_code == 303
    assert not HIDDEN.search(browser.get("/en/", base_url=SITE, headers=BROWSER).text)


def test_a_program_with_a_bearer_token_needs_no_csrf_token(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """No site can make a browser send that header."""
    headers = {"Authorization": f"Bearer {issue_token('theatre-b')}"}
    assert browser.post("/logout", base_url=SITE, headers=headers).status_code == 303

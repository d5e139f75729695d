"""A form that changes something is believed only from a page of the same session."""

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
UNREAD = {"": "", "a word": "x", "a signature of nobody": "ImEi.AAAAAAAAAAAAAAAAAAAAAAAAAAA"}


def sign_in(client: FlaskClient, token: str) -> str:
    """Begin a session, and give the proof that its pages hold."""
    assert client.post("/login", base_url=SITE, data={"token": token}).status_code == 303
    page = client.get("/en/catalog", base_url=SITE, headers=BROWSER).get_data(as_text=True)
    (proof,) = HIDDEN.findall(page)
    return str(proof)


def sign_out(client: FlaskClient, **told: str) -> TestResponse:
    """Send the form that every page of a session has."""
    return client.post("/en/logout", base_url=SITE, data=told)


def test_a_form_of_the_same_session_is_believed(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """It holds a proof that neither repeats the cookie nor stands in an address."""
    proof = sign_in(browser, token_of("theatre-b"))
    cookie = browser.get_cookie("__Host-parvis", domain="pool.test")
    assert cookie is not None
    assert cookie.value not in proof
    assert sign_out(browser, proof=proof).status_code == 303


@pytest.mark.parametrize("proof", UNREAD.values(), ids=UNREAD)
def test_a_form_without_the_proof_is_refused_in_words(
    browser: FlaskClient, token_of: Callable[[str], str], proof: str
) -> None:
    """Whatever stands in its place, and the session goes on."""
    sign_in(browser, token_of("theatre-b"))
    response = sign_out(browser, proof=proof)
    assert response.status_code == 403
    assert "another session" in response.get_json()["details"]["en"]
    assert "Sign out" in browser.get("/en/", base_url=SITE, headers=BROWSER).text


def test_the_proof_of_another_session_is_worth_nothing(
    agreed_app: Flask, token_of: Callable[[str], str]
) -> None:
    """Nor that of another session of the same party: it is bound to one cookie."""
    theirs, hers = agreed_app.test_client(), agreed_app.test_client()
    proof = sign_in(theirs, token_of("theatre-b"))
    sign_in(hers, token_of("chercheuse"))
    assert sign_out(hers, proof=proof).status_code == 403


def test_every_form_of_the_site_is_guarded(
    agreed_app: Flask, token_of: Callable[[str], str]
) -> None:
    """A route that takes anything but reading is refused without the proof, also a new one."""
    client = agreed_app.test_client()
    sign_in(client, token_of("theatre-b"))
    guarded = [
        (rule, method)
        for rule in agreed_app.url_map.iter_rules()
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


def test_who_has_no_session_needs_no_proof(browser: FlaskClient) -> None:
    """There is nothing that another site could use; a page of nobody holds none."""
    assert sign_out(browser).status_code == 303
    assert not HIDDEN.search(browser.get("/en/", base_url=SITE, headers=BROWSER).text)


def test_a_program_that_shows_its_token_needs_no_proof(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """No site could have made it send the header."""
    headers = {"Authorization": f"Bearer {token_of('theatre-b')}"}
    assert browser.post("/logout", base_url=SITE, headers=headers).status_code == 303

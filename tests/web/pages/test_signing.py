"""Signing in: a session instead of the token, for this site alone, which ends with its token."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings, knowledge
from parvis.ledger import Credential
from parvis.pooling.serving.readers import create_token, revoke_token
from parvis.web import create_app
from parvis.web.http import access as sessions

SITE = "https://pool.test/"
BROWSER = {"Accept": "text/html"}


def sign_in(client: FlaskClient, token: str, **headers: str) -> TestResponse:
    """Send the form as a browser does."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/en/login", base_url=SITE, data={"token": token}, headers=told)


def open_page(client: FlaskClient, path: str = "/en/login") -> TestResponse:
    """Open a page as a browser does."""
    return client.get(path, base_url=SITE, headers=BROWSER)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[tuple[FlaskClient, str]]:
    """Give a client of a pool on plain http in which nothing is published, and a token of it."""
    settings = Settings(data=tmp_path, catalog=knowledge("catalog") / "demo")
    app = create_app(settings)
    app.testing = True
    yield app.test_client(), create_token(settings, "theatre-lanterne").text
    app.extensions["parvis"].close()


def test_a_token_is_exchanged_for_a_cookie_of_this_host_alone(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """The cookie is out of reach of scripts and of other sites, and holds no secret."""
    token = token_of("theatre-b")
    response = sign_in(browser, f" {token}\n")
    assert (response.status_code, response.location) == (303, "/en/")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-parvis=")
    attributes = {part.strip() for part in cookie.split(";")}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict", "Max-Age=43200"} <= attributes
    assert "Domain" not in cookie
    assert token.split("_")[2] not in cookie


@pytest.mark.parametrize(
    ("lang", "name"), [("fr", "Théâtre B (inventé)"), ("en", "Theatre B (invented)")]
)
def test_every_page_tells_who_is_signed_in(
    browser: FlaskClient, token_of: Callable[[str], str], lang: str, name: str
) -> None:
    """Until one signs out, by a form of this site; such pages are kept in no cache."""
    sign_in(browser, token_of("theatre-b"))
    page = open_page(browser, f"/{lang}/catalog")
    assert name in page.get_data(as_text=True)
    assert page.cache_control.no_store
    assert page.cache_control.private
    assert {"Authorization", "Cookie"} <= set(page.vary)
    assert "ETag" not in page.headers
    found = re.search(r'name="proof" value="([^"]+)"', page.get_data(as_text=True))
    assert found is not None
    told = {"proof": found[1]}
    assert browser.post("/logout", base_url=SITE, data=told).status_code == 303
    assert name not in open_page(browser, f"/{lang}/login").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/catalog", "/ontology", "/nowhere", "/health"])
def test_a_session_ends_with_its_token(
    browser: FlaskClient, agreed: Settings, token_of: Callable[[str], str], path: str
) -> None:
    """The next request is told so, once and on every route, and the cookie is gone."""
    token = token_of("theatre-b")
    sign_in(browser, token)
    revoke_token(agreed, token.split("_")[1])
    response = open_page(browser, path)
    assert response.status_code == 401
    assert response.headers["Set-Cookie"].startswith("__Host-parvis=;")
    assert open_page(browser, path).status_code in {200, 404}


def test_a_session_ends_after_half_a_day(
    browser: FlaskClient, token_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cookie that somebody kept is refused, whatever the browser did."""
    sign_in(browser, token_of("theatre-b"))
    later = time.time() + sessions.SESSION_SECONDS + 2
    monkeypatch.setattr(time, "time", lambda: later)
    assert open_page(browser, "/en/catalog").status_code == 401


@pytest.mark.parametrize("kept", ["", "x", "ImRMSE04bnRWIg.awYPKQ.hOttMKzcApy19bBxeICC"])
def test_a_forged_cookie_is_refused(browser: FlaskClient, kept: str) -> None:
    """It is told and taken away, and stands in nobody's way to sign in."""
    browser.set_cookie("__Host-parvis", kept, domain="pool.test", secure=True)
    assert open_page(browser).status_code == 200
    assert open_page(browser, "/en/catalog").status_code == 401
    assert open_page(browser, "/en/catalog").status_code == 200


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_wrong_token_is_told_and_not_repeated(browser: FlaskClient, lang: str) -> None:
    """The form comes back with the sentence; what was typed is in no answer."""
    stranger = Credential.new().reveal()
    for typed in (stranger, stranger[:-1], ""):
        response = browser.post(f"/{lang}/login", base_url=SITE, data={"token": typed})
        page = response.get_data(as_text=True)
        assert response.status_code == 401
        assert 'role="alert"' in page
        assert "Set-Cookie" not in response.headers
        assert not typed or typed not in page + str(response.headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_forms_of_other_sites_are_refused(
    browser: FlaskClient, token_of: Callable[[str], str], headers: dict[str, str]
) -> None:
    """Nobody is signed in, or out, by a page that is not ours."""
    assert sign_in(browser, token_of("theatre-b"), **headers).status_code == 403
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    response = browser.post("/logout", base_url=SITE, headers=told)
    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "same-origin"}, {"Origin": "https://pool.test"}, {}]
)
def test_our_own_form_is_accepted(
    browser: FlaskClient, token_of: Callable[[str], str], headers: dict[str, str]
) -> None:
    """By what browsers say of it, old and new; programs say nothing."""
    assert sign_in(browser, token_of("theatre-b"), **headers).status_code == 303


def test_the_address_never_holds_a_token(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """Addresses end up in logs and histories: a token in one is not read."""
    token = token_of("theatre-b")
    response = browser.get(f"/en/login?token={token}&access_token={token}", base_url=SITE)
    assert "Set-Cookie" not in response.headers
    assert "Theatre B" not in response.get_data(as_text=True)
    assert browser.get("/logout", base_url=SITE).status_code == 405


def test_a_pool_on_ones_own_machine_needs_no_https(local: tuple[FlaskClient, str]) -> None:
    """Browsers keep no __Host- cookie there: it has another name, and all else is the same."""
    client, token = local
    response = client.post("/login", base_url="http://localhost:8000/", data={"token": token})
    assert response.headers["Set-Cookie"].startswith("parvis=")
    assert "Secure" not in response.headers["Set-Cookie"]
    page = client.get("/en/login", base_url="http://localhost:8000/").get_data(as_text=True)
    assert "You read as http://localhost:8000/id/partner/theatre-lanterne." in page


def test_a_token_is_not_taken_over_an_open_line(local: tuple[FlaskClient, str]) -> None:
    """Plain http from another machine is refused before one is typed, with what is to be done."""
    client, token = local
    site = "http://pool.test/"
    for response in (
        client.get("/login", base_url=site),
        client.post("/login", base_url=site, data={"token": token}),
    ):
        assert response.status_code == 403
        assert "HTTPS" in response.get_json()["details"]["en"]

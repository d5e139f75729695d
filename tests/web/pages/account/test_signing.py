"""Signing in exchanges a token for a session of this site, which ends with the token."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings, clock, knowledge
from parvis.ledger import Credential
from parvis.pooling.serving.readers import SESSION, create_token, revoke_token
from parvis.web import create_app

SITE = "https://pool.test/"
BROWSER = {"Accept": "text/html"}


def sign_in(client: FlaskClient, token: str, **headers: str) -> TestResponse:
    """Send the form as a browser does."""
    sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/en/login", base_url=SITE, data={"token": token}, headers=sent_headers)


def open_page(client: FlaskClient, path: str = "/en/login") -> TestResponse:
    """Open a page as a browser does."""
    return client.get(path, base_url=SITE, headers=BROWSER)


@pytest.fixture
def local_client(tmp_path: Path) -> Iterator[tuple[FlaskClient, str]]:
    """Return a client of an unpublished pool on plain http, and a token of it."""
    settings = Settings(data=tmp_path, catalog=knowledge("catalog") / "demo")
    app = create_app(settings)
    app.testing = True
    yield app.test_client(), create_token(settings, "theatre-lanterne").text
    app.extensions["parvis"].close()


def test_a_token_is_exchanged_for_a_cookie_of_this_host_only(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """Scripts and other sites cannot read the cookie, and it holds no secret."""
    token = issue_token("theatre-b")
    response = sign_in(browser, f" {token}\n")
    assert (response.status_code, response.location) == (303, "/en/my")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-parvis=")
    attributes = {part.strip() for part in cookie.split(";")}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict", "Max-Age=43200"} <= attributes
    assert "Domain" not in cookie
    assert token.split("_")[2] not in cookie


@pytest.mark.parametrize(
    ("lang", "name"), [("fr", "Théâtre B (inventé)"), ("en", "Theatre B (invented)")]
)
def test_every_page_names_the_signed_in_party(
    browser: FlaskClient, issue_token: Callable[[str], str], lang: str, name: str
) -> None:
    """Until it signs out, by a form of this site; no cache stores such pages."""
    sign_in(browser, issue_token("theatre-b"))
    page = open_page(browser, f"/{lang}/catalog")
    assert name in page.get_data(as_text=True)
    assert page.cache_control.no_store
    assert page.cache_control.private
    assert {"Authorization", "Cookie"} <= set(page.vary)
    assert "ETag" not in page.headers
    match = re.search(r'name="proof" value="([^"]+)"', page.get_data(as_text=True))
    assert match is not None
    fields = {"proof": match[1]}
    assert browser.post("/logout", base_url=SITE, data=fields).status_code == 303
    assert name not in open_page(browser, f"/{lang}/login").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/catalog", "/ontology", "/nowhere", "/health"])
def test_a_session_ends_with_its_token(
    browser: FlaskClient, research_settings: Settings, issue_token: Callable[[str], str], path: str
) -> None:
    """The next request on any route gets 401 once, and the cookie is deleted."""
    token = issue_token("theatre-b")
    sign_in(browser, token)
    revoke_token(research_settings, token.split("_")[1])
    response = open_page(browser, path)
    assert response.status_code == 401
    assert response.headers["Set-Cookie"].startswith("__Host-parvis=;")
    assert open_page(browser, path).status_code in {200, 404}


def test_a_session_ends_after_half_a_day(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """An expired cookie is refused even if the browser kept it."""
    sign_in(browser, issue_token("theatre-b"))
    cookie = browser.get_cookie("__Host-parvis", domain="pool.test")
    assert cookie is not None
    later = clock.machine_time() + SESSION + timedelta(seconds=2)
    with clock.set_clock(lambda: later):
        browser.set_cookie("__Host-parvis", cookie.value, domain="pool.test", secure=True)
        assert open_page(browser, "/en/catalog").status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "ImRMSE04bnRWIg.awYPKQ.hOttMKzcApy19bBxeICC"])
def test_a_forged_cookie_is_refused(browser: FlaskClient, cookie: str) -> None:
    """It is deleted, and does not prevent signing in."""
    browser.set_cookie("__Host-parvis", cookie, domain="pool.test", secure=True)
    assert open_page(browser).status_code == 200
    assert open_page(browser, "/en/catalog").status_code == 401
    assert open_page(browser, "/en/catalog").status_code == 200


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_wrong_token_is_refused_and_not_repeated(browser: FlaskClient, lang: str) -> None:
    """The form comes back with an explanation; no response holds the typed text."""
    unknown_token = Credential.new().reveal()
    for typed in (unknown_token, unknown_token[:-1], ""):
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
    browser: FlaskClient, issue_token: Callable[[str], str], headers: dict[str, str]
) -> None:
    """They can neither sign in nor sign out."""
    assert sign_in(browser, issue_token("theatre-b"), **headers).status_code == 403
    sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    response = browser.post("/logout", base_url=SITE, headers=sent_headers)
    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "same-origin"}, {"Origin": "https://pool.test"}, {}]
)
def test_our_own_form_is_accepted(
    browser: FlaskClient, issue_token: Callable[[str], str], headers: dict[str, str]
) -> None:
    """With the headers of old and new browsers, and without any."""
    assert sign_in(browser, issue_token("theatre-b"), **headers).status_code == 303


def test_a_token_in_an_address_is_ignored(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """Addresses end up in logs and histories."""
    token = issue_token("theatre-b")
    response = browser.get(f"/en/login?token={token}&access_token={token}", base_url=SITE)
    assert "Set-Cookie" not in response.headers
    assert "Theatre B" not in response.get_data(as_text=True)
    assert browser.get("/logout", base_url=SITE).status_code == 405


def test_a_local_pool_needs_no_https(local_client: tuple[FlaskClient, str]) -> None:
    """Browsers accept no __Host- cookie there, so the cookie has another name."""
    client, token = local_client
    response = client.post("/login", base_url="http://localhost:8000/", data={"token": token})
    assert response.headers["Set-Cookie"].startswith("parvis=")
    assert "Secure" not in response.headers["Set-Cookie"]
    page = client.get("/en/login", base_url="http://localhost:8000/").get_data(as_text=True)
    assert "You read as Théâtre de la Lanterne (invented)." in page


def test_a_token_is_refused_over_plain_http(local_client: tuple[FlaskClient, str]) -> None:
    """Before it is typed; the message names HTTPS."""
    client, token = local_client
    site = "http://pool.test/"
    for response in (
        client.get("/login", base_url=site),
        client.post("/login", base_url=site, data={"token": token}),
    ):
        assert response.status_code == 403
        assert "HTTPS" in response.get_json()["details"]["en"]


@pytest.mark.parametrize(
    ("following", "leads_to"),
    [
        ("/catalog", "/en/catalog"),
        ("/dataset/theatre-b/billets", "/en/dataset/theatre-b/billets"),
        ("//evil.example/", "/en/my"),
        ("https://evil.example/", "/en/my"),
        ("/\\evil.example", "/en/my"),
        ("/logout", "/en/my"),
        ("", "/en/my"),
    ],
)
def test_signing_in_leads_back_to_a_page_of_this_site_only(
    browser: FlaskClient, issue_token: Callable[[str], str], following: str, leads_to: str
) -> None:
    """A link to the form may come from anywhere."""
    data = {"token": issue_token("theatre-b"), "next": following}
    response = browser.post("/en/login", base_url=SITE, data=data)
    assert (response.status_code, response.location) == (303, leads_to)


def test_the_form_says_who_may_have_an_account_and_how_to_ask(browser: FlaskClient) -> None:
    page = open_page(browser, "/fr/login?next=/catalog").get_data(as_text=True)
    assert "Pas de compte" in page
    assert 'href="/fr/contact"' in page
    assert '<input type="hidden" name="next" value="/catalog">' in page

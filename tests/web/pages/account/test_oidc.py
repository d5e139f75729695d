"""An account at a provider signs in the person whose invitation was accepted with it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from joserfc.jwk import RSAKey

from parvis.config import OpenIdSettings, Settings
from parvis.errors import UsageError
from parvis.ledger import PEOPLE, Audit, People
from parvis.pooling import people
from parvis.web import create_app
from tests.authenticator import Authenticator
from tests.openid import CLIENT, SECRET, Provider, provider_on_loopback
from tests.web.conftest import FixedIdClient, make_client
from tests.web.pages.account.conftest import SITE, Visitor

CALLBACK = f"{SITE}login/oidc/callback"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Run a provider."""
    with provider_on_loopback() as running:
        yield running


@pytest.fixture(autouse=True)
def _honest(provider: Provider) -> None:
    """Let the provider tell the truth again."""
    fresh = Provider(provider.issuer)
    for name in ("subject", "claims", "metadata", "algorithm", "stranger", "requests"):
        setattr(provider, name, getattr(fresh, name))


@pytest.fixture(scope="module")
def oidc_app(
    research_settings: Settings, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """Make the application with the provider configured."""
    secret = tmp_path_factory.mktemp("secret") / "client"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    configured = OpenIdSettings(provider.issuer, CLIENT, str(secret), "Mon école", "My school")
    app = create_app(replace(research_settings, oidc=configured))
    app.testing = True
    app.test_client_class = FixedIdClient
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def visitor(oidc_app: Flask) -> Callable[[], Visitor]:
    """Return a function that makes a visitor of that application."""
    return lambda: Visitor(make_client(oidc_app), Authenticator(SITE.rstrip("/")))


New = Callable[[], Visitor]


def follow(visitor: Visitor, address: str) -> Any:  # noqa: ANN401 - a response
    """Let the provider answer, and open the address that it sends the browser back to."""
    sent = requests.get(address, allow_redirects=False, timeout=5)
    location = sent.headers["Location"]
    assert location.startswith(CALLBACK)
    response = visitor.open(location.removeprefix(SITE.rstrip("/")))
    return visitor.open(response.location) if response.status_code == 303 else response


def accept(visitor: Visitor, settings: Settings, name: str = "Ana") -> Any:  # noqa: ANN401 - the same
    """Accept an invitation with the account."""
    code = people.invite(settings, "theatre-b", "editor").link.rpartition("/")[2]
    assert "My school" in visitor.open(f"/en/invitation/{code}").text
    onward = visitor.post(f"/en/invitation/{code}/account", name=name, language="en")
    assert onward.status_code == 200, onward.text
    address = onward.text.partition('content="0; url=')[2].partition('"')[0]
    return follow(visitor, address.replace("&amp;", "&"))


def sign_in(visitor: Visitor, path: str = "/en/login/oidc?next=/account") -> Any:  # noqa: ANN401
    """Sign in by the account."""
    response = visitor.open(path)
    assert response.status_code == 303
    return follow(visitor, response.location)


def test_an_invitation_is_accepted_with_an_account_that_signs_in_from_then_on(
    visitor: New, research_settings: Settings, provider: Provider
) -> None:
    """The page after it is of this site, since no strict cookie comes along from another."""
    person = visitor()
    joined = accept(person, research_settings)
    assert joined.status_code == 200
    assert 'content="0; url=' in joined.text
    assert 'value="Ana"' in person.open("/en/account").text
    person.send("/logout")
    answered = sign_in(person)
    assert 'url=/en/account"' in answered.text
    assert "SameSite=Strict" in str(answered.headers.getlist("Set-Cookie"))
    assert 'value="Ana"' in person.open("/en/account").text
    asked = provider.requests[-1]
    assert asked["code_challenge_method"] == "S256"
    assert (asked["scope"], asked["redirect_uri"]) == ("openid", CALLBACK)
    assert asked["state"] not in {request["state"] for request in provider.requests[:-1]}


def test_an_account_that_accepted_no_invitation_opens_nothing(
    visitor: New, research_settings: Settings, provider: Provider
) -> None:
    """Whatever email it says that it has."""
    accept(visitor(), research_settings)
    provider.subject = "subject-2"
    provider.claims = {"email": "ana@theatre.example", "email_verified": True}
    stranger = visitor()
    response = sign_in(stranger)
    assert response.status_code == 401
    assert "linked to nobody" in response.text
    assert stranger.cookie == ""


def test_one_account_is_one_persons(
    visitor: New, research_settings: Settings, provider: Provider
) -> None:
    accept(visitor(), research_settings)
    second = accept(visitor(), research_settings, "Other")
    assert second.status_code == 401
    assert [card.name for card in people.list_people(research_settings)] == ["Ana"]
    assert provider.requests


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"aud": "another client"}},
        {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
        {"claims": {"exp": 1_000}},
        {"claims": {"exp": None}},
        {"claims": {"sub": None}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": 7}},
        {"claims": {"sub": "x" * 256}},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"stranger": RSAKey.generate_key(2048, {"kid": "1"})},
    ],
    ids=str,
)
def test_a_token_that_is_not_the_providers_for_this_step_is_refused(
    visitor: New, research_settings: Settings, provider: Provider, lie: dict[str, Any]
) -> None:
    accept(visitor(), research_settings)
    for name, value in lie.items():
        setattr(provider, name, value)
    person = visitor()
    response = sign_in(person)
    assert response.status_code == 401
    assert person.cookie == ""


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "http://localhost:1"}, {"token_endpoint": 7}, {"jwks_uri": "ftp://x/"}],
    ids=str,
)
def test_a_provider_that_describes_another_is_not_used(
    visitor: New, provider: Provider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    response = visitor().open("/en/login/oidc")
    assert response.status_code == 503
    assert "OpenID Connect" in response.text


def test_an_answer_belongs_to_the_browser_that_asked_and_serves_once(
    visitor: New, research_settings: Settings
) -> None:
    """By its state; another provider’s answer is refused too."""
    person, thief = visitor(), visitor()
    accept(person, research_settings)
    person.send("/logout")
    begun = person.open("/login/oidc").location
    location = requests.get(begun, allow_redirects=False, timeout=5).headers["Location"]
    path = location.removeprefix(SITE.rstrip("/"))
    assert thief.open(path).status_code == 401
    thief.open("/login/oidc")
    assert thief.open(path).status_code == 401
    mixed = path.replace("iss=http", "iss=https")
    assert person.open(mixed).status_code == 401
    step = person.client.get_cookie("__Host-parvis-step", domain="pool.test")
    assert step is not None
    assert person.open(path).status_code == 200
    person.client.set_cookie("__Host-parvis-step", step.value, domain="pool.test", secure=True)
    assert person.open(path).status_code == 401


def begin_link(visitor: Visitor) -> str:
    """Ask to link an account; return the provider's address."""
    onward = visitor.send("/en/account/provider")
    assert onward.status_code == 200, onward.text
    address = onward.text.partition('content="0; url=')[2].partition('"')[0]
    return address.replace("&amp;", "&")


def test_who_has_a_passkey_links_an_account_and_unlinks_it(
    join: Callable[[], Visitor], visitor: New, research_settings: Settings
) -> None:
    """Each is in the trail; the account signs in only in between."""
    person, elsewhere = join(), visitor()
    assert "Link My school" in person.open("/en/account").text
    linked = follow(person, begin_link(person))
    assert linked.status_code == 200
    assert "The account is linked" in person.open("/en/account?done=linked").text
    assert 'url=/en/account"' in sign_in(elsewhere).text
    assert person.send("/en/account/provider/remove").status_code == 303
    assert sign_in(visitor()).status_code == 401
    acts = [link.entry["act"] for link in Audit(research_settings.data).latest(PEOPLE, 2)]
    assert acts == ["account-unlinked", "account-linked"]
    assert "no account" in person.send("/en/account/provider/remove").text


def test_the_only_way_in_is_not_unlinked(visitor: New, research_settings: Settings) -> None:
    person = visitor()
    accept(person, research_settings)
    refused = person.send("/en/account/provider/remove")
    assert refused.status_code == 400
    assert "the only way in" in refused.text
    person.send("/logout")
    assert sign_in(person).status_code == 200


def test_an_account_is_linked_to_nobody_else_and_only_once(
    join: Callable[[], Visitor], visitor: New, research_settings: Settings, provider: Provider
) -> None:
    accept(visitor(), research_settings)
    person = join()
    taken = follow(person, begin_link(person))
    assert taken.status_code == 401
    assert "another person" in taken.text
    provider.subject = "subject-2"
    assert follow(person, begin_link(person)).status_code == 200
    provider.subject = "subject-3"
    second = follow(person, begin_link(person))
    assert second.status_code == 400
    assert "unlink it first" in second.text


@pytest.mark.parametrize("end", ["session", "person"])
def test_no_account_is_linked_in_a_session_that_has_ended(
    join: Callable[[], Visitor], research_settings: Settings, end: str
) -> None:
    """Else who has stolen a session would keep a way in for ever."""
    person = join()
    address = begin_link(person)
    (card,) = people.list_people(research_settings)
    if end == "session":
        people.end_sessions(research_settings, card.pseudonym)
    else:
        people.remove(research_settings, card.pseudonym)
    assert follow(person, address).status_code == 401
    assert People(research_settings.data).subjects(card.pseudonym) == []


def test_who_does_not_agree_at_the_provider_comes_back_to_signing_in(visitor: New) -> None:
    person = visitor()
    person.open("/en/login/oidc")
    response = person.open("/en/login/oidc/callback?error=access_denied")
    assert response.status_code == 401
    assert "did not agree" in response.text


def test_only_a_path_of_this_site_follows(visitor: New, research_settings: Settings) -> None:
    person = visitor()
    accept(person, research_settings)
    answered = sign_in(person, "/en/login/oidc?next=https://evil.example/")
    assert "evil.example" not in answered.text


def test_a_provider_inside_the_network_is_called_at_its_own_host_alone(
    visitor: New, provider: Provider
) -> None:
    """What it names elsewhere inside is not."""
    port = urlsplit(provider.issuer).port
    provider.metadata = {"token_endpoint": f"http://127.0.0.1:{port}/token"}
    person = visitor()
    response = sign_in(person)
    assert response.status_code == 400
    assert "127.0.0.1" in response.text


def test_without_a_provider_nothing_of_it_is_offered(
    research_app: Flask, research_settings: Settings
) -> None:
    person = Visitor(make_client(research_app), Authenticator(SITE.rstrip("/")))
    assert "login/oidc" not in person.open("/en/login").text
    response = person.open("/en/login/oidc")
    assert response.status_code == 400
    assert "use a passkey" in response.text
    assert not research_settings.oidc


@pytest.mark.parametrize(
    ("issuer", "client"),
    [
        ("http://login.example", "x"),
        ("https://login.example?x", "x"),
        ("https://login.example", ""),
        ("file:///etc", "x"),
    ],
)
def test_wrong_settings_of_a_provider_are_refused(issuer: str, client: str) -> None:
    with pytest.raises(UsageError):
        OpenIdSettings(issuer, client)


def test_the_secret_of_the_client_is_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("abc \nmore", encoding="utf-8")
    assert OpenIdSettings("https://login.example", "x", str(file)).secret() == "abc"
    with pytest.raises(UsageError):
        OpenIdSettings("https://login.example", "x", str(tmp_path / "none")).secret()

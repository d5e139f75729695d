"""People who join the pool with a researcher, each with a browser of their own."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.ledger import People
from parvis.pooling import people
from tests.authenticator import Authenticator
from tests.web.conftest import make_client

SITE = "https://pool.test/"
BROWSER = {"Accept": "text/html"}
COOKIE = "__Host-parvis"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PROOF = re.compile(r'name="proof" value="([^"]+)"')


@dataclass
class Visitor:
    """A browser and the passkey on its device."""

    client: FlaskClient
    device: Authenticator

    def open(self, path: str) -> TestResponse:
        """Open a page."""
        headers = {**BROWSER, "User-Agent": FIREFOX}
        return self.client.get(path, base_url=SITE, headers=headers)

    def send(self, path: str, **fields: str) -> TestResponse:
        """Send a form with the CSRF token of the session, as its pages have it."""
        match = PROOF.search(self.open("/en/account").text)
        fields = {"proof": match[1] if match else "", **fields}
        return self.post(path, **fields)

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form as it is."""
        headers = {**BROWSER, "User-Agent": FIREFOX}
        return self.client.post(path, base_url=SITE, data=fields, headers=headers)

    def options(self, **fields: str) -> dict[str, Any]:
        """Ask for the options of a ceremony."""
        response = self.post("/passkey/options", **fields)
        assert response.status_code == 200, response.text
        return dict(response.get_json())

    def accept(self, link: str, name: str = "Ana Essai", **fields: str) -> TestResponse:
        """Accept an invitation."""
        code = link.rpartition("/")[2]
        answer = self.device.register(self.options(purpose="join", code=code, name=name))
        return self.post(
            f"/en/invitation/{code}", name=name, language="en", credential=answer, **fields
        )

    def sign_in(self) -> TestResponse:
        """Sign in by the passkey."""
        answer = self.device.sign_in(self.options(purpose="sign-in"))
        return self.post("/en/login/passkey", credential=answer)

    @property
    def cookie(self) -> str:
        """Return the content of the session's cookie."""
        cookie = self.client.get_cookie(COOKIE, domain="pool.test")
        return cookie.value if cookie else ""

    def replay(self, cookie: str) -> TestResponse:
        """Open a page of an account with a cookie of another browser."""
        self.client.set_cookie(COOKIE, cookie, domain="pool.test", secure=True)
        return self.open("/en/account")


@pytest.fixture
def visitor(research_app: Flask) -> Callable[[], Visitor]:
    """Return a function that makes a visitor who has nothing yet."""
    return lambda: Visitor(make_client(research_app), Authenticator(SITE.rstrip("/")))


@pytest.fixture
def join(visitor: Callable[[], Visitor], research_settings: Settings) -> Callable[..., Visitor]:
    """Return a function that makes a person of a party, signed in."""

    def join_party(party: str = "theatre-b", role: str = "editor", name: str = "Ana") -> Visitor:
        person = visitor()
        link = people.invite(research_settings, party, role).link
        assert person.accept(link, name, email="ana@theatre.example").status_code == 303
        return person

    return join_party


@pytest.fixture(autouse=True)
def _leave(research_settings: Settings) -> Any:  # noqa: ANN401 - a generator
    """Remove everybody after a test: the pool is the session's."""
    yield
    for person in People(research_settings.data).all():
        people.remove(research_settings, person.pseudonym)
    for invitation in people.list_invitations(research_settings):
        people.withdraw_invitation(research_settings, invitation.id)

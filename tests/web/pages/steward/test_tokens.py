"""The steward creates, replaces and revokes tokens in a browser, as by the commands."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.ledger import Act, Audit
from parvis.pooling.serving.readers import list_tokens

SITE = "https://pool.test/"
TOKEN = re.compile(r"parvis_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}")
Send = Callable[..., TestResponse]


@pytest.fixture
def send(browser: FlaskClient, issue_token: Callable[[str], str]) -> Send:
    """Return a function that sends a form of the steward’s page."""
    headers = {"Authorization": f"Bearer {issue_token('tiers')}", "Accept": "text/html"}

    def send_form(path: str = "/en/steward/tokens", **fields: str | list[str]) -> TestResponse:
        return browser.post(path, base_url=SITE, headers=headers, data=fields)

    return send_form


def test_a_token_is_created_shown_once_replaced_and_revoked(
    send: Send, browser: FlaskClient, research_settings: Settings
) -> None:
    """The trail says that a steward did it."""
    form = {"party": "chercheuse", "scope": "read", "days": "30", "label": "essai\x1b"}
    page = send(**form, purpose=["research", "none"]).text
    (text,) = set(TOKEN.findall(page))
    headers = {"Authorization": f"Bearer {text}"}
    assert browser.get("/catalog.ttl", base_url=SITE, headers=headers).status_code == 200
    (token,) = [t for t in list_tokens(research_settings) if t["id"] == text.split("_")[1]]
    assert token["label"] == "essai"
    assert token["purposes"] == ["https://w3id.org/dpv#ResearchAndDevelopment"]
    second = send(f"/en/steward/tokens/{token['id']}/rotate").text
    (replacing,) = set(TOKEN.findall(second)) - {text}
    for name in (token["id"], replacing.split("_")[1]):
        assert send(f"/en/steward/tokens/{name}/revoke").status_code == 303
    assert browser.get("/catalog.ttl", base_url=SITE, headers=headers).status_code == 401
    (link,) = Audit(research_settings.data).latest([Act.TOKEN_REVOKED], 1)
    assert (link.entry["role"], link.entry["by"]) == ("steward", f"{SITE}id/partner/tiers")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"party": "nobody"}, 404),
        ({"party": "chercheuse", "scope": "everything"}, 400),
        ({"party": "chercheuse", "scope": "host"}, 400),
        ({"party": "chercheuse", "days": "0"}, 400),
        ({"party": "chercheuse", "days": "9" * 5_000}, 400),
        ({"party": "chercheuse", "label": "x" * 10_000}, 400),
    ],
)
def test_a_wrong_form_creates_nothing(
    send: Send, research_settings: Settings, fields: dict[str, str], status: int
) -> None:
    before = list_tokens(research_settings)
    assert send(**fields).status_code == status
    assert list_tokens(research_settings) == before


def test_the_page_is_for_the_steward_alone(
    browser: FlaskClient, issue_token: Callable[[str], str], research_settings: Settings
) -> None:
    """No list, and no secret in the steward’s."""
    headers = {"Authorization": f"Bearer {issue_token('theatre-b')}"}
    assert browser.get("/steward/tokens", base_url=SITE, headers=headers).status_code == 403
    assert browser.post("/steward/tokens", base_url=SITE, headers=headers).status_code == 403
    assert browser.get("/steward/tokens", base_url=SITE).status_code == 403
    steward = {"Authorization": f"Bearer {issue_token('tiers')}", "Accept": "application/json"}
    listed = browser.get("/steward/tokens", base_url=SITE, headers=steward)
    assert {entry["id"] for entry in listed.get_json()} == {
        entry["id"] for entry in list_tokens(research_settings)
    }
    assert not TOKEN.search(listed.text)

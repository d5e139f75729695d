"""A partner deposits a file on the site, the steward decides, the partner sees the decision."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.pooling.serving.readers import create_token
from parvis.store.files import writing

BROWSER = "text/html"
SAMPLE = Path(__file__).parents[3] / "cases" / "pool" / "theatre-b" / "spectacles"
GIVE, QUEUE = "/en/give/spectacles", "/en/steward/queue"


@dataclass(frozen=True)
class Person:
    """A person or a program with a token."""

    client: FlaskClient
    token: str
    accept: str = BROWSER

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": self.accept}

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers())

    def post(self, path: str, **data: object) -> TestResponse:
        return self.client.post(path, data=data, headers=self.headers())

    def deposit(self, content: bytes) -> TestResponse:
        return self.post(GIVE, file=(io.BytesIO(content), "été.csv"))


@pytest.fixture
def make_person(editable_client: FlaskClient, editable_settings: Settings) -> Callable[..., Person]:
    """Return a function that makes a person with a token."""

    def make(party: str, scope: str | None = None, accept: str = BROWSER) -> Person:
        return Person(
            editable_client, create_token(editable_settings, party, scope=scope).text, accept
        )

    return make


def read_sample() -> bytes:
    return (SAMPLE / "spectacles.csv").read_bytes()


def test_a_deposit_is_reviewed_and_accepted(make_person: Callable[..., Person]) -> None:
    """The partner's page shows each step; the steward's shows the report and why it waits."""
    partner, steward = make_person("theatre-b", "give"), make_person("tiers")
    assert "Spectacles" not in partner.get(GIVE).text.partition("<main")[0]
    page = partner.deposit(read_sample()).text
    assert "it waits for the steward, until" in page
    assert "été.csv" in partner.get("/en/give").text
    listed = steward.get(QUEUE).text
    assert "Shows (invented)" in listed
    (name,) = {part.split('"')[0] for part in listed.split("/en/steward/queue/")[1:]}
    review = steward.get(f"{QUEUE}/{name}").text
    assert "no rule that accepts" in review
    assert "What was found" in review
    decision = steward.post(f"{QUEUE}/{name}/accept")
    assert (decision.status_code, decision.location) == (303, f"{QUEUE}/{name}")
    history = partner.get(GIVE).text
    assert "by the steward" in history
    assert "No file waits" in steward.get(QUEUE).text


def test_the_partner_reads_the_reason_of_a_refusal(
    make_person: Callable[..., Person], editable_settings: Settings
) -> None:
    """Its markup is escaped; programs do the same in JSON."""
    partner, steward = make_person("theatre-b", "give", "application/json"), make_person("tiers")
    outcome = partner.deposit(read_sample()).get_json()
    name = outcome["deposit"]["id"]
    assert outcome["accepted"] is True
    path = f"{QUEUE}/{name}"
    assert steward.post(f"{path}/refuse", reason=" ").status_code == 400
    with writing(editable_settings.data):  # a refusal does not wait for a command that writes
        assert steward.post(f"{path}/refuse", reason="<b>trop tôt</b>").status_code == 303
    page = make_person("theatre-b", "give").get(GIVE).text
    assert "&lt;b&gt;trop tôt&lt;/b&gt;" in page
    assert steward.post(f"{path}/accept").status_code == 400
    (refused,) = partner.get(GIVE).get_json()["deposits"]
    assert (refused["state"], refused["reason"]) == ("refused", {"en": "<b>trop tôt</b>"})


def test_an_invalid_deposit_is_not_stored(
    make_person: Callable[..., Person], editable_settings: Settings
) -> None:
    """The page shows the report; nothing waits for a decision."""
    partner = make_person("theatre-b", "give")
    page = partner.deposit(read_sample().replace(b"2026-11-25", b"31/02/2025")).text
    assert "refused as it is, and not kept" in page
    assert "31/02/2025" in page
    assert not (editable_settings.data / "deposits").exists()


def test_a_decision_is_503_while_a_command_writes(
    make_person: Callable[..., Person], editable_settings: Settings
) -> None:
    """With Retry-After, for the partner made no mistake."""
    partner, steward = make_person("theatre-b", "give", "application/json"), make_person("tiers")
    name = partner.deposit(read_sample()).get_json()["deposit"]["id"]
    with writing(editable_settings.data):
        response = steward.post(f"{QUEUE}/{name}/accept")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert str(editable_settings.data) not in response.text
    assert steward.post(f"{QUEUE}/{name}/accept").status_code == 303


def test_readers_without_permission_may_not_deposit_or_decide(
    make_person: Callable[..., Person], editable_client: FlaskClient
) -> None:
    """A token that only reads allows neither."""
    assert "Sign in" in editable_client.get("/en/give", headers={"Accept": BROWSER}).text
    reader, giver = make_person("theatre-b"), make_person("theatre-b", "give")
    assert reader.get(GIVE).status_code == 403
    assert reader.deposit(read_sample()).status_code == 403
    assert editable_client.post(GIVE, data={}).status_code == 403
    for path in (QUEUE, f"{QUEUE}/x"):
        assert giver.get(path).status_code == 403
    assert giver.post(f"{QUEUE}/x/accept").status_code == 403


@pytest.mark.parametrize("name", ["nothing", "..", "spectacles%2F..", "reserve/../spectacles"])
def test_a_dataset_of_another_party_answers_as_an_absent_one(
    make_person: Callable[..., Person], name: str
) -> None:
    """The steward has no dataset of that name, though a partner does."""
    assert make_person("theatre-b", "give").get(f"/en/give/{name}").status_code in {308, 404}
    assert make_person("tiers").get(GIVE).status_code == 404

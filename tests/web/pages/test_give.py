"""A partner gives a file on the site, the steward decides, the partner sees what became of it."""

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
SAMPLE = Path(__file__).parents[2] / "cases" / "pool" / "theatre-b" / "spectacles"
GIVE, QUEUE = "/en/give/spectacles", "/en/steward/queue"


@dataclass(frozen=True)
class Person:
    """Somebody with a token, at a browser or as a program."""

    client: FlaskClient
    token: str
    accept: str = BROWSER

    def headers(self) -> dict[str, str]:
        """Show the token."""
        return {"Authorization": f"Bearer {self.token}", "Accept": self.accept}

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=self.headers())

    def post(self, path: str, **data: object) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data=data, headers=self.headers())

    def give(self, body: bytes) -> TestResponse:
        """Give a file."""
        return self.post(GIVE, file=(io.BytesIO(body), "été.csv"))


@pytest.fixture
def person(theirs: FlaskClient, own: Settings) -> Callable[..., Person]:
    """Give a function that gives somebody a token."""

    def made(party: str, scope: str | None = None, accept: str = BROWSER) -> Person:
        return Person(theirs, create_token(own, party, scope=scope).text, accept)

    return made


def body() -> bytes:
    """Read the sample."""
    return (SAMPLE / "spectacles.csv").read_bytes()


def test_a_file_is_given_looked_at_and_accepted(person: Callable[..., Person]) -> None:
    """The partner's page tells each step; the steward's shows the report and why it waits."""
    partner, steward = person("theatre-b", "give"), person("tiers")
    assert "Spectacles" not in partner.get(GIVE).text.partition("<main")[0]
    page = partner.give(body()).text
    assert "it waits for the steward, until" in page
    assert "été.csv" in partner.get("/en/give").text
    listed = steward.get(QUEUE).text
    assert "theatre-b/spectacles" in listed
    (name,) = {part.split('"')[0] for part in listed.split("/en/steward/queue/")[1:]}
    shown = steward.get(f"{QUEUE}/{name}").text
    assert "parvis:acceptedByRule" in shown
    assert "What was found" in shown
    done = steward.post(f"{QUEUE}/{name}/accept")
    assert (done.status_code, done.location) == (303, f"{QUEUE}/{name}")
    history = partner.get(GIVE).text
    assert "by the steward" in history
    assert "No file waits" in steward.get(QUEUE).text


def test_a_refusal_is_read_by_the_partner(person: Callable[..., Person], own: Settings) -> None:
    """In the steward's words, which no tag of theirs leaves; programs do the same in JSON."""
    partner, steward = person("theatre-b", "give", "application/json"), person("tiers")
    told = partner.give(body()).get_json()
    name = told["deposit"]["id"]
    assert told["accepted"] is True
    path = f"{QUEUE}/{name}"
    assert steward.post(f"{path}/refuse", reason=" ").status_code == 400
    with writing(own.data):  # another thread's command: the site's own waits for none
        assert steward.post(f"{path}/refuse", reason="<b>trop tôt</b>").status_code == 303
    page = person("theatre-b", "give").get(GIVE).text
    assert "&lt;b&gt;trop tôt&lt;/b&gt;" in page
    assert steward.post(f"{path}/accept").status_code == 400
    (one,) = partner.get(GIVE).get_json()["deposits"]
    assert (one["state"], one["reason"]) == ("refused", {"en": "<b>trop tôt</b>"})


def test_a_file_in_which_something_is_wrong_is_not_kept(
    person: Callable[..., Person], own: Settings
) -> None:
    """The page tells the report; there is nothing to decide about."""
    partner = person("theatre-b", "give")
    page = partner.give(body().replace(b"2026-11-25", b"31/02/2025")).text
    assert "refused as it is, and not kept" in page
    assert "31/02/2025" in page
    assert not (own.data / "deposits").exists()


def test_the_site_tells_to_come_again_while_a_command_writes(
    person: Callable[..., Person], own: Settings
) -> None:
    """It is the machine that is busy, not the partner that is wrong: 503, and when."""
    partner, steward = person("theatre-b", "give", "application/json"), person("tiers")
    name = partner.give(body()).get_json()["deposit"]["id"]
    with writing(own.data):
        response = steward.post(f"{QUEUE}/{name}/accept")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert str(own.data) not in response.text
    assert steward.post(f"{QUEUE}/{name}/accept").status_code == 303


def test_who_may_not_give_or_decide_is_told(
    person: Callable[..., Person], theirs: FlaskClient
) -> None:
    """Anyone learns what giving asks for; a token that reads gives nothing, nor decides."""
    assert "Sign in" in theirs.get("/en/give", headers={"Accept": BROWSER}).text
    reader, giver = person("theatre-b"), person("theatre-b", "give")
    assert reader.get(GIVE).status_code == 403
    assert reader.give(body()).status_code == 403
    assert theirs.post(GIVE, data={}).status_code == 403
    for path in (QUEUE, f"{QUEUE}/x"):
        assert giver.get(path).status_code == 403
    assert giver.post(f"{QUEUE}/x/accept").status_code == 403


@pytest.mark.parametrize("name", ["nothing", "..", "spectacles%2F..", "reserve/../spectacles"])
def test_a_dataset_that_is_not_ones_own_is_like_none(
    person: Callable[..., Person], name: str
) -> None:
    """The steward has none of that name, though there is one of a partner's."""
    assert person("theatre-b", "give").get(f"/en/give/{name}").status_code in {308, 404}
    assert person("tiers").get(GIVE).status_code == 404

"""The steward's page of candidates: its content, its decisions, and who may open it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.ledger import JudgementDecision, Judgements
from parvis.pooling.linking.candidates import link
from parvis.pooling.pool import Pool
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app
from tests.pooling.linked import fill, iri, put_graph, write_twice

POOL = Path(__file__).parents[3] / "cases" / "pool"
PAGE = "/steward/links"
A, B, C = map(iri, "abc")
PROOF = re.compile(r'name="proof" value="([^"]+)"')


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Make a pool in which three graphs describe one hall; two pairs wait to be judged."""
    settings = Settings.load(data=tmp_path / "data", catalog=POOL)
    settings = replace(settings, base="http://x.test/")
    with Pool.open(settings) as pool:
        fill(pool, tmp_path)
        link(pool)
    return settings


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """Make the application of that pool."""
    app = create_app(settings)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def steward(app: Flask, settings: Settings) -> FlaskClient:
    """Return a client in which the steward is signed in."""
    client = app.test_client()
    token = create_token(settings, "tiers", scope="host").text
    assert client.post("/login", data={"token": token}).status_code == 303
    return client


def send(client: FlaskClient, **fields: str) -> TestResponse:
    """Send a form of the page, as a browser does."""
    (csrf_token, *_) = PROOF.findall(client.get(PAGE).get_data(as_text=True))
    return client.post(PAGE, data=fields | {"proof": csrf_token})


def count_waiting(client: FlaskClient) -> int:
    return int(json.loads(client.get(f"{PAGE}.json").data)["waiting"])


def test_the_page_shows_candidates_with_their_reasons(steward: FlaskClient) -> None:
    """In the reader's language; the link of the rule is among the judged ones."""
    page = steward.get(f"/fr{PAGE}").get_data(as_text=True).replace("\N{NO-BREAK SPACE}", " ")
    assert "2 paires attendent" in page
    assert "même code postal : H2X0Z1" in page
    assert "la règle" in page
    assert page.count("<section") == 2
    report = json.loads(steward.get(f"{PAGE}.json").data)
    assert report["waiting"] == count_waiting(steward) == 2
    assert report["candidates"][0]["evidence"][0]["said"]["en"]
    assert steward.get(f"{PAGE}?kind=event").get_data(as_text=True).count("<section") == 0


def test_the_page_says_what_is_of_one_dataset_and_what_has_changed(
    steward: FlaskClient, settings: Settings, tmp_path: Path
) -> None:
    """What accepting does stands with the pair; each thing has its dataset's name."""
    with Pool.open(settings) as pool:
        put_graph(pool, "b", write_twice("b", hall="La Lanterne"), tmp_path)
        page = steward.get(f"/fr{PAGE}").get_data(as_text=True).replace("\N{NO-BREAK SPACE}", " ")
        assert "1 jeu de données a changé" in page
        assert "un seul jeu de données" not in page.lower()
        link(pool)
    page = steward.get(f"/fr{PAGE}").get_data(as_text=True).lower()
    assert "a changé" not in page
    assert page.count("un seul jeu de données décrit les deux") == 1
    assert "<td>b/d</td>" in page
    report = json.loads(steward.get(f"{PAGE}.json").data)
    assert report["outdated"] == 0
    assert sum(candidate["one_dataset"] for candidate in report["candidates"]) == 1


def test_the_steward_decides_and_undoes_a_decision(
    steward: FlaskClient, settings: Settings
) -> None:
    """Each form redirects to the page (303); the author is the steward, as a party."""
    answer = send(steward, here=A, there=B, decision="negative", grounds="deux adresses")
    judgement = Judgements(settings.data).all()[-1]
    next_pair = f"{PAGE}?done={judgement.number}#pair-1"
    assert (answer.status_code, answer.location) == (303, next_pair)
    assert (judgement.decision, judgement.grounds) == (JudgementDecision.NEGATIVE, "deux adresses")
    assert judgement.author.endswith("/id/partner/tiers")
    assert count_waiting(steward) == 1
    assert send(steward, undo=str(judgement.number)).status_code == 303
    assert count_waiting(steward) == 2
    assert send(steward, undo=str(judgement.number)).status_code == 404
    for number in ("9" * 5_000, "٣"):  # the first is more than Python reads
        assert send(steward, undo=number).status_code == 400


def test_an_invalid_form_changes_nothing(steward: FlaskClient, settings: Settings) -> None:
    """Nor does one without CSRF token, which another site could have sent."""
    before = Judgements(settings.data).all()
    assert send(steward, here=A, there="x:y", decision="positive").status_code == 400
    assert send(steward, here=A, there=B, decision="maybe").status_code == 400
    assert send(steward).status_code == 400
    forged = {"here": A, "there": B, "decision": "positive"}
    assert steward.post(PAGE, data=forged).status_code == 403
    assert Judgements(settings.data).all() == before


@pytest.mark.parametrize("scope", ["protector", "read", ""])
def test_only_the_steward_sees_the_candidates_and_decides(
    app: Flask, settings: Settings, scope: str
) -> None:
    """Not even a protector."""
    client = app.test_client()
    headers = {}
    if scope:
        party = "tiers" if scope == "protector" else "theatre-b"
        headers["Authorization"] = f"Bearer {create_token(settings, party, scope=scope).text}"
    assert client.get(PAGE, headers=headers).status_code == 403
    fields = {"here": A, "there": B, "decision": "positive"}
    assert client.post(PAGE, data=fields, headers=headers).status_code == 403
    assert len(Judgements(settings.data).all()) == 1


def test_markup_in_a_name_is_escaped(
    steward: FlaskClient, settings: Settings, tmp_path: Path
) -> None:
    with Pool.open(settings) as pool:
        fill(pool, tmp_path, {"a": "<script>alert(1)</script> Lanterne", "b": "<script> Lanterne"})
        link(pool)
    page = steward.get(PAGE).get_data(as_text=True)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page

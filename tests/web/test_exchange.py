"""A partner's page shows contributions and returns to that partner and the steward only."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings, knowledge
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.contributions import settle_contributions
from parvis.pooling.serving.readers import create_token
from parvis.vocab.iris import DatasetKey
from parvis.web import create_app

PARTNER = "theatre-lanterne"
PAGE, DATA = f"/fr/partner/{PARTNER}", f"/partner/{PARTNER}/exchange.json"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Publish two partners of the demonstration; one asks for the same figures in return."""
    folder = tmp_path_factory.mktemp("exchange")
    demo, catalog = knowledge("catalog") / "demo", folder / "catalog"
    catalog.mkdir()
    shutil.copy(demo / "catalog.ttl", catalog)
    for name in (PARTNER, "tiers-neutre", "danse-petit-nord"):
        shutil.copytree(demo / name, catalog / name)
    (catalog / "festival-neiges").mkdir()  # an agreement names it
    shutil.copy(demo / "festival-neiges" / "partner.ttl", catalog / "festival-neiges")
    agreement = catalog / "danse-petit-nord" / "agreement.ttl"
    text = agreement.read_text(encoding="utf-8")
    members = "odrl:assignee parvis:members ; odrl:action odrl:read ]"
    assert members in text
    condition = members.removesuffix("]") + (
        "; odrl:constraint [ odrl:leftOperand parvis:contributesStratum ; odrl:operator odrl:eq ;"
        " odrl:rightOperand parvis:sameStratum ] ]"
    )
    agreement.write_text(text.replace(members, condition), encoding="utf-8")
    defaults = Settings.load(data=folder / "data", catalog=catalog)
    result = replace(defaults, base="https://pool.test/")
    with Pool.open(result) as pool:
        for name in (PARTNER, "danse-petit-nord"):
            assert submit(pool, DatasetKey(name, "publics")).accepted
        publish(pool)
    return result


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[FlaskClient]:
    """Return a client without cookies."""
    app = create_app(settings)
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


def authorize(settings: Settings, party: str) -> dict[str, str]:
    """Return the header with a party's token."""
    return {"Authorization": f"Bearer {create_token(settings, party, label='essai').text}"}


def test_a_partner_and_the_steward_see_contributions_and_withheld_releases(
    settings: Settings, client: FlaskClient
) -> None:
    """On the page and as JSON, with the missing strata."""
    for party in (PARTNER, "tiers-neutre"):
        token = authorize(settings, party)
        page = client.get(PAGE, headers=token).get_data(as_text=True)
        assert "Donné → reçu" in page
        assert "Non reçu, et pourquoi" in page
        assert "Danse · Montréal" in page
        answer = client.get(DATA, headers=token)
        assert answer.headers["Cache-Control"] == "private, no-store"
        exchange = answer.get_json()
        assert len(exchange["given"]) == 55
        assert {contribution["counts"] for contribution in exchange["given"]} == {True}
        (withheld,) = exchange["withheld"]
        assert withheld["dataset"].endswith("danse-petit-nord/publics")
        assert withheld["reason"]["fr"].startswith("L’entente")


def test_others_get_the_answer_for_an_absent_partner(
    settings: Settings, client: FlaskClient
) -> None:
    for token in ({}, authorize(settings, "danse-petit-nord")):
        headers = token | {"X-Request-Id": "alike-for-all"}
        assert "Donné → reçu" not in client.get(PAGE, headers=headers).get_data(as_text=True)
        hidden = client.get(DATA, headers=headers)
        absent = client.get("/partner/absent/exchange.json", headers=headers)
        assert hidden.status_code == absent.status_code == 404
        assert hidden.get_data(as_text=True).replace(PARTNER, "absent") == absent.get_data(
            as_text=True
        )


def test_an_insufficient_contribution_says_what_is_missing(settings: Settings) -> None:
    """On the partner's page and as JSON, in both languages."""
    strict = replace(settings, reciprocity=replace(settings.reciprocity, persons=1000))
    with Pool.open(strict) as pool:
        settle_contributions(pool)
    app = create_app(strict)
    client, token = app.test_client(), authorize(settings, PARTNER)
    page = client.get(PAGE, headers=token).get_data(as_text=True)
    contributions = client.get(DATA, headers=token).get_json()["given"]
    app.extensions["parvis"].close()
    with Pool.open(settings) as pool:
        settle_contributions(pool)
    assert "il manque un chiffre d’au moins 1000 personnes" in page
    missing = [
        item["missing"] for item in contributions if not item["counts"] and item["ended"] is None
    ]
    assert missing
    assert {text["en"] for (text,) in missing} == {"a figure of 1000 persons at least is missing"}

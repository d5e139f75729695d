"""Receipts on the site: each figure links to its own, which verifies; recalled releases say so."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from parvis.config import Settings
from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publics.receipts.keys import parse_keys
from parvis.pooling.publics.receipts.receipt import verify_receipt
from parvis.pooling.serving.figures.figures import SUPPRESSED, read_figures
from parvis.pooling.serving.figures.released.trees import describe_figure
from parvis.pooling.serving.figures.released.verification import check_receipt
from parvis.pooling.serving.readers import create_token
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.generations import recall_version
from parvis.vocab.iris import DatasetKey
from parvis.web import create_app
from tests.classes import CLASS, RESERVED


@pytest.fixture(scope="module")
def app(classes_pool: Settings) -> Iterator[Flask]:
    """Make the application of a pool with a release for all and one for a class."""
    app = create_app(classes_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


def list_receipts(client: FlaskClient, headers: dict[str, str], query: str = "") -> list[str]:
    """Return the addresses of the receipts that the portrait links to."""
    page = client.get(f"/en/portrait?area=each&discipline=each{query}", headers=headers)
    document = html.document_fromstring(page.get_data(as_text=True))
    links = document.iterfind(".//main//a")
    return [link.get("href", "") for link in links if link.text == "Receipt"]


def test_each_figure_of_the_portrait_links_to_a_receipt_that_verifies(client: FlaskClient) -> None:
    """It is of that very figure, and says the same in words."""
    keys = parse_keys(client.get("/.well-known/parvis-receipt-keys.json").data, "keys")
    addresses = list_receipts(client, {})
    for address in addresses:
        receipt = verify_receipt(client.get(address).data, address, keys)
        name = address.removesuffix("/receipt.json").partition("/figures/")[2]
        assert str(receipt.figure["iri"]).endswith(f"/id/observation/{name}")
        assert f"{receipt.figure['value']:,}" in receipt.figure["words"]["en"]
        assert receipt.release.rules["min_contributors"] == 3
    assert len(addresses) == 3


def test_suppressed_figures_have_receipts_too(classes_pool: Settings) -> None:
    with closing(PoolService(classes_pool)) as service:
        figure = replace(read_figures(service, ANONYMOUS)[0], status=SUPPRESSED, value=None)
    described = describe_figure(figure)
    assert (described["status"], described["value"]) == ("suppressed", None)
    assert "masqué" in described["words"]["fr"]


def test_receipts_of_a_class_release_are_for_its_readers(
    client: FlaskClient, classes_pool: Settings
) -> None:
    """For others they are not there, as if there were no such figure."""
    member = {"Authorization": f"Bearer {create_token(classes_pool, RESERVED[0]).text}"}
    (address, *_) = list_receipts(client, member, f"&release={CLASS}")
    receipt = json.loads(client.get(address, headers=member).data)
    assert receipt["release"]["dataset"] == str(CLASS)
    assert client.get(address).status_code == 404
    status = receipt["release"]["status"].partition("/releases/")[2]
    assert client.get(f"/releases/{status}", headers=member).get_json()["status"] == "current"
    assert client.get("/figures/none/at-all/receipt.json").status_code == 404
    assert client.get("/releases/status.json?dataset=x&content=y").status_code == 400


def test_a_recalled_release_is_said_to_be_recalled(classes_pool: Settings, tmp_path: Path) -> None:
    """Its receipt is still sound: what is in it was published."""
    data = tmp_path / "data"
    shutil.copytree(classes_pool.data, data, ignore=shutil.ignore_patterns("views"))
    settings = replace(classes_pool, data=data)
    application = create_app(settings)
    application.testing = True
    client = application.test_client()
    with closing(application.extensions["parvis"]):
        receipt = client.get(list_receipts(client, {})[0]).data
        assert check_receipt(settings, receipt, "receipt", None, offline=True).status == "current"
        reason = {"fr": "une erreur de saisie", "en": "a mistake"}
        key = DatasetKey.parse(json.loads(receipt)["release"]["dataset"])
        with Pool.open(settings) as pool:
            recall_version(pool, key, None, reason)
        address = json.loads(receipt)["release"]["status"].partition("/releases/")[2]
        status = client.get(f"/releases/{address}").get_json()
    assert (status["status"], status["reason"]) == ("recalled", reason)
    verdict = check_receipt(settings, receipt, "receipt", None, offline=True)
    assert verdict.recalled
    assert verdict.reason == reason


def test_the_page_has_the_public_keys(client: FlaskClient) -> None:
    page = html.document_fromstring(client.get("/fr/receipts").get_data(as_text=True))
    embedded = page.xpath("string(//script[@id='keys'])")
    published = client.get("/.well-known/parvis-receipt-keys.json").get_json()
    assert json.loads(str(embedded)) == published

"""A published pool whose pages the steward, a protector, a partner and anybody open."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.ledger import Tokens
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.jobs import wait_for_jobs
from parvis.web import create_app
from tests.web.conftest import POOL

PARTIES = {"host": "tiers", "protector": "tiers", "read": "theatre-b"}
PROOF = re.compile(r'name="proof" value="([^"]+)"')
PATIENCE = 60.0


@pytest.fixture(scope="session")
def tended_folder(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the published pool, with a catalogue folder of its own."""
    folder = tmp_path_factory.mktemp("tended")
    shutil.copytree(settings.data, folder / "data")
    shutil.copytree(POOL, folder / "catalog")
    tokens = Tokens(folder / "data")
    for token in tokens.all():  # other tests have made some, and a party has two at most
        tokens.revoke(token.id, datetime.now(UTC))
    return folder


@pytest.fixture
def tended(tended_folder: Path, tmp_path: Path) -> Iterator[Settings]:
    """Return the settings of a published pool that a test may change."""
    shutil.copytree(tended_folder, tmp_path, dirs_exist_ok=True)
    settings = Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")
    yield settings
    wait_for_jobs(settings, PATIENCE)


@pytest.fixture
def tended_app(tended: Settings) -> Iterator[Flask]:
    """Make the application of that pool."""
    app = create_app(tended)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def sign_in(tended_app: Flask, tended: Settings) -> SignIn:
    """Return a function that signs a reader in by the scope of its token; none for anybody."""

    def enter(scope: str = "") -> FlaskClient:
        client = tended_app.test_client()
        if scope:
            token = create_token(tended, PARTIES[scope], scope=scope).text
            assert client.post("/login", data={"token": token}).status_code == 303
        return client

    return enter


@pytest.fixture
def at_work(sign_in: SignIn) -> FlaskClient:
    """Return a client in which the steward is signed in."""
    return sign_in("host")


def read_page(client: FlaskClient, path: str) -> str:
    """Return a page in French, with plain spaces."""
    response = client.get(f"/fr{path}", headers={"Accept": "text/html"})
    assert response.status_code == 200, response.get_data(as_text=True)[-2000:]
    return response.get_data(as_text=True).replace("\N{NO-BREAK SPACE}", " ")


def send_form(
    client: FlaskClient, path: str, /, accept: str = "text/html", **fields: str
) -> TestResponse:
    """Send a form as a browser does, with the proof that pages carry."""
    (csrf_token, *_) = PROOF.findall(client.get("/fr/steward/jobs").get_data(as_text=True))
    headers = {"Accept": accept}
    return client.post(path, data=fields | {"proof": csrf_token}, headers=headers)


__all__ = ["PATIENCE", "SignIn", "read_page", "send_form"]

"""Submit, publish and serve a small invented pool."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.linking.candidates import link
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.quotas import Guesses
from parvis.pooling.serving.readers import IssuedToken, create_token, revoke_token
from parvis.web import create_app
from tests.serving import Serving as Serving  # noqa: PLC0414 - tests of the web take it from here
from tests.serving import served

POOL = Path(__file__).parents[1] / "cases" / "pool"


class FixedIdClient(FlaskClient):
    """A client that sends the same request id each time, so that responses can be compared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - flask's own
        """Send the id with each request."""
        super().__init__(*args, **kwargs)
        self.environ_base["HTTP_X_REQUEST_ID"] = "alike-for-all"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of a published pool."""
    settings = Settings.load(data=tmp_path_factory.mktemp("data"), catalog=POOL)
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            outcome = submit(pool, key)
            assert outcome.accepted, list(outcome.report.in_words("en"))
        link(pool)
        publish(pool)
    return settings


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """Make the application of the published pool; unexpected errors are raised."""
    app = create_app(settings)
    app.testing = True
    app.test_client_class = FixedIdClient
    yield app
    app.extensions["parvis"].close()


def make_client(app: Flask) -> FlaskClient:
    """Return a client whose address has no failed sign-in, whatever other tests sent."""
    app.extensions["parvis.turnstile"].guesses = Guesses()
    return app.test_client()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client without cookies."""
    return make_client(app)


@pytest.fixture
def empty_client(tmp_path: Path) -> Iterator[FlaskClient]:
    """Return a client of a pool in which nothing is published."""
    app = create_app(Settings.load(data=tmp_path, catalog=POOL))
    app.testing = True
    app.test_client_class = FixedIdClient
    yield app.test_client()
    app.extensions["parvis"].close()


RESEARCHER = """
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <http://schema.org/> .

<id/party/chercheuse> a foaf:Agent , schema:Person ;
  schema:name "Une chercheuse (inventée)"@fr , "A researcher (invented)"@en .
"""

RESEARCH_AGREEMENT = """
<id/agreement/theatre-b-chercheuse> a odrl:Agreement ;
  odrl:uid <id/agreement/theatre-b-chercheuse> ;
  odrl:profile parvis:profile-1 ;
  odrl:conflict odrl:prohibit ;
  dct:title "Entente de recherche inventée"@fr , "Invented research agreement"@en ;
  odrl:assigner <id/partner/theatre-b> ;
  odrl:permission
    [ odrl:target <id/dataset/theatre-b/billets> ;
      odrl:assignee <id/party/chercheuse> ; odrl:action odrl:read ] .
"""


@pytest.fixture(scope="session")
def research_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Publish a pool on https, with a researcher who may read one more dataset."""
    folder = tmp_path_factory.mktemp("agreed")
    shutil.copytree(POOL, folder / "catalog")
    (folder / "catalog" / "chercheuse").mkdir()
    (folder / "catalog" / "chercheuse" / "party.ttl").write_text(RESEARCHER, encoding="utf-8")
    with (folder / "catalog" / "theatre-b" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(RESEARCH_AGREEMENT)
    defaults = Settings.load(data=folder / "data", catalog=folder / "catalog")
    settings = replace(defaults, base="https://pool.test/")
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        publish(pool)
    return settings


@pytest.fixture
def issue_token(research_settings: Settings) -> Iterator[Callable[[str], str]]:
    """Return a function that issues a token to a party; tokens are revoked after the test."""
    issued: list[IssuedToken] = []

    def issue(party: str) -> str:
        issued.append(create_token(research_settings, party, label="essai"))
        return issued[-1].text

    yield issue
    for token in issued:
        revoke_token(research_settings, token.token.id)


@pytest.fixture(scope="session")
def research_app(research_settings: Settings) -> Iterator[Flask]:
    """Make the application of the pool with a researcher."""
    app = create_app(research_settings)
    app.testing = True
    app.test_client_class = FixedIdClient
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def browser(research_app: Flask) -> FlaskClient:
    """Return a client of that application that keeps cookies."""
    return make_client(research_app)


@pytest.fixture(scope="session")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish a pool with a catalogue but without data."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(POOL, folder / "catalog")
    publish(Pool.open(Settings.load(data=folder / "data", catalog=folder / "catalog")))
    return folder


@pytest.fixture
def editable_settings(published_folder: Path, tmp_path: Path) -> Settings:
    """Return the settings of a published pool whose catalogue a test may change."""
    shutil.copytree(published_folder, tmp_path, dirs_exist_ok=True)
    settings = Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")
    return replace(settings, keep_generations=2)


@pytest.fixture
def editable_client(editable_settings: Settings) -> Iterator[FlaskClient]:
    """Return a client of the pool that a test may change."""
    app = create_app(editable_settings)
    app.testing = True
    app.test_client_class = FixedIdClient
    yield app.test_client()
    app.extensions["parvis"].close()


@pytest.fixture(scope="session")
def serving() -> Serving:
    """Return the function that serves a pool on loopback, as ``parvis serve`` does."""
    return served

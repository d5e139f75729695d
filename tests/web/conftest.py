"""A small invented pool, submitted, published and served as a real one."""

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


class Alike(FlaskClient):
    """A client whose requests all have one id, so that answers can be compared with one another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - flask's own
        """Send the id with each request."""
        super().__init__(*args, **kwargs)
        self.environ_base["HTTP_X_REQUEST_ID"] = "alike-for-all"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give the settings of a pool that is published."""
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
    """Give the application of the published pool; unexpected errors are raised."""
    app = create_app(settings)
    app.testing = True
    app.test_client_class = Alike
    yield app
    app.extensions["parvis"].close()


def innocent(app: Flask) -> FlaskClient:
    """Give a client from whose address no wrong token has come, whatever other tests sent."""
    app.extensions["parvis.turnstile"].guesses = Guesses()
    return app.test_client()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a client without cookies."""
    return innocent(app)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[FlaskClient]:
    """Give a client of a pool in which nothing is published."""
    app = create_app(Settings.load(data=tmp_path, catalog=POOL))
    app.testing = True
    app.test_client_class = Alike
    yield app.test_client()
    app.extensions["parvis"].close()


RESEARCHER = """
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <http://schema.org/> .

<id/party/chercheuse> a foaf:Agent , schema:Person ;
  schema:name "Une chercheuse (inventée)"@fr , "A researcher (invented)"@en .
"""

WITH_HER = """
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
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give a published pool known by https, in which a researcher may read one dataset more."""
    folder = tmp_path_factory.mktemp("agreed")
    shutil.copytree(POOL, folder / "catalog")
    (folder / "catalog" / "chercheuse").mkdir()
    (folder / "catalog" / "chercheuse" / "party.ttl").write_text(RESEARCHER, encoding="utf-8")
    with (folder / "catalog" / "theatre-b" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(WITH_HER)
    found = Settings.load(data=folder / "data", catalog=folder / "catalog")
    settings = replace(found, base="https://pool.test/")
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        publish(pool)
    return settings


@pytest.fixture
def token_of(agreed: Settings) -> Iterator[Callable[[str], str]]:
    """Give a function that gives a party a token, revoked after the test."""
    made: list[IssuedToken] = []

    def give(party: str) -> str:
        made.append(create_token(agreed, party, label="essai"))
        return made[-1].text

    yield give
    for given in made:
        revoke_token(agreed, given.token.id)


@pytest.fixture(scope="session")
def agreed_app(agreed: Settings) -> Iterator[Flask]:
    """Give the application of that pool."""
    app = create_app(agreed)
    app.testing = True
    app.test_client_class = Alike
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def browser(agreed_app: Flask) -> FlaskClient:
    """Give a client of that pool that keeps cookies."""
    return innocent(agreed_app)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a pool whose catalogue alone is published; nothing is submitted."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(POOL, folder / "catalog")
    publish(Pool.open(Settings.load(data=folder / "data", catalog=folder / "catalog")))
    return folder


@pytest.fixture
def own(published: Path, tmp_path: Path) -> Settings:
    """Give a published pool whose catalogue a test may change."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    settings = Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")
    return replace(settings, keep_generations=2)


@pytest.fixture
def theirs(own: Settings) -> Iterator[FlaskClient]:
    """Give a client of that pool."""
    app = create_app(own)
    app.testing = True
    app.test_client_class = Alike
    yield app.test_client()
    app.extensions["parvis"].close()


@pytest.fixture(scope="session")
def serving() -> Serving:
    """Give a way to serve a pool on loopback, as ``parvis serve`` does."""
    return served

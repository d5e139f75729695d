"""A small invented pool, submitted, published and served as a real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publish import publish
from parvis.pooling.submit import submit
from parvis.web import create_app

POOL = Path(__file__).parents[1] / "cases" / "pool"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give the settings of a pool that is published."""
    settings = Settings.load(data=tmp_path_factory.mktemp("data"), catalog=POOL)
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            outcome = submit(pool, key)
            assert outcome.accepted, list(outcome.report.in_words("en"))
        publish(pool)
    return settings


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """Give the application of the published pool; unexpected errors are raised."""
    app = create_app(settings)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a client without cookies."""
    return app.test_client()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[FlaskClient]:
    """Give a client of a pool in which nothing is published."""
    app = create_app(Settings.load(data=tmp_path, catalog=POOL))
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()

"""A small invented pool, its catalogue folder in a place where tests may change it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish

POOL = Path(__file__).parents[1] / "cases" / "pool"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give the settings of a pool with nothing in it."""
    shutil.copytree(POOL, tmp_path / "catalog")
    return Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    """Open the pool."""
    with Pool.open(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def submitted_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folders of a pool whose every sample is submitted, nothing published."""
    folder = tmp_path_factory.mktemp("submitted")
    shutil.copytree(POOL, folder / "catalog")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
    return folder


@pytest.fixture
def filled(submitted_once: Path, settings: Settings) -> Iterator[Pool]:
    """Give the pool with every sample submitted, nothing published."""
    shutil.copytree(submitted_once / "data", settings.data)
    with Pool.open(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def filled_once(submitted_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Give a pool with every sample submitted, which the tests of a file share."""
    data = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(submitted_once / "data", data)
    with Pool.open(Settings.load(data=data, catalog=POOL)) as opened:
        yield opened


@pytest.fixture(scope="session")
def made_once(submitted_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folders of a pool whose every sample is submitted, and published once."""
    folder = tmp_path_factory.mktemp("pool") / "made"
    shutil.copytree(submitted_once, folder)
    with Pool.open(Settings.load(data=folder / "data", catalog=folder / "catalog")) as pool:
        publish(pool)
    return folder


@pytest.fixture
def published(made_once: Path, tmp_path: Path) -> Pool:
    """Give a copy of the published pool, to be changed."""
    for name in ("data", "catalog"):
        shutil.copytree(made_once / name, tmp_path / name)
    return Pool.open(Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog"))

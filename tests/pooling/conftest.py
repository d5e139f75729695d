"""A small invented pool whose catalogue folder tests may change."""

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
    """Return the settings of an empty pool."""
    shutil.copytree(POOL, tmp_path / "catalog")
    return Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    with Pool.open(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def submitted_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the folders of a pool with every sample submitted and nothing published."""
    folder = tmp_path_factory.mktemp("submitted")
    shutil.copytree(POOL, folder / "catalog")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
    return folder


@pytest.fixture
def filled(submitted_folder: Path, settings: Settings) -> Iterator[Pool]:
    """Open a copy of the pool with every sample submitted and nothing published."""
    shutil.copytree(submitted_folder / "data", settings.data)
    with Pool.open(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_filled(
    submitted_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pool]:
    """Open a pool with every sample submitted, shared by the tests of a file."""
    data = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(submitted_folder / "data", data)
    with Pool.open(Settings.load(data=data, catalog=POOL)) as opened:
        yield opened


@pytest.fixture(scope="session")
def published_folder(submitted_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the folders of a pool with every sample submitted and published."""
    folder = tmp_path_factory.mktemp("pool") / "made"
    shutil.copytree(submitted_folder, folder)
    with Pool.open(Settings.load(data=folder / "data", catalog=folder / "catalog")) as pool:
        publish(pool)
    return folder


@pytest.fixture
def published(published_folder: Path, tmp_path: Path) -> Pool:
    """Open a copy of the published pool, so that a test may change it."""
    for name in ("data", "catalog"):
        shutil.copytree(published_folder / name, tmp_path / name)
    return Pool.open(Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog"))

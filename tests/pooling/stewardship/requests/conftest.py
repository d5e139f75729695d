"""A published pool with a researcher and a member, who may know of a dataset that is not theirs."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService

POOL = Path(__file__).parents[3] / "cases" / "pool"
PARTY = """
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <http://schema.org/> .

<id/party/chercheuse> a foaf:Agent , schema:Person ;
  schema:name "Une chercheuse (inventée)"@fr , "A researcher (invented)"@en .
"""


@pytest.fixture(scope="session")
def asked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    shutil.copytree(POOL, folder / "catalog")
    (folder / "catalog" / "chercheuse").mkdir()
    (folder / "catalog" / "chercheuse" / "party.ttl").write_text(PARTY, encoding="utf-8")
    # As it was before anybody signed it: a signature is added below the text.
    agreement = folder / "catalog" / "theatre-b" / "agreement.ttl"
    lines = agreement.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if "dateAccepted" not in line)
    agreement.write_text(text, encoding="utf-8")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        publish(pool)
    return folder


@pytest.fixture
def settings(asked_folder: Path, tmp_path: Path) -> Settings:
    """Return the settings of a copy that a test may change."""
    shutil.copytree(asked_folder, tmp_path, dirs_exist_ok=True)
    return Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")


@pytest.fixture
def service(settings: Settings) -> Iterator[PoolService]:
    with closing(PoolService(settings)) as opened:
        yield opened

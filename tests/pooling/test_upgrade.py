"""Data of an earlier version are opened, served and published without loss."""

import shutil
import tarfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import Withdrawn
from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import Readers
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.erasure import certificate
from parvis.pooling.stewardship.generations import ensure_sound_generation, rollback, verify
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey

CASES = Path(__file__).parents[1] / "cases"
TOKENS = {  # of invented pools, by the commit that wrote them
    "8f4ee00": "parvis_5wwFdNIn_fBt5awOsbmzNmgVeDkDvg27EXvohZedhammcJ372K5D_0PYsCw",
    "b0d011d": "parvis_NdEHR7aD_B2nuFoy6mPyhNQ4nS86TonbvLlieRB7JMjtMrtyW93m_0gQNzB",
}
GONE = DatasetKey("theatre-b", "billets")
EXPECTED = {
    "http://pool.test/graph/theatre-b/reserve",
    "http://pool.test/graph/theatre-b/spectacles",
}
WIDER = {"spectacles": 2, "reserve": 1}
"""Events that are served as of their wider class too, as no earlier version did."""
NAMES = QueryRequest("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", results_format="csv")


@pytest.fixture(params=sorted(TOKENS))
def commit(request: pytest.FixtureRequest) -> str:
    """Return the commit of the earlier version."""
    return str(request.param)


@pytest.fixture
def older(commit: str, tmp_path: Path) -> Settings:
    """Unpack a data folder of an earlier version."""
    with tarfile.open(CASES / "upgrade" / f"{commit}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    shutil.copytree(CASES / "pool", tmp_path / "catalog")
    return Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")


def list_readable_graphs(settings: Settings, token: str) -> tuple[set[str], set[str]]:
    """Return the partner's graphs that anyone reads, and that the token reads."""
    readers = (ANONYMOUS, Readers(settings).by_token(token).reader)
    with closing(PoolService(settings)) as service:
        answers = [b"".join(service.ask(item, NAMES).chunks).decode().split() for item in readers]
    anyone, party = (
        {item for item in answer if "/theatre-b/" in item} & EXPECTED for answer in answers
    )
    return anyone, party


def test_an_older_data_folder_is_served_and_published_unchanged(
    older: Settings, commit: str
) -> None:
    """Graphs, access, tokens, withdrawals and their proofs; a rollback works too."""
    assert ensure_sound_generation(older) is None
    assert verify(older)["generation"] == 2
    before = list_readable_graphs(older, TOKENS[commit])
    assert before == ({"http://pool.test/graph/theatre-b/spectacles"}, EXPECTED)
    former = current(older.data).manifest.members.graphs
    with Pool.open(older) as pool:
        versions = pool.record.versions()
        assert publish(pool)["generation"] == 3
        assert pool.record.versions() == versions
        assert certificate(pool, str(GONE), None).key == GONE
        latest = current(older.data).manifest.members.graphs
        assert {graph: latest[graph] for graph in EXPECTED} == {
            graph: former[graph] + WIDER[graph.rpartition("/")[2]] for graph in EXPECTED
        }
        assert list_readable_graphs(older, TOKENS[commit]) == before
        with closing(PoolService(older)) as service, pytest.raises(Withdrawn):
            service.dataset(ANONYMOUS, GONE)
        rollback(pool, 2)
    assert list_readable_graphs(replace(older), TOKENS[commit]) == before

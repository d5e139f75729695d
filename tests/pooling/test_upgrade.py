"""What an earlier version wrote is opened, served and published by this one; nothing is lost."""

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
from parvis.pooling.stewardship.certificates import certificate
from parvis.pooling.stewardship.generations import ensure_sound_generation, rollback, verify
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey

CASES = Path(__file__).parents[1] / "cases"
TOKENS = {  # of invented pools, by the commit that wrote them
    "8f4ee00": "parvis_5wwFdNIn_fBt5awOsbmzNmgVeDkDvg27EXvohZedhammcJ372K5D_0PYsCw",
    "b0d011d": "parvis_NdEHR7aD_B2nuFoy6mPyhNQ4nS86TonbvLlieRB7JMjtMrtyW93m_0gQNzB",
}
GONE = DatasetKey("theatre-b", "billets")
FOUND = {"http://pool.test/graph/theatre-b/reserve", "http://pool.test/graph/theatre-b/spectacles"}
NAMES = QueryRequest("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", results_format="csv")


@pytest.fixture(params=sorted(TOKENS))
def commit(request: pytest.FixtureRequest) -> str:
    """Name the earlier version that wrote the data folder."""
    return str(request.param)


@pytest.fixture
def older(commit: str, tmp_path: Path) -> Settings:
    """Unpack a data folder that an earlier version wrote."""
    with tarfile.open(CASES / "upgrade" / f"{commit}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    shutil.copytree(CASES / "pool", tmp_path / "catalog")
    return Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")


def readable(settings: Settings, token: str) -> tuple[set[str], set[str]]:
    """Return the partner's graphs that anyone reads, and that the token reads."""
    readers = (ANONYMOUS, Readers(settings).by_token(token).reader)
    with closing(PoolService(settings)) as host:
        answers = [b"".join(host.ask(one, NAMES).chunks).decode().split() for one in readers]
    anyone, party = ({one for one in found if "/theatre-b/" in one} & FOUND for found in answers)
    return anyone, party


def test_an_older_data_folder_is_served_and_published_as_it_was(
    older: Settings, commit: str
) -> None:
    """Graphs, access, tokens, what was withdrawn and its proof; one may go back, too."""
    assert ensure_sound_generation(older) is None
    assert verify(older)["generation"] == 2
    before = readable(older, TOKENS[commit])
    assert before == ({"http://pool.test/graph/theatre-b/spectacles"}, FOUND)
    held = current(older.data).manifest.members.graphs
    with Pool.open(older) as pool:
        versions = pool.record.versions()
        assert publish(pool)["generation"] == 3
        assert pool.record.versions() == versions
        assert certificate(pool, str(GONE), None).key == GONE
        now = current(older.data).manifest.members.graphs
        assert {graph: now[graph] for graph in FOUND} == {graph: held[graph] for graph in FOUND}
        assert readable(older, TOKENS[commit]) == before
        with closing(PoolService(older)) as host, pytest.raises(Withdrawn):
            host.dataset(ANONYMOUS, GONE)
        rollback(pool, 2)
    assert readable(replace(older), TOKENS[commit]) == before

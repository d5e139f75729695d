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
from parvis.pooling.ask import Host, Question
from parvis.pooling.certificates import certificate
from parvis.pooling.generations import rollback, settle, verify
from parvis.pooling.identify import Readers
from parvis.pooling.pool import Pool
from parvis.pooling.publish import publish
from parvis.store.generation import current
from parvis.vocab.iris import DatasetKey

CASES = Path(__file__).parents[1] / "cases"
TOKEN = "parvis_5wwFdNIn_fBt5awOsbmzNmgVeDkDvg27EXvohZedhammcJ372K5D_0PYsCw"  # noqa: S105 - of an invented pool
GONE = DatasetKey("theatre-b", "billets")
FOUND = {"http://pool.test/graph/theatre-b/reserve", "http://pool.test/graph/theatre-b/spectacles"}
NAMES = Question("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", results_format="csv")


@pytest.fixture(params=sorted((CASES / "upgrade").glob("*.tar.xz")), ids=lambda one: one.name[:7])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give a pool whose data folder an earlier version wrote."""
    with tarfile.open(request.param) as packed:
        packed.extractall(tmp_path, filter="data")
    shutil.copytree(CASES / "pool", tmp_path / "catalog")
    return Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")


def readable(settings: Settings) -> tuple[set[str], set[str]]:
    """Give the partner's graphs that anyone reads, and that the token reads."""
    readers = (ANONYMOUS, Readers(settings).by_token(TOKEN).reader)
    with closing(Host(settings)) as host:
        answers = [b"".join(host.ask(one, NAMES).chunks).decode().split() for one in readers]
    anyone, party = ({one for one in found if "/theatre-b/" in one} & FOUND for found in answers)
    return anyone, party


def test_an_older_data_folder_is_served_and_published_as_it_was(older: Settings) -> None:
    """Graphs, access, tokens, what was withdrawn and its proof; one may go back, too."""
    assert settle(older) is None
    assert verify(older)["generation"] == 2
    before = readable(older)
    assert before == ({"http://pool.test/graph/theatre-b/spectacles"}, FOUND)
    held = current(older.data).manifest.members.graphs
    with Pool.open(older) as pool:
        versions = pool.record.versions()
        assert publish(pool)["generation"] == 3
        assert pool.record.versions() == versions
        assert certificate(pool, str(GONE), None).key == GONE
        now = current(older.data).manifest.members.graphs
        assert {graph: now[graph] for graph in FOUND} == {graph: held[graph] for graph in FOUND}
        assert readable(older) == before
        with closing(Host(older)) as host, pytest.raises(Withdrawn):
            host.dataset(ANONYMOUS, GONE)
        rollback(pool, 2)
    assert readable(replace(older)) == before

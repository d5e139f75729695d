"""A partner's queries move from a list of graphs to a view of them, and show the same."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.governance import Reader
from parvis.pooling.pool import Pool
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.retention import withdraw
from parvis.store.generation import views
from parvis.store.generation.generation import VIEWS
from parvis.store.query import pool as query_pool
from tests.pooling.publication.test_publish import GRAPHS, run_query
from tests.store.generation.test_views import wait_for_makers


@pytest.fixture
def pool(relaying_pool: Settings, tmp_path: Path) -> Pool:
    """Copy a pool whose partners may each read other graphs."""
    data = Path(shutil.copytree(relaying_pool.data, tmp_path / "data"))
    return Pool.open(replace(relaying_pool, data=data))


@pytest.fixture(params=["long lists", "slow answers"])
def service(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[PoolService]:
    """Serve it as if every list of graphs were long, or every answer from a list slow."""
    if request.param == "long lists":
        monkeypatch.setattr(views, "FEW", 0)
    else:
        monkeypatch.setattr(query_pool, "AT_ONCE", 0)
        monkeypatch.setattr(views, "SLOW", 0)
    with closing(PoolService(pool.settings)) as service:
        yield service


def uses_view(service: PoolService, reader: Reader) -> bool:
    query = service._confine(reader, QueryRequest(GRAPHS))  # noqa: SLF001 - no reader is told
    return VIEWS in query.store.parts and query.request.allowed is None


def test_a_partner_s_queries_are_answered_from_a_view_once_it_is_made(
    pool: Pool, service: PoolService
) -> None:
    """What is deleted is in no view, and a list answers until the next one is made."""
    folder, member = pool.settings.data / VIEWS, Reader(pool.iris.partner("magazine-a"))
    for is_last in (False, True):
        listed = run_query(service, GRAPHS, member)
        wait_for_makers()
        assert uses_view(service, member)
        assert run_query(service, GRAPHS, member) == listed
        if not is_last:
            withdraw(pool, "balado-c", {"fr": "essai", "en": "test"})
            assert [*folder.iterdir()] == []
            assert not uses_view(service, member)
            assert run_query(service, GRAPHS, member) != listed

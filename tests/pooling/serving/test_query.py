"""A pool is published to and served from a remote store as from its own."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from parvis.config import RemoteStore, Settings
from parvis.errors import FetchError, NoLongerKept, QueryError, StoreError, UsageError
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.remote import prove_confinement
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.generations import verify
from parvis.store.generation.state_files import ChangeOver
from tests.pooling.publication.test_publish import GRAPHS, HIDDEN, KNOWN, MENTIONS, OPEN, run_query
from tests.remote.engines import oxigraph, virtuoso

SEARCH = """SELECT ?thing WHERE { ?thing parvis:search "soeurs" }"""
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture(scope="module", params=[oxigraph, virtuoso], ids=["oxigraph", "virtuoso"])
def remote_settings(
    request: pytest.FixtureRequest, submitted_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Return the settings of a pool that was published to a remote store."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "engine").mkdir()
    local_settings = Settings.load(
        data=submitted_folder / "data", catalog=submitted_folder / "catalog"
    )
    with request.param(folder / "engine") as remote:
        settings = replace(
            local_settings,
            data=Path(shutil.copytree(local_settings.data, folder / "data")),
            remote=remote,
        )
        with Pool.open(settings) as pool:
            publish(pool)
        yield settings


@pytest.fixture
def service(remote_settings: Settings) -> Iterator[PoolService]:
    with closing(PoolService(remote_settings)) as service:
        yield service


@pytest.fixture
def embedded_service(published_folder: Path) -> Iterator[PoolService]:
    """Serve the same pool from the embedded store."""
    settings = Settings.load(data=published_folder / "data", catalog=published_folder / "catalog")
    with closing(PoolService(settings)) as service:
        yield service


def test_every_reader_gets_the_answers_of_the_embedded_store(
    service: PoolService, embedded_service: PoolService
) -> None:
    """Anonymous readers and members, all graphs, by name and by search."""
    member = Reader(service.iris.partner("theatre-b"))
    for reader in (ANONYMOUS, member):
        assert run_query(service, GRAPHS, reader) == run_query(embedded_service, GRAPHS, reader)
        assert (
            sorted(run_query(service, SEARCH, reader))
            == sorted(run_query(embedded_service, SEARCH, reader))
            != []
        )
    assert b"false" in b"".join(service.ask(ANONYMOUS, QueryRequest(MENTIONS)).chunks)
    assert b"true" in b"".join(service.ask(member, QueryRequest(MENTIONS)).chunks)


def test_an_entity_is_described_as_by_the_embedded_store(
    service: PoolService, embedded_service: PoolService
) -> None:
    iri = next(card.iri for card in service.datasets(ANONYMOUS) if card.key == OPEN)
    remote_description, embedded_description = (
        server.describe(ANONYMOUS, iri) for server in (service, embedded_service)
    )
    assert set(remote_description.graph) == set(embedded_description.graph)
    assert remote_description.groups == embedded_description.groups


def test_an_answer_is_cached_and_has_a_tag(service: PoolService) -> None:
    """The second request does not reach the remote store."""
    first, second = (service.ask(ANONYMOUS, QueryRequest(COUNT)) for _ in range(2))
    assert first.tag == second.tag
    assert b"".join(first.chunks) == b"".join(second.chunks)


def test_a_malformed_query_is_reported_with_its_position(service: PoolService) -> None:
    """By our own parser, whatever the remote store would report."""
    with pytest.raises(QueryError, match="line 1, column 15"):
        service.ask(ANONYMOUS, QueryRequest("SELECT * WHERE"))


def test_the_remote_store_holds_a_single_generation(
    service: PoolService, remote_settings: Settings
) -> None:
    """An earlier one is reported as deleted; the files of the current one are valid."""
    with pytest.raises(NoLongerKept, match="generation 7"):
        service.ask(ANONYMOUS, QueryRequest(COUNT, generation=7))
    assert verify(remote_settings)["generations"] == 1


def test_while_the_store_changes_a_reader_sees_graphs_permitted_by_both_generations(
    service: PoolService, remote_settings: Settings
) -> None:
    """What the next generation closes is closed before its content is there."""
    member = Reader(service.iris.partner("theatre-b"))
    before = run_query(service, GRAPHS, member)
    with Pool.open(remote_settings) as pool:
        publish(pool)
    agreements = remote_settings.data / "generations" / "2" / "site" / "agreements.nt"
    content = agreements.read_bytes()
    agreements.write_bytes(b"")  # as if the second generation had closed every graph
    ChangeOver(0, 1, 2).write(remote_settings.data)
    try:
        with closing(PoolService(remote_settings)) as meanwhile:
            during = run_query(meanwhile, GRAPHS, member)
            tag = meanwhile.ask(member, QueryRequest(GRAPHS)).tag
    finally:
        agreements.write_bytes(content)
        (remote_settings.data / "remote.json").unlink()
    assert tag is None
    assert service.iris.graph(HIDDEN) in before
    assert not {service.iris.graph(key) for key in (OPEN, KNOWN, HIDDEN)} & set(during)


def test_serving_starts_when_the_store_has_proved_its_confinement(
    remote_settings: Settings, request: pytest.FixtureRequest
) -> None:
    """And that it holds the current generation, and that its errors reveal nothing hidden."""
    if "virtuoso" in request.node.name:
        with pytest.raises(StoreError, match="computes with what a reader may not read"):
            prove_confinement(remote_settings)
    else:
        prove_confinement(remote_settings)
    with pytest.raises(StoreError, match="another place"):
        prove_confinement(replace(remote_settings, remote=RemoteStore()))
    remote = replace(remote_settings.remote, query="http://127.0.0.1:1/", tries=1)
    with pytest.raises(FetchError, match="refused"):
        prove_confinement(replace(remote_settings, remote=remote))
    with (
        closing(PoolService(replace(remote_settings, remote=remote))) as service,
        pytest.raises(FetchError, match="the store behind this site"),
    ):
        service.ask(ANONYMOUS, QueryRequest(COUNT))
    manifest = remote_settings.data / "generations" / "2" / "manifest.json"
    content = manifest.read_bytes()
    manifest_data = json.loads(content)
    manifest_data["members"]["digest"] = "0" * 64
    manifest.write_text(json.dumps(manifest_data))
    try:
        with pytest.raises(StoreError, match="another generation"):
            prove_confinement(remote_settings)
    finally:
        manifest.write_bytes(content)


def test_a_store_without_write_access_cannot_be_published_to(remote_settings: Settings) -> None:
    """It is reported before anything is built."""
    remote = replace(remote_settings.remote, update="", graphs="")
    with (
        Pool.open(replace(remote_settings, remote=remote)) as pool,
        pytest.raises(UsageError, match="update"),
    ):
        publish(pool)

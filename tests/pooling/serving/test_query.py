"""A pool is published to, and served from, another server's store as from its own."""

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
from parvis.store.generation.change_over import ChangeOver
from tests.pooling.publication.test_publish import GRAPHS, HIDDEN, KNOWN, MENTIONS, OPEN, ask
from tests.remote.engines import oxigraph, virtuoso

SEARCH = """SELECT ?thing WHERE { ?thing parvis:search "soeurs" }"""
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture(scope="module", params=[oxigraph, virtuoso], ids=["oxigraph", "virtuoso"])
def elsewhere(
    request: pytest.FixtureRequest, submitted_once: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Give the settings of a pool that was published to a store elsewhere."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "engine").mkdir()
    here = Settings.load(data=submitted_once / "data", catalog=submitted_once / "catalog")
    with request.param(folder / "engine") as remote:
        settings = replace(
            here, data=Path(shutil.copytree(here.data, folder / "data")), remote=remote
        )
        with Pool.open(settings) as pool:
            publish(pool)
        yield settings


@pytest.fixture
def host(elsewhere: Settings) -> Iterator[PoolService]:
    """Serve it."""
    with closing(PoolService(elsewhere)) as host:
        yield host


@pytest.fixture
def here(made_once: Path) -> Iterator[PoolService]:
    """Serve the same pool from the embedded store."""
    settings = Settings.load(data=made_once / "data", catalog=made_once / "catalog")
    with closing(PoolService(settings)) as host:
        yield host


def test_every_reader_gets_what_the_embedded_store_gives(
    host: PoolService, here: PoolService
) -> None:
    """Anonymous readers and members, of all graphs, by name and by search."""
    member = Reader(host.iris.partner("theatre-b"))
    for reader in (ANONYMOUS, member):
        assert ask(host, GRAPHS, reader) == ask(here, GRAPHS, reader)
        assert sorted(ask(host, SEARCH, reader)) == sorted(ask(here, SEARCH, reader)) != []
    assert b"false" in b"".join(host.ask(ANONYMOUS, QueryRequest(MENTIONS)).chunks)
    assert b"true" in b"".join(host.ask(member, QueryRequest(MENTIONS)).chunks)


def test_a_thing_is_described_as_by_the_embedded_store(
    host: PoolService, here: PoolService
) -> None:
    """Its page asks the store too."""
    iri = next(card.iri for card in host.datasets(ANONYMOUS) if card.key == OPEN)
    found, same = (one.describe(ANONYMOUS, iri) for one in (host, here))
    assert set(found.graph) == set(same.graph)
    assert found.groups == same.groups


def test_an_answer_is_kept_and_tagged(host: PoolService) -> None:
    """The second is not asked for elsewhere, and may be known by its tag."""
    first, second = (host.ask(ANONYMOUS, QueryRequest(COUNT)) for _ in range(2))
    assert first.tag == second.tag
    assert b"".join(first.chunks) == b"".join(second.chunks)


def test_what_is_malformed_is_told_with_its_place(host: PoolService) -> None:
    """By our own parser, whatever the other store would say."""
    with pytest.raises(QueryError, match="line 1, column 15"):
        host.ask(ANONYMOUS, QueryRequest("SELECT * WHERE"))


def test_one_generation_is_kept_there(host: PoolService, elsewhere: Settings) -> None:
    """An earlier one is told to be gone; the files of the current one are sound."""
    with pytest.raises(NoLongerKept, match="generation 7"):
        host.ask(ANONYMOUS, QueryRequest(COUNT, generation=7))
    assert verify(elsewhere)["generations"] == 1


def test_while_the_store_changes_a_reader_sees_what_both_generations_allow(
    host: PoolService, elsewhere: Settings
) -> None:
    """What is closed by the next one is closed before its content is there."""
    member = Reader(host.iris.partner("theatre-b"))
    before = ask(host, GRAPHS, member)
    with Pool.open(elsewhere) as pool:
        publish(pool)
    agreements = elsewhere.data / "generations" / "2" / "site" / "agreements.nt"
    kept = agreements.read_bytes()
    agreements.write_bytes(b"")  # as if the second one had closed everything
    ChangeOver(0, 1, 2).write(elsewhere.data)
    try:
        with closing(PoolService(elsewhere)) as meanwhile:
            during = ask(meanwhile, GRAPHS, member)
            tag = meanwhile.ask(member, QueryRequest(GRAPHS)).tag
    finally:
        agreements.write_bytes(kept)
        (elsewhere.data / "remote.json").unlink()
    assert tag is None
    assert host.iris.graph(HIDDEN) in before
    assert not {host.iris.graph(key) for key in (OPEN, KNOWN, HIDDEN)} & set(during)


def test_serving_begins_when_the_store_has_proved_itself(
    elsewhere: Settings, request: pytest.FixtureRequest
) -> None:
    """Also that it holds what is served here, and that its errors tell of nothing hidden."""
    if "virtuoso" in request.node.name:
        with pytest.raises(StoreError, match="computes with what a reader may not read"):
            prove_confinement(elsewhere)
    else:
        prove_confinement(elsewhere)
    with pytest.raises(StoreError, match="another place"):
        prove_confinement(replace(elsewhere, remote=RemoteStore()))
    remote = replace(elsewhere.remote, query="http://127.0.0.1:1/", tries=1)
    with pytest.raises(FetchError, match="refused"):
        prove_confinement(replace(elsewhere, remote=remote))
    with (
        closing(PoolService(replace(elsewhere, remote=remote))) as host,
        pytest.raises(FetchError, match="the store behind this site"),
    ):
        host.ask(ANONYMOUS, QueryRequest(COUNT))
    manifest = elsewhere.data / "generations" / "2" / "manifest.json"
    kept = manifest.read_bytes()
    told = json.loads(kept)
    told["members"]["digest"] = "0" * 64
    manifest.write_text(json.dumps(told))
    try:
        with pytest.raises(StoreError, match="another generation"):
            prove_confinement(elsewhere)
    finally:
        manifest.write_bytes(kept)


def test_who_may_only_read_there_cannot_publish(elsewhere: Settings) -> None:
    """It is told before anything is built."""
    remote = replace(elsewhere.remote, update="", graphs="")
    with (
        Pool.open(replace(elsewhere, remote=remote)) as pool,
        pytest.raises(UsageError, match="update"),
    ):
        publish(pool)

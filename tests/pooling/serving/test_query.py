"""A pool is published to and served from a remote store as from its own."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.config import RemoteStore, Settings
from parvis.errors import (
    FetchError,
    NoLongerKept,
    QueryError,
    StoreError,
    UnknownThing,
    UsageError,
)
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.remote import prove_engines, repair_engines
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.generations import rollback, verify
from parvis.store.files import replace as replace_file
from parvis.store.generation.generation import current
from parvis.store.generation.state_files import mark_changing
from parvis.store.remote.part import repository_of, sent_file
from parvis.store.remote.proof import evaluates_hidden
from parvis.store.remote.remote_process import open_engine
from parvis.store.remote.repository import Repository
from tests.pooling.publication.test_publish import GRAPHS, MENTIONS, OPEN, run_query
from tests.remote.engines import repositories

SEARCH = """SELECT ?thing WHERE { ?thing parvis:search "soeurs" }"""
ZEROS = re.compile(r"(\.\d+?)0+Z")
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"


PARTS = {"oxigraph": {"open": 2, "members": 2}, "virtuoso": {"open": 2}}


@pytest.fixture(scope="module", params=sorted(PARTS))
def remote_settings(
    request: pytest.FixtureRequest, submitted_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Return the settings of a pool that was published to an engine."""
    folder = tmp_path_factory.mktemp("elsewhere")
    local_settings = Settings.load(
        data=submitted_folder / "data", catalog=submitted_folder / "catalog"
    )
    with repositories(request.param, folder / "engine", PARTS[request.param]) as remote:
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
    remote_triples, triples, remote_groups, groups = (
        # An engine may end the fraction of a second with a zero, or not.
        ZEROS.sub(r"\1Z", repr(part))
        for part in (
            sorted(remote_description.graph),
            sorted(embedded_description.graph),
            remote_description.groups,
            embedded_description.groups,
        )
    )
    assert remote_triples == triples
    assert remote_groups == groups


def test_an_answer_is_cached_and_has_a_tag(service: PoolService) -> None:
    """The second request does not reach the remote store."""
    first, second = (service.ask(ANONYMOUS, QueryRequest(COUNT)) for _ in range(2))
    assert first.tag == second.tag
    assert b"".join(first.chunks) == b"".join(second.chunks)


def test_a_malformed_query_is_reported_with_its_position(service: PoolService) -> None:
    """By our own parser, whatever the remote store would report."""
    with pytest.raises(QueryError, match="line 1, column 15"):
        service.ask(ANONYMOUS, QueryRequest("SELECT * WHERE"))


def test_the_two_latest_generations_can_be_queried(
    service: PoolService, remote_settings: Settings
) -> None:
    """And returned to; the one before was overwritten."""
    with pytest.raises(UnknownThing, match="generation 7"):
        service.ask(ANONYMOUS, QueryRequest(COUNT, generation=7))
    with Pool.open(remote_settings) as pool:
        first = current(remote_settings.data)
        second, third = (int(publish(pool)["generation"]) for _ in range(2))
        for number in (second, third):
            service.ask(ANONYMOUS, QueryRequest(COUNT, generation=number))
        rollback(pool, second)
        assert service.ask(ANONYMOUS, QueryRequest(COUNT)).generation == second
        # As if the third had other content than the first.
        sent = sent_file(remote_settings.data, repository_of(first.open_store))
        body = sent.read_bytes()
        replace_file(sent, body.replace(b"ontology", b"other"))
        with pytest.raises(UsageError, match="no longer holds"):
            rollback(pool, first.number)
        with pytest.raises(NoLongerKept):
            service.ask(ANONYMOUS, QueryRequest(GRAPHS, generation=first.number))
        replace_file(sent, body)
        rollback(pool, third)
    checks = verify(remote_settings)["engines"]
    assert len(checks) == len(remote_settings.remote.parts)
    assert not any(check["graphs"] or check["added"] for check in checks)


def test_nothing_is_passed_on_from_a_repository_that_is_being_changed(
    service: PoolService, remote_settings: Settings
) -> None:
    """Not even the remainder of an answer that was begun before."""
    if remote_settings.remote.engine == "virtuoso":
        pytest.skip("it sends nothing of a long answer before its end")
    address = repository_of(current(remote_settings.data).open_store)
    answer = service.ask(ANONYMOUS, QueryRequest("SELECT * { ?s ?p ?o . ?a ?b ?c }"))
    sent = sent_file(remote_settings.data, address)
    body = sent.read_bytes()
    mark_changing(remote_settings.data, [address], changing=True)
    replace_file(sent, body)
    try:
        with pytest.raises(StoreError, match="published anew"):
            b"".join(answer.chunks)
        with pytest.raises(StoreError, match="published anew"):
            service.ask(ANONYMOUS, QueryRequest("ASK { ?a ?b ?c }"))
    finally:
        mark_changing(remote_settings.data, [address], changing=False)


def test_serving_starts_when_the_engine_has_proved_its_confinement(
    remote_settings: Settings, request: pytest.FixtureRequest
) -> None:
    """And that it answers from all that is published; its errors reveal nothing hidden."""
    prove_engines(remote_settings)
    with pytest.raises(StoreError, match="another place"):
        prove_engines(replace(remote_settings, remote=RemoteStore()))
    if "virtuoso" in request.node.name:
        remote = remote_settings.remote
        members = replace(remote, open=(), members=remote.open)
        # As if the settings had named Virtuoso for what members may read.
        generation = current(remote_settings.data)
        (folder := generation.folder.parent / "9" / "members").mkdir(parents=True)
        shutil.copy(generation.open_store / "graphs.json", folder)
        assert evaluates_hidden(open_engine(members, folder))
        shutil.rmtree(folder.parent)


def test_what_an_engine_has_lost_is_sent_again(
    service: PoolService, remote_settings: Settings
) -> None:
    before = sorted(run_query(service, GRAPHS, ANONYMOUS))
    address = repository_of(current(remote_settings.data).open_store)
    with closing(Repository(remote_settings.remote, address)) as repository:
        repository.delete([*repository.counts()][:3])
    (check,) = repair_engines(remote_settings, digests=False)
    assert (check.part, len(check.graphs)) == ("open", 3)
    assert repair_engines(remote_settings, digests=True) == []
    assert sorted(run_query(service, GRAPHS, ANONYMOUS)) == before


def test_an_engine_that_is_away_is_reported_until_it_is_back(
    service: PoolService, remote_settings: Settings
) -> None:
    """What is answered in between is an error that says when to ask again."""
    engines = service.engines
    assert engines is not None
    watch = engines.watch
    watch._absence = datetime(2026, 11, 28, tzinfo=UTC)  # noqa: SLF001 - as its thread would
    with pytest.raises(FetchError, match="2026-11-28T00:00:00") as caught:
        service.ask(ANONYMOUS, QueryRequest("ASK { ?a ?b 1234 }"))
    assert caught.value.fields["retry"] == 2
    assert service.health()["engine_away_since"] == "2026-11-28T00:00:00+00:00"
    watch.begin()
    deadline = time.monotonic() + 20
    while watch.absent_since() and time.monotonic() < deadline:
        time.sleep(0.05)
    service.ask(ANONYMOUS, QueryRequest("ASK { ?a ?b 1234 }"))
    del remote_settings

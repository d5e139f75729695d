"""At every instant, the published pool shows what the agreements permit."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.config.clock import set_clock
from parvis.errors import NothingPublished, StoreError, UnknownThing
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.generations import generations, rollback, verify
from parvis.vocab.iris import DatasetKey

OPEN, KNOWN, HIDDEN = (
    DatasetKey("theatre-b", name) for name in ("spectacles", "billets", "reserve")
)
GRAPHS = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"
MENTIONS = (
    'ASK { ?s ?p ?o FILTER(CONTAINS(STR(?o), "b/reserve") || CONTAINS(STR(?s), "b/reserve")) }'
)


@pytest.fixture(scope="module")
def service(published_folder: Path) -> Iterator[PoolService]:
    """Serve the published pool, which nobody changes."""
    settings = Settings.load(data=published_folder / "data", catalog=published_folder / "catalog")
    with closing(PoolService(settings)) as service:
        yield service


def run_query(
    service: PoolService, query: str, reader: Reader = ANONYMOUS, **graphs: tuple[str, ...]
) -> list[str]:
    """Return the lines of the answer without the heading."""
    request = QueryRequest(query, results_format="csv", **graphs)  # type: ignore[arg-type] # graphs
    answer = b"".join(service.ask(reader, request).chunks)
    return answer.decode().split()[1:]


def test_the_open_store_holds_what_everyone_may_read_only(service: PoolService) -> None:
    """No query finds a restricted graph."""
    graphs = run_query(service, GRAPHS)
    assert service.iris.graph(OPEN) in graphs
    assert service.iris.graph(KNOWN) not in graphs
    assert service.iris.graph(HIDDEN) not in graphs
    assert service.iris.catalog_graph in graphs


def test_an_undiscoverable_dataset_is_named_nowhere(service: PoolService) -> None:
    """Neither data nor catalogue reveal it to an anonymous reader."""
    answer = b"".join(service.ask(ANONYMOUS, QueryRequest(MENTIONS)).chunks)
    assert b"false" in answer
    assert HIDDEN not in {card.key for card in service.datasets(ANONYMOUS)}
    listing = service.listing(ANONYMOUS)
    assert b"reserve" not in b"".join([listing.frame, *map(listing.record, listing.items)])
    with pytest.raises(UnknownThing):
        service.item(ANONYMOUS, HIDDEN)


def test_a_dataset_may_be_discoverable_and_not_readable(service: PoolService) -> None:
    """Its record is published, its content is not."""
    card = service.dataset(ANONYMOUS, KNOWN)
    assert not card.readable
    assert not run_query(service, GRAPHS, default_graphs=(service.iris.graph(KNOWN),))


def test_a_member_reads_what_its_agreement_permits(service: PoolService) -> None:
    """The members' store answers, confined to the reader's graphs."""
    member = Reader(service.iris.partner("theatre-b"))
    graphs = run_query(service, GRAPHS, member)
    assert {service.iris.graph(key) for key in (OPEN, KNOWN, HIDDEN)} <= set(graphs)


def test_a_search_finds_readable_entities_only(service: PoolService) -> None:
    """On the page, in completions and in search patterns of queries."""
    member, hidden = Reader(service.iris.partner("theatre-b")), service.iris.graph(HIDDEN)
    assert hidden in find_graphs(service, member, "soirée cachée")
    query = 'SELECT DISTINCT ?g { GRAPH ?g { ?t parvis:search "soirée cachée" } }'
    assert hidden in run_query(service, query, member)
    for reader in (ANONYMOUS, Reader("https://elsewhere.example/x")):
        assert hidden not in find_graphs(service, reader, "soirée cachée")
        assert hidden not in run_query(service, query, reader)
        assert hidden not in run_query(service, query, reader, named_graphs=(hidden,))


def find_graphs(service: PoolService, reader: Reader, words: str = "soeurs") -> set[str]:
    """Return the graphs of the entities that a search finds."""
    return {entity.graph for entity in service.search(reader, words).results}


def test_a_reader_without_agreement_reads_what_everyone_reads(service: PoolService) -> None:
    """By the members' store, with other graphs."""
    graphs = run_query(service, GRAPHS, Reader("https://elsewhere.example/x"))
    assert service.iris.graph(OPEN) in graphs
    assert service.iris.graph(HIDDEN) not in graphs


def test_protocol_parameters_narrow_the_dataset_and_never_widen_it(service: PoolService) -> None:
    """A hidden graph is treated as nonexistent."""
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    (total,) = run_query(service, count)
    (in_open,) = run_query(service, count, default_graphs=(service.iris.graph(OPEN),))
    (in_hidden,) = run_query(service, count, default_graphs=(service.iris.graph(HIDDEN),))
    assert int(total) > int(in_open) > 0
    assert int(in_hidden) == 0


def test_data_become_unreadable_at_the_end_of_a_permission_without_any_job(
    settings: Settings,
) -> None:
    """In the open store too."""
    with Pool.open(settings) as pool:
        submit(pool, OPEN)
    end = datetime.now(UTC) + timedelta(seconds=9)
    limit_permission(settings.catalog / "theatre-b" / "agreement.ttl", end)
    with Pool.open(settings) as pool:
        publish(pool)
    service = PoolService(settings)
    try:
        assert {service.iris.graph(OPEN), service.iris.statistics_graph} <= {
            *run_query(service, GRAPHS)
        }
        time.sleep(max((end - datetime.now(UTC)).total_seconds(), 0) + 0.1)
        assert service.iris.graph(OPEN) not in run_query(service, GRAPHS)
        assert OPEN not in {card.key for card in service.datasets(ANONYMOUS)}
        assert service.iris.catalog_graph not in run_query(service, GRAPHS)
        assert service.iris.statistics_graph not in run_query(service, GRAPHS)
        assert service.iris.dataset(OPEN) not in service.statistics(ANONYMOUS, "nt").decode()
    finally:
        service.close()


def test_unreadable_data_are_no_longer_found(settings: Settings) -> None:
    """On the page, in completions and in search patterns of queries."""
    end = datetime.now(UTC) + timedelta(hours=1)
    limit_permission(settings.catalog / "theatre-b" / "agreement.ttl", end)
    with Pool.open(settings) as pool:
        submit(pool, OPEN)
        publish(pool)
    query = 'SELECT ?t { ?t parvis:search "soeurs large" }'
    with closing(PoolService(settings)) as service:
        assert service.iris.graph(OPEN) in find_graphs(service, ANONYMOUS)
        assert run_query(service, query)
        with set_clock(lambda: end):
            assert service.iris.graph(OPEN) not in find_graphs(service, ANONYMOUS)
            assert run_query(service, query) == []
            assert service.suggest(ANONYMOUS, "soeurs lar") == []


def limit_permission(agreement: Path, end: datetime) -> None:
    """Let everyone read the open dataset until an instant only."""
    old = "odrl:assignee parvis:everyone ; odrl:action odrl:read , parvis:discover ]"
    new = old[:-1] + (
        "; odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;"
        f' odrl:rightOperand "{end.isoformat()}"^^xsd:dateTime ] ]'
    )
    text = agreement.read_text(encoding="utf-8")
    assert old in text
    agreement.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_service_follows_publications_and_rollbacks(filled: Pool) -> None:
    first = publish(filled)["generation"]
    service = PoolService(filled.settings)
    try:
        assert service.health()["generation"] == first
        second = publish(filled)["generation"]
        assert service.health()["generation"] == second == first + 1
        rollback(filled, first)
        assert service.health()["generation"] == first
        assert [generation["current"] for generation in generations(filled.settings)] == [
            True,
            False,
        ]
        with pytest.raises(UnknownThing):
            rollback(filled, 99)
    finally:
        service.close()


def test_an_unpublished_pool_is_reported(settings: Settings) -> None:
    service = PoolService(settings)
    with pytest.raises(NothingPublished):
        service.health()
    service.close()


def test_a_changed_file_is_reported_by_name(filled: Pool) -> None:
    publish(filled)
    assert verify(filled.settings)["files"] > 0
    (file,) = filled.settings.data.glob("generations/*/site/datasets.json")
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(StoreError, match=r"datasets\.json"):
        verify(filled.settings)


def test_an_entity_is_described_with_its_datasets_and_incoming_links(service: PoolService) -> None:
    """With labels instead of IRIs, in both directions."""
    (venue,) = run_query(service, "SELECT ?p WHERE { ?e schema:location ?p } ORDER BY ?p LIMIT 1")
    description = service.describe(ANONYMOUS, venue)
    assert description.label
    assert [group.label["fr"] for group in description.groups][:2] == ["nom", "nature"]
    datasets = [value.datasets for group in description.groups for value in group.values]
    assert set(datasets) == {(OPEN,)}
    assert description.incoming
    with pytest.raises(UnknownThing):
        service.describe(ANONYMOUS, "https://elsewhere.example/nothing")

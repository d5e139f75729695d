"""What is published is what the agreements allow, at every instant."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
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
def host(made_once: Path) -> Iterator[PoolService]:
    """Serve the published pool, which nobody changes."""
    settings = Settings.load(data=made_once / "data", catalog=made_once / "catalog")
    with closing(PoolService(settings)) as host:
        yield host


def ask(
    host: PoolService, query: str, reader: Reader = ANONYMOUS, **asked: tuple[str, ...]
) -> list[str]:
    """Ask a query; give the lines of the answer without the heading."""
    question = QueryRequest(query, results_format="csv", **asked)  # type: ignore[arg-type] # graphs
    answer = b"".join(host.ask(reader, question).chunks)
    return answer.decode().split()[1:]


def test_the_open_store_holds_what_everyone_may_read_and_nothing_else(host: PoolService) -> None:
    """Restricted graphs are not there, by any query."""
    found = ask(host, GRAPHS)
    assert host.iris.graph(OPEN) in found
    assert host.iris.graph(KNOWN) not in found
    assert host.iris.graph(HIDDEN) not in found
    assert host.iris.catalog_graph in found


def test_a_hidden_dataset_is_named_nowhere(host: PoolService) -> None:
    """Neither data nor catalogue tell an anonymous reader that it exists."""
    answer = b"".join(host.ask(ANONYMOUS, QueryRequest(MENTIONS)).chunks)
    assert b"false" in answer
    assert HIDDEN not in {card.key for card in host.datasets(ANONYMOUS)}
    assert b"reserve" not in host.catalogue(ANONYMOUS).serialize(encoding="utf-8")
    with pytest.raises(UnknownThing):
        host.record(ANONYMOUS, HIDDEN)


def test_a_dataset_may_be_known_and_not_readable(host: PoolService) -> None:
    """Its record is there, its content is not."""
    card = host.dataset(ANONYMOUS, KNOWN)
    assert not card.readable
    assert not ask(host, GRAPHS, default_graphs=(host.iris.graph(KNOWN),))


def test_a_member_reads_what_its_agreement_opens(host: PoolService) -> None:
    """The members' store answers, confined to what this reader may read."""
    member = Reader(host.iris.partner("theatre-b"))
    found = ask(host, GRAPHS, member)
    assert {host.iris.graph(key) for key in (OPEN, KNOWN, HIDDEN)} <= set(found)


def test_a_search_finds_what_its_reader_may_read(host: PoolService) -> None:
    """The page, its completions and the pattern within a query are confined alike."""
    member, hidden = Reader(host.iris.partner("theatre-b")), host.iris.graph(HIDDEN)
    assert hidden in graphs_found(host, member, "soirée cachée")
    query = 'SELECT DISTINCT ?g { GRAPH ?g { ?t parvis:search "soirée cachée" } }'
    assert hidden in ask(host, query, member)
    for reader in (ANONYMOUS, Reader("https://elsewhere.example/x")):
        assert hidden not in graphs_found(host, reader, "soirée cachée")
        assert hidden not in ask(host, query, reader)
        assert hidden not in ask(host, query, reader, named_graphs=(hidden,))


def graphs_found(host: PoolService, reader: Reader, words: str = "soeurs") -> set[str]:
    """Give the graphs of what a search finds."""
    return {thing.graph for thing in host.search(reader, words).things}


def test_a_stranger_with_a_name_reads_what_everyone_reads(host: PoolService) -> None:
    """The same store, other lists."""
    found = ask(host, GRAPHS, Reader("https://elsewhere.example/x"))
    assert host.iris.graph(OPEN) in found
    assert host.iris.graph(HIDDEN) not in found


def test_parameters_narrow_and_never_widen(host: PoolService) -> None:
    """A named graph narrows the answer; a hidden one is like one that does not exist."""
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    (all_of_it,) = ask(host, count)
    (one,) = ask(host, count, default_graphs=(host.iris.graph(OPEN),))
    (none,) = ask(host, count, default_graphs=(host.iris.graph(HIDDEN),))
    assert int(all_of_it) > int(one) > 0
    assert int(none) == 0


def test_data_become_unreadable_at_the_instant_without_any_job(settings: Settings) -> None:
    """A permission that ends closes the open store's graph from that instant on."""
    with Pool.open(settings) as pool:
        submit(pool, OPEN)
    end = datetime.now(UTC) + timedelta(seconds=9)
    limit_permission(settings.catalog / "theatre-b" / "agreement.ttl", end)
    with Pool.open(settings) as pool:
        publish(pool)
    host = PoolService(settings)
    try:
        assert {host.iris.graph(OPEN), host.iris.statistics_graph} <= {*ask(host, GRAPHS)}
        time.sleep(max((end - datetime.now(UTC)).total_seconds(), 0) + 0.1)
        assert host.iris.graph(OPEN) not in ask(host, GRAPHS)
        assert OPEN not in {card.key for card in host.datasets(ANONYMOUS)}
        assert host.iris.catalog_graph not in ask(host, GRAPHS)
        assert host.iris.statistics_graph not in ask(host, GRAPHS)
        assert host.iris.dataset(OPEN) not in host.statistics(ANONYMOUS, "nt").decode()
    finally:
        host.close()


def test_what_became_unreadable_is_no_more_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page, its completions and the pattern within a query follow the agreements too."""
    end = datetime.now(UTC) + timedelta(hours=1)
    limit_permission(settings.catalog / "theatre-b" / "agreement.ttl", end)
    with Pool.open(settings) as pool:
        submit(pool, OPEN)
        publish(pool)
    query = 'SELECT ?t { ?t parvis:search "soeurs large" }'
    with closing(PoolService(settings)) as host:
        assert host.iris.graph(OPEN) in graphs_found(host, ANONYMOUS)
        assert ask(host, query)
        monkeypatch.setattr("parvis.pooling.serving.current._now", lambda: end)
        assert host.iris.graph(OPEN) not in graphs_found(host, ANONYMOUS)
        assert ask(host, query) == []
        assert host.suggest(ANONYMOUS, "soeurs lar") == []


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


def test_a_publication_is_followed_and_can_be_taken_back(filled: Pool) -> None:
    """The host serves the current generation, whichever it is."""
    first = publish(filled)["generation"]
    host = PoolService(filled.settings)
    try:
        assert host.health()["generation"] == first
        second = publish(filled)["generation"]
        assert host.health()["generation"] == second == first + 1
        rollback(filled, first)
        assert host.health()["generation"] == first
        assert [one["current"] for one in generations(filled.settings)] == [True, False]
        with pytest.raises(UnknownThing):
            rollback(filled, 99)
    finally:
        host.close()


def test_nothing_is_served_before_anything_is_published(settings: Settings) -> None:
    """An empty pool says so."""
    host = PoolService(settings)
    with pytest.raises(NothingPublished):
        host.health()
    host.close()


def test_a_changed_file_is_found(filled: Pool) -> None:
    """One byte more in a served file is told by name."""
    publish(filled)
    assert verify(filled.settings)["files"] > 0
    (file,) = filled.settings.data.glob("generations/*/site/datasets.json")
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(StoreError, match=r"datasets\.json"):
        verify(filled.settings)


def test_a_thing_is_described_with_who_says_so_and_what_points_to_it(host: PoolService) -> None:
    """Labels rather than IRIs, in both directions."""
    (venue,) = ask(host, "SELECT ?p WHERE { ?e schema:location ?p } ORDER BY ?p LIMIT 1")
    found = host.describe(ANONYMOUS, venue)
    assert found.label
    assert [group.label["fr"] for group in found.groups][:2] == ["nom", "nature"]
    said = [value.datasets for group in found.groups for value in group.values]
    assert set(said) == {(OPEN,)}
    assert found.incoming
    with pytest.raises(UnknownThing):
        host.describe(ANONYMOUS, "https://elsewhere.example/nothing")

"""Public counts of duplicates: on the dataset's page, and as quality measurements."""

from contextlib import closing
from pathlib import Path

from parvis.catalog.quality import DuplicateCounts
from parvis.governance import ANONYMOUS
from parvis.ledger import JudgementDecision
from parvis.pooling.linking.candidates import link, public_duplicates
from parvis.pooling.linking.judgements import PairDecision, judge, to_review
from parvis.pooling.linking.links import LinkGraphs
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.vocab.iris import DatasetKey
from tests.pooling.linked import GRAPH, fill, iri, put_graph, write_hall, write_twice

SHOWS = DatasetKey("theatre-b", "spectacles")
MEASURED = """
SELECT (STRAFTER(STR(?metric), "#") AS ?name) ?count {
  <http://pool.test/id/dataset/theatre-b/spectacles> dqv:hasQualityMeasurement
    [ dqv:isMeasurementOf ?metric ; dqv:value ?count ]
  FILTER(STRSTARTS(STR(?metric), STR(parvis:)))
} ORDER BY ?metric
"""


def count_duplicates(pool: Pool, *letters: str) -> dict[str, DuplicateCounts]:
    """Count the public duplicates of some graphs, by their letters."""
    graphs = {GRAPH.format(letter) for letter in letters}
    counts = public_duplicates(
        pool, LinkGraphs.of(pool, graphs, set(map(GRAPH.format, "abc"))), graphs
    )
    return {graph: counts[graph] for graph in sorted(counts)}


def test_a_count_reveals_nothing_of_closed_graphs(pool: Pool, tmp_path: Path) -> None:
    """Links to a closed graph are not counted, nor are candidates in it."""
    fill(pool, tmp_path)
    link(pool)
    both = count_duplicates(pool, "a", "c")
    assert both == {GRAPH.format(letter): DuplicateCounts(1, 1, 0) for letter in "ac"}
    assert count_duplicates(pool, "a", "b") == {
        GRAPH.format(letter): DuplicateCounts(1, 0, 1) for letter in "ab"
    }
    assert count_duplicates(pool, "a") == {GRAPH.format("a"): DuplicateCounts(1, 0, 0)}


def test_a_judged_candidate_is_no_longer_waiting(pool: Pool, tmp_path: Path) -> None:
    """Two entities that are different are no duplicates."""
    fill(pool, tmp_path)
    link(pool)
    judge(
        pool.settings.data,
        [PairDecision(iri("a"), iri("b"), JudgementDecision.NEGATIVE)],
        "Camille",
    )
    assert count_duplicates(pool, "a", "b")[GRAPH.format("b")] == DuplicateCounts(1, 0, 0)


def test_a_thing_listed_twice_in_one_dataset_waits_for_a_person(pool: Pool, tmp_path: Path) -> None:
    """It is counted apart: to be described twice is not to be known elsewhere."""
    graph, pair = GRAPH.format("a"), (iri("a"), iri("a", key="copie"))
    put_graph(pool, "a", write_twice("a", hall="Théâtre de la Lanterne"), tmp_path)
    run = link(pool)
    assert (run.linked, run.waiting, run.waiting_within) == (0, 1, {graph: 1})
    assert run.duplicates[graph] == count_duplicates(pool, "a")[graph] == DuplicateCounts(2, 0, 0)
    (row,) = to_review(pool.settings.data).rows
    assert row.candidate.is_internal
    judge(pool.settings.data, [PairDecision(*pair, JudgementDecision.POSITIVE)], "Camille")
    assert link(pool).waiting_within == {}
    assert count_duplicates(pool, "a")[graph] == DuplicateCounts(2, 0, 0)
    put_graph(pool, "b", write_hall("b", hall="Théâtre de la Lanterne"), tmp_path)
    link(pool)
    assert count_duplicates(pool, "a", "b")[graph] == DuplicateCounts(2, 0, 2)


def test_changed_content_is_not_counted_until_it_is_compared(pool: Pool, tmp_path: Path) -> None:
    fill(pool, tmp_path)
    assert count_duplicates(pool, "a", "c") == {}
    link(pool)
    put_graph(pool, "c", write_hall("c", hall="Autre salle"), tmp_path)
    assert set(count_duplicates(pool, "a", "c")) == {GRAPH.format("a")}


def test_a_dataset_shows_its_duplicates(filled: Pool) -> None:
    """On its card, and in the graph of statistics, for queries."""
    link(filled)
    publish(filled)
    with closing(PoolService(filled.settings)) as service:
        duplicates = service.dataset(ANONYMOUS, SHOWS).duplicates
        answer = b"".join(
            service.ask(ANONYMOUS, QueryRequest(MEASURED, results_format="csv")).chunks
        )
    assert duplicates is not None
    assert duplicates.things > 0
    metrics = dict(row.split(",") for row in answer.decode().split()[1:])
    assert metrics == {
        "comparedThings": f"{duplicates.things}",
        "linkedThings": f"{duplicates.linked}",
        "possibleDuplicates": f"{duplicates.waiting}",
    }

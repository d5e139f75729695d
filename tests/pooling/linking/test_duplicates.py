"""Duplicates as everyone may learn of them: on the dataset's card, and as measurements."""

from contextlib import closing
from pathlib import Path

from parvis.catalog import DuplicateCounts
from parvis.governance import ANONYMOUS
from parvis.ledger import JudgementDecision
from parvis.pooling.linking.candidates import link
from parvis.pooling.linking.duplicates import public_duplicates
from parvis.pooling.linking.judgements import PairDecision, judge
from parvis.pooling.linking.links import LinkGraphs
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.vocab.iris import DatasetKey
from tests.pooling.linked import GRAPH, fill, iri, lines, put

SHOWS = DatasetKey("theatre-b", "spectacles")
MEASURED = """
SELECT (STRAFTER(STR(?metric), "#") AS ?name) ?count {
  <http://pool.test/id/dataset/theatre-b/spectacles> dqv:hasQualityMeasurement
    [ dqv:isMeasurementOf ?metric ; dqv:value ?count ]
  FILTER(STRSTARTS(STR(?metric), STR(parvis:)))
} ORDER BY ?metric
"""


def counted(pool: Pool, *everyones: str) -> dict[str, DuplicateCounts]:
    """Count what everyone may know of some graphs, by their letters."""
    graphs = {GRAPH.format(one) for one in everyones}
    found = public_duplicates(
        pool, LinkGraphs.of(pool, graphs, set(map(GRAPH.format, "abc"))), graphs
    )
    return {graph: found[graph] for graph in sorted(found)}


def test_a_number_says_nothing_of_what_not_everyone_may_read(pool: Pool, tmp_path: Path) -> None:
    """A link to a closed graph counts for nobody, nor does a candidate in one."""
    fill(pool, tmp_path)
    link(pool)
    both = counted(pool, "a", "c")
    assert both == {GRAPH.format(one): DuplicateCounts(1, 1, 0) for one in "ac"}
    assert counted(pool, "a", "b") == {GRAPH.format(one): DuplicateCounts(1, 0, 1) for one in "ab"}
    assert counted(pool, "a") == {GRAPH.format("a"): DuplicateCounts(1, 0, 0)}


def test_what_was_judged_waits_no_more(pool: Pool, tmp_path: Path) -> None:
    """Two things that are not one are not duplicates."""
    fill(pool, tmp_path)
    link(pool)
    judge(
        pool.settings.data,
        [PairDecision(iri("a"), iri("b"), JudgementDecision.NEGATIVE)],
        "Camille",
    )
    assert counted(pool, "a", "b")[GRAPH.format("b")] == DuplicateCounts(1, 0, 0)


def test_content_that_was_not_compared_is_not_counted(pool: Pool, tmp_path: Path) -> None:
    """A number is of what is there, not of what was."""
    fill(pool, tmp_path)
    assert counted(pool, "a", "c") == {}
    link(pool)
    put(pool, "c", lines("c", hall="Autre salle"), tmp_path)
    assert set(counted(pool, "a", "c")) == {GRAPH.format("a")}


def test_a_dataset_tells_its_duplicates(filled: Pool) -> None:
    """On its card, for its page, and in the graph of statistics, for a query."""
    link(filled)
    publish(filled)
    with closing(PoolService(filled.settings)) as host:
        told = host.dataset(ANONYMOUS, SHOWS).duplicates
        answer = b"".join(host.ask(ANONYMOUS, QueryRequest(MEASURED, results_format="csv")).chunks)
    assert told is not None
    assert told.things > 0
    metrics = dict(row.split(",") for row in answer.decode().split()[1:])
    assert metrics == {
        "comparedThings": f"{told.things}",
        "linkedThings": f"{told.linked}",
        "possibleDuplicates": f"{told.waiting}",
    }

"""VoID and example queries in the endpoint: true, found by others' tools, and no side door."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.store.record.counting import StatisticsCounter
from parvis.vocab.iris import DatasetKey

OPEN, KNOWN, HIDDEN = (
    DatasetKey("theatre-b", name) for name in ("spectacles", "billets", "reserve")
)
FIGURES = """
PREFIX void: <http://rdfs.org/ns/void#>
SELECT ?dataset ?triples ?subjects WHERE {
  ?dataset a void:Dataset ; void:triples ?triples ; void:distinctSubjects ?subjects
} ORDER BY ?dataset
"""
SIZES = """
PREFIX void: <http://rdfs.org/ns/void#>
SELECT ?dataset WHERE { ?dataset a void:Dataset ; void:triples ?triples }
"""
# What https://github.com/sib-swiss/sparql-editor asks of an endpoint.
COMPLETIONS = """
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX void-ext: <http://ldf.fi/void-ext#>
SELECT DISTINCT ?class ?property ?objects WHERE {
  ?part void:class ?class ; void:propertyPartition ?inner .
  ?inner void:property ?property .
  { ?inner void:classPartition/void:class ?objects }
  UNION { ?inner void-ext:datatypePartition/void-ext:datatype ?objects }
}
"""
EXAMPLES = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT DISTINCT ?query ?comment WHERE {
  ?query a sh:SPARQLExecutable ; rdfs:comment ?comment ; sh:select|sh:ask|sh:construct ?text
}
"""
PREFIXES = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT ?prefix ?namespace WHERE { [] sh:prefix ?prefix ; sh:namespace ?namespace }
"""


def ask(host: PoolService, query: str, reader: Reader = ANONYMOUS) -> list[str]:
    """Ask a query; give the lines of the answer without the heading."""
    answer = b"".join(host.ask(reader, QueryRequest(query, results_format="csv")).chunks)
    return answer.decode().splitlines()[1:]


@pytest.fixture(scope="module")
def host(filled_once: Pool) -> Iterator[PoolService]:
    """Serve the published pool."""
    publish(filled_once)
    host = PoolService(filled_once.settings)
    yield host
    host.close()


def test_a_reader_sees_the_figures_of_what_it_may_read_and_of_nothing_else(
    host: PoolService,
) -> None:
    """In the endpoint and in the document alike: a known dataset's size is its own secret."""
    iris = host.iris
    seen = {ANONYMOUS: [OPEN], Reader(iris.partner("theatre-b")): [KNOWN, HIDDEN, OPEN]}
    for reader, keys in seen.items():
        found = [row.partition(",")[0] for row in ask(host, FIGURES, reader)]
        assert found == [iris.dataset(key) for key in keys]
        told = host.statistics(reader, "nt").decode()
        for key in (OPEN, KNOWN, HIDDEN):
            assert (f"{iris.dataset(key)}>" in told) == (key in keys)


def test_the_figures_are_those_of_the_graph(host: PoolService) -> None:
    """Triples and subjects, counted by the engine."""
    graph = host.iris.graph(OPEN)
    count = "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) { GRAPH <GRAPH> { ?s ?p ?o } }"
    (row,) = ask(host, count.replace("GRAPH>", f"{graph}>"))
    assert ask(host, FIGURES) == [f"{host.iris.dataset(OPEN)},{row}"]


def test_other_peoples_editors_find_completions_examples_and_prefixes(host: PoolService) -> None:
    """Their own queries have answers."""
    schema = "http://schema.org/"
    completions = ask(host, COMPLETIONS)
    assert f"{schema}TheaterEvent,{schema}location,{schema}Place" in completions
    assert any(row.startswith(f"{schema}Place,{schema}name,") for row in completions)
    examples = ask(host, EXAMPLES)
    assert len(examples) == 2 * len(host.queries())
    assert "parvis,https://w3id.org/parvis/ns#" in ask(host, PREFIXES)


def test_a_content_that_has_not_changed_is_not_counted_again(
    filled_once: Pool, host: PoolService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures are taken from the generation before, and are the same."""
    before = ask(host, FIGURES)
    monkeypatch.delattr(StatisticsCounter, "count")
    publish(filled_once)
    assert ask(host, FIGURES) == before


def test_what_cannot_be_counted_is_published_all_the_same(filled: Pool) -> None:
    """Its size alone is told, and the steward hears of it."""
    limits = replace(filled.settings.limits, conversion_seconds=0.0)
    pool = replace(filled, settings=replace(filled.settings, limits=limits))
    assert str(OPEN) in publish(pool)["uncounted"]
    host = PoolService(filled.settings)
    try:
        assert ask(host, FIGURES) == []
        assert ask(host, SIZES) == [host.iris.dataset(OPEN)]
    finally:
        host.close()

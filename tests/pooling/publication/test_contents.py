"""Statistics and download files: correct, confined, and made once for each content."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.rdf.formats import DUMP_TYPES
from parvis.store.files import sha256
from parvis.store.generation import generation as store
from parvis.store.record.statistics import StatisticsCounter
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


def run_query(service: PoolService, query: str, reader: Reader = ANONYMOUS) -> list[str]:
    """Return the lines of the answer without the heading."""
    answer = b"".join(service.ask(reader, QueryRequest(query, results_format="csv")).chunks)
    return answer.decode().splitlines()[1:]


@pytest.fixture(scope="module")
def service(shared_filled: Pool) -> Iterator[PoolService]:
    publish(shared_filled)
    service = PoolService(shared_filled.settings)
    yield service
    service.close()


def test_a_reader_sees_the_figures_of_readable_datasets_only(
    service: PoolService,
) -> None:
    """In the endpoint and in the document; the size of a discoverable dataset stays secret."""
    iris = service.iris
    readable = {ANONYMOUS: [OPEN], Reader(iris.partner("theatre-b")): [KNOWN, HIDDEN, OPEN]}
    for reader, keys in readable.items():
        datasets = [row.partition(",")[0] for row in run_query(service, FIGURES, reader)]
        assert datasets == [iris.dataset(key) for key in keys]
        document = service.statistics(reader, "nt").decode()
        for key in (OPEN, KNOWN, HIDDEN):
            assert (f"{iris.dataset(key)}>" in document) == (key in keys)


def test_the_figures_equal_those_of_the_graph(service: PoolService) -> None:
    """Triples and subjects, counted by the engine."""
    graph = service.iris.graph(OPEN)
    count = "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) { GRAPH <GRAPH> { ?s ?p ?o } }"
    (row,) = run_query(service, count.replace("GRAPH>", f"{graph}>"))
    assert run_query(service, FIGURES) == [f"{service.iris.dataset(OPEN)},{row}"]


def test_editors_of_others_find_completions_examples_and_prefixes(service: PoolService) -> None:
    """With their own queries."""
    schema = "http://schema.org/"
    completions = run_query(service, COMPLETIONS)
    assert f"{schema}TheaterEvent,{schema}location,{schema}Place" in completions
    assert any(row.startswith(f"{schema}Place,{schema}name,") for row in completions)
    examples = run_query(service, EXAMPLES)
    assert len(examples) == 2 * len(service.queries())
    assert "parvis,https://w3id.org/parvis/ns#" in run_query(service, PREFIXES)


def test_an_unchanged_content_is_not_counted_again(
    shared_filled: Pool, service: PoolService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its figures are copied from the former generation."""
    before = run_query(service, FIGURES)
    monkeypatch.delattr(StatisticsCounter, "count")
    publish(shared_filled)
    assert run_query(service, FIGURES) == before


def test_a_dataset_that_cannot_be_counted_is_published_with_its_size(filled: Pool) -> None:
    """The steward is informed."""
    limits = replace(filled.settings.limits, conversion_seconds=0.0)
    pool = replace(filled, settings=replace(filled.settings, limits=limits))
    assert str(OPEN) in publish(pool)["uncounted"]
    service = PoolService(filled.settings)
    try:
        assert run_query(service, FIGURES) == []
        assert run_query(service, SIZES) == [service.iris.dataset(OPEN)]
    finally:
        service.close()


def test_an_unchanged_dump_is_linked_into_the_next_generation(published: Pool) -> None:
    """And is listed in its manifest."""
    data = published.settings.data
    before = store.current(data)
    result = publish(published, anew=True)
    after = store.current(data)
    assert result["left_out"] == []
    names = [name for name in after.manifest.files if name.startswith("dumps/")]
    tables = [name for name in names if name.endswith(".parquet")]
    assert "dumps/theatre-b/spectacles/Place.parquet" in tables
    assert len(names) == 3 * len(DUMP_TYPES) + len(tables)
    assert all((after.folder / dump).samefile(before.folder / dump) for dump in names)
    store.verify(after)


def test_a_damaged_dump_is_written_again(published: Pool) -> None:
    """The others are reused."""
    data = published.settings.data
    damaged = store.current(data).dumps / "theatre-b" / "spectacles.ttl"
    damaged.write_bytes(b"")
    publish(published)
    after = store.current(data)
    listing = json.loads((after.site / "dumps.json").read_bytes())
    dump = Path(after.dumps / "theatre-b" / "spectacles.ttl")
    assert sha256(dump) == listing["theatre-b/spectacles"]["files"]["ttl"]["sha256"]

"""Each content of a dataset is a version with a permanent label."""

from pathlib import Path

from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import DCAT

from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.records import FOLDER
from parvis.pooling.versions import recorded_versions
from parvis.rdf.files import graph_of
from parvis.store.generation import generation as store
from parvis.store.generation.manifest import Bundle
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import ADMS, DCAT3

KEY = DatasetKey("theatre-b", "spectacles")


def write_shorter_sample(pool: Pool, folder: Path) -> Path:
    """Write the sample without its last line."""
    (sample,) = pool.catalog.require(KEY).sources
    file = folder / sample.name
    file.write_text("".join(sample.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]))
    return file


def read_record(pool: Pool) -> Graph:
    """Read the published record."""
    records = Bundle(store.current(pool.settings.data).site / FOLDER)
    return graph_of(records.get(str(KEY), "nt") or b"")


def test_a_new_content_is_a_new_version_with_its_changes(published: Pool, tmp_path: Path) -> None:
    """The record describes and links both; the former version is no dataset."""
    graph = published.iris.graph(KEY)
    (first,) = recorded_versions(published, [graph])[graph]
    with published:
        assert submit(published, KEY, write_shorter_sample(published, tmp_path)).stored
    _, second = recorded_versions(published, [graph])[graph]
    assert second.label == f"{first.label}.2"
    assert first.changes is None
    assert second.changes
    assert second.changes["gone"] > 0
    publish(published)
    record, dataset = read_record(published), URIRef(published.iris.dataset(KEY))
    former = URIRef(published.iris.thing("version", f"{KEY}/{first.label}"))
    assert set(record.objects(dataset, DCAT3.version)) == {Literal(second.label)}
    assert record.value(dataset, DCAT3.previousVersion) == former
    assert set(record.objects(dataset, ADMS.versionNotes)) == {
        Literal(text, lang) for lang, text in second.notes.items()
    }
    assert set(record.subjects(RDF.type, DCAT.Dataset)) == {dataset}


def test_an_equal_content_is_the_same_version(published: Pool) -> None:
    """A change in the layout of the mapping changes no label."""
    graph = published.iris.graph(KEY)
    before = recorded_versions(published, [graph])[graph]
    mapping = published.catalog.require(KEY).folder / "mapping.yml"
    with mapping.open("a", encoding="utf-8") as file:
        file.write("\n# a remark\n")
    with published:
        assert submit(published, KEY).stored
    assert recorded_versions(published, [graph])[graph] == before


def test_a_withdrawn_dataset_returns_as_a_new_version(published: Pool) -> None:
    """Its former versions are still listed."""
    graph = published.iris.graph(KEY)
    (first,) = recorded_versions(published, [graph])[graph]
    published.record.withdraw({graph: {"withdrawn": "2026-05-04T00:00:00+00:00"}})
    with published:
        assert submit(published, KEY).stored
    before, after = recorded_versions(published, [graph])[graph]
    assert before == first
    assert after.label == f"{first.label}.2"
    assert "2026-05-04" in after.notes["fr"]

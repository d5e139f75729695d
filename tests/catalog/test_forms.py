"""One record in every form that others read, each a function of the record alone."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, RDF, SKOS

from parvis.catalog import (
    Catalog,
    Cube,
    DatasetRecord,
    DatasetState,
    Distribution,
    Submission,
    Term,
    dataset_record,
    to_data_package,
    to_dcat,
    to_dqv,
    to_schema_org,
    to_statdcat,
)
from parvis.catalog.records import Period
from parvis.rdf.files import serialise
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import DQV, STAT

KEY = DatasetKey("theatre", "events")
AT = datetime(2026, 5, 4, 13, 30, tzinfo=UTC)
BASE = "https://pool.example/"
FILE = Distribution(
    iri=f"{BASE}id/distribution/theatre/events/nq",
    title={"fr": "N-Quads", "en": "N-Quads"},
    access_url=f"{BASE}dataset/theatre/events",
    download_url=f"{BASE}dumps/theatre/events.nq.gz",
    media_type="application/n-quads",
    compression="application/gzip",
    format="RDF_N_QUADS",
    size=1200,
    sha256="0a" * 32,
)


@pytest.fixture
def record(catalog: Catalog) -> DatasetRecord:
    """Give a record with all that one may have."""
    digest = "0a" * 32
    given = Submission(KEY, AT, AT, "a.csv", digest, digest, digest, 10, 0, 0)
    measure = Term("https://w3id.org/parvis/ns#visits", {"fr": "visites", "en": "visits"})
    area = Term("https://w3id.org/parvis/ns#refArea", {"fr": "territoire", "en": "area"})
    known = DatasetState(
        [given.with_content(digest, 5)],
        [FILE],
        cube=Cube(dimensions=(area,), measures=(measure,)),
        public=True,
    )
    period = Period(f"{BASE}p", date(2026, 9, 1), None)
    place = Term("https://w3id.org/parvis/concept/area/qc", {"fr": "Québec", "en": "Quebec"})
    found = dataset_record(catalog, KEY, known)
    return replace(found, temporal=(period,), spatial=(place,))


@pytest.mark.parametrize("ending", media.RDF)
def test_every_serialisation_is_isomorphic_to_the_graph(record: DatasetRecord, ending: str) -> None:
    """Turtle, JSON-LD, RDF/XML and N-Triples say the same."""
    graph = to_dcat(record) + to_dqv(record) + to_statdcat(record)
    read = Graph().parse(data=serialise(graph, ending), format=media.RDF[ending])
    assert isomorphic(read, graph)


def test_forms_are_the_same_for_the_same_record(record: DatasetRecord) -> None:
    """No clock, no counter: who keeps a digest of each record sees no change."""
    for form in (to_dcat, to_dqv, to_statdcat):
        assert set(form(record)) == set(form(record))
    assert to_schema_org(record, "fr") == to_schema_org(record, "fr")


def test_a_file_is_told_with_its_size_and_digest(record: DatasetRecord) -> None:
    """In the datatypes that DCAT-AP demands."""
    graph, file = to_dcat(record), URIRef(FILE.iri)
    assert graph.value(file, DCAT.byteSize).n3() == (  # type: ignore[union-attr] # it is there
        '"1200"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>'
    )
    assert '"' + "0a" * 32 + '"^^<http://www.w3.org/2001/XMLSchema#hexBinary>' in {
        term.n3() for term in graph.objects()
    }
    kind = graph.value(file, DCAT.mediaType)
    assert str(kind) == "https://www.iana.org/assignments/media-types/application/n-quads"
    assert (kind, RDF.type, DCTERMS.MediaType) in graph


def test_a_place_carries_its_name(record: DatasetRecord) -> None:
    """Harvesters follow no link."""
    graph = to_dcat(record)
    (place,) = graph.objects(URIRef(record.iri), DCTERMS.spatial)
    assert (place, SKOS.prefLabel, Literal("Quebec", "en")) in graph


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_search_engines_find_the_fields_that_they_ask_for(record: DatasetRecord, lang: str) -> None:
    """Google's list for a dataset, in the page's language."""
    found = to_schema_org(record, lang)
    assert found["name"] == record.title[lang]
    assert found["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert found["temporalCoverage"] == ["2026-09-01/.."]
    assert found["spatialCoverage"][0]["name"] == record.spatial[0].names[lang]
    assert found["isAccessibleForFree"] is True
    assert found["version"] == "2026-05-04-0a0a0a0a"
    assert found["variableMeasured"][0]["name"] == {"fr": "visites", "en": "visits"}[lang]
    (file,) = found["distribution"]
    assert file["contentUrl"] == FILE.download_url
    assert file["encodingFormat"] == "application/n-quads"
    wanted = "description url identifier keywords creator includedInDataCatalog dateModified"
    assert {*wanted.split()} - {"keywords"} <= set(found)
    assert json.loads(json.dumps(found)) == found


def test_a_data_package_has_the_files_with_their_hash(record: DatasetRecord) -> None:
    """What frictionless tools check after downloading."""
    (file,) = to_data_package(record, "en")["resources"]
    assert file["path"] == FILE.download_url
    assert file["hash"] == f"sha256:{FILE.sha256}"
    assert file["bytes"] == 1200


def test_a_data_package_without_files_has_the_record(record: DatasetRecord) -> None:
    """The standard asks for one resource at least."""
    (only,) = to_data_package(replace(record, distributions=()), "fr")["resources"]
    assert only["path"] == f"{record.page}.ttl"


def test_a_cube_tells_its_dimensions(record: DatasetRecord) -> None:
    """StatDCAT-AP; a dataset that is no cube says nothing of it."""
    this = URIRef(record.iri)
    assert to_statdcat(record).value(this, STAT.dimension)
    assert not len(to_statdcat(replace(record, cube=None)))


def test_quality_tells_points_and_what_is_missing(record: DatasetRecord) -> None:
    """As data.europa.eu's own measurements are written."""
    graph = to_dqv(replace(record, distributions=record.distributions[:1]))
    told = {
        str(graph.value(one, DQV.isMeasurementOf)).rpartition("#")[2]: graph.value(one, DQV.value)
        for one in graph.objects(URIRef(record.iri), DQV.hasQualityMeasurement)
    }
    assert told["downloadUrlAvailability"] == Literal(False)  # noqa: FBT003 - a value
    assert "keywordAvailability" not in told
    assert told["scoring"] == Literal(270)
    assert told["findabilityScoring"] == Literal(100)

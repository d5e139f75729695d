"""A dataset record in every published form, each a function of the record only."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, RDF, SKOS

from parvis.catalog.folder import Catalog
from parvis.catalog.forms import to_data_package, to_dcat, to_dqv, to_schema_org, to_statdcat
from parvis.catalog.provenance import Submission
from parvis.catalog.record import DatasetState, dataset_record
from parvis.catalog.records import Cube, DatasetRecord, Distribution, Period, Term
from parvis.rdf.files import serialise
from parvis.rdf.formats import GRAPH_TYPES
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
    """Make a record with every possible field."""
    digest = "0a" * 32
    submission = Submission(KEY, AT, AT, "a.csv", digest, digest, digest, 10, 0, 0)
    measure = Term("https://w3id.org/parvis/ns#visits", {"fr": "visites", "en": "visits"})
    area = Term("https://w3id.org/parvis/ns#residenceArea", {"fr": "territoire", "en": "area"})
    state = DatasetState(
        [submission.with_content(digest, 5)],
        [FILE],
        cube=Cube(dimensions=(area,), measures=(measure,)),
        public=True,
    )
    period = Period(f"{BASE}p", date(2026, 9, 1), None)
    place = Term("https://w3id.org/parvis/concept/area/qc", {"fr": "Québec", "en": "Quebec"})
    complete = dataset_record(catalog, KEY, state)
    return replace(complete, temporal=(period,), spatial=(place,))


@pytest.mark.parametrize("ending", GRAPH_TYPES)
def test_every_serialisation_is_isomorphic_to_the_graph(record: DatasetRecord, ending: str) -> None:
    graph = to_dcat(record) + to_dqv(record) + to_statdcat(record)
    parsed = Graph().parse(data=serialise(graph, ending), format=GRAPH_TYPES[ending])
    assert isomorphic(parsed, graph)


def test_equal_records_have_equal_forms(record: DatasetRecord) -> None:
    """No clock, no counter: a harvester that stores a digest sees no change."""
    for form in (to_dcat, to_dqv, to_statdcat):
        assert set(form(record)) == set(form(record))
    assert to_schema_org(record, "fr") == to_schema_org(record, "fr")


def test_a_distribution_has_its_size_and_digest(record: DatasetRecord) -> None:
    """In the datatypes of DCAT-AP."""
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


def test_a_place_is_labelled(record: DatasetRecord) -> None:
    """Harvesters do not follow links."""
    graph = to_dcat(record)
    (place,) = graph.objects(URIRef(record.iri), DCTERMS.spatial)
    assert (place, SKOS.prefLabel, Literal("Quebec", "en")) in graph


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_search_engines_find_their_required_fields(record: DatasetRecord, lang: str) -> None:
    """Google's dataset properties, in the language of the page."""
    document = to_schema_org(record, lang)
    assert document["name"] == record.title[lang]
    assert document["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert document["temporalCoverage"] == ["2026-09-01/.."]
    assert document["spatialCoverage"][0]["name"] == record.spatial[0].names[lang]
    assert document["isAccessibleForFree"] is True
    assert document["version"] == "2026-05-04-0a0a0a0a"
    assert document["variableMeasured"][0]["name"] == {"fr": "visites", "en": "visits"}[lang]
    (file,) = document["distribution"]
    assert file["contentUrl"] == FILE.download_url
    assert file["encodingFormat"] == "application/n-quads"
    required = "description url identifier keywords creator includedInDataCatalog dateModified"
    assert {*required.split()} - {"keywords"} <= set(document)
    assert json.loads(json.dumps(document)) == document


def test_a_data_package_lists_the_files_with_their_hash(record: DatasetRecord) -> None:
    (file,) = to_data_package(record, "en")["resources"]
    assert file["path"] == FILE.download_url
    assert file["hash"] == f"sha256:{FILE.sha256}"
    assert "bytes" not in file  # frictionless counts those of what is unpacked


def test_a_data_package_without_files_links_to_the_record(record: DatasetRecord) -> None:
    """The standard requires at least one resource."""
    (resource,) = to_data_package(replace(record, distributions=()), "fr")["resources"]
    assert resource["path"] == f"{record.page}.ttl"


def test_a_cube_lists_its_dimensions(record: DatasetRecord) -> None:
    """As StatDCAT-AP; other datasets have no dimensions."""
    dataset = URIRef(record.iri)
    assert to_statdcat(record).value(dataset, STAT.dimension)
    assert not len(to_statdcat(replace(record, cube=None)))


def test_quality_measurements_state_points_and_unmet_criteria(record: DatasetRecord) -> None:
    """Written like the measurements of data.europa.eu."""
    graph = to_dqv(replace(record, distributions=record.distributions[:1]))
    measurements = {
        str(graph.value(measurement, DQV.isMeasurementOf)).rpartition("#")[2]: graph.value(
            measurement, DQV.value
        )
        for measurement in graph.objects(URIRef(record.iri), DQV.hasQualityMeasurement)
    }
    assert measurements["downloadUrlAvailability"] == Literal(False)  # noqa: FBT003 - a value
    assert "keywordAvailability" not in measurements
    assert measurements["scoring"] == Literal(270)
    assert measurements["findabilityScoring"] == Literal(100)

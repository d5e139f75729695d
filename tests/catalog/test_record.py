"""DCAT records: what harvesters need of them."""

from datetime import UTC, datetime, timedelta

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, RDF, RDFS

from parvis.catalog import Catalog, DatasetState, Submission, dataset_record, to_dcat
from parvis.catalog.records import EU
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS, VCARD

EVENTS = DatasetKey("theatre", "events")
DATASET = URIRef("https://pool.example/id/dataset/theatre/events")
PUBLIC, RESTRICTED = (URIRef(f"{EU}access-right/{code}") for code in ("PUBLIC", "RESTRICTED"))
FIRST = datetime(2026, 5, 4, 13, 30, tzinfo=UTC)


def given(at: datetime) -> Submission:
    """Give a submission of an instant."""
    digest = "0" * 64
    return Submission(EVENTS, at, at, "a.csv", digest, digest, digest, 10, 0, 0)


def record(catalog: Catalog, *submissions: Submission, public: bool = True) -> Graph:
    """Give the record of the events."""
    return to_dcat(dataset_record(catalog, EVENTS, DatasetState(submissions, public=public)))


def test_a_record_keeps_what_its_file_says(catalog: Catalog) -> None:
    """Titles in both languages, licence, frequency, keywords."""
    found = record(catalog)
    assert set(found.objects(DATASET, DCTERMS.title)) == {
        Literal("Jeu theatre/events", "fr"),
        Literal("Dataset theatre/events", "en"),
    }
    assert (DATASET, DCAT.keyword, Literal("arts de la scène", "fr")) in found


def test_what_a_record_names_is_typed_and_named_in_it(catalog: Catalog) -> None:
    """A harvester follows no link; CKAN knows the licence by its title."""
    found = record(catalog)
    licence = found.value(DATASET, DCTERMS.license)
    assert (licence, RDF.type, DCTERMS.LicenseDocument) in found
    assert (licence, DCTERMS.title, Literal("Creative Commons Attribution")) in found
    frequency = found.value(DATASET, DCTERMS.accrualPeriodicity)
    assert (frequency, RDFS.label, Literal("annuelle", "fr")) in found
    publisher = found.value(DATASET, DCTERMS.publisher)
    assert (publisher, FOAF.name, Literal("theatre")) in found
    contact = found.value(DATASET, DCAT.contactPoint)
    assert (contact, RDF.type, VCARD.Kind) in found
    assert (found.value(DATASET, DCTERMS.conformsTo), RDF.type, DCTERMS.Standard) in found


def test_a_record_leads_to_page_graph_and_endpoint(catalog: Catalog) -> None:
    """The distribution has a stable IRI and is reached through the service."""
    found = record(catalog)
    page = URIRef("https://pool.example/dataset/theatre/events")
    assert found.value(DATASET, DCAT.landingPage) == page
    graph = URIRef("https://pool.example/graph/theatre/events")
    assert found.value(DATASET, PARVIS.namedGraph) == graph
    distribution = found.value(DATASET, DCAT.distribution)
    assert str(distribution) == "https://pool.example/id/distribution/theatre/events/sparql"
    assert found.value(distribution, DCAT.accessURL) == page
    service = URIRef("https://pool.example/id/service/sparql")
    assert found.value(distribution, DCAT.accessService) == service


def test_where_the_partners_file_is_fetched_from_is_not_published(catalog: Catalog) -> None:
    """It is not what the pool distributes; other distributions that the file describes stay."""
    described, address = catalog.require(EVENTS).described, URIRef("https://theatre.example/a.csv")
    given, other = BNode(), BNode()
    described.add((DATASET, DCAT.distribution, given))
    described.add((given, DCAT.downloadURL, address))
    described.add((DATASET, DCAT.distribution, other))
    described.add((other, DCAT.accessURL, URIRef("https://theatre.example/donnees")))
    found = record(catalog)
    assert address not in found.all_nodes()
    assert (given, None, None) not in found
    kept = found.value(predicate=DCAT.accessURL, object=URIRef("https://theatre.example/donnees"))
    assert (DATASET, DCAT.distribution, kept) in found
    assert isinstance(kept, URIRef)


def test_the_page_of_the_source_is_a_page_and_no_dataset(catalog: Catalog) -> None:
    """DCAT-AP keeps `dct:source` for datasets; an undescribed one would be a ghost."""
    found = record(catalog)
    page = URIRef("https://theatre.example/donnees")
    assert found.value(DATASET, DCTERMS.source) is None
    assert (DATASET, FOAF.page, page) in found
    assert (page, RDF.type, FOAF.Document) in found
    assert set(found.subjects(RDF.type, DCAT.Dataset)) == {DATASET}


def test_access_rights_say_whether_everyone_may_read(catalog: Catalog) -> None:
    """In the terms of the publications office; what the file says of it does not count."""
    catalog.require(EVENTS).described.add((DATASET, DCTERMS.accessRights, RESTRICTED))
    assert set(record(catalog).objects(DATASET, DCTERMS.accessRights)) == {PUBLIC}
    closed = record(catalog, public=False)
    assert closed.value(DATASET, DCTERMS.accessRights) == RESTRICTED


def test_dates_are_those_of_the_first_and_last_submission(catalog: Catalog) -> None:
    """In whatever order they come; without any there is no date."""
    later = given(FIRST + timedelta(days=3))
    found = record(catalog, later, given(FIRST))
    assert str(found.value(DATASET, DCTERMS.issued)) == "2026-05-04T13:30:00+00:00"
    assert str(found.value(DATASET, DCTERMS.modified)) == "2026-05-07T13:30:00+00:00"
    assert found.value(DATASET, PROV.wasGeneratedBy) == URIRef(later.iri(catalog.iris))
    assert record(catalog).value(DATASET, DCTERMS.modified) is None


def test_a_record_changes_only_with_its_dataset(catalog: Catalog) -> None:
    """data.europa.eu hashes each record; no blank node makes two of them differ."""
    assert set(record(catalog, given(FIRST))) == set(record(catalog, given(FIRST)))

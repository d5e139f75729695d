"""DCAT records for harvesters."""

from datetime import UTC, datetime, timedelta

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, RDF, RDFS, SKOS

from parvis.catalog.folder import Catalog
from parvis.catalog.forms import to_dcat
from parvis.catalog.provenance import Submission
from parvis.catalog.record import DatasetState, dataset_record
from parvis.catalog.records import EU
from parvis.rdf.literals import read_texts
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS, VCARD

EVENTS = DatasetKey("theatre", "events")
DATASET = URIRef("https://pool.example/id/dataset/theatre/events")
PUBLIC, RESTRICTED = (URIRef(f"{EU}access-right/{code}") for code in ("PUBLIC", "RESTRICTED"))
FIRST = datetime(2026, 5, 4, 13, 30, tzinfo=UTC)


def make_submission(at: datetime) -> Submission:
    """Make a submission of a given time."""
    digest = "0" * 64
    return Submission(EVENTS, at, at, "a.csv", digest, digest, digest, 10, 0, 0)


def record(catalog: Catalog, *submissions: Submission, public: bool = True) -> Graph:
    """Return the record of the events."""
    return to_dcat(dataset_record(catalog, EVENTS, DatasetState(submissions, public=public)))


def test_a_record_contains_the_statements_of_its_file(catalog: Catalog) -> None:
    """Titles in both languages, licence, frequency, keywords."""
    graph = record(catalog)
    assert set(graph.objects(DATASET, DCTERMS.title)) == {
        Literal("Jeu theatre/events", "fr"),
        Literal("Dataset theatre/events", "en"),
    }
    assert (DATASET, DCAT.keyword, Literal("arts de la scène", "fr")) in graph


def test_resources_of_a_record_are_typed_and_labelled(catalog: Catalog) -> None:
    """Harvesters do not follow links; CKAN recognises the licence by its title."""
    graph = record(catalog)
    licence = graph.value(DATASET, DCTERMS.license)
    assert (licence, RDF.type, DCTERMS.LicenseDocument) in graph
    assert (licence, DCTERMS.title, Literal("Creative Commons Attribution")) in graph
    frequency = graph.value(DATASET, DCTERMS.accrualPeriodicity)
    assert (frequency, RDFS.label, Literal("annuelle", "fr")) in graph
    publisher = graph.value(DATASET, DCTERMS.publisher)
    assert (publisher, FOAF.name, Literal("theatre")) in graph
    contact = graph.value(DATASET, DCAT.contactPoint)
    assert (contact, RDF.type, VCARD.Kind) in graph
    assert (graph.value(DATASET, DCTERMS.conformsTo), RDF.type, DCTERMS.Standard) in graph


def test_a_record_links_to_page_graph_and_endpoint(catalog: Catalog) -> None:
    """The distribution has a stable IRI and is reached through the service."""
    graph = record(catalog)
    page = URIRef("https://pool.example/dataset/theatre/events")
    assert graph.value(DATASET, DCAT.landingPage) == page
    named_graph = URIRef("https://pool.example/graph/theatre/events")
    assert graph.value(DATASET, PARVIS.namedGraph) == named_graph
    distribution = graph.value(DATASET, DCAT.distribution)
    assert str(distribution) == "https://pool.example/id/distribution/theatre/events/sparql"
    assert graph.value(distribution, DCAT.accessURL) == page
    service = URIRef("https://pool.example/id/service/sparql")
    assert graph.value(distribution, DCAT.accessService) == service


def test_the_address_of_the_partner_s_file_is_not_published(catalog: Catalog) -> None:
    """The pool does not distribute that file; other described distributions stay."""
    described, address = catalog.require(EVENTS).metadata, URIRef("https://theatre.example/a.csv")
    fetched, external = BNode(), BNode()
    described.add((DATASET, DCAT.distribution, fetched))
    described.add((fetched, DCAT.downloadURL, address))
    described.add((DATASET, DCAT.distribution, external))
    described.add((external, DCAT.accessURL, URIRef("https://theatre.example/donnees")))
    graph = record(catalog)
    assert address not in graph.all_nodes()
    assert (fetched, None, None) not in graph
    distribution = graph.value(
        predicate=DCAT.accessURL, object=URIRef("https://theatre.example/donnees")
    )
    assert (DATASET, DCAT.distribution, distribution) in graph
    assert isinstance(distribution, URIRef)


def test_the_page_of_the_source_is_no_dataset(catalog: Catalog) -> None:
    """DCAT-AP reserves `dct:source` for datasets; an undescribed one would be a ghost."""
    graph = record(catalog)
    page = URIRef("https://theatre.example/donnees")
    assert graph.value(DATASET, DCTERMS.source) is None
    assert (DATASET, FOAF.page, page) in graph
    assert (page, RDF.type, FOAF.Document) in graph
    assert set(graph.subjects(RDF.type, DCAT.Dataset)) == {DATASET}


def test_access_rights_state_whether_everyone_may_read(catalog: Catalog) -> None:
    """In EU terms, whatever the file states."""
    catalog.require(EVENTS).metadata.add((DATASET, DCTERMS.accessRights, RESTRICTED))
    assert set(record(catalog).objects(DATASET, DCTERMS.accessRights)) == {PUBLIC}
    closed = record(catalog, public=False)
    assert closed.value(DATASET, DCTERMS.accessRights) == RESTRICTED


def test_dates_are_those_of_the_first_and_last_submission(catalog: Catalog) -> None:
    """In any order; without submissions there is no date."""
    later = make_submission(FIRST + timedelta(days=3))
    graph = record(catalog, later, make_submission(FIRST))
    assert str(graph.value(DATASET, DCTERMS.issued)) == "2026-05-04T13:30:00+00:00"
    assert str(graph.value(DATASET, DCTERMS.modified)) == "2026-05-07T13:30:00+00:00"
    assert graph.value(DATASET, PROV.wasGeneratedBy) == URIRef(later.iri(catalog.iris))
    assert record(catalog).value(DATASET, DCTERMS.modified) is None


def test_a_record_changes_only_with_its_dataset(catalog: Catalog) -> None:
    """data.europa.eu hashes each record; no blank node makes two of them differ."""
    assert set(record(catalog, make_submission(FIRST))) == set(
        record(catalog, make_submission(FIRST))
    )


def test_a_licence_is_read_by_its_address_and_a_format_by_its_name(catalog: Catalog) -> None:
    """By udata, which takes an `rdfs:label` for the licence; by CKAN, which wants one of an IMT."""
    graph = record(catalog)
    licences = set(graph.objects(None, DCTERMS.license))
    assert licences
    for licence in licences:
        assert graph.value(licence, RDFS.label) is None
        assert read_texts(graph, licence, SKOS.prefLabel).keys() == {"fr", "en"}
    for form in set(graph.objects(None, DCTERMS["format"])):
        # The first class in every format, in which lines are sorted, is the one that CKAN reads.
        kinds = sorted(graph.objects(form, RDF.type), key=str)
        assert kinds == [DCTERMS.IMT, DCTERMS.MediaTypeOrExtent]
        assert graph.value(form, RDFS.label)

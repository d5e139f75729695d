"""One dataset as a DCAT 3 record that harvesters accept (DCAT-AP 3.0.1).

Harvesters follow no link: all that a record needs stands in it, the class of each thing that
it names included, and nothing in it changes unless the dataset does.
"""

from collections.abc import Sequence

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, RDF, RDFS, SKOS
from rdflib.term import Node

from parvis.catalog.authorities import describe
from parvis.catalog.entries import Dataset, Partner
from parvis.catalog.provenance import Submission, instant
from parvis.i18n import N_, both, say
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import PARVIS, VCARD

EU = "http://publications.europa.eu/resource/authority/"
PUBLIC = URIRef(f"{EU}access-right/PUBLIC")
RESTRICTED = URIRef(f"{EU}access-right/RESTRICTED")
ONTOLOGY = URIRef("https://w3id.org/parvis/ns#")
SPARQL_PROTOCOL = URIRef("http://www.w3.org/TR/sparql11-protocol/")

SERVICE = N_("SPARQL endpoint of the pool")
THROUGH_SPARQL = N_("{title}: through SPARQL")

_CLASSES = {
    DCTERMS.accessRights: DCTERMS.RightsStatement,
    DCTERMS.accrualPeriodicity: DCTERMS.Frequency,
    DCTERMS.conformsTo: DCTERMS.Standard,
    DCTERMS.language: DCTERMS.LinguisticSystem,
    DCTERMS.license: DCTERMS.LicenseDocument,
    DCTERMS.rights: DCTERMS.RightsStatement,
    DCTERMS.spatial: DCTERMS.Location,
    DCTERMS.temporal: DCTERMS.PeriodOfTime,
    DCAT.contactPoint: VCARD.Kind,
    DCAT.endpointDescription: RDFS.Resource,
    DCAT.endpointURL: RDFS.Resource,
    DCAT.landingPage: FOAF.Document,
    DCAT.theme: SKOS.Concept,
    DCAT.themeTaxonomy: SKOS.ConceptScheme,
    FOAF.homepage: FOAF.Document,
    FOAF.page: FOAF.Document,
    FOAF.primaryTopic: DCAT.Resource,
}
"""The class that DCAT-AP asks of what a property leads to."""


def dataset_record(
    dataset: Dataset,
    partner: Partner,
    submissions: Sequence[Submission],
    iris: Iris,
    *,
    public: bool,
) -> Graph:
    """Describe a dataset: what its file says, and what the pool knows of it.

    `submissions` are those of this dataset, in any order; `public` says whether everyone may
    read it, and wins over the access rights that the file states. The service that gives it is
    described by `service_record`.
    """
    graph = Graph() + dataset.described
    this = URIRef(dataset.iri)
    add = Adding(graph, this)
    _move_sources(graph, this)
    _leave_downloads(graph, this)
    add(DCTERMS.identifier, Literal(dataset.iri))
    graph.set((this, DCTERMS.accessRights, PUBLIC if public else RESTRICTED))
    add(DCTERMS.conformsTo, ONTOLOGY)
    add(DCAT.landingPage, URIRef(page_of(dataset, iris)))
    add(PARVIS.namedGraph, URIRef(dataset.graph))
    _contact(graph, this, partner, iris)
    _distribution(graph, dataset, iris, public=public)
    _history(graph, this, submissions, iris)
    graph += partner.described
    return complete(graph)


def service_record(graph: Graph, publisher: str, served: Sequence[str], iris: Iris) -> None:
    """Describe the SPARQL endpoint, and that it serves these datasets."""
    endpoint = URIRef(f"{iris.base}sparql")
    add = Adding(graph, URIRef(service(iris)))
    add(RDF.type, DCAT.DataService)
    add.texts(DCTERMS.title, both(SERVICE))
    add(DCTERMS.identifier, Literal(service(iris)))
    add(DCTERMS.publisher, URIRef(publisher))
    add(DCTERMS.conformsTo, SPARQL_PROTOCOL)
    add(DCAT.endpointURL, endpoint)
    add(DCAT.endpointDescription, endpoint)
    for dataset in served:
        add(DCAT.servesDataset, URIRef(dataset))


def complete(graph: Graph) -> Graph:
    """Add the classes and names that a record must carry inline; gives the graph back."""
    for step, kind in _CLASSES.items():
        for value in set(graph.objects(None, step)):
            graph.add((value, RDF.type, kind))
    describe(graph)
    return graph


def page_of(dataset: Dataset, iris: Iris) -> str:
    """Give the address of a dataset's page."""
    return f"{iris.base}dataset/{dataset.key}"


def service(iris: Iris) -> str:
    """Name the SPARQL endpoint as a data service."""
    return iris.thing("service", "sparql")


class Adding:
    """Adds values to one subject of a graph."""

    def __init__(self, graph: Graph, subject: Node) -> None:
        """Keep graph and subject."""
        self.graph, self.subject = graph, subject

    def __call__(self, step: URIRef, value: Node) -> None:
        """Add one value."""
        self.graph.add((self.subject, step, value))

    def texts(self, step: URIRef, texts: dict[str, str]) -> None:
        """Add one text per language."""
        for lang, text in texts.items():
            self(step, Literal(text, lang))


def _move_sources(graph: Graph, this: URIRef) -> None:
    """Tell a source's page as a page: DCAT-AP keeps `dct:source` for datasets it describes."""
    for page in set(graph.objects(this, DCTERMS.source)):
        graph.remove((this, DCTERMS.source, page))
        graph.add((this, FOAF.page, page))
        graph.add((this, PROV.hadPrimarySource, page))


def _leave_downloads(graph: Graph, this: URIRef) -> None:
    """Leave out where the partner's file is fetched from: it is not what the pool distributes.

    The file is what the data was before its mapping, and its address may be for the pool alone.
    """
    for given in set(graph.objects(this, DCAT.distribution)):
        if (given, DCAT.downloadURL, None) in graph:
            graph.remove((this, DCAT.distribution, given))
            graph.remove((given, None, None))


def _contact(graph: Graph, this: URIRef, partner: Partner, iris: Iris) -> None:
    """Name the partner as whom to ask, unless the file names somebody."""
    if graph.value(this, DCAT.contactPoint) is not None:
        return
    contact = URIRef(iris.thing("contact", partner.slug))
    graph.add((this, DCAT.contactPoint, contact))
    add = Adding(graph, contact)
    add(RDF.type, VCARD.Organization)
    add(VCARD.fn, Literal(partner.names["fr"]))
    add(VCARD.hasURL, URIRef(partner.url or partner.iri))


def _distribution(graph: Graph, dataset: Dataset, iris: Iris, *, public: bool) -> None:
    """Describe the one way that there is for now: the endpoint, and the page that explains it."""
    this = URIRef(iris.thing("distribution", f"{dataset.key}/sparql"))
    graph.add((URIRef(dataset.iri), DCAT.distribution, this))
    add = Adding(graph, this)
    add(RDF.type, DCAT.Distribution)
    for lang, title in dataset.title.items():
        add(DCTERMS.title, Literal(say(lang, THROUGH_SPARQL, title=title), lang))
    add(DCTERMS.license, URIRef(dataset.licence))
    add(DCTERMS.rights, PUBLIC if public else RESTRICTED)
    add(DCAT.accessURL, URIRef(page_of(dataset, iris)))
    add(DCAT.accessService, URIRef(service(iris)))


def _history(graph: Graph, this: URIRef, given: Sequence[Submission], iris: Iris) -> None:
    """Say when the content came first and last, and from which submission it is."""
    if not given:
        return
    first, last = (pick(given, key=lambda one: one.ended) for pick in (min, max))
    graph.add((this, DCTERMS.issued, instant(first.ended)))
    graph.add((this, DCTERMS.modified, instant(last.ended)))
    graph.add((this, PROV.wasGeneratedBy, URIRef(last.iri(iris))))

"""The graphs of records: what is known of the datasets that a reader may discover, no more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF

from parvis.catalog.distributions import Download, describe_downloads
from parvis.catalog.folder import Catalog
from parvis.catalog.provenance import Submission, instant, provenance
from parvis.catalog.record import (
    EU,
    Adding,
    complete,
    dataset_record,
    page_of,
    service,
    service_record,
)
from parvis.catalog.versions import DatasetVersion, describe_versions
from parvis.governance import ANONYMOUS, READ, decide
from parvis.vocab.iris import DatasetKey

THEMES = URIRef(f"{EU}data-theme")


@dataclass(frozen=True)
class Holdings:
    """What the pool has of each dataset: its files, and its versions, the oldest first."""

    downloads: Mapping[DatasetKey, Sequence[Download]] = field(default_factory=dict)
    versions: Mapping[DatasetKey, Sequence[DatasetVersion]] = field(default_factory=dict)


NOTHING = Holdings()


def catalog_graph(
    catalog: Catalog,
    submissions: Iterable[Submission],
    keys: Iterable[DatasetKey],
    at: datetime,
    holdings: Holdings = NOTHING,
) -> Graph:
    """Describe catalogue, partners, projects, and exactly these datasets with their provenance.

    Of `submissions` those of other datasets are left out. `at` decides whether everyone may read
    a dataset now, which its record says. Raises `UnknownThing` for an unknown key.
    """
    given = list(submissions)
    graph = Graph() + catalog.graph
    for partner in catalog.partners.values():
        graph += partner.described
    _catalog(graph, catalog)
    service_record(graph, catalog.host.iri, [], catalog.iris)
    for key in sorted(set(keys)):
        graph += record_graph(catalog, given, key, at, holdings)
    return complete(graph)


def record_graph(
    catalog: Catalog,
    submissions: Iterable[Submission],
    key: DatasetKey,
    at: datetime,
    holdings: Holdings = NOTHING,
) -> Graph:
    """Describe one dataset with its provenance, as an entry of the catalogue.

    Its files are told while everyone may read them.

    Joined with the graph of the catalogue it is what it would be inside it: so the record of a
    dataset that not everyone may discover stands in a graph of its own.
    """
    dataset, iris = catalog.require(key), catalog.iris
    given = [one for one in submissions if one.key == key]
    partner = catalog.partners[key.partner]
    public = decide(catalog.policies, ANONYMOUS, READ, dataset.iri, at).allowed
    graph = dataset_record(dataset, partner, given, iris, public=public)
    if public:
        files = holdings.downloads.get(key, ())
        describe_downloads(graph, dataset, files, iris, page_of(dataset, iris))
    describe_versions(graph, dataset, holdings.versions.get(key, ()), iris, public=public)
    for submission in given:
        graph += provenance(submission, iris)
    _entry(graph, catalog, dataset.iri, given)
    service_record(graph, catalog.host.iri, [dataset.iri], iris)
    graph += catalog.host.described
    return complete(graph)


def _catalog(graph: Graph, catalog: Catalog) -> None:
    """Say of the catalogue what its file need not say."""
    add = Adding(graph, URIRef(catalog.iri))
    add(FOAF.homepage, URIRef(catalog.iris.base))
    add(DCAT.themeTaxonomy, THEMES)
    add(DCAT.service, URIRef(service(catalog.iris)))
    for lang in ("FRA", "ENG"):
        add(DCTERMS.language, URIRef(f"{EU}language/{lang}"))


def _entry(graph: Graph, catalog: Catalog, dataset: str, given: Sequence[Submission]) -> None:
    """List the dataset, and when our record of it last changed."""
    this = URIRef(catalog.iri)
    graph.add((this, DCAT.dataset, URIRef(dataset)))
    if not given:
        return
    entry = URIRef(f"{dataset}#record")
    last = max(one.ended for one in given)
    graph.add((this, DCAT.record, entry))
    graph.add((entry, RDF.type, DCAT.CatalogRecord))
    graph.add((entry, FOAF.primaryTopic, URIRef(dataset)))
    graph.add((entry, DCTERMS.modified, instant(last)))

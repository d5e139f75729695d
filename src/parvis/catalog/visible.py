"""The graphs of records: what is known of the datasets that a reader may discover, no more."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF

from parvis.catalog.adding import Adding
from parvis.catalog.dcat import add_entry, add_service, complete, to_dcat
from parvis.catalog.distributions import describe_standards
from parvis.catalog.dqv import to_dqv
from parvis.catalog.folder import Catalog
from parvis.catalog.provenance import Submission, by_dataset, provenance
from parvis.catalog.record import Known, data_service, dataset_record, service
from parvis.catalog.records import EU, DatasetRecord
from parvis.catalog.statdcat import to_statdcat
from parvis.catalog.versions import describe_versions
from parvis.governance import ANONYMOUS, READ, decide
from parvis.vocab.iris import DatasetKey

THEMES = URIRef(f"{EU}data-theme")


def catalog_graph(
    catalog: Catalog,
    submissions: Iterable[Submission],
    keys: Iterable[DatasetKey],
    at: datetime,
) -> Graph:
    """Describe catalogue, partners, projects, and exactly these datasets with their provenance.

    Of `submissions` those of other datasets are left out. `at` decides whether everyone may read
    a dataset now, which its record says. Raises `UnknownThing` for an unknown key.
    """
    given = by_dataset(submissions)
    graph = Graph() + catalog.graph
    for partner in catalog.partners.values():
        graph += partner.described
    _catalog(graph, catalog)
    add_service(graph, data_service(catalog))
    for key in sorted(set(keys)):
        graph += record_graph(catalog, given.get(key, ()), key, at)
    return complete(graph)


def record_graph(
    catalog: Catalog,
    submissions: Iterable[Submission],
    key: DatasetKey,
    at: datetime,
) -> Graph:
    """Describe one dataset with its provenance, as an entry of the catalogue."""
    known = Known([one for one in submissions if one.key == key])
    return entry_graph(catalog, known_record(catalog, key, known, at), known)


def known_record(catalog: Catalog, key: DatasetKey, known: Known, at: datetime) -> DatasetRecord:
    """Put together the record of a dataset as everyone may know it at an instant.

    Where not everyone may read the dataset, nothing is told of its files and its structure.
    """
    iri = catalog.require(key).iri
    if not decide(catalog.policies, ANONYMOUS, READ, iri, at).allowed:
        return closed_record(catalog, key, known)
    return dataset_record(catalog, key, replace(known, public=True))


def closed_record(catalog: Catalog, key: DatasetKey, known: Known) -> DatasetRecord:
    """Put together the record of a dataset that not everyone may read."""
    told = replace(known, public=False, distributions=(), cube=None)
    return dataset_record(catalog, key, told)


def entry_graph(catalog: Catalog, record: DatasetRecord, known: Known) -> Graph:
    """Describe a record with its quality, versions and provenance, as an entry of the catalogue.

    Its files, and what a submission says of its content, are told while everyone may read them.

    Joined with the graph of the catalogue it is what it would be inside it: so the record of a
    dataset that not everyone may discover stands in a graph of its own.
    """
    graph = to_dcat(record)
    graph += to_statdcat(record)
    graph += to_dqv(record)
    describe_standards(graph)
    describe_versions(graph, record.key, known.versions, catalog.iris, public=record.public)
    for submission in known.submissions:
        graph += provenance(submission, catalog.iris, public=record.public)
    graph.add((URIRef(catalog.iri), DCAT.dataset, URIRef(record.iri)))
    if record.entry is not None:
        add_entry(graph, catalog.iri, record.entry, record.iri)
    add_service(graph, data_service(catalog, [record.iri]))
    graph += catalog.host.described
    return complete(graph)


def _catalog(graph: Graph, catalog: Catalog) -> None:
    """Say of the catalogue what its file need not say."""
    add = Adding(graph, URIRef(catalog.iri))
    add.iris(FOAF.homepage, catalog.iris.base)
    add(DCAT.themeTaxonomy, THEMES)
    add.iris(DCAT.service, service(catalog.iris))
    for lang in ("FRA", "ENG"):
        add.iris(DCTERMS.language, f"{EU}language/{lang}")

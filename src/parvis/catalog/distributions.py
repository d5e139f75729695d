"""What of a dataset can be taken away as a file: its distributions (DCAT 3 §6.8)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from types import MappingProxyType

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, OWL

from parvis.catalog.dcat import add_entry, add_service, complete, to_dcat, to_dqv, to_statdcat
from parvis.catalog.entries import Dataset
from parvis.catalog.folder import Catalog
from parvis.catalog.provenance import Submission, by_dataset, provenance
from parvis.catalog.record import Known, data_service, dataset_record, page_of, service
from parvis.catalog.records import EU, DatasetRecord, Distribution
from parvis.catalog.turtle import Adding, read_turtle
from parvis.catalog.versions import describe_versions
from parvis.config import knowledge
from parvis.governance import ANONYMOUS, READ, decide
from parvis.i18n import N_, say
from parvis.vocab.iris import DatasetKey, Iris

IANA = "https://www.iana.org/assignments/media-types/"
STANDARDS = MappingProxyType(
    {
        URIRef("https://w3id.org/parvis/ns#"): "ontology/parvis.ttl",
        URIRef("https://w3id.org/parvis/shapes"): "shapes/DataSet.ttl",
    }
)
"""What every file conforms to, and where its version is told."""


@dataclass(frozen=True)
class Kind:
    """One form of file: what it is called, its type here and in the EU's list, how it is packed."""

    name: str
    media_type: str
    file_type: str
    packed: tuple[URIRef, str] | None = None


KINDS = MappingProxyType(
    {
        "xlsx": Kind(
            N_("{title}: workbook, a sheet per class (XLSX)"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "XLSX",
        ),
        "csv.zip": Kind(
            N_("{title}: tables, a file per class (CSV)"),
            "text/csv",
            "CSV",
            (DCAT.packageFormat, "application/zip"),
        ),
        "ttl": Kind(N_("{title}: Turtle"), "text/turtle", "RDF_TURTLE"),
        "jsonld": Kind(N_("{title}: JSON-LD"), "application/ld+json", "JSON_LD"),
        "nq.gz": Kind(
            N_("{title}: N-Quads"),
            "application/n-quads",
            "RDF_N_QUADS",
            (DCAT.compressFormat, "application/gzip"),
        ),
    }
)
"""Every form by its ending, those for people first."""


@dataclass(frozen=True)
class Download:
    """One file: its ending, its stable address, its size in bytes and SHA-256 in hexadecimal."""

    ending: str
    url: str
    size: int
    sha256: str


def offered(downloads: Iterable[Download], dataset: Dataset, iris: Iris) -> list[Distribution]:
    """Tell a dataset's files as distributions, each under an IRI that stays."""
    return [_distribution(one, dataset, iris) for one in downloads]


def describe_standards(graph: Graph) -> None:
    """Say which version of the ontology and of the shapes is meant, where they are named."""
    for standard, version in versions().items():
        if (None, DCTERMS.conformsTo, standard) in graph:
            graph.add((standard, OWL.versionInfo, Literal(version)))


@cache
def versions() -> dict[URIRef, str]:
    """Tell the version of the ontology and of the shapes, by what names them."""
    found = {}
    for standard, name in STANDARDS.items():
        folder, _, file = name.partition("/")
        told = read_turtle(knowledge(folder) / file, "").value(standard, OWL.versionInfo)
        found[standard] = str(told)
    return found


def _distribution(one: Download, dataset: Dataset, iris: Iris) -> Distribution:
    """Tell one file."""
    kind, title = KINDS[one.ending], dataset.title
    step, packed = kind.packed or (None, None)
    return Distribution(
        iri=iris.thing("distribution", f"{dataset.key}/{one.ending}"),
        title={lang: say(lang, kind.name, title=title[lang]) for lang in title},
        access_url=page_of(dataset, iris),
        download_url=one.url,
        media_type=kind.media_type,
        compression=packed if step == DCAT.compressFormat else None,
        package=packed if step == DCAT.packageFormat else None,
        format=kind.file_type,
        size=one.size,
        sha256=one.sha256,
        conforms_to=tuple(map(str, STANDARDS)),
    )


# The graphs of records: what is known of the datasets that a reader may discover, no more.

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

"""The files of a dataset: its distributions (DCAT 3 §6.8)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, OWL

from parvis.catalog.entries import Dataset
from parvis.catalog.folder import Catalog
from parvis.catalog.forms import (
    add_entry,
    add_service,
    complete_graph,
    to_dcat,
    to_dqv,
    to_statdcat,
)
from parvis.catalog.provenance import Submission, by_dataset, provenance
from parvis.catalog.record import (
    DatasetState,
    data_service,
    dataset_record,
    feed_service,
    page_of,
    service,
)
from parvis.catalog.records import EU, DatasetRecord, Distribution
from parvis.catalog.turtle import SubjectWriter, read_turtle
from parvis.catalog.versions import describe_versions
from parvis.config import knowledge
from parvis.governance import ANONYMOUS, READ, decide
from parvis.i18n import N_, say
from parvis.rdf.formats import PARQUET, PARQUET_ENDING
from parvis.vocab.iris import DatasetKey, Iris

STANDARDS = MappingProxyType(
    {
        URIRef("https://w3id.org/parvis/ns#"): "ontology/parvis.ttl",
        URIRef("https://w3id.org/parvis/shapes"): "shapes/DataSet.ttl",
    }
)
"""The standards of every file, and the file that states the version of each."""


@dataclass(frozen=True)
class FileFormat:
    """A form of file: its title, its type here and in the EU's list, how it is packed."""

    name: str
    media_type: str
    file_type: str
    compression: str | None = None
    package: str | None = None


KINDS = MappingProxyType(
    {
        "xlsx": FileFormat(
            N_("{title}: workbook, a sheet per class (XLSX)"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "XLSX",
        ),
        "csv.zip": FileFormat(
            N_("{title}: tables, a file per class (CSV)"),
            "text/csv",
            "CSV",
            package="application/zip",
        ),
        "ttl": FileFormat(N_("{title}: Turtle"), "text/turtle", "RDF_TURTLE"),
        "jsonld": FileFormat(N_("{title}: JSON-LD"), "application/ld+json", "JSON_LD"),
        "nq.gz": FileFormat(
            N_("{title}: N-Quads"),
            "application/n-quads",
            "RDF_N_QUADS",
            compression="application/gzip",
        ),
        PARQUET_ENDING: FileFormat(N_("{title}: table {table} (Parquet)"), PARQUET, "PARQUET"),
    }
)
"""The forms by file ending, those for people first."""


def dump_path(key: DatasetKey, form: str) -> str:
    """Return the path of a file below ``dumps/``; `form` is its ending, or of a table its name.

    >>> dump_path(DatasetKey("theatre", "season"), "Event.parquet")
    'theatre/season/Event.parquet'
    >>> dump_path(DatasetKey("theatre", "season"), "csv.zip")
    'theatre/season.csv.zip'
    """
    return f"{key}/{form}" if form.endswith(f".{PARQUET_ENDING}") else f"{key}.{form}"


@dataclass(frozen=True)
class DatasetFile:
    """A file: its ending, its stable address, its size in bytes and SHA-256 in hexadecimal.

    A Parquet file is of one `table`; any other is of all.
    """

    ending: str
    url: str
    size: int
    sha256: str
    table: str = ""

    @classmethod
    def of(cls, key: DatasetKey, form: str, base: str, size: int, sha256: str) -> Self:
        """Return the file of a form, as `dump_path` has it."""
        url, table = f"{base}dumps/{dump_path(key, form)}", form.removesuffix(f".{PARQUET_ENDING}")
        if table == form:
            return cls(form, url, size, sha256)
        return cls(PARQUET_ENDING, url, size, sha256, table)

    @property
    def form(self) -> str:
        """Return its ending, or of a table its name."""
        return f"{self.table}.{self.ending}" if self.table else self.ending


def file_distributions(
    downloads: Iterable[DatasetFile], dataset: Dataset, iris: Iris
) -> list[Distribution]:
    """Return a dataset's files as distributions, each under a permanent IRI."""
    distributions = []
    for download in downloads:
        kind, title = KINDS[download.ending], dataset.title
        distribution = Distribution(
            iri=iris.thing("distribution", f"{dataset.key}/{download.form}"),
            title={
                lang: say(lang, kind.name, title=title[lang], table=download.table)
                for lang in title
            },
            access_url=page_of(dataset, iris),
            download_url=download.url,
            media_type=kind.media_type,
            compression=kind.compression,
            package=kind.package,
            format=kind.file_type,
            size=download.size,
            sha256=download.sha256,
            conforms_to=tuple(map(str, STANDARDS)),
        )
        distributions.append(distribution)
    return distributions


def describe_standards(graph: Graph) -> None:
    """Add the version of the ontology and of the shapes to a graph that refers to them."""
    for standard, version in standard_versions().items():
        if (None, DCTERMS.conformsTo, standard) in graph:
            graph.add((standard, OWL.versionInfo, Literal(version)))


@cache
def standard_versions() -> dict[URIRef, str]:
    """Return the version of the ontology and of the shapes, by their IRIs."""
    by_standard = {}
    for standard, name in STANDARDS.items():
        folder, _, file = name.partition("/")
        version = read_turtle(knowledge(folder) / file, "").value(standard, OWL.versionInfo)
        by_standard[standard] = str(version)
    return by_standard


# The graphs of records: only of the datasets that a reader may discover.

THEMES = URIRef(f"{EU}data-theme")


def catalog_graph(
    catalog: Catalog, submissions: Iterable[Submission], keys: Iterable[DatasetKey], at: datetime
) -> Graph:
    """Describe the catalogue, partners, projects, and exactly these datasets with their provenance.

    Of `submissions` those of other datasets are left out. `at` decides whether everyone may read
    a dataset now, which its record states. Raises `UnknownThing` for an unknown key.
    """
    by_key = by_dataset(submissions)
    graph = Graph() + catalog.graph
    for partner in catalog.partners.values():
        graph += partner.metadata
    add = SubjectWriter(graph, catalog.iri)
    add.iris(FOAF.homepage, catalog.iris.base)
    add(DCAT.themeTaxonomy, THEMES)
    feed = feed_service(catalog)
    add.iris(DCAT.service, service(catalog.iris), feed.iri)
    for lang in ("FRA", "ENG"):
        add.iris(DCTERMS.language, f"{EU}language/{lang}")
    add_service(graph, data_service(catalog))
    add_service(graph, feed)
    for key in sorted(set(keys)):
        graph += record_graph(catalog, by_key.get(key, ()), key, at)
    return complete_graph(graph)


def record_graph(
    catalog: Catalog, submissions: Iterable[Submission], key: DatasetKey, at: datetime
) -> Graph:
    state = DatasetState([submission for submission in submissions if submission.key == key])
    return entry_graph(catalog, public_record(catalog, key, state, at), state)


def public_record(
    catalog: Catalog, key: DatasetKey, state: DatasetState, at: datetime
) -> DatasetRecord:
    """Return the record of a dataset as everyone may know it at an instant.

    Where not everyone may read the dataset, its files and its structure are left out.
    """
    iri = catalog.require(key).iri
    if not decide(catalog.policies, ANONYMOUS, READ, iri, at).allowed:
        return restricted_record(catalog, key, state)
    return dataset_record(catalog, key, replace(state, public=True))


def restrict(record: DatasetRecord, state: DatasetState) -> DatasetRecord:
    """Return the record that `restricted_record` makes, from the one of a dataset that is open."""
    own = record.distributions[: len(record.distributions) - len(state.distributions)]
    return replace(record, public=False, distributions=own, cube=None)


def restricted_record(catalog: Catalog, key: DatasetKey, state: DatasetState) -> DatasetRecord:
    closed_state = replace(state, public=False, distributions=(), cube=None)
    return dataset_record(catalog, key, closed_state)


def entry_graph(catalog: Catalog, record: DatasetRecord, state: DatasetState) -> Graph:
    """Describe a record with its quality, versions and provenance, as an entry of the catalogue.

    Its files, and what a submission says of its content, are included if everyone may read them.
    """
    # Joined with the catalogue's graph, it is what it would be inside it: therefore the record
    # of a dataset that not everyone may discover can be a graph of its own.
    graph = to_dcat(record)
    graph += to_statdcat(record)
    graph += to_dqv(record)
    describe_standards(graph)
    describe_versions(graph, record.key, state.versions, catalog.iris, public=record.public)
    for submission in state.submissions:
        graph += provenance(submission, catalog.iris, public=record.public)
    graph.add((URIRef(catalog.iri), DCAT.dataset, URIRef(record.iri)))
    if record.entry is not None:
        add_entry(graph, catalog.iri, record.entry, record.iri)
    add_service(graph, data_service(catalog, [record.iri]))
    graph += catalog.third_party.metadata
    return complete_graph(graph)

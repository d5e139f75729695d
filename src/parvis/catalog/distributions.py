"""What of a dataset can be taken away as a file: its distributions (DCAT 3 §6.8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, OWL

from parvis.catalog.entries import Dataset
from parvis.catalog.record import page_of
from parvis.catalog.records import Distribution
from parvis.catalog.turtle import read_turtle
from parvis.config import knowledge
from parvis.i18n import N_, say
from parvis.vocab.iris import Iris

EU = "http://publications.europa.eu/resource/authority/"
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

"""What of a dataset can be taken away as a file: its distributions (DCAT 3 §6.8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, OWL, RDF, VOID, XSD

from parvis.catalog.entries import Dataset
from parvis.catalog.turtle import read_turtle
from parvis.config import knowledge
from parvis.i18n import N_, say
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import SPDX

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


def describe_downloads(
    graph: Graph, dataset: Dataset, downloads: Iterable[Download], iris: Iris, page: str
) -> None:
    """Add a dataset's files, each a distribution under an IRI that stays.

    The classes that the ranges shapes of DCAT-AP 3.0.1 ask for stand inline.
    """
    for one in downloads:
        _describe(graph, dataset, one, iris, page)
        for standard, version in versions().items():
            graph.add((standard, RDF.type, DCTERMS.Standard))
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


def _describe(graph: Graph, dataset: Dataset, one: Download, iris: Iris, page: str) -> None:
    """Describe one file."""
    kind, address = KINDS[one.ending], URIRef(one.url)
    this = URIRef(iris.thing("distribution", f"{dataset.key}/{one.ending}"))
    titles = [
        Literal(say(lang, kind.name, title=title), lang) for lang, title in dataset.title.items()
    ]
    media_type, file_type = URIRef(f"{IANA}{kind.media_type}"), _file_type(kind.file_type)
    rights = URIRef(f"{EU}access-right/PUBLIC")
    for step, value in (
        (RDF.type, DCAT.Distribution),
        *((DCTERMS.title, title) for title in titles),
        (DCAT.accessURL, URIRef(page)),
        (DCAT.downloadURL, address),
        (DCAT.mediaType, media_type),
        (DCTERMS["format"], file_type),
        (DCAT.byteSize, Literal(one.size, datatype=XSD.nonNegativeInteger)),
        (DCTERMS.license, URIRef(dataset.licence)),
        (DCTERMS.rights, rights),
        *((DCTERMS.conformsTo, standard) for standard in STANDARDS),
    ):
        graph.add((this, step, value))
    graph.add((URIRef(dataset.iri), DCAT.distribution, this))
    graph.add((URIRef(dataset.iri), VOID.dataDump, address))
    graph.add((media_type, RDF.type, DCTERMS.MediaType))
    graph.add((file_type, RDF.type, DCTERMS.MediaTypeOrExtent))
    if kind.packed:
        _packed(graph, this, *kind.packed)
    _checksum(graph, this, one.sha256)


def _packed(graph: Graph, this: URIRef, step: URIRef, media_type: str) -> None:
    """Say how the file is packed or compressed."""
    packed = URIRef(f"{IANA}{media_type}")
    graph.add((this, step, packed))
    graph.add((packed, RDF.type, DCTERMS.MediaType))


def _checksum(graph: Graph, this: URIRef, digest: str) -> None:
    """Add the file's SHA-256 (SPDX 2)."""
    checksum = URIRef(f"{this}#checksum")
    for triple in (
        (this, SPDX.checksum, checksum),
        (checksum, RDF.type, SPDX.Checksum),
        (checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256),
        (checksum, SPDX.checksumValue, Literal(digest, datatype=XSD.hexBinary)),
        (SPDX.checksumAlgorithm_sha256, RDF.type, SPDX.ChecksumAlgorithm),
    ):
        graph.add(triple)


def _file_type(code: str) -> URIRef:
    """Name a file type of the Publications Office's list."""
    return URIRef(f"{EU}file-type/{code}")

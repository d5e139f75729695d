"""Records as another portal offers them, in the same plain form for every kind of portal.

``python -I -m parvis.catalog.portals.offered`` reads untrusted pages. A request has ``kind``,
``lang``, ``file`` and its ``address``; the answer is ``{"offered": […], "next": …}``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Self
from urllib.parse import urldefrag, urljoin

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS
from rdflib.term import Node

from parvis.config.documents import GREATEST, Document, read_fields
from parvis.config.json_data import to_json
from parvis.errors import SourceError
from parvis.i18n import LANGUAGES
from parvis.rdf.files import to_graph
from parvis.rdf.literals import read_texts, read_value, read_values
from parvis.sandbox.serving import serve
from parvis.vocab.namespaces import VCARD
from parvis.vocab.streams import HYDRA

Texts = dict[str, str]
"""One text per language."""
LONG = {"most": GREATEST}


@dataclass(frozen=True)
class OfferedFile:
    """A file that is offered: its address, and its format in the portal's words."""

    url: str
    format: str = ""


@dataclass(frozen=True)
class OfferedDataset:
    """A dataset of another portal; missing texts are empty. `name` is its name in addresses.

    `licence` is an address or a portal's short name of one; `keywords` are by language; `contact`
    has ``name``, ``email`` and ``url``.
    """

    identifier: str = field(metadata=LONG)
    name: str = field(metadata=LONG)
    title: Texts = field(default_factory=dict, metadata=LONG)
    description: Texts = field(default_factory=dict, metadata=LONG)
    licence: str = field(default="", metadata=LONG)
    licence_title: str = field(default="", metadata=LONG)
    page: str = field(default="", metadata=LONG)
    keywords: dict[str, list[str]] = field(default_factory=dict)
    downloads: tuple[OfferedFile, ...] = ()
    terms: dict[str, list[str]] = field(default_factory=dict)
    contact: Texts = field(default_factory=dict, metadata=LONG)

    @property
    def identity(self) -> str:
        """Return what distinguishes it from all others there."""
        return self.identifier or self.name or next(iter(self.title.values()), "?")

    @property
    def label(self) -> str:
        """Return the name by which a person finds it: its address, else its name, not a number."""
        return self.identifier if "/" in self.identifier else self.name or self.identity

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises `SourceError`."""
        # The process that read an untrusted page may be under its author's control, so that every
        # member is checked.
        return read_fields(cls, Document(document, "offered", SourceError))


FREQUENCY, LANGUAGE, THEME, AREA = "frequency", "language", "theme", "area"
"""The kinds of `OfferedDataset.terms`: IRIs, or the short names that portals have for them."""
ISSUED, PERIOD = "issued", "period"
"""Others of their kinds: dates, and periods as ISO 8601 writes them, with two dots for an end."""
OPEN = ".."


# Values of a JSON document of another portal, which may be of any type.


def read_text(document: Mapping[str, Any], name: str) -> str:
    """Return a text without spaces around it; empty for a value of another type."""
    value = document.get(name)
    return value.strip() if isinstance(value, str) else ""


def list_tables(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    values = document.get(name)
    return [row for row in values if isinstance(row, dict)] if isinstance(values, list) else []


DATAPACKAGE = "datapackage"


def read_page(request: dict[str, Any]) -> dict[str, Any]:
    address, lang = request["address"], request["lang"]
    if request["kind"] == DATAPACKAGE:
        try:
            package = json.loads(Path(request["file"]).read_bytes())
        except (ValueError, RecursionError) as error:
            raise SourceError("{file} is not JSON: {reason}", file=address, reason=error) from error
        if not isinstance(package, dict):
            raise SourceError("{file} is no Data Package", file=address)
        return {"offered": [to_json(read_data_package(package, address, lang))], "next": None}
    graph = to_graph(Path(request["file"]), address)
    datasets = [
        to_json(read_dataset(graph, subject, lang))
        for subject in sorted(set(graph.subjects(RDF.type, DCAT.Dataset)), key=str)
        if (subject, RDF.type, DCAT.Catalog) not in graph
    ]
    # Either of Hydra's names for the next page.
    following = (graph.objects(None, step) for step in (HYDRA.next, HYDRA.nextPage))
    place = next(chain.from_iterable(following), None)
    return {"offered": datasets, "next": None if place is None else str(place)}


# A record read from a Data Package, ``datapackage.json`` (Data Package 2.0).


def read_data_package(package: dict[str, Any], address: str, lang: str) -> OfferedDataset:
    """Read the dataset that a package describes; paths are relative to its address."""
    licence = next(iter(list_tables(package, "licenses")), {})
    title = read_text(package, "title") or read_text(package, "name")
    description = read_text(package, "description")
    keywords = package.get("keywords")
    downloads = []
    # Data inside the descriptor is no file.
    for resource in list_tables(package, "resources"):
        value = resource.get("path")
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, str) and path:
                kind = read_text(resource, "format") or path.rpartition(".")[2]
                downloads.append(OfferedFile(urljoin(address, path), kind))
    return OfferedDataset(
        identifier=read_text(package, "id") or address,
        name=read_text(package, "name") or title,
        title={lang: title} if title else {},
        description={lang: description} if description else {},
        licence=read_text(licence, "path") or read_text(licence, "name"),
        licence_title=read_text(licence, "title") or read_text(licence, "name"),
        page=read_text(package, "homepage") or address,
        keywords={lang: [keyword for keyword in keywords if isinstance(keyword, str)]}
        if isinstance(keywords, list)
        else {},
        downloads=tuple(downloads),
    )


# Records read from a DCAT catalogue, one page of it (DCAT 3; paging by Hydra).


def read_dataset(graph: Graph, subject: Node, lang: str) -> OfferedDataset:
    identifier = read_value(graph, subject, DCTERMS.identifier)
    iri = str(subject) if isinstance(subject, URIRef) else identifier
    own = graph.value(subject, DCTERMS.license)
    # Without a licence of its own, a dataset has the one that all its distributions share.
    files = graph.objects(subject, DCAT.distribution)
    shared = {
        value for distribution in files for value in graph.objects(distribution, DCTERMS.license)
    }
    licence = own if own is not None or len(shared) != 1 else shared.pop()
    keywords: dict[str, list[str]] = {}
    for keyword in sorted(graph.objects(subject, DCAT.keyword), key=str):
        if isinstance(keyword, Literal):
            keywords.setdefault((keyword.language or lang)[:2].lower(), []).append(str(keyword))
    downloads = []
    for distribution in sorted(graph.objects(subject, DCAT.distribution), key=str):
        form = graph.value(distribution, DCTERMS["format"])
        kind = read_value(graph, distribution, DCTERMS["format"])
        kind = kind or read_value(graph, distribution, DCAT.mediaType)
        label = _label(graph, form) or _last_segment(kind)
        urls = read_values(graph, distribution, DCAT.downloadURL)
        downloads += [OfferedFile(url, label) for url in urls]
    return OfferedDataset(
        identifier=iri,
        name=_last_segment(iri or identifier),
        title=_read_texts(graph, subject, DCTERMS.title, lang),
        description=_read_texts(graph, subject, DCTERMS.description, lang),
        licence=str(licence or ""),
        licence_title=_label(graph, licence),
        page=read_value(graph, subject, DCAT.landingPage)
        or read_value(graph, subject, FOAF.page)
        or iri,
        keywords={code: words for code, words in keywords.items() if code in LANGUAGES},
        downloads=tuple(downloads),
        terms={
            FREQUENCY: read_values(graph, subject, DCTERMS.accrualPeriodicity),
            LANGUAGE: read_values(graph, subject, DCTERMS.language),
            THEME: read_values(graph, subject, DCAT.theme),
            AREA: read_values(graph, subject, DCTERMS.spatial),
            ISSUED: read_values(graph, subject, DCTERMS.issued),
            PERIOD: read_periods(graph, subject),
        },
        contact={
            "name": read_value(graph, subject, DCAT.contactPoint, VCARD.fn),
            "email": read_value(graph, subject, DCAT.contactPoint, VCARD.hasEmail),
            "url": read_value(graph, subject, DCAT.contactPoint, VCARD.hasURL),
        },
    )


def read_periods(graph: Graph, subject: Node) -> list[str]:
    """Return the periods of a dataset as ISO 8601 writes them."""
    periods = sorted(graph.objects(subject, DCTERMS.temporal), key=str)
    steps = (DCAT.startDate, DCAT.endDate)
    return [
        "/".join(read_value(graph, period, step) or OPEN for step in steps) for period in periods
    ]


def _read_texts(graph: Graph, subject: Node, step: URIRef, lang: str) -> dict[str, str]:
    by_language: dict[str, str] = {}
    for tag, text in read_texts(graph, subject, step, untagged=lang).items():
        code = tag[:2].lower()
        if code in LANGUAGES and text.strip():
            by_language[code] = " ".join(text.split()) if step == DCTERMS.title else text
    return by_language


def _label(graph: Graph, subject: Node | None) -> str:
    if subject is None or isinstance(subject, Literal):
        return str(subject or "")
    names = (
        read_value(graph, subject, step) for step in (DCTERMS.title, RDFS.label, SKOS.prefLabel)
    )
    return next(filter(None, names), "")


def _last_segment(iri: str) -> str:
    """Return the last segment of an IRI.

    >>> _last_segment("https://ville.example/jeux/calendrier/")
    'calendrier'
    >>> _last_segment("http://a.example/b#c")
    'c'
    """
    plain, fragment = urldefrag(iri.rstrip("/"))
    return fragment or plain.rpartition("/")[2]


if __name__ == "__main__":
    serve(read_page, about="address", walled=False)

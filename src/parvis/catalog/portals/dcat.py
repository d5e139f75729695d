"""Records read from a DCAT catalogue, one page of it (DCAT 3; paging by Hydra)."""

from collections.abc import Iterator
from urllib.parse import urldefrag

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS
from rdflib.term import Node

from parvis.catalog.portals.offered import FREQUENCY, LANGUAGE, THEME, OfferedDataset, OfferedFile
from parvis.i18n import LANGUAGES
from parvis.rdf.labels import read_texts

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")


def read_datasets(graph: Graph, lang: str) -> Iterator[OfferedDataset]:
    """Yield the datasets of a page in the order of their IRIs; `lang` is that of plain texts."""
    for subject in sorted(set(graph.subjects(RDF.type, DCAT.Dataset)), key=str):
        if (subject, RDF.type, DCAT.Catalog) not in graph:
            yield _read_dataset(graph, subject, lang)


def next_page(graph: Graph) -> str | None:
    """Return the address of the next page, by either of Hydra's names for it."""
    for step in (HYDRA.next, HYDRA.nextPage):
        for _, place in graph.subject_objects(step):
            return str(place)
    return None


def _read_dataset(graph: Graph, subject: Node, lang: str) -> OfferedDataset:
    identifier = _first(graph, subject, DCTERMS.identifier)
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
        kind = _first(graph, distribution, DCTERMS["format"])
        kind = kind or _first(graph, distribution, DCAT.mediaType)
        label = _label(graph, form) or _last_segment(kind)
        urls = _values(graph, distribution, DCAT.downloadURL)
        downloads += [OfferedFile(url, label) for url in urls]
    return OfferedDataset(
        identifier=iri,
        name=_last_segment(iri or identifier),
        title=_read_texts(graph, subject, DCTERMS.title, lang),
        description=_read_texts(graph, subject, DCTERMS.description, lang),
        licence=str(licence or ""),
        licence_title=_label(graph, licence),
        page=_first(graph, subject, DCAT.landingPage) or _first(graph, subject, FOAF.page) or iri,
        keywords={code: words for code, words in keywords.items() if code in LANGUAGES},
        downloads=tuple(downloads),
        terms={
            FREQUENCY: _values(graph, subject, DCTERMS.accrualPeriodicity),
            LANGUAGE: _values(graph, subject, DCTERMS.language),
            THEME: _values(graph, subject, DCAT.theme),
        },
    )


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
    names = (_first(graph, subject, step) for step in (DCTERMS.title, RDFS.label, SKOS.prefLabel))
    return next(filter(None, names), "")


def _values(graph: Graph, subject: Node, step: URIRef) -> list[str]:
    return sorted({str(value) for value in graph.objects(subject, step)})


def _first(graph: Graph, subject: Node, step: URIRef) -> str:
    return next(iter(_values(graph, subject, step)), "")


def _last_segment(iri: str) -> str:
    """Return the last segment of an IRI.

    >>> _last_segment("https://ville.example/jeux/calendrier/")
    'calendrier'
    >>> _last_segment("http://a.example/b#c")
    'c'
    """
    plain, fragment = urldefrag(iri.rstrip("/"))
    return fragment or plain.rpartition("/")[2]

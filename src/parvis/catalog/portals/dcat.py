"""Records read from a DCAT catalogue, one page of it (DCAT 3; paging by Hydra)."""

from collections.abc import Iterator
from urllib.parse import urldefrag

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS
from rdflib.term import Node

from parvis.catalog.portals.offered import FREQUENCY, LANGUAGE, THEME, Download, Offered
from parvis.i18n import LANGUAGES

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")


def offered(graph: Graph, lang: str) -> Iterator[Offered]:
    """Give the datasets of a page in the order of their names; `lang` is that of plain texts."""
    for this in sorted(set(graph.subjects(RDF.type, DCAT.Dataset)), key=str):
        if (this, RDF.type, DCAT.Catalog) not in graph:
            yield _offered(graph, this, lang)


def next_page(graph: Graph) -> str | None:
    """Give the address of the page that follows, by either of Hydra's names for it."""
    for step in (HYDRA.next, HYDRA.nextPage):
        for _, place in graph.subject_objects(step):
            return str(place)
    return None


def _offered(graph: Graph, this: Node, lang: str) -> Offered:
    """Read one dataset."""
    identifier = _one(graph, this, DCTERMS.identifier)
    iri = str(this) if isinstance(this, URIRef) else identifier
    licence = _licence(graph, this)
    return Offered(
        identifier=iri,
        name=_last(iri or identifier),
        title=_texts(graph, this, DCTERMS.title, lang),
        description=_texts(graph, this, DCTERMS.description, lang),
        licence=str(licence or ""),
        licence_title=_label(graph, licence),
        page=_one(graph, this, DCAT.landingPage) or _one(graph, this, FOAF.page) or iri,
        keywords=_keywords(graph, this, lang),
        downloads=tuple(_downloads(graph, this)),
        terms={
            FREQUENCY: _all(graph, this, DCTERMS.accrualPeriodicity),
            LANGUAGE: _all(graph, this, DCTERMS.language),
            THEME: _all(graph, this, DCAT.theme),
        },
    )


def _texts(graph: Graph, this: Node, step: URIRef, lang: str) -> dict[str, str]:
    """Give a text by language; one that names none is in `lang`, unless another is."""
    found: dict[str, str] = {}
    texts = [one for one in graph.objects(this, step) if isinstance(one, Literal)]
    for text in sorted(texts, key=lambda one: (one.language or "", str(one))):
        said = (text.language or lang)[:2].lower()
        if said in LANGUAGES and str(text).strip():
            found[said] = " ".join(str(text).split()) if step == DCTERMS.title else str(text)
    return found


def _keywords(graph: Graph, this: Node, lang: str) -> dict[str, list[str]]:
    """Give the keywords by language."""
    found: dict[str, list[str]] = {}
    for one in sorted(graph.objects(this, DCAT.keyword), key=str):
        if isinstance(one, Literal):
            found.setdefault((one.language or lang)[:2].lower(), []).append(str(one))
    return {said: words for said, words in found.items() if said in LANGUAGES}


def _downloads(graph: Graph, this: Node) -> Iterator[Download]:
    """Give the files that are offered."""
    for one in sorted(graph.objects(this, DCAT.distribution), key=str):
        kind = _one(graph, one, DCTERMS["format"]) or _one(graph, one, DCAT.mediaType)
        label = _label(graph, graph.value(one, DCTERMS["format"]))
        for url in _all(graph, one, DCAT.downloadURL):
            yield Download(url, label or _last(kind))


def _licence(graph: Graph, this: Node) -> Node | None:
    """Give the licence of a dataset, else that which all its distributions have."""
    own = graph.value(this, DCTERMS.license)
    files = graph.objects(this, DCAT.distribution)
    theirs = {value for one in files for value in graph.objects(one, DCTERMS.license)}
    return own if own is not None or len(theirs) != 1 else theirs.pop()


def _label(graph: Graph, this: Node | None) -> str:
    """Name a thing as the page does."""
    if this is None or isinstance(this, Literal):
        return str(this or "")
    names = (_one(graph, this, step) for step in (DCTERMS.title, RDFS.label, SKOS.prefLabel))
    return next(filter(None, names), "")


def _all(graph: Graph, this: Node, step: URIRef) -> list[str]:
    """Give all values of a property, in an order."""
    return sorted({str(one) for one in graph.objects(this, step)})


def _one(graph: Graph, this: Node, step: URIRef) -> str:
    """Give the first value of a property; empty if there is none."""
    return next(iter(_all(graph, this, step)), "")


def _last(iri: str) -> str:
    """Give the last step of an IRI.

    >>> _last("https://ville.example/jeux/calendrier/"), _last("http://a.example/b#c")
    ('calendrier', 'c')
    """
    plain, fragment = urldefrag(iri.rstrip("/"))
    return fragment or plain.rpartition("/")[2]

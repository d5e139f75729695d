"""A published record as plain facts, named so that a field of a portal can refer to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF
from rdflib.term import Node

from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import SPDX, VCARD

Value = str | list[str]
Facts = Mapping[str, Value]

FACTS = frozenset(
    {"iri", "dataset", "partner", "title.fr", "title.en", "description.fr", "description.en"}
    | {"keywords", "keywords.fr", "keywords.en", "licence", "frequency", "languages", "themes"}
    | {"access", "publisher.fr", "publisher.en", "contact.name", "contact.email", "contact.url"}
    | {"page", "issued", "modified", "spatial", "temporal.start", "temporal.end"}
)
"""The facts of a dataset, as far as its record has them."""
RESOURCE_FACTS = frozenset(
    {"iri", "title.fr", "title.en", "description.fr", "description.en", "url", "kind"}
    | {"format", "media_type", "bytes", "checksum", "licence", "issued", "modified"}
)
"""The facts of a distribution; `url` is its download address, else its access address.

`kind` says which: ``download`` or ``access``.
"""


@dataclass(frozen=True)
class RecordFacts:
    """A dataset's facts, and those of its distributions; a restricted dataset has none of these."""

    iri: str
    partner: str
    names: Mapping[str, str]
    facts: Facts
    resources: tuple[Facts, ...]


def read_record(
    graph: Graph, iri: str, partner: str, names: Mapping[str, str], *, readable: bool
) -> RecordFacts:
    """Read a dataset's DCAT record, with its partner's slug and names.

    Raises `CatalogError` for a record without title.
    """
    about = _Subject(graph, URIRef(iri))
    facts = about.texts(DCTERMS.title, "title")
    if not facts:
        raise CatalogError("{dataset} has no title", dataset=iri)
    facts |= {"iri": iri, "dataset": iri.rpartition("/")[2], "partner": partner}
    values: dict[str, Value] = {
        "licence": about.first(DCTERMS.license),
        "frequency": about.first(DCTERMS.accrualPeriodicity),
        "languages": about.values_of(DCTERMS.language),
        "themes": about.values_of(DCAT.theme),
        "access": about.first(DCTERMS.accessRights),
        "contact.name": about.first(DCAT.contactPoint, VCARD.fn),
        "contact.email": about.first(DCAT.contactPoint, VCARD.hasEmail).removeprefix("mailto:"),
        "contact.url": about.first(DCAT.contactPoint, VCARD.hasURL),
        "page": about.first(DCAT.landingPage) or about.first(FOAF.page),
        "issued": about.first(DCTERMS.issued),
        "modified": about.first(DCTERMS.modified),
        "spatial": about.first(DCTERMS.spatial),
        "temporal.start": about.first(DCTERMS.temporal, DCAT.startDate),
        "temporal.end": about.first(DCTERMS.temporal, DCAT.endDate),
    }
    facts |= about.texts(DCTERMS.description, "description") | about.keywords()
    facts |= {name: value for name, value in values.items() if value}
    facts |= {f"publisher.{lang}": name for lang, name in names.items()}
    # Of a dataset that not everyone may read, only the metadata is public.
    distributions = _sort_nodes(graph.objects(URIRef(iri), DCAT.distribution)) if readable else []
    resources = (
        _read_resource(_Subject(graph, node)) for node in distributions if isinstance(node, URIRef)
    )
    return RecordFacts(
        iri, partner, names, facts, tuple(resource for resource in resources if "url" in resource)
    )


class _Subject:
    def __init__(self, graph: Graph, subject: Node) -> None:
        self.graph, self.subject = graph, subject

    def values_of(self, step: URIRef) -> list[str]:
        return sorted({str(value) for value in self.graph.objects(self.subject, step)})

    def first(self, *steps: URIRef) -> str:
        """Return the first value at the end of a path; empty if there is none."""
        subjects = [self.subject]
        for step in steps:
            subjects = [v for s in subjects for v in _sort_nodes(self.graph.objects(s, step))]
        return str(subjects[0]) if subjects else ""

    def texts(self, step: URIRef, name: str) -> dict[str, Value]:
        """Return the texts by name and language, such as ``title.fr``."""
        texts = read_texts(self.graph, self.subject, step)
        return {f"{name}.{lang}": text for lang, text in texts.items() if lang in LANGUAGES}

    def keywords(self) -> dict[str, Value]:
        keywords: dict[str, Value] = {"keywords": self.values_of(DCAT.keyword)}
        for lang in LANGUAGES:
            values = self.graph.objects(self.subject, DCAT.keyword)
            words = {str(v) for v in values if isinstance(v, Literal) and v.language == lang}
            keywords[f"keywords.{lang}"] = sorted(words)
        return keywords


def _sort_nodes(nodes: Iterable[Node]) -> list[Node]:
    # The order must not depend on the store.
    return sorted(nodes, key=str)


def _read_resource(about: _Subject) -> dict[str, Value]:
    file = about.first(DCAT.downloadURL)
    facts: dict[str, Value] = {
        **about.texts(DCTERMS.title, "title"),
        **about.texts(DCTERMS.description, "description"),
        "iri": str(about.subject),
        "url": file or about.first(DCAT.accessURL),
        "kind": "download" if file else "access",
        "format": about.first(DCTERMS["format"]),
        "media_type": about.first(DCAT.mediaType),
        "bytes": about.first(DCAT.byteSize),
        "checksum": about.first(SPDX.checksum, SPDX.checksumValue),
        "licence": about.first(DCTERMS.license),
        "issued": about.first(DCTERMS.issued),
        "modified": about.first(DCTERMS.modified),
    }
    return {name: value for name, value in facts.items() if value}

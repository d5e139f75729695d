"""A published record as plain facts, named so that a field of a portal can ask for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF
from rdflib.term import Node

from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES
from parvis.vocab.namespaces import SPDX, VCARD

Value = str | list[str]
Facts = Mapping[str, Value]

FACTS = {
    "iri",
    "dataset",
    "partner",
    "title.fr",
    "title.en",
    "description.fr",
    "description.en",
    "keywords",
    "keywords.fr",
    "keywords.en",
    "licence",
    "frequency",
    "languages",
    "themes",
    "access",
    "publisher.fr",
    "publisher.en",
    "contact.name",
    "contact.email",
    "contact.url",
    "page",
    "issued",
    "modified",
    "spatial",
    "temporal.start",
    "temporal.end",
}
"""What is told of a dataset; what its record does not say is left out."""
RESOURCE_FACTS = {
    "iri",
    "title.fr",
    "title.en",
    "description.fr",
    "description.en",
    "url",
    "kind",
    "format",
    "media_type",
    "bytes",
    "checksum",
    "licence",
    "issued",
    "modified",
}
"""What is told of a distribution; `url` is where it is downloaded, else where it is reached.

`kind` says which: ``download`` or ``access``.
"""


@dataclass(frozen=True)
class Record:
    """One dataset's facts, and those of its distributions; a restricted one has none of these."""

    iri: str
    partner: str
    names: Mapping[str, str]
    facts: Facts
    resources: tuple[Facts, ...]


def read_record(
    graph: Graph, iri: str, partner: str, names: Mapping[str, str], *, readable: bool
) -> Record:
    """Read a dataset's DCAT record, a partner's slug and names beside it.

    Of what not everyone may read, the metadata is all: no distribution is told. Raises
    `CatalogError` for a record without title.
    """
    about = _About(graph, URIRef(iri))
    facts = about.texts(DCTERMS.title, "title")
    if not facts:
        raise CatalogError("{dataset} has no title", dataset=iri)
    facts |= {"iri": iri, "dataset": iri.rpartition("/")[2], "partner": partner}
    facts |= about.texts(DCTERMS.description, "description") | about.keywords() | _one(about)
    facts |= {f"publisher.{lang}": name for lang, name in names.items()}
    given = _in_order(graph.objects(URIRef(iri), DCAT.distribution)) if readable else []
    found = (_resource(_About(graph, one)) for one in given if isinstance(one, URIRef))
    return Record(iri, partner, names, facts, tuple(one for one in found if "url" in one))


class _About:
    """One subject, asked by property."""

    def __init__(self, graph: Graph, subject: Node) -> None:
        """Keep what is asked about."""
        self.graph, self.subject = graph, subject

    def all(self, step: URIRef) -> list[str]:
        """Give the values of a property, in an order that depends on them alone."""
        return sorted({str(value) for value in self.graph.objects(self.subject, step)})

    def one(self, *steps: URIRef) -> str:
        """Give the first value at the end of a path; empty if there is none."""
        subjects = [self.subject]
        for step in steps:
            subjects = [v for s in subjects for v in _in_order(self.graph.objects(s, step))]
        return str(subjects[0]) if subjects else ""

    def texts(self, step: URIRef, name: str) -> dict[str, Value]:
        """Give a text in each language it has, under names such as ``title.fr``."""
        found = _in_order(self.graph.objects(self.subject, step))
        return {
            f"{name}.{text.language}": str(text)
            for text in found
            if isinstance(text, Literal) and text.language in LANGUAGES
        }

    def keywords(self) -> dict[str, Value]:
        """Give the keywords, all and by language."""
        found: dict[str, Value] = {"keywords": self.all(DCAT.keyword)}
        for lang in LANGUAGES:
            values = self.graph.objects(self.subject, DCAT.keyword)
            said = {str(v) for v in values if isinstance(v, Literal) and v.language == lang}
            found[f"keywords.{lang}"] = sorted(said)
        return found


def _in_order(nodes: Iterable[Node]) -> list[Node]:
    """Put values in an order that depends on them alone."""
    return sorted(nodes, key=str)


def _one(about: _About) -> dict[str, Value]:
    """Give the facts of a dataset that are not texts in two languages."""
    found: dict[str, Value] = {
        "licence": about.one(DCTERMS.license),
        "frequency": about.one(DCTERMS.accrualPeriodicity),
        "languages": about.all(DCTERMS.language),
        "themes": about.all(DCAT.theme),
        "access": about.one(DCTERMS.accessRights),
        "contact.name": about.one(DCAT.contactPoint, VCARD.fn),
        "contact.email": about.one(DCAT.contactPoint, VCARD.hasEmail).removeprefix("mailto:"),
        "contact.url": about.one(DCAT.contactPoint, VCARD.hasURL),
        "page": about.one(DCAT.landingPage) or about.one(FOAF.page),
        "issued": about.one(DCTERMS.issued),
        "modified": about.one(DCTERMS.modified),
        "spatial": about.one(DCTERMS.spatial),
        "temporal.start": about.one(DCTERMS.temporal, DCAT.startDate),
        "temporal.end": about.one(DCTERMS.temporal, DCAT.endDate),
    }
    return {name: value for name, value in found.items() if value}


def _resource(about: _About) -> dict[str, Value]:
    """Give the facts of a distribution."""
    file = about.one(DCAT.downloadURL)
    found: dict[str, Value] = {
        **about.texts(DCTERMS.title, "title"),
        **about.texts(DCTERMS.description, "description"),
        "iri": str(about.subject),
        "url": file or about.one(DCAT.accessURL),
        "kind": "download" if file else "access",
        "format": about.one(DCTERMS["format"]),
        "media_type": about.one(DCAT.mediaType),
        "bytes": about.one(DCAT.byteSize),
        "checksum": about.one(SPDX.checksum, SPDX.checksumValue),
        "licence": about.one(DCTERMS.license),
        "issued": about.one(DCTERMS.issued),
        "modified": about.one(DCTERMS.modified),
    }
    return {name: value for name, value in found.items() if value}

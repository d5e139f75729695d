"""The typed resources of the catalogue, named as in DCAT 3; every published form is made of them.

They hold no clock and no graph but `DatasetRecord.other_triples`, which is what the reviewed text
says beyond them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from rdflib import Graph

from parvis.i18n import choose_text
from parvis.vocab.iris import DatasetKey

Texts = Mapping[str, str]
"""A text per language."""

EU = "http://publications.europa.eu/resource/authority/"
"""The base of the lists of the European Union's publications office."""

IANA = "https://www.iana.org/assignments/media-types/"
"""The base of media types in DCAT (DCAT 3 §6.8.15)."""


@dataclass(frozen=True)
class Term:
    """A listed term with its names: a licence, a theme, an area, a dimension."""

    iri: str
    names: Texts

    def name_in(self, lang: str) -> str:
        """Return its name in a language, else in another; its IRI if it has none."""
        return choose_text(lang, self.names) or self.iri


@dataclass(frozen=True)
class Agent:
    """A publisher; `name` has no language (`foaf:name`)."""

    iri: str
    name: str
    names: Texts
    url: str | None


@dataclass(frozen=True)
class Contact:
    """A contact point of a dataset; `email` without its ``mailto:``."""

    iri: str
    name: str
    url: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Period:
    """The time that a dataset is about; an end may be open."""

    iri: str
    start: date | None
    end: date | None

    @property
    def interval(self) -> str:
        """The period as ISO 8601 writes it; an open end is two dots."""
        return "/".join(day.isoformat() if day else ".." for day in (self.start, self.end))


@dataclass(frozen=True)
class Distribution:
    """A distribution of a dataset, with the licence and rights of the dataset.

    `media_type`, `compression` and `package` are written as IANA does (``text/csv``), `format` is
    the code of the European list of file types (``CSV``); `size` is in bytes, `sha256` in
    lowercase hexadecimal; `conforms_to` are IRIs of standards, `service` that of a data service.
    """

    iri: str
    title: Texts
    access_url: str
    download_url: str | None = None
    media_type: str | None = None
    compression: str | None = None
    package: str | None = None
    format: str | None = None
    size: int | None = None
    sha256: str | None = None
    conforms_to: tuple[str, ...] = ()
    service: str | None = None


@dataclass(frozen=True)
class DataService:
    """A service that gives datasets, by their IRIs."""

    iri: str
    title: Texts
    publisher: str
    endpoint: str
    conforms_to: str
    serves: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordVersion:
    """A version of a dataset: the same content of a day always has the same name."""

    name: str
    issued: datetime
    notes: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """A series that a dataset is of (`dcat:DatasetSeries`)."""

    iri: str
    title: Texts
    description: Texts


@dataclass(frozen=True)
class CatalogRecord:
    """The catalogue's own record of a dataset: when it was added, and when it last changed."""

    iri: str
    issued: datetime
    modified: datetime


@dataclass(frozen=True)
class Cube:
    """The structure of a dataset of observations (Data Cube): which properties they have."""

    dimensions: tuple[Term, ...] = ()
    measures: tuple[Term, ...] = ()
    attributes: tuple[Term, ...] = ()


@dataclass(frozen=True)
class DatasetRecord:
    """A dataset as its reviewed text describes it, with what the pool knows.

    `public` says whether everyone may read it; `pages` are those of its source; `base` is the
    pool's address, `catalogue` its name by language.
    """

    key: DatasetKey
    iri: str
    graph: str
    page: str
    base: str
    catalogue: Texts
    title: Texts
    description: Texts
    publisher: Agent
    contact: Contact
    licence: Term
    public: bool
    invented: bool
    issued: datetime | None = None
    modified: datetime | None = None
    frequency: Term | None = None
    languages: tuple[Term, ...] = ()
    themes: tuple[Term, ...] = ()
    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spatial: tuple[Term, ...] = ()
    temporal: tuple[Period, ...] = ()
    pages: tuple[str, ...] = ()
    conforms_to: tuple[str, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    version: RecordVersion | None = None
    series: tuple[Series, ...] = ()
    cube: Cube | None = None
    entry: CatalogRecord | None = None
    activity: str | None = None
    policy: str | None = None
    other_triples: Graph = field(default_factory=Graph, repr=False, compare=False)

    @property
    def outside_links(self) -> list[str]:
        """The addresses that the record refers to, but those of the pool itself."""
        urls = [*self.pages, self.publisher.url, self.contact.url]
        urls += [distribution.access_url for distribution in self.distributions]
        return [url for url in urls if url and not url.startswith(self.base)]

    @property
    def access(self) -> str:
        return f"{EU}access-right/{'PUBLIC' if self.public else 'RESTRICTED'}"

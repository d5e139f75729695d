"""Partners and datasets of the catalogue folder, each checked as it is read."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF

from parvis.catalog.turtle import AUTHORITIES, SubjectReader, read_turtle
from parvis.errors import AddressError, CatalogError, SourceError
from parvis.fetch.address import Address
from parvis.i18n import N_
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import PARVIS, SCHEMA

OTHER = N_("{file} describes {value}, but its place in the folder says {expected}")
PUBLISHER = N_("{file}: the publisher is {value}, but the folder is that of {expected}")
SLUG = N_("{file}: the folder’s name “{name}” is not made of a–z, 0–9 and hyphens")
KEYWORD = N_(
    "{file}: the keyword “{keyword}” would make a CKAN refuse the dataset: 2 to 100 letters,"
    " digits, spaces, hyphens, dots or low lines"
)
UNDESCRIBED = N_("{file}: {term} is neither among the known authorities nor described here")
NO_LICENCE = N_(
    "{file}: the licence {term} is neither among the known authorities nor described here; known"
    " are: {choices}"
)
THRESHOLD = N_("{file}: parvis:errorThreshold is {value}, not a share between 0 and 1")
HIDDEN = N_("{file} names {value}: only records name datasets, so that a hidden one stays hidden")
OTHER_FILES = N_("the mapping of {dataset} is not for a file like “{file}”")
NO_MAPPING = N_("{dataset} has no mapping for “{file}”: {expected} is missing")

ADDRESSES = N_("{file}: a dataset is fetched from one dcat:downloadURL, not from several")
BAD_ADDRESS = N_("{file}: the dcat:downloadURL is no http(s) address, or it holds a password")

DEFAULT_THRESHOLD = 0.05

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
_KEYWORD = re.compile(r"[\w .-]{2,100}")
_MAPPING = re.compile(r"mapping(?:\.(?P<ending>[a-z0-9]+))?\.(?:ya?ml|ttl)")
_NOTES = frozenset({"dataset.ttl", "README.md"})
_FROM_AUTHORITIES = (DCTERMS.license, DCTERMS.accrualPeriodicity, DCTERMS.language, DCAT.theme)


@dataclass(frozen=True)
class Partner:
    """A party that contributes or hosts data; `kind` is its concept of organisation type."""

    slug: str
    iri: str
    names: dict[str, str]
    kind: str
    invented: bool
    url: str | None
    folder: Path
    metadata: Graph = field(repr=False, compare=False)


@dataclass(frozen=True)
class Dataset:
    """A dataset of a partner, which is one named graph.

    `mappings` are by ending of the source file, ``""`` for all other endings; `sources` are the
    data files in the folder, `address` is where a new one is fetched from; `error_threshold` is
    the share of rows, from 0 to 1, that may be in error; `accepted_by_rule` says whether a file
    that its partner sends is accepted without a steward's review.
    """

    key: DatasetKey
    iri: str
    graph: str
    title: dict[str, str]
    description: dict[str, str]
    licence: str
    publisher: str
    error_threshold: float
    accepted_by_rule: bool
    invented: bool
    folder: Path
    mappings: dict[str, Path]
    sources: list[Path]
    address: Address | None
    metadata: Graph = field(repr=False, compare=False)

    def mapping_for(self, file: Path) -> Path:
        """Return the mapping of a source file, by its ending.

        Raises `SourceError` where it is for other files, `CatalogError` where there is none.
        """
        ending = file.suffix.lower().removeprefix(".")
        mapping = self.mappings.get(ending) or self.mappings.get("")
        if mapping is None and self.mappings:
            raise SourceError(OTHER_FILES, dataset=self.key, file=file.name)
        if mapping is None:
            expected = self.folder / "mapping.yml"
            raise CatalogError(NO_MAPPING, dataset=self.key, file=file.name, expected=expected)
        return mapping


def read_partner(folder: Path, iris: Iris, texts: Path | None = None) -> Partner:
    """Read a partner's folder, or its `texts` in another one; raises `CatalogError`."""
    file = (texts or folder) / "partner.ttl"
    iri = iris.partner(slug_of(folder))
    graph = read_turtle(file, iris.base)
    refuse_names_of_datasets(graph, file, iris)
    about = require_single_subject(graph, SCHEMA.Organization, iri, file)
    if graph.value(about.subject, FOAF.name) is None:
        raise about.missing_error(FOAF.name)
    return Partner(
        slug=folder.name,
        iri=iri,
        names=about.texts(SCHEMA.name),
        kind=about.iri(PARVIS.organizationType),
        invented=about.value(PARVIS.invented) is True,
        url=about.text(SCHEMA.url),
        folder=folder,
        metadata=graph,
    )


def read_dataset(folder: Path, partner: Partner, iris: Iris, texts: Path | None = None) -> Dataset:
    """Read a dataset's folder, or its `texts` in another one; raises `CatalogError`."""
    file = (texts or folder) / "dataset.ttl"
    key = DatasetKey(partner.slug, slug_of(folder))
    graph = read_turtle(file, iris.base)
    about = require_single_subject(graph, DCAT.Dataset, iris.dataset(key), file)
    publisher = about.iri(DCTERMS.publisher)
    if publisher != partner.iri:
        raise CatalogError(PUBLISHER, file=file, value=publisher, expected=partner.iri)
    _check_terms(about, iris)
    mappings: dict[str, Path] = {}
    sources: list[Path] = []
    for inside in sorted(folder.iterdir()) if folder.is_dir() else ():
        if match := _MAPPING.fullmatch(inside.name):
            mappings[match["ending"] or ""] = inside
        # Records, notes and hidden files are not data.
        elif inside.is_file() and inside.name not in _NOTES and not inside.name.startswith("."):
            sources.append(inside)
    return Dataset(
        key=key,
        iri=iris.dataset(key),
        graph=iris.graph(key),
        title=about.texts(DCTERMS.title),
        description=about.texts(DCTERMS.description),
        licence=about.iri(DCTERMS.license),
        publisher=publisher,
        error_threshold=_read_threshold(about),
        accepted_by_rule=about.value(PARVIS.acceptedByRule) is True,
        invented=about.value(PARVIS.invented) is True,
        folder=folder,
        mappings=mappings,
        sources=sources,
        address=_read_address(about),
        metadata=graph,
    )


def refuse_names_of_datasets(graph: Graph, file: Path, iris: Iris) -> None:
    """Refuse a shared description that names a dataset or graph, which may be a hidden one."""
    spaces = (f"{iris.base}id/dataset/", f"{iris.base}graph/")
    for term in (term for triple in graph for term in triple):
        if isinstance(term, URIRef) and str(term).startswith(spaces):
            raise CatalogError(HIDDEN, file=file, value=term)


def slug_of(folder: Path) -> str:
    """Return the name of a folder, which becomes part of IRIs; raises `CatalogError`."""
    if not _SLUG.fullmatch(folder.name):
        raise CatalogError(SLUG, file=folder, name=folder.name)
    return folder.name


def require_single_subject(graph: Graph, kind: URIRef, expected: str, file: Path) -> SubjectReader:
    """Return the single subject of a class that a file must describe.

    Raises `CatalogError` if there is none or another one.
    """
    subjects = set(graph.subjects(RDF.type, kind))
    for other in subjects - {URIRef(expected)}:
        raise CatalogError(OTHER, file=file, value=other, expected=expected)
    about = SubjectReader(graph, URIRef(expected), file)
    if not subjects:
        raise about.missing_error(kind)
    return about


def _check_terms(about: SubjectReader, iris: Iris) -> None:
    # These terms would otherwise only fail in another organisation's harvester.
    for keyword in about.graph.objects(about.subject, DCAT.keyword):
        if not _KEYWORD.fullmatch(str(keyword)):
            raise CatalogError(KEYWORD, file=about.file, keyword=keyword)
    # The licence of restricted data is the agreement itself, which the folder looks up.
    agreements = iris.thing("agreement", "")
    for term in _FROM_AUTHORITIES:
        for value in about.graph.objects(about.subject, term):
            described = any((value, None, None) in graph for graph in (AUTHORITIES, about.graph))
            if described or str(value).startswith(agreements):
                continue
            if term != DCTERMS.license:
                raise CatalogError(UNDESCRIBED, file=about.file, term=value)
            # Licences are few: the message names all of them.
            licences = sorted(map(str, AUTHORITIES.subjects(RDF.type, DCTERMS.LicenseDocument)))
            raise CatalogError(NO_LICENCE, file=about.file, term=value, choices=", ".join(licences))


def _read_threshold(about: SubjectReader) -> float:
    threshold = about.value(PARVIS.errorThreshold)
    if threshold is None:
        return DEFAULT_THRESHOLD
    if not isinstance(threshold, Decimal | float | int) or not 0 <= threshold <= 1:
        raise CatalogError(THRESHOLD, file=about.file, value=threshold)
    return float(threshold)


def _read_address(about: SubjectReader) -> Address | None:
    urls = [
        url
        for distribution in about.graph.objects(about.subject, DCAT.distribution)
        for url in about.graph.objects(distribution, DCAT.downloadURL)
    ]
    if len(urls) > 1:
        raise CatalogError(ADDRESSES, file=about.file)
    try:
        return Address.parse(str(urls[0])) if urls else None
    except AddressError as error:
        raise CatalogError(BAD_ADDRESS, file=about.file) from error


# How often a dataset's content is announced to come anew: `dct:accrualPeriodicity`.

DAYS = MappingProxyType(
    {
        "CONT": 1,
        "UPDATE_CONT": 1,
        "HOURLY": 1 / 24,
        "BIHOURLY": 1 / 12,
        "TRIHOURLY": 1 / 8,
        "DAILY": 1,
        "DAILY_2": 1 / 2,
        "WEEKLY": 7,
        "WEEKLY_2": 7 / 2,
        "WEEKLY_3": 7 / 3,
        "BIWEEKLY": 14,
        "MONTHLY": 31,
        "MONTHLY_2": 31 / 2,
        "MONTHLY_3": 31 / 3,
        "BIMONTHLY": 62,
        "QUARTERLY": 92,
        "ANNUAL": 366,
        "ANNUAL_2": 183,
        "ANNUAL_3": 122,
        "BIENNIAL": 731,
        "TRIENNIAL": 1096,
        "QUADRENNIAL": 1461,
        "QUINQUENNIAL": 1827,
        "DECENNIAL": 3653,
    }
)
"""The days of a period at most, by the codes of the EU's list of frequencies.

Those that announce nothing (IRREG, UNKNOWN, NEVER…) are not among them.
"""


def period_of(dataset: Dataset) -> timedelta | None:
    """Return the time within which a new content is announced; None where none is."""
    frequency = dataset.metadata.value(URIRef(dataset.iri), DCTERMS.accrualPeriodicity)
    days = DAYS.get(str(frequency).rpartition("/")[2])
    return None if days is None else timedelta(days=days)

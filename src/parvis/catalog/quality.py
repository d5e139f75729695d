"""The quality of a record for discovery and use: data.europa.eu's 405 points, computed.

The criteria and points are those of its Metadata Quality Assessment, under the same names. No
address is requested: the pool's own addresses are known to answer (a test requests each); any
other address gets no point.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS

from parvis.catalog.entries import Dataset
from parvis.catalog.records import EU, DatasetRecord, Distribution
from parvis.catalog.turtle import AUTHORITIES, SubjectWriter
from parvis.i18n import LANGUAGES, N_, both
from parvis.report import Finding, Severity
from parvis.vocab.namespaces import DQV, PARVIS

OPEN_FORMATS = frozenset(
    {"CSV", "GEOJSON", "HTML", "ICS", "JSON", "JSON_LD", "ODS", "PARQUET", "RDF_N_QUADS"}
    | {"RDF_N_TRIPLES", "RDF_TRIG", "RDF_TURTLE", "RDF_XML", "TSV", "TXT", "XML"}
)
"""File types without an owner."""

READABLE_FORMATS = OPEN_FORMATS - {"HTML", "TXT"} | {"XLS", "XLSX"}
"""File types that a program reads as data."""

DIMENSIONS = ("findability", "accessibility", "interoperability", "reusability", "contextuality")
"""The groups of criteria."""


@dataclass(frozen=True)
class Criterion:
    """A criterion of the assessment: its metric, its points, and what a record needs to meet it."""

    metric: str
    dimension: str
    points: int
    need: str


@dataclass(frozen=True)
class Quality:
    met: tuple[Criterion, ...]
    unmet: tuple[Criterion, ...]

    @property
    def points(self) -> int:
        """Return the points, of `MOST`."""
        return sum(criterion.points for criterion in self.met)

    def of(self, dimension: str) -> int:
        return sum(criterion.points for criterion in self.met if criterion.dimension == dimension)


def assess(record: DatasetRecord) -> Quality:
    met = {metric for metric, holds in _OF_DATASETS.items() if holds(record)}
    points = {criterion.metric: criterion.points for criterion in CRITERIA}
    met_by_distribution = (
        {metric for metric, holds in _OF_DISTRIBUTIONS.items() if holds(record, distribution)}
        for distribution in record.distributions
    )
    # The best distribution counts, as a reader would choose that one.
    met |= max(
        met_by_distribution, key=lambda best: sum(points[name] for name in best), default=set()
    )
    return Quality(
        tuple(criterion for criterion in CRITERIA if criterion.metric in met),
        tuple(criterion for criterion in CRITERIA if criterion.metric not in met),
    )


def _is_listed(iri: str, kind: URIRef) -> bool:
    """Return whether an IRI is in one of the lists that harvesters know."""
    return (URIRef(iri), RDF.type, kind) in AUTHORITIES


def _is_ours(record: DatasetRecord, url: str | None) -> bool:
    return url is not None and url.startswith(record.base)


_OF_DATASETS: dict[str, Callable[[DatasetRecord], bool]] = {
    "keywordAvailability": lambda record: bool(record.keywords),
    "categoryAvailability": lambda record: bool(record.themes),
    "spatialAvailability": lambda record: bool(record.spatial),
    "temporalAvailability": lambda record: bool(record.temporal),
    # DCAT-AP demands no more than this; everything else is how `to_dcat` writes any record.
    "dcatApCompliance": lambda record: bool(
        record.title
        and record.description
        and record.publisher.name
        and all(distribution.access_url for distribution in record.distributions)
    ),
    "accessRightsAvailability": lambda record: bool(record.access),
    "accessRightsVocabularyAlignment": lambda record: _is_listed(
        record.access, DCTERMS.RightsStatement
    ),
    "contactPointAvailability": lambda record: bool(record.contact.name),
    "publisherAvailability": lambda record: bool(record.publisher.iri),
    "dateIssuedAvailability": lambda record: record.issued is not None,
    "dateModifiedAvailability": lambda record: record.modified is not None,
}
"""Whether a record meets a criterion, by its metric."""

_OF_DISTRIBUTIONS: dict[str, Callable[[DatasetRecord, Distribution], bool]] = {
    "accessUrlStatusCode": lambda record, file: _is_ours(record, file.access_url),
    "downloadUrlAvailability": lambda _, file: file.download_url is not None,
    "downloadUrlStatusCode": lambda record, file: (
        record.public and _is_ours(record, file.download_url)
    ),
    "formatAvailability": lambda _, file: file.format is not None,
    "mediaTypeAvailability": lambda _, file: file.media_type is not None,
    "formatMediaTypeVocabularyAlignment": lambda _, file: (
        _is_listed(f"{EU}file-type/{file.format}", DCTERMS.MediaTypeOrExtent)
        and "/" in (file.media_type or "")
    ),
    "formatMediaTypeNonProprietary": lambda _, file: file.format in OPEN_FORMATS,
    "formatMediaTypeMachineInterpretable": lambda _, file: file.format in READABLE_FORMATS,
    "licenceAvailability": lambda record, _: bool(record.licence.iri),
    "knownLicence": lambda record, _: _is_listed(record.licence.iri, DCTERMS.LicenseDocument),
    "rightsAvailability": lambda record, _: bool(record.access),
    "byteSizeAvailability": lambda _, file: file.size is not None,
}
"""Whether a distribution makes its record meet a criterion, by its metric."""

CRITERIA = (
    Criterion("keywordAvailability", "findability", 30, N_("keywords")),
    Criterion("categoryAvailability", "findability", 30, N_("a theme")),
    Criterion("spatialAvailability", "findability", 20, N_("the place it is about")),
    Criterion("temporalAvailability", "findability", 20, N_("the time it is about")),
    Criterion("dcatApCompliance", "interoperability", 30, N_("conformance to DCAT-AP")),
    Criterion("accessRightsAvailability", "reusability", 10, N_("who may have access")),
    Criterion(
        "accessRightsVocabularyAlignment",
        "reusability",
        5,
        N_("who may have access, by a European code"),
    ),
    Criterion("contactPointAvailability", "reusability", 20, N_("whom to ask")),
    Criterion("publisherAvailability", "reusability", 10, N_("who publishes it")),
    Criterion("dateIssuedAvailability", "contextuality", 5, N_("since when it exists")),
    Criterion("dateModifiedAvailability", "contextuality", 5, N_("when it last changed")),
    Criterion("accessUrlStatusCode", "accessibility", 50, N_("an access address that answers")),
    Criterion("downloadUrlAvailability", "accessibility", 20, N_("a file to download")),
    Criterion(
        "downloadUrlStatusCode", "accessibility", 30, N_("a file that everyone may download")
    ),
    Criterion("formatAvailability", "interoperability", 20, N_("the file’s format")),
    Criterion("mediaTypeAvailability", "interoperability", 10, N_("the file’s media type")),
    Criterion(
        "formatMediaTypeVocabularyAlignment",
        "interoperability",
        10,
        N_("format and media type of the common lists"),
    ),
    Criterion(
        "formatMediaTypeNonProprietary",
        "interoperability",
        20,
        N_("a format that belongs to nobody"),
    ),
    Criterion(
        "formatMediaTypeMachineInterpretable",
        "interoperability",
        20,
        N_("a format that programs read"),
    ),
    Criterion("licenceAvailability", "reusability", 20, N_("a licence")),
    Criterion("knownLicence", "reusability", 10, N_("a licence that harvesters know")),
    Criterion("rightsAvailability", "contextuality", 5, N_("the rights to the file")),
    Criterion("byteSizeAvailability", "contextuality", 5, N_("the file’s size")),
)
MOST = sum(criterion.points for criterion in CRITERIA)
"""The points of a record that meets all: 405."""


# Remarks on records that are valid (errors were refused when the folder was read), but of little
# use to harvesters and readers.

SHORTEST, LONGEST = 50, 5000
"""Characters of a description that search engines take (Google Dataset Search)."""

LENGTH = N_("the description @{lang} has {count} characters; search engines take 50 to 5000")
TWICE = N_("there are {count} texts of {term} @{lang}; harvesters take one")
SAME = N_("the description is the same in French and in English")
NO_KEYWORD = N_("there is no keyword @{lang}")
NO_TERM = N_("there is no {term}")
UNKNOWN_TERM = N_("{term} is {value}, which is of no list that harvesters know")
OWN_LICENCE = N_("everyone may read it, but its licence is {value}, which harvesters do not know")

_LISTS = {
    "dct:accrualPeriodicity": DCTERMS.Frequency,
    "dct:language": DCTERMS.LinguisticSystem,
    "dcat:theme": SKOS.Concept,
}
"""The class of the terms in the shared lists, by the property that names them."""


def proofread(record: DatasetRecord, dataset: Dataset) -> Iterator[Finding]:
    """Yield what a record should say better, so that harvesters and readers understand it."""
    for lang, text in record.description.items():
        if not SHORTEST <= len(text) <= LONGEST:
            yield _remark(record, "description", LENGTH, lang=lang, count=len(text))
    if len(set(record.description.values())) < len(record.description):
        yield _remark(record, "language", SAME)
    # Of two texts in the same language, a harvester keeps either one.
    for term, step in (("dct:title", DCTERMS.title), ("dct:description", DCTERMS.description)):
        texts = dataset.metadata.objects(URIRef(dataset.iri), step)
        languages = [text.language for text in texts if isinstance(text, Literal)]
        for lang in LANGUAGES:
            if (count := languages.count(lang)) > 1:
                yield _remark(record, "language", TWICE, term=term, lang=lang, count=count)
    yield from _check_terms(record)


def _check_terms(record: DatasetRecord) -> Iterator[Finding]:
    frequency = (record.frequency,) if record.frequency else ()
    for term, values in (
        ("dct:accrualPeriodicity", frequency),
        ("dct:language", record.languages),
        ("dcat:theme", record.themes),
    ):
        if not values:
            yield _remark(record, "missing", NO_TERM, term=term)
        elif not any(_is_listed(value.iri, _LISTS[term]) for value in values):
            yield _remark(record, "vocabulary", UNKNOWN_TERM, term=term, value=values[0].iri)
    for lang in LANGUAGES:
        if not record.keywords.get(lang):
            yield _remark(record, "keyword", NO_KEYWORD, lang=lang)
    if record.public and not _is_listed(record.licence.iri, DCTERMS.LicenseDocument):
        yield _remark(record, "licence", OWN_LICENCE, value=record.licence.iri)


def _remark(record: DatasetRecord, rule: str, template: str, **fields: object) -> Finding:
    return Finding(Severity.WARNING, rule, both(template, **fields), focus=str(record.key))


# Counts of a dataset's duplicates, as measurements of quality (DQV).


@dataclass(frozen=True)
class DuplicateCounts:
    """Counts of a graph's entities: compared, linked to others, with possible links to judge."""

    things: int
    linked: int
    waiting: int


def duplicates_dqv(iri: str, duplicates: DuplicateCounts) -> Graph:
    """Return the measurements (DQV) of a dataset's entities linked to those of others."""
    # This graph is not part of the record: a link that another party adds must not change it.
    graph = Graph()
    add_measurement(graph, iri, PARVIS.comparedThings, duplicates.things)
    add_measurement(graph, iri, PARVIS.linkedThings, duplicates.linked)
    add_measurement(graph, iri, PARVIS.possibleDuplicates, duplicates.waiting)
    return graph


def add_measurement(graph: Graph, iri: str, metric: URIRef, value: float) -> None:
    """Add a measurement of a dataset to a graph, named after its metric."""
    dataset, measurement = URIRef(iri), URIRef(f"{iri}#quality-{metric.rpartition('#')[2]}")
    graph.add((dataset, DQV.hasQualityMeasurement, measurement))
    add = SubjectWriter(graph, measurement, DQV.QualityMeasurement)
    add(DQV.computedOn, dataset)
    add(DQV.isMeasurementOf, metric)
    add(DQV.value, value)

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
    {"CSV", "GEOJSON", "HTML", "ICS", "JSON", "JSON_LD", "ODS", "RDF_N_QUADS", "RDF_N_TRIPLES"}
    | {"RDF_TRIG", "RDF_TURTLE", "RDF_XML", "TSV", "TXT", "XML"}
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
    wanted: str


@dataclass(frozen=True)
class Quality:
    """Which criteria a record meets."""

    met: tuple[Criterion, ...]
    unmet: tuple[Criterion, ...]

    @property
    def points(self) -> int:
        """Return the points, of `MOST`."""
        return sum(criterion.points for criterion in self.met)

    def of(self, dimension: str) -> int:
        return sum(criterion.points for criterion in self.met if criterion.dimension == dimension)


def assess(record: DatasetRecord) -> Quality:
    """Return which criteria a record meets."""
    met = {criterion.metric for criterion, holds in _OF_DATASETS if holds(record)}
    points = {criterion.metric: criterion.points for criterion in CRITERIA}
    met_by_distribution = [
        {criterion.metric for criterion, holds in _OF_DISTRIBUTIONS if holds(record, distribution)}
        for distribution in record.distributions
    ]
    # The best distribution counts, as a reader would choose that one.
    met |= max(
        met_by_distribution,
        key=lambda metrics: sum(map(points.__getitem__, metrics)),
        default=set(),
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


_DatasetTest = Callable[[DatasetRecord], bool]
_DistributionTest = Callable[[DatasetRecord, Distribution], bool]

_OF_DATASETS: tuple[tuple[Criterion, _DatasetTest], ...] = (
    (
        Criterion("keywordAvailability", "findability", 30, N_("keywords")),
        lambda record: bool(record.keywords),
    ),
    (
        Criterion("categoryAvailability", "findability", 30, N_("a theme")),
        lambda record: bool(record.themes),
    ),
    (
        Criterion("spatialAvailability", "findability", 20, N_("the place it is about")),
        lambda record: bool(record.spatial),
    ),
    (
        Criterion("temporalAvailability", "findability", 20, N_("the time it is about")),
        lambda record: bool(record.temporal),
    ),
    (
        Criterion("dcatApCompliance", "interoperability", 30, N_("conformance to DCAT-AP")),
        # DCAT-AP demands no more than this; everything else is how `dcat` writes any record.
        lambda record: bool(
            record.title
            and record.description
            and record.publisher.name
            and all(distribution.access_url for distribution in record.distributions)
        ),
    ),
    (
        Criterion("accessRightsAvailability", "reusability", 10, N_("who may have access")),
        lambda record: bool(record.access),
    ),
    (
        Criterion(
            "accessRightsVocabularyAlignment",
            "reusability",
            5,
            N_("who may have access, by a European code"),
        ),
        lambda record: _is_listed(record.access, DCTERMS.RightsStatement),
    ),
    (
        Criterion("contactPointAvailability", "reusability", 20, N_("whom to ask")),
        lambda record: bool(record.contact.name),
    ),
    (
        Criterion("publisherAvailability", "reusability", 10, N_("who publishes it")),
        lambda record: bool(record.publisher.iri),
    ),
    (
        Criterion("dateIssuedAvailability", "contextuality", 5, N_("since when it exists")),
        lambda record: record.issued is not None,
    ),
    (
        Criterion("dateModifiedAvailability", "contextuality", 5, N_("when it last changed")),
        lambda record: record.modified is not None,
    ),
)

_OF_DISTRIBUTIONS: tuple[tuple[Criterion, _DistributionTest], ...] = (
    (
        Criterion("accessUrlStatusCode", "accessibility", 50, N_("an access address that answers")),
        lambda record, distribution: _is_ours(record, distribution.access_url),
    ),
    (
        Criterion("downloadUrlAvailability", "accessibility", 20, N_("a file to download")),
        lambda _, distribution: distribution.download_url is not None,
    ),
    (
        Criterion(
            "downloadUrlStatusCode", "accessibility", 30, N_("a file that everyone may download")
        ),
        lambda record, distribution: record.public and _is_ours(record, distribution.download_url),
    ),
    (
        Criterion("formatAvailability", "interoperability", 20, N_("the file’s format")),
        lambda _, distribution: distribution.format is not None,
    ),
    (
        Criterion("mediaTypeAvailability", "interoperability", 10, N_("the file’s media type")),
        lambda _, distribution: distribution.media_type is not None,
    ),
    (
        Criterion(
            "formatMediaTypeVocabularyAlignment",
            "interoperability",
            10,
            N_("format and media type of the common lists"),
        ),
        lambda _, distribution: (
            _is_listed(f"{EU}file-type/{distribution.format}", DCTERMS.MediaTypeOrExtent)
            and "/" in (distribution.media_type or "")
        ),
    ),
    (
        Criterion(
            "formatMediaTypeNonProprietary",
            "interoperability",
            20,
            N_("a format that belongs to nobody"),
        ),
        lambda _, distribution: distribution.format in OPEN_FORMATS,
    ),
    (
        Criterion(
            "formatMediaTypeMachineInterpretable",
            "interoperability",
            20,
            N_("a format that programs read"),
        ),
        lambda _, distribution: distribution.format in READABLE_FORMATS,
    ),
    (
        Criterion("licenceAvailability", "reusability", 20, N_("a licence")),
        lambda record, distribution: bool(distribution.licence or record.licence.iri),
    ),
    (
        Criterion("knownLicence", "reusability", 10, N_("a licence that harvesters know")),
        lambda record, distribution: _is_listed(
            distribution.licence or record.licence.iri, DCTERMS.LicenseDocument
        ),
    ),
    (
        Criterion("rightsAvailability", "contextuality", 5, N_("the rights to the file")),
        lambda record, distribution: bool(distribution.rights or record.access),
    ),
    (
        Criterion("byteSizeAvailability", "contextuality", 5, N_("the file’s size")),
        lambda _, distribution: distribution.size is not None,
    ),
)

CRITERIA = tuple(criterion for criterion, _ in (*_OF_DATASETS, *_OF_DISTRIBUTIONS))
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
    for rule, (template, fields) in (*_check_texts(record, dataset), *_check_terms(record)):
        text = both(template, **fields)
        yield Finding(Severity.WARNING, rule, text, focus=str(record.key))


_Remark = tuple[str, tuple[str, dict[str, object]]]


def _check_texts(record: DatasetRecord, dataset: Dataset) -> Iterator[_Remark]:
    for lang, text in record.description.items():
        if not SHORTEST <= len(text) <= LONGEST:
            yield "description", (LENGTH, {"lang": lang, "count": len(text)})
    if len(set(record.description.values())) < len(record.description):
        yield "language", (SAME, {})
    # Of two texts in the same language, a harvester keeps either one.
    for term, step in (("dct:title", DCTERMS.title), ("dct:description", DCTERMS.description)):
        languages = [
            text.language
            for text in dataset.described.objects(URIRef(dataset.iri), step)
            if isinstance(text, Literal)
        ]
        for lang in LANGUAGES:
            if (count := languages.count(lang)) > 1:
                yield "language", (TWICE, {"term": term, "lang": lang, "count": count})


def _check_terms(record: DatasetRecord) -> Iterator[_Remark]:
    frequency = (record.frequency,) if record.frequency else ()
    for term, values in (
        ("dct:accrualPeriodicity", frequency),
        ("dct:language", record.languages),
        ("dcat:theme", record.themes),
    ):
        if not values:
            yield "missing", (NO_TERM, {"term": term})
        elif not any(_is_listed(value.iri, _LISTS[term]) for value in values):
            yield "vocabulary", (UNKNOWN_TERM, {"term": term, "value": values[0].iri})
    for lang in LANGUAGES:
        if not record.keywords.get(lang):
            yield "keyword", (NO_KEYWORD, {"lang": lang})
    if record.public and not _is_listed(record.licence.iri, DCTERMS.LicenseDocument):
        yield "licence", (OWN_LICENCE, {"value": record.licence.iri})


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
    graph, dataset = Graph(), URIRef(iri)
    measures = (
        (PARVIS.comparedThings, duplicates.things),
        (PARVIS.linkedThings, duplicates.linked),
        (PARVIS.possibleDuplicates, duplicates.waiting),
    )
    for metric, count in measures:
        measurement = URIRef(f"{iri}#quality-{metric.rpartition('#')[2]}")
        graph.add((dataset, DQV.hasQualityMeasurement, measurement))
        add = SubjectWriter(graph, measurement)
        add(RDF.type, DQV.QualityMeasurement)
        add(DQV.computedOn, dataset)
        add(DQV.isMeasurementOf, metric)
        add(DQV.value, Literal(count))
    return graph

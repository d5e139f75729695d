"""How well a record lets its dataset be found and used: data.europa.eu's 405 points, computed.

The criteria and points are those of its Metadata Quality Assessment, named as its software names
them. Nobody is called: of an address of the pool's own it is known that it answers (a test asks
each), of any other it is not, and then no point is given.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS

from parvis.catalog.entries import Dataset
from parvis.catalog.records import EU, DatasetRecord, Distribution
from parvis.catalog.turtle import AUTHORITIES, Adding
from parvis.i18n import LANGUAGES, N_, both
from parvis.report import Finding, Severity
from parvis.vocab.namespaces import DQV, PARVIS

OPEN_FORMATS = frozenset(
    {"CSV", "GEOJSON", "HTML", "ICS", "JSON", "JSON_LD", "ODS", "RDF_N_QUADS", "RDF_N_TRIPLES"}
    | {"RDF_TRIG", "RDF_TURTLE", "RDF_XML", "TSV", "TXT", "XML"}
)
"""File types that belong to nobody."""

READABLE_FORMATS = OPEN_FORMATS - {"HTML", "TXT"} | {"XLS", "XLSX"}
"""File types that a program reads as data."""

DIMENSIONS = ("findability", "accessibility", "interoperability", "reusability", "contextuality")
"""What the criteria are grouped by."""


@dataclass(frozen=True)
class Criterion:
    """One thing that a good record has: how it is called, what it is worth, what to do for it."""

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
        """Give the points, of `MOST`."""
        return sum(one.points for one in self.met)

    def of(self, dimension: str) -> int:
        """Give the points of one dimension."""
        return sum(one.points for one in self.met if one.dimension == dimension)


def assess(record: DatasetRecord) -> Quality:
    """Judge a record; of its distributions the best counts, as a reader would take that."""
    met = {one.metric for one, holds in _OF_DATASETS if holds(record)}
    of_each = [_met(record, given) for given in record.distributions]
    met |= max(of_each, key=_worth, default=set())
    return Quality(
        tuple(one for one in CRITERIA if one.metric in met),
        tuple(one for one in CRITERIA if one.metric not in met),
    )


def _met(record: DatasetRecord, given: Distribution) -> set[str]:
    return {one.metric for one, holds in _OF_DISTRIBUTIONS if holds(record, given)}


def _worth(met: AbstractSet[str]) -> int:
    return sum(one.points for one in CRITERIA if one.metric in met)


def _conforms(record: DatasetRecord) -> bool:
    """Say whether what DCAT-AP demands is there; the rest is how `dcat` writes any record."""
    named = record.title and record.description and record.publisher.name
    return bool(named) and all(one.access_url for one in record.distributions)


def _listed(iri: str, kind: URIRef) -> bool:
    """Say whether something is of one of the lists that harvesters know."""
    return (URIRef(iri), RDF.type, kind) in AUTHORITIES


def _is_ours(record: DatasetRecord, url: str | None) -> bool:
    return url is not None and url.startswith(record.base)


def _from_lists(given: Distribution) -> bool:
    """Say whether file type and media type are of their lists (EU publications office, IANA)."""
    form = f"{EU}file-type/{given.format}"
    return _listed(form, DCTERMS.MediaTypeOrExtent) and "/" in (given.media_type or "")


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
        _conforms,
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
        lambda record: _listed(record.access, DCTERMS.RightsStatement),
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
        lambda record, given: _is_ours(record, given.access_url),
    ),
    (
        Criterion("downloadUrlAvailability", "accessibility", 20, N_("a file to download")),
        lambda _, given: given.download_url is not None,
    ),
    (
        Criterion(
            "downloadUrlStatusCode", "accessibility", 30, N_("a file that everyone may download")
        ),
        lambda record, given: record.public and _is_ours(record, given.download_url),
    ),
    (
        Criterion("formatAvailability", "interoperability", 20, N_("the file’s format")),
        lambda _, given: given.format is not None,
    ),
    (
        Criterion("mediaTypeAvailability", "interoperability", 10, N_("the file’s media type")),
        lambda _, given: given.media_type is not None,
    ),
    (
        Criterion(
            "formatMediaTypeVocabularyAlignment",
            "interoperability",
            10,
            N_("format and media type of the common lists"),
        ),
        lambda _, given: _from_lists(given),
    ),
    (
        Criterion(
            "formatMediaTypeNonProprietary",
            "interoperability",
            20,
            N_("a format that belongs to nobody"),
        ),
        lambda _, given: given.format in OPEN_FORMATS,
    ),
    (
        Criterion(
            "formatMediaTypeMachineInterpretable",
            "interoperability",
            20,
            N_("a format that programs read"),
        ),
        lambda _, given: given.format in READABLE_FORMATS,
    ),
    (
        Criterion("licenceAvailability", "reusability", 20, N_("a licence")),
        lambda record, given: bool(given.licence or record.licence.iri),
    ),
    (
        Criterion("knownLicence", "reusability", 10, N_("a licence that harvesters know")),
        lambda record, given: _listed(given.licence or record.licence.iri, DCTERMS.LicenseDocument),
    ),
    (
        Criterion("rightsAvailability", "contextuality", 5, N_("the rights to the file")),
        lambda record, given: bool(given.rights or record.access),
    ),
    (
        Criterion("byteSizeAvailability", "contextuality", 5, N_("the file’s size")),
        lambda _, given: given.size is not None,
    ),
)

CRITERIA = tuple(one for one, _ in (*_OF_DATASETS, *_OF_DISTRIBUTIONS))
MOST = sum(one.points for one in CRITERIA)
"""The points of a record that meets all: 405."""


# What a record should say better, so that harvesters and readers find and understand it.
#
# The folder was read already: what is wrong there was refused with its file. This looks for what
# can be told, and yet is of little use to others.

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
"""The class of what stands in the common lists, by the property that names it."""


def proofread(record: DatasetRecord, dataset: Dataset) -> Iterator[Finding]:
    """Look through one record."""
    for rule, (template, fields) in _remarks(record, dataset):
        text = both(template, **fields)
        yield Finding(Severity.WARNING, rule, text, focus=str(record.key))


_Remark = tuple[str, tuple[str, dict[str, object]]]


def _remarks(record: DatasetRecord, dataset: Dataset) -> Iterator[_Remark]:
    yield from _descriptions(record)
    yield from _one_text_a_language(dataset)
    yield from _lists(record)
    for lang in LANGUAGES:
        if not record.keywords.get(lang):
            yield "keyword", (NO_KEYWORD, {"lang": lang})
    if record.public and not _known(record.licence.iri, DCTERMS.LicenseDocument):
        yield "licence", (OWN_LICENCE, {"value": record.licence.iri})


def _descriptions(record: DatasetRecord) -> Iterator[_Remark]:
    """Look at the length of descriptions, and whether they were translated."""
    for lang, text in record.description.items():
        if not SHORTEST <= len(text) <= LONGEST:
            yield "description", (LENGTH, {"lang": lang, "count": len(text)})
    if len(set(record.description.values())) < len(record.description):
        yield "language", (SAME, {})


def _one_text_a_language(dataset: Dataset) -> Iterator[_Remark]:
    """Look for two texts of one language, of which a harvester keeps any."""
    for term, step in (("dct:title", DCTERMS.title), ("dct:description", DCTERMS.description)):
        found = [
            text.language
            for text in dataset.described.objects(URIRef(dataset.iri), step)
            if isinstance(text, Literal)
        ]
        for lang in LANGUAGES:
            if found.count(lang) > 1:
                count = found.count(lang)
                yield "language", (TWICE, {"term": term, "lang": lang, "count": count})


def _lists(record: DatasetRecord) -> Iterator[_Remark]:
    """Look for what is missing, or of no common list, among frequency, languages and themes."""
    frequency = (record.frequency,) if record.frequency else ()
    for term, values in (
        ("dct:accrualPeriodicity", frequency),
        ("dct:language", record.languages),
        ("dcat:theme", record.themes),
    ):
        if not values:
            yield "missing", (NO_TERM, {"term": term})
        elif not any(_known(one.iri, _LISTS[term]) for one in values):
            yield "vocabulary", (UNKNOWN_TERM, {"term": term, "value": values[0].iri})


def _known(iri: str, kind: URIRef) -> bool:
    return (URIRef(iri), RDF.type, kind) in AUTHORITIES


# How many things of a dataset others speak of too, as measurements of quality (DQV).


@dataclass(frozen=True)
class Duplicates:
    """How many things of a graph others know too, and how many may be so, not judged yet."""

    things: int
    linked: int
    waiting: int


def duplicates_dqv(iri: str, counted: Duplicates) -> Graph:
    """Measure a dataset by the things that are linked to others, or may be.

    It stands beside the record, not in it: a link of somebody else changes no record.
    """
    graph, this = Graph(), URIRef(iri)
    told = (
        (PARVIS.comparedThings, counted.things),
        (PARVIS.linkedThings, counted.linked),
        (PARVIS.possibleDuplicates, counted.waiting),
    )
    for metric, count in told:
        measurement = URIRef(f"{iri}#quality-{metric.rpartition('#')[2]}")
        graph.add((this, DQV.hasQualityMeasurement, measurement))
        add = Adding(graph, measurement)
        add(RDF.type, DQV.QualityMeasurement)
        add(DQV.computedOn, this)
        add(DQV.isMeasurementOf, metric)
        add(DQV.value, Literal(count))
    return graph

"""Build the catalogue records of one publication, each once, and write them in every format.

A record that cannot be built or written is left out and reported; the others are published.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import QB, SKOS

from parvis.catalog import (
    DatasetFile,
    DatasetRecord,
    DatasetState,
    DatasetVersion,
    Quality,
    Submission,
    assess,
    by_dataset,
    catalog_graph,
    cube_of,
    entry_graph,
    file_distributions,
    public_record,
    restricted_record,
    to_data_package,
    to_schema_org,
)
from parvis.catalog.ontology import concept_labels, last_segment, load_words
from parvis.errors import CatalogError, SourceError
from parvis.governance import ANONYMOUS, READ, decide
from parvis.i18n import LANGUAGES, N_, explain
from parvis.mapping.concepts import fold_text
from parvis.pooling.pool import Pool
from parvis.pooling.publication.counts import PublicationStatistics
from parvis.rdf.files import serialise
from parvis.rdf.joining import bodies, prefix_blank_nodes, require_portable
from parvis.store.generation.manifest import Bundle, BundleWriter
from parvis.store.record.record import GraphVersion
from parvis.store.record.statistics import Statistics
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES

# The facets of the catalogue: what a dataset is about, by its record and its content.

LONGEST = 100
"""Years of a period that are listed: of a longer one, the last ones."""


STRATA = {
    "discipline": str(PARVIS.discipline),
    "area": str(PARVIS.territory),
    "age": str(PARVIS.ageGroup),
    "audience": str(PARVIS.targetAudience),
    "public": str(PARVIS.public),
    "language": str(PARVIS.language),
    "channel": str(PARVIS.channel),
    "place": str(PARVIS.place),
    "period": str(PARVIS.refPeriod),
}
"""The code lists that describe a content, each with the property that names it."""
_ORDERED = frozenset({"age", "period"})  # lists whose codes have an order of their own
_UNSPECIFIC = frozenset({"total", "unknown"})  # codes that do not distinguish contents


def record_facets(record: DatasetRecord) -> dict[str, Any]:
    """Return the themes and keywords of a record, and the first and last year of its periods."""
    now = datetime.now(UTC).year  # a period without end lasts until now
    starts = [period.start.year for period in record.temporal if period.start]
    ends = [period.end.year if period.end else now for period in record.temporal]
    return {
        "theme_names": {theme.iri: dict(theme.names) for theme in record.themes},
        "keywords": {lang: list(keywords) for lang, keywords in record.keywords.items()},
        "years": None
        if not starts or not ends
        else [max(min(starts), max(ends) - LONGEST), max(ends)],
    }


def content_facets(ontology: Graph, counted: Statistics | None) -> dict[str, Any]:
    """Return the kinds, disciplines and code lists of a content, and all names of its concepts."""
    if counted is None:
        return {}
    concepts = [URIRef(iri) for iri in counted.concepts]
    disciplines = {}
    for concept in concepts:
        if concept.startswith(f"{CONCEPT}discipline/"):
            labels = ontology.objects(concept, SKOS.prefLabel)
            disciplines[str(concept)] = {
                str(label.language): str(label) for label in labels if isinstance(label, Literal)
            }
    strata: dict[str, list[str]] = {}
    for concept in concepts:
        name, _, code = concept.removeprefix(str(CONCEPT)).partition("/")
        if name in STRATA:
            # A list of which only the total is used is present, without any code.
            strata.setdefault(name, []).extend([code] if code not in _UNSPECIFIC else ())
    return {
        "kinds": list(dict.fromkeys(_kinds(counted.classes))),
        "disciplines": disciplines,
        "strata": {name: strata[name] for name in STRATA if name in strata},
        "words": {lang: sorted(set(_words(ontology, concepts, lang))) for lang in LANGUAGES},
    }


@dataclass(frozen=True)
class CodeListSummary:
    """A code list as a page shows it: its name, and the IRI and label of each code in use."""

    title: dict[str, str]
    values: tuple[tuple[str, str], ...]


def label_strata(strata: Mapping[str, Iterable[str]], lang: str) -> list[CodeListSummary]:
    """Label strata in a language; values are sorted by label, or by code if codes are ordered."""
    lists = []
    for name, codes in strata.items():
        iris = (f"{CONCEPT}{name}/{code}" for code in codes)
        values = [(iri, concept_labels(iri).get(lang) or last_segment(iri)) for iri in iris]
        if name in _ORDERED:
            values.sort(key=lambda pair: pair[0])
        else:
            values.sort(key=lambda pair: fold_text(pair[1]))
        lists.append(CodeListSummary(load_words().of_property(STRATA[name], ()), tuple(values)))
    return lists


def _kinds(classes: Iterable[str]) -> Iterator[str]:
    for iri in sorted(classes):
        name = iri.rpartition("/")[2].rpartition("#")[2]
        if iri == str(QB.Observation):
            yield "publics"
        elif iri == str(PARVIS.Reach):
            yield "relays"
        elif name.endswith(("Event", "EventSeries", "Festival")) or iri == str(PARVIS.Production):
            yield "offerings"
        elif name.endswith("Place"):
            yield "places"


def _words(ontology: Graph, concepts: Iterable[URIRef], lang: str) -> Iterator[str]:
    """Yield every label, preferred or alternative, of concepts in a language."""
    for concept in concepts:
        for label_property in (SKOS.prefLabel, SKOS.altLabel):
            for label in ontology.objects(concept, label_property):
                if isinstance(label, Literal) and label.language == lang:
                    yield str(label)


CLOSED = "closed/"
"""The site folder of the records that apply once an open dataset is not open any more."""


@dataclass(frozen=True)
class Holdings:
    """The download files of each dataset, and its versions, the oldest first."""

    downloads: Mapping[DatasetKey, Sequence[DatasetFile]] = field(default_factory=dict)
    versions: Mapping[DatasetKey, Sequence[DatasetVersion]] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordSources:
    """The sources of the records: contents, submissions and holdings of the datasets."""

    versions: Mapping[DatasetKey, GraphVersion]
    submissions: Sequence[Submission]
    holdings: Holdings


@dataclass(frozen=True)
class RecordSummary:
    """A record in short for pages: licence names, quality, theme IRIs, and facets (`of_record`)."""

    licence: Mapping[str, str]
    quality: Quality
    themes: tuple[str, ...]
    about: Mapping[str, Any]


class Records:
    """The records of all datasets at one instant.

    `left_out`, `summaries` and `public` cover the records built until now.
    """

    def __init__(
        self, pool: Pool, sources: RecordSources, counts: PublicationStatistics, now: datetime
    ) -> None:
        self._pool, self._counts, self._now = pool, counts, now
        self._versions, self._holdings = sources.versions, sources.holdings
        self._submissions = by_dataset(sources.submissions)
        self.left_out: list[dict[str, Any]] = []
        self.summaries: dict[DatasetKey, RecordSummary] = {}
        self.public: list[DatasetKey] = []

    def each(self) -> Iterator[tuple[DatasetRecord, Graph]]:
        """Yield the record of each dataset that has one, with its graph as a catalogue entry."""
        # A generator, because ten thousand graphs at a time would take some ten gigabytes.
        catalog = self._pool.catalog
        for key in catalog.datasets:
            facts = self._facts(key)
            try:
                record = public_record(catalog, key, facts, self._now)
            except CatalogError as error:
                reason = {lang: explain(error, lang) for lang in LANGUAGES}
                self.left_out.append({"dataset": str(key), "reason": reason})
                continue
            themes = tuple(sorted(theme.iri for theme in record.themes))
            about = record_facets(record)
            self.summaries[key] = RecordSummary(
                dict(record.licence.names), assess(record), themes, about
            )
            if record.public:
                self.public.append(key)
            yield record, entry_graph(catalog, record, facts)

    def closed(self, keys: Container[DatasetKey]) -> Iterator[tuple[DatasetRecord, Graph]]:
        """Yield the records that apply once open datasets are not open to everyone any more."""
        # An agreement ends at its instant, whether or not anything is published then.
        catalog = self._pool.catalog
        for key in self.public:
            if key in keys:
                facts = self._facts(key)
                record = restricted_record(catalog, key, facts)
                yield record, entry_graph(catalog, record, facts)

    @cached_property
    def base(self) -> Graph:
        """Return the description of the catalogue without any dataset."""
        return catalog_graph(self._pool.catalog, [], [], self._now)

    def _facts(self, key: DatasetKey) -> DatasetState:
        catalog, holdings = self._pool.catalog, self._holdings
        dataset = catalog.require(key)
        files = file_distributions(holdings.downloads.get(key, ()), dataset, catalog.iris)
        # The structure of a cube tells of its content: it is described where everyone may read it.
        cube, version = None, self._versions.get(key)
        is_open = decide(catalog.policies, ANONYMOUS, READ, dataset.iri, self._now).allowed
        if version is not None and is_open and (counted := self._counts.statistics(version)):
            cube = cube_of(counted, self._pool.ontology)
        return DatasetState(
            self._submissions.get(key, []), files, holdings.versions.get(key, ()), cube
        )


# The records on disk: each is written once in every format that is served, so that a page of the
# catalogue is concatenated from files.

UNWRITABLE = N_("it cannot be written as RDF: {reason}")

FOLDER = "records"
"""The site folder of the records."""

_JSON_FORMATS = {"schema": to_schema_org, "packages": to_data_package}
"""The formats that other programs read instead of RDF, in each language."""

BOUND = "prefixes"
"""The entry with the prefixes the records were written with."""


@dataclass(frozen=True)
class RecordFiles:
    """The records that every format can hold, by digest, and the errors of the others."""

    bundle: Bundle
    paths: Mapping[str, Path]
    digests: dict[DatasetKey, str]
    left_out: dict[DatasetKey, SourceError]

    @classmethod
    def write(cls, records: Iterable[tuple[DatasetRecord, Graph]], folder: Path) -> Self:
        """Write records, one after the other, to a folder that does not exist yet."""
        digests, left_out = {}, {}
        with BundleWriter(folder) as writer:
            writer.put(BOUND, {"json": prefixes()})
            for record, graph in records:
                try:
                    lines = _lines(record.key, graph)
                except SourceError as error:
                    # One bad record must not make the catalogue unreadable: a harvester would
                    # lose all of it.
                    left_out[record.key] = error
                    continue
                forms = {**bodies(lines, media.RDF)}
                for name, convert in _JSON_FORMATS.items():
                    for lang in LANGUAGES:
                        text = json.dumps(convert(record, lang), ensure_ascii=False, indent=1)
                        forms[f"{name}.{lang}.json"] = text.encode()
                writer.put(str(record.key), forms)
                digests[record.key] = sha256(lines).hexdigest()
        return cls(Bundle(folder), writer.paths(), digests, left_out)

    def lines(self, key: DatasetKey) -> bytes:
        """Read a record in N-Triples."""
        return self.bundle.get(str(key), "nt") or b""

    def told(self) -> list[dict[str, Any]]:
        """List the datasets whose records are left out, and why in each language."""
        return [
            {"dataset": str(key), "reason": {lang: explain(error, lang) for lang in LANGUAGES}}
            for key, error in self.left_out.items()
        ]


def prefixes() -> bytes:
    """Return the prefixes that records are written with now, as JSON."""
    return json.dumps(PREFIXES).encode()


def _lines(key: DatasetKey, record: Graph) -> bytes:
    """Return a record in N-Triples, with blank nodes of its own; raises `SourceError`."""
    try:
        lines = serialise(record, "nt")
    except (TypeError, ValueError) as error:  # rdflib holds terms that RDF does not have
        raise SourceError(UNWRITABLE, reason=error) from error
    require_portable(lines)
    # Records are joined as text: their blank nodes must not have the same labels.
    return prefix_blank_nodes(lines, f"r{sha256(str(key).encode()).hexdigest()[:12]}")

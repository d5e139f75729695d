"""The records of one publication: each put together once, from what the pool knows of it.

A record that cannot be told is left out and named; the others are published.
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
    Cube,
    DatasetRecord,
    DatasetVersion,
    Download,
    Known,
    Quality,
    Submission,
    assess,
    by_dataset,
    catalog_graph,
    closed_record,
    cube_of,
    entry_graph,
    known_record,
    offered,
    to_data_package,
    to_schema_org,
)
from parvis.catalog.ontology import concept_labels, short, words
from parvis.errors import CatalogError, SourceError
from parvis.governance import ANONYMOUS, READ, decide
from parvis.i18n import LANGUAGES, N_, explain
from parvis.mapping.concepts import folded
from parvis.pooling.pool import Pool
from parvis.pooling.publication.counts import Counts
from parvis.rdf.files import serialise
from parvis.rdf.joining import apart, bodies, require_portable
from parvis.store.generation.manifest import Bundle, BundleWriter
from parvis.store.record.record import Version
from parvis.store.record.statistics import Statistics
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES

# What a dataset is about, as its record and its content tell it: for the catalogue's facets.

LONGEST = 100
"""Years of a period that are told; one that is longer is told by its last ones."""


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
"""The lists whose concepts a content is told by, each with the property that names it."""
_ORDERED = frozenset({"age", "period"})
"""Lists whose codes are in an order of their own."""
_OPEN = frozenset({"total", "unknown"})
"""Codes that tell nothing apart."""


def of_record(record: DatasetRecord) -> dict[str, Any]:
    """Give the themes, keywords and years that a record tells."""
    return {
        "theme_names": {one.iri: dict(one.names) for one in record.themes},
        "keywords": {lang: list(some) for lang, some in record.keywords.items()},
        "years": _years(record),
    }


def of_content(ontology: Graph, counted: Statistics | None) -> dict[str, Any]:
    """Give the kinds and disciplines that a content tells, and all names of its concepts."""
    if counted is None:
        return {}
    used = [URIRef(one) for one in counted.concepts]
    disciplines = [one for one in used if one.startswith(f"{CONCEPT}discipline/")]
    return {
        "kinds": list(dict.fromkeys(_kinds(counted.classes))),
        "disciplines": {str(one): _labels(ontology, one) for one in disciplines},
        "strata": _strata(counted.concepts),
        "words": {lang: sorted(set(_words(ontology, used, lang))) for lang in LANGUAGES},
    }


def _strata(used: Iterable[str]) -> dict[str, list[str]]:
    """Give the codes of each list that are used; a list that is told in total alone has none."""
    found: dict[str, list[str]] = {}
    for one in used:
        name, _, code = one.removeprefix(str(CONCEPT)).partition("/")
        if name in STRATA:
            found.setdefault(name, []).extend([code] if code not in _OPEN else ())
    return {name: found[name] for name in STRATA if name in found}


@dataclass(frozen=True)
class Stratum:
    """One list, as a page tells it: its name, and what the content has of it."""

    title: dict[str, str]
    values: tuple[tuple[str, str], ...]


def strata_of(strata: Mapping[str, Iterable[str]], lang: str) -> list[Stratum]:
    """Put strata in the words and the order of a language; each value is an IRI and a label."""
    return [
        Stratum(words().of_property(STRATA[name], ()), tuple(_in_order(name, codes, lang)))
        for name, codes in strata.items()
    ]


def _in_order(name: str, codes: Iterable[str], lang: str) -> list[tuple[str, str]]:
    """Give labels in the alphabet, or in the order of their codes where these have one."""
    iris = (f"{CONCEPT}{name}/{code}" for code in codes)
    told = [(iri, concept_labels(iri).get(lang) or short(iri)) for iri in iris]
    return sorted(told, key=lambda pair: pair[0] if name in _ORDERED else folded(pair[1]))


def _years(record: DatasetRecord) -> list[int] | None:
    """Give the first and the last year of all periods; one that goes on lasts until now."""
    now = datetime.now(UTC).year
    starts = [one.start.year for one in record.temporal if one.start]
    ends = [one.end.year if one.end else now for one in record.temporal]
    if not starts or not ends:
        return None
    return [max(min(starts), max(ends) - LONGEST), max(ends)]


def _kinds(classes: Iterable[str]) -> Iterator[str]:
    """Tell what things of some classes are."""
    for one in sorted(classes):
        name = one.rpartition("/")[2].rpartition("#")[2]
        if one == str(QB.Observation):
            yield "publics"
        elif one == str(PARVIS.Reach):
            yield "relays"
        elif name.endswith(("Event", "EventSeries", "Festival")) or one == str(PARVIS.Production):
            yield "offerings"
        elif name.endswith("Place"):
            yield "places"


def _labels(ontology: Graph, concept: URIRef) -> dict[str, str]:
    found = ontology.objects(concept, SKOS.prefLabel)
    return {str(one.language): str(one) for one in found if isinstance(one, Literal)}


def _words(ontology: Graph, concepts: Iterable[URIRef], lang: str) -> Iterator[str]:
    """Give every label, preferred or alternative, of concepts in a language."""
    for concept in concepts:
        for step in (SKOS.prefLabel, SKOS.altLabel):
            for one in ontology.objects(concept, step):
                if isinstance(one, Literal) and one.language == lang:
                    yield str(one)


CLOSED = "closed/"
"""Where a generation's site keeps how an open dataset is told once not everyone may read it."""


@dataclass(frozen=True)
class Holdings:
    """What the pool has of each dataset: its files, and its versions, the oldest first."""

    downloads: Mapping[DatasetKey, Sequence[Download]] = field(default_factory=dict)
    versions: Mapping[DatasetKey, Sequence[DatasetVersion]] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """What came of each dataset: its content, who gave it, and what is kept of it."""

    versions: Mapping[DatasetKey, Version]
    submissions: Sequence[Submission]
    holdings: Holdings


@dataclass(frozen=True)
class Summary:
    """What pages say of a record: its licence's name, its quality, the IRIs of its themes.

    `about` is what `parvis.pooling.publication.records` tells of it.
    """

    licence: Mapping[str, str]
    quality: Quality
    themes: tuple[str, ...]
    about: Mapping[str, Any]


class Records:
    """The records of all datasets, as they are at one instant.

    `left_out`, `summaries` and `public` tell of those that were put together until now.
    """

    def __init__(self, pool: Pool, given: Given, counts: Counts, now: datetime) -> None:
        """Put nothing together yet."""
        self._pool, self._counts, self._now = pool, counts, now
        self._versions, self._holdings = given.versions, given.holdings
        self._given = by_dataset(given.submissions)
        self.left_out: list[dict[str, Any]] = []
        self.summaries: dict[DatasetKey, Summary] = {}
        self.public: list[DatasetKey] = []

    def each(self) -> Iterator[tuple[DatasetRecord, Graph]]:
        """Give the record of each dataset that has one, and it as an entry of the catalogue.

        One after the other: ten thousand graphs at a time would take some ten gigabytes.
        """
        catalog = self._pool.catalog
        for key in catalog.datasets:
            known = self._known(key)
            try:
                record = known_record(catalog, key, known, self._now)
            except CatalogError as error:
                reason = {lang: explain(error, lang) for lang in LANGUAGES}
                self.left_out.append({"dataset": str(key), "reason": reason})
                continue
            themes = tuple(sorted(one.iri for one in record.themes))
            about = of_record(record)
            self.summaries[key] = Summary(dict(record.licence.names), assess(record), themes, about)
            if record.public:
                self.public.append(key)
            yield record, entry_graph(catalog, record, known)

    def closed(self, keys: Container[DatasetKey]) -> Iterator[tuple[DatasetRecord, Graph]]:
        """Give the records of open datasets as they are told once not everyone may read these.

        An agreement ends at its instant, whether or not anything is published then.
        """
        catalog = self._pool.catalog
        for key in self.public:
            if key in keys:
                known = self._known(key)
                record = closed_record(catalog, key, known)
                yield record, entry_graph(catalog, record, known)

    @cached_property
    def base(self) -> Graph:
        """Describe the catalogue without any dataset."""
        return catalog_graph(self._pool.catalog, [], [], self._now)

    def _known(self, key: DatasetKey) -> Known:
        """Tell what the pool knows of a dataset."""
        catalog, held = self._pool.catalog, self._holdings
        dataset = catalog.require(key)
        files = offered(held.downloads.get(key, ()), dataset, catalog.iris)
        return Known(self._given.get(key, []), files, held.versions.get(key, ()), self._cube(key))

    def _cube(self, key: DatasetKey) -> Cube | None:
        """Tell the structure of a dataset of observations that everyone may read."""
        catalog = self._pool.catalog
        version, iri = self._versions.get(key), catalog.datasets[key].iri
        if version is None or not decide(catalog.policies, ANONYMOUS, READ, iri, self._now).allowed:
            return None
        counted = self._counts.statistics(version)
        return cube_of(counted, self._pool.ontology) if counted else None


# Records that every format can hold; one that harvesters could not read is left out.
#
# Each is written once in every form that is served of it, so that a page of the catalogue is put
# together from what stands ready.

UNWRITABLE = N_("it cannot be written as RDF: {reason}")

FOLDER = "records"
"""Where a generation's site has them."""

BOUND = "prefixes"
"""The name of what tells by which prefixes they were written."""


@dataclass(frozen=True)
class Portable:
    """The records that are told, by the digest of each, and why others are left out.

    One bad record must not make the catalogue unreadable: whoever harvests it would lose all.
    """

    bundle: Bundle
    paths: Mapping[str, Path]
    digests: dict[DatasetKey, str]
    left_out: dict[DatasetKey, SourceError]

    @classmethod
    def write(cls, records: Iterable[tuple[DatasetRecord, Graph]], folder: Path) -> Self:
        """Write records, one after the other, into a folder that is not there yet."""
        digests, left_out = {}, {}
        with BundleWriter(folder) as writer:
            writer.put(BOUND, {"json": prefixes()})
            for record, graph in records:
                try:
                    lines = _lines(record.key, graph)
                except SourceError as error:
                    left_out[record.key] = error
                    continue
                writer.put(str(record.key), {**bodies(lines, media.RDF), **_plain(record)})
                digests[record.key] = sha256(lines).hexdigest()
        return cls(Bundle(folder), writer.paths(), digests, left_out)

    def lines(self, key: DatasetKey) -> bytes:
        """Read a record in N-Triples."""
        return self.bundle.get(str(key), "nt") or b""

    def told(self) -> list[dict[str, Any]]:
        """Tell in plain data what is left out."""
        return [
            {"dataset": str(key), "reason": {lang: explain(error, lang) for lang in LANGUAGES}}
            for key, error in self.left_out.items()
        ]


def prefixes() -> bytes:
    """Tell by which prefixes records are written now."""
    return json.dumps(PREFIXES).encode()


def _lines(key: DatasetKey, record: Graph) -> bytes:
    """Write one record, ready to be joined with others; raises `SourceError`."""
    try:
        lines = serialise(record, "nt")
    except (TypeError, ValueError) as error:  # what rdflib holds and RDF does not
        raise SourceError(UNWRITABLE, reason=error) from error
    require_portable(lines)
    return apart(lines, f"r{sha256(str(key).encode()).hexdigest()[:12]}")


def _plain(record: DatasetRecord) -> dict[str, bytes]:
    """Write what other people's programs read instead of RDF, the same for the same record."""
    kinds = {"schema": to_schema_org, "packages": to_data_package}
    return {
        f"{kind}.{lang}.json": json.dumps(tell(record, lang), ensure_ascii=False, indent=1).encode()
        for kind, tell in kinds.items()
        for lang in LANGUAGES
    }

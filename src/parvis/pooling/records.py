"""The records of one publication: each put together once, from what the pool knows of it.

A record that cannot be told is left out and named; the others are published.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from rdflib import Graph

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
)
from parvis.errors import CatalogError
from parvis.governance import ANONYMOUS, READ, decide
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.counts import Counts
from parvis.pooling.incoming import read_submission
from parvis.pooling.pool import Pool
from parvis.pooling.subjects import of_record
from parvis.store.record import Version
from parvis.vocab.iris import DatasetKey

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

    `about` is what `parvis.pooling.subjects` tells of it.
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


def versions_of(pool: Pool) -> dict[DatasetKey, Version]:
    """Give the current version of each dataset that has submitted content."""
    found = pool.record.versions()
    return {
        key: found[dataset.graph]
        for key, dataset in pool.catalog.datasets.items()
        if "submission" in getattr(found.get(dataset.graph), "about", {})
    }


def submission_of(version: Version) -> Submission:
    """Say who gave a version, from what was kept beside it."""
    return read_submission(version).with_content(version.digest, version.triples)

"""The records of one publication: each put together once, then written in every form.

A record that cannot be told is left out and named; the others are published.
"""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
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
    Submission,
    catalog_graph,
    closed_record,
    cube_of,
    entry_graph,
    known_record,
    offered,
    to_data_package,
    to_schema_org,
)
from parvis.errors import CatalogError
from parvis.governance import ANONYMOUS, READ, decide
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.counts import Counts
from parvis.pooling.pool import Pool
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


class Records:
    """The records of all datasets, as they are at one instant."""

    def __init__(self, pool: Pool, given: Given, counts: Counts, now: datetime) -> None:
        """Put nothing together yet."""
        self._pool, self._counts, self._now = pool, counts, now
        self._versions, self._holdings = given.versions, given.holdings
        self._given = {
            key: [one for one in given.submissions if one.key == key] for key in given.versions
        }
        self.left_out: list[dict[str, Any]] = []

    @cached_property
    def typed(self) -> dict[DatasetKey, DatasetRecord]:
        """Give the record of each dataset that has one."""
        found = {}
        for key in self._pool.catalog.datasets:
            try:
                found[key] = known_record(self._pool.catalog, key, self._known(key), self._now)
            except CatalogError as error:
                reason = {lang: explain(error, lang) for lang in LANGUAGES}
                self.left_out.append({"dataset": str(key), "reason": reason})
        return found

    @cached_property
    def graphs(self) -> dict[DatasetKey, Graph]:
        """Give each record with its provenance, as an entry of the catalogue."""
        return {
            key: entry_graph(self._pool.catalog, record, self._known(key))
            for key, record in self.typed.items()
        }

    @cached_property
    def closed(self) -> dict[DatasetKey, DatasetRecord]:
        """Give the records of open datasets as they are told once not everyone may read these.

        An agreement ends at its instant, whether or not anything is published then.
        """
        catalog = self._pool.catalog
        return {
            key: closed_record(catalog, key, self._known(key))
            for key, record in self.typed.items()
            if record.public
        }

    @cached_property
    def closed_graphs(self) -> dict[DatasetKey, Graph]:
        """Give each of these with its provenance, as an entry of the catalogue."""
        return {
            key: entry_graph(self._pool.catalog, record, self._known(key))
            for key, record in self.closed.items()
        }

    def catalogue(self, keys: Iterable[DatasetKey]) -> Graph:
        """Describe the catalogue with the records of some datasets."""
        graph = Graph() + self.base
        for key in keys:
            graph += self.graphs.get(key, Graph())
        return graph

    def files(self, keys: Container[DatasetKey]) -> dict[str, bytes]:
        """Give the forms of some records that the site serves as they stand, by path."""
        found = {}
        for folder, records in (("", self.typed), (CLOSED, self.closed)):
            for key, record in records.items():
                for lang in LANGUAGES if key in keys else ():
                    name = f"{key}.{lang}.json"
                    found[f"{folder}schema/{name}"] = _json(to_schema_org(record, lang))
                    found[f"{folder}packages/{name}"] = _json(to_data_package(record, lang))
        return found

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
    given = Submission.from_json(json.loads(version.about["submission"]))
    return given.with_content(version.digest, version.triples)


def _json(value: object) -> bytes:
    """Write plain data, the same for the same record."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode()

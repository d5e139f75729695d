"""Count the published graphs: once for each content, reused from generation to generation."""

import json
from functools import cached_property
from pathlib import Path

from parvis.catalog import Dataset, dataset_void
from parvis.errors import NothingPublished
from parvis.pooling.pool import Pool
from parvis.rdf.files import sorted_lines
from parvis.store.generation import generation as store
from parvis.store.record.counting import StatisticsCounter
from parvis.store.record.record import GraphVersion
from parvis.store.record.statistics import Statistics

FOLDER = "statistics"
"""The site folder of the statistics, by the digest of the content.

They are part of the generation, so that an erased content leaves no figures behind.
"""


class PublicationStatistics:
    """The statistics of one publication; those of the served generation are reused.

    `uncounted` names the datasets whose counting exceeded the limits of the process.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.uncounted: list[str] = []
        self._statistics: dict[str, Statistics | None] = {}
        self._descriptions: dict[str, bytes] = {}
        self._limits = pool.settings.limits

    def describe(self, dataset: Dataset, version: GraphVersion) -> bytes:
        """Return the VoID description of a dataset's graph, as N-Triples."""
        statistics = self.statistics(version)
        if statistics is None:
            self.uncounted.append(str(dataset.key))
        lines = sorted_lines(dataset_void(dataset, version.triples, statistics, self._pool.iris))
        self._descriptions[str(dataset.key)] = lines
        return lines

    def files(self) -> dict[str, bytes]:
        """Return the generation's files: statistics for the next one, descriptions for the site."""
        figures = {
            f"{FOLDER}/{digest}.json": json.dumps(statistics.to_json()).encode()
            for digest, statistics in self._statistics.items()
            if statistics is not None
        }
        return figures | {f"void/{key}.nt": lines for key, lines in self._descriptions.items()}

    def statistics(self, version: GraphVersion) -> Statistics | None:
        """Return the statistics of a content, or None if it is too large to be counted."""
        if version.digest not in self._statistics:
            served = self._read_served(version.digest)
            self._statistics[version.digest] = served or self._counter.count(
                self._pool.record.path(version)
            )
        return self._statistics[version.digest]

    def known(self, version: GraphVersion | None) -> Statistics | None:
        """Return the statistics of a content that this publication has counted, if any."""
        return None if version is None else self._statistics.get(version.digest)

    def close(self) -> None:
        """End the process that counts."""
        self._counter.close()

    @cached_property
    def _counter(self) -> StatisticsCounter:
        return StatisticsCounter(self._limits.conversion_seconds, self._limits.conversion_memory)

    @cached_property
    def _served_folder(self) -> Path | None:
        try:
            return store.current(self._pool.settings.data).site / FOLDER
        except NothingPublished:
            return None

    def _read_served(self, digest: str) -> Statistics | None:
        file = self._served_folder / f"{digest}.json" if self._served_folder else None
        if file is None or not file.is_file():
            return None
        try:
            return Statistics.from_json(json.loads(file.read_bytes()))
        except (ValueError, KeyError, TypeError):
            return None  # a damaged file: the content is counted again

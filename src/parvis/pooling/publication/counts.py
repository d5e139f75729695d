"""Statistics of what is published: counted once for each content, and kept in the generation."""

import json
from functools import cached_property
from pathlib import Path

from parvis.catalog import Dataset, dataset_void
from parvis.errors import NothingPublished
from parvis.pooling.pool import Pool
from parvis.rdf.files import sorted_lines
from parvis.store.generation import generation as store
from parvis.store.record.counting import Counter
from parvis.store.record.record import Version
from parvis.store.record.statistics import Statistics

FOLDER = "statistics"
"""Where a generation's site keeps what was counted, by the digest of the content.

It goes with the generation: an erased content leaves no figures behind.
"""


class Counts:
    """The statistics of one publication; those of the generation before are taken up again.

    `uncounted` names the datasets that took more than the process may.
    """

    def __init__(self, pool: Pool) -> None:
        """Count nothing yet."""
        self._pool = pool
        self.uncounted: list[str] = []
        self._counted: dict[str, Statistics | None] = {}
        self._described: dict[str, bytes] = {}
        self._limits = pool.settings.limits

    def describe(self, dataset: Dataset, version: Version) -> bytes:
        """Describe a dataset's graph in figures, as N-Triples."""
        counted = self.statistics(version)
        if counted is None:
            self.uncounted.append(str(dataset.key))
        found = sorted_lines(dataset_void(dataset, version.triples, counted, self._pool.iris))
        self._described[str(dataset.key)] = found
        return found

    def files(self) -> dict[str, bytes]:
        """Give what the generation keeps: descriptions for the site, figures for the next one."""
        figures = {
            f"{FOLDER}/{digest}.json": json.dumps(one.to_json()).encode()
            for digest, one in self._counted.items()
            if one is not None
        }
        return figures | {f"void/{key}.nt": one for key, one in self._described.items()}

    def statistics(self, version: Version) -> Statistics | None:
        """Give the figures of a content, from before if there are any; None if it was too large."""
        if version.digest not in self._counted:
            kept = self._kept(version.digest)
            self._counted[version.digest] = kept or self._counter.count(
                self._pool.record.path(version)
            )
        return self._counted[version.digest]

    def known(self, version: Version | None) -> Statistics | None:
        """Give the figures of a content that this publication has counted."""
        return None if version is None else self._counted.get(version.digest)

    def close(self) -> None:
        """End the process that counts."""
        self._counter.close()

    @cached_property
    def _counter(self) -> Counter:
        return Counter(self._limits.conversion_seconds, self._limits.conversion_memory)

    @cached_property
    def _before(self) -> Path | None:
        """Find what the served generation keeps."""
        try:
            return store.current(self._pool.settings.data).site / FOLDER
        except NothingPublished:
            return None

    def _kept(self, digest: str) -> Statistics | None:
        """Read the figures of a content that was counted before; others are counted anew."""
        file = self._before / f"{digest}.json" if self._before else None
        if file is None or not file.is_file():
            return None
        try:
            return Statistics.from_json(json.loads(file.read_bytes()))
        except (ValueError, KeyError, TypeError):
            return None

"""Count the contents that are served: once each, reused from generation to generation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parvis.catalog.quality import DuplicateCounts, duplicates_dqv
from parvis.catalog.void import dataset_void, loaded_void, pool_void
from parvis.pooling.publication.state import Access, PoolState
from parvis.rdf.files import sorted_lines
from parvis.store.generation.generation import Generation
from parvis.store.record.statistics import Statistics, StatisticsCounter
from parvis.vocab.iris import DatasetKey

FOLDER = "statistics"
"""The site folder of the statistics, by the digest of the content.

They are part of the generation, so that an erased content leaves no figures behind.
"""


@dataclass(frozen=True)
class ContentFigures:
    """The statistics of the contents that are served, and what describes them (VoID, N-Triples).

    `statistics` are by the digest of the content: None for one that exceeds the limits of the
    process that counts; `uncounted` are the datasets of these. `duplicates` are by graph. `pool`
    describes the pool as a whole, `descriptions` each dataset. `public` are the parts of the graph
    that everyone may read, `restricted` the graphs of the other datasets by their IRI.
    """

    statistics: Mapping[str, Statistics | None]
    uncounted: Sequence[str]
    duplicates: Mapping[str, DuplicateCounts]
    pool: bytes
    descriptions: Mapping[DatasetKey, bytes]
    public: Sequence[bytes]
    restricted: Mapping[str, bytes]


def count_contents(
    state: PoolState, access: Access, duplicates: Mapping[str, DuplicateCounts]
) -> ContentFigures:
    """Count each content, or take its figures from the served generation, and describe it."""
    catalog, iris, limits = state.pool.catalog, state.pool.iris, state.pool.settings.limits
    statistics: dict[str, Statistics | None] = {}
    uncounted, descriptions, restricted = [], {}, {}
    pool_lines = sorted_lines(pool_void(catalog))
    public = [pool_lines]
    public += (
        sorted_lines(loaded_void(graph, state.loaded[graph].triples, iris))
        for graph in sorted(state.loaded.keys() & access.open.keys())
    )
    with StatisticsCounter(limits.conversion_seconds, limits.conversion_memory) as counter:
        for dataset, version in access.contents:
            key, digest = dataset.key, version.digest
            if digest not in statistics:
                statistics[digest] = _read_served(state.served, digest) or counter.count(
                    state.pool.record.path(version)
                )
            counted = statistics[digest]
            if counted is None:
                uncounted.append(str(key))
            lines = sorted_lines(dataset_void(dataset, version.triples, counted, iris))
            descriptions[key] = lines
            if dataset.graph not in access.open:
                # Who may not read a graph may not read its counts either.
                restricted[iris.statistics_of(key)] = lines
                continue
            public.append(lines)
            if dataset.graph in duplicates:
                measures = duplicates_dqv(dataset.iri, duplicates[dataset.graph])
                public.append(sorted_lines(measures))
    return ContentFigures(
        statistics, uncounted, duplicates, pool_lines, descriptions, public, restricted
    )


def _read_served(served: Generation | None, digest: str) -> Statistics | None:
    file = served.site / FOLDER / f"{digest}.json" if served else None
    if file is None or not file.is_file():
        return None
    try:
        return Statistics.from_json(json.loads(file.read_bytes()))
    except (ValueError, KeyError, TypeError):
        return None  # a damaged file: the content is counted again

"""What a publication starts from: the pool, its record and who may read what, at one instant."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from parvis.catalog.entries import Dataset
from parvis.catalog.provenance import Submission, by_dataset
from parvis.catalog.queries import Query, load_queries
from parvis.catalog.versions import DatasetVersion
from parvis.catalog.void import queries_graph
from parvis.config import clock
from parvis.errors import NothingPublished
from parvis.governance import (
    ANONYMOUS,
    filter_discoverable,
    filter_readable,
    filter_readable_by_some,
    good_until,
)
from parvis.pooling.agreements import loaded_graphs, with_agreements
from parvis.pooling.pool import Pool
from parvis.pooling.versions import recorded_versions, submission_of, versions_of
from parvis.rdf.files import sorted_lines
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.record.graph_record import GraphVersion
from parvis.vocab.iris import DatasetKey


@dataclass(frozen=True)
class PoolState:
    """The pool with the agreements in force, and its record, read once for one instant.

    `versions` are the current ones of the datasets that have content, `history` all of theirs, the
    oldest first, without the recalled ones. `loaded` are the graphs that were loaded as they were.
    `served` is the generation whose statistics and download files are reused. `query_lines` are
    the example queries as N-Triples.
    """

    pool: Pool
    now: datetime
    served: Generation | None
    versions: Mapping[DatasetKey, GraphVersion]
    history: Mapping[DatasetKey, Sequence[DatasetVersion]]
    submissions: Mapping[DatasetKey, Sequence[Submission]]
    loaded: Mapping[str, GraphVersion]
    queries: tuple[Query, ...]
    query_lines: bytes


def read_state(pool: Pool) -> PoolState:
    pool = with_agreements(pool)
    served, data = None, pool.settings.data
    with suppress(NothingPublished):
        served = store.current(data)
    versions = versions_of(pool)
    graphs = {key: pool.catalog.datasets[key].graph for key in versions}
    history = recorded_versions(pool, graphs.values())
    queries = tuple(load_queries(pool.catalog.folder).values())
    return PoolState(
        pool=pool,
        now=store.not_before(data, clock.machine_time()),
        served=served,
        versions=versions,
        history={key: history[graph] for key, graph in graphs.items()},
        submissions=by_dataset(map(submission_of, versions.values())),
        loaded=loaded_graphs(pool.record),
        queries=queries,
        query_lines=sorted_lines(queries_graph(queries, pool.iris)),
    )


@dataclass(frozen=True)
class Access:
    """Which graphs of the record are served, and to whom.

    `contents` are the datasets of which some party may read the content, and its version. `open`
    are the graphs that everyone may read, each with its file; `members` those that some party with
    an agreement may read, the open ones among them. `public_graphs` are the open ones and the
    catalogue's, `served_graphs` the members' too. `listed` are the IRIs of the datasets that
    everyone may discover. All this holds until `good_until`. `changed` are the graphs that are
    served from a file that the served generation did not have.
    """

    contents: Sequence[tuple[Dataset, GraphVersion]]
    open: Mapping[str, Path]
    members: Mapping[str, Path]
    public_graphs: frozenset[str]
    served_graphs: frozenset[str]
    listed: frozenset[str]
    good_until: datetime | None
    changed: frozenset[str] = frozenset()


def decide_access(state: PoolState) -> Access:
    """Decide, by the agreements, which graphs are served to everyone and to members."""
    catalog, record = state.pool.catalog, state.pool.record
    policies, now = catalog.policies, state.now
    # Agreements name a dataset by its IRI, a loaded graph by its own.
    files = {graph: (graph, record.path(version)) for graph, version in state.loaded.items()}
    contents = [(catalog.datasets[key], version) for key, version in state.versions.items()]
    for dataset, version in contents:
        files[dataset.iri] = dataset.graph, record.path(version)
    open_graphs = dict(files[iri] for iri in filter_readable(policies, ANONYMOUS, files, now))
    member_graphs = dict(files[iri] for iri in filter_readable_by_some(policies, files, now))
    iris = (dataset.iri for dataset in catalog.datasets.values())
    public_graphs = frozenset(open_graphs) | {state.pool.iris.catalog_graph}
    return Access(
        contents=[entry for entry in contents if entry[0].graph in member_graphs],
        open=open_graphs,
        members=member_graphs,
        public_graphs=public_graphs,
        served_graphs=public_graphs | member_graphs.keys(),
        listed=frozenset(filter_discoverable(policies, ANONYMOUS, iris, now)),
        good_until=good_until(policies, now),
    )

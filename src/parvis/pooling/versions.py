"""The versions of a dataset in the record."""

import json
from collections.abc import Iterable
from datetime import datetime

from parvis.catalog.versions import DatasetVersion
from parvis.config import clock
from parvis.pooling.pool import Pool
from parvis.store.generation.state_files import RecallList
from parvis.store.record.content import GraphChanges
from parvis.store.record.graph_record import GraphVersion
from parvis.vocab.iris import DatasetKey

VERSION_FIELDS = ("version", "issued", "changes", "returned", "since")


def version_fields(
    pool: Pool, graph: str, digest: str, changes: GraphChanges | None
) -> dict[str, str]:
    """Return the label and dates of a new content's version; the same content keeps its own.

    The label is the day in UTC, with a number from the second of a day on: ``2026-11-24.2``.
    """
    current = pool.record.versions().get(graph)
    if current is not None and current.digest == digest and "version" in current.about:
        return {name: text for name, text in current.about.items() if name in VERSION_FIELDS}
    now = clock.machine_time()
    labels = {label_of(version) for version in _list_versions(pool, graph)}
    number, label = 1, now.date().isoformat()
    while label in labels:
        number += 1
        label = f"{now.date().isoformat()}.{number}"
    fields = {"version": label, "issued": now.isoformat()}
    fields["since"] = (reception_instant(pool, graph) or now).isoformat()
    if changes is not None:
        counts = {name: getattr(changes, name) for name in ("added", "changed", "gone")}
        fields["changes"] = json.dumps(counts)
    return fields


def recorded_versions(pool: Pool, graphs: Iterable[str]) -> dict[str, list[DatasetVersion]]:
    """Return the versions of datasets, by graph, the oldest first, without the recalled ones."""
    recalled = RecallList.read(pool.settings.data)
    return {
        graph: [
            _to_dataset_version(version)
            for version in _list_versions(pool, graph)
            if not recalled.why(graph, version.digest)
        ]
        for graph in graphs
    }


def reception_instant(pool: Pool, graph: str) -> datetime | None:
    """Return since when the pool has held a dataset: since it was given, or given again."""
    # Elapsed time counts from then (``odrl:elapsedTime``): a new content does not lengthen it.
    return receptions(pool, [graph]).get(graph)


def receptions(pool: Pool, graphs: Iterable[str]) -> dict[str, datetime]:
    """Return since when the pool has held, without a break, each dataset that it holds now."""
    current, former = pool.record.versions(), pool.record.former_versions()
    instants = {}
    for graph in graphs:
        if graph not in current:
            continue
        oldest = current[graph]
        if "since" in oldest.about:
            instants[graph] = datetime.fromisoformat(oldest.about["since"])
            continue
        # An older record does not state it: go back to the last return, as far as it remembers.
        for version in reversed(former.get(graph, ())):
            if "returned" in oldest.about:
                break
            oldest = version
        instants[graph] = _to_dataset_version(oldest).issued
    return instants


def _list_versions(pool: Pool, graph: str) -> list[GraphVersion]:
    """Return all versions of a graph in the record, the current one last."""
    current, former = pool.record.versions(), pool.record.former_versions()
    return [version for version in (*former.get(graph, ()), current.get(graph)) if version]


def _to_dataset_version(version: GraphVersion) -> DatasetVersion:
    # Versions of older records state less.
    changes = version.about.get("changes")
    return DatasetVersion(
        label=label_of(version),
        issued=datetime.fromisoformat(version.about.get("issued", version.submitted.isoformat())),
        changes=None if changes is None else json.loads(changes),
        returned=version.about.get("returned"),
        stale=version.about.get("stale"),
    )


def label_of(version: GraphVersion) -> str:
    """Return a version's label; in older records, its day."""
    return version.about.get("version", version.submitted.date().isoformat())


def versions_of(pool: Pool) -> dict[DatasetKey, GraphVersion]:
    """Return the current version of each dataset that has submitted content."""
    versions = pool.record.versions()
    return {
        key: versions[dataset.graph]
        for key, dataset in pool.catalog.datasets.items()
        if "submission" in getattr(versions.get(dataset.graph), "about", {})
    }

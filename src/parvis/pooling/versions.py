"""The versions of a dataset, as the record remembers them."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from parvis.catalog import DatasetVersion
from parvis.pooling.pool import Pool
from parvis.store.generation.recalled import Recalled
from parvis.store.record.content import Changes
from parvis.store.record.record import Version
from parvis.vocab.iris import DatasetKey

TOLD = ("version", "issued", "changes", "returned", "since")


def numbered(pool: Pool, graph: str, digest: str, changes: Changes | None) -> dict[str, str]:
    """Say what version a new content is, for the record; the same content is the same version.

    Its label is the day in UTC, with a number for the second of a day: ``2026-11-24.2``.
    """
    current = pool.record.versions().get(graph)
    if current is not None and current.digest == digest and "version" in current.about:
        return {name: text for name, text in current.about.items() if name in TOLD}
    now = datetime.now(UTC)
    known = {label_of(one) for one in _all(pool, graph)}
    found = {"version": _free(now.date().isoformat(), known), "issued": now.isoformat()}
    found["since"] = (received(pool, graph) or now).isoformat()
    if changes is not None:
        counts = {name: getattr(changes, name) for name in ("added", "changed", "gone")}
        found["changes"] = json.dumps(counts)
    return found


def remembered(pool: Pool, graphs: Iterable[str]) -> dict[str, list[DatasetVersion]]:
    """Give the versions of datasets that the record remembers, by graph, the oldest first.

    Those that were recalled are not told.
    """
    recalled = Recalled.read(pool.settings.data)
    return {
        graph: [_version(one) for one in _all(pool, graph) if not recalled.why(graph, one.digest)]
        for graph in graphs
    }


def received(pool: Pool, graph: str) -> datetime | None:
    """Tell since when the pool has held a dataset: since it was given, or given again.

    Elapsed time counts from then (``odrl:elapsedTime``): a new content does not lengthen it.
    """
    return receptions(pool, [graph]).get(graph)


def receptions(pool: Pool, graphs: Iterable[str]) -> dict[str, datetime]:
    """Tell since when the pool has held each of some datasets, those that it does hold."""
    current, former = pool.record.versions(), pool.record.former()
    held = (graph for graph in graphs if graph in current)
    return {graph: _since(current[graph], former.get(graph, ())) for graph in held}


def _since(current: Version, former: Sequence[Version]) -> datetime:
    """Tell since when a content, or one before it, has been held without a break."""
    if "since" in current.about:
        return datetime.fromisoformat(current.about["since"])
    held = [current]  # of an older record, as far as it remembers
    for one in reversed(former):
        if "returned" in held[-1].about:
            break
        held.append(one)
    return _version(held[-1]).issued


def _all(pool: Pool, graph: str) -> list[Version]:
    """List all versions of a graph that are remembered, the current one last."""
    current, former = pool.record.versions(), pool.record.former()
    return [one for one in (*former.get(graph, ()), current.get(graph)) if one]


def _version(one: Version) -> DatasetVersion:
    """Read a version; those of older records say less."""
    changes = one.about.get("changes")
    return DatasetVersion(
        label=label_of(one),
        issued=datetime.fromisoformat(one.about.get("issued", one.submitted.isoformat())),
        changes=None if changes is None else json.loads(changes),
        returned=one.about.get("returned"),
        stale=one.about.get("stale"),
    )


def label_of(one: Version) -> str:
    """Give a version's label; in older records, its day."""
    return one.about.get("version", one.submitted.date().isoformat())


def _free(day: str, known: set[str]) -> str:
    """Give the first label of a day that is not taken."""
    number, label = 1, day
    while label in known:
        number += 1
        label = f"{day}.{number}"
    return label


def versions_of(pool: Pool) -> dict[DatasetKey, Version]:
    """Give the current version of each dataset that has submitted content."""
    found = pool.record.versions()
    return {
        key: found[dataset.graph]
        for key, dataset in pool.catalog.datasets.items()
        if "submission" in getattr(found.get(dataset.graph), "about", {})
    }

"""The versions of a dataset, as the record remembers them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from parvis.catalog import DatasetVersion
from parvis.pooling.pool import Pool
from parvis.store.changes import Changes
from parvis.store.recalled import Recalled
from parvis.store.record import Version

TOLD = ("version", "issued", "changes", "returned")


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

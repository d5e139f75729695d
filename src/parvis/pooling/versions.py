"""The versions of a dataset in the record, and the submissions that they came from."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

from parvis.catalog.entries import Dataset
from parvis.catalog.provenance import Submission
from parvis.catalog.versions import DatasetVersion
from parvis.config import clock, knowledge
from parvis.config.documents import SHA256, Document
from parvis.errors import StoreError
from parvis.pooling.pool import Pool
from parvis.report import Report
from parvis.store.files import copy_private, replace, settle_tree
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


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the digests and names of a folder's files."""
    if not path.is_dir():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    combined = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        combined.update(f"{digest(file)}  {file.relative_to(path).as_posix()}\n".encode())
    return combined.hexdigest()


@cache
def digest_knowledge(name: str) -> str:
    """Return the digest of a folder that comes with parvis and never changes while it runs."""
    return digest(knowledge(name))


class Incoming:
    """The stored files and report of one submission of a dataset."""

    def __init__(self, data: Path, dataset: Dataset, file_digest: str) -> None:
        """Choose the folder, which may be empty; raises `StoreError` for a bad digest."""
        if not SHA256.fullmatch(file_digest):
            raise StoreError("{file} is damaged: {reason}", file="submission", reason="digest")
        self._folder = data / "incoming" / str(dataset.key) / file_digest
        self._report = self._folder.with_name(f"{self._folder.name}.report.json")

    def keep(self, files: Iterable[Path], report: Report) -> str:
        """Store the files and the report on them; return the report's digest."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in files:
            copy_private(file, self._folder / file.name)
        settle_tree(self._folder)
        replace(self._report, json.dumps(report.to_json(), ensure_ascii=False).encode())
        return digest(self._report)

    def report(self) -> Report | None:
        """Return the report, if it is stored."""
        if not self._report.is_file():
            return None
        return Report.from_json(json.loads(self._report.read_bytes()))


def last_submission(pool: Pool, dataset: Dataset) -> Submission | None:
    version = pool.record.versions().get(dataset.graph)
    if version is None or "submission" not in version.about:
        return None
    return submission_of(version)


def last_report(pool: Pool, dataset: Dataset) -> Report | None:
    """Return the report on the submission that a dataset's content is from, if it is stored."""
    last = last_submission(pool, dataset)
    if last is None:
        return None
    return Incoming(pool.settings.data, dataset, last.file_digest).report()


def submission_of(version: GraphVersion) -> Submission:
    """Return a version's submission, with the digest and size of its content."""
    document = Document.parse(version.about["submission"], "submission")
    return Submission.from_json(document.table()).with_content(version.digest, version.triples)

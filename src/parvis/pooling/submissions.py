"""Submitted files, kept under their digest with the report on them."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from parvis.catalog.entries import Dataset
from parvis.catalog.provenance import Submission
from parvis.config.documents import SHA256, Document
from parvis.errors import StoreError
from parvis.pooling.pool import Pool
from parvis.report import Report
from parvis.store.files import copy_private, replace, settle_tree
from parvis.store.record.graph_record import GraphVersion


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the digests and names of a folder's files."""
    if not path.is_dir():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    combined = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        combined.update(f"{digest(file)}  {file.relative_to(path).as_posix()}\n".encode())
    return combined.hexdigest()


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
    """Return the submission that a dataset's content is from."""
    version = pool.record.versions().get(dataset.graph)
    if version is None or "submission" not in version.about:
        return None
    return read_submission(version)


def last_report(pool: Pool, dataset: Dataset) -> Report | None:
    """Return the report on the submission that a dataset's content is from, if it is stored."""
    last = last_submission(pool, dataset)
    if last is None:
        return None
    return Incoming(pool.settings.data, dataset, last.file_digest).report()


def read_submission(version: GraphVersion) -> Submission:
    """Read from the record the submission that a version came from."""
    document = Document.parse(version.about["submission"], "submission")
    return Submission.from_json(document.table())


def submission_of(version: GraphVersion) -> Submission:
    """Return a version's submission, with the digest and size of its content."""
    return read_submission(version).with_content(version.digest, version.triples)

"""Files as they came, kept under their digest with the report on them."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from parvis.catalog import Dataset, Submission
from parvis.config.documents import SHA256, Document
from parvis.errors import StoreError
from parvis.pooling.pool import Pool
from parvis.report import Report
from parvis.store.files import copy_private, replace, settle_tree
from parvis.store.record.record import Version

# The digest by which files are told apart.


def digest(path: Path) -> str:
    """Give the SHA-256 of a file, as any tool computes it; of a folder, of its files' and names."""
    if not path.is_dir():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    whole = hashlib.sha256()
    for one in sorted(one for one in path.rglob("*") if one.is_file()):
        whole.update(f"{digest(one)}  {one.relative_to(path).as_posix()}\n".encode())
    return whole.hexdigest()


class Incoming:
    """What is kept of one file, or folder of files, given for a dataset."""

    def __init__(self, data: Path, dataset: Dataset, file_digest: str) -> None:
        """Use a data folder; nothing need be kept yet. Raises `StoreError` for no digest."""
        if not SHA256.fullmatch(file_digest):
            raise StoreError("{file} is damaged: {reason}", file="submission", reason="digest")
        self._folder = data / "incoming" / str(dataset.key) / file_digest
        self._report = self._folder.with_name(f"{self._folder.name}.report.json")

    @classmethod
    def last(cls, pool: Pool, dataset: Dataset) -> Self | None:
        """Give what is kept of the submission that a dataset's content is from."""
        submission = last_submission(pool, dataset)
        if submission is None:
            return None
        return cls(pool.settings.data, dataset, submission.file_digest)

    def keep(self, files: Iterable[Path], report: Report) -> str:
        """Keep the files and the report on them; gives the report's digest."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in files:
            copy_private(file, self._folder / file.name)
        settle_tree(self._folder)
        replace(self._report, json.dumps(report.to_json(), ensure_ascii=False).encode())
        return digest(self._report)

    def report(self) -> Report | None:
        """Give the report on it, if it is kept."""
        if not self._report.is_file():
            return None
        return Report.from_json(json.loads(self._report.read_bytes()))


def last_submission(pool: Pool, dataset: Dataset) -> Submission | None:
    """Give the submission that a dataset's content is from."""
    version = pool.record.versions().get(dataset.graph)
    if version is None or "submission" not in version.about:
        return None
    return read_submission(version)


def read_submission(version: Version) -> Submission:
    """Read what the record keeps of the submission that a version came of."""
    told = Document.parse(version.about["submission"], "submission")
    return Submission.from_json(told.table())


def submission_of(version: Version) -> Submission:
    """Say who gave a version, from what was kept beside it."""
    return read_submission(version).with_content(version.digest, version.triples)

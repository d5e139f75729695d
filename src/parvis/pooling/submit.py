"""Check a partner's file, and make it the dataset's content."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parvis.catalog import Submission
from parvis.i18n import N_, both
from parvis.pooling.examine import Examination, Given, digest, examined, given
from parvis.pooling.pool import Pool
from parvis.report import Finding, Report, Severity
from parvis.store.changes import Changes
from parvis.store.packing import Packed, pack
from parvis.vocab.iris import DatasetKey

GONE = N_(
    "{count} entities of the last submission are not in this one, {examples}…: they leave the pool;"
    " nothing here says that they are cancelled"
)


@dataclass(frozen=True)
class Outcome:
    """What came of a file: whether it is acceptable, whether it was stored, and the report.

    `changes` are those since the last submission; `unchanged` says that the file, its mapping and
    what parvis knows are those of the last one, and nothing was done.
    """

    key: DatasetKey
    accepted: bool
    stored: bool
    report: Report
    changes: Changes | None = None
    unchanged: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give the outcome as plain data."""
        return {
            "dataset": str(self.key),
            "accepted": self.accepted,
            "stored": self.stored,
            "unchanged": self.unchanged,
            "changes": self.changes and self.changes.to_json(),
            "report": self.report.to_json(),
        }


def check(pool: Pool, key: DatasetKey, file: Path | None = None) -> Outcome:
    """Convert and validate a file for a dataset; nothing is stored."""
    with examined(pool, given(pool, key, file)) as found:
        changes = _packed(pool, found)[1] if found.accepted else None
        return Outcome(key, found.accepted, stored=False, report=found.report, changes=changes)


def submit(pool: Pool, key: DatasetKey, file: Path | None = None) -> Outcome:
    """Make a file the content of a dataset's graph, if it is acceptable.

    The file is kept as it came, with its report; then the graph's new version and its
    provenance enter the record in one step. A refused file changes nothing, and for the same
    file as the last time nothing is done.
    """
    file_given = given(pool, key, file)
    if (known := _known(pool, file_given)) is not None:
        return Outcome(key, accepted=True, stored=False, report=known, unchanged=True)
    with examined(pool, file_given) as found:
        if not found.accepted:
            return Outcome(key, accepted=False, stored=False, report=found.report)
        packed, changes = _packed(pool, found)
        submission = _submission(found, _keep(pool, found))
        about = {"submission": json.dumps(submission.to_json()), "basis": file_given.basis}
        pool.record.put(file_given.dataset.graph, packed, about)
        return Outcome(key, accepted=True, stored=True, report=found.report, changes=changes)


def _known(pool: Pool, found: Given) -> Report | None:
    """Give the report of the last submission, if it was of the very same things."""
    version = pool.record.versions().get(found.dataset.graph)
    if version is None or version.about.get("basis") != found.basis:
        return None
    report = _folder(pool, found) / "report.json"
    return Report.from_json(json.loads(report.read_text("utf-8"))) if report.is_file() else None


def _packed(pool: Pool, found: Examination) -> tuple[Packed, Changes | None]:
    """Pack what came of a file, and tell the report how much that is and what is gone."""
    packed = pack(found.triples, found.triples.parent)
    found.report.triples = packed.triples
    changes = pool.record.changes(found.given.dataset.graph, packed)
    if changes and changes.gone:
        examples = ", ".join(changes.examples["gone"][:3])
        text = both(GONE, count=changes.gone, examples=examples)
        found.report.add(Finding(Severity.INFO, "gone", text))
    return packed, changes


def _submission(found: Examination, report: str) -> Submission:
    """Say who gave what, when, by which mapping, with which report."""
    return Submission(
        key=found.given.dataset.key,
        began=found.began,
        ended=datetime.now(UTC),
        file_name=found.given.source.name,
        file_digest=digest(found.given.source),
        mapping_digest=digest(found.given.mapping),
        report_digest=report,
        rows=found.report.rows,
        row_errors=found.report.row_errors,
        findings=found.report.total,
        agent=found.given.dataset.publisher,
    )


def _keep(pool: Pool, found: Examination) -> str:
    """Keep the source and its report under the source's digest; gives the report's digest."""
    folder = _folder(pool, found.given)
    folder.mkdir(parents=True, exist_ok=True)
    for file in _files(found):
        shutil.copy2(file, folder / file.name)
    report = folder / "report.json"
    report.write_text(json.dumps(found.report.to_json(), ensure_ascii=False), encoding="utf-8")
    return digest(report)


def _folder(pool: Pool, found: Given) -> Path:
    """Tell where a file is kept as it came."""
    return pool.settings.data / "incoming" / str(found.dataset.key) / found.digest


def _files(found: Examination) -> list[Path]:
    """List the files that were read."""
    return (
        list(found.given.dataset.sources) if found.given.source.is_dir() else [found.given.source]
    )

"""Check a partner's file, and make it the dataset's content."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parvis.catalog import Submission
from parvis.pooling.examine import Examination, digest, examined
from parvis.pooling.pool import Pool
from parvis.pooling.sources import Brought, Remembered, Source, brought, source_of
from parvis.report import Report
from parvis.vocab.iris import DatasetKey


@dataclass(frozen=True)
class Outcome:
    """What came of a file: whether it is acceptable, whether it was stored, and the report."""

    key: DatasetKey
    accepted: bool
    stored: bool
    report: Report

    def to_json(self) -> dict[str, Any]:
        """Give the outcome as plain data."""
        return {
            "dataset": str(self.key),
            "accepted": self.accepted,
            "stored": self.stored,
            "report": self.report.to_json(),
        }


def check(pool: Pool, key: DatasetKey, given: Source | None = None) -> Outcome:
    """Convert and validate a file, or what is at an address, for a dataset; nothing is stored.

    Without either, the record's own address or file is taken.
    """
    source = source_of(pool.catalog.require(key), given)
    with brought(pool.settings, source) as come, examined(pool, key, come.file) as found:
        return Outcome(key, found.accepted, stored=False, report=found.report)


def submit(pool: Pool, key: DatasetKey, given: Source | None = None) -> Outcome:
    """Make a file, or what is at an address, the content of a dataset's graph, if acceptable.

    The file is kept as it came, with its report; then the graph's new version and its
    provenance enter the record in one step. A refused file changes nothing.
    """
    with brought(pool.settings, source_of(pool.catalog.require(key), given)) as come:
        return enter(pool, key, come)


def enter(pool: Pool, key: DatasetKey, come: Brought) -> Outcome:
    """Submit a file that is here; what its server said of it is kept too."""
    with examined(pool, key, come.file) as found:
        if not found.accepted:
            return Outcome(key, accepted=False, stored=False, report=found.report)
        report = _keep(pool, found)
        about = {"submission": json.dumps(_submission(found, report).to_json())}
        found.report.triples = pool.record.put(found.dataset.graph, found.triples, about).triples
        Remembered(pool.settings.data).remember(key, come, digest(found.source))
        return Outcome(key, accepted=True, stored=True, report=found.report)


def _submission(found: Examination, report: str) -> Submission:
    """Say who gave what, when, by which mapping, with which report."""
    return Submission(
        key=found.dataset.key,
        began=found.began,
        ended=datetime.now(UTC),
        file_name=found.source.name,
        file_digest=digest(found.source),
        mapping_digest=digest(found.mapping),
        report_digest=report,
        rows=found.report.rows,
        row_errors=found.report.row_errors,
        findings=len(found.report.findings),
        agent=found.dataset.publisher,
    )


def _keep(pool: Pool, found: Examination) -> str:
    """Keep the source and its report under the source's digest; gives the report's digest."""
    name = digest(found.source)
    folder = pool.settings.data / "incoming" / str(found.dataset.key) / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in _files(found):
        shutil.copy2(file, folder / file.name)
    report = folder / "report.json"
    report.write_text(json.dumps(found.report.to_json(), ensure_ascii=False), encoding="utf-8")
    return digest(report)


def _files(found: Examination) -> list[Path]:
    """List the files that were given; of the record's own folder, those that are data."""
    if not found.source.is_dir():
        return [found.source]
    if found.source == found.dataset.folder:
        return list(found.dataset.sources)
    return [file for file in sorted(found.source.iterdir()) if file.is_file()]

"""A partner's file looked at whole, before anything is decided: converted and validated."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.catalog import Dataset
from parvis.errors import PolicyError, SourceError
from parvis.pooling.pool import Pool
from parvis.pooling.staged import as_data, staged
from parvis.report import Report
from parvis.validation import validate
from parvis.vocab.iris import DatasetKey


@dataclass(frozen=True)
class Examination:
    """What is known of a file before it is decided about; `triples` is a temporary file."""

    dataset: Dataset
    source: Path
    mapping: Path
    triples: Path
    report: Report
    began: datetime

    @property
    def accepted(self) -> bool:
        """Say whether it may enter, by its report and the dataset's threshold."""
        return self.report.accepted(self.dataset.error_threshold)


@contextmanager
def examined(pool: Pool, key: DatasetKey, file: Path | None) -> Iterator[Examination]:
    """Convert and validate a file for a dataset in the staging folder, which is emptied after.

    Without a file, the dataset's own sample in the catalogue folder is taken. Raises the errors
    of what is wrong with the request: `UnknownThing`, `PolicyError`, `MappingError`,
    `SourceError`. Bad data is in the report.
    """
    dataset = pool.catalog.require(key)
    if not pool.catalog.policies.rules_on(dataset.iri):
        raise PolicyError("no agreement speaks of the dataset {dataset}", dataset=key)
    source = file or sample(dataset)
    mapping = dataset.mapping_for(source)
    with _workplace(pool.settings.data) as folder:
        triples = folder / "converted.nt"
        began = datetime.now(UTC)
        report = _report(pool, source, mapping, triples)
        yield Examination(dataset, source, mapping, triples, report, began)


@contextmanager
def _workplace(data: Path) -> Iterator[Path]:
    """Give a folder that is gone afterwards, with those above it that then hold nothing."""
    staging = data / "staging"
    staging.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=staging) as folder:
        yield Path(folder)
    for empty in (staging, data):
        with suppress(OSError):
            empty.rmdir()


def sample(dataset: Dataset) -> Path:
    """Give the file that stands beside a dataset's record: invented samples do."""
    files = dataset.sources
    if not files:
        raise SourceError("no file is given for {dataset}", dataset=dataset.key)
    return files[0] if len(files) == 1 else files[0].parent


def _report(pool: Pool, source: Path, mapping: Path, triples: Path) -> Report:
    """Convert, then validate, into one report."""
    conversion = pool.converter.convert(mapping, source, triples)
    report = conversion.report
    with staged([triples], triples.parent) as view:
        data = as_data(view, [triples])
        found = validate(data, pool.shapes, locate=conversion.places.locate)
        report.triples = len(view)
    report.extend(found.findings)
    report.checked |= found.checked
    return report


def digest(file: Path) -> str:
    """Give the SHA-256 of a file, or of a folder's files by name."""
    whole = hashlib.sha256()
    for one in sorted(file.iterdir()) if file.is_dir() else [file]:
        whole.update(one.name.encode())
        whole.update(one.read_bytes())
    return whole.hexdigest()

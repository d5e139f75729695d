"""Take datasets anew from where they come from, if anything has changed there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parvis.catalog import Dataset, Submission
from parvis.errors import ParvisError
from parvis.fetch.download import Validators
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.bringing import Source, brought_if_changed
from parvis.pooling.digest import digest
from parvis.pooling.incoming import last_submission
from parvis.pooling.law import standing
from parvis.pooling.pool import Pool
from parvis.pooling.sources import Remembered, source_of
from parvis.pooling.submit import Outcome, enter
from parvis.vocab.iris import DatasetKey


@dataclass(frozen=True)
class Refreshed:
    """What came of one dataset: an outcome if it had changed, an error if it could not be had."""

    key: DatasetKey
    outcome: Outcome | None = None
    error: ParvisError | None = None

    @property
    def status(self) -> str:
        """Say in one word what came of it: ``unchanged``, ``stored``, ``refused``, ``failed``."""
        if self.error is not None:
            return "failed"
        if self.outcome is None:
            return "unchanged"
        return "stored" if self.outcome.stored else "refused"

    @property
    def exit_code(self) -> int:
        """Give the exit code that a command for this dataset alone would have."""
        if self.error is not None:
            return self.error.exit_code
        return 1 if self.status == "refused" else 0

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        found: dict[str, Any] = {"dataset": str(self.key), "status": self.status}
        if self.outcome is not None:
            found["report"] = self.outcome.report.to_json()
        if self.error is not None:
            found["error"] = {lang: explain(self.error, lang) for lang in LANGUAGES}
        return found


def refreshable(pool: Pool, name: str | None = None) -> list[Dataset]:
    """Give the datasets of a name, ``PARTNER/DATASET``, ``PARTNER``, or all of the pool.

    One that is named itself is given whatever it has, the others if they have a mapping, an address
    or a file beside their record, and are not withdrawn. Raises `UnknownThing`.
    """
    if name and "/" in name:
        return [pool.catalog.named(name)]
    partner = pool.catalog.require_partner(name).slug if name else None
    return [
        one
        for one in standing(pool).catalog.datasets.values()
        if partner in {None, one.key.partner} and one.mappings and (one.address or one.sources)
    ]


def refresh(pool: Pool, datasets: list[Dataset]) -> Iterator[Refreshed]:
    """Submit anew each dataset whose file or mapping is another than that of its content.

    An address is first asked whether it has changed. What fails for one stops no other.
    """
    for dataset in datasets:
        try:
            yield Refreshed(dataset.key, _refreshed(pool, dataset))
        except ParvisError as error:
            yield Refreshed(dataset.key, error=error)


def _refreshed(pool: Pool, dataset: Dataset) -> Outcome | None:
    """Submit a dataset anew; None where nothing has changed."""
    source, last = source_of(dataset), last_submission(pool, dataset)
    with brought_if_changed(pool.settings, source, _known(pool, dataset, source, last)) as found:
        if found is None:
            return None
        outcome = enter(pool, dataset.key, found)
        return None if outcome.unchanged else outcome


def _known(pool: Pool, dataset: Dataset, source: Source, last: Submission | None) -> Validators:
    """Give what is known of an address's file, if the content is still what came of it."""
    if last is None or isinstance(source, Path) or not _mapped_so(dataset, last):
        return Validators()
    return Remembered(pool.settings.data).validators(dataset.key, source, last.file_digest)


def _mapped_so(dataset: Dataset, last: Submission) -> bool:
    """Say whether a submission's file would be mapped today as it was."""
    return digest(dataset.mapping_for(Path(last.file_name))) == last.mapping_digest

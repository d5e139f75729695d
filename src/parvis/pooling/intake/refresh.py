"""Take datasets anew from where they come from, if anything has changed there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parvis.catalog import Dataset, Submission, period_of
from parvis.errors import ParvisError, StoreError
from parvis.fetch.address import Source
from parvis.fetch.download import Validators
from parvis.i18n import LANGUAGES, N_, both, explain
from parvis.pooling.agreements import standing
from parvis.pooling.intake.deliveries import Deliveries, Delivery
from parvis.pooling.intake.sources import Remembered, brought_if_changed, source_of
from parvis.pooling.intake.submit import Outcome, enter
from parvis.pooling.pool import Pool
from parvis.pooling.submissions import digest, last_submission
from parvis.vocab.iris import DatasetKey

DAY = 86_400
"""Seconds."""
REFUSED = N_("what came is refused, for {findings} findings: the content stays as it was")


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

    @property
    def why(self) -> dict[str, str] | None:
        """Say in each language what its source is to be blamed for; None for nothing."""
        if self.error is not None:
            return {lang: explain(self.error, lang) for lang in LANGUAGES}
        if self.outcome is not None and not self.outcome.stored:
            return both(REFUSED, findings=self.outcome.report.total)
        return None

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

    An address is first asked whether it has changed. What fails for one stops no other. What came
    of each source is noted, for whoever watches over the feeds.
    """
    for dataset in datasets:
        try:
            found = Refreshed(dataset.key, _refreshed(pool, dataset))
        except ParvisError as error:
            found = Refreshed(dataset.key, error=error)
        if not isinstance(found.error, StoreError):  # that is our own fault, not the source's
            _note(pool, dataset, found.why, fetched=True)
        yield found


def due(pool: Pool, datasets: list[Dataset], now: datetime) -> list[Dataset]:
    """Give those of some datasets whose source is to be asked by an instant.

    That is a tenth of its announced period after the last time, an hour at least and a week at
    most; after a failure an hour later, then two, four… a day at most.
    """
    waiting = {one.dataset for one in Deliveries(pool.settings.data).all() if not one.is_due(now)}
    return [one for one in datasets if str(one.key) not in waiting]


def look_over(pool: Pool) -> None:
    """Note of every dataset that stands when its content came, also where no source is asked."""
    there = standing(pool).catalog.datasets.values()
    asked = {one.key for one in refreshable(pool)}
    deliveries = Deliveries(pool.settings.data)
    deliveries.keep_only({str(one.key) for one in there})
    for dataset in there:
        if dataset.key not in asked:
            _note(pool, dataset, None, fetched=False)


def _note(pool: Pool, dataset: Dataset, why: dict[str, str] | None, *, fetched: bool) -> None:
    """Note what came of a dataset's source."""
    now = datetime.now(UTC)
    version = pool.record.versions().get(dataset.graph)
    changed = None if version is None else version.submitted
    period = period_of(dataset)
    days = None if period is None else period.total_seconds() / DAY

    def change(before: Delivery) -> Delivery:
        known = replace(before, fetched=fetched, days=days)
        return known.succeed(now, changed) if why is None else known.fail(now, why)

    Deliveries(pool.settings.data).note(change, str(dataset.key))


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

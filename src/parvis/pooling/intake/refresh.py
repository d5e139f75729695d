"""Submitting datasets anew from their source, if anything has changed there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from parvis.catalog.entries import Dataset, period_of
from parvis.config import clock
from parvis.errors import ParvisError, StoreError
from parvis.fetch.validators import Validators
from parvis.i18n import LANGUAGES, N_, both, explain
from parvis.ledger import SHELL, Author, BoxOffice
from parvis.pooling.agreements import without_withdrawn
from parvis.pooling.intake.sources import (
    Deliveries,
    Delivery,
    SourceFile,
    SourceValidators,
    open_if_changed,
    source_of,
    without_answers,
)
from parvis.pooling.intake.submit import Outcome, enter
from parvis.pooling.pool import Pool
from parvis.pooling.publics.box_office import figures_file
from parvis.pooling.versions import digest, last_submission
from parvis.vocab.iris import DatasetKey

DAY = 86_400
"""Seconds."""
REFUSED = N_("what came is refused (findings: {findings}): the content stays as it was")


@dataclass(frozen=True)
class RefreshResult:
    """The outcome for one dataset, if it had changed, or the error of its source."""

    key: DatasetKey
    outcome: Outcome | None = None
    error: ParvisError | None = None

    @property
    def status(self) -> str:
        """One word: ``unchanged``, ``stored``, ``refused`` or ``failed``."""
        if self.error is not None:
            return "failed"
        if self.outcome is None:
            return "unchanged"
        return "stored" if self.outcome.stored else "refused"

    @property
    def exit_code(self) -> int:
        """The exit code that a command for this dataset alone would have."""
        if self.error is not None:
            return self.error.exit_code
        return 1 if self.status == "refused" else 0

    @property
    def why(self) -> dict[str, str] | None:
        """The fault of its source, in each language; None for none."""
        if self.error is not None:
            return {lang: explain(self.error, lang) for lang in LANGUAGES}
        if self.outcome is not None and not self.outcome.stored:
            return both(REFUSED, findings=self.outcome.report.total)
        return None

    def to_json(self) -> dict[str, Any]:
        result: dict[str, Any] = {"dataset": str(self.key), "status": self.status}
        if self.outcome is not None:
            result["report"] = self.outcome.report.to_json()
        if self.error is not None:
            result["error"] = self.why
        return result


def refreshable(pool: Pool, name: str | None = None) -> list[Dataset]:
    """Return the datasets of a name, ``PARTNER/DATASET``, ``PARTNER``, or all of the pool.

    A dataset that is named itself is returned in any case, the others if they have an address, a
    file in their folder or box-office figures, a mapping or an agreement, and are not withdrawn.
    Raises `UnknownThing`.
    """
    if name and "/" in name:
        return [pool.catalog.require_named(name)]
    partner = pool.catalog.require_partner(name).slug if name else None
    with_figures = BoxOffice(pool.settings.data).datasets()
    return [
        dataset
        for dataset in without_withdrawn(pool).catalog.datasets.values()
        if partner in {None, dataset.key.partner}
        and (dataset.mappings or pool.catalog.policies.rules_on(dataset.iri))
        and (dataset.address or dataset.sources or dataset.iri in with_figures)
    ]


def refresh(pool: Pool, datasets: list[Dataset], author: Author = SHELL) -> Iterator[RefreshResult]:
    """Submit anew each dataset whose file or mapping differs from that of its content.

    An address is first asked whether it has changed. What fails for one stops no other. The state
    of each source is noted.
    """
    for dataset in datasets:
        try:
            result = RefreshResult(dataset.key, _submit_if_changed(pool, dataset, author))
        except ParvisError as error:
            result = RefreshResult(dataset.key, error=error)
        if not isinstance(result.error, StoreError):  # that is our own fault, not the source's
            _note(pool, dataset, result.why, fetched=True)
        yield result


def due_datasets(pool: Pool, datasets: list[Dataset], now: datetime) -> list[Dataset]:
    """Return the datasets whose source is to be asked by an instant (`Delivery.is_due`)."""
    waiting = {
        delivery.dataset
        for delivery in Deliveries(pool.settings.data).all()
        if not delivery.is_due(now)
    }
    return [dataset for dataset in datasets if str(dataset.key) not in waiting]


def note_deliveries(pool: Pool) -> None:
    """Note when the content of each dataset came, also where no source is asked."""
    datasets = without_withdrawn(pool).catalog.datasets.values()
    refreshable_keys = {dataset.key for dataset in refreshable(pool)}
    deliveries = Deliveries(pool.settings.data)
    deliveries.keep_only({str(dataset.key) for dataset in datasets})
    for dataset in datasets:
        if dataset.key not in refreshable_keys:
            _note(pool, dataset, None, fetched=False)


def _note(pool: Pool, dataset: Dataset, why: dict[str, str] | None, *, fetched: bool) -> None:
    now = clock.machine_time()
    version = pool.record.versions().get(dataset.graph)
    changed = None if version is None else version.submitted
    period = period_of(dataset)
    days = None if period is None else period.total_seconds() / DAY

    def change(previous: Delivery) -> Delivery:
        delivery = replace(previous, fetched=fetched, days=days)
        return delivery.succeed(now, changed) if why is None else delivery.fail(now, why)

    Deliveries(pool.settings.data).note(change, str(dataset.key))


def _submit_if_changed(pool: Pool, dataset: Dataset, author: Author) -> Outcome | None:
    """Submit a dataset anew; None where nothing has changed."""
    with figures_file(pool.settings, dataset) as figures:
        if figures is not None:
            outcome = enter(pool, dataset.key, SourceFile(figures), author=author)
            return None if outcome.unchanged else outcome
    source, last = source_of(dataset), last_submission(pool, dataset)
    validators = Validators()
    # The server's validators count only if the content is of its last file, mapped as today.
    if last is not None and not isinstance(source, Path):
        # Without a mapping of its own, the recipe is only known once the file is read.
        mapping = dataset.mapping_for(Path(last.file_name)) if dataset.mappings else None
        if mapping is not None and digest(mapping) == last.mapping_digest:
            remembered = SourceValidators(pool.settings.data)
            validators = remembered.validators(dataset.key, source, last.file_digest)
    with open_if_changed(pool.settings, source, validators) as file:
        if file is None:
            return None
        with without_answers(pool, file) as estimates:
            outcome = enter(pool, dataset.key, estimates, author=author)
        return None if outcome.unchanged else outcome

"""Check a partner's file, and make it the dataset's content."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parvis.catalog import Submission
from parvis.errors import UsageError
from parvis.fetch.address import Source
from parvis.i18n import LANGUAGES, N_, both
from parvis.ledger import Act, Deletions
from parvis.mapping.proposing import Dormant, dormant, properties_of
from parvis.pooling.audit import recorded
from parvis.pooling.intake.examination import Examination, Given, examined
from parvis.pooling.intake.sources import Brought, Remembered, brought, source_of
from parvis.pooling.pool import Pool
from parvis.pooling.publics.contributions import contribute
from parvis.pooling.submissions import Incoming, digest
from parvis.pooling.versions import numbered
from parvis.report import Finding, Report, Score, Severity, Since
from parvis.store.generation.recalled import Recalled
from parvis.store.record.content import Changes, lines_of
from parvis.vocab.iris import DatasetKey

# Contents that were recalled are not taken again.

RECALLED = N_("this content was recalled on {day} and is not taken again: {reason}")


def refuse_recalled(pool: Pool, graph: str, digest: str) -> None:
    """Refuse a content that was recalled; raises `UsageError` that says when and why."""
    why = Recalled.read(pool.settings.data).why(graph, digest)
    if why is not None:
        told = dict.fromkeys(LANGUAGES, next(iter(why["reason"].values()), "—"))
        raise UsageError(RECALLED, day=why["at"][:10], reason=told | why["reason"])


GONE = N_(
    "{count} entities of the last submission are not in this one ({examples}): they leave the"
    " pool; nothing here says that they are cancelled"
)
CUT_SHORT = N_("the deletion of {key} was cut short: finish it first by parvis expire")


@dataclass(frozen=True)
class Outcome:
    """What came of a file: whether it is acceptable, whether it was stored, and the report.

    `changes` are those of the entities since the last submission, `since` those of the findings;
    `unchanged` says that the file, its mapping and
    what parvis knows are those of the last one, and that nothing was done. `dormant` tells what the
    data could answer, where that was looked at; `threshold` is the share of rows that may be in
    error.
    """

    key: DatasetKey
    accepted: bool
    stored: bool
    report: Report
    changes: Changes | None = None
    unchanged: bool = False
    since: Since | None = None
    dormant: Dormant | None = None
    threshold: float = 1.0
    wants_approval: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give the outcome as plain data."""
        return {
            "dataset": str(self.key),
            "accepted": self.accepted,
            "stored": self.stored,
            "unchanged": self.unchanged,
            "wants_approval": self.wants_approval,
            "changes": self.changes and self.changes.to_json(),
            "since": self.since and self.since.to_json(),
            "answers": self.dormant and self.dormant.to_json(),
            "score": Score.of(self.report).to_json(),
            "report": self.report.to_json(),
        }


def check(pool: Pool, key: DatasetKey, source: Source | None = None) -> Outcome:
    """Convert and validate a file, or what is at an address, for a dataset; nothing is stored.

    Without either, the record's own address or file is taken.
    """
    with checked(pool, key, source) as looked:
        return looked.outcome()


@dataclass(frozen=True)
class Checked:
    """A file that was converted and validated, and may enter as it is while it is at hand.

    `before` is the digest of the content that it was compared with.
    """

    pool: Pool
    come: Brought
    found: Examination
    changes: Changes | None
    before: str | None

    def outcome(self) -> Outcome:
        """Tell what came of it, with what its data could answer."""
        told = _outcome(self.pool, self.found, stored=False, changes=self.changes)
        known = properties_of(lines_of(self.found.packed.path))
        return replace(told, dormant=dormant(known) if known else None)

    def enter(self) -> Outcome:
        """Make it the content; it is converted anew only if that has changed meanwhile."""
        given = self.found.given
        if _content(self.pool, given.dataset.key) != self.before:
            return enter(self.pool, given.dataset.key, self.come)
        if self.found.wants_approval:
            return self.outcome()
        outcome = _known(self.pool, given) or _stored(self.pool, self.found, self.changes)
        return _remembered(self.pool, self.come, given, outcome)


@contextmanager
def checked(pool: Pool, key: DatasetKey, source: Source | None = None) -> Iterator[Checked]:
    """Convert and validate a file, or what is at an address, as long as the block lasts."""
    before = _content(pool, key)
    with (
        brought(pool.settings, source_of(pool.catalog.require(key), source)) as come,
        examined(pool, Given.of(pool, key, come.file)) as found,
    ):
        if found.accepted:
            refuse_recalled(pool, found.given.dataset.graph, found.packed.digest)
        yield Checked(pool, come, found, _changes(found) if found.accepted else None, before)


def _content(pool: Pool, key: DatasetKey) -> str | None:
    """Give the digest of a dataset's content."""
    version = pool.record.versions().get(pool.iris.graph(key))
    return version.digest if version else None


def submit(
    pool: Pool, key: DatasetKey, source: Source | None = None, *, approved: bool = False
) -> Outcome:
    """Make a file, or what is at an address, the content of a dataset's graph, if acceptable.

    One that speaks of others' things enters only if the steward `approved` it.

    The file is kept as it came, with its report; then the graph's new version and its
    provenance enter the record in one step, and the ledger tells what the partner gives by it.
    A refused file changes nothing, and for the same file as the last time nothing is done.
    """
    with brought(pool.settings, source_of(pool.catalog.require(key), source)) as come:
        return enter(pool, key, come, approved=approved)


def enter(pool: Pool, key: DatasetKey, come: Brought, *, approved: bool = False) -> Outcome:
    """Submit a file that is here; what its server said of it is kept too."""
    given = Given.of(pool, key, come.file)
    outcome = _known(pool, given) or _entered(pool, given, approved=approved)
    return _remembered(pool, come, given, outcome)


def _remembered(pool: Pool, come: Brought, given: Given, outcome: Outcome) -> Outcome:
    """Count what a content gives, and keep what its server said of the file."""
    if outcome.stored or outcome.unchanged:
        contribute(pool, given.dataset.key)
        Remembered(pool.settings.data).remember(given.dataset.key, come, given.digest)
    return outcome


def _known(pool: Pool, given: Given) -> Outcome | None:
    """Give the outcome of the last submission, if it was of the very same things."""
    version = pool.record.versions().get(given.dataset.graph)
    if version is None or version.about.get("basis") != given.basis:
        return None
    report = Incoming(pool.settings.data, given.dataset, given.digest).report()
    if report is None:
        return None
    key, since = given.dataset.key, Since.of(report, report)
    return Outcome(key, accepted=True, stored=False, report=report, unchanged=True, since=since)


def _entered(pool: Pool, given: Given, *, approved: bool) -> Outcome:
    """Examine a file, and put what comes of it into the record if it is acceptable."""
    with examined(pool, given) as found:
        if not found.accepted or (found.wants_approval and not approved):
            return _outcome(pool, found, stored=False)
        refuse_recalled(pool, given.dataset.graph, found.packed.digest)
        return _stored(pool, found, _changes(found))


def _stored(pool: Pool, found: Examination, changes: Changes | None) -> Outcome:
    """Put what was examined, and is acceptable, into the record."""
    given = found.given
    if given.dataset.graph in Deletions(pool.settings.data).pending():
        raise UsageError(CUT_SHORT, key=given.dataset.key)
    outcome = _outcome(pool, found, stored=True, changes=changes)
    incoming = Incoming(pool.settings.data, given.dataset, given.digest)
    kept = incoming.keep(_files(given), found.report)
    submission = json.dumps(_submission(found, kept).to_json())
    graph = given.dataset.graph
    version = numbered(pool, graph, found.packed.digest, outcome.changes)
    about = {"submission": submission, "basis": given.basis} | version
    pool.record.put(graph, found.packed, about)
    found.kept.write(pool.settings.data, given.dataset)
    gave = [(given.dataset.iri, None)]
    facts: dict[str, str | int | float | None] = {"rows": found.report.rows}
    recorded(pool.settings.data, Act.SUBMIT, datetime.now(UTC), facts, gave)
    return outcome


def _outcome(
    pool: Pool, found: Examination, *, stored: bool, changes: Changes | None = None
) -> Outcome:
    """Say what came of a file, compared with the report kept with the last submission.

    A file in which persons could be identified is compared with nothing: no value is repeated.
    """
    dataset = found.given.dataset
    last = None if found.identifying else Incoming.last(pool, dataset)
    before = None if last is None else last.report()
    return Outcome(
        dataset.key,
        found.accepted,
        stored,
        found.report,
        changes,
        since=None if before is None else Since.of(before, found.report),
        threshold=dataset.error_threshold,
        wants_approval=found.wants_approval,
    )


def _changes(found: Examination) -> Changes | None:
    """Give the changes since the last submission, and tell the report what is gone."""
    changes = found.changes
    if changes and changes.gone:
        first = changes.examples["gone"][:3]
        examples = ", ".join(first) + ("…" if changes.gone > len(first) else "")
        text = both(GONE, count=changes.gone, examples=examples)
        found.report.add(Finding(Severity.INFO, "gone", text))
    return changes


def _submission(found: Examination, report: str) -> Submission:
    """Say who gave what, when, by which mapping, with which report."""
    given = found.given
    return Submission(
        key=given.dataset.key,
        began=found.began,
        ended=datetime.now(UTC),
        file_name=given.source.name,
        file_digest=given.digest,
        mapping_digest=digest(given.mapping),
        report_digest=report,
        rows=found.report.rows,
        row_errors=found.report.row_errors,
        findings=found.report.total,
        agent=given.dataset.publisher,
    )


def _files(given: Given) -> list[Path]:
    """List the files that were given; of the record's own folder, those that are data."""
    source, dataset = given.source, given.dataset
    if not source.is_dir():
        return [source]
    if source == dataset.folder:
        return list(dataset.sources)
    return [file for file in sorted(source.iterdir()) if file.is_file()]

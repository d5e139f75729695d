"""Checking a partner's file, and making it the dataset's content."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import parvis
from parvis.catalog.entries import Dataset
from parvis.catalog.provenance import Submission
from parvis.config import Settings, clock
from parvis.config.json_data import to_json
from parvis.errors import SourceError, UsageError
from parvis.fetch.address import Source
from parvis.i18n import LANGUAGES, N_, both
from parvis.ledger import SHELL, Act, Author, Deletions
from parvis.mapping.proposing.dormant import AnswerableQuestions
from parvis.pooling.audit import record_act
from parvis.pooling.intake.allowed_columns import record_refusal
from parvis.pooling.intake.drafts.comparison import Comparison, compare_with_last
from parvis.pooling.intake.examination import Examination, examine, source_files
from parvis.pooling.intake.file_rules import list_needs
from parvis.pooling.intake.new_mappings import recipe_folders, write_recipe
from parvis.pooling.intake.sources import (
    SourceFile,
    SourceValidators,
    open_source,
    source_of,
    without_answers,
)
from parvis.pooling.pool import Pool
from parvis.pooling.publics.contributions import count_contribution
from parvis.pooling.versions import Incoming, digest, digest_knowledge, last_report, version_fields
from parvis.report import Finding, Report, ReportChanges, Score, Severity
from parvis.store.generation.state_files import RecallList
from parvis.store.record.content import GraphChanges
from parvis.validation.names import key_of
from parvis.vocab.iris import DatasetKey

RECALLED = N_("this content was recalled on {day} and is not taken again: {reason}")
GONE = N_(
    "of the last submission, not in this one: {count} ({examples}); what is gone leaves the pool;"
    " nothing here says that it is cancelled"
)
CUT_SHORT = N_("the deletion of {key} was cut short: finish it first by parvis expire")


@dataclass(frozen=True)
class SubmissionInput:
    """A file, or a folder of files, for a dataset, and its mapping; None where a recipe may do."""

    dataset: Dataset
    source: Path
    mapping: Path | None
    settings: Settings

    @classmethod
    def of(cls, pool: Pool, key: DatasetKey, file: Path) -> Self:
        """Find the mapping for a dataset's file.

        Raises `UnknownThing` or `SourceError`.
        """
        dataset = pool.catalog.require(key)
        if not file.exists():
            raise SourceError("there is no file {file}", file=file)
        mapping = dataset.mapping_for(file) if dataset.mappings or file.is_dir() else None
        return cls(dataset, file, mapping, pool.settings)

    def examine(self, pool: Pool, *, compare: bool = True) -> AbstractContextManager[Examination]:
        recipe = partial(write_recipe, self.settings, self.dataset, self.source)
        return examine(pool, self.source, self.mapping or recipe, self.dataset, compare=compare)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the file."""
        return digest(self.source)

    @cached_property
    def basis(self) -> str:
        """The digest of all that the outcome depends on: file, mapping, knowledge, parvis."""
        mappings = [self.mapping] if self.mapping else recipe_folders(self.settings)
        parts = [self.digest, *map(digest, filter(Path.exists, mappings))]
        parts += [*map(digest_knowledge, ("ontology", "shapes")), parvis.__version__]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """The outcome for a file: whether it is acceptable, whether it was stored, and the report.

    `key` is None for a file that is for no dataset yet. `changes` are those of the entities since
    the last submission, `since` those of the findings; `unchanged` if nothing was done because the
    file, its mapping and parvis are those of the last submission. `answers` are the questions that
    the data could answer, if computed; `threshold` is the share of rows that may be in error.
    `needs` are what a dataset lacks before the file may be submitted, `recipe` is the title of the
    recipe that recognised it, if any did; `comparison` says more of the changes, if asked for.
    """

    key: DatasetKey | None
    accepted: bool
    stored: bool
    report: Report
    changes: GraphChanges | None = None
    unchanged: bool = False
    since: ReportChanges | None = None
    answers: AnswerableQuestions | None = None
    threshold: float = 1.0
    wants_approval: bool = False
    needs: tuple[Mapping[str, str], ...] = ()
    recipe: Mapping[str, str] = field(default_factory=dict)
    comparison: Comparison | None = None

    @classmethod
    def of(
        cls,
        examination: Examination,
        changes: GraphChanges | None = None,
        since: ReportChanges | None = None,
        *,
        stored: bool = False,
    ) -> Self:
        return cls(
            None if examination.dataset is None else examination.dataset.key,
            examination.is_acceptable,
            stored,
            examination.report,
            changes,
            since=since,
            threshold=examination.threshold,
            wants_approval=examination.wants_approval,
            needs=tuple(both(need.template, **need.fields) for need in examination.needs),
            recipe=examination.recipe,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "dataset": to_json(self.key),
            "accepted": self.accepted,
            "stored": self.stored,
            "unchanged": self.unchanged,
            "wants_approval": self.wants_approval,
            "needs": [dict(need) for need in self.needs],
            "recipe": dict(self.recipe),
            "changes": to_json(self.changes),
            "since": to_json(self.since),
            "comparison": to_json(self.comparison),
            "answers": to_json(self.answers),
            "score": Score.of(self.report).to_json(),
            "report": self.report.to_json(),
        }


def check(
    pool: Pool, key: DatasetKey, source: Source | None = None, *, compare: bool = False
) -> Outcome:
    """Convert and validate a file, or what is at an address, for a dataset; nothing is stored.

    The default is the record's own address or file. With `compare`, the outcome says what changed
    since the last submission.
    """
    with check_file(pool, key, source) as file:
        outcome = file.outcome()
        if not compare:
            return outcome
        dataset = file.submission.dataset
        return replace(outcome, comparison=compare_with_last(pool, dataset, file.examination))


@dataclass(frozen=True)
class CheckedFile:
    """A file that was converted and validated, and may enter without a second conversion.

    `before` is the digest of the content that it was compared with.
    """

    pool: Pool
    file: SourceFile
    submission: SubmissionInput
    examination: Examination
    changes: GraphChanges | None
    before: str | None

    def outcome(self) -> Outcome:
        """Return the outcome, with the questions that the data could answer."""
        outcome = _outcome(
            self.pool, self.submission, self.examination, stored=False, changes=self.changes
        )
        return replace(outcome, answers=self.examination.answers)

    def enter(self, author: Author = SHELL) -> Outcome:
        """Make it the content; it is converted anew only if the content changed meanwhile."""
        submission = self.submission
        if _content_digest(self.pool, submission.dataset.key) != self.before:
            return enter(self.pool, submission.dataset.key, self.file, author=author)
        if self.examination.wants_approval:
            return self.outcome()
        outcome = _find_last_outcome(self.pool, submission)
        outcome = outcome or _store(self.pool, submission, self.examination, self.changes, author)
        _note_contribution(self.pool, self.file, submission)
        return outcome


@contextmanager
def check_file(pool: Pool, key: DatasetKey, source: Source | None = None) -> Iterator[CheckedFile]:
    """Convert and validate a file, or what is at an address, as long as the block lasts."""
    before = _content_digest(pool, key)
    with ExitStack() as stack:
        source = source_of(pool.catalog.require(key), source)
        received = stack.enter_context(open_source(pool.settings, source))
        file = stack.enter_context(without_answers(pool, received))
        submission = SubmissionInput.of(pool, key, file.file)
        examination = stack.enter_context(submission.examine(pool))
        changes = None
        if examination.is_acceptable:
            changes = _review_changes(pool, submission.dataset, examination)
        yield CheckedFile(pool, file, submission, examination, changes, before)


def _content_digest(pool: Pool, key: DatasetKey) -> str | None:
    version = pool.record.versions().get(pool.iris.graph(key))
    return version.digest if version else None


def submit(
    pool: Pool,
    key: DatasetKey,
    source: Source | None = None,
    *,
    approved: bool = False,
    author: Author = SHELL,
) -> Outcome:
    """Make a file, or what is at an address, the content of a dataset's graph, if acceptable.

    A file that describes others' entities enters only if the steward `approved` it. A refused file
    changes nothing, and for the same file as the last time nothing is done.
    """
    source = source_of(pool.catalog.require(key), source)
    with open_source(pool.settings, source) as received, without_answers(pool, received) as file:
        return enter(pool, key, file, approved=approved, author=author)


def enter(
    pool: Pool,
    key: DatasetKey,
    file: SourceFile,
    *,
    approved: bool = False,
    author: Author = SHELL,
) -> Outcome:
    """Submit a file that was fetched; the validators of its server are stored too.

    That a file was refused because it identifies persons is recorded, with its author.
    """
    submission = SubmissionInput.of(pool, key, file.file)
    for need in list_needs(pool, submission.dataset, of_publics=False):
        raise need
    outcome = _find_last_outcome(pool, submission)
    if outcome is None:
        with submission.examine(pool) as examination:
            if examination.identifying:
                record_refusal(pool.settings.data, submission.dataset, examination.report, author)
            for need in examination.needs:
                raise need
            if not examination.is_acceptable or (examination.wants_approval and not approved):
                return _outcome(pool, submission, examination, stored=False)
            changes = _review_changes(pool, submission.dataset, examination)
            outcome = _store(pool, submission, examination, changes, author)
    _note_contribution(pool, file, submission)
    return outcome


def _note_contribution(pool: Pool, file: SourceFile, submission: SubmissionInput) -> None:
    """Count in the ledger what a content gives, and store the validators of its file."""
    count_contribution(pool, submission.dataset.key)
    remembered = SourceValidators(pool.settings.data)
    remembered.remember(submission.dataset.key, file, submission.digest)


def _find_last_outcome(pool: Pool, submission: SubmissionInput) -> Outcome | None:
    """Return the outcome of the last submission, if it was of the same file, mapping and parvis."""
    version = pool.record.versions().get(submission.dataset.graph)
    if version is None or version.about.get("basis") != submission.basis:
        return None
    report = Incoming(pool.settings.data, submission.dataset, submission.digest).report()
    if report is None:
        return None
    key, since = submission.dataset.key, ReportChanges.of(report, report)
    return Outcome(key, accepted=True, stored=False, report=report, unchanged=True, since=since)


def _store(
    pool: Pool,
    submission: SubmissionInput,
    examination: Examination,
    changes: GraphChanges | None,
    author: Author,
) -> Outcome:
    dataset, source, report = submission.dataset, submission.source, examination.report
    if dataset.graph in Deletions(pool.settings.data).pending():
        raise UsageError(CUT_SHORT, key=dataset.key)
    outcome = _outcome(pool, submission, examination, stored=True, changes=changes)
    # The file is stored as it came before the record names it: a kill leaves no dangling name.
    incoming = Incoming(pool.settings.data, dataset, submission.digest)
    report_digest = incoming.keep(source_files(source, dataset), report)
    provenance = Submission(
        key=dataset.key,
        began=examination.began,
        ended=clock.machine_time(),
        file_name=source.name,
        file_digest=submission.digest,
        mapping_digest=examination.mapping_digest,
        report_digest=report_digest,
        rows=report.rows,
        row_errors=report.row_errors,
        findings=report.total,
        agent=dataset.publisher,
    )
    version = version_fields(pool, dataset.graph, examination.packed.digest, outcome.changes)
    about = {"submission": json.dumps(to_json(provenance)), "basis": submission.basis}
    pool.record.put(dataset.graph, examination.packed, about | version)
    examination.results.write(pool.settings.data, dataset)
    facts, datasets = {"rows": report.rows}, [(dataset.iri, None)]
    record_act(pool.settings.data, Act.SUBMIT, clock.machine_time(), facts, datasets, author)
    return outcome


def _outcome(
    pool: Pool,
    submission: SubmissionInput,
    examination: Examination,
    *,
    stored: bool,
    changes: GraphChanges | None = None,
) -> Outcome:
    # A file in which persons could be identified is compared with no report: no value is repeated.
    before = None if examination.identifying else last_report(pool, submission.dataset)
    since = None if before is None else ReportChanges.of(before, examination.report)
    return Outcome.of(examination, changes, since, stored=stored)


def _review_changes(pool: Pool, dataset: Dataset, examination: Examination) -> GraphChanges | None:
    """Return the changes since the last submission, and report the entities that are gone.

    Raises `UsageError`, with the date and the reason, for a content that was recalled.
    """
    recalled = RecallList.read(pool.settings.data)
    why = recalled.why(dataset.graph, examination.packed.digest)
    if why is not None:
        # A reason in one language only is repeated in the others.
        reason = why.get("reason", {})
        reasons = dict.fromkeys(LANGUAGES, next(iter(reason.values()), "—")) | reason
        raise UsageError(RECALLED, day=why.get("at", "—")[:10], reason=reasons)
    changes = examination.changes
    if changes and changes.gone:
        first = [key_of(iri) for iri in changes.examples["gone"][:3]]
        examples = ", ".join(first) + ("…" if changes.gone > len(first) else "")
        text = both(GONE, count=changes.gone, examples=examples)
        examination.report.add(Finding(Severity.INFO, "gone", text))
    return changes

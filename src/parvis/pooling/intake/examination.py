"""A partner's file examined before anything is decided: converted and validated."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import parvis
from parvis.catalog.codelists import read_areas
from parvis.catalog.entries import DEFAULT_THRESHOLD, Dataset
from parvis.catalog.ontology import submission_shapes
from parvis.config import clock
from parvis.errors import MappingError, PolicyError
from parvis.i18n import within_quotes
from parvis.mapping.engine.converter import Conversion
from parvis.mapping.engine.places import SubjectPlaces
from parvis.mapping.language import load
from parvis.mapping.language.plan import MappingDocument
from parvis.mapping.proposing.dormant import AnswerableQuestions, find_answerable, properties_of
from parvis.mapping.screening.personal_data import holds_observations, observes
from parvis.pooling.intake.allowed_columns import Allowance, allowances
from parvis.pooling.intake.file_rules import (
    CHANGED_TOTAL,
    OF_ANOTHER,
    find_changed_totals,
    find_doubts,
    find_policies,
    list_needs,
    predicates_read,
    statements_on_others,
)
from parvis.pooling.intake.left_out import leave_out
from parvis.pooling.pool import Pool
from parvis.pooling.texts.staging_view import stage_content
from parvis.pooling.versions import digest, digest_knowledge
from parvis.rdf.lines import canonical_triples
from parvis.report import Report, Severity
from parvis.store.files import replace, workplace
from parvis.store.record.content import GraphChanges, PackedContent, lines_of, pack
from parvis.validation import (
    Data,
    PartedData,
    PreviousValidation,
    SubmissionContext,
    Validation,
    validate,
)

# Results of a dataset's last validation, which spare the next one the unchanged part.


@dataclass(frozen=True)
class ShapeResults:
    """The results of validating a content (by its digest), shape by shape."""

    content: str
    results: dict[str, Any]

    def write(self, data: Path, dataset: Dataset) -> None:
        """Store them in a data folder, instead of the dataset's previous ones."""
        file = _results_file(data, dataset)
        file.parent.mkdir(parents=True, exist_ok=True)
        results = {"content": self.content, "rules": _digest_rules(), "results": self.results}
        replace(file, json.dumps(results, ensure_ascii=False).encode())


def previous_results(
    pool: Pool, dataset: Dataset, changes: GraphChanges | None
) -> PreviousValidation | None:
    """Return the results of the last submission, if the record still holds its content.

    None if they are of other shapes, or if the changes are too many.
    """
    version = pool.record.versions().get(dataset.graph)
    if version is None or changes is None or changes.lines is None:
        return None
    try:
        stored = json.loads(_results_file(pool.settings.data, dataset).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if (stored["content"], stored["rules"]) != (version.digest, _digest_rules()):
        return None
    try:
        return PreviousValidation.of(stored["results"], canonical_triples(changes.lines))
    except SyntaxError:  # staging will report which line it is
        return None


def _results_file(data: Path, dataset: Dataset) -> Path:
    return data / "incoming" / str(dataset.key) / "validated.json"


def _digest_rules() -> str:
    # Results depend on the shapes, and on this version of parvis.
    return f"{parvis.__version__} {digest_knowledge('shapes')}"


@dataclass(frozen=True)
class Examination:
    """A file before it is decided about, for a dataset or for none yet.

    `triples` and `packed` are temporary files, `mapping_digest` is the SHA-256 of its mapping;
    `changes` are those since the last submission, `results` those that the next one may reuse. An
    `identifying` file holds direct identifiers of persons: its report gives their places and
    nothing else of it. `needs` are what its dataset lacks before it may be submitted,
    `recipe` is the title of the recipe that recognised it, if any did.
    """

    dataset: Dataset | None
    report: Report
    began: datetime
    triples: Path
    places: SubjectPlaces
    packed: PackedContent
    results: ShapeResults
    mapping_digest: str = ""
    changes: GraphChanges | None = None
    identifying: bool = False
    needs: tuple[PolicyError, ...] = ()
    recipe: Mapping[str, str] = field(default_factory=dict)

    @property
    def threshold(self) -> float:
        """The share of rows that may be in error."""
        return DEFAULT_THRESHOLD if self.dataset is None else self.dataset.error_threshold

    @property
    def is_acceptable(self) -> bool:
        """Whether it may enter, by its report and the threshold."""
        return self.report.is_acceptable(self.threshold)

    @property
    def wants_approval(self) -> bool:
        """Whether the steward must approve it: others' entities, or totals that jump."""
        return any(f.rule in {OF_ANOTHER, CHANGED_TOTAL} for f in self.report.findings)

    @cached_property
    def answers(self) -> AnswerableQuestions | None:
        """The questions that the data could answer; None if they have no known property."""
        properties = properties_of(lines_of(self.packed.path))
        return find_answerable(properties) if properties else None


@contextmanager
def examine(
    pool: Pool,
    source: Path,
    mapping: Path | Callable[[Path], Path],
    dataset: Dataset | None,
    *,
    compare: bool = True,
) -> Iterator[Examination]:
    """Judge, convert and validate a file in the staging folder, which is emptied after.

    This is the one examination of `check`, `submit`, `refresh`, `preview`, `/check` and `/give`. A
    `mapping` to be proposed is written into the folder, once the file is known to identify nobody.
    Without `compare`, it reads nothing of the dataset's content. Raises the errors of what is wrong
    with the request, `MappingError` or `SourceError`. Bad data is in the report.
    """
    data = pool.settings.data
    try:
        with workplace(data) as folder:
            now = clock.machine_time()
            yield _Examiner(pool, source, dataset, folder, compare, now).run(mapping)
    finally:
        # A check leaves nothing, not even the folders that it made.
        for empty in (data / "staging", data):
            with suppress(OSError):
                empty.rmdir()


@contextmanager
def examine_beginning(
    pool: Pool, source: Path, mapping: Path, dataset: Dataset | None, rows: int
) -> Iterator[Examination]:
    """Convert and validate the first rows of a file that was judged before, as `examine` does all.

    It reads nothing of the dataset's content. Raises as `examine`.
    """
    with workplace(pool.settings.data) as folder:
        now = clock.machine_time()
        examiner = _Examiner(pool, source, dataset, folder, compare=False, began=now, most=rows)
        yield examiner.run_unjudged(mapping)


def source_files(source: Path, dataset: Dataset | None) -> list[Path]:
    """Return the files of a submission; the record's own folder also holds the record."""
    if not source.is_dir():
        return [source]
    if dataset is not None and source == dataset.folder:
        return list(dataset.sources)
    return [file for file in sorted(source.iterdir()) if file.is_file()]


def _refuse_blank_nodes(document: MappingDocument) -> None:
    # Contents are compared line by line, which blank nodes without a lasting name prevent.
    if names := document.blank_nodes:
        raise MappingError(
            "{file}: “{name}” makes blank nodes, which have no lasting name to be compared by; "
            "give each thing an address of its own",
            file=document.path.name,
            name=within_quotes(names),
        )


@dataclass(frozen=True)
class _Examiner:
    """The examination of one file in a temporary folder."""

    pool: Pool
    source: Path
    dataset: Dataset | None
    folder: Path
    compare: bool
    began: datetime
    most: int | None = None

    def run_unjudged(self, mapping: Path) -> Examination:
        document = load(mapping)
        _refuse_blank_nodes(document)
        return self._convert(document)

    def run(self, mapping: Path | Callable[[Path], Path]) -> Examination:
        # Before anything else reads the file, so that no error or finding repeats a value.
        if refused := self._judge(source_files(self.source, self.dataset)):
            return refused
        mapping = mapping if isinstance(mapping, Path) else mapping(self.folder)
        document = load(mapping)
        _refuse_blank_nodes(document)
        if observes(document):
            return self._screen(mapping) or self._convert(document, of_publics=True)
        examination = self._convert(document)
        if any(source.is_address for source in document.sources.values()):
            # Of a database, what becomes of it is judged.
            return self._judge([examination.triples]) or examination
        # A mapping that takes its classes from the data shows only now what it makes, and one that
        # was proposed for a file in which it recognises nothing does not know what that holds.
        unrecognised = self.dataset is None and examination.answers is None
        of_publics = holds_observations(examination.triples)
        if unrecognised or of_publics:
            needs = self._list_needs(of_publics=of_publics)
            return self._screen(mapping) or replaced(examination, needs=needs)
        return examination

    def _list_needs(self, *, of_publics: bool) -> tuple[PolicyError, ...]:
        if self.dataset is None:
            return ()
        return tuple(list_needs(self.pool, self.dataset, of_publics=of_publics))

    def _judge(self, files: list[Path]) -> Examination | None:
        """Examine files for what identifies persons; None where nothing does."""
        allowed: list[Allowance] = []
        if self.dataset is not None:
            allowed = allowances(self.pool.settings.data, self.dataset.key)
        names = [allowance.column for allowance in allowed]
        report = self.pool.converter.judge(files, names) if files else Report()
        return self._refuse(report) if report.findings else None

    def _screen(self, mapping: Path) -> Examination | None:
        """Examine a file on publics for any identifier of a person; None where it has none."""
        report = self.pool.converter.screen(mapping, self.source)
        return self._refuse(report) if report.findings else None

    def _refuse(self, report: Report) -> Examination:
        nothing = self.folder / "nothing.nt"
        nothing.write_bytes(b"")
        packed = pack(nothing, self.folder)
        return Examination(
            self.dataset,
            report,
            self.began,
            nothing,
            SubjectPlaces(),
            packed,
            ShapeResults(packed.digest, {}),
            identifying=True,
        )

    def _validate_and_leave_out(
        self, conversion: Conversion, triples: Path, before: PreviousValidation | None
    ) -> tuple[Path, Validation]:
        """Report on a content by all rules; return what remains of it, and its validation."""
        report, places = conversion.report, conversion.places
        with stage_content(triples, self.folder) as data:
            areas = read_areas(self.pool.settings.catalog)
            with data.select(predicates_read(data.predicates)) as chosen:
                report.extend(find_policies(chosen.store, places.locate))
                report.extend(find_doubts(chosen.store, places.locate, areas))
            sound = report.worst is not Severity.VIOLATION
            validation = self._validate(data, places, before)
        report.extend(validation.findings)
        report.more += validation.more
        report.checked |= validation.checked
        report.engine |= validation.engine
        report.titles |= validation.titles
        if not sound or validation.conforms:
            return triples, validation
        threshold = DEFAULT_THRESHOLD if self.dataset is None else self.dataset.error_threshold
        again = partial(self._validate_again, places=places)
        return leave_out(conversion, triples, validation, threshold, again)

    def _validate(
        self,
        data: Data | PartedData,
        places: SubjectPlaces,
        before: PreviousValidation | None = None,
    ) -> Validation:
        submitted = SubmissionContext(places.rows_of, before)
        return validate(data, submission_shapes(), locate=places.locate, submitted=submitted)

    def _validate_again(self, triples: Path, places: SubjectPlaces) -> Validation:
        with stage_content(triples, self.folder) as data:
            return self._validate(data, places)

    def _convert(self, document: MappingDocument, *, of_publics: bool = False) -> Examination:
        """Convert, compare with the last submission, then validate, into one report."""
        pool, dataset, triples = self.pool, self.dataset, self.folder / "converted.nt"
        conversion = pool.converter.convert(
            document.path, self.source, triples, triples.with_suffix(".places"), self.most
        )
        report, places = conversion.report, conversion.places
        packed = pack(triples, self.folder)
        report.triples, results = packed.triples, ShapeResults(packed.digest, {})
        changes, before, former = None, None, None
        if dataset is not None:
            lines = lines_of(packed.path)
            report.extend(statements_on_others(pool, dataset, lines, places.locate))
            if self.compare:
                changes = pool.record.changes(dataset.graph, packed)
                former = pool.record.versions().get(dataset.graph)
                before = previous_results(pool, dataset, changes)
        if not report.is_hopeless:  # of a part of a file, shapes would report what the rest repairs
            content = packed.path
            content, validation = self._validate_and_leave_out(conversion, content, before)
            if report.left_out:
                triples = content
                packed = pack(triples, self.folder)
                report.triples = packed.triples
                if dataset is not None and changes is not None:
                    changes = pool.record.changes(dataset.graph, packed)
            results = ShapeResults(packed.digest, validation.reusable_results)
        if former is not None and holds_observations(triples):
            old, new = pool.record.read_lines(former), lines_of(packed.path)
            report.extend(find_changed_totals(old, new))
        return Examination(
            dataset,
            report,
            self.began,
            triples,
            places,
            packed,
            results,
            digest(document.path),
            changes,
            needs=self._list_needs(of_publics=of_publics),
            recipe=document.title,
        )

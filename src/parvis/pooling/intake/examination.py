"""A partner's file examined before anything is decided: converted and validated."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from itertools import islice
from pathlib import Path
from posixpath import normpath
from typing import Any, Self
from urllib.parse import unquote

from rdflib import URIRef

import parvis
from parvis.catalog import Dataset, anonymisations
from parvis.catalog.codelists import read_areas
from parvis.config import knowledge
from parvis.errors import MappingError, PolicyError, SourceError
from parvis.governance.policies import DELETE, RuleKind
from parvis.i18n import N_, both, within_quotes
from parvis.mapping.engine.places import SubjectPlaces
from parvis.mapping.language.plan import MappingDocument
from parvis.mapping.load import load
from parvis.mapping.personal_data import observes
from parvis.pooling.intake.plausibility import find_doubts
from parvis.pooling.pool import Pool
from parvis.pooling.staging_view import as_data, stage_files
from parvis.pooling.submissions import digest
from parvis.rdf.lines import canonical_triples
from parvis.report import Finding, Report, Severity
from parvis.store.files import replace, workplace
from parvis.store.record.content import GraphChanges, PackedContent, lines_of, pack
from parvis.validation import (
    DataView,
    Locate,
    PreviousValidation,
    SubmissionContext,
    Validation,
    validate,
)
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import DPV

# Required of data on publics: purpose, responsible party, and an end (Québec's Law 25).
#
# Purposes must be determined before collection, and information destroyed or anonymised once they
# are accomplished (RLRQ c. P-39.1, ss. 4 and 23).

UNFRAMED = N_(
    "the dataset {dataset} holds figures on publics, and {lacking} is missing: such data are"
    " refused without a purpose (dpv:hasPurpose) and a responsible party"
    " (dpv:hasResponsibleEntity) in its record, and an end of keeping: an obligation to delete in"
    " its agreement or, of a pooled release, its record of anonymisation"
)
SHAPE = "Observation"


def has_publics(report: Report) -> bool:
    """Whether validated data hold observations of publics."""
    return bool(report.checked.get(SHAPE))


def require_frame(pool: Pool, dataset: Dataset) -> None:
    """Raise `PolicyError` for data on publics without a purpose, a responsible party or an end."""
    subject = URIRef(dataset.iri)
    missing = [
        str(term).replace(str(DPV._NS), "dpv:")  # noqa: SLF001 - the namespace of a closed namespace
        for term in (DPV.hasPurpose, DPV.hasResponsibleEntity)
        if (subject, term, None) not in dataset.described
    ]
    ends = any(
        rule.kind is RuleKind.OBLIGATION and rule.action == DELETE
        for rule in pool.catalog.policies.rules_on(dataset.iri)
    )
    if not ends and not anonymisations(dataset):
        missing.append("odrl:delete")
    if missing:
        raise PolicyError(UNFRAMED, dataset=dataset.key, lacking=", ".join(missing))


# Statements that are not the partner's to make. Policies are refused, since only the catalogue
# folder holds law. Statements on another party's entities would be read as its own: the steward
# decides.

QUERY = files(__package__).joinpath("queries", "policies.rq").read_text(encoding="utf-8")
POLICY = N_(
    "a file of data gives {thing} {term}, which is for agreements: it would decide nothing here,"
    " so it is refused; agreements are signed with the third party"
)
OF_ANOTHER = "of-another"
"""The rule for statements about entities that are not the partner's own."""
ANOTHERS = N_(
    "the file says something of {thing}, which is {owner}’s to describe, not this partner’s: it"
    " waits for the steward’s approval; to link to it is free"
)
ANOTHER_PARTNER = N_("the partner {slug}")
THIRD_PARTY = N_("the trusted third party")
THIRD_PARTYS = frozenset(
    {"agreement", "catalog", "certificate", "distribution", "match", "party", "project", "query"}
    | {"service", "submission", "version"}
)
"""The kinds of entities that the third party alone describes, whoever they are about."""
CANONICAL = re.compile(r"[^/]+/[0-9a-f]{10}")
"""The path of a canonical IRI, which the third party mints."""
MOST = 1000
"""How many entities of others are reported."""


def statements_on_others(
    pool: Pool, dataset: Dataset, lines: Iterable[bytes], locate: Locate
) -> Iterator[Finding]:
    """Report a file's statements about others' entities: each a warning, with its row.

    `lines` are its triples, grouped by subject.
    """
    # The third party describes whatever it has to.
    if dataset.publisher == pool.catalog.host.iri:
        return
    owners = dict(islice(_find_owners(pool, dataset, lines), MOST))
    place_of = locate(set(owners))
    for iri, owner in owners.items():
        text = both(ANOTHERS, thing=iri, owner=owner)
        place = place_of(iri, None)
        yield Finding(Severity.WARNING, OF_ANOTHER, text, place=place, focus=iri)


def _find_owners(
    pool: Pool, dataset: Dataset, lines: Iterable[bytes]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each subject that is another party's, with its owner."""
    base, before = f"<{pool.settings.base}".encode(), b""
    for line in lines:
        if not line.startswith(base):
            continue
        subject = line.partition(b" ")[0]
        if subject != before:
            before, iri = subject, subject[1:-1].decode()
            path = iri.removeprefix(pool.settings.base)
            owner = _owner(pool, dataset.key.partner, path)
            if owner is not None:
                yield iri, owner


def _owner(pool: Pool, own: str, path: str) -> dict[str, str] | None:
    """Return the owner of an entity of the pool; None for the partner's own, or nobody's."""
    # However it is written: escapes and dots are resolved, as a reader of the IRI would.
    parts = normpath(unquote(path)).lower().split("/")
    if parts[0] != "id":
        return None if parts[:2] == ["graph", own] else both(THIRD_PARTY)
    kind, slug = (*parts[1:3], "", "")[:2]
    if kind in THIRD_PARTYS or CANONICAL.fullmatch("/".join(parts[1:])):
        return None if slug == own else both(THIRD_PARTY)
    if slug != own and slug in pool.catalog.partners:
        return both(ANOTHER_PARTNER, slug=slug)
    return None


def find_policies(view: DataView, locate: Locate) -> Iterator[Finding]:
    """Report a file's ODRL policies: each a violation, with its row."""
    terms = [(str(row["thing"]), str(row["term"])) for row in view.select(QUERY)]
    place_of = locate({iri for iri, _ in terms})
    for iri, term in terms:
        text = both(POLICY, thing=iri, term=term)
        place = place_of(iri, None)
        yield Finding(Severity.VIOLATION, "policy", text, place=place, value=term, focus=iri)


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
    return f"{parvis.__version__} {digest(knowledge('shapes'))}"


NO_AGREEMENT = N_(
    "no agreement speaks of the dataset {dataset}: “parvis add agreement {partner}” drafts one,"
    " “parvis agreement sign {partner}” puts it in force"
)


@dataclass(frozen=True)
class SubmissionInput:
    """A file, or a folder of files, given for a dataset, and the mapping for it."""

    dataset: Dataset
    source: Path
    mapping: Path

    @classmethod
    def of(cls, pool: Pool, key: DatasetKey, file: Path) -> Self:
        """Find the mapping for a dataset's file.

        Raises `UnknownThing`, `PolicyError` if no agreement speaks of the dataset, `SourceError`.
        """
        dataset = pool.catalog.require(key)
        if not pool.catalog.policies.rules_on(dataset.iri):
            raise PolicyError(NO_AGREEMENT, dataset=key, partner=key.partner)
        if not file.exists():
            raise SourceError("there is no file {file}", file=file)
        return cls(dataset, file, dataset.mapping_for(file))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the file."""
        return digest(self.source)

    @cached_property
    def basis(self) -> str:
        """The digest of all that the outcome depends on: file, mapping, knowledge, parvis."""
        folders = [knowledge("ontology"), knowledge("shapes")]
        parts = [self.digest, digest(self.mapping), *map(digest, folders), parvis.__version__]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Examination:
    """A file before it is decided about.

    `triples` and `packed` are temporary files; `changes` are those since the last submission,
    `kept` the results that the next one may reuse. An `identifying` file holds direct identifiers
    of persons: its report gives their places and nothing else of it.
    """

    given: SubmissionInput
    triples: Path
    report: Report
    began: datetime
    packed: PackedContent
    changes: GraphChanges | None
    kept: ShapeResults
    identifying: bool = False

    @property
    def accepted(self) -> bool:
        """Whether it may enter, by its report and the dataset's threshold."""
        return self.report.accepted(self.given.dataset.error_threshold)

    @property
    def wants_approval(self) -> bool:
        """Whether the steward must approve it: it describes others' entities."""
        return any(finding.rule == OF_ANOTHER for finding in self.report.findings)


@contextmanager
def examine(pool: Pool, submission: SubmissionInput) -> Iterator[Examination]:
    """Convert and validate a file in the staging folder, which is emptied after.

    Raises the errors of what is wrong with the request, `MappingError` or `SourceError`. Bad data
    is in the report.
    """
    document = load(submission.mapping)
    # Contents are compared line by line, which blank nodes without a lasting name prevent.
    if names := document.blank_nodes:
        raise MappingError(
            "{file}: “{name}” makes blank nodes, which have no lasting name to be compared by; "
            "give each thing an address of its own",
            file=document.path.name,
            name=within_quotes(names),
        )
    data = pool.settings.data
    try:
        with workplace(data) as folder:
            yield _examine(pool, submission, document, folder / "converted.nt")
    finally:
        # A check leaves nothing, not even the folders that it made.
        for empty in (data / "staging", data):
            with suppress(OSError):
                empty.rmdir()


def sample(dataset: Dataset) -> Path:
    """Return the file in the folder of a dataset's record: invented samples have one."""
    files = dataset.sources
    if not files:
        raise SourceError("no file is given for {dataset}", dataset=dataset.key)
    return files[0] if len(files) == 1 else files[0].parent


def _examine(
    pool: Pool, submission: SubmissionInput, document: MappingDocument, triples: Path
) -> Examination:
    # A file on publics is screened before anything else reads it, so that no error or finding
    # repeats a value.
    began = datetime.now(UTC)
    if observes(document):
        return _screen(pool, submission, triples, began) or _convert(
            pool, submission, triples, began
        )
    examination = _convert(pool, submission, triples, began)
    if not has_publics(examination.report):
        return examination
    # A mapping that takes its classes from the data shows only afterwards what it makes.
    return _screen(pool, submission, triples, began) or examination


def _screen(
    pool: Pool, submission: SubmissionInput, triples: Path, began: datetime
) -> Examination | None:
    """Examine a file on publics for identifiers of persons; None where it has none."""
    require_frame(pool, submission.dataset)
    report = pool.converter.screen(submission.mapping, submission.source)
    if not report.findings:
        return None
    nothing = triples.with_name("nothing.nt")
    nothing.write_bytes(b"")
    packed = pack(nothing, triples.parent)
    results = ShapeResults(packed.digest, {})
    return Examination(submission, nothing, report, began, packed, None, results, identifying=True)


def _convert(
    pool: Pool, submission: SubmissionInput, triples: Path, began: datetime
) -> Examination:
    """Convert, compare with the last submission, then validate, into one report."""
    table = triples.with_suffix(".places")
    conversion = pool.converter.convert(submission.mapping, submission.source, triples, table)
    report, places = conversion.report, conversion.places
    packed = pack(triples, triples.parent)
    changes = pool.record.changes(submission.dataset.graph, packed)
    report.triples, results = packed.triples, ShapeResults(packed.digest, {})
    lines = lines_of(packed.path)
    report.extend(statements_on_others(pool, submission.dataset, lines, places.locate))
    if not report.is_hopeless:  # of a part of a file, shapes would report what the rest repairs
        before = previous_results(pool, submission.dataset, changes)
        policies, validation = validate_submission(pool, triples, places, before)
        extend_report(report, policies, validation)
        results = ShapeResults(packed.digest, validation.kept)
    return Examination(submission, triples, report, began, packed, changes, results)


def extend_report(report: Report, policies: list[Finding], validation: Validation) -> None:
    """Add the results of `validated` to a report."""
    report.extend(policies)
    report.extend(validation.findings)
    report.more += validation.more
    report.checked |= validation.checked
    report.engine |= validation.engine


def validate_submission(
    pool: Pool, triples: Path, places: SubjectPlaces, before: PreviousValidation | None = None
) -> tuple[list[Finding], Validation]:
    """Find policies and incoherent figures, then validate triples against the pool's shapes."""
    with stage_files([triples], triples.parent) as view:
        policies = [
            *find_policies(view, places.locate),
            *find_doubts(view, places.locate, read_areas(pool.settings.catalog)),
        ]
        data = as_data(view, [triples])
        submitted = SubmissionContext(places.rows_of, before)
        return policies, validate(data, pool.shapes, locate=places.locate, submitted=submitted)

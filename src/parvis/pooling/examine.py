"""A partner's file looked at whole, before anything is decided: converted and validated."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Self

import parvis
from parvis.catalog import Dataset
from parvis.config import knowledge
from parvis.errors import MappingError, PolicyError, SourceError
from parvis.i18n import N_, within_quotes
from parvis.mapping.load import load
from parvis.mapping.places import Places
from parvis.mapping.plan import Document
from parvis.mapping.screening import observes
from parvis.pooling.areas import read_areas
from parvis.pooling.coherent import doubts_about
from parvis.pooling.digest import digest
from parvis.pooling.inert import OF_ANOTHER, policies_inside, said_of_others
from parvis.pooling.kept import Kept, known_before
from parvis.pooling.pool import Pool
from parvis.pooling.publics import gives_publics, require_frame
from parvis.pooling.staged import as_data, staged
from parvis.report import Finding, Report
from parvis.store.changes import Changes
from parvis.store.packing import Packed, pack
from parvis.store.sorting import lines_of
from parvis.store.workplace import workplace
from parvis.validation import Before, Submitted, Validation, validate
from parvis.vocab.iris import DatasetKey

NO_AGREEMENT = N_(
    "no agreement speaks of the dataset {dataset}: “parvis add agreement {partner}” drafts one,"
    " “parvis agreement sign {partner}” puts it in force"
)


@dataclass(frozen=True)
class Given:
    """A file, or a folder of files, that someone gives for a dataset, and the mapping for it."""

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
        """Give the SHA-256 of the file."""
        return digest(self.source)

    @cached_property
    def basis(self) -> str:
        """Digest all that the outcome depends on: the file, its mapping, what parvis knows."""
        knows = [knowledge("ontology"), knowledge("shapes")]
        whole = [self.digest, digest(self.mapping), *map(digest, knows), parvis.__version__]
        return hashlib.sha256("\n".join(whole).encode()).hexdigest()


@dataclass(frozen=True)
class Examination:
    """What is known of a file before it is decided about.

    `triples` and what is `packed` are temporary files; `changes` are those since the last
    submission, `kept` what the next one may be spared. An `identifying` file holds direct
    identifiers of persons: its report tells their places and nothing else of it.
    """

    given: Given
    triples: Path
    report: Report
    began: datetime
    packed: Packed
    changes: Changes | None
    kept: Kept
    identifying: bool = False

    @property
    def accepted(self) -> bool:
        """Say whether it may enter, by its report and the dataset's threshold."""
        return self.report.accepted(self.given.dataset.error_threshold)

    @property
    def wants_approval(self) -> bool:
        """Say whether the steward must approve it: it speaks of others' things."""
        return any(finding.rule == OF_ANOTHER for finding in self.report.findings)


@contextmanager
def examined(pool: Pool, given: Given) -> Iterator[Examination]:
    """Convert and validate a file in the staging folder, which is emptied after.

    Raises the errors of what is wrong with the request, `MappingError` or `SourceError`. Bad data
    is in the report.
    """
    document = load(given.mapping)
    _refuse_blank_nodes(document)
    with _workplace(pool.settings.data) as folder:
        yield _screened(pool, given, document, folder / "converted.nt")


def _refuse_blank_nodes(document: Document) -> None:
    """Refuse a mapping whose triples could not be compared, line by line, with those kept."""
    if names := document.blank_nodes:
        raise MappingError(
            "{file}: “{name}” makes blank nodes, which have no lasting name to be compared by; "
            "give each thing an address of its own",
            file=document.path.name,
            name=within_quotes(names),
        )


@contextmanager
def _workplace(data: Path) -> Iterator[Path]:
    """Give a folder that is gone afterwards, with those above it that then hold nothing."""
    try:
        with workplace(data) as folder:
            yield folder
    finally:
        for empty in (data / "staging", data):
            with suppress(OSError):
                empty.rmdir()


def sample(dataset: Dataset) -> Path:
    """Give the file that stands beside a dataset's record: invented samples do."""
    files = dataset.sources
    if not files:
        raise SourceError("no file is given for {dataset}", dataset=dataset.key)
    return files[0] if len(files) == 1 else files[0].parent


def _screened(pool: Pool, given: Given, document: Document, triples: Path) -> Examination:
    """Examine a file, after what identifies persons was looked for in one on publics.

    Before anything else reads it, so that no error or finding repeats a value. A mapping that
    takes its classes from the data shows only afterwards what it makes.
    """
    began = datetime.now(UTC)
    if observes(document):
        return _identifying(pool, given, triples, began) or _examined(pool, given, triples, began)
    found = _examined(pool, given, triples, began)
    if not gives_publics(found.report):
        return found
    return _identifying(pool, given, triples, began) or found


def _identifying(pool: Pool, given: Given, triples: Path, began: datetime) -> Examination | None:
    """Refuse a file on publics in which persons could be identified; None where none is found."""
    require_frame(pool, given.dataset)
    report = pool.converter.screen(given.mapping, given.source)
    if not report.findings:
        return None
    nothing = triples.with_name("nothing.nt")
    nothing.write_bytes(b"")
    packed = pack(nothing, triples.parent)
    kept = Kept(packed.digest, {})
    return Examination(given, nothing, report, began, packed, None, kept, identifying=True)


def _examined(pool: Pool, given: Given, triples: Path, began: datetime) -> Examination:
    """Convert, compare with the last submission, then validate, into one report."""
    table = triples.with_suffix(".places")
    conversion = pool.converter.convert(given.mapping, given.source, triples, table)
    report, places = conversion.report, conversion.places
    packed = pack(triples, triples.parent)
    changes = pool.record.changes(given.dataset.graph, packed)
    report.triples, kept = packed.triples, Kept(packed.digest, {})
    others = said_of_others(pool, given.dataset, lines_of(packed.path), places.locate)
    report.extend(others)
    if not report.is_hopeless:  # of a part of a file, shapes would say what the rest repairs
        before = known_before(pool, given.dataset, changes)
        policies, found = validated(pool, triples, places, before)
        tell(report, policies, found)
        kept = Kept(packed.digest, found.kept)
    return Examination(given, triples, report, began, packed, changes, kept)


def tell(report: Report, policies: list[Finding], found: Validation) -> None:
    """Take into a report what `validated` found."""
    report.extend(policies)
    report.extend(found.findings)
    report.more += found.more
    report.checked |= found.checked
    report.engine |= found.engine


def validated(
    pool: Pool, triples: Path, places: Places, before: Before | None = None
) -> tuple[list[Finding], Validation]:
    """Look for policies and incoherent figures, then hold triples against the pool's shapes."""
    with staged([triples], triples.parent) as view:
        policies = [
            *policies_inside(view, places.locate),
            *doubts_about(view, places.locate, read_areas(pool.settings.catalog)),
        ]
        data = as_data(view, [triples])
        submitted = Submitted(places.rows_of, before)
        found = validate(data, pool.shapes, locate=places.locate, submitted=submitted)
        return policies, found

"""A partner's file looked at whole, before anything is decided: converted and validated."""

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
from parvis.governance.policies import DELETE, Kind
from parvis.i18n import N_, both, within_quotes
from parvis.mapping.engine.places import Places
from parvis.mapping.language.plan import Document
from parvis.mapping.load import load
from parvis.mapping.personal_data import observes
from parvis.pooling.intake.plausibility import doubts_about
from parvis.pooling.pool import Pool
from parvis.pooling.staging_view import as_data, staged
from parvis.pooling.submissions import digest
from parvis.rdf.lines import canonical_triples
from parvis.report import Finding, Report, Severity
from parvis.store.files import replace, workplace
from parvis.store.record.content import Changes, Packed, lines_of, pack
from parvis.validation import Before, Locate, Submitted, Validation, View, validate
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import DPV

# What data on publics must come with: purpose, responsible party, and an end (Québec's Law 25).
#
# The act respecting the protection of personal information in the private sector asks that purposes
# be determined before collection, and that information be destroyed or anonymised once they are
# accomplished (RLRQ c. P-39.1, ss. 4 and 23).

UNFRAMED = N_(
    "the dataset {dataset} holds figures on publics, and {lacking} is missing: such data are"
    " refused without a purpose (dpv:hasPurpose) and a responsible party"
    " (dpv:hasResponsibleEntity) in its record, and an end of keeping: an obligation to delete in"
    " its agreement or, of a pooled release, its record of anonymisation"
)
SHAPE = "Observation"


def gives_publics(report: Report) -> bool:
    """Say whether what was validated holds observations of publics."""
    return bool(report.checked.get(SHAPE))


def require_frame(pool: Pool, dataset: Dataset) -> None:
    """Refuse data on publics that lack a purpose, a responsible party or an end of keeping.

    Raises `PolicyError`, which names what is missing.
    """
    this = URIRef(dataset.iri)
    lacking = [
        str(step).replace(str(DPV._NS), "dpv:")  # noqa: SLF001 - the namespace of a closed namespace
        for step in (DPV.hasPurpose, DPV.hasResponsibleEntity)
        if (this, step, None) not in dataset.described
    ]
    ends = any(
        rule.kind is Kind.OBLIGATION and rule.action == DELETE
        for rule in pool.catalog.policies.rules_on(dataset.iri)
    )
    if not ends and not anonymisations(dataset):
        lacking.append("odrl:delete")
    if lacking:
        raise PolicyError(UNFRAMED, dataset=dataset.key, lacking=", ".join(lacking))


# What a partner's file says that is not its partner's to say.
#
# Policies decide nothing, since only the catalogue folder holds law: they are refused. What it says
# of another partner's things, or of the third party's, would be read as if these had said it: the
# steward decides.

QUERY = files(__package__).joinpath("policies.rq").read_text(encoding="utf-8")
POLICY = N_(
    "a file of data gives {thing} {term}, which is for agreements: it would decide nothing here,"
    " so it is refused; agreements are signed with the third party"
)
OF_ANOTHER = "of-another"
"""The rule of what is said of things that are not the partner's own."""
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
"""The kinds of things that the third party alone describes, whoever they are about."""
CANONICAL = re.compile(r"[^/]+/[0-9a-f]{10}")
"""The path of the name that several things have together, which the third party gives."""
MOST = 1000
"""How many such things are told."""


def said_of_others(
    pool: Pool, dataset: Dataset, lines: Iterable[bytes], locate: Locate
) -> Iterator[Finding]:
    """Find what a file says of others' things: each a warning, with its row.

    `lines` are its triples, those of a subject together. The third party describes whatever it
    has to, and anything may be linked to.
    """
    if dataset.publisher == pool.catalog.host.iri:
        return
    things = dict(islice(_others_things(pool, dataset, lines), MOST))
    place_of = locate(set(things))
    for thing, owner in things.items():
        text = both(ANOTHERS, thing=thing, owner=owner)
        place = place_of(thing, None)
        yield Finding(Severity.WARNING, OF_ANOTHER, text, place=place, focus=thing)


def _others_things(
    pool: Pool, dataset: Dataset, lines: Iterable[bytes]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the subjects that are another's, each with whose it is."""
    base, before = f"<{pool.settings.base}".encode(), b""
    for line in lines:
        if not line.startswith(base):
            continue
        subject = line.partition(b" ")[0]
        if subject != before:
            before, thing = subject, subject[1:-1].decode()
            owner = _owner(pool, dataset.key.partner, thing.removeprefix(pool.settings.base))
            if owner is not None:
                yield thing, owner


def _owner(pool: Pool, own: str, path: str) -> dict[str, str] | None:
    """Tell whose a thing of the pool is by its path; None for the partner's own, or nobody's.

    However it is written: what is decoded, or stands behind dots, is read as it would be.
    """
    parts = normpath(unquote(path)).lower().split("/")
    if parts[0] != "id":
        return None if parts[:2] == ["graph", own] else both(THIRD_PARTY)
    kind, slug = (*parts[1:3], "", "")[:2]
    if kind in THIRD_PARTYS or CANONICAL.fullmatch("/".join(parts[1:])):
        return None if slug == own else both(THIRD_PARTY)
    if slug != own and slug in pool.catalog.partners:
        return both(ANOTHER_PARTNER, slug=slug)
    return None


def policies_inside(view: View, locate: Locate) -> Iterator[Finding]:
    """Find what a file says as agreements do (ODRL 2.2): each a violation, with its row."""
    found = [(str(one["thing"]), str(one["term"])) for one in view.select(QUERY)]
    place_of = locate({thing for thing, _ in found})
    for thing, term in found:
        text = both(POLICY, thing=thing, term=term)
        place = place_of(thing, None)
        yield Finding(Severity.VIOLATION, "policy", text, place=place, value=term, focus=thing)


# The results of the last validation of a dataset, so that the next need not find them again.


@dataclass(frozen=True)
class Kept:
    """What validating a content (by its digest) found, shape by shape."""

    content: str
    results: dict[str, Any]

    def write(self, data: Path, dataset: Dataset) -> None:
        """Keep it in a data folder, instead of what was kept of the dataset before."""
        file = _file(data, dataset)
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {"content": self.content, "rules": _rules(), "results": self.results}
        replace(file, json.dumps(told, ensure_ascii=False).encode())


def known_before(pool: Pool, dataset: Dataset, changes: Changes | None) -> Before | None:
    """Give what is known from the last submission, if that is what the record holds.

    Nothing if it was of other shapes, or if the changes are too many.
    """
    version = pool.record.versions().get(dataset.graph)
    if version is None or changes is None or changes.lines is None:
        return None
    try:
        told = json.loads(_file(pool.settings.data, dataset).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if (told["content"], told["rules"]) != (version.digest, _rules()):
        return None
    try:
        return Before.of(told["results"], canonical_triples(changes.lines))
    except SyntaxError:  # staging will say which line it is
        return None


def _file(data: Path, dataset: Dataset) -> Path:
    return data / "incoming" / str(dataset.key) / "validated.json"


def _rules() -> str:
    """Digest what judges: the shapes, and this version of parvis."""
    return f"{parvis.__version__} {digest(knowledge('shapes'))}"


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

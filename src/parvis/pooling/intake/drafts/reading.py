"""Read a file for its draft: whom it identifies, what its columns are, what they make of it."""

import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from rdflib.namespace import RDF

from parvis.catalog.entries import Dataset
from parvis.errors import MappingError, SourceError, UsageError
from parvis.i18n import LANGUAGES, N_, both
from parvis.mapping.language import load
from parvis.mapping.language.plan import LogicalSource, MappingDocument, references
from parvis.mapping.proposing import (
    CLASS_KINDS,
    FigureFacts,
    FileHints,
    MappingProposal,
    propose_columns,
)
from parvis.mapping.screening.personal_data import observes
from parvis.pooling.intake.check import REFUSED
from parvis.pooling.intake.drafts.comparison import compare_with_last
from parvis.pooling.intake.drafts.preview import preview_file
from parvis.pooling.intake.drafts.store import DraftChoices, DraftView
from parvis.pooling.intake.examination import examine
from parvis.pooling.intake.new_mappings import NO_CHOICE, load_vocabulary
from parvis.pooling.intake.submit import Outcome
from parvis.pooling.intake.summary import account_of
from parvis.pooling.pool import Pool
from parvis.pooling.report_model import ReportModel
from parvis.pooling.surveys import as_estimates
from parvis.report import Report
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import curie

MAPPING = "mapping.yml"
NOT_YAML = N_("{file}: this mapping cannot be shown here, since it is not in YAML")
OF_CHOICES, OF_TEXT, OF_DATASET = "choices", "text", "dataset"
"""Where a mapping comes from."""


def judge_file(pool: Pool, file: Path) -> tuple[Path, Report]:
    """Search a file for what identifies persons; return the file to keep, and the report.

    Answers of persons to a survey are replaced by their estimates, in the file's folder. Raises
    `SourceError` or `LimitError`.
    """
    with as_estimates(pool.converter, file) as source:
        if source == file:
            return file, pool.converter.judge([file])
        estimates = file.with_name(source.name)
        shutil.copyfile(source, estimates)
    file.unlink()
    return estimates, Report()


def read_draft(  # noqa: PLR0913 - what a view depends on
    pool: Pool,
    file: Path,
    key: DatasetKey,
    *,
    choices: DraftChoices,
    text: str,
    lang: str,
    screened: bool = False,
) -> tuple[DraftView | None, Report]:
    """Return the view of a file that was judged, and the report on whom it identifies, if anybody.

    `key` is its dataset's, which need not exist. The mapping is the `text` written by hand, else
    the dataset's own where nothing was chosen, else that of the choices. Unless it was `screened`
    before, a file of figures on audiences is searched for any identifier of a person. Raises
    `MappingError` with the line of a text that is wrong, `SourceError`, `LimitError` or
    `UsageError`.
    """
    dataset, facts = pool.catalog.datasets.get(key), FigureFacts(key.partner, key.dataset)
    vocabulary = load_vocabulary()
    proposal = propose_columns(
        file, vocabulary, lang, pool.settings.limits, hints=_to_hints(choices), facts=facts
    )
    origin, mapping = OF_CHOICES, proposal.text
    if text:
        origin, mapping = OF_TEXT, text
    elif choices == DraftChoices() and (own := _read_own_mapping(dataset, file)):
        origin, mapping = OF_DATASET, own
    with TemporaryDirectory(prefix="parvis-") as folder:
        path = Path(folder) / MAPPING
        path.write_text(mapping, encoding="utf-8")
        document = load(path)
        if not screened and observes(document):
            report = pool.converter.screen(path, file)
            if report.findings:
                return None, report
        preview = preview_file(pool, file, path, dataset)
        terms = _read_terms(document)
    if origin == OF_CHOICES:
        # A column that leads to a thing is that property, whatever names the thing.
        terms = {
            name: _chosen_term(proposal, choices, name) or term for name, term in terms.items()
        }
    view = DraftView(mapping, origin, replace(proposal, text=""), terms, preview)
    return view, Report()


def _to_hints(choices: DraftChoices) -> FileHints:
    """Return what a person said of a file; raises `UsageError` for what there is not."""
    for value, known in ((choices.cls, CLASS_KINDS), (choices.lang, LANGUAGES)):
        if value and value not in known:
            raise UsageError(NO_CHOICE, name=value[:100], choices=", ".join(known))
    return FileHints(
        choices.cls or None, choices.lang or None, choices.sheet or None, choices.columns
    )


def _read_own_mapping(dataset: Dataset | None, file: Path) -> str:
    """Return the text of a dataset's mapping for a file; empty where it has none in YAML."""
    if dataset is None or not dataset.mappings:
        return ""
    mapping = dataset.mapping_for(file)
    if mapping.suffix == ".ttl":
        raise SourceError(NOT_YAML, file=mapping.name)
    try:
        return mapping.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(
            "the mapping {file} cannot be read: {reason}", file=mapping.name, reason=error
        ) from error


def _chosen_term(proposal: MappingProposal, choices: DraftChoices, name: str) -> str:
    if name in choices.columns:
        return choices.columns[name].term
    terms = next((column.terms for column in proposal.columns if column.name == name), ())
    return terms[0] if terms else ""


def _read_terms(document: MappingDocument) -> dict[str, str]:
    """Return the property that each column is written as, by a prefixed name: its first."""
    terms: dict[str, str] = {}
    for entity in document.entities:
        for pair, source in product(entity.predicate_objects, entity.sources):
            if isinstance(pair.predicate, str) and pair.predicate != str(RDF.type):
                for name in references(pair.object.value):
                    for column in _find_columns(document.sources[source], name):
                        terms.setdefault(column, curie(pair.predicate))
    return terms


def _find_columns(source: LogicalSource, name: str) -> set[str]:
    """Return the columns of the file that a name of a mapping reads."""
    if source.unpivot and name in {source.unpivot.name_as, source.unpivot.value_as}:
        return set(source.unpivot.columns)
    for field_name, value in source.fields:
        # A field may have the name of the column that it replaces.
        if field_name == name and (behind := references(value) - {name}):
            return set[str]().union(*(_find_columns(source, column) for column in behind))
    return {name}


def check_draft(pool: Pool, file: Path, key: DatasetKey, text: str) -> ReportModel:
    """Check all of a file by a mapping, as its submission will; nothing is stored.

    For a dataset that exists, the report says what changed since its last submission. Raises as
    `examine`.
    """
    dataset = pool.catalog.datasets.get(key)

    def write_mapping(folder: Path) -> Path:
        mapping = folder / MAPPING
        mapping.write_text(text, encoding="utf-8")
        return mapping

    with examine(pool, file, write_mapping, dataset) as examination:
        changes = examination.changes if examination.is_acceptable else None
        comparison = dataset and compare_with_last(pool, dataset, examination)
        outcome = replace(
            Outcome.of(examination, changes),
            answers=examination.answers,
            comparison=comparison or None,
        )
        account = account_of(outcome, file.name)
    return account if outcome.accepted else replace(account, verdict=both(REFUSED))

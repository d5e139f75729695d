"""A file checked without a submission: converted, validated, reported, and stored nowhere.

Whoever tries a file with a dataset's mapping learns nothing of that dataset's content: the record
is not read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from parvis.catalog import Dataset
from parvis.catalog.entries import DEFAULT_THRESHOLD
from parvis.config import Settings
from parvis.errors import SourceError
from parvis.i18n import LANGUAGES, N_, say_counts
from parvis.mapping.load import load
from parvis.mapping.personal_data import observes
from parvis.mapping.proposing import find_answerable, properties_of
from parvis.pooling.intake.examination import (
    extend_report,
    has_publics,
    statements_on_others,
    validate_submission,
)
from parvis.pooling.intake.summary import rows_of, sections_of, too_many, unused_columns
from parvis.pooling.intake.templates import facts, init_mapping
from parvis.pooling.pool import Pool
from parvis.pooling.report_model import ReportModel
from parvis.report import Report, Score
from parvis.store.record.content import lines_of, pack
from parvis.vocab.iris import DatasetKey

FITS = N_("would be accepted: {triples} facts; nothing was stored")
DOES_NOT = N_("would be refused as it is; nothing was stored")
NO_MAPPING = N_("the mapping of {dataset} is not for a file like “{file}”")


@dataclass(frozen=True)
class Trial:
    """The report on a file, and the mapping that was proposed for it, if any."""

    account: ReportModel
    mapping: str | None = None


def datasets_with_mapping(settings: Settings, keys: Iterable[DatasetKey]) -> list[DatasetKey]:
    """Return the datasets for which the catalogue folder has a mapping."""
    return [key for key in keys if any((settings.catalog / str(key)).glob("mapping*.*"))]


def try_file(  # noqa: PLR0913 - a request has as many parts
    pool: Pool,
    file: Path,
    key: DatasetKey | None,
    lang: str,
    folder: Path,
    *,
    told: Mapping[str, str] | None = None,
) -> Trial:
    """Report on a file, by a dataset's mapping or by one proposed for it.

    `folder` is for temporary files; `told` are the facts stated about figures on publics. Raises
    the errors of what is wrong with the request, as `examined` does.
    """
    proposed, dataset = None, None if key is None else pool.catalog.require(key)
    if dataset is None or key is None:
        proposed = init_mapping(file, lang, pool.settings.limits, facts(None, told or {}))
        mapping, threshold = folder / "mapping.yml", DEFAULT_THRESHOLD
        mapping.write_text(proposed, encoding="utf-8")
    else:
        # An error of this function names no place on the machine, as that of the catalogue would.
        mappings, extension = dataset.mappings, file.suffix.lower().removeprefix(".")
        if extension not in mappings and "" not in mappings:
            raise SourceError(NO_MAPPING, dataset=key, file=file.name)
        mapping = mappings[extension if extension in mappings else ""]
        threshold = dataset.error_threshold
    report, properties = _check(pool, file, mapping, folder, dataset)
    answers = find_answerable(properties) if properties else None
    good = report.accepted(threshold)
    data = {
        "file": file.name,
        "dataset": key and str(key),
        "accepted": good,
        "score": Score.of(report).to_json(),
        "answers": answers.to_json() if answers else None,
        "mapping": proposed,
        "report": report.to_json(),
    }
    template = FITS if good else DOES_NOT
    account = ReportModel(
        subject=file.name,
        report=report,
        good=good,
        verdict={lang: say_counts(lang, template, triples=report.triples) for lang in LANGUAGES},
        facts=[rows_of(report), *too_many(report, threshold)],
        sections=[*unused_columns(report), *sections_of(answers)],
        data=data,
    )
    return Trial(account, proposed)


def _check(
    pool: Pool, file: Path, mapping: Path, folder: Path, dataset: Dataset | None
) -> tuple[Report, set[str]]:
    """Convert and validate a file, and list the properties by which it could answer questions."""
    # A file on publics in which persons could be identified is reported as such and no further, as
    # at its submission: nothing else reads its values.
    publics = observes(load(mapping))
    if publics and (screened := pool.converter.screen(mapping, file)).findings:
        return screened, set()
    triples = folder / "converted.nt"
    try:
        conversion = pool.converter.convert(mapping, file, triples, folder / "converted.places")
    except SourceError:
        # A file of which the proposed mapping makes nothing may be one on publics.
        if dataset is None and (screened := pool.converter.screen(mapping, file)).findings:
            return screened, set()
        raise
    report = conversion.report
    packed = pack(triples, folder)
    report.triples = packed.triples
    if dataset is not None:
        lines, locate = lines_of(packed.path), conversion.places.locate
        report.extend(statements_on_others(pool, dataset, lines, locate))
    if not report.is_hopeless:
        extend_report(report, *validate_submission(pool, triples, conversion.places))
    properties = properties_of(lines_of(packed.path))
    if not publics and (has_publics(report) or (dataset is None and not properties)):
        screened = pool.converter.screen(mapping, file)
        if screened.findings:
            return screened, set()
    return report, properties

"""A file tried without being given: converted, validated, told, and kept nowhere.

Whoever tries a file with a dataset's mapping learns nothing of that dataset's content: the record
is not looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from parvis.catalog import Dataset
from parvis.catalog.entries import DEFAULT_THRESHOLD
from parvis.config import Settings
from parvis.errors import SourceError
from parvis.i18n import LANGUAGES, N_, counted
from parvis.mapping.load import load
from parvis.mapping.personal_data import observes
from parvis.mapping.proposing import dormant, properties_of
from parvis.pooling.intake.examination import gives_publics, said_of_others, tell, validated
from parvis.pooling.intake.summary import rows_of, sections_of, too_many, unused
from parvis.pooling.intake.templates import facts, init_mapping
from parvis.pooling.pool import Pool
from parvis.pooling.report_model import Account
from parvis.report import Report, Score
from parvis.store.record.content import lines_of, pack
from parvis.vocab.iris import DatasetKey

FITS = N_("would be accepted: {triples} facts; nothing was stored")
DOES_NOT = N_("would be refused as it is; nothing was stored")
NO_MAPPING = N_("the mapping of {dataset} is not for a file like “{file}”")


@dataclass(frozen=True)
class Trial:
    """What is said of a file, and the mapping that was proposed for it, if one was."""

    account: Account
    mapping: str | None = None


def with_mapping(settings: Settings, keys: Iterable[DatasetKey]) -> list[DatasetKey]:
    """Give those datasets for which the catalogue folder has a mapping."""
    return [one for one in keys if any((settings.catalog / str(one)).glob("mapping*.*"))]


def try_file(  # noqa: PLR0913 - who asks tells as much
    pool: Pool,
    file: Path,
    key: DatasetKey | None,
    lang: str,
    folder: Path,
    *,
    told: Mapping[str, str] | None = None,
) -> Trial:
    """Say what would be said of a file, by a dataset's mapping or by one proposed for it.

    `folder` is for temporary files; `told` is what is told of figures on publics. Raises the
    errors of what is wrong with the request, as `examined` does.
    """
    proposed, dataset = None, None if key is None else pool.catalog.require(key)
    if dataset is None or key is None:
        proposed = init_mapping(file, lang, pool.settings.limits, facts(None, told or {}))
        mapping, threshold = folder / "mapping.yml", DEFAULT_THRESHOLD
        mapping.write_text(proposed, encoding="utf-8")
    else:
        mapping, threshold = _mapping_of(pool, key, file), dataset.error_threshold
    report, answers = _tried(pool, file, mapping, folder, dataset)
    good = report.accepted(threshold)
    data = {
        "file": file.name,
        "dataset": key and str(key),
        "accepted": good,
        "score": Score.of(report).to_json(),
        "answers": dormant(answers).to_json() if answers else None,
        "mapping": proposed,
        "report": report.to_json(),
    }
    verdict = {
        lang: counted(lang, FITS if good else DOES_NOT, triples=report.triples)
        for lang in LANGUAGES
    }
    return Trial(
        Account(
            subject=file.name,
            report=report,
            good=good,
            verdict=verdict,
            facts=[rows_of(report), *too_many(report, threshold)],
            sections=[*unused(report), *sections_of(dormant(answers) if answers else None)],
            data=data,
        ),
        proposed,
    )


def _mapping_of(pool: Pool, key: DatasetKey, file: Path) -> Path:
    """Give a dataset's mapping for a file; who tries it is told of no place on the machine."""
    mappings = pool.catalog.require(key).mappings
    found = mappings.get(file.suffix.lower().removeprefix(".")) or mappings.get("")
    if found is None:
        raise SourceError(NO_MAPPING, dataset=key, file=file.name)
    return found


def _tried(
    pool: Pool, file: Path, mapping: Path, folder: Path, dataset: Dataset | None
) -> tuple[Report, set[str]]:
    """Convert and validate a file, and list the properties by which it could answer questions.

    One on publics in which persons could be identified is told no more than that, as at its
    submission: the values are read by nothing else. A file without a dataset, of which nothing can
    be made by the mapping proposed for it, may be one on publics: it is told the same.
    """
    publics = observes(load(mapping))
    if publics and (screened := pool.converter.screen(mapping, file)).findings:
        return screened, set()
    triples = folder / "converted.nt"
    try:
        conversion = pool.converter.convert(mapping, file, triples, folder / "converted.places")
    except SourceError:
        if dataset is None and (screened := pool.converter.screen(mapping, file)).findings:
            return screened, set()
        raise
    report = conversion.report
    packed = pack(triples, folder)
    report.triples = packed.triples
    if dataset is not None:
        lines, locate = lines_of(packed.path), conversion.places.locate
        report.extend(said_of_others(pool, dataset, lines, locate))
    if not report.is_hopeless:
        tell(report, *validated(pool, triples, conversion.places))
    properties = properties_of(lines_of(packed.path))
    if not publics and (gives_publics(report) or (dataset is None and not properties)):
        screened = pool.converter.screen(mapping, file)
        if screened.findings:
            return screened, set()
    return report, properties

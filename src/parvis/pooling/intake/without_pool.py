"""Files converted and validated without a pool."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from parvis.catalog.ontology import concepts, submission_shapes
from parvis.config import Settings
from parvis.errors import SourceError, UsageError
from parvis.fetch.address import Source
from parvis.i18n import N_, both
from parvis.mapping.engine.converter import Converter
from parvis.mapping.engine.rows import Watch
from parvis.mapping.language import load
from parvis.pooling.intake.sources import open_source
from parvis.rdf.files import serialise, serialise_large, to_graph
from parvis.report import Place, Report, Score, Severity

if TYPE_CHECKING:
    from parvis.pooling.report_model import ReportModel
    from parvis.validation import Validation

NOTHING = N_("{file}: nothing can be made of any row; the first, {row}: “{value}” ({rule})")
STRICT = N_(
    "{file}: {errors} rows have errors, and with --strict none may; the first, {row}: “{value}”"
    " ({rule})"
)
STOPPED = N_(
    "{file}: {errors} of the first {rows} rows have errors, the rest was not read; the first,"
    " {row}: “{value}” ({rule})"
)


def convert_file(  # noqa: PLR0913 - one parameter an option
    mapping: Path,
    source: Source | None,
    output: Path | None = None,
    *,
    base: str | None = None,
    strict: bool = False,
    watch: Watch | None = None,
) -> Report:
    """Run a mapping document over a file or an address (else the file it names, in its folder).

    The extension of `output` gives the format: ``.nt``, ``.ttl``, or ``.nq``, which alone holds
    named graphs; without it, triples go to standard output. IRIs are minted under `base`, else
    under the pool's. Nothing is written where something is wrong, or if no row gives a triple for
    errors; with `strict`, no row may have an error.
    """
    settings = Settings.load()
    if output and output.suffix not in {".nt", ".nq", ".ttl"}:
        raise UsageError("{file}: the ending must be .nt, .nq or .ttl", file=output)
    try:
        # On the output's own disk: the result is then moved to it in one step.
        temporary = TemporaryDirectory(prefix=".parvis-", dir=output and output.parent)
    except OSError as error:
        raise _unwritable(output, error) from error
    with (
        temporary as folder,
        open_source(settings, source or mapping.parent) as input_file,
        Converter(concepts(), settings.limits, base or settings.base, watch) as converter,
    ):
        extension = ".nq" if output is None else output.suffix.replace("ttl", "nt")
        triples = Path(folder) / f"converted{extension}"
        report = converter.convert(mapping, input_file.file, triples).report
        _require_result(report, triples, strict=strict)
        if output is None:
            with triples.open(encoding="utf-8") as lines:
                shutil.copyfileobj(lines, sys.stdout)
        else:
            if output.suffix == ".ttl":
                triples.write_bytes(serialise(to_graph(triples), "ttl"))
            try:
                triples.replace(output)
            except OSError as error:
                raise _unwritable(output, error) from error
    return report


def _require_result(report: Report, triples: Path, *, strict: bool) -> None:
    """Raise `SourceError` for a run that stopped, had no good row, or a bad one if `strict`."""
    if report.is_hopeless:
        template = STOPPED
    elif report.row_errors and not triples.stat().st_size:
        template = NOTHING
    elif report.row_errors and strict:
        template = STRICT
    else:
        return
    errors = (f for f in report.findings if f.severity >= Severity.WARNING and f.place)
    first = next(errors, None)
    place = (first and first.place) or Place("?")
    raise SourceError(
        template,
        file=place.file,
        row=place.row,
        value=first and first.value,
        rule=first and first.rule,
        rows=report.rows,
        errors=report.row_errors,
    )


def _unwritable(output: Path | None, error: OSError) -> SourceError:
    return SourceError(
        "{file} cannot be written: {reason}", file=output or "-", reason=error.strerror or error
    )


# Export to RML, which other engines read.


def export_mapping(mapping: Path) -> tuple[str, tuple[dict[str, str], ...]]:
    """Return a mapping document as RML in Turtle, and what was lost, a sentence in each language.

    Raises `MappingError`, or `UsageError` if it is RML.
    """
    from parvis.mapping.rml.writer import RML_PREFIXES, to_rml  # noqa: PLC0415 - lxml, which only this needs

    document = to_rml(load(mapping))
    return serialise(document.graph, "ttl", RML_PREFIXES).decode(), document.losses


# Validation of RDF files. What it needs is loaded when it runs: it takes as long to load as a
# small file to convert.

CONFORMS = N_("The data conform: nothing was found.")
DOES_NOT = N_("The data do not conform.")
ONLY_NOTICES = N_(
    "Nothing to correct: there are only things good to know. SHACL itself says of such data that"
    " they do not conform; --fail-on warning accepts them."
)
NONE_WRONG = N_("Nothing was found to be wrong, but no shape found anything to look at.")
FORMS = ("human", "turtle", "json", "csv", "html")


@dataclass(frozen=True)
class ValidationOutcome:
    subject: str
    validation: "Validation"

    def passes(self, fail_on: Severity | None) -> bool:
        """Whether no finding is as severe as `fail_on`; by default, whether the data conform."""
        if fail_on is None:
            return self.validation.conforms
        return all(finding.severity < fail_on for finding in self.validation.findings)

    @property
    def account(self) -> "ReportModel":
        from parvis.pooling.report_model import ReportModel  # noqa: PLC0415 - as above

        validation = self.validation
        report = Report(
            checked=validation.checked, engine=validation.engine, titles=validation.titles
        )
        report.extend(validation.findings)
        report.more += validation.more
        # The findings of conforming data are of shapes that had no focus node.
        good = validation.conforms or self.passes(Severity.WARNING)
        if validation.conforms:
            verdict = NONE_WRONG if validation.findings else CONFORMS
        else:
            verdict = ONLY_NOTICES if good else DOES_NOT
        score = {"conforms": validation.conforms, "score": Score.of(report).to_json()}
        return ReportModel(
            subject=self.subject,
            report=report,
            good=good,
            verdict=both(verdict),
            data=score | report.to_json(),
        )

    def render(self, form: str, lang: str) -> str:
        """Return the report in one of the `FORMS`."""
        if form != "turtle":
            from parvis.pooling import report_forms as forms  # noqa: PLC0415 - as above

            return forms.write(self.account, form, lang)
        # SHACL has no terms for the number of focus nodes: comments state them.
        lines = (
            f"# {shape}: {count} focus nodes ({self.validation.engine[shape]})"
            for shape, count in self.validation.checked.items()
        )
        comments = "".join(f"{' '.join(line.split())}\n" for line in lines)
        return comments + serialise_large(self.validation.graph).decode()

    def save(self, file: Path, form: str, lang: str) -> None:
        if form == "turtle":
            file.write_text(self.render(form, lang), encoding="utf-8")
        else:
            from parvis.pooling import report_forms as forms  # noqa: PLC0415 - as above

            forms.save(self.account, file, form, lang)


def validate_files(data: Sequence[Path], shapes: Sequence[Path], engine: str) -> ValidationOutcome:
    """Validate RDF files with shapes, by default those of what partners submit."""
    from parvis.pooling.texts.staging_view import as_data, stage_files  # noqa: PLC0415 - as above
    from parvis.validation import load_shapes, validate  # noqa: PLC0415 - as above

    shapes_graph = load_shapes(list(shapes)) if shapes else submission_shapes()
    with stage_files(data) as view:
        validation = validate(as_data(view, data), shapes_graph, engine=engine)
    return ValidationOutcome(", ".join(file.name for file in data), validation)

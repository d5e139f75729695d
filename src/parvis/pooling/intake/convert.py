"""A file converted without a pool: one mapping run."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.catalog.ontology import concepts
from parvis.config import Settings
from parvis.errors import SourceError, UsageError
from parvis.fetch.address import Source
from parvis.i18n import N_
from parvis.mapping.engine.converter import Converter
from parvis.mapping.engine.rows import Watch
from parvis.mapping.language import load
from parvis.pooling.intake.sources import open_source
from parvis.rdf.files import serialise, to_graph
from parvis.report import Place, Report, Severity

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

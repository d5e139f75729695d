"""Files without a pool: one mapping run, one validation."""

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.config import Settings, knowledge
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_, say
from parvis.mapping import Concepts, Converter
from parvis.pooling.pool import ontology
from parvis.pooling.staged import as_data, staged
from parvis.rdf.files import serialise, to_graph
from parvis.report import Report
from parvis.store.sorting import lines_of, sorted_unique
from parvis.validation import Validation, load_shapes, validate


@dataclass(frozen=True)
class Converted:
    """What a mapping run found."""

    report: Report

    def as_json_text(self) -> str:
        """Write the report as JSON."""
        return json.dumps(self.report.to_json(), ensure_ascii=False, indent=2)

    def in_words(self, lang: str) -> Iterable[str]:
        """Say the report in lines."""
        return self.report.in_words(lang)


def convert_file(
    mapping: Path, source: Path | None, output: Path | None, base: str | None
) -> Converted:
    """Run a mapping document over a file (else the one it names, beside it).

    The ending of `output` gives the format: ``.nt``, ``.ttl``, or ``.nq`` which alone holds named
    graphs. Nothing is written where something is wrong, or if no row gives a triple for errors.
    """
    settings = Settings.load()
    if output and output.suffix not in {".nt", ".nq", ".ttl"}:
        raise UsageError("{file}: the ending must be .nt, .nq or .ttl", file=output)
    concepts = Concepts.from_graph(ontology())
    with (
        TemporaryDirectory(prefix="parvis-") as folder,
        Converter(concepts, settings.limits, base or settings.base) as converter,
    ):
        ending = ".nq" if output is None else output.suffix.replace("ttl", "nt")
        raw, tidy = (Path(folder) / f"{name}{ending}" for name in ("raw", "tidy"))
        report = converter.convert(mapping, source or mapping.parent, raw).report
        if report.row_errors and not raw.stat().st_size:
            first = next(finding for finding in report.findings if finding.place)
            raise SourceError(
                "{file}: nothing can be made of any row; the first, {row}: “{value}” ({rule})",
                file=first.place.file if first.place else "?",
                row=first.place.row if first.place else "?",
                value=first.value,
                rule=first.rule,
            )
        with tidy.open("wb") as lines:
            lines.writelines(sorted_unique(lines_of(raw), Path(folder)))
        report.triples = sum(1 for _ in lines_of(tidy))
        _write(tidy, output)
    return Converted(report)


def _write(triples: Path, output: Path | None) -> None:
    """Write triples in the format that the ending says, or to standard output."""
    if output is None:
        with triples.open(encoding="utf-8") as lines:
            sys.stdout.writelines(lines)
        return
    whole = serialise(to_graph(triples), "ttl") if output.suffix == ".ttl" else None
    try:
        if whole is None:
            shutil.copyfile(triples, output)
        else:
            output.write_bytes(whole)
    except OSError as error:
        raise SourceError(
            "{file} cannot be written: {reason}", file=output, reason=error.strerror or error
        ) from error


CONFORMS = N_("The data conform: nothing was found.")


@dataclass(frozen=True)
class Validated:
    """What a validation found."""

    validation: Validation

    @property
    def conforms(self) -> bool:
        """Say whether the data conform, in SHACL's sense."""
        return self.validation.conforms

    def written(self, form: str, lang: str) -> str:
        """Write the report as Turtle, JSON or text for people."""
        if form == "turtle":
            return serialise(self.validation.graph, "ttl").decode()
        report = Report(findings=self.validation.findings, checked=self.validation.checked)
        if form == "json":
            engine = {"conforms": self.conforms, "engine": self.validation.engine}
            return json.dumps(engine | report.to_json(), ensure_ascii=False, indent=2)
        lines = [*report.in_words(lang)][1:] or [say(lang, CONFORMS)]
        return "\n".join(lines) + "\n"


def validate_files(data: Sequence[Path], shapes: Sequence[Path], engine: str) -> Validated:
    """Validate RDF files with shapes, else with those of what partners submit."""
    found = load_shapes(list(shapes) or [knowledge("shapes")])
    with staged(data) as view:
        return Validated(validate(as_data(view, data), found, engine=engine))

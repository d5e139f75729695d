"""A file converted without a pool: one mapping run."""

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rdflib import Graph

from parvis.catalog.ontology import concepts
from parvis.config import Settings
from parvis.errors import SourceError, UsageError
from parvis.fetch.address import Source
from parvis.i18n import N_
from parvis.mapping.engine.converter import Converter
from parvis.mapping.engine.watching import Watch
from parvis.mapping.load import load
from parvis.mapping.personal_data import observes
from parvis.pooling.intake.sources import brought, source_of
from parvis.pooling.pool import Pool
from parvis.rdf.files import serialise, to_graph
from parvis.report import Place, Report, Severity
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

NOTHING = N_("{file}: nothing can be made of any row; the first, {row}: “{value}” ({rule})")
STRICT = N_(
    "{file}: {errors} rows have errors, and with --strict none may; the first, {row}: “{value}”"
    " ({rule})"
)
STOPPED = N_(
    "{file}: {errors} of the first {rows} rows have errors, the rest was not read; the first,"
    " {row}: “{value}” ({rule})"
)


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


@dataclass(frozen=True)
class Wish:
    """How a file is to be converted.

    The ending of `output` gives the format: ``.nt``, ``.ttl``, or ``.nq`` which alone holds named
    graphs; without it, triples go to standard output. IRIs are minted under `base`, else under the
    pool's. With `strict`, no row may have an error.
    """

    output: Path | None = None
    base: str | None = None
    strict: bool = False


def convert_file(
    mapping: Path, source: Source | None, wish: Wish, watch: Watch | None = None
) -> Converted:
    """Run a mapping document over a file or an address (else the file it names, beside it).

    Nothing is written where something is wrong, or if no row gives a triple for errors.
    """
    settings, output = Settings.load(), wish.output
    if output and output.suffix not in {".nt", ".nq", ".ttl"}:
        raise UsageError("{file}: the ending must be .nt, .nq or .ttl", file=output)
    with (
        brought(settings, source or mapping.parent) as come,
        _beside(output) as folder,
        Converter(concepts(), settings.limits, wish.base or settings.base, watch) as converter,
    ):
        ending = ".nq" if output is None else output.suffix.replace("ttl", "nt")
        triples = folder / f"converted{ending}"
        report = converter.convert(mapping, come.file, triples).report
        _refuse(report, triples, strict=wish.strict)
        _write(triples, output)
    return Converted(report)


@contextmanager
def _beside(output: Path | None) -> Iterator[Path]:
    """Give a temporary folder on the output's own disk: what is done moves there in one step."""
    try:
        made = TemporaryDirectory(prefix=".parvis-", dir=output and output.parent)
    except OSError as error:
        raise _unwritable(output, error) from error
    with made as folder:
        yield Path(folder)


def _refuse(report: Report, triples: Path, *, strict: bool) -> None:
    """Refuse a run that stopped, in which every row was wrong, or any where none may be."""
    if report.is_hopeless:
        template = STOPPED
    elif report.row_errors and not triples.stat().st_size:
        template = NOTHING
    elif report.row_errors and strict:
        template = STRICT
    else:
        return
    told = (one for one in report.findings if one.severity >= Severity.WARNING and one.place)
    first = next(told, None)
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


def _write(triples: Path, output: Path | None) -> None:
    """Move triples in the format that the ending says, or copy them to standard output."""
    if output is None:
        with triples.open(encoding="utf-8") as lines:
            shutil.copyfileobj(lines, sys.stdout)
        return
    if output.suffix == ".ttl":
        triples.write_bytes(serialise(to_graph(triples), "ttl"))
    try:
        triples.replace(output)
    except OSError as error:
        raise _unwritable(output, error) from error


def _unwritable(output: Path | None, error: OSError) -> SourceError:
    """Say that a file cannot be written."""
    return SourceError(
        "{file} cannot be written: {reason}", file=output or "-", reason=error.strerror or error
    )


# The first rows of a partner's file, as the triples they become.

IDENTIFYING = N_(
    "{file} holds what identifies persons, which data on publics may not: “parvis check” tells"
    " where"
)


def preview(
    pool: Pool, key: DatasetKey, given: Source | None, count: int
) -> Iterator[tuple[Place | None, str]]:
    """Give the prefixes, then the first rows that wrote something, each as Turtle with its place.

    An entity that several rows tell of stands with the first. Nothing is stored. Raises
    `SourceError` for a file on publics that holds direct identifiers of persons.
    """
    dataset = pool.catalog.require(key)
    with (
        brought(pool.settings, source_of(dataset, given)) as come,
        TemporaryDirectory(prefix="parvis-") as folder,
    ):
        triples, mapping = Path(folder) / "converted.nt", dataset.mapping_for(come.file)
        if observes(load(mapping)) and pool.converter.screen(mapping, come.file).findings:
            raise SourceError(IDENTIFYING, file=come.file.name)
        found = pool.converter.convert(mapping, come.file, triples, triples.with_suffix(".places"))
        rows = found.places.first(count)
        graphs = _graphs(triples, rows)
    used = sorted({line for graph in graphs.values() for line in _turtle(graph)[0]})
    yield None, "\n".join(used)
    for place, graph in graphs.items():
        yield place, "\n".join(_turtle(graph)[1]).strip()


def _graphs(triples: Path, rows: dict[str, Place]) -> dict[Place, Graph]:
    """Read the triples of some subjects, by place."""
    lines: dict[Place, list[str]] = {place: [] for place in rows.values()}
    with triples.open(encoding="utf-8") as stream:
        for line in stream:
            if place := rows.get(line.partition(" ")[0][1:-1]):
                lines[place].append(line)
    return {place: _graph("".join(some)) for place, some in lines.items()}


def _graph(text: str) -> Graph:
    """Read N-Triples."""
    graph = Graph(bind_namespaces="none")
    for prefix, start in PREFIXES.items():
        graph.bind(prefix, start)
    return graph.parse(data=text, format="nt")


def _turtle(graph: Graph) -> tuple[list[str], list[str]]:
    """Write a graph as Turtle: the lines of its prefixes, and the others."""
    lines = serialise(graph, "ttl").decode().splitlines()
    prefixes = [line for line in lines if line.startswith("@prefix")]
    return prefixes, [line for line in lines if not line.startswith("@prefix")]


# A mapping taken elsewhere: written as RML, which other engines read.


@dataclass(frozen=True)
class ExportedMapping:
    """A mapping in Turtle, and what it lost on the way, a sentence in each language."""

    text: str
    losses: tuple[dict[str, str], ...]


def export_mapping(mapping: Path) -> ExportedMapping:
    """Write a mapping document as RML; raises `MappingError`, or `UsageError` if it is RML."""
    from parvis.mapping.rml.writer import RML_PREFIXES, to_rml  # noqa: PLC0415 - lxml, which only this needs

    found = to_rml(load(mapping))
    return ExportedMapping(serialise(found.graph, "ttl", RML_PREFIXES).decode(), found.losses)

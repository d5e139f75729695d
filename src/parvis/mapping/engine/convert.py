"""Run a mapping document over files: write N-Triples and places, return a report."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from parvis.errors import SourceError
from parvis.i18n import N_, both
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.functions import Evaluate, FunctionContext, compile_expression
from parvis.mapping.engine.pairs import (
    JoinIndex,
    RowCondition,
    build_index,
    compile_condition,
    parent_names,
)
from parvis.mapping.engine.program import EntityProgram, Sinks
from parvis.mapping.engine.rows import PROGRESS_INTERVAL, SourceRow
from parvis.mapping.engine.sums import LineSums
from parvis.mapping.engine.values import InvalidValue
from parvis.mapping.language.csvw import apply_metadata
from parvis.mapping.language.plan import (
    Check,
    Join,
    LogicalSource,
    MappingDocument,
    references,
    required_columns,
)
from parvis.mapping.sources import find_source_file, read
from parvis.report import HOPELESS, Finding, Place, Report, Severity, title_message

OMISSION_RULES = frozenset({"unmatched-concept", "not-in-table"})
"""Rules that omit a triple without counting the row as an error."""
MIN_ROWS = 1_000
"""Rows to read before a run may be stopped."""
MAX_ERROR_SHARE = 0.5
"""Share of rows with errors above which a run stops: most often the file is the wrong one."""

STOPPED = N_(
    "more than half of the first {rows} rows have errors: the rest was not read; most often the"
    " file is not the one that the mapping describes"
)
UNUSED_ROW = N_(
    "nothing is made of this row: its key is empty, or the mapping passes over it; a row that is"
    " meant to be passed over is named in the mapping"
)
LONE_SURROGATE = N_(
    "{file}, row {row}: half of a character (a lone surrogate), which no text may hold"
)


class TooManyErrors(Exception):  # noqa: N818 - it ends a run, whose report says so
    """Stop reading: most rows have errors."""


def convert(  # noqa: PLR0913 - what a run depends on
    document: MappingDocument,
    path: Path,
    sinks: Sinks,
    *,
    base: str,
    concepts: Concepts,
    most: int | None = None,
) -> Report:
    """Run a document over a file, or over a folder holding the files its sources name.

    `most` is how many rows of each source are read, by default all. Writes N-Triples, or N-Quads
    if the document names graphs. A value that cannot be read is a
    finding of the report and its triple is omitted. A run most of whose rows have errors stops
    early with a violation. Raises `SourceError` for a file that cannot be read as declared.
    """
    run = _Run(document, path, sinks, base, concepts, most=most)
    try:
        for source in document.sources.values():
            if document.entities_of(source.name) or document.checks_of(source.name):
                run.read(source)
    except TooManyErrors:
        text = both(STOPPED, rows=run.report.rows)
        run.report.add(Finding(Severity.VIOLATION, HOPELESS, text))
    finally:
        # A join may hold a temporary database.
        run.close()
    return run.report


class _Run:
    """One run of a document: its report and its output."""

    def __init__(  # noqa: PLR0913 - a run has as many parts
        self,
        document: MappingDocument,
        path: Path,
        sinks: Sinks,
        base: str,
        concepts: Concepts,
        *,
        most: int | None,
    ) -> None:
        self.document = document
        self.most = most
        self.path = path
        self.sinks = sinks
        self.base = base
        self.concepts = concepts
        self.report = Report(findings=[*document.notices])
        self._indexes: dict[Join, JoinIndex] = {}
        self._place: Place | None = None
        self._row_has_error = False
        self._reported: set[tuple[str, str]] = set()

    def read(self, source: LogicalSource) -> None:
        """Run every program of a source over its rows."""
        file = find_source_file(source, self.path, self.document.path)
        source, entities = apply_metadata(source, file, self.document.entities_of(source.name))
        setting = FunctionContext(source.reading, self.concepts, self.document.tables)
        programs = [
            EntityProgram(entity, setting, self.base, self.refuse, self.index)
            for entity in entities
        ]
        fields = [(n, references(e), compile_expression(e, setting)) for n, e in source.fields]
        checks = [
            (check, compile_condition(check.when, setting))
            for check in self.document.checks_of(source.name)
        ]
        rows = self._read_rows(source, file, fields, checks)
        if source.sum:
            sums = LineSums(source.sum, source.reading, self.refuse, self.report.add)
            rows = sums.add_rows(rows)
        report, sinks = self.report, self.sinks
        writes = any(entity.predicate_objects for entity in entities)
        for row in rows:
            try:
                for program in programs:
                    report.triples += program.run(row, sinks)
                # Of a row with an error, that is the reason.
                if writes and not row.used and row.place != self._place:
                    row.refused.append(InvalidValue("unused-row", UNUSED_ROW))
                    self.refuse(row, set())
            except UnicodeEncodeError as error:
                # JSON can hold half of a character, which no output in UTF-8 can.
                raise SourceError(LONE_SURROGATE, file=file.name, row=row.number) from error

    def _read_rows(
        self,
        source: LogicalSource,
        file: Path,
        fields: Sequence[tuple[str, set[str], Evaluate]],
        checks: Sequence[tuple[Check, RowCondition | None]],
    ) -> Iterator[SourceRow]:
        """Yield the rows of a source with their fields; count and check them."""
        report, watch = self.report, self.sinks.watch
        rows = read(source, file, required_columns(self.document, source), report)
        for row in islice(rows, self.most):
            report.rows += 1
            for name, columns, evaluate in fields:
                row.derived[name] = list(evaluate(row))
                if row.refused:
                    self.refuse(row, columns)
                if columns:
                    # The first by name that has a value: a field may read one of several headings.
                    known = [column for column in columns if row.get(column)]
                    row.source_columns.setdefault(name, row.column_of(min(known or columns)))
            for check, condition in checks:
                holds = condition is not None and condition.holds(row)
                if row.refused:
                    self.refuse(row, references(check.when))
                if holds:
                    report.titles.setdefault(check.rule, title_message(check.text))
                    value = ", ".join(map(str, row.get(check.column))) if check.column else ""
                    text = {lang: s.replace("{value}", value) for lang, s in check.text.items()}
                    column = row.column_of(check.column) if check.column else None
                    place = replace(row.place, column=column)
                    report.add(
                        Finding(check.severity, check.rule, text, place, value=value or None)
                    )
            yield row
            if watch and not report.rows % PROGRESS_INTERVAL:
                watch(file, row.number or 0)

    def index(self, join: Join) -> JoinIndex:
        # A parent is read once for all the children that join it.
        if join not in self._indexes:
            source = self.document.sources[join.source]
            file = find_source_file(source, self.path, self.document.path)
            # A report of its own, so that the parent's rows are not counted twice.
            rows = read(source, file, parent_names(join), Report(headings=self.report.headings))
            setting = FunctionContext(source.reading, self.concepts, self.document.tables)
            self._indexes[join] = build_index(join, rows, setting, self.base, self.refuse)
        return self._indexes[join]

    def close(self) -> None:
        for index in self._indexes.values():
            index.close()

    def refuse(self, row: SourceRow, columns: set[str]) -> None:
        """Report and clear a row's invalid values, each once per place."""
        place = row.place
        if place != self._place:
            self._place, self._row_has_error = place, False
            self._reported.clear()
        cell = replace(place, column=row.column_of(min(columns)) if columns else None)
        report = self.report
        for error in row.refused:
            value = str(error.fields.get("value", ""))
            if (error.rule, value) in self._reported:
                continue
            self._reported.add((error.rule, value))
            text = both(error.template, **error.fields)
            report.add(Finding(Severity.WARNING, error.rule, text, cell, value=value))
            # The stop rule counts rows, not values: a row with many errors counts once.
            if error.rule in OMISSION_RULES or self._row_has_error:
                continue
            self._row_has_error = True
            report.row_errors += 1
            if report.row_errors > MAX_ERROR_SHARE * report.rows >= MAX_ERROR_SHARE * MIN_ROWS:
                raise TooManyErrors
        row.refused.clear()

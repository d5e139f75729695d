"""A mapping document run over files: N-Triples out, findings and places kept."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from parvis.errors import SourceError
from parvis.i18n import N_, both
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.evaluation import Evaluate, evaluator
from parvis.mapping.engine.functions import Setting
from parvis.mapping.engine.joins import Index, index_of, wanted_of
from parvis.mapping.engine.pairs import Condition, condition_of
from parvis.mapping.engine.program import Program, Sinks
from parvis.mapping.engine.rows import Row
from parvis.mapping.engine.values import Refused, number
from parvis.mapping.engine.watching import OFTEN
from parvis.mapping.language.csvw import described
from parvis.mapping.language.plan import (
    Check,
    Document,
    Join,
    Reading,
    Source,
    Sum,
    Value,
    references,
    wanted,
)
from parvis.mapping.sources import read
from parvis.report import HOPELESS, Finding, Place, Report, Severity

# Rows added up: what was told order by order becomes one row for each combination.

Refuse = Callable[[Row, set[str]], None]
Key = tuple[tuple[Value, ...], ...]


def summed(how: Sum, rows: Iterable[Row], reading: Reading, refuse: Refuse) -> Iterator[Row]:
    """Give one row for each combination of values, with the sums, at the place of its first row.

    All combinations are held at once, no row but the first of each. A figure that is no number is
    refused where it stands, and not added.
    """
    known: dict[Key, tuple[Row, dict[str, Decimal]]] = {}
    for row in rows:
        key = tuple(tuple(row.get(name)) for name in how.by)
        _, totals = known.setdefault(key, (row, {}))
        for column in how.columns:
            try:
                added = sum((number(value, reading) for value in row.get(column)), Decimal(0))
            except Refused as refused:
                row.refused.append(refused)
                refuse(row, {column})
                continue
            if row.get(column):
                totals[column] = totals.get(column, Decimal(0)) + added
    for row, totals in known.values():
        for column in how.columns:
            row.derived[column] = [totals[column]] if column in totals else []
        yield row


NO_ERROR = frozenset({"unmatched-concept", "not-in-table"})
"""Rules that leave a triple out without calling the row wrong."""
FAIR = 1_000
"""Rows after which a run may be judged."""
MOST_WRONG = 0.5
"""The share of rows with errors from which a run is stopped: it is not the file that was meant."""

STOPPED = N_(
    "more than half of the first {rows} rows have errors: the rest was not read; most often the"
    " file is not the one that the mapping describes"
)
HALF = N_("{file}, row {row}: half of a character (a lone surrogate), which no text may hold")


class Hopeless(Exception):  # noqa: N818 - it ends a run, which its report tells of
    """Too many rows have errors for the rest to be worth reading."""


def convert(
    document: Document,
    given: Path,
    sinks: Sinks,
    *,
    base: str,
    concepts: Concepts,
) -> Report:
    """Run a document over a file, or over a folder holding the files its sources name.

    Writes N-Triples, N-Quads if the document names graphs; raises `SourceError` for a
    file that cannot be read as declared.
    A value that cannot be read is a finding of the report, and its triple is left out; a run
    most of whose rows have errors stops early, which is a violation.
    """
    run = _Run(document, given, sinks, base, concepts)
    try:
        for source in document.sources.values():
            if document.entities_of(source.name) or document.checks_of(source.name):
                run.read(source)
    except Hopeless:
        text = both(STOPPED, rows=run.report.rows)
        run.report.add(Finding(Severity.VIOLATION, HOPELESS, text))
    finally:
        run.close()
    return run.report


def file_of(source: Source, given: Path, mapping: Path) -> Path:
    """Find a source's file: the given one, or the one of its name in the given folder.

    A source may tell other folders than the given one: the mapping's, or the working one.
    """
    if source.is_address:
        return given
    roots = {
        "given": [given],
        "mapping": [mapping.parent],
        "working": [Path()],
        "either": [given, Path()],
    }
    files = [root / source.access for root in roots[source.root]] if given.is_dir() else [given]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        raise SourceError("there is no file {file}", file=files[0])
    return found


class _Run:
    """One run: the report grows, the lines go out."""

    def __init__(
        self, document: Document, given: Path, sinks: Sinks, base: str, concepts: Concepts
    ) -> None:
        """Begin with nothing found but what the document itself makes notice."""
        self.document = document
        self.given = given
        self.sinks = sinks
        self.base = base
        self.concepts = concepts
        self.report = Report(findings=[*document.notices])
        self._indexes: dict[Join, Index] = {}
        self._place: Place | None = None
        self._wrong = False
        self._told: set[tuple[str, str]] = set()

    def read(self, source: Source) -> None:
        """Run every program of a source over its rows."""
        file = file_of(source, self.given, self.document.path)
        source, entities = described(source, file, self.document.entities_of(source.name))
        setting = Setting(source.reading, self.concepts, self.document.tables)
        programs = [
            Program(entity, setting, self.base, self.refuse, self._index) for entity in entities
        ]
        fields = [(n, references(e), evaluator(e, setting)) for n, e in source.fields]
        checks = [
            (check, condition_of(check.when, setting))
            for check in self.document.checks_of(source.name)
        ]
        rows = self._rows(source, file, fields, checks)
        if source.sum:
            rows = summed(source.sum, rows, source.reading, self.refuse)
        report, sinks = self.report, self.sinks
        for row in rows:
            try:
                for program in programs:
                    report.triples += program.run(row, sinks)
            except UnicodeEncodeError as error:
                raise SourceError(HALF, file=file.name, row=row.number) from error

    def _rows(
        self,
        source: Source,
        file: Path,
        fields: Sequence[tuple[str, set[str], Evaluate]],
        checks: Sequence[tuple[Check, Condition | None]],
    ) -> Iterator[Row]:
        """Give the rows of a source, counted, with their fields, and told of where it is asked."""
        report, watch = self.report, self.sinks.watch
        for row in read(source, file, wanted(self.document, source), report):
            report.rows += 1
            if fields:
                self._derive(row, fields)
            if checks:
                self._check(row, checks)
            yield row
            if watch and not report.rows % OFTEN:
                watch(file, row.number or 0)

    def _index(self, join: Join) -> Index:
        """Read a join's parent once."""
        if join not in self._indexes:
            source = self.document.sources[join.source]
            file = file_of(source, self.given, self.document.path)
            rows = read(source, file, wanted_of(join), Report(headings=self.report.headings))
            setting = Setting(source.reading, self.concepts, self.document.tables)
            self._indexes[join] = index_of(join, rows, setting, self.base, self.refuse)
        return self._indexes[join]

    def close(self) -> None:
        """Let go of what joins hold."""
        for index in self._indexes.values():
            index.close()

    def _derive(self, row: Row, fields: Iterable[tuple[str, set[str], Evaluate]]) -> None:
        """Compute the row's fields, in the order told."""
        for name, columns, evaluate in fields:
            row.derived[name] = list(evaluate(row))
            if row.refused:
                self.refuse(row, columns)
            if columns:
                row.behind.setdefault(name, row.column_of(min(columns)))

    def _check(self, row: Row, checks: Iterable[tuple[Check, Condition | None]]) -> None:
        """Report the rows that the document wants to be told of."""
        for check, condition in checks:
            holds = condition is not None and condition.holds(row)
            if row.refused:
                self.refuse(row, references(check.when))
            if holds:
                self.report.add(_noticed(check, row))

    def refuse(self, row: Row, columns: set[str]) -> None:
        """Make findings of a row's refused values, each once for its place; forget them."""
        place = row.place
        if place != self._place:
            self._place, self._wrong = place, False
            self._told.clear()
        told = replace(place, column=row.column_of(min(columns)) if columns else None)
        for refused in row.refused:
            self._tell(refused, told)
        row.refused.clear()

    def _tell(self, refused: Refused, place: Place) -> None:
        """Make a finding of a refused value, and judge the run by the rows with errors."""
        value = str(refused.fields.get("value", ""))
        if (refused.rule, value) in self._told:
            return
        self._told.add((refused.rule, value))
        text = both(refused.template, **refused.fields)
        self.report.add(Finding(Severity.WARNING, refused.rule, text, place, value=value))
        if refused.rule in NO_ERROR or self._wrong:
            return
        self._wrong = True
        self.report.row_errors += 1
        if self.report.row_errors > MOST_WRONG * self.report.rows >= MOST_WRONG * FAIR:
            raise Hopeless


def _noticed(check: Check, row: Row) -> Finding:
    """Make a finding of a row that a check concerns."""
    value = ", ".join(map(str, row.get(check.column))) if check.column else None
    text = {lang: one.replace("{value}", value or "") for lang, one in check.text.items()}
    place = replace(row.place, column=check.column)
    return Finding(check.severity, check.rule, text, place, value=value or None)

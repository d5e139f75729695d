"""A mapping document run over files: N-Triples out, findings and places kept."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TextIO

from parvis.errors import SourceError
from parvis.i18n import both
from parvis.mapping.concepts import Concepts
from parvis.mapping.functions import Setting
from parvis.mapping.plan import Check, Document, Source, column_behind, references, wanted
from parvis.mapping.program import Evaluate, Program, compile_entity, evaluator
from parvis.mapping.rows import Row
from parvis.mapping.sources import read
from parvis.mapping.values import Refused
from parvis.report import Finding, Place, Report, Severity

NO_ERROR = frozenset({"unmatched-concept", "not-in-table"})
"""Rules that leave a triple out without calling the row wrong."""


@dataclass
class Places:
    """Where each subject was first written, and which columns made each of its properties."""

    subjects: dict[str, tuple[Place, str]] = field(default_factory=dict)
    columns: dict[tuple[str, str], str] = field(default_factory=dict)

    def find(self, subject: str, path: str | None = None) -> Place | None:
        """Give the place of a subject's property, or of the subject, or nothing."""
        found = self.subjects.get(subject)
        if found is None:
            return None
        place, entity = found
        return replace(place, column=self.columns.get((entity, path)) if path else None)

    def to_json(self) -> dict[str, Any]:
        """Give the places as plain data."""
        return {
            "subjects": {
                subject: [place.to_json(), entity]
                for subject, (place, entity) in self.subjects.items()
            },
            "columns": [[*key, column] for key, column in self.columns.items()],
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            subjects={
                subject: (Place(**place), entity)
                for subject, (place, entity) in found["subjects"].items()
            },
            columns={(entity, path): column for entity, path, column in found["columns"]},
        )


@dataclass(frozen=True)
class Conversion:
    """What a run gave besides its triples."""

    report: Report
    places: Places


def convert(
    document: Document, given: Path, out: TextIO, *, base: str, concepts: Concepts
) -> Conversion:
    """Run a document over a file, or over a folder holding the files its sources name.

    Writes N-Triples to `out`; raises `SourceError` for a file that cannot be read as declared.
    A value that cannot be read is a finding of the report, and its triple is left out.
    """
    run = _Run(document, out, base, concepts)
    for source in document.sources.values():
        if document.entities_of(source.name) or any(
            check.source == source.name for check in document.checks
        ):
            run.read(source, _file_of(source, given))
    return Conversion(run.report, run.places)


def _file_of(source: Source, given: Path) -> Path:
    """Find a source's file: the given one, or the one of its name in the given folder."""
    file = given / source.access if given.is_dir() else given
    if not file.is_file():
        raise SourceError("there is no file {file}", file=file)
    return file


class _Run:
    """One run: the report grows, the lines go out."""

    def __init__(self, document: Document, out: TextIO, base: str, concepts: Concepts) -> None:
        """Begin with nothing found."""
        self.document = document
        self.out = out
        self.base = base
        self.concepts = concepts
        self.report = Report()
        self.places = Places(columns=_columns(document))
        self._wrong: set[Place] = set()
        self._told: set[tuple[Place, str, object]] = set()

    def read(self, source: Source, file: Path) -> None:
        """Run every program of a source over its rows."""
        setting = Setting(source.reading, self.concepts, self.document.tables)
        programs = [
            compile_entity(entity, setting, self.base, self.refuse)
            for entity in self.document.entities_of(source.name)
        ]
        fields = [(n, references(e), evaluator(e, setting)) for n, e in source.fields]
        checks = [
            (check, evaluator(check.when, setting))
            for check in self.document.checks
            if check.source == source.name
        ]
        for row in read(source, file, wanted(self.document, source), self.report):
            self.report.rows += 1
            self._derive(row, fields)
            self._check(row, checks)
            self._write(row, programs)
        self.report.row_errors += len(self._wrong)
        self._wrong.clear()

    def _derive(self, row: Row, fields: list[tuple[str, set[str], Evaluate]]) -> None:
        """Compute the row's fields, in the order told."""
        for name, columns, evaluate in fields:
            try:
                row.derived[name] = list(evaluate(row))
            except Refused as refused:
                row.derived[name] = []
                self.refuse(refused, row, columns)
            if columns:
                row.origins.setdefault(name, row.column_of(min(columns)))

    def _check(self, row: Row, checks: list[tuple[Check, Evaluate]]) -> None:
        """Report the rows that the document wants to be told of."""
        for check, when in checks:
            if self._holds(check, when, row):
                place = replace(row.place, column=check.column)
                value = ", ".join(map(str, row.get(check.column))) if check.column else None
                text = {
                    lang: one.replace("{value}", value or "") for lang, one in check.text.items()
                }
                self.report.add(
                    Finding(check.severity, check.rule, text, place, value=value or None)
                )

    def _holds(self, check: Check, when: Evaluate, row: Row) -> bool:
        """Say whether a check concerns a row; one that cannot be judged is told as such."""
        try:
            return all(value is True for value in when(row))
        except Refused as refused:
            self.refuse(refused, row, references(check.when))
            return False

    def _write(self, row: Row, programs: list[Program]) -> None:
        """Write the row's entities and remember where they came from."""
        for program in programs:
            for subject, lines in program.run(row):
                self.places.subjects.setdefault(subject[1:-1], (row.place, program.entity.name))
                self.report.triples += len(lines)
                self.out.writelines(lines)

    def refuse(self, refused: Refused, row: Row, columns: set[str]) -> None:
        """Make a finding of a refused value, once for its row."""
        value = str(refused.fields.get("value", ""))
        key = (row.place, refused.rule, value)
        if key in self._told:
            return
        self._told.add(key)
        column = row.column_of(min(columns)) if columns else None
        place = replace(row.place, column=column)
        text = both(refused.template, **refused.fields)
        self.report.add(Finding(Severity.WARNING, refused.rule, text, place, value=value))
        if refused.rule not in NO_ERROR:
            self._wrong.add(row.place)


def _columns(document: Document) -> dict[tuple[str, str], str]:
    """Say for each entity map and predicate which column is read first."""
    return {
        (entity.name, pair.predicate): column_behind(
            document.sources[entity.sources[0]], min(names)
        )
        for entity in document.entities
        for pair in entity.predicate_objects
        if (names := references(pair.object.value))
    }

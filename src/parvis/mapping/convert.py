"""A mapping document run over files: N-Triples out, findings and places kept."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TextIO

from parvis.errors import SourceError
from parvis.i18n import both
from parvis.mapping.concepts import Concepts
from parvis.mapping.csvw import described
from parvis.mapping.functions import Setting
from parvis.mapping.joins import Index, index_of, wanted_of
from parvis.mapping.plan import (
    Check,
    Document,
    EntityMap,
    Join,
    Source,
    column_behind,
    references,
    wanted,
)
from parvis.mapping.program import Evaluate, Program, compile_entity, evaluator
from parvis.mapping.rows import Row
from parvis.mapping.sources import read
from parvis.mapping.statements import Statements, compile_statements
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

    def locate(self, _subjects: Collection[str]) -> Callable[[str, str | None], Place | None]:
        """Give what finds the places of these subjects."""
        return self.find

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

    Writes N-Triples to `out`, N-Quads if the document names graphs; raises `SourceError` for a
    file that cannot be read as declared.
    A value that cannot be read is a finding of the report, and its triple is left out.
    """
    run = _Run(document, given, out, base, concepts)
    for source in document.sources.values():
        if document.entities_of(source.name) or any(
            check.source == source.name for check in document.checks
        ):
            run.read(source)
    return Conversion(run.report, run.places)


def _file_of(source: Source, given: Path, mapping: Path) -> Path:
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
        self, document: Document, given: Path, out: TextIO, base: str, concepts: Concepts
    ) -> None:
        """Begin with nothing found but what the document itself makes notice."""
        self.document = document
        self.given = given
        self.out = out
        self.base = base
        self.concepts = concepts
        self.report = Report(findings=[*document.notices])
        self.places = Places(columns=_columns(document))
        self._indexes: dict[Join, Index] = {}
        self._wrong: set[Place] = set()
        self._told: set[tuple[Place, str, object]] = set()

    def read(self, source: Source) -> None:
        """Run every program of a source over its rows."""
        file = _file_of(source, self.given, self.document.path)
        source, entities = described(source, file, self.document.entities_of(source.name))
        setting = Setting(source.reading, self.concepts, self.document.tables)
        programs = [self._program(entity, setting) for entity in entities]
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

    def _program(self, entity: EntityMap, setting: Setting) -> Program | Statements:
        """Compile an entity map, by the letter of RML if it comes from there."""
        if entity.standard:
            return compile_statements(entity, setting, self.base, self.refuse, self._index)
        return compile_entity(entity, setting, self.base, self.refuse)

    def _index(self, join: Join) -> Index:
        """Read a join's parent once."""
        if join not in self._indexes:
            source = self.document.sources[join.source]
            file = _file_of(source, self.given, self.document.path)
            rows = read(source, file, wanted_of(join), Report())
            setting = Setting(source.reading, self.concepts, self.document.tables)
            self._indexes[join] = index_of(join, rows, setting, self.base, self.refuse)
        return self._indexes[join]

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

    def _write(self, row: Row, programs: list[Program | Statements]) -> None:
        """Write the row's entities and remember where they came from."""
        for program in programs:
            for subject, lines in program.run(row):
                if subject[0] == "<":
                    place = (row.place, program.entity.name)
                    self.places.subjects.setdefault(subject[1:-1], place)
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
        if isinstance(pair.predicate, str) and (names := references(pair.object.value))
    }

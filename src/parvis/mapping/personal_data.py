"""A partner's files looked through for direct identifiers of persons, before anything is converted.

All that a file holds is looked at, also the columns and rows that its mapping leaves aside, since
the file is kept as it came. What is found is told by its place alone: no value is in the report,
nor a heading or a name of a sheet or file that itself holds an identifier.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from rdflib.namespace import QB

from parvis.i18n import both
from parvis.mapping.engine.convert import file_of
from parvis.mapping.identifiers import TOLD, Identifier, is_bare, of_column, of_value
from parvis.mapping.language.plan import Document, Source, Template, expressions
from parvis.mapping.sources.lines import LINE_LIMIT
from parvis.mapping.sources.packed import unpacked
from parvis.mapping.sources.query import read_query
from parvis.mapping.sources.sheets import all_lines
from parvis.mapping.sources.tables import csv_lines
from parvis.mapping.sources.text import opened
from parvis.mapping.sources.tree import load_tree, parsed
from parvis.report import Finding, Place, Report, Severity

OBSERVATION = str(QB.Observation)
CERTAIN = frozenset({Identifier.HEALTH, Identifier.SOCIAL, Identifier.BIRTH, Identifier.NAME})
"""What organisations do not have; of names, those whose heading says that they are of persons."""
HIDDEN = "…"
"""What stands for a name that holds an identifier."""
_ELEMENT = re.compile(r"<(?:\w[\w.-]*:)?(?P<name>[A-Za-z_][\w.-]*)(?:\s[^<>]*)?>(?P<text>[^<>]+)<")


def observes(document: Document) -> bool:
    """Say whether a mapping makes observations of publics: its text names their class.

    One that takes the class from the data does not tell; what it makes must be looked at.
    """
    parts = (
        part
        for made in expressions(document)
        if isinstance(made, Template)
        for part in made.parts
        if isinstance(part, str)
    )
    cells = (
        cell
        for table in document.tables.values()
        for row in table.values()
        for cell in row.values()
    )
    return OBSERVATION in {*parts, *cells}


def screen(document: Document, given: Path) -> Report:
    """Look through the files that a mapping reads; raises `SourceError` for an unreadable one."""
    screening = _Screening()
    seen = set()
    for source in document.sources.values():
        file = file_of(source, given, document.path)
        one = (file, source.member, source.formulation, source.query, source.access)
        if one not in seen:
            seen.add(one)
            with unpacked(source, file) as plain:
                screening.read(source, plain)
    return screening.report


@dataclass
class _Screening:
    """One look through some files."""

    report: Report = field(default_factory=Report)
    certain: bool = False
    _named: set[tuple[str, str | None, str | None]] = field(default_factory=set)

    def read(self, source: Source, file: Path) -> None:
        """Look through one file, as its kind is read."""
        ignored = Report()
        match source.formulation:
            case "csv":
                lines = csv_lines(source, file, ignored)
                self.table(source, Place(_told(file.name)), lines)
            case "table":
                self._sheets(source, file)
            case "jsonpath":
                self._tree(load_tree(file, source.encoding, ignored), Place(_told(file.name)), "$")
            case "sql":
                for row in read_query(source, file, set(), ignored):
                    place = Place(_told(row.place.file), row=row.number)
                    for name, value in row.cells.items():
                        self._cell(place, name, str(value))
            case other:
                self._text(source, file, as_json=other == "jsonlines")

    def _sheets(self, source: Source, file: Path) -> None:
        """Look at every sheet of a workbook.

        One that the source does not read may tell of places and organisations: what stands in it
        counts only if something there is a person's for certain.
        """
        first = True
        for name, lines in groupby(all_lines(file), itemgetter(0)):
            read = fnmatchcase(name, source.sheet) if source.sheet else first
            first = False
            aside = self if read else _Screening()
            place = Place(_told(file.name), sheet=_told(name))
            aside.table(source, place, ((number, cells) for _, number, cells in lines))
            if not read and aside.certain:
                self._take(aside.report)

    def _take(self, other: Report) -> None:
        """Take what was found aside."""
        self.report.extend(other.findings)
        self.report.row_errors += other.row_errors

    def table(self, source: Source, place: Place, lines: Iterable[tuple[int, list[str]]]) -> None:
        """Look at every cell, also above the headings."""
        names: list[str] = []
        for number, cells in lines:
            self.report.rows += 1
            at = replace(place, row=number)
            for position, cell in enumerate(cells):
                name = names[position] if position < len(names) else ""
                self._cell(at, name or str(position + 1), cell)
            if not names and number >= source.header and any(map(str.strip, cells)):
                names = [" ".join(cell.split()) for cell in cells]
                if source.columns:
                    names = [source.columns.get(i, "") for i in range(1, len(cells) + 1)]

    def _tree(self, tree: object, place: Place, path: str, name: str = "") -> None:
        """Look at every value of a JSON document, under the nearest key above it."""
        if isinstance(tree, dict):
            for key, value in tree.items():
                self._cell(place, key, key)  # a key may be data too
                self._tree(value, place, f"{path}[{_told(key)!r}]", key)
        elif isinstance(tree, list):
            for index, value in enumerate(tree):
                self.report.rows += 1
                inner = f"{path}[{index}]"
                self._tree(value, Place(place.file, row=index, path=inner), inner, name)
        elif tree is not None and not isinstance(tree, bool):
            self._cell(place, name, str(tree))

    def _text(self, source: Source, file: Path, *, as_json: bool) -> None:
        """Look at every line of a text, and at the elements or members that stand whole in one."""
        with opened(file, source.encoding, Report()) as stream:
            for number, line in enumerate(iter(lambda: stream.readline(LINE_LIMIT), ""), 1):
                self.report.rows += 1
                place = Place(_told(file.name), row=number)
                if as_json and (tree := _document(line)) is not None:
                    self._tree(tree, place, "$")
                    continue
                for element in _ELEMENT.finditer(line):
                    if kind := of_column(element["name"], element["text"].strip()):
                        self._add(kind, place, element["name"])
                if kind := of_value(line):
                    self._add(kind, place, None)

    def _cell(self, place: Place, column: str, text: str) -> None:
        """Look at one cell; a column of names is told once."""
        if not (text := text.strip()):
            return
        if kind := of_value(text) or of_column(column, text):
            self._add(kind, place, column)

    def _add(self, kind: Identifier, place: Place, column: str | None) -> None:
        if kind is Identifier.NAME:
            where = place.file, place.sheet, column
            if where in self._named:
                return
            self._named.add(where)
        self.certain |= kind in CERTAIN and (kind is not Identifier.NAME or not is_bare(column))
        at = replace(place, column=column and _told(column))
        self.report.row_errors += 1
        self.report.add(Finding(Severity.VIOLATION, kind, both(TOLD[kind]), at))


def _told(name: str) -> str:
    """Give a name, unless it holds an identifier itself."""
    return HIDDEN if of_value(name) else name


def _document(line: str) -> object:
    """Read a line as a JSON document; None for one that is none."""
    try:
        return parsed(line)
    except (ValueError, RecursionError):
        return None


__all__ = ["observes", "screen"]

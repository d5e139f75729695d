"""Search a partner's files for direct identifiers of persons, before any conversion.

Everything in a file is searched, also columns and rows that its mapping does not read, because the
file is stored as it came. The report holds places only: no value, nor a heading or a name of a
sheet or file that itself holds an identifier.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from mmap import ACCESS_READ, mmap
from pathlib import Path

from rdflib.namespace import QB, RDF

from parvis.i18n import both
from parvis.mapping.language.plan import LogicalSource, MappingDocument, Template, expressions
from parvis.mapping.screening.gate import hide
from parvis.mapping.screening.identifiers import (
    MESSAGES,
    NINE_DIGITS,
    Identifier,
    identify_in_column,
    identify_value,
    is_bare_name,
)
from parvis.mapping.sources import find_source_file
from parvis.mapping.sources.json import load_tree, parse_json
from parvis.mapping.sources.packed import unpack_source
from parvis.mapping.sources.query import read_query
from parvis.mapping.sources.tables import csv_lines
from parvis.mapping.sources.text import LINE_LIMIT, open_text
from parvis.mapping.sources.workbooks import read_sheets
from parvis.report import Finding, Place, Report, Severity
from parvis.vocab.namespaces import PARVIS

OBSERVATION = str(QB.Observation)

CERTAIN = frozenset({Identifier.HEALTH, Identifier.SOCIAL, Identifier.BIRTH, Identifier.NAME})
"""What organisations never have; of names, those whose heading is about persons."""
_ELEMENT = re.compile(r"<(?:\w[\w.-]*:)?(?P<name>[A-Za-z_][\w.-]*)(?:\s[^<>]*)?>(?P<text>[^<>]+)<")


def observes(document: MappingDocument) -> bool:
    """Return whether a mapping makes observations of publics: its text names their class."""
    # A mapping that takes the class from the data cannot be recognised: its output is checked. So
    # is that of one of population, which describes nobody's public.
    parts = (
        part
        for expression in expressions(document)
        if isinstance(expression, Template)
        for part in expression.parts
        if isinstance(part, str)
    )
    cells = (
        cell
        for table in document.tables.values()
        for row in table.values()
        for cell in row.values()
    )
    names = {*parts, *cells}
    return OBSERVATION in names and str(PARVIS.population) not in names


def holds_observations(triples: Path) -> bool:
    """Return whether a file of N-Triples has an observation of publics, not only of population."""
    # Only an IRI ends a statement so, and a literal has no raw line feed.
    statement = f" <{RDF.type}> <{OBSERVATION}> .\n".encode()
    measure = f" <{QB.measureType}> ".encode()
    population = f"{measure.decode()}<{PARVIS.population}> .\n".encode()
    if not triples.stat().st_size:  # which cannot be mapped into memory
        return False
    with triples.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        if content.find(statement) < 0:
            return False
        place = content.find(measure)
        if place < 0:
            return True
        while place >= 0:
            if content[place : place + len(population)] != population:
                return True
            place = content.find(measure, place + len(population))
        return False


def screen(document: MappingDocument, path: Path) -> Report:
    """Search the files that a mapping reads; raises `SourceError` for an unreadable file."""
    screening = _Screening()
    screened = set()
    for source in document.sources.values():
        file = find_source_file(source, path, document.path)
        key = (file, source.member, source.formulation, source.query, source.access)
        if key not in screened:
            screened.add(key)
            with unpack_source(source, file) as plain:
                screening.search(source, plain)
    return screening.report


@dataclass
class _Screening:
    """A search of some files."""

    report: Report = field(default_factory=Report)
    certain: bool = False
    _name_columns: set[tuple[str, str | None, str | None]] = field(default_factory=set)

    def search(self, source: LogicalSource, file: Path) -> None:
        """Search a file, in the way that its kind is read."""
        ignored = Report()
        place = Place(hide(file.name))
        match source.formulation:
            case "csv":
                self.search_table(source, place, csv_lines(source, file, ignored))
            case "table":
                first = True
                for sheet, lines in read_sheets(file):
                    # A source without a sheet's name reads the first one.
                    is_read = fnmatchcase(sheet, source.sheet) if source.sheet else first
                    first = False
                    # A sheet that is not read may be about places and organisations: it counts
                    # only if some identifier in it is certainly a person's.
                    screening = self if is_read else _Screening()
                    place = replace(place, sheet=hide(sheet))
                    screening.search_table(source, place, enumerate(lines, 1))
                    if not is_read and screening.certain:
                        self.report.extend(screening.report.findings)
                        self.report.row_errors += screening.report.row_errors
            case "jsonpath":
                self._search_tree(load_tree(file, source.encoding, ignored), place, "$")
            case "sql":
                for row in read_query(source, file, set(), ignored):
                    row_place = Place(hide(row.place.file), row=row.number)
                    for name, value in row.cells.items():
                        self._search_cell(row_place, name, str(value))
            case formulation:
                self._search_text(source, file, as_json=formulation == "jsonlines")

    def search_table(
        self, source: LogicalSource, place: Place, lines: Iterable[tuple[int, list[str]]]
    ) -> None:
        """Search every cell, also those above the headings."""
        names: list[str] = []
        for number, cells in lines:
            self.report.rows += 1
            row_place = replace(place, row=number)
            for position, cell in enumerate(cells):
                name = names[position] if position < len(names) else ""
                self._search_cell(row_place, name or str(position + 1), cell, is_judged=True)
            if not names and number >= source.header and any(map(str.strip, cells)):
                names = [" ".join(cell.split()) for cell in cells]
                if source.columns:
                    names = [source.columns.get(i, "") for i in range(1, len(cells) + 1)]

    def _search_tree(self, tree: object, place: Place, path: str, name: str = "") -> None:
        """Search every value of a JSON document, under the nearest key above it."""
        if isinstance(tree, dict):
            for key, value in tree.items():
                self._search_cell(place, key, key)  # a key may be data too
                self._search_tree(value, place, f"{path}[{hide(key)!r}]", key)
        elif isinstance(tree, list):
            for index, value in enumerate(tree):
                self.report.rows += 1
                inner = f"{path}[{index}]"
                self._search_tree(value, Place(place.file, row=index, path=inner), inner, name)
        elif tree is not None and not isinstance(tree, bool):
            self._search_cell(place, name, str(tree))

    def _search_text(self, source: LogicalSource, file: Path, *, as_json: bool) -> None:
        """Search every line of a text, and its elements (XML) or members (JSON)."""
        with open_text(file, source.encoding, Report()) as stream:
            for number, line in enumerate(iter(lambda: stream.readline(LINE_LIMIT), ""), 1):
                self.report.rows += 1
                place = Place(hide(file.name), row=number)
                tree = None
                if as_json:
                    with suppress(ValueError, RecursionError):
                        tree = parse_json(line)
                if tree is not None:
                    self._search_tree(tree, place, "$")
                    continue
                # Not JSON, or broken JSON, which is searched as any text.
                for element in _ELEMENT.finditer(line):
                    if kind := identify_in_column(element["name"], element["text"].strip()):
                        self._add(kind, place, element["name"])
                if kind := identify_value(line):
                    self._add(kind, place, None)

    def _search_cell(
        self, place: Place, column: str, text: str, *, is_judged: bool = False
    ) -> None:
        """Search a cell; the gate has judged its column as a whole if `is_judged`."""
        if not (text := text.strip()):
            return
        kind = identify_value(text)
        # One figure of nine digits in ten is like a social insurance number by chance.
        if is_judged and kind is Identifier.SOCIAL and NINE_DIGITS.fullmatch(text):
            kind = None
        if kind := kind or identify_in_column(column, text):
            self._add(kind, place, column)

    def _add(self, kind: Identifier, place: Place, column: str | None) -> None:
        if kind is Identifier.NAME:
            # A column of names is reported once, not in every row.
            names = place.file, place.sheet, column
            if names in self._name_columns:
                return
            self._name_columns.add(names)
        self.certain |= kind in CERTAIN and (
            kind is not Identifier.NAME or not is_bare_name(column)
        )
        cell = replace(place, column=column and hide(column))
        self.report.row_errors += 1
        self.report.add(Finding(Severity.VIOLATION, kind, both(MESSAGES[kind]), cell))

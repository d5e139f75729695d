"""Read an excerpt of a dataset's rows and its data dictionary from its download file.

The excerpt shows what differs: dates first; a column with one value only is named once, above it.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self
from zipfile import ZipFile

from rdflib.namespace import RDF, RDFS, SH, SKOS

from parvis.catalog.ontology import (
    concept_labels,
    last_segment,
    load_words,
    ontology,
    submission_shapes,
)
from parvis.i18n import LANGUAGES, N_, both, choose_text
from parvis.rdf.formats import CSVW_NAME
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT, SCHEMA

ROWS = 5
READ_ROWS = 5000
"""Rows of a table among which the excerpt is taken, and that are searched for names."""
TABLES = 3
"""Tables whose first rows are shown; the data dictionary has all of them."""
CELL_LENGTH = 90
"""Characters of a cell that are shown."""
NAMING = tuple(map(str, (SCHEMA.name, SKOS.prefLabel, RDFS.label, SCHEMA.streetAddress)))
DATES = ("date", "dateTime", "gYear", "gYearMonth")
"""The datatypes of the columns that come first."""
NAMES = NAMING[:3]
ID, NAME = "id", N_("name")
"""The column of an entity's own IRI, and its title in an excerpt: cells show the entity's name."""
WIDTH = 6
"""Columns of an excerpt that are shown: as many as a page is wide."""
NUMBERS = ("integer", "decimal", "double", "float", "nonNegativeInteger", "positiveInteger")
KINDS_OF_VALUE = {
    **dict.fromkeys(NUMBERS, N_("number")),
    "anyURI": N_("web address"),
    "boolean": N_("yes or no"),
    "date": N_("date"),
    "dateTime": N_("date and time"),
    "duration": N_("duration"),
    "gYear": N_("year"),
    "gYearMonth": N_("month"),
    "time": N_("time of day"),
}
"""The datatypes in words; all others are texts."""
TEXT = N_("text")
TEXTS_IN = {"fr": N_("text in French"), "en": N_("text in English")}
CACHED = 256
"""Datasets whose sample is cached, by the digest of their file."""

Texts = dict[str, str]


@dataclass(frozen=True)
class SampleColumn:
    """A column: the label and definition of its property, its datatype or language, and its IRI."""

    name: str
    label: Texts
    meaning: Texts
    datatype: str
    lang: str | None
    property: str | None
    separator: str | None = None
    """The separator of the values of a cell, if there may be several."""

    def values(self, text: str) -> list[str]:
        """Return the values of a cell."""
        return text.split(self.separator) if self.separator else [text]

    def is_number(self) -> bool:
        return self.datatype in NUMBERS

    def kind_of_value(self) -> str:
        """Return the kind of its values, in words to translate."""
        return TEXTS_IN.get(self.lang or "") or KINDS_OF_VALUE.get(self.datatype, TEXT)


@dataclass(frozen=True)
class SampleCell:
    """The text of a cell, and its link if its value is one IRI; a concept has its labels.

    It is not `named` if its text is but a part of an IRI, of which no name is known.
    """

    text: Texts
    iri: str | None = None
    named: bool = True


@dataclass(frozen=True)
class SampleTable:
    """The resources of one class: all columns, and an excerpt of the rows where it is shown.

    `headings` are the columns of the excerpt, and `hidden` how many columns it leaves out;
    `constants` the other columns with their only value.
    `narrower` are the classes of other tables of the file that have no other resources.
    """

    label: Texts
    columns: tuple[SampleColumn, ...]
    rows: tuple[tuple[SampleCell, ...], ...]
    kind: str = ""
    headings: tuple[SampleColumn, ...] = ()
    constants: tuple[tuple[SampleColumn, SampleCell], ...] = ()
    narrower: tuple[str, ...] = ()
    hidden: int = 0

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind, *self.narrower)

    @property
    def terms(self) -> frozenset[str]:
        """The classes and the properties."""
        return frozenset({*self.kinds, *(c.property for c in self.columns if c.property)})


@dataclass(frozen=True)
class TableDescription:
    """A table of a dataset's files: its name there, the label of its class, and its columns."""

    name: str
    label: Texts
    columns: tuple[SampleColumn, ...]


def describe_tables(file: Path) -> list[TableDescription]:
    """Return the tables of a dataset's ``csv.zip``, as its description has them (CSVW)."""
    with ZipFile(file) as archive:
        tables = json.loads(archive.read(CSVW_NAME))["tables"]
    kinds = [table.get("dc:subject", {}).get("@id", "") for table in tables]
    return [
        TableDescription(
            table["url"].removesuffix(".csv"),
            load_words().of_term(kind),
            tuple(_read_column(column, kind) for column in table["tableSchema"]["columns"]),
        )
        for table, kind in zip(tables, kinds, strict=True)
    ]


@lru_cache(CACHED)
def read_sample(file: Path, _sha256: str) -> tuple[SampleTable, ...]:
    """Read a dataset's tables from its ``csv.zip`` (CSVW); the digest is part of the cache key.

    The widest table comes first: it is most often what the dataset is about.
    """
    tables: list[SampleTable] = []
    # An entity is in the table of each of its classes: narrower classes repeat the rows of wider.
    ids: list[set[str]] = []
    with ZipFile(file) as archive:
        descriptions = json.loads(archive.read(CSVW_NAME))["tables"]
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        descriptions.sort(
            key=lambda table: (-len(table["tableSchema"]["columns"]), -sizes[table["url"]])
        )
        for table in descriptions:
            kind = table.get("dc:subject", {}).get("@id", "")
            columns = tuple(_read_column(c, kind) for c in table["tableSchema"]["columns"])
            with archive.open(table["url"]) as stream:
                lines = list(islice(_read_csv_rows(stream), 1, 1 + READ_ROWS))
            table_ids = {line[0] for line in lines if line}
            wider = next(
                (at for at, wide in enumerate(ids) if table_ids and table_ids <= wide), None
            )
            if wider is not None:
                wide_table = tables[wider]
                # A class of another vocabulary may have no words, as schema:CreativeWork.
                nameless = wide_table.kind not in load_words().terms
                label = load_words().of_term(kind) if nameless else wide_table.label
                narrower = (*wide_table.narrower, kind)
                tables[wider] = replace(wide_table, label=label, narrower=narrower)
                continue
            ids.append(table_ids)
            label = load_words().of_term(kind)
            if len(tables) < TABLES:
                excerpt = _Excerpt.of(columns, lines)
                names = _read_names(archive, descriptions, excerpt.values)
                tables.append(excerpt.to_table(label, kind, names))
            else:
                tables.append(SampleTable(label, columns, (), kind))
    return tuple(tables)


@dataclass(frozen=True)
class _Excerpt:
    """Some rows of a table, far from one another, and the columns in which they differ.

    `positions` are those of the columns that are shown, `constant` those with one value only.
    """

    columns: tuple[SampleColumn, ...]
    lines: list[list[str]]
    positions: list[int]
    constant: list[int]

    @classmethod
    def of(cls, columns: tuple[SampleColumn, ...], lines: list[list[str]]) -> Self:
        lines = [line for line in lines if len(line) == len(columns)]
        values = [{line[at] for line in lines} for at in range(len(columns))]
        # Of one row, nothing differs: all of it is shown.
        differs = [len(column_values) > 1 or len(lines) == 1 for column_values in values]
        # An entity's own column shows its name already: no name is shown twice.
        positions = [
            at
            for at in range(len(columns))
            if differs[at] and not (at and columns[0].name == ID and columns[at].property in NAMES)
        ]
        positions.sort(key=lambda at: columns[at].datatype not in DATES)
        constant = [at for at in range(len(columns)) if not differs[at] and any(values[at])]
        # The rows of a file are in the order of their identifiers: neighbours are alike.
        step = max(1, len(lines) // ROWS)
        return cls(columns, lines[::step][:ROWS], positions, constant)

    @property
    def values(self) -> set[str]:
        return {
            value
            for line in self.lines
            for text, column in zip(line, self.columns, strict=True)
            for value in column.values(text)
        }

    def to_table(self, label: Texts, kind: str, names: Mapping[str, Texts]) -> SampleTable:
        """Return the table; `names` are those of the IRIs that another table of the file names."""

        def cell(line: list[str], at: int) -> SampleCell:
            return _parse_cell(line[at], self.columns[at], names)

        return SampleTable(
            label,
            self.columns,
            tuple(tuple(cell(line, at) for at in self.positions) for line in self.lines),
            kind,
            tuple(self.columns[at] for at in self.positions),
            tuple(
                (self.columns[at], cell(self.lines[0], at))
                for at in self.constant
                if self.lines and self.columns[at].property != str(RDF.type)
            ),
        )


def _read_names(
    archive: ZipFile, descriptions: Iterable[dict[str, Any]], iris: set[str]
) -> dict[str, Texts]:
    """Return the names that the file itself has for some IRIs, in the first rows of its tables."""
    names: dict[str, Texts] = {}
    for table in descriptions:
        columns = table["tableSchema"]["columns"]
        naming_columns = [
            (position, column.get("lang") or "fr")
            for naming_property in NAMING
            for position, column in enumerate(columns)
            if column.get("propertyUrl") == naming_property
        ]
        if naming_columns:
            with archive.open(table["url"]) as stream:
                for row in islice(_read_csv_rows(stream), 1, READ_ROWS):
                    if row and row[0] in iris:
                        # Reversed, so that the first naming property of a language prevails.
                        texts = {lang: row[at] for at, lang in reversed(naming_columns) if row[at]}
                        names.setdefault(row[0], texts)
    return {iri: texts for iri, texts in names.items() if texts}


def name_cells(
    tables: Iterable[SampleTable], names: Mapping[str, Texts]
) -> tuple[SampleTable, ...]:
    """Name the IRIs that the file does not name itself: those of the partners."""

    def rename(cell: SampleCell) -> SampleCell:
        text = names.get(cell.iri) if cell.iri else None
        return replace(cell, text=text, named=True) if text else cell

    return tuple(
        replace(
            table,
            rows=tuple(tuple(map(rename, row)) for row in table.rows),
            constants=tuple((column, rename(cell)) for column, cell in table.constants),
        )
        for table in tables
    )


def select_columns(tables: Iterable[SampleTable], lang: str) -> tuple[SampleTable, ...]:
    """Return the excerpts as a page of a language shows them.

    Identifiers without a name are left out, and so are texts in another language and what is beyond
    the width of a page: the columns stay that differ most. A table of one row says little beside
    larger tables.
    """
    table_list = tuple(tables)
    rows = 1 if any(len(table.rows) > 1 for table in table_list) else 0
    return tuple(
        _select_table_columns(table, lang)
        if len(table.rows) > rows
        else replace(table, rows=(), headings=(), constants=())
        for table in table_list
    )


def _select_table_columns(table: SampleTable, lang: str) -> SampleTable:
    def sameness(at: int) -> int:
        return -len({choose_text(lang, row[at].text) for row in table.rows} - {""})

    def is_shown(at: int) -> bool:
        cells = [row[at] for row in table.rows]
        foreign = table.headings[at].lang not in {None, lang}
        return not foreign and any(cell.named and choose_text(lang, cell.text) for cell in cells)

    positions = [at for at in range(len(table.headings)) if is_shown(at)]
    fullest = sorted(positions, key=sameness)[:WIDTH]
    shown = [at for at in positions if at in fullest]
    return replace(
        table,
        headings=tuple(table.headings[at] for at in shown),
        rows=tuple(tuple(row[at] for at in shown) for row in table.rows),
        constants=tuple(
            (column, cell)
            for column, cell in table.constants
            if cell.named and column.lang in {None, lang}
        ),
        hidden=len(table.headings) - len(shown),
    )


def _read_column(description: dict[str, Any], kind: str) -> SampleColumn:
    iri = description.get("propertyUrl")
    name = both(NAME) if description["name"] == ID else {"en": description["name"]}
    label = load_words().of_property(iri, [kind]) if iri else name
    datatype = description.get("datatype", "string")
    return SampleColumn(
        name=description["name"],
        label=label,
        meaning=meanings().get((kind, iri), meanings().get(("", iri), {})) if iri else {},
        datatype=datatype if isinstance(datatype, str) else datatype.get("base", "string"),
        lang=description.get("lang"),
        property=iri,
        separator=description.get("separator"),
    )


def _read_csv_rows(stream: IO[bytes]) -> Iterator[list[str]]:
    return csv.reader(io.TextIOWrapper(stream, encoding="utf-8", newline=""))


def _parse_cell(text: str, column: SampleColumn, names: Mapping[str, Texts]) -> SampleCell:
    if column.datatype != "anyURI" or not text:
        return SampleCell(dict.fromkeys(LANGUAGES, _shorten(text)))
    iris = column.values(text)
    label_list = [
        concept_labels(iri)
        if iri.startswith(str(CONCEPT))
        else dict(names.get(iri) or load_words().terms.get(iri) or {})
        for iri in iris
    ]
    named = any(label_list)
    labels = [
        texts or {"en": last_segment(iri)} for iri, texts in zip(iris, label_list, strict=True)
    ]
    if len(iris) == 1:
        return SampleCell(labels[0], iris[0], named)
    return SampleCell(
        {
            lang: _shorten(", ".join(choose_text(lang, texts) for texts in labels))
            for lang in LANGUAGES
        },
        named=named,
    )


def _shorten(text: str) -> str:
    return text if len(text) <= CELL_LENGTH else f"{text[:CELL_LENGTH]}…"


@cache
def meanings() -> dict[tuple[str, str], Texts]:
    """Return the definitions of properties, by class (``""`` for any class) and property.

    Those of the shapes, which are specific to a class, come before the ontology's.
    """
    shapes, definitions = submission_shapes(), dict[tuple[str, str], Texts]()
    for shape, kind in shapes.subject_objects(SH.targetClass):
        for part in shapes.objects(shape, SH.property):
            texts = read_texts(shapes, part, SH.description)
            for path in shapes.objects(part, SH.path):
                definitions.setdefault((str(kind), str(path)), texts)
                definitions.setdefault(("", str(path)), texts)
    for term in set(ontology().subjects(SKOS.definition)):
        texts = read_texts(ontology(), term, SKOS.definition)
        definitions.setdefault(("", str(term)), texts)
    return definitions

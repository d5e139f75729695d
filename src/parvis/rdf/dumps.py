"""Files of a dataset to download: RDF in three forms, tables by class as CSV, workbook and Parquet.

They are made of the record's file of N-Triples, one form at a time, in a process of its own:
``python -I -m parvis.rdf.dumps``. A request is ``{"path": file of N-Triples, "dataset": IRI,
"graph": IRI, "ending": form, "to": file, "escape": true to escape formulas in CSV}``; Parquet goes
into a folder, a file per class. Everything streams: a dataset of any size needs only the memory of
its widest entity, or in Parquet of the rows of a group; a small one is read once for all tables.
"""

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pyoxigraph as ox

from parvis.errors import SheetError
from parvis.rdf.entities import STRING, RdfValue, entities
from parvis.rdf.files import read_quads
from parvis.rdf.formats import CSVW_NAME, PARQUET_ENDING
from parvis.rdf.streams import is_canonical, read_quad_lines
from parvis.report import parquet
from parvis.report.delimited import escape_formula
from parvis.report.tables import (
    CELLS,
    Link,
    Value,
    to_cell,
    too_many_cells,
    write_sheets,
)
from parvis.sandbox.serving import serve
from parvis.vocab import PREFIXES

ESCAPED = (
    "An apostrophe stands before a text that a spreadsheet would calculate: it is no part of it."
)
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The instant of every file of an archive, so that equal content gives equal bytes."""
PIECE = 1_000_000
LEVEL = 6


def write(job: dict[str, Any]) -> None:
    """Write one form, chosen by ``ending``. Raises `ParvisError`."""
    path = Path(job["path"])
    if job["ending"] == PARQUET_ENDING:
        write_columns(path, Path(job["to"]))
        return
    with Path(job["to"]).open("w+b") as file:
        match job["ending"]:
            case "nq.gz":
                write_quads(path, job["graph"], file)
            case "ttl":
                ox.serialize(read_quads(path), file, ox.RdfFormat.TURTLE, prefixes=PREFIXES)
            case "jsonld":
                ox.serialize(read_quads(path), file, ox.RdfFormat.JSON_LD)
            case "csv.zip":
                write_archive(path, job["dataset"], file, escape=job.get("escape", False))
            case _:
                write_book(path, file)


def write_quads(path: Path, graph: str, file: IO[bytes]) -> None:
    """Write N-Quads in gzip, all in one graph; equal content gives equal bytes."""
    # No name and no time in the header, so that equal content gives equal bytes.
    with gzip.GzipFile("", "wb", compresslevel=LEVEL, fileobj=file, mtime=0) as archive:
        for block in read_quad_lines(path, graph):
            # The engine writes these lines as they are.
            if is_canonical(block):
                archive.write(block)
            else:
                quads = ox.parse(block, ox.RdfFormat.N_QUADS)
                archive.write(ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"")


# The tables of a dataset: one per class, with a column per property and language.

TABLES = 200
COLUMNS = 1_000
"""The greatest numbers of tables, and of columns of one."""
SEPARATORS = ("|", ";", "¦", "\u241f")
"""Separators of the values of a cell; the first that no value contains is used."""
_SEPARATORS = re.compile(f"[{''.join(SEPARATORS)}]")
UNTYPED = ""
TYPE = f"{PREFIXES['rdf']}type"
# Columns that name an entity come first.
FIRST = ("type", "name", "label", "prefLabel", "title")
_WORD = re.compile(r"\W+", re.ASCII)
_LOCAL = re.compile(r"[^/#:]*$")


Values = dict[tuple[str, str], list[RdfValue]]
"""The values of an entity by property and language."""


@dataclass
class DumpColumn:
    """One property in one language: the datatypes of its values, and whether cells have several."""

    step: str
    language: str
    name: str = ""
    several: bool = False
    datatypes: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)
    type: parquet.ValueType | None = None

    @property
    def datatype(self) -> str:
        """Return the datatype that all values have, empty for IRIs, else xsd:string."""
        return next(iter(self.datatypes)) if len(self.datatypes) == 1 else STRING

    @property
    def separator(self) -> str | None:
        """Return the separator of values; None where every cell has one at most."""
        if not self.several:
            return None
        usable = (sign for sign in SEPARATORS if sign not in self.unusable)
        return next(usable, SEPARATORS[-1])

    def add_values(self, values: Sequence[RdfValue]) -> None:
        """Account for the values of one entity."""
        self.several = self.several or len(values) > 1
        for text, datatype, _ in values:
            self.datatypes.add(datatype)
            if self.type is not parquet.TEXT:
                self.type = parquet.common_type(self.type, text, datatype)
            if signs := _SEPARATORS.findall(text):
                self.unusable.update(signs)


@dataclass
class DumpTable:
    """The entities of one class; `name` and the names of columns are set after reading them all."""

    kind: str
    name: str = ""
    rows: int = 0
    columns: dict[tuple[str, str], DumpColumn] = field(default_factory=dict)

    def add_entity(self, values: Values) -> None:
        """Account for one entity. Raises `SheetError`."""
        self.rows += 1
        for (step, language), terms in values.items():
            column = self.columns.setdefault((step, language), DumpColumn(step, language))
            column.add_values(terms)
        if len(self.columns) > COLUMNS:
            raise SheetError("a table has no more than {limit} columns", limit=COLUMNS)

    def name_columns(self) -> None:
        """Name the columns, and order them by these names alone."""
        names = _choose_names([(c.step, c.language) for c in self.columns.values()], {"id"})
        for key, column in self.columns.items():
            column.name = names[key]

        def rank(entry: tuple[tuple[str, str], DumpColumn]) -> tuple[int, str]:
            name = entry[1].name
            stem = name.partition("_")[0]
            return (FIRST.index(stem) if stem in FIRST else len(FIRST), name)

        self.columns = dict(sorted(self.columns.items(), key=rank))


SMALL = 250_000
"""Bytes of a file whose entities stay in memory for the next form: a hundred times as many."""


def read_values(path: Path) -> Iterable[tuple[str, Values]]:
    """Read each entity with its values."""
    if path.stat().st_size <= SMALL:
        return _read_small(path)
    return ((subject, group_values(statements)) for subject, statements in entities(path))


@lru_cache(maxsize=1)  # the forms of a dataset follow each other
def _read_small(path: Path) -> Sequence[tuple[str, Values]]:
    return [(subject, group_values(statements)) for subject, statements in entities(path)]


@lru_cache(maxsize=1)  # the same
def read_tables(path: Path) -> tuple[DumpTable, ...]:
    """Read all entities once; an entity of several classes is a row of each class's table.

    Raises `SheetError` for too many tables or columns.
    """
    tables: dict[str, DumpTable] = {}
    for _, values in read_values(path):
        for kind in kinds(values):
            tables.setdefault(kind, DumpTable(kind)).add_entity(values)
        if len(tables) > TABLES:
            raise SheetError("a dataset has no more than {limit} tables", limit=TABLES)
    names = _choose_names([(kind, "") for kind in tables], set())
    for kind, table in tables.items():
        table.name = names[kind, ""] if kind else "untyped"
        table.name_columns()
    return tuple(sorted(tables.values(), key=lambda table: table.name.casefold()))


def group_values(
    statements: Iterable[tuple[str, RdfValue]],
) -> Values:
    """Return an entity's values by property and language."""
    values: Values = {}
    for step, value in statements:
        values.setdefault((step, value.language), []).append(value)
    return values


def kinds(values: Values) -> list[str]:
    """Return the classes of an entity."""
    return [term.text for term in values.get((TYPE, ""), ())] or [UNTYPED]


def _choose_names(terms: list[tuple[str, str]], taken: set[str]) -> dict[tuple[str, str], str]:
    """Name terms by the end of their IRI and their language; shared names are numbered."""
    plain = {}
    for iri, language in terms:
        # A name is valid for a file, a sheet and a variable (CSVW: Metadata §5.1.1).
        end = _LOCAL.search(iri.rstrip("/#"))
        stem = _WORD.sub("_", end[0] if end else "").strip("_") or "value"
        # The name of a sheet has at most 31 characters, and a number may follow.
        short = f"{stem[:24]}_{_WORD.sub('_', language)}" if language else stem[:27]
        plain[iri, language] = short
    uses = Counter(name.casefold() for name in plain.values())
    numbers: Counter[str] = Counter()
    names = {}
    for term in sorted(terms):
        name = plain[term]
        if uses[name.casefold()] > 1 or name in taken:
            numbers[name.casefold()] += 1
            name = f"{name}_{numbers[name.casefold()]}"
        names[term] = name
    return names


def metadata(tables: Sequence[DumpTable], dataset: str, *, escaped: bool = False) -> dict[str, Any]:
    """Describe all tables of a dataset, and whether their texts are escaped."""
    note = {"dc:description": ESCAPED} if escaped else {}
    identifier = {
        "name": "id",
        "titles": "id",
        "datatype": "anyURI",
        "required": True,
        "suppressOutput": True,  # the cell is the subject, not a value
    }
    descriptions = []
    for table in tables:
        columns = [identifier, *map(_describe_column, table.columns.values())]
        description = {
            "url": f"{table.name}.csv",
            # Each row is about the entity that its first cell names.
            "tableSchema": {"columns": columns, "primaryKey": "id", "aboutUrl": "{+id}"},
        }
        subject = {"dc:subject": {"@id": table.kind}} if table.kind else {}
        descriptions.append(description | subject)
    return note | {
        "@context": "http://www.w3.org/ns/csvw",
        "dc:isPartOf": {"@id": dataset},
        "tables": descriptions,
    }


def _describe_column(column: DumpColumn) -> dict[str, Any]:
    # XML Schema's datatypes are written by their own name (§5.11), others by their IRI; a text in
    # a language has no datatype of its own in CSVW.
    datatype: str | dict[str, str] = {"base": "string", "@id": column.datatype}
    if column.language:
        datatype = "string"
    elif not column.datatype:
        datatype = "anyURI"
    elif column.datatype.startswith(PREFIXES["xsd"]):
        datatype = column.datatype.removeprefix(PREFIXES["xsd"])
    description: dict[str, Any] = {
        "name": column.name,
        "titles": column.name,
        "propertyUrl": column.step,
        "datatype": datatype,
    }
    if column.language:
        description["lang"] = column.language
    if column.separator:
        description["separator"] = column.separator
    elif not column.datatype:
        description["valueUrl"] = f"{{+{column.name}}}"
    return description


def write_archive(path: Path, dataset: str, file: IO[bytes], *, escape: bool = False) -> None:
    """Write a zip of a CSV (RFC 4180, UTF-8) per class, and their description (CSVW).

    Values are exact, for programs, unless `escape` puts an apostrophe before text that a
    spreadsheet would calculate; the description then says so. Raises `SheetError`.
    """
    tables = read_tables(path)
    description = json.dumps(
        metadata(tables, dataset, escaped=escape), ensure_ascii=False, indent=1
    )
    cell = _join
    if escape:
        # So that no spreadsheet calculates a value.
        cell = lambda column, values: escape_formula(_join(column, values))  # noqa: E731 - one line
    with TemporaryDirectory(dir=Path(file.name).parent) as folder, ZipFile(file, "w") as archive:
        with ExitStack() as stack:
            writers = {}  # entities come in the order of their IRIs, not by class
            for table in tables:
                sheet = _csv_path(folder, table).open("w", encoding="utf-8", newline="")
                writers[table.name] = csv.writer(stack.enter_context(sheet))
                writers[table.name].writerow(_headings(table))
            for name, row in _rows(path, tables, cell):
                writers[name].writerow(row)
        _add(archive, CSVW_NAME, [description.encode()])
        for table in tables:
            with _csv_path(folder, table).open("rb") as body:
                _add(archive, f"{table.name}.csv", iter(partial(body.read, PIECE), b""))


def _csv_path(folder: str, table: DumpTable) -> Path:
    return Path(folder) / f"{table.name}.csv"


def write_book(path: Path, file: IO[bytes]) -> None:
    """Write a workbook of a sheet per class. Raises `SheetError` if a sheet cannot hold a table."""
    tables = read_tables(path)
    if sum(table.rows * (len(table.columns) + 1) for table in tables) > CELLS:
        raise too_many_cells()
    headings = {table.name: _headings(table) for table in tables}
    with TemporaryDirectory(dir=Path(file.name).parent) as folder:
        write_sheets(file, headings, _rows(path, tables, _type_cell), Path(folder))


def write_columns(path: Path, folder: Path) -> None:
    """Write a Parquet file per class into a folder, which is created; cells of several are lists.

    Raises `SheetError`.
    """
    tables = read_tables(path)
    folder.mkdir(parents=True)
    with TemporaryDirectory(dir=folder.parent) as place, ExitStack() as stack:
        lines = {}  # entities come in the order of their IRIs, not by class
        for table in tables:
            spool = (Path(place) / table.name).open("w+", encoding="utf-8")
            lines[table.name] = stack.enter_context(spool)
        for name, row in _rows(path, tables, _type_value, ()):
            lines[name].write(f"{json.dumps(row)}\n")
        for table in tables:
            lines[table.name].seek(0)
            columns = [
                parquet.Column(column.name, column.type or parquet.TEXT, column.several)
                for column in table.columns.values()
            ]
            with (folder / f"{table.name}.{PARQUET_ENDING}").open("wb") as file:
                parquet.write_table(
                    file,
                    [parquet.Column("id", parquet.TEXT), *columns],
                    map(json.loads, lines[table.name]),
                )


def _type_value(column: DumpColumn, values: list[RdfValue]) -> object:
    read = (column.type or parquet.TEXT).read
    cells = [read(value.text) for value in values]
    return cells if column.several else cells[0]


def _rows(
    path: Path,
    tables: Sequence[DumpTable],
    cell: Callable[[DumpColumn, list[RdfValue]], Any],
    nothing: Any = None,  # noqa: ANN401 - the cell of several values, which is empty
) -> Iterator[tuple[str, list[Any]]]:
    """Yield each row with the name of its table.

    A cell without a value is None, or `nothing` in a column with cells of several.
    """
    by_kind = {table.kind: table for table in tables}
    for subject, values in read_values(path):
        for kind in kinds(values):
            columns = by_kind[kind].columns.items()
            row = [
                cell(column, values[key])
                if key in values
                else (nothing if column.several else None)
                for key, column in columns
            ]
            yield by_kind[kind].name, [subject, *row]


def _headings(table: DumpTable) -> list[str]:
    return ["id", *(column.name for column in table.columns.values())]


def _join(column: DumpColumn, values: list[RdfValue]) -> str:
    if len(values) == 1:
        return values[0].text
    return (column.separator or "").join(value.text for value in values)


def _type_cell(column: DumpColumn, values: list[RdfValue]) -> Value:
    """Return a number, a date or a link where a cell has one value."""
    # Several values are one text, as in CSV.
    if len(values) != 1:
        return _join(column, values)
    (value,) = values
    return to_cell(value.text, value.datatype) if value.datatype else Link(value.text)


def _add(archive: ZipFile, name: str, pieces: Iterator[bytes] | list[bytes]) -> None:
    info = ZipInfo(name, EPOCH)
    info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as entry:
        for piece in pieces:
            entry.write(piece)


if __name__ == "__main__":
    serve(write)

"""Write a dataset's file of N-Triples in one of the forms to download.

In a process of its own it is ``python -I -m parvis.rdf.dumps.forms``. A request is ``{"path": file
of N-Triples, "dataset": IRI, "graph": IRI, "ending": form, "to": file, "escape": true to escape
formulas in CSV}``.
"""

import csv
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pyoxigraph as ox

from parvis.rdf.dumps.columns import (
    DumpColumn,
    DumpTable,
    RdfValue,
    entities,
    group_values,
    kinds,
    tables_of,
)
from parvis.rdf.files import read_quads
from parvis.report.tables import Link, Value, escape_formula, to_cell, write_sheets
from parvis.report.tables.workbook import CELLS, too_many_cells
from parvis.sandbox.serving import serve
from parvis.vocab.prefixes import PREFIXES

NAME = "csv-metadata.json"
"""The standard name of the description of the files in a folder (Tabular Data Model §5.3)."""

ESCAPED = (
    "An apostrophe stands before a text that a spreadsheet would calculate: it is no part of it."
)


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


EPOCH = (1980, 1, 1, 0, 0, 0)
"""The instant of every file of an archive, so that equal content gives equal bytes."""
PIECE = 1_000_000
LEVEL = 6


def write_archive(path: Path, dataset: str, file: IO[bytes], *, escape: bool = False) -> None:
    """Write a zip of a CSV (RFC 4180, UTF-8) per class, and their description (CSVW).

    Values are exact, for programs, unless `escape` puts an apostrophe before text that a
    spreadsheet would calculate; the description then says so. Raises `SheetError`.
    """
    tables = tables_of(entities(path))
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
        _add(archive, NAME, [description.encode()])
        for table in tables:
            with _csv_path(folder, table).open("rb") as body:
                _add(archive, f"{table.name}.csv", iter(partial(body.read, PIECE), b""))


def _csv_path(folder: str, table: DumpTable) -> Path:
    return Path(folder) / f"{table.name}.csv"


def write_book(path: Path, file: IO[bytes]) -> None:
    """Write a workbook of a sheet per class. Raises `SheetError` if a sheet cannot hold a table."""
    tables = tables_of(entities(path))
    # Checked before writing, which may take long.
    if sum(table.rows * (len(table.columns) + 1) for table in tables) > CELLS:
        raise too_many_cells()
    headings = {table.name: _headings(table) for table in tables}
    with TemporaryDirectory(dir=Path(file.name).parent) as folder:
        write_sheets(file, headings, _rows(path, tables, _type_cell), Path(folder))


def _rows(
    path: Path, tables: Sequence[DumpTable], cell: Callable[[DumpColumn, list[RdfValue]], Value]
) -> Iterator[tuple[str, list[Value]]]:
    """Yield each row with the name of its table."""
    by_kind = {table.kind: table for table in tables}
    for subject, statements in entities(path):
        values = group_values(statements)
        for kind in kinds(values):
            columns = by_kind[kind].columns.items()
            row = [cell(column, values[key]) if key in values else None for key, column in columns]
            yield by_kind[kind].name, [subject, *row]


def _headings(table: DumpTable) -> list[str]:
    return ["id", *(column.name for column in table.columns.values())]


def _join(column: DumpColumn, values: list[RdfValue]) -> str:
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


def write_quads(path: Path, graph: str, file: IO[bytes]) -> None:
    """Write N-Quads in gzip, all in one graph; equal content gives equal bytes."""
    graph_name = ox.NamedNode(graph)
    graph_quads = (
        ox.Quad(triple.subject, triple.predicate, triple.object, graph_name)
        for triple in read_quads(path)
    )
    # No name and no time in the header, so that equal content gives equal bytes.
    with gzip.GzipFile("", "wb", compresslevel=LEVEL, fileobj=file, mtime=0) as archive:
        ox.serialize(graph_quads, cast("IO[bytes]", archive), format=ox.RdfFormat.N_QUADS)


def write_turtle(path: Path, file: IO[bytes]) -> None:
    """Write Turtle with the published prefixes."""
    triples = (quad.triple for quad in read_quads(path))
    ox.serialize(triples, file, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)


def write_json_ld(path: Path, file: IO[bytes]) -> None:
    """Write JSON-LD 1.1, expanded, without context."""
    ox.serialize((quad.triple for quad in read_quads(path)), file, format=ox.RdfFormat.JSON_LD)


def write(job: dict[str, Any]) -> None:
    """Write one form, chosen by ``ending``. Raises `ParvisError`."""
    path = Path(job["path"])
    with Path(job["to"]).open("w+b") as file:
        match job["ending"]:
            case "nq.gz":
                write_quads(path, job["graph"], file)
            case "ttl":
                write_turtle(path, file)
            case "jsonld":
                write_json_ld(path, file)
            case "csv.zip":
                write_archive(path, job["dataset"], file, escape=job.get("escape", False))
            case _:
                write_book(path, file)


if __name__ == "__main__":
    serve(write)

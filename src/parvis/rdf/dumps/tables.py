"""Write tables by class as CSV files in one archive, or as the sheets of a workbook."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from parvis.rdf.dumping import RdfValue, entities
from parvis.rdf.dumps.columns import DumpColumn, DumpTable, group_values, kinds, tables_of
from parvis.rdf.dumps.csvw import NAME, metadata
from parvis.report.tables import Link, Value, escape_formula, to_cell, write_sheets
from parvis.report.tables.workbook import CELLS, too_many_cells

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The instant of every file of an archive, so that equal content gives equal bytes."""
PIECE = 1_000_000

Cells = dict[tuple[str, str], list[RdfValue]]


def write_archive(path: Path, dataset: str, file: IO[bytes], *, escape: bool = False) -> None:
    """Write a zip of a CSV (RFC 4180, UTF-8) per class, and their description (CSVW).

    Values are exact, for programs, unless `escape` puts an apostrophe before text that a
    spreadsheet would calculate; the description then says so. Raises `SheetError`.
    """
    tables = tables_of(entities(path))
    description = json.dumps(
        metadata(tables, dataset, escaped=escape), ensure_ascii=False, indent=1
    )
    cell = _escape if escape else _join
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


def _escape(column: DumpColumn, values: list[RdfValue]) -> str:
    """Write the values of a cell so that no spreadsheet calculates them."""
    return escape_formula(_join(column, values))


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

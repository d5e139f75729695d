"""Tables by class, written as CSV files in one archive, or as the sheets of a workbook."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from parvis.rdf.dumping import Term, entities
from parvis.rdf.dumps.columns import Column, Table, grouped, kinds, tables_of
from parvis.rdf.dumps.csvw import NAME, metadata
from parvis.report.tables import Link, Value, escape_formula, typed, write_sheets
from parvis.report.tables.workbook import CELLS, too_many

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The instant of every file of an archive: equal content, equal bytes."""
PIECE = 1_000_000

Cells = dict[tuple[str, str], list[Term]]


def write_archive(path: Path, dataset: str, file: IO[bytes], *, escape: bool = False) -> None:
    """Write a zip of a CSV (RFC 4180, UTF-8) per class, and their description (CSVW).

    Values are exact, for programs, unless `escape` puts an apostrophe before what a spreadsheet
    would calculate; the description then says so. Raises `SheetError`.
    """
    tables = tables_of(entities(path))
    told = json.dumps(metadata(tables, dataset, escaped=escape), ensure_ascii=False, indent=1)
    with TemporaryDirectory(dir=Path(file.name).parent) as folder, ZipFile(file, "w") as archive:
        _write_files(path, tables, Path(folder), _escaped if escape else _joined)
        _add(archive, NAME, [told.encode()])
        for table in tables:
            with (Path(folder) / f"{table.name}.csv").open("rb") as one:
                _add(archive, f"{table.name}.csv", iter(lambda one=one: one.read(PIECE), b""))  # type: ignore[misc] # mypy cannot infer the default


def write_book(path: Path, file: IO[bytes]) -> None:
    """Write a workbook of a sheet per class; raises `SheetError` for what a sheet cannot hold."""
    tables = tables_of(entities(path))
    if sum(table.rows * (len(table.columns) + 1) for table in tables) > CELLS:
        raise too_many()
    headings = {table.name: _headings(table) for table in tables}
    with TemporaryDirectory(dir=Path(file.name).parent) as folder:
        write_sheets(file, headings, _rows(path, tables, _typed), Path(folder))


def _write_files(
    path: Path, tables: Sequence[Table], folder: Path, cell: Callable[[Column, list[Term]], Value]
) -> None:
    """Write one CSV per table into a folder."""
    with ExitStack() as opened:
        writers = {}
        for table in tables:
            file = (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="")
            writers[table.name] = csv.writer(opened.enter_context(file))
            writers[table.name].writerow(_headings(table))
        for name, row in _rows(path, tables, cell):
            writers[name].writerow(row)


def _rows(
    path: Path, tables: Sequence[Table], cell: Callable[[Column, list[Term]], Value]
) -> Iterator[tuple[str, list[Value]]]:
    """Give each row with the name of its table."""
    by_kind = {table.kind: table for table in tables}
    for subject, said in entities(path):
        values = grouped(said)
        for kind in kinds(values):
            columns = by_kind[kind].columns.items()
            row = [cell(one, values[key]) if key in values else None for key, one in columns]
            yield by_kind[kind].name, [subject, *row]


def _headings(table: Table) -> list[str]:
    """Give the names of a table's columns."""
    return ["id", *(column.name for column in table.columns.values())]


def _joined(column: Column, values: list[Term]) -> str:
    """Write the values of a cell as one text."""
    return (column.separator or "").join(one.text for one in values)


def _escaped(column: Column, values: list[Term]) -> str:
    """Write the values of a cell so that no spreadsheet calculates them."""
    return escape_formula(_joined(column, values))


def _typed(column: Column, values: list[Term]) -> Value:
    """Give a cell as a number, a date or a link, where it holds one value."""
    if len(values) != 1:
        return _joined(column, values)
    (value,) = values
    return typed(value.text, value.datatype) if value.datatype else Link(value.text)


def _add(archive: ZipFile, name: str, pieces: Iterator[bytes] | list[bytes]) -> None:
    """Add a file to an archive, piece by piece."""
    told = ZipInfo(name, EPOCH)
    told.compress_type, told.external_attr = ZIP_DEFLATED, 0o644 << 16
    with archive.open(told, "w", force_zip64=True) as entry:
        for piece in pieces:
            entry.write(piece)

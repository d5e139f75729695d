"""Read all rows of a table in a file, without a mapping: delimited text, spreadsheets and JSON."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.screening.cleaning import Table
from parvis.mapping.sources import ENDINGS
from parvis.mapping.sources.json import load_tree, read_json_lines
from parvis.mapping.sources.nested import collect_values, find_lists
from parvis.mapping.sources.packed import unpack_source
from parvis.mapping.sources.tables import (
    TITLE_ROWS,
    csv_lines,
    fill_merged_cells,
    find_headings,
    join_headings,
)
from parvis.mapping.sources.workbooks import NO_SHEET, open_workbook
from parvis.report import Report

NO_COLUMNS = N_("{file} holds no table: not a single column was found")
NO_TABLE = N_(
    "{file} cannot be cleaned: cleaning reads tables (CSV, spreadsheets, JSON); export it as one"
)


def read_whole_table(file: Path, sheet: str | None = None) -> tuple[Table, tuple[str, ...]]:
    """Return the table of a file, and the names of the sheets of a workbook that were not read.

    Of a workbook, a sheet by its name, else the first that is not much shorter than the longest.
    What stands above the headings is left out. Raises `SourceError`, and `LimitError` for an
    archive that unfolds beyond reason.
    """
    if not file.is_file():
        raise SourceError("there is no file {file}", file=file)
    with unpack_source(LogicalSource("file", "", "csv"), file) as plain:
        formulation = ENDINGS.get(plain.suffix.lower())
        source = LogicalSource("file", "", formulation or "csv", iterator="$")
        if formulation == "table":
            return _read_book(plain, sheet)
        if formulation == "csv":
            lines = [cells for _, cells in csv_lines(source, plain, Report())]
            return _under_headings(plain, lines), ()
        if formulation in {"jsonlines", "jsonpath"}:
            return _read_objects(source, plain), ()
    raise SourceError(NO_TABLE, file=file.name)


@contextmanager
def open_table(
    file: Path, sheet: str | None = None
) -> Iterator[tuple[tuple[str, ...], Iterable[Sequence[str]]]]:
    """Yield the headings of the table of a file, and its rows, as `read_whole_table` reads it.

    Delimited text is read row by row, in bounded memory; its rows may be shorter or longer than
    the headings.
    """
    if not file.is_file() or ENDINGS.get(_plain_ending(file)) != "csv":
        table, _ = read_whole_table(file, sheet)
        yield table.headings, table.rows
        return
    source = LogicalSource("file", "", "csv")
    with unpack_source(source, file) as plain:
        lines = (cells for _, cells in csv_lines(source, plain, Report()))
        first = list(islice(lines, 2 * TITLE_ROWS))
        header = _find_header(plain, first)
        headings, below = _read_headings(first, header)
        yield _name_apart(headings), chain(first[below:], lines)


def _plain_ending(file: Path) -> str:
    return file.with_suffix("").suffix.lower() if file.suffix == ".gz" else file.suffix.lower()


def _read_book(file: Path, sheet: str | None) -> tuple[Table, tuple[str, ...]]:
    book = open_workbook(file)
    names = list(book.names)
    if sheet is not None and sheet not in names:
        raise SourceError(NO_SHEET, file=file.name, sheet=sheet, names=", ".join(names))
    sheets = {name: book.read(name) for name in [sheet or name for name in names]}
    lines = {name: list(content.lines()) for name, content in sheets.items()}
    # What explains a table is shorter.
    longest = max(map(len, lines.values()))
    name = next(name for name in lines if 2 * len(lines[name]) >= longest)
    header = (find_headings(lines[name][: 2 * TITLE_ROWS]) or 0) + 1
    filled = fill_merged_cells(lines[name], sheets[name].merged_cells, header)
    others = tuple(other for other in names if other != name)
    return _under_headings(file, [cells for _, cells in filled]), others


def _under_headings(file: Path, lines: Sequence[Sequence[str]]) -> Table:
    cells, below = _read_headings(lines, _find_header(file, lines))
    rows = [line for line in lines[below:] if any(map(str.strip, line))]
    width = max(map(len, [cells, *rows]))
    # A short row ends with blanks, a long one has columns without a heading.
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    return Table(_name_apart([*cells, *[""] * (width - len(cells))]), rows)


def _find_header(file: Path, lines: Sequence[Sequence[str]]) -> int:
    header = find_headings(lines[: 2 * TITLE_ROWS])
    if header is None:
        raise SourceError(NO_COLUMNS, file=file.name)
    return header


def _read_headings(lines: Sequence[Sequence[str]], header: int) -> tuple[Sequence[str], int]:
    """Return the headings, and the position of the line below them."""
    joined = join_headings(lines, header)
    return (joined, header + 2) if joined else (lines[header], header + 1)


def _name_apart(cells: Sequence[str]) -> tuple[str, ...]:
    """Name columns, those without a heading and those whose heading is repeated by position."""
    names: list[str] = []
    for position, cell in enumerate(cells, 1):
        heading = " ".join(cell.split())
        if not heading:
            heading = f"colonne {position}"
        names.append(f"{heading} {position}" if heading in names else heading)
    return tuple(names)


def _read_objects(source: LogicalSource, file: Path) -> Table:
    """Return a table of the objects of a file; several values under a name stand in one cell."""
    objects: Sequence[Mapping[str, object]]
    if source.formulation == "jsonlines":
        objects = [row.cells for row in read_json_lines(source, file, set(), Report())]
    else:
        lists = find_lists(load_tree(file, None, Report()))
        objects = next((objects for _, objects in lists if objects), [])
    rows = [collect_values([item]) for item in objects]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise SourceError(NO_COLUMNS, file=file.name)
    return Table(tuple(names), [[" · ".join(row.get(name, [])) for name in names] for row in rows])

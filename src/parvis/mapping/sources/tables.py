"""CSV and spreadsheets: rows under headings."""

import csv
import datetime as dt
import fnmatch
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import python_calamine as calamine

from parvis.errors import SourceError
from parvis.i18n import N_, both
from parvis.mapping.plan import Source
from parvis.mapping.rows import Row
from parvis.mapping.sources.text import encoding_of
from parvis.report import Finding, Place, Report, Severity

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = ",;\t|"
CELL_LIMIT = 1_000_000
"""The longest cell, in characters: a longer one is a broken quote, not a value."""

RAGGED = N_("this row has {found} cells under {expected} headings")


def read_csv(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Read a delimited text file (RFC 4180, any delimiter)."""
    encoding = encoding_of(file, source.encoding)
    report.facts[f"{file.name}: encoding"] = encoding
    csv.field_size_limit(CELL_LIMIT)
    with file.open(encoding=encoding, newline="") as stream:
        delimiter = source.delimiter or _delimiter(stream)
        report.facts[f"{file.name}: delimiter"] = delimiter
        lines = csv.reader(stream, delimiter=delimiter, strict=True)
        yield from _rows(source, Place(file.name), _numbered(lines, file), needed, report)


def _numbered(lines: "Reader", file: Path) -> Iterator[tuple[int, list[str]]]:
    """Give each line its number, as a text editor counts; a broken one is an error naming it."""
    start = 1
    try:
        for cells in lines:
            yield start, cells
            start = lines.line_num + 1
    except csv.Error as error:
        raise SourceError(
            "{file}, line {line}: the table is broken there ({reason})",
            file=file.name,
            line=start,
            reason=error,
        ) from error


def _delimiter(stream: io.TextIOBase) -> str:
    """Find the delimiter: the one that cuts the first lines into the most equal columns."""
    sample = [line for line, _ in zip(stream, range(20), strict=False)]
    stream.seek(0)
    return max(DELIMITERS, key=lambda mark: _evenness(sample, mark))


def _evenness(sample: Sequence[str], mark: str) -> tuple[float, int]:
    """Score a delimiter: how many lines have as many cells as the first, then how many cells."""
    try:
        widths = [len(cells) for cells in csv.reader(sample, delimiter=mark)]
    except csv.Error:
        return (0.0, 0)
    if not widths or widths[0] < 2:  # noqa: PLR2004 - one column is not cut at all
        return (0.0, 0)
    return (sum(width == widths[0] for width in widths) / len(widths), widths[0])


def read_table(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Read the sheets of a spreadsheet that the source names (XLSX, XLS, XLSB, ODS)."""
    try:
        book = calamine.CalamineWorkbook.from_path(file)
    except (calamine.CalamineError, OSError) as error:
        raise SourceError(
            "{file} cannot be read as a spreadsheet: {reason}", file=file.name, reason=error
        ) from error
    pattern = source.sheet or book.sheet_names[0]
    names = [name for name in book.sheet_names if fnmatch.fnmatchcase(name, pattern)]
    if not names:
        raise SourceError(
            "{file} has no sheet “{sheet}”; its sheets: {found}",
            file=file.name,
            sheet=pattern,
            found=", ".join(book.sheet_names),
        )
    report.facts[f"{file.name}: sheets"] = ", ".join(names)
    for name in names:
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        lines = ((n, [_text(cell) for cell in line]) for n, line in enumerate(cells, 1))
        yield from _rows(source, Place(file.name, sheet=name), lines, needed, report)


def _text(cell: object) -> str:
    """Write a cell as text: whole numbers without a point, dates in ISO 8601."""
    if isinstance(cell, float):
        return format(cell, ".15g")  # a spreadsheet keeps fifteen digits, the rest is noise
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _rows(
    source: Source,
    place: Place,
    lines: Iterable[tuple[int, list[str]]],
    needed: set[str],
    report: Report,
) -> Iterator[Row]:
    """Give the rows under the headings; a ragged row is reported and left out."""
    names: list[str | None] | None = None
    for number, cells in lines:
        if number < source.header or not any(cell.strip() for cell in cells):
            continue
        if names is None:
            names = _names(source, place, number, cells, needed)
            continue
        if len(cells) != len(names):
            report.add(_ragged(place, number, len(cells), len(names)))
            report.rows += 1
            report.row_errors += 1
            continue
        yield _row(source, place, number, dict(zip(names, cells, strict=True)))
    if names is None:
        raise SourceError(
            "{file} has no row of headings at row {row}", file=place.file, row=source.header
        )


def _row(source: Source, place: Place, number: int, cells: dict[str | None, str]) -> Row:
    """Make a row that knows its place and its sheet."""
    cells.pop(None, None)
    row = Row(
        Place(place.file, sheet=place.sheet, row=number), {k: v for k, v in cells.items() if k}
    )
    if source.sheet_as and place.sheet is not None:
        row.derived[source.sheet_as] = [place.sheet]
    return row


def _names(
    source: Source, place: Place, number: int, cells: Sequence[str], needed: set[str]
) -> list[str | None]:
    """Name the columns, by position if told, and refuse headings that cannot be used."""
    if source.columns:
        names = [source.columns.get(position) for position in range(1, len(cells) + 1)]
    else:
        names = [" ".join(cell.split()) or None for cell in cells]
    used = [name for name in names if name in needed]
    if twice := sorted({name for name in used if name and used.count(name) > 1}):
        raise SourceError(
            "{file}: several columns are headed “{names}”",
            file=place.file,
            names="”, “".join(twice),
        )
    if missing := sorted(needed - {name for name in names if name}):
        raise SourceError(
            "{file}, row {row}: no column “{missing}”; found: {found}",
            file=place.file if place.sheet is None else f"{place.file} [{place.sheet}]",
            row=number,
            missing="”, “".join(missing),
            found=", ".join(name for name in names if name),
        )
    return names


def _ragged(place: Place, number: int, found: int, expected: int) -> Finding:
    """Report a row with more or fewer cells than headings."""
    return Finding(
        Severity.WARNING,
        "ragged-row",
        both(RAGGED, found=found, expected=expected),
        Place(place.file, sheet=place.sheet, row=number),
    )

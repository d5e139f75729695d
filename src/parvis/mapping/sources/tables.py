"""Tables: rows under headings; of delimited text files, and for spreadsheets."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from parvis.errors import SourceError
from parvis.i18n import N_, both, within_quotes
from parvis.mapping.engine.rows import Origin, Row, TableRow
from parvis.mapping.language.plan import Source
from parvis.mapping.sources.text import opened
from parvis.report import Finding, Place, Report, Severity

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = ",;\t|"
CELL_LIMIT = 1_000_000
"""The longest cell, in characters: a longer one is a broken quote, not a value."""
LINE_LIMIT = 16_000_000
"""The longest line, in characters."""

RAGGED = N_("this row has {found} cells under {expected} headings")


def read_csv(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Read a delimited text file (RFC 4180, any delimiter)."""
    numbered = csv_lines(source, file, report)
    yield from rows_under_headings(source, Place(file.name), numbered, needed, report)


def csv_lines(source: Source, file: Path, report: Report) -> Iterator[tuple[int, list[str]]]:
    """Give every line of a delimited text file, with its number."""
    csv.field_size_limit(CELL_LIMIT)
    with opened(file, source.encoding, report) as stream:
        delimiter = source.delimiter or delimiter_of(stream)
        report.facts[f"{file.name}: delimiter"] = delimiter
        lines = csv.reader(_lines(stream, file), delimiter=delimiter, strict=True)
        yield from _numbered(lines, file)


def _lines(stream: TextIO, file: Path) -> Iterator[str]:
    """Give the lines of a text, and refuse what no table has: endless ones, and NUL."""
    for number, line in enumerate(iter(partial(stream.readline, LINE_LIMIT), ""), 1):
        if len(line) == LINE_LIMIT:
            raise SourceError(
                "{file}, line {line}: longer than {limit} characters",
                file=file.name,
                line=number,
                limit=LINE_LIMIT,
            )
        if "\0" in line:
            raise SourceError(
                "{file}, line {line}: a NUL character; the file is damaged, or its encoding "
                "must be told in the mapping",
                file=file.name,
                line=number,
            )
        yield line


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


def delimiter_of(stream: TextIO) -> str:
    """Find the delimiter: the one that cuts the first lines into the most equal columns."""
    sample = [stream.readline(CELL_LIMIT) for _ in range(20)]
    stream.seek(0)
    return max(DELIMITERS, key=lambda mark: _evenness(sample, mark))


def _evenness(sample: Sequence[str], mark: str) -> tuple[float, int]:
    """Score a delimiter: how many lines have as many cells as the first, then how many cells."""
    try:
        widths = [len(cells) for cells in csv.reader(filter(None, sample), delimiter=mark)]
    except csv.Error:
        return (0.0, 0)
    if not widths or widths[0] < 2:  # noqa: PLR2004 - one column is not cut at all
        return (0.0, 0)
    return (sum(width == widths[0] for width in widths) / len(widths), widths[0])


def rows_under_headings(
    source: Source,
    place: Place,
    lines: Iterable[tuple[int, list[str]]],
    needed: set[str],
    report: Report,
) -> Iterator[Row]:
    """Give the rows under the headings; a ragged row is reported and left out."""
    lines = (line for line in lines if any(map(str.strip, line[1])))
    heading = next((line for line in lines if line[0] >= source.header), None)
    if heading is None:
        raise SourceError(
            "{file} has no row of headings at row {row}", file=place.file, row=source.header
        )
    names = _names(source, place, *heading, needed)
    used = needed | source.optional | source.derived  # a field may bear its column's name
    report.headed(_table(place), {name: name in used for name in names if name})
    columns = {name: index for index, name in reversed([*enumerate(names)]) if name}
    origin = Origin.of(source, place.file, place.sheet, columns)
    for number, cells in lines:
        if len(cells) != len(names):
            report.add(_ragged(place, number, len(cells), len(names)))
            report.rows += 1
            report.row_errors += 1
            continue
        row = TableRow(origin, number, cells)
        if source.sheet_as and place.sheet is not None:
            row.derived[source.sheet_as] = [place.sheet]
        yield row


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
            names=within_quotes(twice),
        )
    if missing := sorted(needed - {name for name in names if name}):
        raise SourceError(
            "{file}, row {row}: no column “{missing}”; found: {found}",
            file=_table(place),
            row=number,
            missing=within_quotes(missing),
            found=", ".join(name for name in names if name),
        )
    return names


def _table(place: Place) -> str:
    """Name a file, or a sheet of it."""
    return place.file if place.sheet is None else f"{place.file} [{place.sheet}]"


def _ragged(place: Place, number: int, found: int, expected: int) -> Finding:
    """Report a row with more or fewer cells than headings."""
    return Finding(
        Severity.WARNING,
        "ragged-row",
        both(RAGGED, found=found, expected=expected),
        Place(place.file, sheet=place.sheet, row=number),
    )

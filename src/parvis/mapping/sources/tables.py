"""Tables of delimited text files and of spreadsheets: rows under headings."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

from parvis.errors import SourceError
from parvis.i18n import N_, both, within_quotes
from parvis.mapping.engine.rows import RowOrigin, SourceRow, TableRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources.text import open_text
from parvis.report import Finding, Place, Report, Severity

DELIMITERS = ",;\t|"
CELL_LIMIT = 1_000_000
"""The longest cell, in characters: a longer one is a broken quote, not a value."""
LINE_LIMIT = 16_000_000
"""The longest line, in characters."""

RAGGED = N_("this row has {found} cells under {expected} headings")


def read_csv(
    source: LogicalSource, file: Path, needed: set[str], report: Report
) -> Iterator[SourceRow]:
    """Read a delimited text file (RFC 4180, any delimiter)."""
    numbered = csv_lines(source, file, report)
    yield from rows_under_headings(source, Place(file.name), numbered, needed, report)


def csv_lines(source: LogicalSource, file: Path, report: Report) -> Iterator[tuple[int, list[str]]]:
    """Return every line of a delimited text file, with its number as a text editor counts."""
    csv.field_size_limit(CELL_LIMIT)
    with open_text(file, source.encoding, report) as stream:
        delimiter = source.delimiter or delimiter_of(stream)
        report.facts[f"{file.name}: delimiter"] = delimiter
        lines = csv.reader(_read_lines(stream, file), delimiter=delimiter, strict=True)
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


def _read_lines(stream: TextIO, file: Path) -> Iterator[str]:
    """Return the lines of a text, and refuse those that no table has: endless ones, and NUL."""
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


def delimiter_of(stream: TextIO) -> str:
    """Return the delimiter that splits the first lines into the most equal columns."""
    lines = [stream.readline(CELL_LIMIT) for _ in range(20)]
    stream.seek(0)

    def evenness(delimiter: str) -> tuple[float, int]:
        """Return the share of lines with as many cells as the first, then how many cells."""
        try:
            widths = [len(cells) for cells in csv.reader(filter(None, lines), delimiter=delimiter)]
        except csv.Error:
            return (0.0, 0)
        if not widths or widths[0] < 2:  # noqa: PLR2004 - one column is not split at all
            return (0.0, 0)
        return (sum(width == widths[0] for width in widths) / len(widths), widths[0])

    return max(DELIMITERS, key=evenness)


def rows_under_headings(
    source: LogicalSource,
    place: Place,
    lines: Iterable[tuple[int, list[str]]],
    needed: set[str],
    report: Report,
) -> Iterator[SourceRow]:
    """Return the rows under the headings; a ragged row is reported and left out."""
    # Blank lines are no rows; the first filled line from `header` on has the headings.
    lines = (line for line in lines if any(map(str.strip, line[1])))
    heading = next((line for line in lines if line[0] >= source.header), None)
    if heading is None:
        raise SourceError(
            "{file} has no row of headings at row {row}", file=place.file, row=source.header
        )
    names = _name_columns(source, place, *heading, needed)
    used = needed | source.optional | source.derived_names  # a field may bear its column's name
    report.record_headings(_table_name(place), {name: name in used for name in names if name})
    # The first of several columns with one name counts.
    columns = {name: index for index, name in reversed([*enumerate(names)]) if name}
    origin = RowOrigin.from_source(source, place.file, place.sheet, columns)
    for number, cells in lines:
        if len(cells) != len(names):
            text = both(RAGGED, found=len(cells), expected=len(names))
            row_place = Place(place.file, sheet=place.sheet, row=number)
            report.add(Finding(Severity.WARNING, "ragged-row", text, row_place))
            report.rows += 1
            report.row_errors += 1
            continue
        row = TableRow(origin, number, cells)
        if source.sheet_as and place.sheet is not None:
            row.derived[source.sheet_as] = [place.sheet]
        yield row


def _name_columns(
    source: LogicalSource, place: Place, number: int, cells: Sequence[str], needed: set[str]
) -> list[str | None]:
    """Name the columns, by position if the mapping does, and refuse unusable headings."""
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
            file=_table_name(place),
            row=number,
            missing=within_quotes(missing),
            found=", ".join(name for name in names if name),
        )
    return names


def _table_name(place: Place) -> str:
    return place.file if place.sheet is None else f"{place.file} [{place.sheet}]"

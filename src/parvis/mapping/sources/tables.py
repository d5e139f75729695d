"""Tables: rows under the headings of delimited text files and spreadsheets."""

import csv
import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from parvis.errors import SourceError
from parvis.i18n import N_, both, within_quotes
from parvis.mapping.concepts import fold_text
from parvis.mapping.engine.rows import RowOrigin, SourceRow, TableRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources.text import bounded_lines, open_text
from parvis.mapping.sources.workbooks import NO_SHEET, Area, open_workbook
from parvis.report import Finding, Place, Report, Severity

DELIMITERS = ",;\t|"
TITLE_ROWS = 20
"""Headings stand within the first rows, under a title at most."""
YEAR = re.compile(r"(?:19|20)\d\d")
NO_COLUMN = N_("{file}, row {row}: no column “{missing}”; found: {names}")
MAYBE_RENAMED = N_(
    "{file}, row {row}: no column “{missing}”; renamed, perhaps: {renamed}; found: {names}"
)
NUMBER = re.compile(r"[-+]?[\d\s.,\u00a0\u202f]*\d[\d\s.,%$\u00a0\u202f]*")
CELL_LIMIT = 1_000_000
"""The longest cell, in characters: a longer one is a broken quote, not a value."""
RAGGED = N_("this row has {value} cells under {expected} headings")


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
        lines = csv.reader(bounded_lines(stream, file), delimiter=delimiter, strict=True)
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


def find_headings(lines: Sequence[Sequence[str]]) -> int | None:
    """Return the position of the headings among the first lines; None if all are blank."""
    widths = [sum(bool(cell.strip()) for cell in line) for line in lines]
    # The headings are the first nearly full row of words, or of years: titles fill few cells of
    # their rows, and rows of values hold numbers.
    for index, line in enumerate(lines[:TITLE_ROWS]):
        cells = [cell.strip() for cell in line if cell.strip()]
        words = [cell for cell in cells if not NUMBER.fullmatch(cell) or YEAR.fullmatch(cell)]
        if widths[index] >= 0.6 * max(widths) and len(words) >= 0.8 * len(cells) > 0:
            return index
    return next((index for index, width in enumerate(widths) if width), None)


def join_headings(lines: Sequence[Sequence[str]], header: int) -> list[str] | None:
    """Return headings that stand on two lines, such as a year over what is counted, else None.

    >>> join_headings([["Salle", "2024", "", "2025"], ["", "Billets", "Visites", "Billets"]], 0)
    ['Salle', '2024 Billets', '2024 Visites', '2025 Billets']
    """
    top, below = ([cell.strip() for cell in line] for line in [*lines, []][header : header + 2])
    below += [""] * (len(top) - len(below))
    pairs = list(zip(top, below, strict=False))
    alone = any(over and not under for over, under in pairs)
    under_nothing = any(under and not over for over, under in pairs)
    if not alone or not under_nothing or any(map(NUMBER.fullmatch, below)):
        return None
    headings, over = [], ""
    for position, (upper, lower) in enumerate(pairs):
        over = upper or (over if lower or (position and not upper) else "")
        headings.append(" ".join(filter(None, (over if lower else upper, lower))))
    return headings


def delimiter_of(stream: TextIO) -> str:
    """Return the delimiter that splits the first lines of a text into the most equal columns."""
    lines = [stream.readline(CELL_LIMIT) for _ in range(20)]
    stream.seek(0)
    return find_delimiter(lines)


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that splits lines into the most equal columns."""

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
            text = both(RAGGED, value=len(cells), expected=len(names))
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
        others = [name for name in names if name and name not in needed]
        pairs = ((name, _nearest_heading(name, others)) for name in missing)
        renamed = [f"“{name}” → “{near}”" for name, near in pairs if near]
        raise SourceError(
            MAYBE_RENAMED if renamed else NO_COLUMN,
            file=_table_name(place),
            row=number,
            missing=within_quotes(missing),
            names=", ".join(name for name in names if name),
            renamed=", ".join(renamed),
        )
    return names


def _nearest_heading(name: str, headings: Sequence[str]) -> str | None:
    """Return the heading that is most like a name, None if none is: of a column renamed since."""
    folded = {fold_text(heading): heading for heading in headings}
    wanted = fold_text(name)
    longer = [text for text in folded if wanted in text or text in wanted]
    near = get_close_matches(wanted, longer or folded, n=1, cutoff=0.3 if longer else 0.6)
    return folded[near[0]] if near else None


def _table_name(place: Place) -> str:
    return place.file if place.sheet is None else f"{place.file} [{place.sheet}]"


def read_table(
    source: LogicalSource, file: Path, needed: set[str], report: Report
) -> Iterator[SourceRow]:
    """Read the sheets of a spreadsheet that the source names (XLSX, XLS, XLSB, ODS).

    A formula gives the value it had when the file was saved; an error (``#DIV/0!``) is an empty
    cell. The value of merged cells is repeated over their area (in XLSX and XLS; ODS does not list
    them).
    """
    book = open_workbook(file)
    pattern = source.sheet or book.names[0]
    names = [name for name in book.names if fnmatch.fnmatchcase(name, pattern)]
    if not names:
        raise SourceError(NO_SHEET, file=file.name, sheet=pattern, names=", ".join(book.names))
    report.facts[f"{file.name}: sheets"] = ", ".join(names)
    for name in names:
        sheet = book.read(name)
        lines = fill_merged_cells(sheet.lines(), sheet.merged_cells, source.header)
        yield from rows_under_headings(source, Place(file.name, sheet=name), lines, needed, report)


def fill_merged_cells(
    lines: Iterable[list[str]], areas: Iterable[Area], header: int
) -> Iterator[tuple[int, list[str]]]:
    """Repeat the value of merged cells over their area, and number the rows."""
    areas_by_row: dict[int, list[Area]] = {}
    for area in areas:
        areas_by_row.setdefault(area[0][0], []).append(area)
    open_areas: list[tuple[Area, str]] = []
    for number, cells in enumerate(lines):
        open_areas = [(area, value) for area, value in open_areas if area[1][0] >= number]
        inside = (area for area in areas_by_row.get(number, ()) if area[0][1] < len(cells))
        open_areas += [(area, cells[area[0][1]]) for area in inside]
        for ((_, left), (_, right)), value in open_areas:
            # Above the rows, only downwards: a title over several columns heads none of them.
            end = min(left if number < header else right, len(cells) - 1) + 1
            cells[left:end] = [value] * (end - left)
        yield number + 1, cells

"""JSON Lines: one JSON document a line; a broken line is reported and left out."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from parvis.errors import SourceError
from parvis.i18n import N_, both
from parvis.mapping.engine.rows import Origin, Row
from parvis.mapping.language.plan import Source
from parvis.mapping.sources.text import opened
from parvis.mapping.sources.tree import found_in, parsed, row_of, rows_of
from parvis.report import Finding, Place, Report, Severity

LINE_LIMIT = 16_000_000
"""The longest line, in characters."""
BROKEN = N_("this line is not valid JSON ({reason})")


def read_json_lines(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Read the documents of a JSON Lines file, or the items that the iterator finds in each.

    The row is the line, from 1.
    """
    yield from rows_of(source, file, _rows(source, file, report), needed)


def _rows(source: Source, file: Path, report: Report) -> Iterator[Row]:
    """Give the rows of each line; raises `SourceError` for an endless one."""
    origin = Origin.of(source, file.name)
    with opened(file, source.encoding, report) as stream:
        for number, line in enumerate(iter(partial(stream.readline, LINE_LIMIT), ""), 1):
            if len(line) == LINE_LIMIT:
                raise SourceError(
                    "{file}, line {line}: longer than {limit} characters",
                    file=file.name,
                    line=number,
                    limit=LINE_LIMIT,
                )
            if line.strip():
                yield from _line(source, origin, number, line, report)


def _line(source: Source, origin: Origin, number: int, line: str, report: Report) -> Iterator[Row]:
    """Give the rows of one line."""
    try:
        document = parsed(line)
    except (ValueError, RecursionError) as error:
        text = both(BROKEN, reason=error)
        place = Place(origin.file, row=number)
        report.add(Finding(Severity.WARNING, "bad-json", text, place, value=line[:80].strip()))
        report.rows += 1
        report.row_errors += 1
        return
    for item in found_in(source, document):
        if isinstance(item[2], dict):
            row = row_of(source, origin, item)
            row.number = number
            row.path = None if item[1] == "$" else item[1]
            yield row

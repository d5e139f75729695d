"""JSON Lines: one JSON document a line; a broken line is reported and left out."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from parvis.errors import SourceError
from parvis.i18n import N_, both
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources.text import open_text
from parvis.mapping.sources.tree import find_items, parse_json, row_of, rows_of
from parvis.report import Finding, Place, Report, Severity

LINE_LIMIT = 16_000_000
"""The longest line, in characters."""
BROKEN = N_("this line is not valid JSON ({reason})")


def read_json_lines(
    source: LogicalSource, file: Path, needed: set[str], report: Report
) -> Iterator[SourceRow]:
    """Read the documents of a JSON Lines file, or the items that the iterator finds in each.

    The number of a row is its line's, from 1.
    """
    yield from rows_of(source, file, _read_lines(source, file, report), needed)


def _read_lines(source: LogicalSource, file: Path, report: Report) -> Iterator[SourceRow]:
    origin = RowOrigin.from_source(source, file.name)
    with open_text(file, source.encoding, report) as stream:
        for number, line in enumerate(iter(partial(stream.readline, LINE_LIMIT), ""), 1):
            if len(line) == LINE_LIMIT:
                raise SourceError(
                    "{file}, line {line}: longer than {limit} characters",
                    file=file.name,
                    line=number,
                    limit=LINE_LIMIT,
                )
            if not line.strip():
                continue
            try:
                document = parse_json(line)
            except (ValueError, RecursionError) as error:
                text, place = both(BROKEN, reason=error), Place(origin.file, row=number)
                excerpt = line[:80].strip()
                report.add(Finding(Severity.WARNING, "bad-json", text, place, value=excerpt))
                report.rows += 1
                report.row_errors += 1
                continue
            for item in find_items(source, document):
                if isinstance(item[2], dict):
                    row = row_of(source, origin, item)
                    row.number = number
                    row.path = None if item[1] == "$" else item[1]
                    yield row

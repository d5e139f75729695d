"""Sources: files of every supported kind, read as rows."""

import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import cast

from parvis.errors import SourceError
from parvis.i18n import N_, within_quotes
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.language.plan import Formulation, LogicalSource, Value
from parvis.mapping.sources.packed import unpack_source
from parvis.mapping.sources.text import PAGES
from parvis.report import Report

NO_ITEM = N_("{file}: no item at {iterator} has “{missing}”")
Reader = Callable[[LogicalSource, Path, set[str], Report], Iterator[SourceRow]]

_READERS = {
    "csv": ("tables", "read_csv"),
    "table": ("tables", "read_table"),
    "jsonpath": ("json", "read_json"),
    "xpath": ("xml", "read_xml"),
    "jsonlines": ("json", "read_json_lines"),
    "icalendar": ("calendar", "read_calendar"),
    "feed": ("feed", "read_feed"),
    "rdf": ("graph", "read_graph"),
    "sql": ("query", "read_query"),
}
"""Each reader's module and function; the module, and its library, is loaded at its first use."""
ENDINGS: dict[str, Formulation] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "table",
    ".xls": "table",
    ".xlsb": "table",
    ".ods": "table",
    ".json": "jsonpath",
    ".geojson": "jsonpath",
    ".jsonld": "jsonpath",
    ".jsonl": "jsonlines",
    ".ndjson": "jsonlines",
    ".ics": "icalendar",
    ".xml": "xpath",
    **dict.fromkeys((".ttl", ".nt", ".rdf", *sorted(PAGES)), "rdf"),
}
"""How files of each ending are read, where no mapping says it."""


def find_source_file(source: LogicalSource, path: Path, mapping: Path) -> Path:
    """Return a source's file: `given`, or the file of the source's name in that folder.

    `Source.root` may name other folders: the mapping's, or the working directory.
    """
    if source.is_address:
        return path
    roots = {
        "given": [path],
        "mapping": [mapping.parent],
        "working": [Path()],
        "either": [path, Path()],
    }
    # A single file stands for every source, whatever its name.
    files = [root / source.access for root in roots[source.root]] if path.is_dir() else [path]
    for file in files:
        if file.is_file():
            return file
    raise SourceError("there is no file {file}", file=files[0])


def read(
    source: LogicalSource, file: Path, needed: set[str], report: Report
) -> Iterator[SourceRow]:
    """Return the rows of a source, filtered and unpivoted. Raises `SourceError`."""
    module, name = _READERS[source.formulation]
    reader = cast("Reader", getattr(import_module(f"parvis.mapping.sources.{module}"), name))
    with unpack_source(source, file) as plain:
        rows = reader(source, plain, needed, report)
        first = next(rows, None)
        if first is None:
            # A file in which nothing is found is not the file that was meant.
            if not source.may_be_empty:
                raise SourceError(
                    "{file}: source “{source}” finds nothing in it",
                    file=plain.name,
                    source=source.name,
                )
            return
        rows = chain([first], rows)
        if source.keep or source.skip:
            rows = (row for row in rows if _passes_filters(source, row))
        if source.unpivot is None:
            yield from rows
            return
        unpivot = source.unpivot
        for row in rows:
            for column in unpivot.columns:
                if values := row.get(column):
                    fields: dict[str, list[Value]] = {
                        unpivot.name_as: [column],
                        unpivot.value_as: values,
                    }
                    yield row.with_derived(fields, column)


def refuse_missing(file: Path, missing: Iterable[str], template: str, **fields: object) -> None:
    """Raise a `SourceError` if names that the mapping needs are nowhere in a file."""
    if names := sorted(missing):
        raise SourceError(template, file=file.name, missing=within_quotes(names), **fields)


def _passes_filters(source: LogicalSource, row: SourceRow) -> bool:
    def matches(column: str, pattern: str) -> bool:
        return any(re.search(pattern, str(value)) for value in row.get(column))

    return all(matches(*rule) for rule in source.keep.items()) and not any(
        matches(*rule) for rule in source.skip.items()
    )

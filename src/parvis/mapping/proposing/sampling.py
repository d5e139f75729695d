"""Read the beginning of a partner's file without a mapping: its columns and its layout."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rdflib import BNode
from rdflib.namespace import RDF

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.engine.json_path import is_plain
from parvis.mapping.language.plan import Formulation, LogicalSource
from parvis.mapping.proposing.vocabulary import curie
from parvis.mapping.sources.calendar import read_calendar
from parvis.mapping.sources.graph import read_statements
from parvis.mapping.sources.json import load_tree, read_json_lines
from parvis.mapping.sources.tables import (
    CELL_LIMIT,
    TITLE_ROWS,
    YEAR,
    delimiter_of,
    find_headings,
    open_book,
    read_sheet,
    sheet_lines,
)
from parvis.mapping.sources.text import PAGES, encoding_of, open_text
from parvis.report import Report

NO_CLASS = N_("{file} says of nothing what kind of thing it is")
MOST_LISTS = 20
"""Lists of a document that may be its rows, the longest first."""
ROWS = 400
"""The number of rows that are read."""

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
    **dict.fromkeys((".ttl", ".nt", ".rdf", *sorted(PAGES)), "rdf"),
}
JSON_LD = frozenset({"@context", "@graph", "@id", "@type"})
"""Members by which a JSON file is known to be JSON-LD."""


@dataclass(frozen=True)
class FileColumn:
    """A column: what a mapping calls it, its heading if it has one, and its values in order.

    `position` counts from 1; JSON members and calendar properties have none.
    """

    name: str
    values: tuple[str, ...]
    position: int | None = None
    headed: bool = True

    @property
    def nonblank_values(self) -> list[str]:
        """Return the values that are not blank."""
        return [value for value in self.values if value.strip()]


@dataclass(frozen=True)
class Sample:
    """The first rows of a file.

    `layout` holds the source keys of the mapping language that were detected, `titles` the texts
    above the headings, `skipped_sheets` the names of the sheets that were not read, `rows` how many
    rows were, `classes` those of the things that an RDF file describes.
    """

    file: Path
    formulation: Formulation
    columns: tuple[FileColumn, ...]
    layout: Mapping[str, object] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    skipped_sheets: tuple[str, ...] = ()
    rows: int = 0
    classes: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """Return what the signature of a recipe may name."""
        return {column.name for column in self.columns} | set(self.classes)

    @property
    def iterator(self) -> str | None:
        iterator = self.layout.get("iterator")
        return None if iterator is None else str(iterator)

    @property
    def year_as(self) -> str | None:
        """Return the field that holds the year of a sheet or key, if there is one."""
        keys = self.layout.get("key-as")
        names = iter(keys if isinstance(keys, dict) else ())
        name = self.layout.get("sheet-as") or next(names, None)
        return str(name) if name else None


def read_samples(file: Path) -> list[Sample]:
    """Read the first rows of a file, in every way that it may have rows, the likeliest first.

    Raises `SourceError` for one that cannot be read.
    """
    formulation = ENDINGS.get(file.suffix.lower())
    if formulation is None:
        raise SourceError(
            "{file}: the ending must be one of {choices}",
            file=file.name,
            choices=", ".join(ENDINGS),
        )
    if not file.is_file():
        raise SourceError("there is no file {file}", file=file)
    read = {
        "jsonpath": _read_json,
        "csv": _read_csv,
        "table": _read_workbook,
        "jsonlines": _read_json_lines,
        "rdf": _read_rdf,
    }
    samples = [rows for rows in read.get(formulation, _read_calendar)(file) if rows.columns]
    if not samples:
        raise SourceError("{file} holds no table: not a single column was found", file=file.name)
    return samples


def _read_csv(file: Path) -> list[Sample]:
    encoding = encoding_of(file, None)
    csv.field_size_limit(CELL_LIMIT)
    with open_text(file, encoding, Report()) as stream:
        delimiter = delimiter_of(stream)
        try:
            lines = list(islice(csv.reader(stream, delimiter=delimiter), ROWS + TITLE_ROWS))
        except csv.Error as error:
            raise SourceError(
                "{file} cannot be read: {reason}", file=file.name, reason=error
            ) from error
    layout: dict[str, object] = {"encoding": encoding.removesuffix("-sig"), "delimiter": delimiter}
    return [_build_sample(file, "csv", lines, layout)]


def _read_workbook(file: Path) -> list[Sample]:
    """Read sheets named by years as one table, else the first sheet."""
    book = open_book(file)
    names = list(book.sheet_names)
    years = [name for name in names if YEAR.fullmatch(name.strip())]
    layout: dict[str, object] = {"sheet": names[0]}
    if len(years) > 1:  # a wildcard also takes the sheets of years to come
        starts = {name[:2] for name in years}
        layout = {"sheet": f"{starts.pop()}*" if len(starts) == 1 else "????", "sheet-as": "year"}
    sheet = read_sheet(book, (years or names)[0], file)
    lines = list(islice(sheet_lines(sheet), ROWS + TITLE_ROWS))
    skipped_sheets = tuple(
        name for name in names if name not in (years if len(years) > 1 else names[:1])
    )
    return [_build_sample(file, "table", lines, layout, skipped_sheets)]


def _build_sample(
    file: Path,
    formulation: Formulation,
    lines: Sequence[Sequence[str]],
    layout: dict[str, object],
    skipped_sheets: tuple[str, ...] = (),
) -> Sample:
    header = find_headings(lines)
    if header is None:
        raise SourceError("{file} has no row of headings at row {row}", file=file.name, row=1)
    if header:
        layout["header"] = header + 1
    headings = [" ".join(cell.split()) for cell in lines[header]]
    body = [line for line in lines[header + 1 :] if any(cell.strip() for cell in line)]
    columns: list[FileColumn] = []
    headings_so_far: set[str] = set()
    for position, heading in enumerate(headings, 1):
        values = tuple(line[position - 1] if position <= len(line) else "" for line in body)
        if not heading and not any(value.strip() for value in values):
            continue
        # A repeated heading is numbered.
        unique = bool(heading) and heading not in headings_so_far
        headings_so_far.add(heading)
        name = heading if unique else f"{heading} {position}" if heading else f"colonne {position}"
        columns.append(FileColumn(name, values, position, headed=unique))
    if not all(column.headed for column in columns):
        layout["columns"] = {column.position: column.name for column in columns}
    titles = tuple(cell for line in lines[:header] for cell in line if cell.strip())
    return Sample(file, formulation, tuple(columns), layout, titles, skipped_sheets, len(body))


def _read_json(file: Path) -> list[Sample]:
    tree = load_tree(file, None, Report())
    samples = [
        _sample_objects(file, "jsonpath", items, layout)
        for layout, items in _find_lists(tree)
        if items
    ]
    if not samples:
        raise SourceError("{file}: no list of objects was found in it", file=file.name)
    first = tree[0] if isinstance(tree, list) else tree
    if isinstance(first, dict) and JSON_LD & first.keys():
        with suppress(SourceError):  # of a context that is not here, the plain JSON may do
            samples.insert(0, _read_statements(file))
    return samples


def _find_lists(tree: object) -> Iterator[tuple[dict[str, object], list[dict[str, object]]]]:
    """Yield the lists of objects of a document, with their layouts: alone, under keys or years."""

    def objects_of(part: object) -> list[dict[str, object]]:
        return [row for row in part if isinstance(row, dict)] if isinstance(part, list) else []

    yield {"iterator": "$[*]"}, objects_of(tree)
    if not isinstance(tree, dict):
        return
    lists = {str(key): rows for key, part in tree.items() if (rows := objects_of(part))}
    if lists and all(map(YEAR.fullmatch, lists)):
        rows = [row for rows in lists.values() for row in rows]
        yield {"iterator": "$.*[*]", "key-as": {"year": "$.*"}}, rows
        return
    for key in sorted(lists, key=lambda key: -len(lists[key]))[:MOST_LISTS]:
        yield {"iterator": f"${_write_step(key)}[*]"}, lists[key]
    yield {"iterator": "$"}, [tree]


def _read_json_lines(file: Path) -> list[Sample]:
    source = LogicalSource("s", "", "jsonlines", iterator="$")
    rows = islice(read_json_lines(source, file, set(), Report()), ROWS)
    return [_sample_objects(file, "jsonlines", [row.cells for row in rows], {})]


def _sample_objects(
    file: Path,
    formulation: Formulation,
    items: Sequence[Mapping[str, object]],
    layout: Mapping[str, object],
) -> Sample:
    values: dict[str, list[str]] = defaultdict(list)
    for item in items[:ROWS]:
        for name, value in _iterate_values(item, ()):
            values[name].append(value)
    columns = tuple(FileColumn(name, tuple(texts)) for name, texts in values.items())
    return Sample(file, formulation, columns, layout, rows=len(items[:ROWS]))


def _read_rdf(file: Path) -> list[Sample]:
    return [_read_statements(file)]


def _read_statements(file: Path) -> Sample:
    """Read the things of an RDF file that are of the class of most, by their properties."""
    graph = read_statements(file)
    subjects = defaultdict(list)
    for subject, cls in graph.subject_objects(RDF.type):
        subjects[str(cls)].append(subject)
    if not subjects:
        raise SourceError(NO_CLASS, file=file.name)
    main = max(subjects, key=lambda cls: len(subjects[cls]))
    values: dict[str, list[str]] = defaultdict(list)
    for subject in sorted(subjects[main], key=str)[:ROWS]:
        for predicate, value in graph.predicate_objects(subject):
            name = curie(str(predicate))
            if predicate != RDF.type and "//" not in name and not isinstance(value, BNode):
                values[name].append(str(value))
    columns = tuple(FileColumn(name, tuple(texts)) for name, texts in sorted(values.items()))
    rows = len(subjects[main][:ROWS])
    layout = {"iterator": curie(main)}
    return Sample(file, "rdf", columns, layout, rows=rows, classes=tuple(subjects))


def _iterate_values(value: object, steps: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Return each simple value in an object with its JSONPath, as a mapping would name it."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _iterate_values(part, (*steps, str(key)))
    elif isinstance(value, list):
        for part in value[:ROWS]:
            yield from _iterate_values(part, (*steps, "*"))
    elif steps and value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield _write_path(steps), text


def _write_path(steps: tuple[str, ...]) -> str:
    """Write a relative path; a plain key alone stays as it is (RFC 9535 §2.3).

    >>> _write_path(("Prêt à domicile",)), _write_path(("Lieux", "*", "Nom")), _write_path(("A.B",))
    ('Prêt à domicile', 'Lieux[*].Nom', "['A.B']")
    """
    if len(steps) == 1 and is_plain(steps[0]):
        return steps[0]
    return "".join("[*]" if step == "*" else _write_step(step) for step in steps).removeprefix(".")


def _write_step(key: str) -> str:
    r"""Write the step into a member (RFC 9535 §2.3.1).

    >>> _write_step("ville"), _write_step("code postal"), _write_step("l\n'été")
    ('.ville', "['code postal']", '["l\\n\'été"]')
    """
    if re.fullmatch(r"[^\W\d]\w*", key):
        return f".{key}"
    if not re.search(r"['\\\x00-\x1f]", key):
        return f"['{key}']"
    return f"[{json.dumps(key, ensure_ascii=False)}]"


def _read_calendar(file: Path) -> list[Sample]:
    values: dict[str, list[str]] = defaultdict(list)
    rows = 0
    for row in islice(
        read_calendar(LogicalSource("s", "", "icalendar"), file, set(), Report()), ROWS
    ):
        rows += 1
        for name in row.cells:
            values[name] += [str(value) for value in row.get(name)]
    columns = tuple(FileColumn(name, tuple(texts)) for name, texts in values.items())
    return [Sample(file, "icalendar", columns, {}, rows=rows)]

"""Read the beginning of a partner's file without a mapping: its columns and its layout."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from rdflib import BNode
from rdflib.namespace import RDF

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.language.plan import Formulation, LogicalSource
from parvis.mapping.proposing.kinds import MOMENTS, kind_of
from parvis.mapping.sources import ENDINGS
from parvis.mapping.sources.calendar import read_calendar
from parvis.mapping.sources.feed import read_feed
from parvis.mapping.sources.graph import read_statements
from parvis.mapping.sources.json import load_tree, read_json_lines
from parvis.mapping.sources.nested import collect_values, find_lists, unfold_dates
from parvis.mapping.sources.tables import (
    CELL_LIMIT,
    TITLE_ROWS,
    YEAR,
    delimiter_of,
    fill_merged_cells,
    find_headings,
    join_headings,
)
from parvis.mapping.sources.text import encoding_of, open_text
from parvis.mapping.sources.workbooks import NO_SHEET, Sheet, open_workbook
from parvis.mapping.sources.xml import find_rows
from parvis.rdf.terms import TripleTerm
from parvis.report import Report
from parvis.vocab.namespaces import curie

NO_CLASS = N_("{file} says of nothing what kind of thing it is")
FEEDS = ("/rss/channel/", "/*[local-name()='feed']/")
"""The paths of what repeats in a feed, which is read as one."""
DETAIL = re.compile("_detail$|^links$")
"""Elements of a feed that repeat others."""
ROWS = 400
"""The number of rows that are read."""

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
        """Return what the signature of a recipe may name: members by their paths in an item."""
        each = self.layout.get("each")
        names = set(self.classes)
        for column in self.columns:
            name = column.name.replace("[0]", "[*]")
            names.add(f"{each}.{name}" if each and not name.startswith("^.") else name)
        return {name.removeprefix("^.") for name in names}

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


def read_samples(file: Path, sheet: str | None = None) -> list[Sample]:
    """Read the first rows of a file, in every way that it may have rows, the likeliest first.

    Of a workbook, those of a sheet, else of the likeliest. Raises `SourceError` for a file that
    cannot be read.
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
    read: dict[str, Callable[[Path], list[Sample]]] = {
        "jsonpath": _read_json,
        "csv": _read_csv,
        "table": partial(_read_workbook, sheet=sheet),
        "jsonlines": _read_json_lines,
        "rdf": _read_rdf,
        "xpath": _read_xml,
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


def _read_workbook(file: Path, sheet: str | None = None) -> list[Sample]:
    """Read sheets named by years as one table, else the first sheet that has a table."""
    book = open_workbook(file)
    names = list(book.names)
    years = [name for name in names if YEAR.fullmatch(name.strip())]
    if sheet is not None and sheet not in names:
        raise SourceError(NO_SHEET, file=file.name, sheet=sheet, names=", ".join(names))
    if sheet is None and len(years) > 1:  # a wildcard also takes the sheets of years to come
        starts = {name[:2] for name in years}
        pattern = f"{starts.pop()}*" if len(starts) == 1 else "????"
        layout: dict[str, object] = {"sheet": pattern, "sheet-as": "year"}
        name, others = years[0], [name for name in names if name not in years]
    else:
        rows = {name: _count_rows(book.read(name)) for name in names}
        # What explains a table is shorter.
        full = (name for name in names if 2 * rows[name] >= max(rows.values()))
        name = sheet or next(full)
        layout, others = {"sheet": name}, [other for other in names if other != name]
    content = book.read(name)
    lines = list(islice(content.lines(), ROWS + TITLE_ROWS))
    header = (find_headings(lines) or 0) + 1
    filled = fill_merged_cells(lines, content.merged_cells, header)
    return [_build_sample(file, "table", [line for _, line in filled], layout, tuple(others))]


def _count_rows(sheet: Sheet) -> int:
    lines = islice(sheet.lines(), ROWS + TITLE_ROWS)
    return sum(sum(bool(cell.strip()) for cell in line) > 1 for line in lines)


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
    cells = lines[header]
    if joined := join_headings(lines, header):
        header, cells = header + 1, joined
    if header:
        layout["header"] = header + 1
    headings = [" ".join(cell.split()) for cell in cells]
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
    if joined or not all(column.headed for column in columns):
        layout["columns"] = {column.position: column.name for column in columns}
    titles = tuple(cell for line in lines[:header] for cell in line if cell.strip())
    return Sample(file, formulation, tuple(columns), layout, titles, skipped_sheets, len(body))


def _read_json(file: Path) -> list[Sample]:
    tree = load_tree(file, None, Report())
    samples = [
        _sample_objects(file, "jsonpath", objects, layout)
        for layout, objects in find_lists(tree)
        if objects
    ]
    if not samples:
        raise SourceError("{file}: no list of objects was found in it", file=file.name)
    first = tree[0] if isinstance(tree, list) else tree
    if isinstance(first, dict) and JSON_LD & first.keys():
        with suppress(SourceError):  # of a context that is not here, the plain JSON may do
            samples.insert(0, _read_statements(file))
    return samples


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
    values = collect_values(items[:ROWS])
    rows = len(items[:ROWS])
    dated = [name for name, texts in values.items() if kind_of(texts).name in MOMENTS]
    if unfolded := unfold_dates(items[:ROWS], dated):
        each, values, rows = unfolded
        layout = {**layout, "each": each}
    columns = tuple(FileColumn(name, tuple(texts)) for name, texts in values.items())
    return Sample(file, formulation, columns, layout, rows=rows)


def _read_xml(file: Path) -> list[Sample]:
    """Read the elements that repeat, or the entries of a feed."""
    path, rows = find_rows(file, ROWS)
    if path.startswith(FEEDS):
        rows = [
            {name: list(map(str, row.get(name))) for name in row.cells if not DETAIL.search(name)}
            for row in islice(
                read_feed(LogicalSource("s", "", "feed"), file, set(), Report()), ROWS
            )
        ]
    values: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for name, texts in row.items():
            values[name] += texts
    columns = tuple(FileColumn(name, tuple(texts)) for name, texts in values.items())
    if path.startswith(FEEDS):
        return [Sample(file, "feed", columns, rows=len(rows))]
    return [Sample(file, "xpath", columns, {"iterator": path}, rows=len(rows))]


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
            if (
                predicate != RDF.type
                and "//" not in name
                and not isinstance(value, BNode | TripleTerm)
            ):
                values[name].append(str(value))
    columns = tuple(FileColumn(name, tuple(texts)) for name, texts in sorted(values.items()))
    rows = len(subjects[main][:ROWS])
    layout = {"iterator": curie(main)}
    return Sample(file, "rdf", columns, layout, rows=rows, classes=tuple(subjects))


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

"""A dataset's first rows and its data dictionary, read from the file that is there to take away."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from rdflib import Literal
from rdflib.namespace import RDFS, SH, SKOS
from rdflib.term import Node

from parvis.catalog.ontology import concept_labels, ontology, short, submission_shapes, words
from parvis.i18n import LANGUAGES
from parvis.vocab.namespaces import CONCEPT, SCHEMA

METADATA = "csv-metadata.json"
ROWS = 5
TABLES = 3
"""Tables whose first rows are shown; all are in the dictionary."""
SHORTENED = 90
"""Characters of a cell that are shown."""
LOOKED_AT = 5000
"""Rows of each table in which the names of things are looked for."""
NAMING = tuple(map(str, (SCHEMA.name, SKOS.prefLabel, RDFS.label, SCHEMA.streetAddress)))
KEPT = 256
"""Datasets whose sample is remembered, by the digest of their file."""

Texts = dict[str, str]


@dataclass(frozen=True)
class Column:
    """A column: what its property is called and means, its datatype or language, its address."""

    name: str
    label: Texts
    meaning: Texts
    datatype: str
    lang: str | None
    property: str | None
    separator: str | None = None
    """What stands between several values of a cell, where there may be several."""

    def values(self, text: str) -> list[str]:
        """Give the values of a cell."""
        return text.split(self.separator) if self.separator else [text]


@dataclass(frozen=True)
class Cell:
    """What a cell holds, and where it leads if that is one IRI; a concept is told by its labels."""

    text: Texts
    iri: str | None = None


@dataclass(frozen=True)
class Table:
    """What there is of one class: its columns, and the first rows where they are shown."""

    label: Texts
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@lru_cache(KEPT)
def sample(file: Path, _sha256: str) -> tuple[Table, ...]:
    """Read a dataset's tables (``csv.zip`` with CSVW), the file known by its digest."""
    with ZipFile(file) as archive:
        told = json.loads(archive.read(METADATA))
        return tuple(_tables(archive, told["tables"]))


def _tables(archive: ZipFile, told: Iterable[dict[str, Any]]) -> Iterator[Table]:
    """Give the tables, the widest first: it is what the dataset is about most often."""
    widest = sorted(told, key=lambda one: -len(one["tableSchema"]["columns"]))
    for position, table in enumerate(widest):
        kind = table.get("dc:subject", {}).get("@id", "")
        columns = tuple(_column(one, kind) for one in table["tableSchema"]["columns"])
        rows: tuple[tuple[Cell, ...], ...] = ()
        if position < TABLES:
            with archive.open(table["url"]) as stream:
                first = list(_rows(stream))
            names = _names(archive, widest, {*_values(first, columns)})
            rows = tuple(_cells(row, columns, names) for row in first)
        yield Table(words().of_term(kind), columns, rows)


def _values(rows: Iterable[list[str]], columns: tuple[Column, ...]) -> Iterator[str]:
    """Give every value of some rows, each of those that share a cell."""
    for row in rows:
        for text, column in zip(row, columns, strict=False):
            yield from column.values(text)


def _names(archive: ZipFile, told: Iterable[dict[str, Any]], wanted: set[str]) -> dict[str, Texts]:
    """Give how the file itself calls some things, as far as its first rows of each class do."""
    found: dict[str, Texts] = {}
    for table in told:
        columns = table["tableSchema"]["columns"]
        naming = [
            (at, one.get("lang") or "fr")
            for step in NAMING
            for at, one in enumerate(columns)
            if one.get("propertyUrl") == step
        ]
        if naming:
            with archive.open(table["url"]) as stream:
                for row in islice(_lines(stream), 1, LOOKED_AT):
                    if row and row[0] in wanted:
                        texts = {lang: row[at] for at, lang in reversed(naming) if row[at]}
                        found.setdefault(row[0], texts)
    return {iri: texts for iri, texts in found.items() if texts}


def named(tables: Iterable[Table], names: Mapping[str, Texts]) -> tuple[Table, ...]:
    """Call things that the file does not name as others do: the partners."""
    return tuple(
        replace(table, rows=tuple(tuple(_renamed(one, names) for one in row) for row in table.rows))
        for table in tables
    )


def _renamed(one: Cell, names: Mapping[str, Texts]) -> Cell:
    text = names.get(one.iri) if one.iri else None
    return replace(one, text=text) if text else one


def _column(told: dict[str, Any], kind: str) -> Column:
    step = told.get("propertyUrl")
    label = words().of_property(step, [kind]) if step else {"en": told["name"]}
    datatype = told.get("datatype", "string")
    return Column(
        name=told["name"],
        label=label,
        meaning=meanings().get((kind, step), meanings().get(("", step), {})) if step else {},
        datatype=datatype if isinstance(datatype, str) else datatype.get("base", "string"),
        lang=told.get("lang"),
        property=step,
        separator=told.get("separator"),
    )


def _lines(stream: IO[bytes]) -> Iterator[list[str]]:
    return csv.reader(io.TextIOWrapper(stream, encoding="utf-8", newline=""))


def _rows(stream: IO[bytes]) -> Iterator[list[str]]:
    """Give the first rows as they stand."""
    return islice(_lines(stream), 1, 1 + ROWS)


def _cells(
    row: list[str], columns: tuple[Column, ...], names: Mapping[str, Texts]
) -> tuple[Cell, ...]:
    return tuple(_cell(text, one, names) for text, one in zip(row, columns, strict=False))


def _cell(text: str, column: Column, names: Mapping[str, Texts]) -> Cell:
    if column.datatype != "anyURI" or not text:
        return Cell(dict.fromkeys(LANGUAGES, _cut(text)))
    iris = column.values(text)
    told = [_called(iri, names) for iri in iris]
    if len(iris) == 1:
        return Cell(told[0], iris[0])
    return Cell({lang: _cut(", ".join(_said(one, lang) for one in told)) for lang in LANGUAGES})


def _said(texts: Texts, lang: str) -> str:
    """Choose a text in a language, else in any that there is."""
    return texts.get(lang) or next(iter(texts.values()))


def _called(iri: str, names: Mapping[str, Texts]) -> Texts:
    """Call a thing by its label, else by the last step of its IRI."""
    if iri.startswith(str(CONCEPT)):
        return concept_labels(iri)
    return dict(names.get(iri) or words().terms.get(iri) or {"en": short(iri)})


def _cut(text: str) -> str:
    """Show the beginning of a long text."""
    return text if len(text) <= SHORTENED else f"{text[:SHORTENED]}…"


@cache
def meanings() -> dict[tuple[str, str], Texts]:
    """Give what properties mean, of things of a class or of any (``""``), as the shapes say it."""
    shapes, found = submission_shapes(), dict[tuple[str, str], Texts]()
    for shape, kind in shapes.subject_objects(SH.targetClass):
        for part in shapes.objects(shape, SH.property):
            said = _described(shapes.objects(part, SH.description))
            for path in shapes.objects(part, SH.path):
                found.setdefault((str(kind), str(path)), said)
                found.setdefault(("", str(path)), said)
    for term in set(ontology().subjects(SKOS.definition)):
        found.setdefault(("", str(term)), _described(ontology().objects(term, SKOS.definition)))
    return found


def _described(texts: Iterable[Node]) -> Texts:
    return {str(one.language): str(one) for one in texts if isinstance(one, Literal)}

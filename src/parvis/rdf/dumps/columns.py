"""The tables of a dataset: one per class, with a column per property and language."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox

from parvis.errors import SheetError
from parvis.rdf.files import read_quads
from parvis.vocab.prefixes import PREFIXES

TABLES = 200
COLUMNS = 1_000
"""The greatest numbers of tables, and of columns of one."""
SEPARATORS = ("|", ";", "¦", "\u241f")
"""Separators of the values of a cell; the first that no value contains is used."""
UNTYPED = ""
TYPE = f"{PREFIXES['rdf']}type"
STRING = f"{PREFIXES['xsd']}string"
# Columns that name an entity come first.
FIRST = ("type", "name", "label", "prefLabel", "title")
_WORD = re.compile(r"\W+", re.ASCII)
_LOCAL = re.compile(r"[^/#:]*$")


class RdfValue(NamedTuple):
    """A value: its text, datatype and language; an IRI has neither datatype nor language."""

    text: str
    datatype: str = ""
    language: str = ""


Entity = tuple[str, list[tuple[str, RdfValue]]]
"""A subject, with its predicates and values in the order of the file."""


@dataclass
class DumpColumn:
    """One property in one language: the datatypes of its values, and whether cells have several."""

    step: str
    language: str
    name: str = ""
    several: bool = False
    datatypes: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)

    @property
    def datatype(self) -> str:
        """Return the datatype that all values have, empty for IRIs, else xsd:string."""
        return next(iter(self.datatypes)) if len(self.datatypes) == 1 else STRING

    @property
    def separator(self) -> str | None:
        """Return the separator of values; None where every cell has one at most."""
        if not self.several:
            return None
        usable = (sign for sign in SEPARATORS if sign not in self.unusable)
        return next(usable, SEPARATORS[-1])

    def add_values(self, values: Sequence[RdfValue]) -> None:
        """Account for the values of one entity."""
        self.several = self.several or len(values) > 1
        for value in values:
            self.datatypes.add(value.datatype)
            self.unusable.update(sign for sign in SEPARATORS if sign in value.text)


@dataclass
class DumpTable:
    """The entities of one class; `name` and the names of columns are set after reading them all."""

    kind: str
    name: str = ""
    rows: int = 0
    columns: dict[tuple[str, str], DumpColumn] = field(default_factory=dict)

    def add_entity(self, values: dict[tuple[str, str], list[RdfValue]]) -> None:
        """Account for one entity. Raises `SheetError`."""
        self.rows += 1
        for (step, language), terms in values.items():
            column = self.columns.setdefault((step, language), DumpColumn(step, language))
            column.add_values(terms)
        if len(self.columns) > COLUMNS:
            raise SheetError("a table has no more than {limit} columns", limit=COLUMNS)

    def name_columns(self) -> None:
        """Name the columns, and order them by these names alone."""
        names = _choose_names([(c.step, c.language) for c in self.columns.values()], {"id"})
        for key, column in self.columns.items():
            column.name = names[key]

        def rank(entry: tuple[tuple[str, str], DumpColumn]) -> tuple[int, str]:
            name = entry[1].name
            stem = name.partition("_")[0]
            return (FIRST.index(stem) if stem in FIRST else len(FIRST), name)

        self.columns = dict(sorted(self.columns.items(), key=rank))


def entities(path: Path) -> Iterator[Entity]:
    """Read each subject with its predicates and values; the file must be sorted."""
    for subject, quads in groupby(read_quads(path), key=lambda quad: quad.subject):
        statements = []
        for quad in quads:
            term = quad.object
            if isinstance(term, ox.Literal):
                value = RdfValue(term.value, term.datatype.value, term.language or "")
            else:
                value = RdfValue(_to_text(term))
            statements.append((quad.predicate.value, value))
        yield _to_text(subject), statements


def _to_text(term: object) -> str:
    """Return the text of an IRI, or of a blank node as Turtle writes it."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def tables_of(entities: Iterable[Entity]) -> list[DumpTable]:
    """Read all entities once; an entity of several classes is a row of each class's table.

    Raises `SheetError` for too many tables or columns.
    """
    tables: dict[str, DumpTable] = {}
    for _, statements in entities:
        values = group_values(statements)
        for kind in kinds(values):
            tables.setdefault(kind, DumpTable(kind)).add_entity(values)
        if len(tables) > TABLES:
            raise SheetError("a dataset has no more than {limit} tables", limit=TABLES)
    names = _choose_names([(kind, "") for kind in tables], set())
    for kind, table in tables.items():
        table.name = names[kind, ""] if kind else "untyped"
        table.name_columns()
    return sorted(tables.values(), key=lambda table: table.name.casefold())


def group_values(
    statements: Iterable[tuple[str, RdfValue]],
) -> dict[tuple[str, str], list[RdfValue]]:
    """Return an entity's values by property and language."""
    values: dict[tuple[str, str], list[RdfValue]] = {}
    for step, value in statements:
        values.setdefault((step, value.language), []).append(value)
    return values


def kinds(values: dict[tuple[str, str], list[RdfValue]]) -> list[str]:
    """Return the classes of an entity."""
    return [term.text for term in values.get((TYPE, ""), ())] or [UNTYPED]


def _choose_names(terms: list[tuple[str, str]], taken: set[str]) -> dict[tuple[str, str], str]:
    """Name terms by the end of their IRI and their language; shared names are numbered."""
    plain = {}
    for iri, language in terms:
        # A name is valid for a file, a sheet and a variable (CSVW: Metadata §5.1.1).
        end = _LOCAL.search(iri.rstrip("/#"))
        stem = _WORD.sub("_", end[0] if end else "").strip("_") or "value"
        # The name of a sheet has at most 31 characters, and a number may follow.
        short = f"{stem[:24]}_{_WORD.sub('_', language)}" if language else stem[:27]
        plain[iri, language] = short
    uses = Counter(name.casefold() for name in plain.values())
    numbers: Counter[str] = Counter()
    names = {}
    for term in sorted(terms):
        name = plain[term]
        if uses[name.casefold()] > 1 or name in taken:
            numbers[name.casefold()] += 1
            name = f"{name}_{numbers[name.casefold()]}"
        names[term] = name
    return names

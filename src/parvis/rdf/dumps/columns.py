"""Which tables a dataset makes: one per class, a column per property and language."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from parvis.errors import SheetError
from parvis.rdf.dumping import Entity, Term
from parvis.vocab.prefixes import PREFIXES

TABLES = 200
COLUMNS = 1_000
"""How many tables, and columns of one, are made at most: what has more is no set of tables."""
SEPARATORS = ("|", ";", "¦", "\u241f")
"""What may stand between several values of a cell; the first that none of them holds."""
UNTYPED = ""
TYPE = f"{PREFIXES['rdf']}type"
STRING = f"{PREFIXES['xsd']}string"
FIRST = ("type", "name", "label", "prefLabel", "title")
_WORD = re.compile(r"\W+", re.ASCII)
_LOCAL = re.compile(r"[^/#:]*$")


@dataclass
class Column:
    """One property in one language, as it was met: how often at once, and what its values are."""

    step: str
    language: str
    name: str = ""
    several: bool = False
    datatypes: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)

    @property
    def datatype(self) -> str:
        """Give the datatype that all values have, "" if they are IRIs, else xsd:string."""
        return next(iter(self.datatypes)) if len(self.datatypes) == 1 else STRING

    @property
    def separator(self) -> str | None:
        """Give what stands between several values; nothing where there is one at most."""
        if not self.several:
            return None
        return next((one for one in SEPARATORS if one not in self.unusable), SEPARATORS[-1])

    def meet(self, values: Sequence[Term]) -> None:
        """Take note of the values that one entity has."""
        self.several = self.several or len(values) > 1
        for value in values:
            self.datatypes.add(value.datatype)
            self.unusable.update(one for one in SEPARATORS if one in value.text)


@dataclass
class Table:
    """The entities of one class; after them, its `name` and the names of its columns are set."""

    kind: str
    name: str = ""
    rows: int = 0
    columns: dict[tuple[str, str], Column] = field(default_factory=dict)

    def meet(self, values: dict[tuple[str, str], list[Term]]) -> None:
        """Take note of one entity."""
        self.rows += 1
        for (step, language), found in values.items():
            column = self.columns.setdefault((step, language), Column(step, language))
            column.meet(found)
        if len(self.columns) > COLUMNS:
            raise SheetError("a table has no more than {limit} columns", limit=COLUMNS)

    def name_columns(self) -> None:
        """Name the columns, in an order of these names alone, what names a thing first."""
        named = _named([(c.step, c.language) for c in self.columns.values()], {"id"})
        for key, column in self.columns.items():
            column.name = named[key]
        ordered = sorted(self.columns.items(), key=lambda one: _rank(one[1]))
        self.columns = dict(ordered)


def tables_of(entities: Iterable[Entity]) -> list[Table]:
    """Read all entities once; an entity of several classes is a row of each one's table.

    Raises `SheetError` for what makes too many tables or columns.
    """
    found: dict[str, Table] = {}
    for _, said in entities:
        values = grouped(said)
        for kind in kinds(values):
            found.setdefault(kind, Table(kind)).meet(values)
        if len(found) > TABLES:
            raise SheetError("a dataset has no more than {limit} tables", limit=TABLES)
    names = _named([(kind, "") for kind in found], set())
    for kind, table in found.items():
        table.name = names[kind, ""] if kind else "untyped"
        table.name_columns()
    return sorted(found.values(), key=lambda table: table.name.casefold())


def grouped(said: Iterable[tuple[str, Term]]) -> dict[tuple[str, str], list[Term]]:
    """Give an entity's values by property and language."""
    found: dict[tuple[str, str], list[Term]] = {}
    for step, value in said:
        found.setdefault((step, value.language), []).append(value)
    return found


def kinds(values: dict[tuple[str, str], list[Term]]) -> list[str]:
    """Give the classes of an entity."""
    return [one.text for one in values.get((TYPE, ""), ())] or [UNTYPED]


def _rank(column: Column) -> tuple[int, str]:
    """Put what names a thing first."""
    stem = column.name.partition("_")[0]
    return (FIRST.index(stem) if stem in FIRST else len(FIRST), column.name)


def _named(terms: list[tuple[str, str]], taken: set[str]) -> dict[tuple[str, str], str]:
    """Name terms by the end of their IRIs and their language; a name that two share is numbered."""
    plain = {term: _plain(*term) for term in terms}
    used = Counter(name.casefold() for name in plain.values())
    seen: Counter[str] = Counter()
    found = {}
    for term in sorted(terms):
        name = plain[term]
        if used[name.casefold()] > 1 or name in taken:
            seen[name.casefold()] += 1
            name = f"{name}_{seen[name.casefold()]}"
        found[term] = name
    return found


def _plain(iri: str, language: str) -> str:
    """Make a name that a file, a sheet and a variable may have (CSVW: Metadata §5.1.1)."""
    end = _LOCAL.search(iri.rstrip("/#"))
    stem = _WORD.sub("_", end[0] if end else "").strip("_") or "value"
    return f"{stem[:24]}_{_WORD.sub('_', language)}" if language else stem[:27]

"""What a mapping document says, as plain data: the same plan whatever language it came from."""

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from parvis.report import Finding, Severity

Value = str | int | Decimal | bool
"""A value as the source gives it: tables give text, JSON also numbers and booleans."""

Formulation = Literal[
    "csv", "table", "jsonpath", "jsonlines", "xpath", "icalendar", "feed", "rdf", "sql"
]
TermKind = Literal["iri", "uri", "unsafe-iri", "unsafe-uri", "blank", "literal"]
"""What a term map makes (RML-Core, term types); a URI is ASCII, an unsafe one is not encoded."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column, a JSONPath or a property, by the name that stands in ``$(…)``."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """Text with references in it; a constant has none."""

    parts: tuple[str | Reference, ...]

    @property
    def reference(self) -> Reference | None:
        """Give the reference, if the template is nothing else."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Reference) else None


@dataclass(frozen=True, slots=True)
class Call:
    """A named function with its parameters; a name may come several times."""

    function: str
    parameters: tuple[tuple[str, "Expression"], ...]
    line: int = 0


Expression = Template | Call


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """How one term is made, and when; mostly the object of a triple.

    A datatype or language is fixed, or made itself. `base` overrides the entity's. Of a join,
    `value` names what is compared in the child's row. A blank node with an empty `value` is
    another one for each row.
    """

    value: Expression
    kind: TermKind = "literal"
    datatype: str | None = None
    language: str | None = None
    condition: Call | None = None
    datatype_map: "ObjectMap | None" = None
    language_map: "ObjectMap | None" = None
    base: str = ""
    join: "Join | None" = None


@dataclass(frozen=True, slots=True)
class Join:
    """Objects that are the subjects of another entity map, on rows of equal values.

    `on` pairs an expression over the child's row with one over the parent's.
    """

    source: str
    subject: ObjectMap
    on: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class PredicateObject:
    """A predicate (full IRI, or how it is made) with its object, and the graphs it goes into."""

    predicate: str | ObjectMap
    object: ObjectMap
    graphs: tuple[ObjectMap, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityMap:
    """How one kind of entity is made from each row of its sources.

    With `standard`, terms are made by the letter of RML: relative IRIs are appended to `base`
    (else to the run's), subjects and graphs may be any term that RDF allows there.
    """

    name: str
    sources: tuple[str, ...]
    subject: Expression
    predicate_objects: tuple[PredicateObject, ...]
    condition: Call | None = None
    standard: bool = False
    subject_kind: TermKind = "iri"
    graphs: tuple[ObjectMap, ...] = ()
    base: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How values of a source are written by the partner.

    `timezone` is the zone of its naive times, `timezone_out` the zone they are told in;
    `group` and `point` are the separators of numbers; `dateformats` are tried after ISO 8601.
    Without a `timezone`, times stay as they are written. `numbers` says what JSON's own numbers
    become where no datatype is told: text alone, or with the datatype that suits fractions.
    """

    timezone: str = "America/Toronto"
    timezone_out: str = "America/Toronto"
    group: str = ""
    point: str = "."
    dateformats: tuple[str, ...] = ()
    nulls: frozenset[str] = frozenset()
    numbers: Literal["decimal", "double", "text"] = "decimal"


@dataclass(frozen=True, slots=True)
class Unpivot:
    """Columns that are values of a dimension: one row for each."""

    columns: tuple[str, ...]
    name_as: str
    value_as: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Columns whose figures are added up: one row for each combination of the values `by`."""

    columns: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A logical source: which rows of a file, and how they are read.

    `root` is the folder that `access` is relative to: the one given to the run, the mapping's, the
    working one, or the given one else the working one. With `strict`, a reference that gives a
    list or an object is refused.
    `member` is what is read in a zip archive, `query` what is asked of a database, `prefixes`
    what references to properties of RDF files are written with, `nulls_in` a column's own marks
    of absence.
    """

    name: str
    access: str
    formulation: Formulation
    member: str | None = None
    query: str = ""
    prefixes: Table[str, str] = field(default_factory=dict)
    iterator: str = ""
    each: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheet_as: str | None = None
    header: int = 1
    columns: Table[int, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    key_as: Table[str, str] = field(default_factory=dict)
    unpivot: Unpivot | None = None
    sum: Sum | None = None
    skip: Table[str, str] = field(default_factory=dict)
    keep: Table[str, str] = field(default_factory=dict)
    fields: tuple[tuple[str, Expression], ...] = ()
    reading: Reading = field(default_factory=Reading)
    root: Literal["given", "mapping", "working", "either"] = "given"
    may_be_empty: bool = False
    strict: bool = False
    nulls_in: Table[str, frozenset[str]] = field(default_factory=dict)

    @property
    def paths(self) -> bool:
        """Say whether references are JSONPaths."""
        return self.formulation in {"jsonpath", "jsonlines"}

    @property
    def is_address(self) -> bool:
        """Say whether the source is a database at an address, not a file."""
        return self.formulation == "sql" and "://" in self.access

    @property
    def derived(self) -> set[str]:
        """Name what rows carry besides the file's own columns."""
        names = {*self.key_as, *(name for name, _ in self.fields)}
        names |= {self.sheet_as} if self.sheet_as else set()
        return names | ({self.unpivot.name_as, self.unpivot.value_as} if self.unpivot else set())


@dataclass(frozen=True, slots=True)
class Check:
    """A notice on each row for which a condition holds."""

    source: str
    when: Call
    severity: Severity
    rule: str
    text: Table[str, str]
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole mapping document."""

    path: Path
    sources: Table[str, Source]
    entities: tuple[EntityMap, ...]
    checks: tuple[Check, ...]
    tables: Table[str, Table[str, Table[str, str]]]
    notices: tuple[Finding, ...] = ()

    @property
    def named_graphs(self) -> bool:
        """Say whether it puts triples elsewhere than in the default graph."""
        return any(
            entity.graphs or any(pair.graphs for pair in entity.predicate_objects)
            for entity in self.entities
        )

    @property
    def blank_nodes(self) -> tuple[str, ...]:
        """Name the entity maps that make blank nodes."""
        return tuple(entity.name for entity in self.entities if "blank" in _kinds(entity))

    def checks_of(self, source: str) -> tuple[Check, ...]:
        """Give the checks of a source's rows."""
        return tuple(check for check in self.checks if check.source == source)

    def entities_of(self, source: str) -> tuple[EntityMap, ...]:
        """Give the entity maps that read a source."""
        return tuple(entity for entity in self.entities if source in entity.sources)


def _kinds(entity: EntityMap) -> set[TermKind]:
    """Give the kinds of subjects, objects and graphs that an entity map makes."""
    graphs = [*entity.graphs, *(one for pair in entity.predicate_objects for one in pair.graphs)]
    objects = [pair.object for pair in entity.predicate_objects]
    return {entity.subject_kind, *(made.kind for made in (*graphs, *objects))}


def calls(expression: Expression | None) -> Iterator[Call]:
    """Give every call in an expression, the outer one first."""
    if isinstance(expression, Call):
        yield expression
        for _, value in expression.parameters:
            yield from calls(value)


def expressions(document: Document) -> Iterator[Expression | None]:
    """Give every expression of a document."""
    for source in document.sources.values():
        yield from (value for _, value in source.fields)
    yield from (check.when for check in document.checks)
    for entity in document.entities:
        yield from _made(entity)


def _made(entity: EntityMap) -> Iterator[Expression | None]:
    """Give every expression of an entity map over its own rows."""
    yield from (entity.subject, entity.condition)
    yield from (graph.value for graph in entity.graphs)
    for pair in entity.predicate_objects:
        yield from (pair.object.value, pair.object.condition)
        others = (pair.predicate, pair.object.datatype_map, pair.object.language_map)
        yield from (one.value for one in (*others, *pair.graphs) if isinstance(one, ObjectMap))


def references(expression: Expression | None) -> set[str]:
    """Name all that an expression reads."""
    if expression is None:
        return set()
    if isinstance(expression, Template):
        return {part.name for part in expression.parts if isinstance(part, Reference)}
    return {name for _, value in expression.parameters for name in references(value)}


def column_behind(source: Source, name: str) -> str:
    """Name the file's column that a field is computed from, the first if there are several."""
    for field_name, value in source.fields:
        behind = references(value) - {name}
        if field_name == name and behind:
            return column_behind(source, min(behind))
    return name


def wanted(document: Document, source: Source) -> set[str]:
    """Name the columns of the file itself without which a source cannot be read."""
    names = {*source.skip, *source.keep}
    if source.unpivot:
        names |= set(source.unpivot.columns)
    if source.sum:
        names |= {*source.sum.columns, *source.sum.by}
    for _, value in source.fields:
        names |= references(value)
    for check in document.checks:
        names |= references(check.when) if check.source == source.name else set()
    for entity in document.entities_of(source.name):
        for made in _made(entity):
            names |= references(made)
    return names - source.derived - source.optional

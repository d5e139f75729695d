"""Mapping documents as plain data, the same for YARRRML and RML."""

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from parvis.report import Finding, Severity

Value = str | int | Decimal | bool
"""A value as the source has it: text in tables, also numbers and booleans in JSON."""

Formulation = Literal[
    "csv", "table", "jsonpath", "jsonlines", "xpath", "icalendar", "feed", "rdf", "sql"
]
TermKind = Literal["iri", "uri", "unsafe-iri", "unsafe-uri", "blank", "literal"]
"""Term types (RML-Core); a URI is ASCII, an unsafe one is not percent-encoded."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column, a JSONPath or a property, by its name in ``$(…)``."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text with references; a constant has none."""

    parts: tuple[str | Reference, ...]

    @property
    def reference(self) -> Reference | None:
        """Return the reference, if the template is nothing else."""
        part = self.parts[0] if len(self.parts) == 1 else None
        return part if isinstance(part, Reference) else None


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function; a parameter may occur several times."""

    function: str
    parameters: tuple[tuple[str, "Expression"], ...]
    line: int = 0


Expression = Template | Call


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """A term map, mostly of the object of a triple.

    A datatype or language is fixed, or computed. `base` overrides the entity's. In a join, `value`
    is the expression compared in the child's row. A blank node with an empty `value` is a new one
    for each row.
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
    """A predicate (full IRI or term map) with its object, and the graphs that it goes into."""

    predicate: str | ObjectMap
    object: ObjectMap
    graphs: tuple[ObjectMap, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityMap:
    """A triples map: how one kind of entity is made from each row of its sources.

    With `standard`, terms follow RML strictly: relative IRIs are appended to `base` (else to the
    run's), and subjects and graphs may be any term that RDF allows there.
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
class ValueFormat:
    """How a source's values are written by the partner.

    `timezone` is the zone of its naive times, `timezone_out` the zone of the output; without a
    `timezone`, times stay as they are written. `group` and `point` are the separators of numbers;
    `dateformats` are tried after ISO 8601. `numbers` is the datatype of JSON's own numbers where
    none is declared; "text" is none. `keeps_empty` takes an empty cell as an empty text.
    """

    timezone: str = "America/Toronto"
    timezone_out: str = "America/Toronto"
    group: str = ""
    point: str = "."
    dateformats: tuple[str, ...] = ()
    nulls: frozenset[str] = frozenset()
    numbers: Literal["decimal", "double", "text"] = "decimal"
    keeps_empty: bool = False


@dataclass(frozen=True, slots=True)
class Unpivot:
    """Columns that are values of a dimension: each becomes a row."""

    columns: tuple[str, ...]
    name_as: str
    value_as: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Columns to sum: one row for each combination of the values of `by`.

    `counts` are whole numbers. With `refunds`, lines may be negative; no sum may. Amounts must be
    in one currency, which the columns `currency_in` tell: `currency`, else the first. `latest` has
    the greatest text of a column among all lines, by the name that the rows have it under. With
    `name_as` and `value_as`, each sum of a combination has a row of its own.
    """

    columns: tuple[str, ...]
    by: tuple[str, ...]
    counts: tuple[str, ...] = ()
    refunds: bool = False
    currency_in: tuple[str, ...] = ()
    currency: str = ""
    latest: tuple[tuple[str, str], ...] = ()
    name_as: str = ""
    value_as: str = ""

    @property
    def summed(self) -> tuple[str, ...]:
        return (*self.columns, *self.counts)

    @property
    def names(self) -> frozenset[str]:
        """Return the names that its rows have."""
        by_name = {self.name_as, self.value_as} if self.name_as else {*self.summed}
        return frozenset({*self.by, *by_name, *dict(self.latest)})


@dataclass(frozen=True, slots=True)
class LogicalSource:
    """A logical source: the rows of a file, and how they are read.

    `root` is the folder that `access` is relative to: the one given to the run, the mapping's, the
    working directory, or the given one else the working directory. With `strict`, a reference to
    a list or an object is refused. `member` is a file in a zip archive, `query` the query of a
    database, `prefixes` those of references in RDF files, `nulls_in` a column's own null values.
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
    reading: ValueFormat = field(default_factory=ValueFormat)
    root: Literal["given", "mapping", "working", "either"] = "given"
    may_be_empty: bool = False
    strict: bool = False
    nulls_in: Table[str, frozenset[str]] = field(default_factory=dict)

    @property
    def paths(self) -> bool:
        """Return whether references are JSONPaths."""
        return self.formulation in {"jsonpath", "jsonlines"}

    @property
    def is_address(self) -> bool:
        """Return whether the source is a database at an address, not a file."""
        return self.formulation == "sql" and "://" in self.access

    @property
    def derived_names(self) -> set[str]:
        """Return the names that rows have besides the file's own columns."""
        names = {*self.key_as, *(name for name, _ in self.fields)}
        names |= {self.sheet_as} if self.sheet_as else set()
        if self.sum:
            names |= {self.sum.name_as, self.sum.value_as, *dict(self.sum.latest)} - {""}
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
class MappingDocument:
    """A whole mapping document; `title` is that of the recipe it is made from, if it is."""

    path: Path
    sources: Table[str, LogicalSource]
    entities: tuple[EntityMap, ...]
    checks: tuple[Check, ...]
    tables: Table[str, Table[str, Table[str, str]]]
    notices: tuple[Finding, ...] = ()
    title: Table[str, str] = field(default_factory=dict)

    @property
    def named_graphs(self) -> bool:
        """Return whether it puts triples into other graphs than the default graph."""
        return any(
            entity.graphs or any(pair.graphs for pair in entity.predicate_objects)
            for entity in self.entities
        )

    @property
    def blank_nodes(self) -> tuple[str, ...]:
        """Return the names of the entity maps that make blank nodes."""
        names = []
        for entity in self.entities:
            pairs = entity.predicate_objects
            graphs = [*entity.graphs, *(graph for pair in pairs for graph in pair.graphs)]
            kinds = {term_map.kind for term_map in (*graphs, *(pair.object for pair in pairs))}
            if "blank" in {entity.subject_kind, *kinds}:
                names.append(entity.name)
        return tuple(names)

    def checks_of(self, source: str) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.source == source)

    def entities_of(self, source: str) -> tuple[EntityMap, ...]:
        return tuple(entity for entity in self.entities if source in entity.sources)


def nested_calls(expression: Expression | None) -> Iterator[Call]:
    """Yield every call in an expression, the outer one first."""
    if isinstance(expression, Call):
        yield expression
        for _, value in expression.parameters:
            yield from nested_calls(value)


def expressions(document: MappingDocument) -> Iterator[Expression | None]:
    """Yield every expression of a document."""
    for source in document.sources.values():
        yield from (value for _, value in source.fields)
    yield from (check.when for check in document.checks)
    for entity in document.entities:
        yield from expressions_of(entity)


def expressions_of(entity: EntityMap) -> Iterator[Expression | None]:
    """Yield every expression of an entity map over its own rows, not those of joins."""
    yield from (entity.subject, entity.condition)
    yield from (graph.value for graph in entity.graphs)
    for pair in entity.predicate_objects:
        yield from (pair.object.value, pair.object.condition)
        terms = (pair.predicate, pair.object.datatype_map, pair.object.language_map, *pair.graphs)
        yield from (term.value for term in terms if isinstance(term, ObjectMap))


def references(expression: Expression | None) -> set[str]:
    """Return the names that an expression reads."""
    if expression is None:
        return set()
    if isinstance(expression, Template):
        return {part.name for part in expression.parts if isinstance(part, Reference)}
    return {name for _, value in expression.parameters for name in references(value)}


def source_column(source: LogicalSource, name: str) -> str:
    """Return the file's column that a field is computed from, the first if there are several."""
    for field_name, value in source.fields:
        # A field may have the name of the column that it replaces.
        behind = references(value) - {name}
        if field_name == name and behind:
            return source_column(source, min(behind))
    return name


def required_columns(document: MappingDocument, source: LogicalSource) -> set[str]:
    """Return the columns of the file itself without which a source cannot be read."""
    names = {*source.skip, *source.keep}
    if source.unpivot:
        names |= set(source.unpivot.columns)
    if source.sum:
        names |= {*source.sum.summed, *source.sum.by, *source.sum.currency_in}
        names |= {column for _, column in source.sum.latest}
    for _, value in source.fields:
        names |= references(value)
    for check in document.checks:
        names |= references(check.when) if check.source == source.name else set()
    for entity in document.entities_of(source.name):
        for expression in expressions_of(entity):
            names |= references(expression)
    # What the reader adds is not in the file, and optional columns may be missing from it.
    return names - source.derived_names - source.optional

"""Compile predicate-object maps: what each row's lines hold after their subject.

A join finds the subjects of a parent's rows by the values they are joined on. Its index holds one
text per parent row, in memory while it is small, then in a temporary database.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from parvis.mapping.engine.functions import FunctionContext, compile_expression
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.engine.terms import CompiledTermMap, RowTerms, compile_term_map, compile_texts
from parvis.mapping.language.plan import (
    Call,
    EntityMap,
    Expression,
    Join,
    ObjectMap,
    PredicateObject,
    Template,
    references,
)
from parvis.mapping.rml import RML
from parvis.rdf.ntriples import iri

DEFAULT_GRAPH = f"<{RML}defaultGraph>"
IN_MEMORY = 100_000
"""Largest number of subjects in memory: about 30 MB."""
SEPARATOR = "\x1f"
"""Between the parts of a key (ASCII's unit separator)."""

Refuse = Callable[[SourceRow, set[str]], None]
"""Report and clear a row's invalid values, read from some columns."""


class JoinIndex:
    """Subjects by key, in the order of their rows."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        """Create an empty index; more than `in_memory` subjects go to disk."""
        self._limit = in_memory
        self._count = 0
        self._memory: dict[str, list[str]] = {}
        self._disk: sqlite3.Connection | None = None

    def fill(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Add all keys with their subjects, once."""
        for key, subject in pairs:
            self._memory.setdefault(key, []).append(subject)
            self._count += 1
            if self._count == self._limit:
                self._spill()
        if self._disk:
            self._spill()
            # Created after the inserts: filling a table that has an index takes longer.
            self._disk.execute("CREATE INDEX by_key ON parents (key)")

    def _spill(self) -> None:
        """Move the subjects in memory to disk."""
        if self._disk is None:
            # A temporary file without a name; transactions are explicit.
            self._disk = sqlite3.connect("", isolation_level=None)
            self._disk.execute("CREATE TABLE parents (key TEXT, subject TEXT)")
        rows = ((key, subject) for key, subjects in self._memory.items() for subject in subjects)
        self._disk.execute("BEGIN")
        self._disk.executemany("INSERT INTO parents VALUES (?, ?)", rows)
        self._disk.execute("COMMIT")
        self._memory.clear()
        self._count = 0

    def close(self) -> None:
        if self._disk:
            self._disk.close()

    def find(self, key: str) -> list[str]:
        if self._disk is None:
            return self._memory.get(key, [])
        query = "SELECT subject FROM parents WHERE key = ? ORDER BY rowid"
        return [subject for (subject,) in self._disk.execute(query, (key,))]


def parent_names(join: Join) -> set[str]:
    """Return the names that a join reads of the parent's rows."""
    names = references(join.subject.value)
    return names.union(*(references(parent) for _, parent in join.on))


def build_index(
    join: Join, rows: Iterable[SourceRow], setting: FunctionContext, base: str, refuse: Refuse
) -> JoinIndex:
    """Index the parent's rows; a row whose subject cannot be made is passed to `refuse`."""
    keys = _compile_keys([parent for _, parent in join.on], setting)
    subjects = compile_term_map(join.subject, setting, base).terms

    def pair_keys() -> Iterator[tuple[str, str]]:
        for row in rows:
            yield from product(keys(row), subjects(row))
            if row.refused:
                refuse(row, parent_names(join))

    index = JoinIndex()
    index.fill(pair_keys())
    return index


def compile_join(join: Join, index: JoinIndex, setting: FunctionContext) -> CompiledTermMap:
    """Compile the objects of a join: the subjects of the matching parent rows."""
    keys = _compile_keys([child for child, _ in join.on], setting)
    return CompiledTermMap(lambda row: [term for key in keys(row) for term in index.find(key)])


def _compile_keys(expressions: Iterable[Expression], setting: FunctionContext) -> RowTerms:
    """Compile the join keys: all combinations of the values, none if one is missing."""
    texts = [compile_texts(ObjectMap(expression), setting) for expression in expressions]
    if len(texts) == 1:
        return texts[0]
    return lambda row: [SEPARATOR.join(key) for key in product(*(text(row) for text in texts))]


@dataclass(frozen=True)
class RowCondition:
    """A compiled condition, and the columns that it reads."""

    holds: Callable[[SourceRow], bool]
    columns: set[str]


@dataclass(frozen=True)
class CompiledPair:
    """A compiled predicate-object map: `tails` are its lines without their subject.

    `head` is what its lines begin with, where the predicate is fixed and only the object depends
    on the row; `fixed` are its tails if all rows have the same; pairs that may write the same
    line share a `sort`.
    """

    tails: RowTerms
    objects: CompiledTermMap
    columns: set[str]
    condition: RowCondition | None = None
    head: str | None = None
    fixed: tuple[str, ...] = ()
    sort: str | None = None


def compile_condition(call: Call | None, setting: FunctionContext) -> RowCondition | None:
    """Compile a condition; one that cannot be evaluated does not hold."""
    if call is None:
        return None
    evaluate = compile_expression(call, setting)

    def holds(row: SourceRow) -> bool:
        answers = evaluate(row)
        return not row.refused and all(value is True for value in answers)

    return RowCondition(holds, references(call))


def compile_pair(
    pair: PredicateObject,
    entity: EntityMap,
    setting: FunctionContext,
    base: str,
    index: Callable[[Join], JoinIndex],
) -> CompiledPair:
    """Compile a predicate-object map of an entity map; `index` returns the parents of a join."""
    objects = (
        compile_join(pair.object.join, index(pair.object.join), setting)
        if pair.object.join
        else compile_term_map(pair.object, setting, base, standard=entity.standard)
    )
    terms, columns = objects.terms, _columns_of(pair)
    graphs = (*entity.graphs, *pair.graphs)
    condition = compile_condition(pair.object.condition, setting)
    if isinstance(pair.predicate, str) and not graphs and condition is None:
        head = f" {iri(pair.predicate, base)} "
        return CompiledPair(
            lambda row: [head + term for term in terms(row)],
            objects,
            columns,
            head=head,
            fixed=tuple(head + term for term in objects.fixed or ()),
            sort=f"{head}@{pair.object.language}",
        )
    if isinstance(pair.predicate, ObjectMap):
        predicates = compile_term_map(pair.predicate, setting, base).terms
    else:
        constant = [iri(pair.predicate, base)]
        predicates = lambda _: constant  # noqa: E731 - one line
    graphs_of = _compile_graphs(graphs, setting, base)
    return CompiledPair(
        lambda row: [
            f" {predicate} {term}{graph}"
            for predicate in predicates(row)
            for graph in graphs_of(row)
            for term in terms(row)
        ],
        objects,
        columns,
        condition,
    )


def _compile_graphs(
    graph_maps: tuple[ObjectMap, ...], setting: FunctionContext, base: str
) -> RowTerms:
    """Compile the ends of the lines: their graphs, by default the default graph (R2RML §9.1)."""
    if not graph_maps:
        return lambda _: [""]
    terms = [compile_term_map(graph_map, setting, base).terms for graph_map in graph_maps]

    def run(row: SourceRow) -> list[str]:
        graphs = dict.fromkeys(graph for graphs_of in terms for graph in graphs_of(row))
        return ["" if graph == DEFAULT_GRAPH else f" {graph}" for graph in graphs]

    return run


def _columns_of(pair: PredicateObject) -> set[str]:
    """Return the columns that a pair's terms are made of."""
    term_maps = (pair.predicate, pair.object.datatype_map, pair.object.language_map, *pair.graphs)
    # An object without a column is reported at the first other term that may have one.
    values = [term_map.value for term_map in term_maps if isinstance(term_map, ObjectMap)]
    return references(pair.object.value) or references(values[0] if values else Template(("",)))

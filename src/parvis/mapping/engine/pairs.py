"""Compile predicate-object maps: what each row's lines hold after their subject."""

from collections.abc import Callable
from dataclasses import dataclass

from parvis.mapping.engine.evaluation import compile_expression
from parvis.mapping.engine.functions import FunctionContext
from parvis.mapping.engine.joins import JoinIndex, compile_join
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.engine.terms import CompiledTermMap, RowTerms, compile_term_map
from parvis.mapping.language.plan import (
    Call,
    EntityMap,
    Join,
    ObjectMap,
    PredicateObject,
    Template,
    references,
)
from parvis.mapping.rml.graph import RML
from parvis.rdf.ntriples import iri

DEFAULT_GRAPH = f"<{RML}defaultGraph>"


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

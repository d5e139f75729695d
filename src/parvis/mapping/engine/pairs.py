"""Predicate-object maps compiled: what each row's lines say after their subject."""

from collections.abc import Callable
from dataclasses import dataclass

from parvis.mapping.engine.evaluation import evaluator
from parvis.mapping.engine.functions import Setting
from parvis.mapping.engine.joins import Index, joined
from parvis.mapping.engine.rows import Row
from parvis.mapping.engine.terms import Several, Terms, terms_of
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
class Condition:
    """When something is written, and the columns that this is read from."""

    holds: Callable[[Row], bool]
    columns: set[str]


@dataclass(frozen=True)
class Pair:
    """A predicate-object map, compiled: `tails` are its lines without their subject.

    Where its predicate is fixed and nothing but the object is told by the row, `head` is what its
    lines begin with; `fixed` are its lines if all rows have the same, `sort` is shared by pairs
    that may write the same line.
    """

    tails: Several
    objects: Terms
    columns: set[str]
    condition: Condition | None = None
    head: str | None = None
    fixed: tuple[str, ...] = ()
    sort: str | None = None


def condition_of(call: Call | None, setting: Setting) -> Condition | None:
    """Compile a condition; one that cannot be judged does not hold."""
    if call is None:
        return None
    evaluate = evaluator(call, setting)

    def holds(row: Row) -> bool:
        found = evaluate(row)
        return not row.refused and all(value is True for value in found)

    return Condition(holds, references(call))


def pair_of(
    told: PredicateObject,
    entity: EntityMap,
    setting: Setting,
    base: str,
    index: Callable[[Join], Index],
) -> Pair:
    """Compile a predicate-object map of an entity map; `index` gives the parents of a join."""
    made = told.object
    objects = (
        joined(made.join, index(made.join), setting)
        if made.join
        else terms_of(made, setting, base, standard=entity.standard)
    )
    graphs = (*entity.graphs, *told.graphs)
    condition = condition_of(made.condition, setting)
    if isinstance(told.predicate, str) and not graphs and condition is None:
        head = f" {iri(told.predicate, base)} "
        fixed = tuple(head + term for term in objects.fixed or ())
        sort = f"{head}@{made.language}"
        return Pair(_short(head, objects.of), objects, _columns(told), None, head, fixed, sort)
    predicates = _predicates(told.predicate, setting, base)
    tails = _long(predicates, objects.of, _graphs(graphs, setting, base))
    return Pair(tails, objects, _columns(told), condition)


def _short(head: str, objects: Several) -> Several:
    """Compile tails with one fixed predicate in the default graph."""
    return lambda row: [head + term for term in objects(row)]


def _long(predicates: Several, objects: Several, graphs: Several) -> Several:
    """Compile tails with predicates and graphs that rows tell."""
    return lambda row: [
        f" {predicate} {term}{graph}"
        for predicate in predicates(row)
        for graph in graphs(row)
        for term in objects(row)
    ]


def _predicates(told: str | ObjectMap, setting: Setting, base: str) -> Several:
    """Compile the predicate; a fixed one is written once."""
    if isinstance(told, ObjectMap):
        return terms_of(told, setting, base).of
    fixed = [iri(told, base)]
    return lambda _: fixed


def _graphs(told: tuple[ObjectMap, ...], setting: Setting, base: str) -> Several:
    """Compile the graphs as they end a line; none told is the default graph (R2RML §9.1)."""
    if not told:
        return lambda _: [""]
    terms = [terms_of(graph, setting, base).of for graph in told]

    def run(row: Row) -> list[str]:
        found = dict.fromkeys(graph for graphs in terms for graph in graphs(row))
        return ["" if graph == DEFAULT_GRAPH else f" {graph}" for graph in found]

    return run


def _columns(told: PredicateObject) -> set[str]:
    """Name the columns that a pair's terms are made of."""
    others = (told.predicate, told.object.datatype_map, told.object.language_map, *told.graphs)
    made = [one.value for one in others if isinstance(one, ObjectMap)]
    return references(told.object.value) or references(made[0] if made else Template(("",)))

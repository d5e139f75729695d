"""Entity maps by the letter of RML, compiled: rows to lines of N-Quads.

What `program` does for one fixed predicate and one graph, with predicates, graphs, datatypes and
languages that rows tell, blank nodes, and joins.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parvis.mapping.functions import Setting
from parvis.mapping.joins import Index, joined
from parvis.mapping.plan import EntityMap, Join, ObjectMap, PredicateObject, Template, references
from parvis.mapping.program import Refuse
from parvis.mapping.rml_graph import RML
from parvis.mapping.rows import Row
from parvis.mapping.terms import Terms, terms_of
from parvis.mapping.values import Refused
from parvis.rdf.ntriples import iri

DEFAULT_GRAPH = f"<{RML}defaultGraph>"
Graphs = Callable[[Row], list[str]]


@dataclass(frozen=True)
class Pair:
    """A predicate-object map, compiled."""

    predicates: Terms
    objects: Terms
    graphs: Graphs
    columns: set[str]


@dataclass(frozen=True)
class Statements:
    """One entity map over one source, ready to run."""

    entity: EntityMap
    subjects: Terms
    pairs: tuple[Pair, ...]
    refuse: Refuse

    def run(self, row: Row) -> Iterator[tuple[str, list[str]]]:
        """Give each subject with its lines; a value that is refused is left out and reported."""
        try:
            subjects = self.subjects(row)
        except Refused as refused:
            self.refuse(refused, row, references(self.entity.subject))
            return
        tails = [tail for pair in self.pairs for tail in self._tails(pair, row)]
        for subject in subjects:
            yield subject, [f"{subject} {tail}" for tail in tails]

    def _tails(self, pair: Pair, row: Row) -> list[str]:
        """Write all but the subject of a pair's lines."""
        try:
            objects = pair.objects(row)
            return [
                f"{predicate} {term}{graph} .\n"
                for predicate in pair.predicates(row)
                for graph in pair.graphs(row)
                for term in objects
            ]
        except Refused as refused:
            self.refuse(refused, row, pair.columns)
            return []


def compile_statements(
    entity: EntityMap,
    setting: Setting,
    base: str,
    refuse: Refuse,
    index: Callable[[Join], Index],
) -> Statements:
    """Compile an entity map for a source's setting; `index` gives the parent's of a join."""
    base = entity.base or base

    def pair(told: PredicateObject) -> Pair:
        made = told.object
        objects = (
            joined(made.join, index(made.join), setting)
            if made.join
            else terms_of(made, setting, base)
        )
        graphs = _graphs((*entity.graphs, *told.graphs), setting, base)
        return Pair(_predicates(told.predicate, setting, base), objects, graphs, _columns(told))

    subject = ObjectMap(entity.subject, entity.subject_kind)
    return Statements(
        entity,
        terms_of(subject, setting, base),
        tuple(pair(told) for told in entity.predicate_objects),
        refuse,
    )


def _predicates(told: str | ObjectMap, setting: Setting, base: str) -> Terms:
    """Compile the predicate; a fixed one is written once."""
    if isinstance(told, ObjectMap):
        return terms_of(told, setting, base)
    fixed = [iri(told, base)]
    return lambda _: fixed


def _graphs(told: tuple[ObjectMap, ...], setting: Setting, base: str) -> Graphs:
    """Compile the graphs as they end a line; none told is the default graph (R2RML §9.1)."""
    if not told:
        return lambda _: [""]
    terms = [terms_of(graph, setting, base) for graph in told]

    def run(row: Row) -> list[str]:
        found = dict.fromkeys(graph for graphs in terms for graph in graphs(row))
        return ["" if graph == DEFAULT_GRAPH else f" {graph}" for graph in found]

    return run


def _columns(told: PredicateObject) -> set[str]:
    """Name the columns that a pair's terms are made of."""
    others = (told.predicate, told.object.datatype_map, told.object.language_map, *told.graphs)
    made = [one.value for one in others if isinstance(one, ObjectMap)]
    return references(told.object.value) or references(made[0] if made else Template(("",)))

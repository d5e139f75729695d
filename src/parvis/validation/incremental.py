"""Validation after a change: only of focus nodes whose neighbourhood has changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDFS, SH
from rdflib.term import Node

from parvis.errors import QueryError
from parvis.validation import engine as compiled
from parvis.validation.compile.constraints import queries
from parvis.validation.compile.facts import ViewFacts
from parvis.validation.compile.query import (
    CompilationScope,
    ConstraintQuery,
    NodeReach,
    QueryOfShapes,
    batches,
    targets,
)
from parvis.validation.compile.terms import NotCompiled, PropertyPath, iri, split_batches, then
from parvis.validation.data import Data, DataView
from parvis.validation.engine import EngineOutcome, Result, count_targets, results_of
from parvis.validation.shapes import LISTS_OF_SHAPES, ONE_SHAPE, Shape

# The walks of a shape lead from a focus node to every node whose triples it reads. While none of
# these nodes has changed, nor the order of classes, neither have the results of the focus node:
# a walk is the same before and after, step by step, as long as it meets no node that has changed.

Walk = PropertyPath | None
"""A path, None for the focus node itself."""

COMPARED = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals)
"""Parameters that read another property of the focus node."""
_READING_VALUES = (SH["class"], SH.closed)
"""Parameters that read the triples of value nodes."""


def walks(shape: Shape, start: Walk = None) -> Iterator[Walk]:
    """Return the walks of a shape that compiles, from the end of another walk.

    Raises `NotCompiled` for constraints in SPARQL, inverse paths, and targets that are objects.
    """
    if shape.is_deactivated:
        return
    if shape.values(SH.sparql) or shape.values(SH.targetObjectsOf):
        # The subjects that changed do not determine what these read.
        raise NotCompiled("a shape that may look anywhere")
    path = shape.path
    if path:
        yield from (_extend(start, step) for step in _walks_before_steps(path))
    if any(shape.values(term) for term in COMPARED):
        yield start
    values = _extend(start, path)
    if any(shape.values(term) for term in _READING_VALUES):
        yield values
    for inner in inner_shapes(shape):
        yield from walks(inner, values)


def inner_shapes(shape: Shape) -> list[Shape]:
    """Return the shapes by which value nodes are judged."""
    inner = [inner for term in ONE_SHAPE for inner in shape.shapes(term)]
    for term in LISTS_OF_SHAPES:
        inner += [member for members in shape.lists(term) for member in members]
    for qualified in shape.shapes(SH.qualifiedValueShape):
        inner += shape.siblings(qualified)
    return inner


def _extend(start: Walk, path: Walk) -> Walk:
    return then(start, path) if start and path else start or path


def _walks_before_steps(path: PropertyPath) -> Iterator[Walk]:
    """Return the walks to the nodes from which a path takes a step."""
    if path.first and path.second:
        yield from _walks_before_steps(path.first)
        yield from (_extend(path.first, step) for step in _walks_before_steps(path.second))
    elif path.choices:
        for choice in path.choices:
            yield from _walks_before_steps(choice)
    else:
        yield None
        if "^" in path.text:
            raise NotCompiled("a path against the direction of triples")
        # A path that repeats another takes steps from any node along its predicates.
        predicates = sorted(map(iri, path.predicates))
        if path.text not in predicates:
            yield PropertyPath(f"({'|'.join(predicates)})+", predicates=path.predicates)


# Results as JSON data, to be reused for data that have changed little.

Term = Sequence[str | None]
"""An IRI alone, or a literal's text, datatype and language."""
Row = tuple[str, str, Term, Term | None, str | None]
"""Source shape, component, focus node, value, and path where it is not the shape's."""

MOST_RESULTS = 10_000
"""The most results of a shape that are kept; of a shape with more, none are."""


def results_to_json(results: Mapping[Node, Sequence[Result]]) -> dict[str, list[Row]]:
    """Return the results by top-level shape, of those shapes whose results can all be reused."""

    def to_row(result: Result) -> Row:
        path = None if result.path == result.query.shape.path_node else str(result.path)
        value = None if result.value is None else _to_json(result.value)
        shape, component = str(result.query.shape.node), str(result.query.component)
        return shape, component, _to_json(result.focus), value, path

    return {
        str(shape): [to_row(result) for result in of_shape]
        for shape, of_shape in results.items()
        if isinstance(shape, URIRef)
        and len(of_shape) <= MOST_RESULTS
        # Blank nodes, in shapes or data, have other identifiers the next time.
        and all(
            isinstance(result.query.shape.node, URIRef)
            and result.query.source is None
            and not isinstance(result.focus, BNode)
            and not isinstance(result.value, BNode)
            for result in of_shape
        )
    }


NO_QUERY = QueryOfShapes("")
"""What a result that was found before was found by."""


def results_from_json(rows: Iterable[Row], shapes: Graph) -> list[Result]:
    """Read results that `results_to_json` returned, for the same shapes."""
    return [
        Result(
            ConstraintQuery(Shape(URIRef(shape), shapes), URIRef(component), NO_QUERY, ""),
            _from_json(focus),
            None if value is None else _from_json(value),
            Shape(URIRef(shape), shapes).path_node if path is None else URIRef(path),
        )
        for shape, component, focus, value, path in rows
    ]


def _to_json(node: Node) -> Term:
    if isinstance(node, Literal):
        return [str(node), node.datatype and str(node.datatype), node.language]
    return [str(node)]


def _from_json(term: Term) -> Node:
    text, *attributes = term
    if not attributes:
        return URIRef(str(text))
    datatype, language = attributes
    return Literal(text, datatype=datatype and URIRef(datatype), lang=language, normalize=False)


# Focus nodes whose neighbourhood has not changed keep their results. That holds shape by shape, and
# only for a shape whose walks are known; any other shape is judged on all its focus nodes, as is
# one of which too much has changed.

Triple = tuple[Node, Node, Node]

MOST = 5_000
"""Changed subjects above which it is as fast to judge all focus nodes."""
FEW, TENTH = 100, 10
"""More than so many focus nodes, and more than one of so many, are as fast to judge with all."""


@dataclass(frozen=True)
class PreviousValidation:
    """The last validation by the same shapes, and the subjects of which a triple has changed.

    `results` are as `results_to_json` returned them; `changed` are the subjects of all triples
    that one version of the data has and the other lacks.
    """

    results: Mapping[str, Sequence[Row]]
    changed: frozenset[URIRef]

    @classmethod
    def of(cls, results: Mapping[str, Sequence[Row]], difference: Iterable[Triple]) -> Self | None:
        """Return the last validation, None if the differing triples do not allow to reuse it."""
        changed = set()
        for subject, predicate, value in difference:
            # Blank nodes have no lasting name, and the order of classes affects any focus node.
            if isinstance(value, BNode) or predicate == RDFS.subClassOf:
                return None
            if not isinstance(subject, URIRef):
                return None
            changed.add(subject)
        return cls(results, frozenset(changed))


def judge_changed(
    data: Data, view: DataView, shapes: Sequence[Shape], before: PreviousValidation | None
) -> EngineOutcome:
    """Judge every top-level shape that compiles, by its changed focus nodes where possible."""
    if before is None or len(before.changed) > MOST:
        return compiled.judge(data, view, shapes)
    incremental = _IncrementalJudge(data, view, ViewFacts(view), before)
    reused = {shape.node: incremental.judge(shape) for shape in shapes}
    outcome = compiled.judge(data, view, [s for s in shapes if reused[s.node] is None])
    for shape, results in reused.items():
        if results is not None:
            outcome.results_by_shape[shape], outcome.checked[shape] = results
    return outcome


@dataclass(frozen=True)
class _IncrementalJudge:
    data: Data
    view: DataView
    facts: ViewFacts
    before: PreviousValidation

    def judge(self, shape: Shape) -> tuple[list[Result], int] | None:
        """Return the results of a shape and its focus nodes' count, None if all must be judged."""
        rows = self.before.results.get(str(shape.node))
        try:
            if rows is None or shape.is_deactivated:
                return None
            affected = self._find_affected(shape)
            scope = CompilationScope(self.facts, self.data.altered)
            focus = targets(scope, shape)
            count = count_targets(self.facts, focus)
            if not count:
                return [], 0
            # Results that do not name the shape's own focus node cannot be assigned to one.
            if any(query.focus != focus.last for query in queries(scope, shape, focus)):
                return None
            nodes: set[URIRef] = set()
            for batch in split_batches(affected):
                rows_text = f"{_write_values(focus.last, batch)} {focus.rows()}"
                nodes |= self._select_iris(rows_text, focus.last[1:])
            if len(nodes) > max(FEW, count // TENTH):
                return None
            old = [
                result
                for result in results_from_json(rows, shape.graph)
                if result.focus not in affected
            ]
            new: list[Result] = []
            for batch in split_batches(nodes):
                scope = CompilationScope(self.facts, self.data.altered)
                x = scope.fresh()
                focus = NodeReach((_write_values(x, batch),), (x,))
                for query_batch in batches(queries(scope, shape, focus)):
                    new += results_of(self.view, query_batch)
            return old + new, count
        except (NotCompiled, QueryError):
            return None

    def _find_affected(self, shape: Shape) -> set[URIRef]:
        """Return the nodes from which the shape may see other triples than before."""
        affected = set(self.before.changed)
        for walk in {walk for walk in walks(shape) if walk}:
            for batch in split_batches(self.before.changed):
                rows = f"{_write_values('?end', batch)} ?x {walk.text} ?end"
                affected |= self._select_iris(rows, "x")
                if len(affected) > MOST:
                    raise NotCompiled("a shape of which too much has changed")
        return affected

    def _select_iris(self, rows: str, name: str) -> set[URIRef]:
        query = f"SELECT DISTINCT ?{name} {{ {rows} }}"
        nodes = {row[name] for row in self.view.select(query)}
        if not all(isinstance(node, URIRef) for node in nodes):
            raise NotCompiled("a node without a name")
        return {URIRef(node) for node in nodes}


def _write_values(name: str, nodes: Sequence[URIRef]) -> str:
    return f"VALUES {name} {{ {' '.join(map(iri, nodes))} }}"

"""Validation after a change: only focus nodes whose neighbourhood has changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDFS, SH
from rdflib.term import Node

from parvis.errors import QueryError
from parvis.validation import engine as compiled
from parvis.validation.compile.constraints import queries
from parvis.validation.compile.paths import Path, then
from parvis.validation.compile.query import Query, Reach, batches, targets
from parvis.validation.compile.scope import Facts, Scope
from parvis.validation.compile.terms import NotCompiled, iri
from parvis.validation.data import Data, View
from parvis.validation.engine import Judged, Result, count_of, results_of
from parvis.validation.shape import Shape

# Where a shape looks: the walks from a focus node to every node whose triples it reads.
#
# What a shape says of a focus node depends on the triples of the nodes at the end of its walks,
# and on how classes are ordered. So while none of these nodes has changed, neither have the
# results of that focus node: a walk is the same before and after, step by step, as long as it
# meets no node that has changed.

Walk = Path | None
"""A path to be walked; nothing for the focus node itself."""

_BESIDE = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals)
"""Parameters that read another property of the focus node."""
_ABOUT = (SH["class"], SH.closed)
"""Parameters that read the triples of value nodes."""
_SHAPES = (SH.property, SH.node, SH["not"])
_LISTS = (SH["and"], SH["or"], SH.xone)


def walks(shape: Shape, start: Walk = None) -> Iterator[Walk]:
    """Give the walks of a shape that compiles, from the end of another walk.

    Raises `NotCompiled` for constraints in SPARQL, inverse paths, and targets that are objects:
    what these read cannot be told by the subjects that changed.
    """
    if shape.deactivated:
        return
    if shape.values(SH.sparql) or shape.values(SH.targetObjectsOf):
        raise NotCompiled("a shape that may look anywhere")
    path = shape.path
    if path:
        yield from (_on(start, step) for step in _before(path))
    if any(shape.values(term) for term in _BESIDE):
        yield start
    values = _on(start, path)
    if any(shape.values(term) for term in _ABOUT):
        yield values
    for other in _others(shape):
        yield from walks(other, values)


def _others(shape: Shape) -> Iterator[Shape]:
    """Give the shapes that value nodes are judged by."""
    for term in _SHAPES:
        yield from shape.shapes(term)
    for term in _LISTS:
        for members in shape.lists(term):
            yield from members
    for wanted in shape.shapes(SH.qualifiedValueShape):
        yield wanted
        yield from shape.siblings(wanted)


def _on(start: Walk, path: Walk) -> Walk:
    """Go on from the end of a walk."""
    return then(start, path) if start and path else start or path


def _before(path: Path) -> Iterator[Walk]:
    """Give the walks to the nodes from which a path takes a step."""
    if path.first and path.second:
        yield from _before(path.first)
        yield from (_on(path.first, step) for step in _before(path.second))
    elif path.choices:
        for choice in path.choices:
            yield from _before(choice)
    else:
        yield None
        yield from _between(path)


def _between(path: Path) -> Iterator[Walk]:
    """Give, for a path that repeats another, any walk over its predicates."""
    if "^" in path.text:
        raise NotCompiled("a path against the direction of triples")
    steps = sorted(map(iri, path.predicates))
    if path.text not in steps:
        yield Path(f"({'|'.join(steps)})+", predicates=path.predicates)


# Results that may stand again for data that have changed little, as plain data.

Term = Sequence[str | None]
"""An IRI alone, or a literal's text, datatype and language."""
Row = tuple[str, str, Term, Term | None, str | None]
"""Source shape, component, focus node, value, and path where it is not the shape's."""

MOST_RESULTS = 10_000
"""How many results of a shape are kept; of one that has more, none are."""


def keep(found: Mapping[Node, Sequence[Result]]) -> dict[str, list[Row]]:
    """Write results by top-level shape, of those shapes whose results can all be told again.

    Blank nodes, in shapes or data, are others the next time.
    """
    return {
        str(shape): [_row(one) for one in results]
        for shape, results in found.items()
        if isinstance(shape, URIRef) and len(results) <= MOST_RESULTS and _are_lasting(results)
    }


def tell(rows: Iterable[Row], shapes: Graph) -> list[Result]:
    """Read results back, for the same shapes."""
    return [
        Result(
            Query(Shape(URIRef(shape), shapes), URIRef(component), "", ""),
            _term(focus),
            None if value is None else _term(value),
            Shape(URIRef(shape), shapes).path_node if path is None else URIRef(path),
        )
        for shape, component, focus, value, path in rows
    ]


def _are_lasting(results: Iterable[Result]) -> bool:
    return all(
        isinstance(one.query.shape.node, URIRef)
        and one.query.source is None
        and not isinstance(one.focus, BNode)
        and not isinstance(one.value, BNode)
        for one in results
    )


def _row(one: Result) -> Row:
    own = None if one.path == one.query.shape.path_node else str(one.path)
    value = None if one.value is None else _written(one.value)
    shape, component = str(one.query.shape.node), str(one.query.component)
    return shape, component, _written(one.focus), value, own


def _written(node: Node) -> Term:
    if isinstance(node, Literal):
        return [str(node), node.datatype and str(node.datatype), node.language]
    return [str(node)]


def _term(said: Term) -> Node:
    text, *more = said
    if not more:
        return URIRef(str(text))
    datatype, language = more
    return Literal(text, datatype=datatype and URIRef(datatype), lang=language, normalize=False)


# Data validated again after a change: only focus nodes whose neighbourhood is another.
#
# The results of all others are those of the last time. That holds shape by shape, and only where
# the nodes that a shape looks at are known (`parvis.validation.incremental`); any other shape is
# judged whole, as is one of which too much has changed.

Triple = tuple[Node, Node, Node]

MOST = 5_000
"""Changed subjects above which it is as fast to look at all."""
FEW, TENTH = 100, 10
"""More than so many focus nodes, and more than one of so many, are as fast to judge with all."""
_AT_ONCE = 200


@dataclass(frozen=True)
class Before:
    """The last validation by the same shapes, and the subjects of which a triple has changed.

    `results` has those of each top-level shape that may be kept (`parvis.validation.incremental`);
    `changed` are the subjects of all triples that one version of the data has and the other
    lacks.
    """

    results: Mapping[str, Sequence[Row]]
    changed: frozenset[URIRef]

    @classmethod
    def of(cls, results: Mapping[str, Sequence[Row]], difference: Iterable[Triple]) -> Self | None:
        """Use what is known, if the triples that make the difference allow it.

        They may not have a blank node, which has no lasting name, nor order classes.
        """
        changed = set()
        for subject, predicate, value in difference:
            if isinstance(value, BNode) or predicate == RDFS.subClassOf:
                return None
            if not isinstance(subject, URIRef):
                return None
            changed.add(subject)
        return cls(results, frozenset(changed))


def judge(data: Data, view: View, shapes: Sequence[Shape], before: Before | None) -> Judged:
    """Judge every top-level shape that compiles, by what has changed where that is enough."""
    if before is None or len(before.changed) > MOST:
        return compiled.judge(data, view, shapes)
    again = _Again(data, view, Facts(view), before)
    found = {shape.node: again.judged(shape) for shape in shapes}
    whole = compiled.judge(data, view, [one for one in shapes if found[one.node] is None])
    for shape, judged in found.items():
        if judged is not None:
            whole.found[shape], whole.checked[shape] = judged
    return whole


@dataclass(frozen=True)
class _Again:
    """One view being validated again."""

    data: Data
    view: View
    facts: Facts
    before: Before

    def judged(self, shape: Shape) -> tuple[list[Result], int] | None:
        """Give the results of a shape and its focus nodes' count; nothing if it is to be whole."""
        rows = self.before.results.get(str(shape.node))
        try:
            if rows is None or shape.deactivated:
                return None
            concerned = self._concerned(shape)
            focus = targets(self._scope(), shape)
            count = count_of(self.view, focus)
            if not count:
                return [], 0
            self._require_named(shape)
            nodes = self._targets_among(focus, concerned)
            if len(nodes) > max(FEW, count // TENTH):
                return None
            found = [one for some in _some(nodes) for one in self._results(shape, some)]
            same = [one for one in tell(rows, shape.graph) if one.focus not in concerned]
            return same + found, count
        except (NotCompiled, QueryError):
            return None

    def _scope(self) -> Scope:
        return Scope(self.facts, self.data.altered)

    def _require_named(self, shape: Shape) -> None:
        """Refuse a shape of whose results not all name their focus nodes."""
        scope = self._scope()
        focus = targets(scope, shape)
        if any(query.focus != focus.last for query in queries(scope, shape, focus)):
            raise NotCompiled("results that do not name their target")

    def _concerned(self, shape: Shape) -> set[URIRef]:
        """Give the nodes at which the shape may see something else than before."""
        changed = sorted(self.before.changed)
        found = set(changed)
        for walk in {walk for walk in walks(shape) if walk}:
            for some in _some(changed):
                found |= self._named(f"{_values('?end', some)} ?x {walk.text} ?end", "x")
                if len(found) > MOST:
                    raise NotCompiled("a shape of which too much has changed")
        return found

    def _targets_among(self, focus: Reach, nodes: Iterable[URIRef]) -> set[URIRef]:
        """Give the nodes that are focus nodes."""
        name = focus.last[1:]
        asked = (f"{_values(focus.last, some)} {focus.rows()}" for some in _some(nodes))
        return {node for rows in asked for node in self._named(rows, name)}

    def _named(self, rows: str, name: str) -> set[URIRef]:
        """Ask for nodes, all of which must be IRIs."""
        found = {row[name] for row in self.view.select(f"SELECT DISTINCT ?{name} {{ {rows} }}")}
        if not all(isinstance(node, URIRef) for node in found):
            raise NotCompiled("a node without a name")
        return {URIRef(node) for node in found}

    def _results(self, shape: Shape, nodes: Sequence[URIRef]) -> Iterator[Result]:
        """Judge some focus nodes."""
        scope = self._scope()
        x = scope.fresh()
        focus = Reach((_values(x, nodes),), (x,))
        for batch in batches(queries(scope, shape, focus)):
            yield from results_of(self.view, batch)


def _some(nodes: Iterable[URIRef]) -> Iterator[Sequence[URIRef]]:
    """Give nodes some at a time."""
    listed = sorted(nodes)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]


def _values(name: str, nodes: Sequence[URIRef]) -> str:
    return f"VALUES {name} {{ {' '.join(map(iri, nodes))} }}"

"""Data validated again after a change: only focus nodes whose neighbourhood is another.

The results of all others are those of the last time. That holds shape by shape, and only where
the nodes that a shape looks at are known (`parvis.validation.walks`); any other shape is judged
whole, as is one of which too much has changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from rdflib import BNode, URIRef
from rdflib.namespace import RDFS
from rdflib.term import Node

from parvis.errors import QueryError
from parvis.validation import compiled
from parvis.validation.batch import batches
from parvis.validation.compiled import Judged, Result, count_of, results_of
from parvis.validation.constraints import queries
from parvis.validation.facts import Facts
from parvis.validation.focus import Reach, targets
from parvis.validation.kept import Row, tell
from parvis.validation.scope import Scope
from parvis.validation.shape import Shape
from parvis.validation.terms import NotCompiled, iri
from parvis.validation.view import Data, View
from parvis.validation.walks import walks

Triple = tuple[Node, Node, Node]

MOST = 5_000
"""Changed subjects above which it is as fast to look at all."""
FEW, TENTH = 100, 10
"""More than so many focus nodes, and more than one of so many, are as fast to judge with all."""
_AT_ONCE = 200


@dataclass(frozen=True)
class Before:
    """The last validation by the same shapes, and the subjects of which a triple has changed.

    `results` has those of each top-level shape that may be kept (`parvis.validation.kept`);
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

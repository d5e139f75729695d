"""A compiled constraint: one SELECT whose solutions are results, over all focus nodes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from rdflib import URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from parvis.validation.compile.scope import CompilationScope
from parvis.validation.compile.terms import text_of
from parvis.validation.shape import Shape

# How focus nodes and value nodes are reached: targets, then paths (SHACL §2.1, §2.3).


@dataclass(frozen=True)
class NodeReach:
    """Patterns that bind a chain of variables: the target first, then a value of each path.

    One result is due for every chain, so that a property shape inside another one is judged for
    each value as often as it is reached (SHACL §4.7.2). From a `barren` one nothing is reached: the
    data have no triple along a path.
    """

    patterns: tuple[str, ...]
    chain: tuple[str, ...]
    barren: bool = False

    @property
    def last(self) -> str:
        """Return the variable of the node that is judged."""
        return self.chain[-1]

    def along(self, scope: CompilationScope, shape: Shape) -> "NodeReach":
        """Return the reach of a shape's value nodes; those of a node shape are its focus nodes."""
        path = scope.path(shape)
        if path is None:
            return self
        v = scope.fresh()
        steps = [f"{self.last} {path.text} {v} ."] + [f"BIND({self.last} AS {v})"] * path.stays
        patterns = tuple(f"{pattern} {step}" for pattern in self.patterns for step in steps)
        return NodeReach(patterns, (*self.chain, v), self.barren or scope.leads_nowhere(path))

    def rows(self, more: str = "") -> str:
        """Return the group of all patterns, each followed by `more`."""
        groups = [f"{{ {pattern} {more} }}" for pattern in self.patterns]
        return groups[0] if len(groups) == 1 else f"{{ {' UNION '.join(groups)} }}"


def targets(scope: CompilationScope, shape: Shape) -> NodeReach:
    """Return the reach of the focus nodes of a shape that has targets."""
    x = scope.fresh()
    patterns = []
    if nodes := shape.values(SH.targetNode):
        patterns.append(f"VALUES {x} {{ {' '.join(map(text_of, nodes))} }}")
    implicit = [shape.node] if shape.is_class else []
    classes = sorted({*shape.values(SH.targetClass), *implicit}, key=str)
    patterns += [scope.classes.instances(x, class_, scope.fresh()) for class_ in classes]
    patterns += [
        f"{x} {scope.predicate(predicate)} {scope.fresh()} ."
        for predicate in shape.values(SH.targetSubjectsOf)
    ]
    patterns += [
        f"{scope.fresh()} {scope.predicate(predicate)} {x} ."
        for predicate in shape.values(SH.targetObjectsOf)
    ]
    return NodeReach(tuple(patterns), (x,))


@dataclass(frozen=True)
class NodeCondition:
    """An expression, never an error, about the last node of each chain."""

    reach: NodeReach
    expression: str

    def select(self, *marks: str) -> str:
        """Return the SELECT of the chains where it is false; `marks` are projected too."""
        rows = self.reach.rows(f"FILTER(!({self.expression}))")
        return f"SELECT DISTINCT {' '.join([*self.reach.chain, *marks])} WHERE {rows}"


@dataclass(frozen=True)
class ConstraintQuery:
    """One constraint of one shape; every solution of `text` is a result.

    `focus`, `value` and `path` are the variables that hold these; without `path`, a result has the
    path of its shape. With a `condition`, the solutions are the chains of variables that the
    condition is about, where it is false. A `vain` one has no solution in these data.
    """

    shape: Shape
    component: URIRef
    text: str
    focus: str
    value: str | None = None
    path: str | None = None
    source: Node | None = None
    condition: NodeCondition | None = None
    vain: bool = False


# Conditions on the same nodes in one SELECT, so that the nodes are reached once.

_MOST = 10
"""Conditions in one SELECT."""


@dataclass(frozen=True)
class Batch:
    """Queries evaluated by one `text`: every solution is a result of those that it marks."""

    text: str
    queries: tuple[ConstraintQuery, ...]

    def violated_queries(self, row: Mapping[str, Node]) -> Iterable[ConstraintQuery]:
        """Return the queries of which a solution is a result."""
        if len(self.queries) == 1:
            return self.queries
        marks = ((query, row[f"mark{i}"]) for i, query in enumerate(self.queries))
        return [query for query, mark in marks if str(mark) == "false"]


def batches(queries: Iterable[ConstraintQuery]) -> Iterator[Batch]:
    """Group the queries about the same chains, in the order of the first of each, but vain ones."""
    groups: defaultdict[object, list[ConstraintQuery]] = defaultdict(list)
    for query in queries:
        if query.vain:
            continue
        reach = query.condition and query.condition.reach
        groups[(reach and (reach.patterns, reach.chain, query.value)) or query.text].append(query)
    for group in groups.values():
        remaining = iter(group)
        while members := tuple(islice(remaining, _MOST)):
            conditions = [query.condition for query in members if query.condition]
            if len(members) == 1 or not conditions:
                yield Batch(members[0].text, members)
                continue
            # A mark for each condition: which are false is read from the solution.
            marks = [f"(({c.expression}) AS ?mark{i})" for i, c in enumerate(conditions)]
            conjunction = " && ".join(f"({c.expression})" for c in conditions)
            yield Batch(NodeCondition(conditions[0].reach, conjunction).select(*marks), members)

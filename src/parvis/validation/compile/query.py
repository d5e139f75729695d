"""A compiled constraint: one SELECT whose solutions are results, over all focus nodes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from rdflib import URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from parvis.validation.compile.scope import Scope
from parvis.validation.compile.terms import text_of
from parvis.validation.shape import Shape

# How focus nodes and value nodes are reached: targets, then paths (SHACL §2.1, §2.3).


@dataclass(frozen=True)
class Reach:
    """Patterns that bind a chain of variables: the target first, then a value of each path.

    One result is due for every chain, so that a property shape inside another one is judged for
    each value as often as it is reached (SHACL §4.7.2). From a `barren` one nothing is reached:
    the data have no triple along a path.
    """

    patterns: tuple[str, ...]
    chain: tuple[str, ...]
    barren: bool = False

    @property
    def last(self) -> str:
        """Give the variable of the node that is judged."""
        return self.chain[-1]

    def along(self, scope: Scope, shape: Shape) -> "Reach":
        """Go on to a shape's value nodes; those of a node shape are its focus nodes."""
        path = scope.path(shape)
        if path is None:
            return self
        v = scope.fresh()
        ways = [f"{self.last} {path.text} {v} ."] + [f"BIND({self.last} AS {v})"] * path.stays
        patterns = tuple(f"{pattern} {way}" for pattern in self.patterns for way in ways)
        return Reach(patterns, (*self.chain, v), self.barren or scope.leads_nowhere(path))

    def rows(self, more: str = "") -> str:
        """Write the group of all patterns, each with something more."""
        groups = [f"{{ {pattern} {more} }}" for pattern in self.patterns]
        return groups[0] if len(groups) == 1 else f"{{ {' UNION '.join(groups)} }}"


def targets(scope: Scope, shape: Shape) -> Reach:
    """Give the focus nodes of a shape that has targets."""
    x = scope.fresh()
    return Reach(tuple(_patterns(scope, shape, x)), (x,))


def _patterns(scope: Scope, shape: Shape, x: str) -> Iterator[str]:
    if nodes := shape.values(SH.targetNode):
        yield f"VALUES {x} {{ {' '.join(map(text_of, nodes))} }}"
    own = [shape.node] if shape.is_class else []
    for class_ in sorted({*shape.values(SH.targetClass), *own}, key=str):
        yield scope.classes.instances(x, class_, scope.fresh())
    for predicate in shape.values(SH.targetSubjectsOf):
        yield f"{x} {scope.predicate(predicate)} {scope.fresh()} ."
    for predicate in shape.values(SH.targetObjectsOf):
        yield f"{scope.fresh()} {scope.predicate(predicate)} {x} ."


# A constraint compiled: one SELECT whose solutions are results.


@dataclass(frozen=True)
class Condition:
    """An expression, never an error, about the last node of each chain."""

    reach: Reach
    expression: str

    def select(self, *marks: str) -> str:
        """Ask for the chains where it is false; `marks` are projected too."""
        rows = self.reach.rows(f"FILTER(!({self.expression}))")
        return f"SELECT DISTINCT {' '.join([*self.reach.chain, *marks])} WHERE {rows}"


@dataclass(frozen=True)
class Query:
    """One constraint of one shape; every solution of `text` is a result.

    `focus`, `value` and `path` name the variables that hold them; a result has the path of its
    shape otherwise. If it has a `condition`, its solutions are the chains of variables that the
    condition is about, where it is false. A `vain` one has no solution in these data.
    """

    shape: Shape
    component: URIRef
    text: str
    focus: str
    value: str | None = None
    path: str | None = None
    source: Node | None = None
    condition: Condition | None = None
    vain: bool = False


# Conditions on the same nodes, asked for in one SELECT: the nodes are then walked over once.

_MOST = 10
"""Conditions in one SELECT."""


@dataclass(frozen=True)
class Batch:
    """Queries that one `text` asks for: every solution is a result of those that it marks."""

    text: str
    queries: tuple[Query, ...]

    def broken(self, row: Mapping[str, Node]) -> Iterable[Query]:
        """Give the queries of which a solution is a result."""
        if len(self.queries) == 1:
            return self.queries
        marked = ((query, row[f"mark{i}"]) for i, query in enumerate(self.queries))
        return [query for query, mark in marked if str(mark) == "false"]


def batches(queries: Iterable[Query]) -> Iterator[Batch]:
    """Put together what is asked about the same chains, in the order of the first of each.

    What is vain is not asked.
    """
    alike: defaultdict[object, list[Query]] = defaultdict(list)
    for query in (one for one in queries if not one.vain):
        about = query.condition and query.condition.reach
        alike[(about and (about.patterns, about.chain, query.value)) or query.text].append(query)
    for several in alike.values():
        left = iter(several)
        while some := tuple(islice(left, _MOST)):
            yield Batch(_text(some), some)


def _text(queries: tuple[Query, ...]) -> str:
    """Write one SELECT with a mark for each query's condition, if there are several."""
    found = [query.condition for query in queries if query.condition]
    if len(queries) == 1 or not found:
        return queries[0].text
    marks = [f"(({one.expression}) AS ?mark{i})" for i, one in enumerate(found)]
    every = " && ".join(f"({one.expression})" for one in found)
    return Condition(found[0].reach, every).select(*marks)

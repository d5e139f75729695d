"""The scope in which constraints are compiled, and what each becomes: one SELECT of results."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice

from rdflib import URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from parvis.validation.compile.expressions import (
    Column,
    Expression,
    Search,
    Searches,
    conjunction,
    disjunction,
    searches_where_false,
)
from parvis.validation.compile.facts import NotedFacts, ViewFacts
from parvis.validation.compile.terms import NodeTest, NotCompiled, PropertyPath, iri, text_of
from parvis.validation.shapes import Shape

_DEEPEST = 10
"""Shapes within shapes."""


class CompilationScope:
    """The compilation of one top-level shape.

    `altered` are predicates whose literals the view may not hold as they were written.
    """

    def __init__(self, facts: ViewFacts | NotedFacts, altered: frozenset[str]) -> None:
        self.facts, self._altered = facts, altered
        self._numbers = count()
        self._open: list[Node] = []

    def fresh(self) -> str:
        """Return a variable that nothing else uses."""
        return f"?v{next(self._numbers)}"

    @contextmanager
    def enter_shape(self, shape: Shape) -> Iterator[None]:
        """Enter a shape. Raises `NotCompiled` for a recursive one, or very deep ones."""
        if shape.node in self._open or len(self._open) > _DEEPEST:
            raise NotCompiled("shapes within shapes without end")
        self._open.append(shape.node)
        try:
            yield
        finally:
            self._open.pop()

    def reads(self, *predicates: Node) -> None:
        """Note predicates whose values a shape reads. Raises `NotCompiled` for altered ones."""
        for predicate in predicates:
            if str(predicate) in self._altered:
                raise NotCompiled("literals that the store writes otherwise, of", predicate)

    def reads_all(self) -> None:
        """Note that a shape may read any predicate. Raises `NotCompiled` if some are altered."""
        if self._altered:
            raise NotCompiled("literals that the store writes otherwise")

    def path(self, shape: Shape) -> PropertyPath | None:
        """Return a shape's path, and note the predicates it reads."""
        path = shape.path
        if path:
            self.reads(*path.predicates)
        return path

    def leads_nowhere(self, path: PropertyPath) -> bool:
        """Return whether the data have no triple at all along a path."""
        return not path.stays and not any(map(self.facts.holds, path.predicates))

    def pattern(self, form: str) -> str:
        """Return a pattern and its flags. Raises `NotCompiled` if the engine refuses them."""
        if not self.facts.accepts(form):
            raise NotCompiled("a pattern that the engine refuses")
        return form

    def reaches(self, shape: Shape, x: str, test: NodeTest) -> Expression:
        """Return the expression that some value node of `x` passes a test.

        The value node of a node shape is `x` itself.
        """
        path = self.path(shape)
        return path.reaches(x, self.fresh, test) if path else disjunction([test(x)])

    def predicate(self, node: Node) -> str:
        """Return the predicate that a parameter names, and note it."""
        self.reads(node)
        return iri(node)


# How focus nodes and value nodes are reached: targets, then paths (SHACL §2.1, §2.3).


@dataclass(frozen=True)
class NodeReach:
    """Patterns that bind a chain of variables: the target first, then a value of each path.

    One result is due for every chain, so that a property shape inside another one is judged for
    each value as often as it is reached (SHACL §4.7.2). From a `barren` one nothing is reached: the
    data have no triple along a path. `is_target` is the expression that the first node of a chain
    is a target; with it, all chains are in a `column`, if they lead along one predicate.
    """

    patterns: tuple[str, ...]
    chain: tuple[str, ...]
    barren: bool = False
    is_target: str | None = None
    column: Column | None = None

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
        column = None
        if path.predicate and self.is_target and len(self.chain) == 1:
            column = Column(path.predicate, steps[0])
        barren = self.barren or scope.leads_nowhere(path)
        return NodeReach(patterns, (*self.chain, v), barren, self.is_target, column)

    def rows(self, more: str = "") -> str:
        """Return the group of all patterns, each followed by `more`."""
        groups = [f"{{ {pattern} {more} }}" for pattern in self.patterns]
        return groups[0] if len(groups) == 1 else f"{{ {' UNION '.join(groups)} }}"


def target_classes(shape: Shape) -> list[Node]:
    """Return the classes whose instances are targets, always in the same order."""
    implicit = [shape.node] if shape.is_class else []
    return sorted({*shape.values(SH.targetClass), *implicit}, key=str)


_OTHER_TARGETS = (SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)


def has_no_target(facts: ViewFacts, shape: Shape) -> bool:
    """Return whether a shape surely has no target, without a query of its own."""
    return not any(map(shape.values, _OTHER_TARGETS)) and facts.have_no_instance(
        target_classes(shape)
    )


def targets(scope: CompilationScope, shape: Shape) -> NodeReach:
    """Return the reach of the focus nodes of a shape that has targets."""
    x, kind = scope.fresh(), scope.fresh()
    patterns: list[str] = []
    tests: list[str] = []
    if nodes := [*map(text_of, shape.values(SH.targetNode))]:
        patterns.append(f"VALUES {x} {{ {' '.join(nodes)} }}")
        tests += [f"sameTerm({x}, {node})" for node in nodes]
    if classes := target_classes(shape):
        patterns += scope.facts.instances(x, kind, *classes)
        tests.append(scope.facts.is_instance(x, kind, *classes))
    linked = [
        f"{x} {scope.predicate(p)} {scope.fresh()} ." for p in shape.values(SH.targetSubjectsOf)
    ]
    linked += [
        f"{scope.fresh()} {scope.predicate(p)} {x} ." for p in shape.values(SH.targetObjectsOf)
    ]
    tests += [f"EXISTS {{ {pattern} }}" for pattern in linked]
    return NodeReach((*patterns, *linked), (x,), is_target=" || ".join(tests))


@dataclass(frozen=True)
class Selection:
    """The chains of a reach that pass a test, a FILTER; `columns` are what is selected of them.

    Each search of `where` has the first nodes of all these chains, and perhaps of others.
    """

    reach: NodeReach
    test: str
    columns: tuple[str, ...]
    where: Searches = ()

    @property
    def searches(self) -> Searches:
        """Return the searches that may replace the targets of the reach."""
        return (*self.where, (self.reach.column,)) if self.reach.column else self.where

    def write(self, search: Search = ()) -> str:
        """Return the SELECT from all targets or, with a search, from what is in its columns."""
        reach = self.reach
        rows = reach.rows(self.test)
        if search:
            step = nodes = reach.column.pattern if reach.column else ""
            if search != (reach.column,):
                union = " UNION ".join(f"{{ {column.pattern} }}" for column in search)
                nodes = f"{{ SELECT DISTINCT {reach.chain[0]} {{ {union} }} }} {step}"
            rows = f"{{ {nodes} {self.test} FILTER({reach.is_target}) }}"
        return f"SELECT DISTINCT {' '.join(self.columns)} WHERE {rows}"


@dataclass(frozen=True)
class QueryOfShapes:
    """A query that the shapes have in SPARQL."""

    text: str
    searches: Searches = ()

    def write(self, _search: Search = ()) -> str:
        """Return the query."""
        return self.text


@dataclass(frozen=True)
class NodeCondition:
    """An expression, never an error, about the last node of each chain."""

    reach: NodeReach
    expression: str

    def select(self, *marks: str) -> Selection:
        """Return the selection of the chains where it is false; `marks` are selected too."""
        test, columns = f"FILTER(!({self.expression}))", (*self.reach.chain, *marks)
        is_about_target = self.reach.is_target and len(self.reach.chain) == 1
        where = searches_where_false(self.expression) if is_about_target else ()
        return Selection(self.reach, test, columns, where)


@dataclass(frozen=True)
class ConstraintQuery:
    """One constraint of one shape; every solution of what it selects is a result.

    `focus`, `value` and `path` are the variables that hold these; without `path`, a result has the
    path of its shape. With a `condition`, the solutions are the chains of variables that the
    condition is about, where it is false. A `vain` one has no solution in these data.
    """

    shape: Shape
    component: URIRef
    selection: Selection | QueryOfShapes
    focus: str
    value: str | None = None
    path: str | None = None
    source: Node | None = None
    condition: NodeCondition | None = None
    vain: bool = False

    @property
    def constraint(self) -> tuple[Node, Node, Node | None]:
        """Return what identifies the constraint: its shape, component and source."""
        return self.shape.node, self.component, self.source


# Conditions on the same nodes in one SELECT, so that the nodes are reached once.

_MOST = 10
"""Conditions in one SELECT."""


@dataclass(frozen=True)
class Batch:
    """Queries evaluated by one selection: every solution is a result of those that it marks."""

    selection: Selection | QueryOfShapes
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
        key: object = query.selection.write()
        if query.condition:
            # Those that can be searched for are apart, since the others go to every focus node.
            reach, has_search = query.condition.reach, bool(query.selection.searches)
            key = reach.patterns, reach.chain, query.value, has_search
        groups[key].append(query)
    for group in groups.values():
        remaining = iter(group)
        while members := tuple(islice(remaining, _MOST)):
            conditions = [query.condition for query in members if query.condition]
            if len(members) == 1 or not conditions:
                yield Batch(members[0].selection, members)
                continue
            # A mark for each condition: which are false is read from the solution.
            marks = (f"(({c.expression}) AS ?mark{i})" for i, c in enumerate(conditions))
            all_true = conjunction(condition.expression for condition in conditions)
            yield Batch(NodeCondition(conditions[0].reach, all_true).select(*marks), members)

"""The scope in which constraints are compiled, and what each becomes: one SELECT of results."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, count, islice

from rdflib import BNode, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from parvis.validation.compile.terms import NodeTest, NotCompiled, PropertyPath, iri, text_of
from parvis.validation.data import DataView
from parvis.validation.shapes import Shape

_MOST_SUBCLASSES = 200
_DEEPEST = 10
"""Shapes within shapes."""
_TYPE, _SUBCLASS = iri(RDF.type), iri(RDFS.subClassOf)
_PAIRS = f"SELECT ?sub ?class {{ ?sub {_SUBCLASS} ?class }}"


class ViewFacts:
    """What is read of one view once, for all shapes: classes, predicates, accepted patterns.

    SHACL instances have types and their subclasses, as the data declare them (SHACL §1.1).
    """

    def __init__(self, view: DataView) -> None:
        @cache
        def holds(predicate: URIRef) -> bool:
            return any(view.select(f"SELECT ?o {{ ?s {iri(predicate)} ?o }} LIMIT 1"))

        @cache
        def accepts(pattern: str) -> bool:
            # The engine has limits of its own on patterns and flags.
            return any(view.select(f'SELECT ?read {{ BIND(REGEX("", {pattern}) AS ?read) }}'))

        self._view, self.holds, self.accepts = view, holds, accepts

    def instances(self, start: str, root: Node, kind: str) -> str:
        """Return the pattern of a class's instances; `kind` is a variable of its own."""
        names = self._names(root)
        if len(names) == 1:
            return f"{start} {_TYPE} {names[0]} ."
        if not names:
            return f"{start} {_TYPE}/{_SUBCLASS}* {iri(root)} ."
        return f"VALUES {kind} {{ {' '.join(names)} }} {start} {_TYPE} {kind} ."

    def have_no_instance(self, roots: Iterable[Node]) -> bool:
        """Return whether the data surely have no instance of any of some classes."""
        names = [self._names(root) for root in roots]
        return all(names) and self._types.isdisjoint(chain(*names))

    def is_instance(self, start: str, root: Node, kind: str) -> str:
        """Return the condition that a node is an instance of a class."""
        names = self._names(root)
        if len(names) == 1:
            return f"EXISTS {{ {start} {_TYPE} {names[0]} }}"
        if not names:
            below = f"EXISTS {{ {kind} {_SUBCLASS}+ {iri(root)} }}"
            return f"EXISTS {{ {start} {_TYPE} {kind} FILTER({kind} = {iri(root)} || {below}) }}"
        return f"EXISTS {{ {start} {_TYPE} {kind} FILTER({kind} IN ({', '.join(names)})) }}"

    def _names(self, root: Node) -> list[str]:
        """Return a class and all its subclasses; none if some are blank, or if they are many."""
        name = iri(root)
        classes, unread = {root}, [root]
        while unread:
            new = self._subclasses[unread.pop()] - classes
            classes |= new
            unread += new
        subclasses = classes - {root}
        if len(subclasses) > _MOST_SUBCLASSES or any(
            isinstance(node, BNode) for node in subclasses
        ):
            return []
        return [name, *sorted(map(iri, subclasses))]

    @cached_property
    def _types(self) -> frozenset[str]:
        rows = self._view.select(f"SELECT DISTINCT ?class {{ ?x {_TYPE} ?class }}")
        return frozenset(iri(row["class"]) for row in rows if isinstance(row["class"], URIRef))

    @cached_property
    def _subclasses(self) -> defaultdict[Node, set[Node]]:
        pairs: defaultdict[Node, set[Node]] = defaultdict(set)
        for row in self._view.select(_PAIRS):
            pairs[row["class"]].add(row["sub"])
        return pairs


class NotedFacts:
    """Facts of a view, with what was asked of them: what becomes of a shape depends on no others.

    The same shapes serve for file after file, and most of the time of a small one was compiling.
    """

    def __init__(self, facts: ViewFacts) -> None:
        self._facts = facts
        self._answers: dict[tuple[str, tuple[object, ...]], object] = {}

    def holds(self, predicate: URIRef) -> bool:
        return bool(self._note("holds", predicate))

    def accepts(self, pattern: str) -> bool:
        return bool(self._note("accepts", pattern))

    def instances(self, start: str, root: Node, kind: str) -> str:
        return str(self._note("instances", start, root, kind))

    def is_instance(self, start: str, root: Node, kind: str) -> str:
        return str(self._note("is_instance", start, root, kind))

    def hold_in(self, facts: ViewFacts) -> bool:
        """Return whether all that was asked has the same answer in another view."""
        return all(
            getattr(facts, name)(*arguments) == answer
            for (name, arguments), answer in self._answers.items()
        )

    def forget_view(self) -> None:
        """Let go of the view, of which the answers remain."""
        del self._facts

    def _note(self, name: str, *arguments: object) -> object:
        answer = getattr(self._facts, name)(*arguments)
        self._answers[name, arguments] = answer
        return answer


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

    def reaches(self, shape: Shape, x: str, test: NodeTest) -> str:
        """Return the expression that some value node of `x` passes a test.

        The value node of a node shape is `x` itself.
        """
        path = self.path(shape)
        return path.reaches(x, self.fresh, test) if path else f"({test(x)})"

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
    x = scope.fresh()
    patterns = []
    if nodes := shape.values(SH.targetNode):
        patterns.append(f"VALUES {x} {{ {' '.join(map(text_of, nodes))} }}")
    patterns += [
        scope.facts.instances(x, class_, scope.fresh()) for class_ in target_classes(shape)
    ]
    for node in shape.values(SH.targetSubjectsOf):
        patterns.append(f"{x} {scope.predicate(node)} {scope.fresh()} .")
    for node in shape.values(SH.targetObjectsOf):
        patterns.append(f"{scope.fresh()} {scope.predicate(node)} {x} .")
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

"""The compiled engine: each constraint becomes one SELECT over a view of the data."""

import logging
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from rdflib.term import Node

from parvis.errors import QueryError
from parvis.report import MOST
from parvis.validation.compile.constraints import queries
from parvis.validation.compile.facts import NotedFacts, ViewFacts
from parvis.validation.compile.query import (
    Batch,
    CompilationScope,
    ConstraintQuery,
    NodeReach,
    batches,
    has_no_target,
    targets,
)
from parvis.validation.compile.terms import NotCompiled
from parvis.validation.data import Data, DataView
from parvis.validation.shapes import Shape

# A top-level shape is judged here whole or not at all: what is not compiled is left to the
# reference engine.

NAME = "compiled"

_LONGEST = 60_000
"""Characters of a query: a store refuses longer ones."""
_TRIPLES_READ = 2
"""Triples of one predicate that are read in the time it takes to find one focus node's values."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """One validation result (SHACL §3.6.2)."""

    query: ConstraintQuery
    focus: Node
    value: Node | None
    path: Node | None


@dataclass
class EngineOutcome:
    """Each shape's results and number of focus nodes, and the shapes left to another engine.

    Of one constraint the first `MOST` results are in `results_by_shape`; `more` counts the others
    by their shape, and `truncated` are the top-level shapes that have others. `counts` are all
    results by shape, component and source.
    """

    results_by_shape: dict[Node, list[Result]] = field(default_factory=dict)
    more: Counter[Shape] = field(default_factory=Counter)
    truncated: set[Node] = field(default_factory=set)
    counts: Counter[tuple[Node, Node, Node | None]] = field(default_factory=Counter)
    checked: dict[Node, int] = field(default_factory=dict)
    uncompiled: set[Node] = field(default_factory=set)

    @property
    def results(self) -> list[Result]:
        """Return the results of all shapes."""
        return [result for results in self.results_by_shape.values() for result in results]

    @property
    def nodes(self) -> set[Node]:
        """Return the focus and value nodes of all results."""
        return {node for r in self.results for node in (r.focus, r.value) if node is not None}


def judge(
    data: Data, view: DataView, shapes: Iterable[Shape], before: EngineOutcome | None = None
) -> EngineOutcome:
    """Judge every top-level shape that compiles; `uncompiled` has the others.

    The outcome is added to the one of other parts of the data, if there is one `before`.
    """
    facts = ViewFacts(view)
    outcome = before or EngineOutcome()
    for shape in shapes:
        try:
            if shape.is_deactivated:
                continue
            _judge(outcome, view, facts, data.altered, shape)
        except (NotCompiled, QueryError) as reason:
            _LOG.debug("%s is left to the reference engine: %s", shape.node, reason)
            outcome.uncompiled.add(shape.node)
    return outcome


@dataclass(frozen=True)
class CompiledShape:
    """What a top-level shape becomes in views of which some facts hold."""

    facts: NotedFacts
    altered: frozenset[str]
    batches: Sequence[Batch]


_VARIANTS = 4
"""How many compilations of a shape stay: those of files that have the same columns."""


@lru_cache(maxsize=1_000)
def _compilations(_shape: Shape, _size: int) -> deque[CompiledShape]:
    # Cached by the number of triples too, since a graph that grew is another set of shapes.
    return deque(maxlen=_VARIANTS)


def _compile(facts: ViewFacts, altered: frozenset[str], shape: Shape) -> CompiledShape:
    """Compile a shape, or return what it became for a view with the same facts.

    Raises `NotCompiled`.
    """
    compilations = _compilations(shape, len(shape.graph))
    for former in [*compilations]:
        if former.altered == altered and former.facts.hold_in(facts):
            return former
    noted = NotedFacts(facts)
    scope = CompilationScope(noted, altered)
    focus = targets(scope, shape)
    compiled = CompiledShape(noted, altered, [*batches(queries(scope, shape, focus))])
    noted.forget_view()
    if any(len(batch.selection.write()) > _LONGEST for batch in compiled.batches):
        raise NotCompiled("a query of that length")
    compilations.appendleft(compiled)
    return compiled


def _judge(
    outcome: EngineOutcome,
    view: DataView,
    facts: ViewFacts,
    altered: frozenset[str],
    shape: Shape,
) -> None:
    count = 0
    if not has_no_target(facts, shape):
        count = count_targets(facts, targets(CompilationScope(facts, altered), shape))
    # Most shapes have no focus node in the data: nothing more of them is compiled.
    if not count:
        outcome.checked.setdefault(shape.node, 0)
        outcome.results_by_shape.setdefault(shape.node, [])
        return
    compiled = _compile(facts, altered, shape)
    results: list[Result] = []
    more: Counter[Shape] = Counter()
    counts = outcome.counts.copy()
    for batch in compiled.batches:
        room = max(0, MOST - max(counts[query.constraint] for query in batch.queries))
        for result in _evaluate(view, facts, batch, count, room):
            query = result.query
            counts[query.constraint] += 1
            if counts[query.constraint] <= MOST:
                results.append(result)
            else:
                more[query.shape] += 1
    # Only here, so that nothing remains of a shape that could not be judged whole.
    outcome.checked[shape.node] = outcome.checked.get(shape.node, 0) + count
    outcome.results_by_shape.setdefault(shape.node, []).extend(results)
    outcome.counts = counts
    outcome.more += more
    if more.total():
        outcome.truncated.add(shape.node)


def _evaluate(
    view: DataView, facts: ViewFacts, batch: Batch, count: int, room: int
) -> Iterable[Result]:
    """Return the results of a batch: of so many focus nodes, or by search where that is faster.

    `room` is how many results of each constraint are reported.
    """
    search, size = facts.shortest(batch.selection.searches)
    if search is not None and size <= _TRIPLES_READ * count:
        if not search:
            return ()
        text = batch.selection.write(search)
        results = [*islice(results_of(view, batch, text), room + 1)]
        # Of more, a report has the first in the order of the focus nodes.
        if len(results) <= room:
            return results
    return results_of(view, batch)


def count_targets(facts: ViewFacts, focus: NodeReach) -> int:
    return facts.count(f"DISTINCT {focus.last}", focus.rows())


def results_of(view: DataView, batch: Batch, text: str | None = None) -> Iterator[Result]:
    """Return the results of the constraints in a batch, by its own query or by another."""
    for row in view.select(batch.selection.write() if text is None else text):
        for query in batch.violated_queries(row):
            focus = row[query.focus[1:]]
            value: Node | None = row.get(query.value[1:]) if query.value else None
            # A SPARQL constraint of a node shape that binds no value is about the focus node
            # (SHACL §5.3.2).
            if value is None and query.source is not None and query.shape.path_node is None:
                value = focus
            path = row.get(query.path[1:]) if query.path else None
            yield Result(query, focus, value, query.shape.path_node if path is None else path)

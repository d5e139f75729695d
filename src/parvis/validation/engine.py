"""The compiled engine: each constraint becomes one SELECT over a view of the data."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rdflib.term import Node

from parvis.errors import QueryError
from parvis.report import MOST
from parvis.validation.compile.constraints import queries
from parvis.validation.compile.query import Batch, Query, Reach, batches, targets
from parvis.validation.compile.scope import Facts, Scope
from parvis.validation.compile.terms import NotCompiled
from parvis.validation.data import Data, View
from parvis.validation.shape import Shape

# The compiled engine: each constraint becomes one SELECT over a view of the data.
#
# A top-level shape is judged here whole or not at all: what is not compiled is left to the
# reference engine.

NAME = "compiled"

_LONGEST = 60_000
"""Characters of a query: a store refuses longer ones."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """One validation result (SHACL §3.6.2)."""

    query: Query
    focus: Node
    value: Node | None
    path: Node | None


@dataclass
class Judged:
    """What each shape found, how many focus nodes it had, and the shapes that are left.

    Of one constraint the first `MOST` results are kept; `more` counts the others by their shape,
    and `cut` are the top-level shapes of which there are others.
    """

    found: dict[Node, list[Result]] = field(default_factory=dict)
    more: Counter[Shape] = field(default_factory=Counter)
    cut: set[Node] = field(default_factory=set)
    checked: dict[Node, int] = field(default_factory=dict)
    left: set[Node] = field(default_factory=set)

    @property
    def results(self) -> list[Result]:
        """Give the results of all shapes."""
        return [one for results in self.found.values() for one in results]


def judge(data: Data, view: View, shapes: Iterable[Shape]) -> Judged:
    """Judge every top-level shape that compiles; name the others."""
    facts = Facts(view)
    judged = Judged()
    for shape in shapes:
        try:
            if shape.deactivated:
                continue
            _judge(judged, view, Scope(facts, data.altered), shape)
        except (NotCompiled, QueryError) as reason:
            _LOG.debug("%s is left to the reference engine: %s", shape.node, reason)
            judged.left.add(shape.node)
    return judged


def _judge(judged: Judged, view: View, scope: Scope, shape: Shape) -> None:
    """Judge one shape; nothing is kept of it if it cannot be judged whole.

    Of one that has no focus node in these data, as most have none, nothing more is compiled.
    """
    focus = targets(scope, shape)
    count = count_of(view, focus)
    if not count:
        judged.checked[shape.node], judged.found[shape.node] = 0, []
        return
    asked = list(batches(queries(scope, shape, focus)))
    if any(len(batch.text) > _LONGEST for batch in asked):
        raise NotCompiled("a query of that length")
    found: list[Result] = []
    more: Counter[Shape] = Counter()
    for batch in asked:
        told: Counter[Query] = Counter()
        for result in results_of(view, batch):
            told[result.query] += 1
            if told[result.query] <= MOST:
                found.append(result)
            else:
                more[result.query.shape] += 1
    judged.checked[shape.node], judged.found[shape.node] = count, found
    judged.more += more
    if more.total():
        judged.cut.add(shape.node)


def count_of(view: View, focus: Reach) -> int:
    """Count the focus nodes."""
    text = f"SELECT (COUNT(DISTINCT {focus.last}) AS ?count) WHERE {focus.rows()}"
    return next(int(str(row["count"])) for row in view.select(text))


def results_of(view: View, batch: Batch) -> Iterator[Result]:
    """Ask for the results of the constraints in a batch."""
    for row in view.select(batch.text):
        yield from (_result(query, row) for query in batch.broken(row))


def _result(query: Query, row: Mapping[str, Node]) -> Result:
    """Read a solution as a result of one constraint."""
    focus = row[query.focus[1:]]
    value: Node | None = row.get(query.value[1:]) if query.value else None
    path = row.get(query.path[1:]) if query.path else None
    value = _stand_in(query, focus) if value is None else value
    return Result(query, focus, value, query.shape.path_node if path is None else path)


def _stand_in(query: Query, focus: Node) -> Node | None:
    """Give the value of a result in SPARQL that names none (SHACL §5.3.2)."""
    return focus if query.source is not None and query.shape.path_node is None else None

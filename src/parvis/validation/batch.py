"""Conditions on the same nodes, asked for in one SELECT: the nodes are then walked over once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from rdflib.term import Node

from parvis.validation.query import Condition, Query

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

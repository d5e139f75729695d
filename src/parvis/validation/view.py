"""What validation is handed: data as a graph, and as a view that answers SELECTs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from rdflib import Graph

from parvis.rdf.terms import Node


class View(Protocol):
    """Something that answers SELECT queries over the data alone."""

    def select(self, query: str, /, **values: Node) -> Iterator[Mapping[str, Node]]:
        """Give the solutions of a SELECT; `values` stand in for projected variables.

        An unbound variable is absent from its solution.
        """
        ...


@dataclass(frozen=True)
class Data:
    """Data in the two forms that engines ask for.

    `graph` reads them whole, as they were written; it is called only if an engine needs it.
    `altered` are the predicates of the literals that the view may not hold as they were written
    (`parvis.rdf.plain`): shapes that look at those are judged on the graph.
    """

    graph: Callable[[], Graph]
    view: View | None = None
    altered: frozenset[str] = frozenset()

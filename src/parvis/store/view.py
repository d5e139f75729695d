"""A view: the SELECT interface that validation uses over data of one submission or reader."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from rdflib import Literal
from rdflib.term import IdentifiedNode

Node = IdentifiedNode | Literal


class SelectView(Protocol):
    """Data that validation queries: only SELECT queries written by parvis, and a size."""

    def select(self, query: str, /, **values: Node) -> Iterator[Mapping[str, Node]]:
        """Return the solutions of a SELECT; `values` stand in for the variables they name.

        Such a variable must be projected (SPARQL-dev SEP-0007), and appears in each solution. An
        unbound variable is absent from its solution.
        """
        ...

    def __len__(self) -> int: ...

"""A view: something that answers SELECTs over data already narrowed to what concerns the asker."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from rdflib import Literal
from rdflib.term import IdentifiedNode

Node = IdentifiedNode | Literal


class View(Protocol):
    """What validation is handed: SELECT queries that parvis itself wrote, and how much there is."""

    def select(self, query: str, /, **values: Node) -> Iterator[Mapping[str, Node]]:
        """Give the solutions of a SELECT; `values` stand in for the variables they name.

        Such a variable must be projected (SPARQL-dev SEP-0007), and comes back in each solution.
        An unbound variable is absent from its solution.
        """
        ...

    def __len__(self) -> int:
        """Count the triples."""
        ...

"""A constraint compiled: one SELECT whose solutions are results."""

from dataclasses import dataclass

from rdflib import URIRef
from rdflib.term import Node

from parvis.validation.focus import Reach
from parvis.validation.shape import Shape


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

"""A constraint compiled: one SELECT whose solutions are results."""

from dataclasses import dataclass

from rdflib import URIRef
from rdflib.term import Node

from parvis.validation.shape import Shape


@dataclass(frozen=True)
class Query:
    """One constraint of one shape; every solution of `text` is a result.

    `focus`, `value` and `path` name the variables that hold them; a result has the path of its
    shape otherwise.
    """

    shape: Shape
    component: URIRef
    text: str
    focus: str
    value: str | None = None
    path: str | None = None
    source: Node | None = None

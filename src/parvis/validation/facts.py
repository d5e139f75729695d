"""What is asked of one view once, whichever shapes want to know it."""

from functools import cache, partial

from rdflib import URIRef

from parvis.validation.classes import Classes
from parvis.validation.terms import iri
from parvis.validation.view import View


class Facts:
    """One view: how its classes are ordered, which predicates it holds, what its engine reads."""

    def __init__(self, view: View) -> None:
        """Ask nothing yet."""
        self.classes = Classes(view)
        self.holds = cache(partial(_holds, view))
        self.reads = cache(partial(_reads, view))


def _holds(view: View, predicate: URIRef) -> bool:
    """Say whether the data have a triple with a predicate."""
    return any(view.select(f"SELECT ?o {{ ?s {iri(predicate)} ?o }} LIMIT 1"))


def _reads(view: View, pattern: str) -> bool:
    """Say whether the engine takes a pattern and its flags: it has limits of its own."""
    return any(view.select(f'SELECT ?read {{ BIND(REGEX("", {pattern}) AS ?read) }}'))

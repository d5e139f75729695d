"""SHACL instances: types and their subclasses, as the data declare them (SHACL §1.1)."""

from collections import defaultdict
from functools import cached_property

from rdflib.namespace import RDF, RDFS
from rdflib.term import Node

from parvis.validation.terms import iri, is_blank
from parvis.validation.view import View

_MOST = 200
_TYPE, _SUBCLASS = iri(RDF.type), iri(RDFS.subClassOf)
_PAIRS = f"SELECT ?sub ?class {{ ?sub {_SUBCLASS} ?class }}"


class Classes:
    """The classes of one view; how they are ordered is asked once."""

    def __init__(self, view: View) -> None:
        """Keep the view."""
        self._view = view

    def instances(self, start: str, root: Node, kind: str) -> str:
        """Write the pattern that finds a class's instances; `kind` is a variable of its own."""
        names = self._names(root)
        if len(names) == 1:
            return f"{start} {_TYPE} {names[0]} ."
        if not names:
            return f"{start} {_TYPE}/{_SUBCLASS}* {iri(root)} ."
        return f"VALUES {kind} {{ {' '.join(names)} }} {start} {_TYPE} {kind} ."

    def is_instance(self, start: str, root: Node, kind: str) -> str:
        """Write the condition that a node is an instance of a class."""
        names = self._names(root)
        if len(names) == 1:
            return f"EXISTS {{ {start} {_TYPE} {names[0]} }}"
        if not names:
            below = f"EXISTS {{ {kind} {_SUBCLASS}+ {iri(root)} }}"
            return f"EXISTS {{ {start} {_TYPE} {kind} FILTER({kind} = {iri(root)} || {below}) }}"
        return f"EXISTS {{ {start} {_TYPE} {kind} FILTER({kind} IN ({', '.join(names)})) }}"

    def _names(self, root: Node) -> list[str]:
        """Give the class and its subclasses; nothing if some have no name, or if they are many."""
        name = iri(root)
        below = self._below(root) - {root}
        if len(below) > _MOST or any(map(is_blank, below)):
            return []
        return [name, *sorted(map(iri, below))]

    def _below(self, root: Node) -> set[Node]:
        """Give a class with its subclasses, and theirs."""
        found, left = {root}, [root]
        while left:
            new = self._subclasses[left.pop()] - found
            found |= new
            left += new
        return found

    @cached_property
    def _subclasses(self) -> defaultdict[Node, set[Node]]:
        pairs: defaultdict[Node, set[Node]] = defaultdict(set)
        for row in self._view.select(_PAIRS):
            pairs[row["class"]].add(row["sub"])
        return pairs

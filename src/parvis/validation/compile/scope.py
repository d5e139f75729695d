"""What the compilation of one top-level shape shares: variables, classes, what it reads."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property, partial
from itertools import count

from rdflib import URIRef
from rdflib.namespace import RDF, RDFS
from rdflib.term import Node

from parvis.validation.compile.paths import Path, Test
from parvis.validation.compile.terms import NotCompiled, iri, is_blank
from parvis.validation.data import View
from parvis.validation.shape import Shape

# SHACL instances: types and their subclasses, as the data declare them (SHACL §1.1).

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


# What is asked of one view once, whichever shapes want to know it.


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


# What is shared while one top-level shape is compiled: fresh variables, classes, what it reads.

_DEEPEST = 10


class Scope:
    """One top-level shape being compiled.

    `altered` are predicates whose literals the view may not hold as they were written.
    """

    def __init__(self, facts: Facts, altered: frozenset[str]) -> None:
        """Begin with no variable and no shape open."""
        self._facts = facts
        self.classes = facts.classes
        self._altered = altered
        self._numbers = count()
        self._open: list[Node] = []

    def fresh(self) -> str:
        """Give a variable that nothing else uses."""
        return f"?v{next(self._numbers)}"

    @contextmanager
    def opened(self, shape: Shape) -> Iterator[None]:
        """Enter a shape. Raises `NotCompiled` for a recursive one, or very deep ones."""
        if shape.node in self._open or len(self._open) > _DEEPEST:
            raise NotCompiled("shapes within shapes without end")
        self._open.append(shape.node)
        try:
            yield
        finally:
            self._open.pop()

    def reads(self, *predicates: Node) -> None:
        """Note predicates whose values a shape looks at. Raises `NotCompiled` for altered ones."""
        for predicate in predicates:
            if str(predicate) in self._altered:
                raise NotCompiled("literals that the store writes otherwise, of", predicate)

    def reads_all(self) -> None:
        """Note that a shape may look at any predicate."""
        if self._altered:
            raise NotCompiled("literals that the store writes otherwise")

    def path(self, shape: Shape) -> Path | None:
        """Give a shape's path, and note what it reads."""
        path = shape.path
        if path:
            self.reads(*path.predicates)
        return path

    def leads_nowhere(self, path: Path) -> bool:
        """Say whether the data have no triple at all along a path."""
        if path.stays:
            return False
        return not any(map(self._facts.holds, path.predicates))

    def pattern(self, form: str) -> str:
        """Give a pattern and its flags, if the engine reads them."""
        if not self._facts.reads(form):
            raise NotCompiled("a pattern that the engine refuses")
        return form

    def reaches(self, shape: Shape, x: str, test: Test) -> str:
        """Say whether some value node of `x` passes a test; a node shape's is `x` itself."""
        path = self.path(shape)
        return path.reaches(x, self.fresh, test) if path else f"({test(x)})"

    def predicate(self, node: Node) -> str:
        """Write a predicate that a parameter names, and note it."""
        text = iri(node)
        self.reads(URIRef(str(node)))
        return text

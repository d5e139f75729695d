"""What is shared while one top-level shape is compiled: fresh variables, classes, what it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from rdflib import URIRef
from rdflib.term import Node

from parvis.validation.facts import Facts
from parvis.validation.paths import Path, Test
from parvis.validation.shape import Shape
from parvis.validation.terms import NotCompiled, iri

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

"""What the compilation of one top-level shape shares: fresh variables, classes, what it reads."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from itertools import count

from rdflib import BNode, URIRef
from rdflib.namespace import RDF, RDFS
from rdflib.term import Node

from parvis.validation.compile.paths import Path, Test
from parvis.validation.compile.terms import NotCompiled, iri
from parvis.validation.data import DataView
from parvis.validation.shape import Shape

# SHACL instances: types and their subclasses, as the data declare them (SHACL §1.1).

_MOST = 200
_TYPE, _SUBCLASS = iri(RDF.type), iri(RDFS.subClassOf)
_PAIRS = f"SELECT ?sub ?class {{ ?sub {_SUBCLASS} ?class }}"


class Classes:
    """The class hierarchy of one view, read once."""

    def __init__(self, view: DataView) -> None:
        self._view = view

    def instances(self, start: str, root: Node, kind: str) -> str:
        """Return the pattern of a class's instances; `kind` is a variable of its own."""
        names = self._names(root)
        if len(names) == 1:
            return f"{start} {_TYPE} {names[0]} ."
        if not names:
            return f"{start} {_TYPE}/{_SUBCLASS}* {iri(root)} ."
        return f"VALUES {kind} {{ {' '.join(names)} }} {start} {_TYPE} {kind} ."

    def is_instance(self, start: str, root: Node, kind: str) -> str:
        """Return the condition that a node is an instance of a class."""
        names = self._names(root)
        if len(names) == 1:
            return f"EXISTS {{ {start} {_TYPE} {names[0]} }}"
        if not names:
            below = f"EXISTS {{ {kind} {_SUBCLASS}+ {iri(root)} }}"
            return f"EXISTS {{ {start} {_TYPE} {kind} FILTER({kind} = {iri(root)} || {below}) }}"
        return f"EXISTS {{ {start} {_TYPE} {kind} FILTER({kind} IN ({', '.join(names)})) }}"

    def _names(self, root: Node) -> list[str]:
        """Return a class and all its subclasses; none if some are blank, or if they are many."""
        name = iri(root)
        classes, unread = {root}, [root]
        while unread:
            new = self._subclasses[unread.pop()] - classes
            classes |= new
            unread += new
        subclasses = classes - {root}
        if len(subclasses) > _MOST or any(isinstance(node, BNode) for node in subclasses):
            return []
        return [name, *sorted(map(iri, subclasses))]

    @cached_property
    def _subclasses(self) -> defaultdict[Node, set[Node]]:
        pairs: defaultdict[Node, set[Node]] = defaultdict(set)
        for row in self._view.select(_PAIRS):
            pairs[row["class"]].add(row["sub"])
        return pairs


class ViewFacts:
    """What is read of one view once, for all shapes: classes, predicates, accepted patterns."""

    def __init__(self, view: DataView) -> None:
        @cache
        def holds(predicate: URIRef) -> bool:
            return any(view.select(f"SELECT ?o {{ ?s {iri(predicate)} ?o }} LIMIT 1"))

        @cache
        def reads(pattern: str) -> bool:
            # The engine has limits of its own on patterns and flags.
            return any(view.select(f'SELECT ?read {{ BIND(REGEX("", {pattern}) AS ?read) }}'))

        self.classes = Classes(view)
        self.holds = holds
        self.reads = reads


_DEEPEST = 10


class CompilationScope:
    """The compilation of one top-level shape.

    `altered` are predicates whose literals the view may not hold as they were written.
    """

    def __init__(self, facts: ViewFacts, altered: frozenset[str]) -> None:
        self._facts = facts
        self.classes = facts.classes
        self._altered = altered
        self._numbers = count()
        self._open: list[Node] = []

    def fresh(self) -> str:
        """Return a variable that nothing else uses."""
        return f"?v{next(self._numbers)}"

    @contextmanager
    def enter_shape(self, shape: Shape) -> Iterator[None]:
        """Enter a shape. Raises `NotCompiled` for a recursive one, or very deep ones."""
        if shape.node in self._open or len(self._open) > _DEEPEST:
            raise NotCompiled("shapes within shapes without end")
        self._open.append(shape.node)
        try:
            yield
        finally:
            self._open.pop()

    def reads(self, *predicates: Node) -> None:
        """Note predicates whose values a shape reads. Raises `NotCompiled` for altered ones."""
        for predicate in predicates:
            if str(predicate) in self._altered:
                raise NotCompiled("literals that the store writes otherwise, of", predicate)

    def reads_all(self) -> None:
        """Note that a shape may read any predicate. Raises `NotCompiled` if some are altered."""
        if self._altered:
            raise NotCompiled("literals that the store writes otherwise")

    def path(self, shape: Shape) -> Path | None:
        """Return a shape's path, and note the predicates it reads."""
        path = shape.path
        if path:
            self.reads(*path.predicates)
        return path

    def leads_nowhere(self, path: Path) -> bool:
        """Return whether the data have no triple at all along a path."""
        if path.stays:
            return False
        return not any(map(self._facts.holds, path.predicates))

    def pattern(self, form: str) -> str:
        """Return a pattern and its flags. Raises `NotCompiled` if the engine refuses them."""
        if not self._facts.reads(form):
            raise NotCompiled("a pattern that the engine refuses")
        return form

    def reaches(self, shape: Shape, x: str, test: Test) -> str:
        """Return the expression that some value node of `x` passes a test.

        The value node of a node shape is `x` itself.
        """
        path = self.path(shape)
        return path.reaches(x, self.fresh, test) if path else f"({test(x)})"

    def predicate(self, node: Node) -> str:
        """Return the predicate that a parameter names, and note it."""
        text = iri(node)
        self.reads(URIRef(str(node)))
        return text

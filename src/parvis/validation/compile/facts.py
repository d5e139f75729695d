"""What is read of one view of the data once, for all shapes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from itertools import chain
from typing import cast

from rdflib import BNode, URIRef
from rdflib.namespace import RDF, RDFS
from rdflib.term import Node

from parvis.validation.compile.expressions import Column, Search, Searches
from parvis.validation.compile.terms import iri
from parvis.validation.data import DataView

_MOST_SUBCLASSES = 200
_TYPE, _SUBCLASS = iri(RDF.type), iri(RDFS.subClassOf)
_PAIRS = f"SELECT ?sub ?class {{ ?sub {_SUBCLASS} ?class }}"

_SIZES = "SELECT ?p (COUNT(*) AS ?size) { ?s ?p ?o } GROUP BY ?p"


class ViewFacts:
    """What is read of one view once, for all shapes: classes, predicates, accepted patterns.

    SHACL instances have types and their subclasses, as the data declare them (SHACL §1.1).
    """

    def __init__(self, view: DataView) -> None:
        @cache
        def holds(predicate: URIRef) -> bool:
            return any(view.select(f"SELECT ?o {{ ?s {iri(predicate)} ?o }} LIMIT 1"))

        @cache
        def accepts(pattern: str) -> bool:
            # The engine has limits of its own on patterns and flags.
            return any(view.select(f'SELECT ?read {{ BIND(REGEX("", {pattern}) AS ?read) }}'))

        @cache
        def count(selected: str, rows: str) -> int:
            (row,) = view.select(f"SELECT (COUNT({selected}) AS ?count) WHERE {rows}")
            return int(str(row["count"]))

        self._view, self.holds, self.accepts, self.count = view, holds, accepts, count

    def instances(self, start: str, kind: str, *roots: Node) -> tuple[str, ...]:
        """Return the patterns of the instances of classes; `kind` is a variable of its own."""
        names, others = self._all_names(roots)
        patterns = [f"{start} {_TYPE}/{_SUBCLASS}* {root} ." for root in others]
        if len(names) == 1:
            patterns.append(f"{start} {_TYPE} {names[0]} .")
        elif names:
            patterns.append(f"VALUES {kind} {{ {' '.join(names)} }} {start} {_TYPE} {kind} .")
        return tuple(patterns)

    def have_no_instance(self, roots: Iterable[Node]) -> bool:
        """Return whether the data surely have no instance of any of some classes."""
        names = [self._names(root) for root in roots]
        return all(names) and self._types.isdisjoint(chain(*names))

    def is_instance(self, start: str, kind: str, *roots: Node) -> str:
        """Return the condition that a node is an instance of some class."""
        names, others = self._all_names(roots)
        if len(names) == 1 and not others:
            return f"EXISTS {{ {start} {_TYPE} {names[0]} }}"
        tests = [f"{kind} IN ({', '.join(names)})"] if names else []
        tests += [f"{kind} = {x} || EXISTS {{ {kind} {_SUBCLASS}+ {x} }}" for x in others]
        return f"EXISTS {{ {start} {_TYPE} {kind} FILTER({' || '.join(tests)}) }}"

    def size(self, column: Column) -> int:
        """Return how many triples are read to search a column; 0 if no node is in it."""
        size = self._sizes.get(column.predicate, 0)
        if column.several:
            subjects = self.count("DISTINCT ?s", f"{{ ?s {iri(column.predicate)} ?o }}")
            return 0 if subjects == size else size
        return size

    def shortest(self, searches: Searches) -> tuple[Search | None, int]:
        """Return the search that reads the fewest triples, and their number; None without any.

        Columns without any node are left out of it.
        """
        sizes = [{column: self.size(column) for column in search} for search in searches]
        if not sizes:
            return None, 0
        shortest = min(sizes, key=lambda columns: sum(columns.values()))
        return tuple(c for c, size in shortest.items() if size), sum(shortest.values())

    def _all_names(self, roots: Iterable[Node]) -> tuple[list[str], list[str]]:
        """Return all classes of which a node may be, and those whose subclasses have no names."""
        by_root = {iri(root): self._names(root) for root in roots}
        others = [root for root, names in by_root.items() if not names]
        return [*dict.fromkeys(chain(*by_root.values()))], others

    def _names(self, root: Node) -> list[str]:
        """Return a class and all its subclasses; none if some are blank, or if they are many."""
        name = iri(root)
        classes, unread = {root}, [root]
        while unread:
            new = self._subclasses[unread.pop()] - classes
            classes |= new
            unread += new
        subclasses = classes - {root}
        if len(subclasses) > _MOST_SUBCLASSES or any(
            isinstance(node, BNode) for node in subclasses
        ):
            return []
        return [name, *sorted(map(iri, subclasses))]

    @cached_property
    def _sizes(self) -> Mapping[Node, int]:
        return {row["p"]: int(str(row["size"])) for row in self._view.select(_SIZES)}

    @cached_property
    def _types(self) -> frozenset[str]:
        rows = self._view.select(f"SELECT DISTINCT ?class {{ ?x {_TYPE} ?class }}")
        return frozenset(iri(row["class"]) for row in rows if isinstance(row["class"], URIRef))

    @cached_property
    def _subclasses(self) -> defaultdict[Node, set[Node]]:
        pairs: defaultdict[Node, set[Node]] = defaultdict(set)
        for row in self._view.select(_PAIRS):
            pairs[row["class"]].add(row["sub"])
        return pairs


class NotedFacts:
    """Facts of a view, with what was asked of them: what becomes of a shape depends on no others.

    The same shapes serve for file after file, and most of the time of a small one was compiling.
    """

    def __init__(self, facts: ViewFacts) -> None:
        self._facts = facts
        self._answers: dict[tuple[str, tuple[object, ...]], object] = {}

    def holds(self, predicate: URIRef) -> bool:
        return bool(self._note("holds", predicate))

    def accepts(self, pattern: str) -> bool:
        return bool(self._note("accepts", pattern))

    def instances(self, start: str, kind: str, *roots: Node) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self._note("instances", start, kind, *roots))

    def is_instance(self, start: str, kind: str, *roots: Node) -> str:
        return str(self._note("is_instance", start, kind, *roots))

    def hold_in(self, facts: ViewFacts) -> bool:
        """Return whether all that was asked has the same answer in another view."""
        return all(
            getattr(facts, name)(*arguments) == answer
            for (name, arguments), answer in self._answers.items()
        )

    def forget_view(self) -> None:
        """Let go of the view, of which the answers remain."""
        del self._facts

    def _note(self, name: str, *arguments: object) -> object:
        answer: object = getattr(self._facts, name)(*arguments)
        self._answers[name, arguments] = answer
        return answer

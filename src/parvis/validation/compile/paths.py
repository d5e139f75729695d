"""SHACL property paths as SPARQL property paths (SHACL §2.3.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from rdflib import Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from parvis.validation.compile.terms import NotCompiled, iri

_DEEPEST = 9


Test = Callable[[str], str]
"""Return the expression that tests the node of a variable."""


@dataclass(frozen=True)
class Path:
    """A path without its zero-length walk, and whether it has one.

    SPARQL gives a zero-length walk only to nodes of the graph (SPARQL 1.1 Query §18.4); SHACL to
    every focus node. So it is apart: `text` has none, `stays` says that there is one. `first` and
    `second` are walked one after the other, `choices` are alternatives; `predicates` are all that
    are walked over.
    """

    text: str
    stays: bool = False
    predicates: frozenset[URIRef] = frozenset()
    first: "Path | None" = None
    second: "Path | None" = None
    choices: tuple["Path", ...] = ()

    def reaches(self, x: str, fresh: Callable[[], str], test: Test) -> str:
        """Return the expression that some node reached from `x` passes a test."""
        if self.first and self.second:
            # Each step is a pattern of its own: the engine would join several steps, at every node,
            # over the whole graph.
            second = self.second
            return self.first.reaches(x, fresh, lambda node: second.reaches(node, fresh, test))
        expressions = [choice.reaches(x, fresh, test) for choice in self.choices]
        if not self.choices:
            v = fresh()
            passes = test(v)
            condition = "" if passes == "true" else f" FILTER({passes})"
            expressions.append(f"EXISTS {{ {x} {self.text} {v}{condition} }}")
        if self.stays and not any(choice.stays for choice in self.choices):
            expressions.append(test(x))
        return f"({' || '.join(expressions)})"


def path_of(graph: Graph, node: Node, depth: int = 0) -> Path:
    """Read a path. Raises `NotCompiled` for one that is not well-formed, or very deep."""
    if isinstance(node, URIRef):
        return Path(iri(node), predicates=frozenset({node}))
    if depth > _DEEPEST:
        raise NotCompiled("a path of that depth")

    def inner(term: URIRef) -> list[Path]:
        return [path_of(graph, value, depth + 1) for value in graph.objects(node, term)]

    if (node, RDF.first, None) in graph:
        return reduce(then, _read_members(graph, node, depth))
    if choices := graph.value(node, SH.alternativePath):
        return _alternative(_read_members(graph, choices, depth))
    for term, make in _MODIFIERS.items():
        for path in inner(term):
            return make(path)
    raise NotCompiled("a path that is none")


def _read_members(graph: Graph, members: Node, depth: int) -> Sequence[Path]:
    paths = [path_of(graph, member, depth + 1) for member in Collection(graph, members)]
    if len(paths) <= 1:
        raise NotCompiled("a list of one path")
    return paths


def then(first: Path, second: Path) -> Path:
    """Return one path after the other; a path with a zero-length walk may be left out."""
    walks = [f"{first.text}/{second.text}"]
    walks += [second.text] * first.stays + [first.text] * second.stays
    stays = first.stays and second.stays
    predicates = first.predicates | second.predicates
    return Path(f"({'|'.join(walks)})", stays, predicates, first, second)


def _alternative(paths: Sequence[Path]) -> Path:
    predicates = frozenset().union(*(path.predicates for path in paths))
    text = "|".join(path.text for path in paths)
    stays = any(path.stays for path in paths)
    return Path(f"({text})", stays, predicates, choices=tuple(paths))


def _inverse(path: Path) -> Path:
    if path.first and path.second:
        return then(_inverse(path.second), _inverse(path.first))
    if path.choices:
        return replace(
            _alternative([_inverse(choice) for choice in path.choices]), stays=path.stays
        )
    return Path(f"(^{path.text})", path.stays, path.predicates)


_MODIFIERS: dict[URIRef, Callable[[Path], Path]] = {
    SH.inversePath: _inverse,
    SH.zeroOrMorePath: lambda path: Path(f"({path.text})+", stays=True, predicates=path.predicates),
    SH.oneOrMorePath: lambda path: Path(f"({path.text})+", path.stays, path.predicates),
    SH.zeroOrOnePath: lambda path: Path(
        path.text, stays=True, predicates=path.predicates, choices=(path,)
    ),
}

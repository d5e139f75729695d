"""SHACL property paths as SPARQL property paths (SHACL §2.3.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from rdflib import Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from parvis.validation.compile.terms import NotCompiled, iri

# SHACL property paths as SPARQL property paths (SHACL §2.3.1).

_DEEPEST = 9


Test = Callable[[str], str]
"""Makes the expression about a variable that says whether its node passes."""


@dataclass(frozen=True)
class Path:
    """A path without its zero-length walk, and whether it has one.

    SPARQL gives a zero-length walk only to nodes of the graph (SPARQL 1.1 Query §18.4); SHACL to
    every focus node. So it is kept apart: `text` has none, `stays` says that there is one.
    `first` and `second` are walked one after the other, `choices` are alternatives; `predicates`
    are all that are walked over.
    """

    text: str
    stays: bool = False
    predicates: frozenset[URIRef] = frozenset()
    first: "Path | None" = None
    second: "Path | None" = None
    choices: tuple["Path", ...] = ()

    def reaches(self, x: str, fresh: Callable[[], str], test: Test) -> str:
        """Say whether some node reached from `x` passes a test.

        Each step is a pattern of its own: the engine would join several, at every node, over the
        whole graph.
        """
        if self.first and self.second:
            rest = self.second
            return self.first.reaches(x, fresh, lambda node: rest.reaches(node, fresh, test))
        found = [choice.reaches(x, fresh, test) for choice in self.choices]
        if not self.choices:
            v = fresh()
            passes = test(v)
            only = "" if passes == "true" else f" FILTER({passes})"
            found.append(f"EXISTS {{ {x} {self.text} {v}{only} }}")
        if self.stays and not any(choice.stays for choice in self.choices):
            found.append(test(x))
        return f"({' || '.join(found)})"


def path_of(graph: Graph, node: Node, depth: int = 0) -> Path:
    """Read a path. Raises `NotCompiled` for one that is not well-formed, or very deep."""
    if isinstance(node, URIRef):
        return Path(iri(node), predicates=frozenset({node}))
    if depth > _DEEPEST:
        raise NotCompiled("a path of that depth")

    def inner(term: URIRef) -> list[Path]:
        return [path_of(graph, value, depth + 1) for value in graph.objects(node, term)]

    if (node, RDF.first, None) in graph:
        return reduce(then, _several(graph, node, depth))
    if choices := graph.value(node, SH.alternativePath):
        return _either(_several(graph, choices, depth))
    for term, make in _MODIFIERS.items():
        for path in inner(term):
            return make(path)
    raise NotCompiled("a path that is none")


def _several(graph: Graph, members: Node, depth: int) -> Sequence[Path]:
    paths = [path_of(graph, member, depth + 1) for member in Collection(graph, members)]
    if len(paths) <= 1:
        raise NotCompiled("a list of one path")
    return paths


def then(first: Path, second: Path) -> Path:
    """Walk one path after the other; either may be left out that has a zero-length walk."""
    walks = [f"{first.text}/{second.text}"]
    walks += [second.text] * first.stays + [first.text] * second.stays
    stays = first.stays and second.stays
    predicates = first.predicates | second.predicates
    return Path(f"({'|'.join(walks)})", stays, predicates, first, second)


def _either(paths: Sequence[Path]) -> Path:
    predicates = frozenset().union(*(path.predicates for path in paths))
    text = "|".join(path.text for path in paths)
    stays = any(path.stays for path in paths)
    return Path(f"({text})", stays, predicates, choices=tuple(paths))


def _inverse(path: Path) -> Path:
    if path.first and path.second:
        return then(_inverse(path.second), _inverse(path.first))
    if path.choices:
        return replace(_either([_inverse(choice) for choice in path.choices]), stays=path.stays)
    return Path(f"(^{path.text})", path.stays, path.predicates)


def _zero_or_more(path: Path) -> Path:
    return Path(f"({path.text})+", stays=True, predicates=path.predicates)


def _one_or_more(path: Path) -> Path:
    return Path(f"({path.text})+", path.stays, path.predicates)


def _zero_or_one(path: Path) -> Path:
    return Path(path.text, stays=True, predicates=path.predicates, choices=(path,))


_MODIFIERS = {
    SH.inversePath: _inverse,
    SH.zeroOrMorePath: _zero_or_more,
    SH.oneOrMorePath: _one_or_more,
    SH.zeroOrOnePath: _zero_or_one,
}

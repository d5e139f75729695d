"""Terms and property paths of shapes as SPARQL text, and the refusal to compile others."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeVar

from rdflib import Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from parvis.rdf import ntriples
from parvis.rdf.literals import is_plain_literal
from parvis.validation.compile.expressions import Expression, disjunction, exists

BATCH = 200
"""Nodes in one query."""
_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_DEEPEST = 9


class NotCompiled(Exception):  # noqa: N818 - reads better at the raise
    """A shape that is not compiled: the reference engine judges it whole.

    It never reaches a caller of `parvis.validation`.
    """

    def __str__(self) -> str:
        return " ".join(map(str, self.args))


def text_of(term: Node) -> str:
    r"""Return a term as SPARQL text (SPARQL 1.1 Query §4.1).

    Blank nodes would be variables there; literals that the store rewrites would equal others.
    Raises `NotCompiled` for these.

    >>> text_of(Literal('"} # ', lang="fr"))
    '"\\"} # "@fr'
    """
    if isinstance(term, URIRef):
        return iri(term)
    if not isinstance(term, Literal) or not is_plain_literal(term):
        raise NotCompiled("the term", term)
    if "\x00" in term or (term.language and not _TAG.fullmatch(term.language)):
        raise NotCompiled("the literal", term)
    if term.datatype is not None:
        iri(term.datatype)  # only checked
    return ntriples.literal(str(term), term.datatype, term.language)


def iri(node: Node) -> str:
    """Return an IRI as text. Raises `NotCompiled` for another term, and for an invalid IRI."""
    if not isinstance(node, URIRef):
        raise NotCompiled("no IRI where one is due", node)
    try:
        return ntriples.iri(str(node))
    except ValueError as error:
        raise NotCompiled("the IRI", node) from error


def iris(nodes: list[Node]) -> str:
    """Return several IRIs separated by commas."""
    return ", ".join(map(iri, nodes))


def number(node: Node | None) -> int:
    """Read a whole number of a shape, such as the 2 of ``sh:minCount 2``."""
    if isinstance(node, Literal) and isinstance(node.value, int) and is_plain_literal(node):
        return int(node.value)
    raise NotCompiled("no number where one is due", node)


def truth(node: Node | None) -> bool:
    """Read a truth value of a shape, such as that of ``sh:uniqueLang true``; without one, false."""
    if node is None:
        return False
    if isinstance(node, Literal) and isinstance(node.value, bool) and is_plain_literal(node):
        return bool(node.value)
    raise NotCompiled("no truth value where one is due", node)


Item = TypeVar("Item", URIRef, tuple[URIRef, URIRef])


def split_batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Return the items in order, as many at once as one query takes."""
    in_order = sorted(items)
    for start in range(0, len(in_order), BATCH):
        yield in_order[start : start + BATCH]


# SHACL property paths as SPARQL property paths (SHACL §2.3.1).

NodeTest = Callable[[str], str]
"""Return the expression that tests the node of a variable."""


@dataclass(frozen=True)
class PropertyPath:
    """A path without its zero-length walk, and whether it has one.

    SPARQL gives a zero-length walk only to nodes of the graph (SPARQL 1.1 Query §18.4); SHACL to
    every focus node. So it is apart: `text` has none, `stays` says that there is one. `first` and
    `second` are walked one after the other, `choices` are alternatives; `predicates` are all that
    are walked over.
    """

    text: str
    stays: bool = False
    predicates: frozenset[URIRef] = frozenset()
    first: "PropertyPath | None" = None
    second: "PropertyPath | None" = None
    choices: tuple["PropertyPath", ...] = ()

    @property
    def predicate(self) -> URIRef | None:
        """Return the predicate of a path that is one."""
        predicate = next(iter(self.predicates), None)
        return predicate if predicate and not self.stays and self.text == iri(predicate) else None

    def reaches(self, x: str, fresh: Callable[[], str], test: NodeTest) -> Expression:
        """Return the expression that some node reached from `x` passes a test."""
        if self.first and self.second:
            # Each step is a pattern of its own: the engine would join several steps, at every node,
            # over the whole graph.
            second = self.second
            return self.first.reaches(x, fresh, lambda node: second.reaches(node, fresh, test))
        expressions: list[str] = [choice.reaches(x, fresh, test) for choice in self.choices]
        if not self.choices:
            v = fresh()
            passes = test(v)
            condition = "" if passes == "true" else f" FILTER({passes})"
            expressions.append(exists(f"{x} {self.text} {v}{condition}", self.predicate))
        if self.stays and not any(choice.stays for choice in self.choices):
            expressions.append(test(x))
        return disjunction(expressions)


def read_path(graph: Graph, node: Node, depth: int = 0) -> PropertyPath:
    """Read a path. Raises `NotCompiled` for one that is not well-formed, or very deep."""
    if isinstance(node, URIRef):
        return PropertyPath(iri(node), predicates=frozenset({node}))
    if depth > _DEEPEST:
        raise NotCompiled("a path of that depth")

    def read_members(head: Node) -> list[PropertyPath]:
        paths = [read_path(graph, member, depth + 1) for member in Collection(graph, head)]
        if len(paths) <= 1:
            raise NotCompiled("a list of one path")
        return paths

    if (node, RDF.first, None) in graph:
        return reduce(then, read_members(node))
    if choices := graph.value(node, SH.alternativePath):
        return _alternative(read_members(choices))
    for term, make in _MODIFIERS.items():
        if inner := graph.value(node, term):
            return make(read_path(graph, inner, depth + 1))
    raise NotCompiled("a path that is none")


def then(first: PropertyPath, second: PropertyPath) -> PropertyPath:
    """Return one path after the other; a path with a zero-length walk may be left out."""
    walks = [f"{first.text}/{second.text}"]
    walks += [second.text] * first.stays + [first.text] * second.stays
    stays = first.stays and second.stays
    predicates = first.predicates | second.predicates
    return PropertyPath(f"({'|'.join(walks)})", stays, predicates, first, second)


def _alternative(paths: Sequence[PropertyPath]) -> PropertyPath:
    predicates = frozenset().union(*(path.predicates for path in paths))
    text = "|".join(path.text for path in paths)
    stays = any(path.stays for path in paths)
    return PropertyPath(f"({text})", stays, predicates, choices=tuple(paths))


def _inverse(path: PropertyPath) -> PropertyPath:
    if path.first and path.second:
        return then(_inverse(path.second), _inverse(path.first))
    if path.choices:
        return replace(
            _alternative([_inverse(choice) for choice in path.choices]), stays=path.stays
        )
    return PropertyPath(f"(^{path.text})", path.stays, path.predicates)


_MODIFIERS: dict[URIRef, Callable[[PropertyPath], PropertyPath]] = {
    SH.inversePath: _inverse,
    SH.zeroOrMorePath: lambda path: PropertyPath(
        f"({path.text})+", stays=True, predicates=path.predicates
    ),
    SH.oneOrMorePath: lambda path: PropertyPath(f"({path.text})+", path.stays, path.predicates),
    SH.zeroOrOnePath: lambda path: PropertyPath(
        path.text, stays=True, predicates=path.predicates, choices=(path,)
    ),
}

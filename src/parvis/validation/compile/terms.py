"""Terms of shapes as SPARQL text, and the refusal to compile what has no safe text."""

import re

from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from parvis.rdf import ntriples
from parvis.rdf.plain import is_plain_literal

# Terms of shapes as SPARQL text, and the refusal to compile what has no safe text.

_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


class NotCompiled(Exception):  # noqa: N818 - reads better at the raise
    """A shape holds something that is not compiled: the reference engine judges it whole.

    It never reaches a caller of `parvis.validation`.
    """

    def __str__(self) -> str:
        """Give the reason, and what it concerns."""
        return " ".join(map(str, self.args))


def text_of(term: Node) -> str:
    r"""Write a term as it stands in a query (SPARQL 1.1 Query §4.1).

    Blank nodes would be variables there; literals that the store rewrites would equal others.
    Raises `NotCompiled` for these.

    >>> text_of(Literal('"} # ', lang="fr"))
    '"\\"} # "@fr'
    """
    if isinstance(term, URIRef):
        return iri(term)
    if isinstance(term, Literal) and is_plain_literal(term):
        return _literal(term)
    raise NotCompiled("the term", term)


def iri(node: Node) -> str:
    """Write an IRI. Raises `NotCompiled` for another term, and for what cannot be one."""
    if not isinstance(node, URIRef):
        raise NotCompiled("no IRI where one is due", node)
    try:
        return ntriples.iri(str(node))
    except ValueError as error:
        raise NotCompiled("the IRI", node) from error


def _literal(term: Literal) -> str:
    """Write a literal, of which the marks are checked."""
    if "\x00" in term or (term.language and not _TAG.fullmatch(term.language)):
        raise NotCompiled("the literal", term)
    if term.datatype is not None:
        iri(term.datatype)
    return ntriples.literal(str(term), term.datatype, term.language)


def iris(nodes: list[Node]) -> str:
    """Write several IRIs with commas between them."""
    return ", ".join(map(iri, nodes))


def number(node: Node | None) -> int:
    """Read a whole number of shapes, such as the 2 of ``sh:minCount 2``."""
    if isinstance(node, Literal) and isinstance(node.value, int) and is_plain_literal(node):
        return int(node.value)
    raise NotCompiled("no number where one is due", node)


def truth(node: Node | None) -> bool:
    """Read a truth value of shapes, such as that of ``sh:uniqueLang true``; none is false."""
    if node is None:
        return False
    if isinstance(node, Literal) and isinstance(node.value, bool) and is_plain_literal(node):
        return bool(node.value)
    raise NotCompiled("no truth value where one is due", node)


def is_blank(node: Node) -> bool:
    """Say whether a node has no name of its own."""
    return isinstance(node, BNode)

"""Terms of shapes as SPARQL text, and the refusal to compile what has no safe text."""

import re

from rdflib import Literal, URIRef
from rdflib.term import Node

from parvis.rdf import ntriples
from parvis.rdf.literals import is_plain_literal

_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


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

"""Convert terms between the engine (pyoxigraph) and small graphs (rdflib)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import cast

import pyoxigraph as ox
import rdflib.term
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import NamespaceManager
from rdflib.term import IdentifiedNode, Identifier

from parvis.rdf.ntriples import EngineTerm, write_term


class TripleTerm(Identifier):
    """A statement as a term (RDF 1.2 §3.1) of a small graph; its text is that of N-Triples."""

    __slots__ = ()

    def n3(self, namespace_manager: NamespaceManager | None = None) -> str:
        """Return the term as Turtle writes it."""
        del namespace_manager
        return str(self)


Node = IdentifiedNode | Literal | TripleTerm

_STRING = "http://www.w3.org/2001/XMLSchema#string"


def to_rdflib(term: EngineTerm, *, normalize: bool = False) -> Node:
    """Convert an engine's term to rdflib, keeping the lexical form of literals by default.

    The direction of a text (RDF 1.2 §3.3) is left out: rdflib has none.
    """
    match term:
        case ox.NamedNode():
            text = term.value
            return _make_iri(text) if len(text) <= SHORT else URIRef(text)
        case ox.Literal() if term.language is not None:
            return Literal(term.value, lang=term.language)
        case ox.Literal():
            text, datatype = term.value, term.datatype.value
            make = _make_literal if len(text) <= SHORT else _make_literal.__wrapped__
            return make(text, datatype, normalize)
        case ox.BlankNode():
            return BNode(term.value)
    return TripleTerm(write_term(term, str))


SHORT = 200
"""Characters of the terms that are remembered."""
# rdflib checks and reads each term, and most repeat: predicates, concepts, small numbers.
_make_iri = lru_cache(8_192)(URIRef)


@lru_cache(4_096)
def _make_literal(text: str, datatype: str, normalize: bool) -> Literal:  # noqa: FBT001 - a key
    if datatype == _STRING:
        return Literal(text)  # a plain string has no datatype in rdflib
    return Literal(text, datatype=_make_iri(datatype), normalize=normalize)


def parts_of(term: TripleTerm) -> tuple[Node, Node, Node]:
    """Return the subject, predicate and object of a triple term."""
    triple = cast("ox.Triple", from_rdflib(term))
    return to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)


def read_bindings(results: bytes) -> Iterator[dict[str, Node]]:
    """Yield the solutions of results in SPARQL's JSON; an unbound variable is absent."""
    solutions = cast(
        "ox.QuerySolutions", ox.parse_query_results(results, ox.QueryResultsFormat.JSON)
    )
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        pairs = zip(names, solution, strict=True)
        yield {name: to_rdflib(term) for name, term in pairs if term is not None}


def from_rdflib(node: Node) -> EngineTerm:
    """Convert an rdflib term to the engine's.

    >>> str(from_rdflib(Literal("théâtre", lang="fr")))
    '"théâtre"@fr'
    """
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
    if isinstance(node, TripleTerm):
        (quad,) = ox.parse(f"<x:x> <x:x> {node} .", ox.RdfFormat.N_TRIPLES)
        term: EngineTerm = quad.object
        return term
    if isinstance(node, Literal) and node.language is not None:
        return ox.Literal(str(node), language=node.language)
    datatype = node.datatype if isinstance(node, Literal) else None
    return ox.Literal(str(node), datatype=ox.NamedNode(str(datatype)) if datatype else None)


def to_sparql(node: Node) -> str:
    """Write a term in the syntax of N-Triples and SPARQL. Raises `ValueError` for an invalid IRI.

    >>> to_sparql(URIRef("https://pool.example/x")), to_sparql(Literal("l’hiver", lang="fr"))
    ('<https://pool.example/x>', '"l’hiver"@fr')
    """
    return str(from_rdflib(node))


RdflibTriple = tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]


def triple_from_rdflib(triple: RdflibTriple) -> ox.Triple:
    """Convert an rdflib triple to the engine's. Raises `TypeError` for an invalid triple."""
    subject, predicate, object_ = (from_rdflib(cast("Node", node)) for node in triple)
    if isinstance(subject, ox.Literal | ox.Triple) or not isinstance(predicate, ox.NamedNode):
        raise TypeError(triple)
    return ox.Triple(subject, predicate, object_)

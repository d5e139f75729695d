"""Convert terms between the engine (pyoxigraph) and small graphs (rdflib)."""

from typing import cast

import pyoxigraph as ox
import rdflib.term
from rdflib import BNode, Literal, URIRef
from rdflib.term import IdentifiedNode

from parvis.errors import SourceError

EngineTerm = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Node = IdentifiedNode | Literal

_STRING = ox.NamedNode("http://www.w3.org/2001/XMLSchema#string")


def to_rdflib(term: EngineTerm) -> Node:
    """Convert an engine's term to rdflib, keeping the lexical form of literals.

    Raises `SourceError` for a triple term (RDF 1.2 §3.1), which small graphs cannot hold.
    """
    match term:
        case ox.NamedNode():
            return URIRef(term.value)
        case ox.BlankNode():
            return BNode(term.value)
        case ox.Literal() if term.language is not None:
            return Literal(term.value, lang=term.language)
        case ox.Literal() if term.datatype == _STRING:
            return Literal(term.value)  # a plain string has no datatype in rdflib
        case ox.Literal():
            datatype = URIRef(term.datatype.value)
            # rdflib would otherwise rewrite the lexical form.
            return Literal(term.value, datatype=datatype, normalize=False)
    raise SourceError("a triple term cannot be kept: {term}", term=term)


def from_rdflib(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Convert an rdflib term to the engine's.

    >>> str(from_rdflib(Literal("théâtre", lang="fr")))
    '"théâtre"@fr'
    """
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
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


def triple_from_rdflib(
    triple: tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node],
) -> ox.Triple:
    """Convert an rdflib triple to the engine's. Raises `TypeError` for an invalid triple."""
    subject, predicate, object_ = (from_rdflib(cast("Node", node)) for node in triple)
    if isinstance(subject, ox.Literal) or not isinstance(predicate, ox.NamedNode):
        raise TypeError(triple)
    return ox.Triple(subject, predicate, object_)

"""Terms of the engine (pyoxigraph) and of small graphs (rdflib), one into the other."""

from typing import cast

import pyoxigraph as ox
import rdflib.term
from rdflib import BNode, Literal, URIRef
from rdflib.term import IdentifiedNode

from parvis.errors import SourceError

EngineTerm = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Node = IdentifiedNode | Literal


def to_rdflib(term: EngineTerm) -> Node:
    """Give rdflib's form of an engine's term; a lexical form is kept as it is written.

    Raises `SourceError` for a triple term (RDF 1.2 §3.1), which small graphs cannot hold.
    """
    match term:
        case ox.NamedNode():
            return URIRef(term.value)
        case ox.BlankNode():
            return BNode(term.value)
        case ox.Literal():
            return _literal(term)
    raise SourceError("a triple term cannot be kept: {term}", term=term)


def _literal(term: ox.Literal) -> Literal:
    """Give rdflib's form of a literal; a plain string has no datatype there."""
    if term.language is not None:
        return Literal(term.value, lang=term.language)
    if term.datatype == _STRING:
        return Literal(term.value)
    return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)


_STRING = ox.NamedNode("http://www.w3.org/2001/XMLSchema#string")


def from_rdflib(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Give the engine's form of an rdflib term.

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


def written(node: Node) -> str:
    """Write a term as N-Triples and SPARQL have it. Raises `ValueError` for an IRI that is none.

    >>> written(URIRef("https://pool.example/x")), written(Literal("l’hiver", lang="fr"))
    ('<https://pool.example/x>', '"l’hiver"@fr')
    """
    return str(from_rdflib(node))


def triple_from_rdflib(
    triple: tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node],
) -> ox.Triple:
    """Give the engine's form of an rdflib triple. Raises `TypeError` for what is no RDF triple."""
    subject, predicate, object_ = (from_rdflib(cast("Node", node)) for node in triple)
    if isinstance(subject, ox.Literal) or not isinstance(predicate, ox.NamedNode):
        raise TypeError(triple)
    return ox.Triple(subject, predicate, object_)

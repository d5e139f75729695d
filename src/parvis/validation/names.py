"""Nodes as short texts: prefixed names and local names for programs, keys for people."""

import re
from urllib.parse import unquote

from rdflib import BNode, URIRef
from rdflib.term import Node

from parvis.vocab import namespaces

_LONGEST = 300
"""Characters of a value that are shown."""


def local_name(node: Node) -> str:
    """Return the last part of an IRI.

    >>> local_name(URIRef("https://w3id.org/parvis/shapes#Event-name"))
    'Event-name'
    """
    return re.split(r"[#/]", str(node))[-1] or str(node)


def curie(node: Node) -> str:
    """Return a prefixed name where parvis has a prefix, else the text; never a blank node's label.

    >>> curie(URIRef("http://schema.org/startDate"))
    'schema:startDate'
    """
    if isinstance(node, BNode):
        return "[]"
    return shorten(namespaces.curie(node) if isinstance(node, URIRef) else str(node))


def key_of(iri: str) -> str:
    """Return the last step of an IRI, as a partner wrote it: what tells a thing from others.

    >>> key_of("https://pool.example/id/place/quai/caf%C3%A9/"), key_of("urn:isbn:12")
    ('café', '12')
    """
    return shorten(unquote(re.split(r"[#/:]", iri.rstrip("#/:"))[-1]))


def split_words(iri: str) -> str:
    """Return the words of a term's name.

    >>> split_words("http://schema.org/startDate")
    'start date'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]", " ", key_of(iri)).lower()


def shorten(text: str, longest: int = _LONGEST) -> str:
    """Return the beginning of a text, whole if it is short."""
    return text if len(text) <= longest else f"{text[:longest]}…"

"""Literals: those that every engine stores unchanged, and the texts of a resource by language."""

import re
from calendar import monthrange

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

# Plain literals are those that every engine stores unchanged, and compares alike. A store rewrites
# ``007``, ``1.50`` or ``"1"^^xsd:boolean``, and cannot tell ``"soon"^^xsd:date`` from an unknown
# datatype; such literals must be detected before they are loaded.

# Canonical forms, no longer than the engines' own types hold.
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,11}|-?(?:0|[1-9][0-9]{0,11})\.[0-9]{0,16}[1-9]")
_DATE = r"(?!0000)([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{0,5}[1-9])?"
_OFFSET = r"Z|[+-](?!00:00)(?:0[0-9]|1[0-3]):[0-5][0-9]"
_DAY = re.compile(_DATE)
_SURE = 28  # days that every month has
_INSTANT = re.compile(f"{_DATE}T{_TIME}(?:{_OFFSET})?")
_PLAIN = {
    str(XSD.integer): _INTEGER,
    str(XSD.decimal): _DECIMAL,
    str(XSD.boolean): re.compile("true|false"),
    str(XSD.date): _DAY,
    str(XSD.dateTime): _INSTANT,
}
_CALENDAR = {str(XSD.date), str(XSD.dateTime)}
_ALL_PLAIN = frozenset(map(str, (XSD.string, XSD.anyURI)))
_DOUBTFUL = (str(XSD), str(RDF))


def is_plain(text: str, datatype: str) -> bool:
    """Return whether a literal without a language tag is plain (XSD 1.1 Part 2 §2.3.1).

    Datatypes that the engines do not interpret are plain; of XML Schema's and RDF's own, only
    those listed here are, in their canonical form.

    >>> is_plain("7", "http://www.w3.org/2001/XMLSchema#integer")
    True
    >>> is_plain("007", "http://www.w3.org/2001/XMLSchema#integer")
    False
    """
    pattern = _PLAIN.get(datatype)
    if pattern is None:
        return datatype in _ALL_PLAIN or not datatype.startswith(_DOUBTFUL)
    match = pattern.fullmatch(text)
    if match is None or datatype not in _CALENDAR:
        return match is not None
    day = int(match[3])  # 30 February has the right form too
    return day <= _SURE or day <= monthrange(int(match[1]), int(match[2]))[1]


def is_plain_literal(literal: Literal) -> bool:
    """Return the same for an rdflib literal."""
    if literal.language is not None or literal.datatype is None:
        return True
    return is_plain(str(literal), str(literal.datatype))


def read_texts(
    graph: Graph, subject: Node | None, *properties: URIRef, untagged: str | None = None
) -> dict[str, str]:
    """Return the texts of a resource by language, each from the first property that has it.

    A text without a language is under `untagged`, or left out if that is None.

    >>> graph = Graph().parse(format="turtle", data='<a:b> <a:name> "nuit"@fr, "x" .')
    >>> read_texts(graph, URIRef("a:b"), URIRef("a:name"), untagged="")
    {'': 'x', 'fr': 'nuit'}
    """
    texts: dict[str, str] = {}
    for step in reversed(properties):
        literals = [node for node in graph.objects(subject, step) if isinstance(node, Literal)]
        # The choice among several must not depend on the graph; a text with a language replaces
        # one without.
        for literal in sorted(literals, key=lambda text: (text.language or "", str(text))):
            lang = literal.language or untagged
            if lang is not None:
                texts[lang] = str(literal)
    return texts


def read_values(graph: Graph, subject: Node, *path: URIRef) -> list[str]:
    """Return the values at the end of a path of properties as texts, each once.

    >>> graph = Graph().parse(format="turtle", data="<a:b> <a:of> [ <a:is> 2, 1 ] .")
    >>> read_values(graph, URIRef("a:b"), URIRef("a:of"), URIRef("a:is"))
    ['1', '2']
    """
    nodes = [subject]
    # The order must not depend on the graph.
    for step in path:
        nodes = [value for node in nodes for value in sorted(graph.objects(node, step), key=str)]
    return list(dict.fromkeys(map(str, nodes)))


def read_value(graph: Graph, subject: Node, *path: URIRef) -> str:
    """Return the first value at the end of a path of properties; empty if there is none."""
    return next(iter(read_values(graph, subject, *path)), "")

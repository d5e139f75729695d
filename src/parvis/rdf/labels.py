"""The labels and other texts of resources, by language."""

from rdflib import Graph, Literal, URIRef
from rdflib.term import Node


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

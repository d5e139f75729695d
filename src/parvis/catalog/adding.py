"""Values added to one subject of a graph."""

from collections.abc import Mapping

from rdflib import Graph, Literal, URIRef
from rdflib.term import Node


class Adding:
    """Adds values to one subject of a graph."""

    def __init__(self, graph: Graph, subject: Node) -> None:
        """Keep graph and subject."""
        self.graph, self.subject = graph, subject

    def __call__(self, step: URIRef, value: Node) -> None:
        """Add one value."""
        self.graph.add((self.subject, step, value))

    def iris(self, step: URIRef, *iris: str | None) -> None:
        """Add things by their IRIs; None is nothing."""
        for iri in filter(None, iris):
            self(step, URIRef(iri))

    def texts(self, step: URIRef, texts: Mapping[str, str]) -> None:
        """Add one text per language; under ``""`` stands one that has none."""
        for lang, text in texts.items():
            self(step, Literal(text, lang or None))

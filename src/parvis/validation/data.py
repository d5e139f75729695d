"""Data read for validation, as they were written."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from rdflib import BNode, Graph, URIRef
from rdflib.term import Node

from parvis.rdf.files import to_graph
from parvis.validation.lexical import as_written
from parvis.vocab.namespaces import PREFIXES

_OTHER_ADDRESS = "https://schema.org/"


def load_data(paths: Iterable[Path]) -> Graph:
    """Read RDF files into one graph; the names of graphs are not kept.

    Blank nodes of two files stay apart, and schema.org's ``https`` address becomes the canonical
    ``http`` one. Nothing is fetched. Raises `SourceError`, naming file and line where it can.
    """
    whole = Graph()
    with as_written():
        for path in paths:
            for triple in _apart(to_graph(path, path.resolve().as_uri())):
                whole.add(triple)
    return whole


def _apart(graph: Graph) -> Iterable[tuple[Node, Node, Node]]:
    """Give a file's triples with blank nodes of their own, in the canonical vocabulary."""
    fresh: defaultdict[Node, BNode] = defaultdict(BNode)

    def known(term: Node) -> Node:
        if isinstance(term, BNode):
            return fresh[term]
        if isinstance(term, URIRef) and term.startswith(_OTHER_ADDRESS):
            return URIRef(PREFIXES["schema"] + term.removeprefix(_OTHER_ADDRESS))
        return term

    for subject, predicate, value in graph:
        yield known(subject), known(predicate), known(value)

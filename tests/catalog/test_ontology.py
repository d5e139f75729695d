"""The ontology as a generation holds it."""

from rdflib.compare import isomorphic

from parvis.catalog.ontology import ontology, vocabulary
from parvis.rdf.files import graph_of


def test_the_lines_of_the_vocabulary_are_the_ontology() -> None:
    """Sorted, each once, blank nodes and all: the engine names these by what they say."""
    lines = vocabulary()
    assert list(lines) == sorted(set(lines))
    assert any(b"_:" in line for line in lines)
    assert isomorphic(graph_of(b"".join(lines)), ontology())

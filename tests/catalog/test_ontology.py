"""The ontology as stored in a generation."""

from rdflib.compare import isomorphic

from parvis.catalog.ontology import ontology, vocabulary
from parvis.rdf.files import graph_of


def test_the_vocabulary_lines_equal_the_ontology() -> None:
    """Sorted and unique, with blank nodes: the engine names those by their content."""
    lines = vocabulary()
    assert list(lines) == sorted(set(lines))
    assert any(b"_:" in line for line in lines)
    assert isomorphic(graph_of(b"".join(lines)), ontology())

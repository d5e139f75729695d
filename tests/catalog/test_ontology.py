"""The ontology as stored in a generation."""

from rdflib.compare import isomorphic
from rdflib.namespace import SKOS

from parvis.catalog.ontology import code_list, last_segment, ontology, vocabulary
from parvis.rdf.files import graph_of


def test_the_vocabulary_lines_equal_the_ontology() -> None:
    """Sorted and unique, with blank nodes: the engine names those by their content."""
    lines = vocabulary()
    assert list(lines) == sorted(set(lines))
    assert any(b"_:" in line for line in lines)
    assert isomorphic(graph_of(b"".join(lines)), ontology())


def test_all_that_is_said_of_a_code_stands_in_the_file_of_its_list() -> None:
    """Who reads one list alone misses nothing."""
    graph = ontology()
    for concept, scheme in graph.subject_objects(SKOS.inScheme):
        listed = code_list(last_segment(str(scheme)))
        assert set(listed.triples((concept, None, None))) == set(
            graph.triples((concept, None, None))
        )
    assert not code_list("../ontology/area")

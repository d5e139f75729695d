"""Statistics of a graph equal a naive count, and are counted in a killable process."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, XSD, Graph, Literal, Node, URIRef
from rdflib.namespace import OWL

from parvis.config.json_data import to_json
from parvis.rdf.files import sorted_lines
from parvis.store.record.statistics import Statistics, StatisticsCounter, count
from parvis.vocab.namespaces import CONCEPT

THINGS = [URIRef(f"http://x.example/é{number}") for number in range(5)]
CLASSES = [URIRef(f"http://x.example/Class{number}") for number in range(3)]
PROPERTIES = [URIRef(f"http://x.example/p{number}") for number in range(3)]
LITERALS = [Literal("a>"), Literal("a b .", lang="fr"), Literal(1), Literal('"^^<x>"')]

TRIPLES = st.one_of(
    st.tuples(st.sampled_from(THINGS), st.just(RDF.type), st.sampled_from(CLASSES)),
    st.tuples(
        st.sampled_from(THINGS),
        st.sampled_from(PROPERTIES),
        st.sampled_from([*THINGS, *LITERALS]),
    ),
)


def count_graph(graph: Graph) -> Statistics:
    """Count a graph as the record stores it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "graph.nt"
        path.write_bytes(sorted_lines(graph))
        return count(path)


def list_kinds(graph: Graph, value: Node) -> list[str]:
    """Return the classes of an entity, or the datatype of a literal."""
    if isinstance(value, Literal):
        return [str(RDF.langString if value.language else value.datatype or XSD.string)]
    return [str(kind) for kind in graph.objects(value, RDF.type)]


@given(st.sets(TRIPLES, max_size=25))
def test_every_figure_equals_a_naive_count(triples: set[tuple[Node, Node, Node]]) -> None:
    """Totals, properties, classes, and the kinds of values of each property of a class."""
    graph = Graph()
    for triple in triples:
        graph.add(triple)
    statistics = count_graph(graph)
    assert statistics.triples == len(graph)
    assert statistics.subjects == statistics.entities == len(set(graph.subjects()))
    assert statistics.objects == len(set(graph.objects()))
    assert statistics.properties.keys() == {str(step) for step in graph.predicates()}
    for name, uses in statistics.properties.items():
        pairs = set(graph.subject_objects(URIRef(name)))
        assert uses.triples == len(pairs)
        assert (uses.subjects, uses.objects) == tuple(len(set(side)) for side in zip(*pairs))  # noqa: B905 - any length
    assert statistics.classes.keys() == {str(kind) for kind in graph.objects(None, RDF.type)}
    for kind, members in statistics.classes.items():
        entities = set(graph.subjects(RDF.type, URIRef(kind)))
        assert members.entities == len(entities)
        for name, uses in members.properties.items():
            values = [value for entity in entities for value in graph.objects(entity, URIRef(name))]
            assert uses.triples == len(values)
            assert sum((uses.classes | uses.datatypes).values()) == sum(
                len(list_kinds(graph, value)) for value in values
            )
    assert Statistics.from_json(to_json(statistics)) == statistics


def test_links_are_to_concepts_and_to_the_same_entities_elsewhere() -> None:
    """Pages and other entities of the graph are no links."""
    graph = Graph()
    graph.add((THINGS[0], PROPERTIES[0], CONCEPT["discipline/theatre"]))
    graph.add((THINGS[0], OWL.sameAs, URIRef("http://www.wikidata.org/entity/Q1")))
    graph.add((THINGS[0], PROPERTIES[1], URIRef("http://www.wikidata.org/wiki/Q1")))
    assert count_graph(graph).links == {
        str(PROPERTIES[0]): {str(CONCEPT): 1},
        str(OWL.sameAs): {"http://www.wikidata.org/": 1},
    }


def test_a_file_that_takes_too_long_or_is_malformed_is_not_counted(
    write_lines: Callable[..., Path],
) -> None:
    """The process is ended or goes on, and the next file is counted."""
    good = write_lines("good", "<http://x.example/a> <http://x.example/p> <http://x.example/b> .")
    bad = write_lines("bad", "nothing")
    with StatisticsCounter(0.0, 4_000_000_000) as counter:
        assert counter.count(good) is None
    with StatisticsCounter(30.0, 4_000_000_000) as counter:
        assert counter.count(bad) is None
        statistics = counter.count(good)
        assert statistics is not None
        assert statistics.triples == 1

"""Statistics of a graph: what a naive count over all triples gives, in a process that may die."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, XSD, Graph, Literal, Node, URIRef
from rdflib.namespace import OWL

from parvis.rdf.files import sorted_lines
from parvis.store.record.counting import StatisticsCounter
from parvis.store.record.statistics import Statistics, count
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


def counted(graph: Graph) -> Statistics:
    """Count a graph as the record holds it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "graph.nt"
        path.write_bytes(sorted_lines(graph))
        return count(path)


def kinds(graph: Graph, value: Node) -> list[str]:
    """Name the classes of an entity, or the datatype of a literal."""
    if isinstance(value, Literal):
        return [str(RDF.langString if value.language else value.datatype or XSD.string)]
    return [str(kind) for kind in graph.objects(value, RDF.type)]


@given(st.sets(TRIPLES, max_size=25))
def test_every_figure_is_what_a_naive_count_gives(triples: set[tuple[Node, Node, Node]]) -> None:
    """Totals, properties, classes, and what properties of a class lead to."""
    graph = Graph()
    for triple in triples:
        graph.add(triple)
    found = counted(graph)
    assert found.triples == len(graph)
    assert found.subjects == found.entities == len(set(graph.subjects()))
    assert found.objects == len(set(graph.objects()))
    assert found.properties.keys() == {str(step) for step in graph.predicates()}
    for name, uses in found.properties.items():
        pairs = set(graph.subject_objects(URIRef(name)))
        assert uses.triples == len(pairs)
        assert (uses.subjects, uses.objects) == tuple(len(set(side)) for side in zip(*pairs))  # noqa: B905 - any length
    assert found.classes.keys() == {str(kind) for kind in graph.objects(None, RDF.type)}
    for kind, members in found.classes.items():
        those = set(graph.subjects(RDF.type, URIRef(kind)))
        assert members.entities == len(those)
        for name, uses in members.properties.items():
            values = [v for one in those for v in graph.objects(one, URIRef(name))]
            assert uses.triples == len(values)
            assert sum((uses.classes | uses.datatypes).values()) == sum(
                len(kinds(graph, value)) for value in values
            )
    assert Statistics.from_json(found.to_json()) == found


def test_links_are_to_concepts_and_to_the_same_things_elsewhere() -> None:
    """A page or another thing of the graph is no link."""
    graph = Graph()
    graph.add((THINGS[0], PROPERTIES[0], CONCEPT["discipline/theatre"]))
    graph.add((THINGS[0], OWL.sameAs, URIRef("http://www.wikidata.org/entity/Q1")))
    graph.add((THINGS[0], PROPERTIES[1], URIRef("http://www.wikidata.org/wiki/Q1")))
    assert counted(graph).links == {
        str(PROPERTIES[0]): {str(CONCEPT): 1},
        str(OWL.sameAs): {"http://www.wikidata.org/": 1},
    }


def test_what_takes_too_much_is_not_counted_and_the_next_file_is(
    written: Callable[..., Path],
) -> None:
    """A file that takes too long ends the process, one that is no N-Triples is told apart."""
    good = written("good", "<http://x.example/a> <http://x.example/p> <http://x.example/b> .")
    bad = written("bad", "nothing")
    with StatisticsCounter(0.0, 4_000_000_000) as counter:
        assert counter.count(good) is None
    with StatisticsCounter(30.0, 4_000_000_000) as counter:
        assert counter.count(bad) is None
        found = counter.count(good)
        assert found is not None
        assert found.triples == 1

"""What guided search offers is what the shapes tell, in both languages, and leads somewhere."""

from flask.testing import FlaskClient
from rdflib import RDF, RDFS, SH, Graph, URIRef

from parvis.rdf.files import to_graph
from parvis.vocab.namespaces import CONCEPT, SCHEMA
from parvis.web.pages.guided import ADDED, DASH, search_configuration
from parvis.web.pages.ontology import read_knowledge

SHAPE = "https://w3id.org/parvis/shapes#"


def languages(graph: Graph, subject: object, step: URIRef) -> set[str]:
    """Tell in which languages something is said."""
    return {str(getattr(one, "language", "")) for one in graph.objects(URIRef(str(subject)), step)}


def test_what_is_added_speaks_of_shapes_that_there_are() -> None:
    """Each class, each property, and each class that a property leads to."""
    added, shapes = to_graph(ADDED), read_knowledge("shapes")
    spoken = {*added.subjects(), *added.objects(None, SH.node)}
    assert {one for one in spoken if (one, RDF.type, None) not in shapes} == set()


def test_every_class_and_property_has_its_name_in_both_languages() -> None:
    """As the shapes have it; the schemes that are led to have their titles."""
    for shape in search_configuration().subjects(RDF.type, SH.NodeShape):
        assert languages(search_configuration(), shape, RDFS.label) == {"fr", "en"}
    parts = set(search_configuration().subjects(SH.order)) - set(
        search_configuration().subjects(RDF.type, SH.NodeShape)
    )
    assert len(parts) > 40
    for part in parts:
        assert languages(search_configuration(), part, SH.name) == {"fr", "en"}
        assert languages(search_configuration(), part, SH.description) == {"fr", "en"}


def test_every_property_leads_to_what_is_offered_or_to_a_datatype() -> None:
    """A scheme is chosen from a list, a thing is found by its name."""
    found = search_configuration()
    for part, thing in found.subject_objects(SH.node):
        assert (thing, RDF.type, SH.NodeShape) in found
        assert ((part, DASH.searchWidget, None) in found) == str(thing).startswith(CONCEPT)
    event = URIRef(f"{SHAPE}Event")
    paths = [found.value(one, SH.path) for one in found.objects(event, SH.property)]
    assert len(paths) == len(set(paths))  # what a shape says twice of a path is offered once
    assert {SCHEMA.name, SCHEMA.startDate, SCHEMA.location} < set(paths)


def test_things_of_several_classes_are_all_found(client: FlaskClient) -> None:
    """The shape selects each class that it is about; the graph is given as a file too."""
    graph = Graph().parse(data=client.get("/search/guided.ttl").get_data(), format="turtle")
    target = graph.value(URIRef(f"{SHAPE}Event"), SH.target)
    query = str(graph.value(target, SH.select))
    for one in read_knowledge("shapes").objects(URIRef(f"{SHAPE}Event"), SH.targetClass):
        assert f"<{one}>" in query
    assert len(client.get(f"/sparql?query={query}").get_data()) > 0

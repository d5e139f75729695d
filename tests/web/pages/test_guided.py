"""Guided search offers what the shapes describe, in both languages."""

from flask.testing import FlaskClient
from rdflib import RDF, RDFS, SH, Graph, URIRef

from parvis.rdf.files import to_graph
from parvis.vocab.namespaces import CONCEPT, SCHEMA
from parvis.web.pages.guided import ADDED, DASH, search_configuration
from parvis.web.pages.ontology import read_knowledge

SHAPE = "https://w3id.org/parvis/shapes#"


def list_languages(graph: Graph, subject: object, step: URIRef) -> set[str]:
    """List the languages in which a property of a subject is written."""
    return {
        str(getattr(text, "language", "")) for text in graph.objects(URIRef(str(subject)), step)
    }


def test_the_additions_refer_to_existing_shapes() -> None:
    added, shapes = to_graph(ADDED), read_knowledge("shapes")
    mentioned = {*added.subjects(), *added.objects(None, SH.node)}
    assert {shape for shape in mentioned if (shape, RDF.type, None) not in shapes} == set()


def test_every_class_and_property_has_a_label_in_both_languages() -> None:
    """From the shapes; concept schemes have their titles."""
    for shape in search_configuration().subjects(RDF.type, SH.NodeShape):
        assert list_languages(search_configuration(), shape, RDFS.label) == {"fr", "en"}
    property_shapes = set(search_configuration().subjects(SH.order)) - set(
        search_configuration().subjects(RDF.type, SH.NodeShape)
    )
    assert len(property_shapes) > 40
    for property_shape in property_shapes:
        assert list_languages(search_configuration(), property_shape, SH.name) == {"fr", "en"}
        assert list_languages(search_configuration(), property_shape, SH.description) == {
            "fr",
            "en",
        }


def test_every_property_leads_to_an_offered_class_or_a_datatype() -> None:
    """A concept is chosen from a list, an entity is searched by name."""
    configuration = search_configuration()
    for property_shape, target in configuration.subject_objects(SH.node):
        assert (target, RDF.type, SH.NodeShape) in configuration
        assert ((property_shape, DASH.searchWidget, None) in configuration) == str(
            target
        ).startswith(CONCEPT)
    event = URIRef(f"{SHAPE}Event")
    paths = [
        configuration.value(shape, SH.path) for shape in configuration.objects(event, SH.property)
    ]
    assert len(paths) == len(set(paths))  # two constraints on a path are offered once
    assert {SCHEMA.name, SCHEMA.startDate, SCHEMA.location} < set(paths)


def test_a_shape_selects_all_its_target_classes(client: FlaskClient) -> None:
    """The configuration is served as a file too."""
    graph = Graph().parse(data=client.get("/search/guided.ttl").get_data(), format="turtle")
    target = graph.value(URIRef(f"{SHAPE}Event"), SH.target)
    query = str(graph.value(target, SH.select))
    for target_class in read_knowledge("shapes").objects(URIRef(f"{SHAPE}Event"), SH.targetClass):
        assert f"<{target_class}>" in query
    assert len(client.get(f"/sparql?query={query}").get_data()) > 0

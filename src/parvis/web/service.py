"""The endpoint's Service Description (SPARQL 1.1 Service Description §3)."""

from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import VOID, XSD

from parvis.governance.question import Reader
from parvis.pooling.ask import Host
from parvis.vocab.namespaces import PARVIS

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = Namespace("http://www.w3.org/ns/formats/")

RESULT_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "RDF_XML",
    "JSON-LD",
)
"""The formats' names in the W3C's list of unique IRIs for file formats."""


def description(host: Host, reader: Reader) -> Graph:
    """Describe the endpoint as one reader may use it, each readable graph by its name."""
    graph = Graph()
    graph.bind("sd", SD)
    graph.bind("formats", FORMATS)
    graph.bind("void", VOID)
    base = host.settings.base
    service, endpoint, dataset = (
        URIRef(f"{base}sparql{part}") for part in ("#service", "", "#dataset")
    )
    graph.add((service, RDF.type, SD.Service))
    graph.add((service, SD.endpoint, endpoint))
    graph.add((service, SD.supportedLanguage, SD.SPARQL11Query))
    graph.add((service, SD.feature, SD.UnionDefaultGraph))
    graph.add((service, SD.propertyFeature, PARVIS.search))
    for name in RESULT_FORMATS:
        graph.add((service, SD.resultFormat, FORMATS[name]))
    graph.add((service, SD.defaultDataset, dataset))
    graph.add((dataset, RDF.type, SD.Dataset))
    graph.add((dataset, SD.defaultGraph, URIRef(f"{base}sparql#default-graph")))
    graph.add((URIRef(f"{base}sparql#default-graph"), RDF.type, SD.Graph))
    for card in host.datasets(reader):
        if card.readable:
            _name(graph, dataset, URIRef(host.iris.graph(card.key)), card.triples)
    return graph


def _name(graph: Graph, dataset: URIRef, name: URIRef, triples: int) -> None:
    """Add one named graph and its size."""
    named, inner = BNode(), BNode()
    graph.add((dataset, SD.namedGraph, named))
    graph.add((named, RDF.type, SD.NamedGraph))
    graph.add((named, SD.name, name))
    graph.add((named, SD.graph, inner))
    graph.add((inner, RDF.type, SD.Graph))
    graph.add((inner, VOID.triples, Literal(triples, datatype=XSD.integer)))

"""The endpoint's Service Description (SPARQL 1.1 Service Description §3)."""

from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import SDO, VOID, XSD

from parvis.config import Share
from parvis.governance.question import Reader
from parvis.i18n import N_, both
from parvis.pooling.ask import Host
from parvis.web.rates import quotas

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
    graph.bind("schema", SDO)
    base = host.settings.base
    service, endpoint, dataset = (
        URIRef(f"{base}sparql{part}") for part in ("#service", "", "#dataset")
    )
    graph.add((service, RDF.type, SD.Service))
    graph.add((service, SD.endpoint, endpoint))
    graph.add((service, SD.supportedLanguage, SD.SPARQL11Query))
    graph.add((service, SD.feature, SD.UnionDefaultGraph))
    for name in RESULT_FORMATS:
        graph.add((service, SD.resultFormat, FORMATS[name]))
    _limit(graph, service, host.shares.standing(reader).share)
    graph.add((service, SD.defaultDataset, dataset))
    graph.add((dataset, RDF.type, SD.Dataset))
    graph.add((dataset, SD.defaultGraph, URIRef(f"{base}sparql#default-graph")))
    graph.add((URIRef(f"{base}sparql#default-graph"), RDF.type, SD.Graph))
    for card in host.datasets(reader):
        if card.readable:
            _name(graph, dataset, URIRef(host.iris.graph(card.key)), card.triples)
    return graph


LIMITS = {
    "query-seconds": N_("seconds that all queries together may take in each window"),
    "queries": N_("queries that are answered at a time"),
    "seconds": N_("seconds that a query may take"),
    "bytes": N_("bytes that an answer may have"),
    "rows": N_("rows that an answer may have"),
}
"""What each limit is, under the name that it has in the header RateLimit-Policy."""


def _limit(graph: Graph, service: URIRef, share: Share) -> None:
    """Tell what the reader may take; what is not told has no limit."""
    for name, quota in quotas(share).items():
        if quota:
            limit = BNode()
            graph.add((service, SDO.additionalProperty, limit))
            graph.add((limit, RDF.type, SDO.PropertyValue))
            graph.add((limit, SDO.propertyID, Literal(name)))
            graph.add((limit, SDO.value, Literal(quota)))
            for lang, words in both(LIMITS[name]).items():
                graph.add((limit, SDO.name, Literal(words, lang=lang)))
            if name == "query-seconds":
                graph.add((limit, SDO.duration, Literal(f"PT{share.window}S")))


def _name(graph: Graph, dataset: URIRef, name: URIRef, triples: int) -> None:
    """Add one named graph and its size."""
    named, inner = BNode(), BNode()
    graph.add((dataset, SD.namedGraph, named))
    graph.add((named, RDF.type, SD.NamedGraph))
    graph.add((named, SD.name, name))
    graph.add((named, SD.graph, inner))
    graph.add((inner, RDF.type, SD.Graph))
    graph.add((inner, VOID.triples, Literal(triples, datatype=XSD.integer)))

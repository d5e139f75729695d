"""The endpoint's Service Description (SPARQL 1.1 Service Description §3)."""

from rdflib import RDF, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import SDO, VOID, XSD

from parvis.config import Share
from parvis.governance.question import Reader
from parvis.i18n import N_, both
from parvis.pooling.ask import Host
from parvis.vocab import media
from parvis.vocab.namespaces import PARVIS, PREFIXES
from parvis.web.rates import quotas

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = Namespace("http://www.w3.org/ns/formats/")
REGIMES = Namespace("http://www.w3.org/ns/entailment/")
MEDIA_TYPES = Namespace("https://www.iana.org/assignments/media-types/")

RESULT_FORMATS = (
    *map(
        FORMATS.__getitem__,
        (
            "SPARQL_Results_JSON",
            "SPARQL_Results_XML",
            "SPARQL_Results_CSV",
            "SPARQL_Results_TSV",
            "Turtle",
            "N-Triples",
            "RDF_XML",
            "JSON-LD",
        ),
    ),
    MEDIA_TYPES[media.XLSX],
)
"""The formats by the W3C's unique IRIs; a workbook, which has none, by its media type's."""

GEOMETRY = Namespace("http://www.opengis.net/def/function/geosparql/")
# fmt: off
FUNCTIONS = [GEOMETRY[name] for name in (
    "area", "asGeoJSON", "centroid", "convexHull", "coordinateDimension", "difference", "dimension",
    "distance", "ehContains", "ehCoveredBy", "ehCovers", "ehDisjoint", "ehEquals", "ehInside",
    "ehMeet", "ehOverlap", "envelope", "getSRID", "intersection", "isEmpty", "isSimple", "length",
    "perimeter", "rcc8dc", "rcc8ec", "rcc8eq", "rcc8ntpp", "rcc8ntppi", "rcc8po", "rcc8tpp",
    "rcc8tppi", "relate", "sfContains", "sfCrosses", "sfDisjoint", "sfEquals", "sfIntersects",
    "sfOverlaps", "sfTouches", "sfWithin", "spatialDimension", "symDifference", "union",
)]
# fmt: on
"""The functions beyond SPARQL's own that a query may call: the engine's share of GeoSPARQL 1.1."""


def description(host: Host, reader: Reader) -> Graph:
    """Describe the endpoint as one reader may use it, each readable graph by its name."""
    graph = Graph()
    for prefix, namespace in (
        ("sd", SD),
        ("formats", FORMATS),
        ("void", VOID),
        ("sh", SH),
        ("schema", SDO),
    ):
        graph.bind(prefix, namespace)
    endpoint = f"{host.settings.base}sparql"
    service, dataset = URIRef(f"{endpoint}#service"), URIRef(f"{endpoint}#dataset")
    for term, value in (
        (RDF.type, SD.Service),
        (SD.endpoint, URIRef(endpoint)),
        (SD.supportedLanguage, SD.SPARQL10Query),
        (SD.supportedLanguage, SD.SPARQL11Query),
        # What a reader may read is one graph by default, and each graph has its name besides.
        (SD.feature, SD.UnionDefaultGraph),
        (SD.defaultEntailmentRegime, REGIMES.Simple),
        (SD.defaultDataset, dataset),
        *((SD.resultFormat, name) for name in RESULT_FORMATS),
        (SD.propertyFeature, PARVIS.search),
        *((SD.extensionFunction, name) for name in FUNCTIONS),
    ):
        graph.add((service, term, value))
    graph.add((PARVIS.search, RDF.type, SD.Feature))
    for function in FUNCTIONS:
        graph.add((function, RDF.type, SD.Function))
    _declare(graph, service)
    _limit(graph, service, host.shares.standing(reader).share)
    _add_dataset(graph, dataset, host.graphs(reader), URIRef(f"{endpoint}#default-graph"))
    return graph


def _declare(graph: Graph, service: URIRef) -> None:
    """Add the prefixes that a query may use undeclared, as SHACL declares them (§5.2.1)."""
    for prefix, namespace in PREFIXES.items():
        declared = BNode()
        graph.add((service, SH.declare, declared))
        graph.add((declared, SH.prefix, Literal(prefix)))
        graph.add((declared, SH.namespace, Literal(namespace, datatype=XSD.anyURI)))


def _add_dataset(graph: Graph, dataset: URIRef, sizes: dict[str, int], default: URIRef) -> None:
    """Add what is queried: the union of the named graphs, and each of them."""
    graph.add((dataset, RDF.type, SD.Dataset))
    graph.add((dataset, SD.defaultGraph, default))
    graph.add((default, RDF.type, SD.Graph))
    for name, triples in sizes.items():
        _name(graph, dataset, URIRef(name), triples)


LIMITS = {
    "query-seconds": N_("seconds that all queries together may take in each window"),
    "site-seconds": N_("seconds of the site’s own work that all requests may take in each window"),
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
            if name in {"query-seconds", "site-seconds"}:
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

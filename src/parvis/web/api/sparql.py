"""The SPARQL endpoint (SPARQL 1.1 Protocol §2)."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, request
from rdflib import RDF, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import SDO, VOID, XSD
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.exceptions import MethodNotAllowed

from parvis.catalog.queries import localize_query
from parvis.config import Share
from parvis.errors import QueryError
from parvis.governance.access_request import Reader
from parvis.i18n import N_, both
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.rdf.formats import PARQUET, XLSX
from parvis.vocab.namespaces import PARVIS, PREFIXES
from parvis.web.api.parameters import code_list_names, fill_parameters, parameter_names
from parvis.web.api.workbench import TABLES, WORKBOOK, answer_with_page, present_query
from parvis.web.api.workbook import parquet_table, workbook
from parvis.web.http.access import host, reader_of
from parvis.web.http.caching import check_query_tag, check_tag, evaluate_query, respond
from parvis.web.http.compression import add_vary
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import (
    GRAPHS,
    HTML,
    RESULTS,
    accepted_ending,
    graph_response,
    named_ending,
    not_acceptable,
)
from parvis.web.http.quotas import quotas

# The endpoint's Service Description (SPARQL 1.1 Service Description §3).

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = Namespace("http://www.w3.org/ns/formats/")
REGIMES = Namespace("http://www.w3.org/ns/entailment/")
MEDIA_TYPES = Namespace("https://www.iana.org/assignments/media-types/")

RESULT_FORMATS = (
    *(FORMATS[f"SPARQL_Results_{name}"] for name in ("JSON", "XML", "CSV", "TSV")),
    *(FORMATS[name] for name in ("Turtle", "N-Triples", "RDF_XML", "JSON-LD")),
    MEDIA_TYPES[XLSX],
    MEDIA_TYPES[PARQUET],
)
"""The formats by the W3C's unique IRIs; those that have none by their media types' IRIs."""

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
"""The extension functions that a query may call: the part of GeoSPARQL 1.1 in the engine."""


def service_description(host: PoolService, reader: Reader) -> Graph:
    """Return the Service Description for a reader, with the named graphs that it may read."""
    graph = Graph()
    spaces = {"sd": SD, "formats": FORMATS, "void": VOID, "sh": SH, "schema": SDO}
    for prefix, namespace in spaces.items():
        graph.bind(prefix, namespace)
    endpoint = f"{host.settings.base}sparql"
    service, dataset = URIRef(f"{endpoint}#service"), URIRef(f"{endpoint}#dataset")
    for term, value in (
        (RDF.type, SD.Service),
        (SD.endpoint, URIRef(endpoint)),
        (SD.supportedLanguage, SD.SPARQL10Query),
        (SD.supportedLanguage, SD.SPARQL11Query),
        # The default graph is the union of the graphs that a reader may read.
        (SD.feature, SD.UnionDefaultGraph),
        (SD.defaultEntailmentRegime, REGIMES.Simple),
        (SD.defaultDataset, dataset),
        *((SD.resultFormat, name) for name in RESULT_FORMATS),
        (SD.propertyFeature, PARVIS.search),
        *((SD.extensionFunction, name) for name in FUNCTIONS),
    ):
        graph.add((service, term, value))
    if host.settings.federation.services:
        graph.add((service, SD.feature, SD.BasicFederatedQuery))
    graph.add((PARVIS.search, RDF.type, SD.Feature))
    for function in FUNCTIONS:
        graph.add((function, RDF.type, SD.Function))
    # The prefixes that a query need not declare, as SHACL declares them (§5.2.1).
    for prefix, prefix_iri in PREFIXES.items():
        declaration = BNode()
        graph.add((service, SH.declare, declaration))
        graph.add((declaration, SH.prefix, Literal(prefix)))
        graph.add((declaration, SH.namespace, Literal(prefix_iri, datatype=XSD.anyURI)))
    _add_quotas(graph, service, host.shares.status(reader).share)
    _add_dataset(graph, dataset, host.graphs(reader), URIRef(f"{endpoint}#default-graph"))
    return graph


def _add_dataset(graph: Graph, dataset: URIRef, sizes: dict[str, int], default: URIRef) -> None:
    """Add the dataset of queries: its default graph, and each named graph with its triples."""
    graph.add((dataset, RDF.type, SD.Dataset))
    graph.add((dataset, SD.defaultGraph, default))
    graph.add((default, RDF.type, SD.Graph))
    for name, triples in sizes.items():
        named_graph, content = BNode(), BNode()
        graph.add((dataset, SD.namedGraph, named_graph))
        graph.add((named_graph, RDF.type, SD.NamedGraph))
        graph.add((named_graph, SD.name, URIRef(name)))
        graph.add((named_graph, SD.graph, content))
        graph.add((content, RDF.type, SD.Graph))
        graph.add((content, VOID.triples, Literal(triples, datatype=XSD.integer)))


LIMITS = {
    "query-seconds": N_("seconds that all queries together may take in each window"),
    "site-seconds": N_("seconds of the site’s own work that all requests may take in each window"),
    "queries": N_("queries that are answered at a time"),
    "seconds": N_("seconds that a query may take"),
    "bytes": N_("bytes that an answer may have"),
    "rows": N_("rows that an answer may have"),
}
"""The quotas by their names in the header RateLimit-Policy."""


def _add_quotas(graph: Graph, service: URIRef, share: Share) -> None:
    """Add the quotas of the reader; 0 is no limit."""
    for name, quota in quotas(share).items():
        if quota:
            limit = BNode()
            graph.add((service, SDO.additionalProperty, limit))
            graph.add((limit, RDF.type, SDO.PropertyValue))
            graph.add((limit, SDO.propertyID, Literal(name)))
            graph.add((limit, SDO.value, Literal(quota)))
            for lang, text in both(LIMITS[name]).items():
                graph.add((limit, SDO.name, Literal(text, lang=lang)))
            if name in {"query-seconds", "site-seconds"}:
                graph.add((limit, SDO.duration, Literal(f"PT{share.window}S")))


sparql = Blueprint("sparql", __name__)

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"

ANSWERS = {**RESULTS, "text/html": HTML, **GRAPHS}
"""The media types of answers to a query; the default is JSON or Turtle."""

SERVICE = {**GRAPHS, "text/html": HTML}
"""The media types of the endpoint without a query: its Service Description, or the page."""

FORMAT_PARAMETERS = ("format", "output", "results")
"""The names under which clients send a format; SPARQLWrapper sends all three."""
FILES = {"xlsx", "parquet"}
"""The formats of files of tables."""

LONGEST_NUMBER = 10
"""More digits than any version number has."""


@sparql.route("/sparql", methods=["GET", "POST"])
@reads(
    *("query", "default-graph-uri", "named-graph-uri", "generation", "update", "example", "saved"),
    *FORMAT_PARAMETERS,
    offers=(ANSWERS, RESULTS, GRAPHS),
    bare=SERVICE,
    repeated=True,
    long=True,
    more=lambda *_: code_list_names(),
)
def endpoint() -> Response:
    """Answer a query, or present the endpoint when there is none."""
    # Every form of an update is refused: those sent by POST, as in §2.2, are forbidden.
    if request.mimetype == UPDATE or "update" in request.values:
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        raise Refusal(403, N_("The public endpoint only reads: updates are refused."))
    parameters = protocol_parameters()
    queries = parameters.getlist("query")  # there is one (§2.1.1, §2.1.2)
    if len(queries) > 1:
        raise QueryError(N_("there are several queries in this request: one is wanted"))
    if not queries and request.method != "POST":
        return present_endpoint()
    if not (queries and queries[0]):
        raise QueryError(N_("there is no query in this request"))
    question = QueryRequest(
        queries[0],
        tuple(parameters.getlist("default-graph-uri")),
        tuple(parameters.getlist("named-graph-uri")),
        generation=generation_of(parameters),
    )
    chosen = {
        name: parameters[name] for name in parameter_names(question.query) if name in parameters
    }
    if require_answer_ending(ANSWERS) == HTML:
        return answer_with_page(question, chosen)
    question = replace(question, query=fill_parameters(question.query, chosen))
    response = evaluate(question, answer_ending(RESULTS), answer_ending(GRAPHS))
    add_vary(response, "Accept")
    return response


def answer_ending(offers: Mapping[str, str]) -> str | None:
    """Return the ending of an answer: by a format that is on offer, else by Accept."""
    # Clients send the name of a format for the answer of any query, also where it cannot have it,
    # with an Accept header that it can meet.
    forms = [request.values.get(name, "") for name in FORMAT_PARAMETERS]
    named = next(filter(None, (named_ending(form, offers) for form in forms)), None)
    if named or FILES.intersection(forms):
        return named  # who wants a file to open cannot use any other
    return accepted_ending(request.headers.get("Accept", ""), offers)


def require_answer_ending(offers: Mapping[str, str]) -> str:
    return answer_ending(offers) or not_acceptable(offers)


def protocol_parameters() -> MultiDict[str, str]:
    """Read a request's parameters by its method and media type (§2.1).

    A query in the body has its dataset parameters in the address (§2.1.3); those of a form may be
    there too, as in the W3C's own test cases, and always narrow the dataset.
    """
    if request.method != "POST":
        return request.args
    if request.mimetype == FORM:
        return CombinedMultiDict([request.form, request.args])
    if request.mimetype != DIRECT:
        sentence = N_("A query is sent as {form} or as {direct}.")
        raise Refusal(415, sentence, form=FORM, direct=DIRECT)
    parameters = MultiDict(request.args.items(multi=True))
    try:  # a query that is the body itself is in UTF-8 (§2.1.3)
        parameters.add("query", request.get_data().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise QueryError(N_("the query is not in UTF-8")) from error
    return parameters


def generation_of(parameters: MultiDict[str, str]) -> int | None:
    """Read the number of the requested version; None for the one that is served."""
    number = parameters.get("generation")
    if not number:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < LONGEST_NUMBER):
        raise QueryError(N_("“{text}” is not the number of a generation"), text=number)
    return int(number)


def present_endpoint() -> Response:
    """Return the Service Description to programs, the page to people."""
    ending = require_answer_ending(SERVICE)
    if ending == HTML:
        slug = request.args.get("example")
        text = next((example.text for example in host().queries() if example.slug == slug), "")
        response = present_query(localize_query(text, language()))
    else:
        response = graph_response(service_description(host(), reader_of(request)), ending, [])
    add_vary(response, "Accept")
    return response


def evaluate(
    question: QueryRequest, results: str | None, graph: str | None, name: str = "parvis"
) -> Response:
    """Answer a query in the format of its results or of its graph.

    `name` is the name of the file of a workbook or of a Parquet table.
    """
    if results in TABLES:
        return evaluate_as_table(question, results, graph, name)
    query = replace(question, results_format=results, graph_format=graph)
    reader = reader_of(request)
    if (not_modified := check_query_tag(reader, query)) is not None:
        return not_modified
    answer = evaluate_query(reader, query)
    offers, form = (GRAPHS, graph) if answer.kind == "graph" else (RESULTS, results)
    if form is None:  # only the answer has the form of the query
        answer.chunks.close()
        not_acceptable(offers)
    return respond(answer)


def evaluate_as_table(
    question: QueryRequest, ending: str, graph: str | None, name: str
) -> Response:
    """Answer with a workbook or a Parquet table of the results; a graph is sent as a graph."""
    # The store writes neither: they are made from TSV, which has the types of terms.
    query, reader = replace(question, results_format="tsv", graph_format=graph), reader_of(request)
    if request.if_none_match and ending != WORKBOOK and (tag := host().tag(reader, query)):
        not_modified = check_tag(f"{tag}-{ending}")
        if not_modified is not None:
            return not_modified
    answer = evaluate_query(reader, query)
    if answer.kind == "graph":
        answer.chunks.close()
        return evaluate(question, None, graph)
    if request.method == "HEAD":
        answer.chunks.close()
        return Response(mimetype=XLSX if ending == WORKBOOK else PARQUET)
    if ending == WORKBOOK:  # it says when it was written: no two are equal
        return workbook(answer, name)
    response = parquet_table(answer, name)
    # With a tag, it is kept with the other public answers: the same content is written once.
    if answer.tag is not None and request.method != "POST":
        response.set_etag(f"{answer.tag}-{ending}")
    return response

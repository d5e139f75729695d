"""The SPARQL endpoint (SPARQL 1.1 Protocol §2), and its page for people."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from rdflib import RDF, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import SDO, VOID, XSD
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.exceptions import MethodNotAllowed

from parvis.catalog.queries import spoken
from parvis.config import Share
from parvis.errors import ParvisError, QueryError
from parvis.governance.question import Reader
from parvis.i18n import N_, both
from parvis.pooling.serving.service import Host, Question
from parvis.vocab import media
from parvis.vocab.namespaces import PARVIS, PREFIXES
from parvis.web.api.charts import pictures
from parvis.web.api.results import Preview, named, preview
from parvis.web.api.snippets import snippets
from parvis.web.api.workbook import workbook
from parvis.web.http.access import host, reader_of
from parvis.web.http.caching import ask, respond, unchanged
from parvis.web.http.compression import depends_on
from parvis.web.http.errors import Problem, Refusal, problem_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import (
    GRAPHS,
    HTML,
    RESULTS,
    best,
    document,
    not_acceptable,
    require,
)
from parvis.web.http.quotas import quotas
from parvis.web.http.security import CONTENT_POLICY, POLICY

# The endpoint's Service Description (SPARQL 1.1 Service Description §3).

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


sparql = Blueprint("sparql", __name__)

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"

ANSWERS = {**RESULTS, "text/html": HTML, **GRAPHS}
"""What a query may be answered with; a reader without preference gets JSON or Turtle."""

SERVICE = {**GRAPHS, "text/html": HTML}
"""What the endpoint without a query may be seen as: its Service Description, or the page."""

WORKBOOK = "xlsx"
"""The one form of results that the host does not give: it is made here."""

LONGEST_NUMBER = 10
"""Digits that no generation's number has."""

STYLED = CONTENT_POLICY + "; style-src 'self' 'unsafe-inline'"
"""What the page allows besides: its editor places its parts by the style of each."""

DOWNLOADS = (WORKBOOK, "csv", "tsv", "json", "xml", "ttl", "nt", "jsonld", "rdf")


@sparql.route("/sparql", methods=["GET", "POST"])
@reads(
    *("query", "default-graph-uri", "named-graph-uri", "generation", "update", "example"),
    offers=(ANSWERS, RESULTS, GRAPHS),
    bare=SERVICE,
    repeated=True,
    long=True,
)
def endpoint() -> Response:
    """Answer a query, or present the endpoint when there is none."""
    refuse_updates()
    parameters = protocol_parameters()
    query = only_query(parameters)
    if query is None and request.method != "POST":
        return present()
    if not query:
        raise QueryError(N_("there is no query in this request"))
    question = Question(
        query,
        tuple(parameters.getlist("default-graph-uri")),
        tuple(parameters.getlist("named-graph-uri")),
        generation=generation_of(parameters),
    )
    return reply(question)


def protocol_parameters() -> MultiDict[str, str]:
    """Read a request's parameters as its method and media type have it (§2.1).

    A query in the body keeps its dataset parameters in the address (§2.1.3); those of a form may
    stand there too, as in the W3C's own cases: a dataset that is asked for is never widened.
    """
    if request.method != "POST":
        return request.args
    if request.mimetype == FORM:
        return CombinedMultiDict([request.form, request.args])
    if request.mimetype != DIRECT:
        raise Refusal(
            415,
            N_("A query is sent as {form} or as {direct}."),
            form=FORM,
            direct=DIRECT,
        )
    parameters = MultiDict(request.args.items(multi=True))
    parameters.add("query", direct_query())
    return parameters


def direct_query() -> str:
    """Read a query that is the body itself; it is in UTF-8 (§2.1.3)."""
    try:
        return request.get_data().decode("utf-8")
    except UnicodeDecodeError as error:
        raise QueryError(N_("the query is not in UTF-8")) from error


def only_query(parameters: MultiDict[str, str]) -> str | None:
    """Give the one query of a request, None when there is none (§2.1.1, §2.1.2)."""
    queries = parameters.getlist("query")
    if len(queries) > 1:
        raise QueryError(N_("there are several queries in this request: one is wanted"))
    return queries[0] if queries else None


def generation_of(parameters: MultiDict[str, str]) -> int | None:
    """Read which generation is asked; None for the one that is served."""
    asked = parameters.get("generation")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < LONGEST_NUMBER):
        raise QueryError(N_("“{text}” is not the number of a generation"), text=asked)
    return int(asked)


def refuse_updates() -> None:
    """Refuse every form of an update: one that is sent as §2.2 has it, by POST, is forbidden."""
    if request.mimetype == UPDATE or "update" in request.values:
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        raise Refusal(403, N_("The public endpoint only reads: updates are refused."))


def present() -> Response:
    """Give the Service Description to programs, the page to people."""
    ending = require(SERVICE)
    if ending == HTML:
        wanted = request.args.get("example")
        found = (example.text for example in host().queries() if example.slug == wanted)
        response = styled(page(Question(spoken(next(found, ""), language()))))
    else:
        response = document(description(host(), reader_of(request)), ending)
    depends_on(response, "Accept")
    return response


def reply(question: Question) -> Response:
    """Answer a query in the form the reader likes best: results, a graph, or a page."""
    chosen = require(ANSWERS)
    if chosen == HTML:
        return reply_with_page(question)
    response = stream(question, best(RESULTS), best(GRAPHS))
    depends_on(response, "Accept")
    return response


def stream(
    question: Question, results: str | None, graph: str | None, name: str = "parvis"
) -> Response:
    """Answer with the host's bytes as they come; a HEAD stops the work at once.

    `name` is that of the file that a workbook is.
    """
    if results == WORKBOOK:
        return made(question, graph, name)
    asked = replace(question, results_format=results, graph_format=graph)
    reader = reader_of(request)
    if (known := unchanged(reader, asked)) is not None:
        return known
    answer = ask(reader, asked)
    offers, chosen = (GRAPHS, graph) if answer.kind == "graph" else (RESULTS, results)
    if chosen is None:  # only the answer tells which of the two the query was for
        answer.chunks.close()
        not_acceptable(offers)
    return respond(answer)


def made(question: Question, graph: str | None, name: str) -> Response:
    """Answer with a workbook, which is made here; what has no rows is a graph all the same."""
    asked = replace(question, results_format="tsv", graph_format=graph)
    answer = ask(reader_of(request), asked)
    if answer.kind == "graph":
        answer.chunks.close()
        return stream(question, None, graph)
    if request.method == "HEAD":
        answer.chunks.close()
        return Response(mimetype=media.XLSX)
    return workbook(answer, name)


def reply_with_page(question: Question) -> Response:
    """Answer with the page: the query and its first rows, or the query and what is wrong."""
    try:
        found, problem = first_rows(question), None
    except ParvisError as error:
        found, problem = None, problem_of(error)
    response = styled(page(question, found, problem))
    if problem is not None:
        response.status_code = problem.status
        response.headers.update(problem.headers)
        response.cache_control.no_store = True
    depends_on(response, "Accept")
    return response


def styled(page: str) -> Response:
    """Answer with the page of the editor."""
    response = make_response(page)
    response.headers[POLICY] = STYLED
    return response


def first_rows(question: Question) -> Preview:
    """Ask, and read only as much of the answer as a page shows."""
    asked = replace(question, results_format="tsv", graph_format="ttl")
    return named(preview(ask(reader_of(request), asked)), asked.generation)


def page(question: Question, found: Preview | None = None, problem: Problem | None = None) -> str:
    """Render the endpoint's page; its own address is the query's permalink."""
    # Written once: a query of 64 kB takes ten milliseconds to encode, and stands in seven links.
    graphs: dict[str, Any] = {
        "generation": () if question.generation is None else (question.generation,),
        "default-graph-uri": question.default_graphs,
        "named-graph-uri": question.named_graphs,
    }
    address = url_for("sparql.endpoint", query=question.query, **graphs)
    return render_template(
        "sparql.html",
        query=question.query,
        graphs=graphs,
        found=found,
        problem=problem,
        examples=host().queries(),
        formats=DOWNLOADS,
        prefixes=PREFIXES,
        **(pictures(found) if found else {}),
        programs=snippets(f"{host().settings.base}sparql", question.query)
        if found and found.kind == "bindings"
        else {},
        address=address,
        downloads={
            ending: f"{address}&format={ending}" for ending in (found.endings if found else ())
        },
    )

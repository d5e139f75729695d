"""The SPARQL endpoint (SPARQL 1.1 Protocol §2), and its page for people."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.exceptions import MethodNotAllowed

from parvis.catalog.spoken import spoken
from parvis.errors import ParvisError, QueryError
from parvis.i18n import N_
from parvis.pooling.ask import Question
from parvis.vocab import media
from parvis.vocab.namespaces import PREFIXES
from parvis.web import service
from parvis.web.access import host, reader_of
from parvis.web.compression import depends_on
from parvis.web.conditions import ask, respond, unchanged
from parvis.web.documents import document
from parvis.web.errors import Problem, Refusal, problem_of
from parvis.web.inputs import reads
from parvis.web.labels import named
from parvis.web.language import language
from parvis.web.negotiation import GRAPHS, HTML, RESULTS, best, not_acceptable, require
from parvis.web.pictures import pictures
from parvis.web.results import Preview, preview
from parvis.web.security import CONTENT_POLICY, POLICY
from parvis.web.snippets import snippets
from parvis.web.workbook import workbook

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
        response = document(service.description(host(), reader_of(request)), ending)
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

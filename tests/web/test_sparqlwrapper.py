"""SPARQLWrapper, the client of most scripts in Python, reads every kind of answer."""

import json
import threading
from collections.abc import Iterator
from xml.dom.minidom import Document

import pytest
from flask import Flask
from rdflib import Graph
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDF,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed
from werkzeug.serving import make_server

from parvis.vocab.namespaces import SCHEMA

NAMES = "SELECT ?name WHERE { ?show a schema:TheaterEvent ; schema:name ?name } ORDER BY ?name"
ASK = "ASK { ?show a schema:TheaterEvent }"
GRAPHS = (
    "CONSTRUCT { ?show schema:name ?name } WHERE { ?show a schema:Event ; schema:name ?name }",
    "DESCRIBE ?show WHERE { ?show a schema:TheaterEvent }",
)
FORMATS = (JSON, JSONLD, XML, TURTLE, N3, RDF, RDFXML, CSV, TSV)
SENDING = ((GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY))

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # of formats that do not fit
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the library’s own
]


@pytest.fixture(scope="module")
def endpoint(app: Flask) -> Iterator[str]:
    """Serve the pool on loopback, and return the address of its endpoint."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sparql"
    server.shutdown()
    thread.join()


def send(endpoint: str, query: str, form: str, sending: tuple[str, str] = SENDING[0]) -> object:
    """Send a query as SPARQLWrapper does, and return what it makes of the answer."""
    client = SPARQLWrapper(endpoint, returnFormat=form)
    client.setMethod(sending[0])
    client.setRequestMethod(sending[1])
    client.setQuery(query)
    return client.query().convert()


def text_of(answer: object) -> str:
    """Return the text of an answer, in whatever form the library gives it."""
    if isinstance(answer, bytes):
        return answer.decode()
    if isinstance(answer, Document):
        return answer.toxml()
    if isinstance(answer, Graph):
        return answer.serialize(format="turtle")
    return json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_arrives_whatever_format_is_named(endpoint: str, form: str) -> None:
    """One that no table can have is left to the Accept header, which then takes all."""
    assert "L’hiver en trois temps" in text_of(send(endpoint, NAMES, form))


@pytest.mark.parametrize("form", FORMATS)
def test_a_question_of_yes_or_no_is_answered(endpoint: str, form: str) -> None:
    assert "true" in text_of(send(endpoint, ASK, form))


@pytest.mark.parametrize("query", GRAPHS, ids=["construct", "describe"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_graph_arrives_whatever_format_is_named(endpoint: str, form: str, query: str) -> None:
    answer = send(endpoint, query, form)
    graph = answer if isinstance(answer, Graph) else Graph().parse(data=text_of(answer))
    assert {str(name) for name in graph.objects(None, SCHEMA.name)} >= {"L’hiver en trois temps"}


@pytest.mark.parametrize("sending", SENDING, ids=["get", "form", "direct"])
def test_every_way_to_send_a_query_has_the_same_answer(
    endpoint: str, sending: tuple[str, str]
) -> None:
    for query, form in ((NAMES, CSV), (GRAPHS[0], TURTLE)):
        assert send(endpoint, query, form, sending) == send(endpoint, query, form)


def test_an_invalid_query_says_what_is_wrong(endpoint: str) -> None:
    with pytest.raises(QueryBadFormed, match="SELEC"):
        send(endpoint, "SELEC ?s WHERE { ?s ?p ?o }", JSON)

"""The SPARQL 1.1 Protocol over HTTP, for clients of any make."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from email.message import Message
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from rdflib import Graph

from parvis.config import Settings
from parvis.rdf.formats import GRAPH_TYPES, PARQUET, RESULT_TYPES, XLSX

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
TITLES = "SELECT ?t { ?s a schema:TheaterEvent ; schema:name ?t } ORDER BY ?t"
FACTS = "CONSTRUCT { ?s schema:name ?t } { ?s a schema:TheaterEvent ; schema:name ?t }"
TRIPLE = 'SELECT ?t (OBJECT(?t) AS ?o) { BIND(<<( <a:b> <a:c> "d"@fr--ltr )>> AS ?t) }'


class Reply(NamedTuple):
    """A response of the server."""

    status: int
    headers: Message
    body: bytes

    @property
    def kind(self) -> str:
        """Return the media type without its parameters."""
        return self.headers.get_content_type()


class Client:
    """A client that sends requests as they are and follows no redirect."""

    def __init__(self, base: str) -> None:
        self.host = urlsplit(base).netloc

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """Send one request over a new connection."""
        header_fields = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection(self.host, timeout=20)) as connection:
            connection.request(method, path, body, header_fields)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())

    def get(self, query: str, accept: str = "*/*", **parameters: str) -> Reply:
        """Send a query by GET."""
        encoded = urlencode({"query": query, **parameters})
        return self.send("GET", f"/sparql?{encoded}", Accept=accept)


@pytest.fixture(scope="module")
def http(
    settings: Settings, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[Client]:
    """Serve the invented pool, and return a client of it."""
    with serving(settings) as base:
        yield Client(base)


def test_get_form_post_and_direct_post_agree(http: Client) -> None:
    """The three operations of §2.1, media type parameters included; HEAD has the same headers."""
    form = urlencode({"query": TITLES}).encode()
    replies = [
        http.get(TITLES),
        http.send("POST", "/sparql", form, Content_Type=f"{FORM}; charset=UTF-8"),
        http.send("POST", "/sparql", TITLES.encode(), Content_Type=f"{DIRECT};charset=utf-8"),
    ]
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    head = http.send("HEAD", f"/sparql?{urlencode({'query': TITLES})}")
    assert (head.status, head.kind, head.body) == (200, replies[0].kind, b"")


@pytest.mark.parametrize("ending", [*RESULT_TYPES, "xlsx", "parquet"])
def test_format_and_accept_choose_the_format_of_a_table(http: Client, ending: str) -> None:
    """``?format=`` takes an extension or a media type; the body is in the declared format."""
    kind = {**RESULT_TYPES, "xlsx": XLSX, "parquet": PARQUET}[ending]
    replies = [
        http.get(TITLES, accept=kind),
        http.get(TITLES, format=ending),
        http.get(TITLES, format=kind),
        http.get(TITLES, accept=f"text/turtle, {kind};q=0.5, image/png;q=0.4"),
    ]
    assert {(reply.status, reply.kind) for reply in replies} == {(200, kind)}
    if ending != "xlsx":  # a workbook holds its creation time
        assert len({reply.body for reply in replies}) == 1
        assert "Sœurs".encode() in replies[0].body


@pytest.mark.parametrize("ending", GRAPH_TYPES)
def test_format_and_accept_choose_the_format_of_a_graph(http: Client, ending: str) -> None:
    replies = [
        http.get(FACTS, accept=GRAPH_TYPES[ending]),
        http.get(FACTS, format=ending),
        http.get(FACTS, format=GRAPH_TYPES[ending]),
    ]
    assert {(reply.status, reply.kind) for reply in replies} == {(200, GRAPH_TYPES[ending])}
    formats = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}
    assert len(Graph().parse(data=replies[0].body, format=formats[ending])) == 2


def test_utf_8_is_declared_where_the_media_type_has_a_charset(http: Client) -> None:
    """JSON, N-Triples and JSON-LD are UTF-8 by definition."""
    for query, endings in ((TITLES, ("csv", "tsv", "xml")), (FACTS, ("ttl", "rdf"))):
        for ending in endings:
            reply = http.get(query, format=ending)
            assert reply.headers.get_param("charset") == "utf-8", ending
    assert http.get(TITLES, format="xml").body.startswith(b'<?xml version="1.0"')


def test_the_syntax_of_sparql_1_2_is_accepted(http: Client) -> None:
    """Triple terms and directions are returned in JSON, XML and TSV."""
    (row,) = json.loads(http.get(TRIPLE).body)["results"]["bindings"]
    assert row["t"]["type"] == "triple"
    assert row["t"]["value"]["predicate"] == {"type": "uri", "value": "a:c"}
    assert row["o"]["its:dir" if "its:dir" in row["o"] else "direction"] == "ltr"
    assert b"<triple>" in http.get(TRIPLE, format="xml").body
    assert b'<<( <a:b> <a:c> "d"@fr--ltr )>>' in http.get(TRIPLE, format="tsv").body
    assert http.get('VERSION "1.2" ASK {}').status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/nothing", None, {}, 404),
        ("GET", "/queries/none", None, {}, 404),
        ("GET", "/sparql?query=SELECT", None, {}, 400),
        ("GET", "/sparql?query=ASK%7B%7D&format=png", None, {"Accept": "image/png"}, 406),
        ("GET", "/sparql", None, {"Accept": "image/png"}, 406),
        ("GET", "/sparql?update=CLEAR+ALL", None, {}, 405),
        ("HEAD", "/sparql?update=CLEAR+ALL", None, {}, 405),
        ("POST", "/sparql?update=CLEAR+ALL", None, {}, 403),
        ("POST", "/sparql", b"update=CLEAR+ALL", {"Content-Type": FORM}, 403),
        ("POST", "/sparql", b"CLEAR ALL", {"Content-Type": "application/sparql-update"}, 403),
        ("POST", "/sparql", b"ASK {}", {}, 415),
        ("POST", "/sparql", b"ASK {}", {"Content-Type": "text/plain"}, 415),
        ("POST", "/sparql", b"query=" + b"%20" * 100_000, {"Content-Type": FORM}, 413),
        ("POST", "/health", b"", {}, 405),
        ("PUT", "/sparql", b"", {}, 405),
        ("DELETE", "/sparql", None, {}, 405),
        ("PATCH", "/sparql", b"", {}, 405),
        ("TRACE", "/sparql", None, {}, 405),
        ("MADE-UP", "/sparql", None, {}, 405),
    ],
)
def test_every_failure_is_a_problem_document_in_both_languages(  # noqa: PLR0913, PLR0917 - one case
    http: Client, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    """Failures of the framework too: RFC 9457, readable from any page of the web."""
    reply = http.send(method, path, body, **headers)
    assert reply.status == status, reply.body
    assert reply.kind == "application/problem+json"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Cache-Control"] == "no-store"
    if method != "HEAD":
        problem = json.loads(reply.body)
        assert problem["status"] == status
        assert problem["details"].keys() == {"fr", "en"}
    if status == 405:
        assert reply.headers["Allow"]


def test_the_error_of_a_malformed_query_has_line_and_column(http: Client) -> None:
    """As numbers, for editors, and in the sentence, for people."""
    problem = json.loads(http.get("SELECT *\nWHERE {\n  ?s ?p }").body)
    assert (problem["line"], problem["column"]) == (3, 9)
    assert "line 3, column 9" in problem["details"]["en"]


def test_cross_origin_requests_are_allowed_and_headers_exposed(http: Client) -> None:
    """The preflight allows what clients send; the response exposes what they need."""
    reply = http.send(
        "OPTIONS",
        "/sparql",
        Origin="https://elsewhere.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type,authorization",
    )
    assert reply.status == 200
    assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(reply.headers["Allow"].split(", "))
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Authorization", "Content-Type"} <= set(
        reply.headers["Access-Control-Allow-Headers"].split(", ")
    )
    exposed = http.get(TITLES).headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Link", "Retry-After"} <= set(exposed)


def test_the_published_prefixes_are_the_same_everywhere(http: Client) -> None:
    """In the JSON-LD context, the Service Description, and queries that declare none."""
    context = json.loads(http.send("GET", "/context.jsonld").body)["@context"]
    described = Graph().parse(data=http.send("GET", "/sparql").body, format="turtle")
    declared = described.query(
        "PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT ?p ?n { ?s sh:declare ?d ."
        " ?d sh:prefix ?p ; sh:namespace ?n }"
    )
    assert {str(row[0]): str(row[1]) for row in declared if isinstance(row, tuple)} == context
    names = " ".join(f"({prefix}:x)" for prefix in context)
    rows = json.loads(http.get(f"SELECT ?x {{ VALUES (?x) {{ {names} }} }}").body)
    assert [row["x"]["value"] for row in rows["results"]["bindings"]] == [
        f"{namespace}x" for namespace in context.values()
    ]

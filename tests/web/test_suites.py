"""The W3C's test cases for SPARQL 1.1, sent to a real server over HTTP.

Without the suites next to the checkout these tests are skipped. Every data file is a named graph of
one generation, under its address at the W3C, and each case names its dataset by the protocol's
parameters.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from pyoxigraph import NamedNode, Quad, Store
from rdflib import RDF, RDFS, Graph, Namespace, URIRef
from w3c_protocol import exchanges
from w3c_sparql import DATA, OF_TYPE, W3C, Case, cases, differs, file_at, manifest, triples

from parvis.config import Settings
from parvis.store.generation.generation import GenerationContent, build

POOL = Path(__file__).parents[1] / "cases" / "pool"
SITE = {
    **dict.fromkeys(("datasets.json", "partners.json", "queries.json"), b"[]"),
    **dict.fromkeys(("agreements.nt", "catalog.nt"), b""),
}
"""The small files of a pool that holds only graphs."""

NOWHERE = "urn:x-parvis:no-such-graph"
QUERIES = (
    "aggregates",
    "bind",
    "bindings",
    "cast",
    "construct",
    "exists",
    "functions",
    "grouping",
    "negation",
    "project-expression",
    "property-path",
    "subquery",
    "syntax-query",
)
RESULTS = ("csv-tsv-res", "json-res")
ACCEPT = {".csv": ("text/csv",), ".tsv": ("text/tab-separated-values",)}

UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")

FAILED_BY_ENGINE = {
    "aggregates/agg-empty-group-count-graph": "a graph without triples does not exist",
    "aggregates/agg-groupconcat-04": "GROUP_CONCAT keeps the language tag of its strings",
    "aggregates/agg-groupconcat-06": "the same",
    "bindings/graph": "GRAPH ?g does not bind ?g where only VALUES stands in it",
    "functions/bnode01": "BNODE(?s) gives one node for all solutions, not for each",
    "negation/graph-minus": "MINUS inside GRAPH ?g loses what it should keep",
    "property-path/zero_or_more_set_end": "a path of no step needs its node in the data",
    "property-path/zero_or_more_set_start": "the same",
    "property-path/zero_or_one_set_end": "the same",
    "property-path/zero_or_one_set_start": "the same",
}
"""Query cases that the engine itself fails, in process and over HTTP."""

STORED_BY_VALUE = {
    "csv-tsv-res/csv03": "1.0E6 is stored, and given, as 1000000",
    "csv-tsv-res/tsv03": "xsd:negativeInteger is stored, and given, as xsd:integer",
}
"""Result format cases that require the spelling of a number."""

DESCRIBED: dict[str, tuple[str, str | None]] = {
    "endpoint": ("Service", None),
    "feature": ("Service", None),
    "supportedLanguage": ("Service", None),
    "extensionFunction": ("Service", "Function"),
    "propertyFeature": ("Service", "Feature"),
    "resultFormat": ("Service", None),
    "defaultEntailmentRegime": ("Service", None),
    "defaultDataset": ("Service", "Dataset"),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("Dataset", "NamedGraph"),
    "name": ("NamedGraph", None),
    "graph": ("NamedGraph", "Graph"),
}
"""Properties that a description may use, with the classes of subject and object."""


class Reply(NamedTuple):
    """A response of the server."""

    status: int
    kind: str
    body: bytes


class Endpoint:
    """The endpoint under test, over one connection."""

    def __init__(self, base: str) -> None:
        self.address = f"{base}sparql"
        self._connection = HTTPConnection(urlsplit(base).netloc, timeout=20)

    def close(self) -> None:
        self._connection.close()

    def send(
        self,
        method: str,
        query: str = "",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send a request as it is."""
        self._connection.request(method, f"/sparql{query}", body, headers or {})
        response = self._connection.getresponse()
        reply = Reply(response.status, response.headers.get_content_type(), response.read())
        if reply.status >= 400:
            self._connection.close()
        return reply

    def ask(self, case: Case, accept: str) -> Reply:
        """Send the query of a case in the body, its dataset in the address."""
        parameters: list[tuple[str, str]] = []
        if "FROM" not in case.text:  # FROM names files that the pool holds under their addresses
            parameters += [("default-graph-uri", graph) for graph in case.default or (NOWHERE,)]
            parameters += [("named-graph-uri", graph) for graph in case.named]
        headers = {"Content-Type": "application/sparql-query", "Accept": accept}
        return self.send("POST", f"?{urlencode(parameters)}", case.text.encode(), headers)


@pytest.fixture(scope="module")
def suite() -> Path:
    """Return the folder of the suite, or skip."""
    folder = Path(__file__).parents[3] / "shared" / "suites" / "sparql11"
    if not folder.is_dir():
        pytest.skip("the public suites are not here")
    return folder


@pytest.fixture(scope="module")
def endpoint(
    suite: Path,
    tmp_path_factory: pytest.TempPathFactory,
    serving: Callable[[Settings], AbstractContextManager[str]],
) -> Iterator[Endpoint]:
    """Serve one generation that holds all data of the suite."""
    settings = Settings(data=tmp_path_factory.mktemp("suite"), catalog=POOL)
    store = build(settings.data, GenerationContent(open={}, files=SITE)).open_store
    shutil.rmtree(store)  # one load of all is thirty times faster than one of each graph
    Store(str(store)).bulk_extend(read_quads(suite))
    with serving(settings) as base:
        endpoint = Endpoint(base)
        yield endpoint
        endpoint.close()


def read_quads(suite: Path) -> Iterator[Quad]:
    """Read every data file into the graph named by its address."""
    for name, file in list_graphs(suite):
        for triple in triples(file, name):
            yield Quad(triple.subject, triple.predicate, triple.object, NamedNode(name))


def list_graphs(suite: Path) -> Iterator[tuple[str, Path]]:
    """List the graphs of the query and result cases, then those of the protocol cases."""
    for folder in (*QUERIES, *RESULTS):
        for file in (suite / folder).iterdir():
            if file.suffix in DATA and file.name != "manifest.ttl":
                yield f"{W3C}{folder}/{file.name}", file
    described = manifest(suite / "protocol" / "manifest.ttl")
    for data, graph in described.subject_objects(UT.graph):
        for name in described.objects(data, RDFS.label):
            yield str(name), file_at(graph, suite)


def explain_failure(endpoint: Endpoint, case: Case) -> str:
    """Return what is wrong with the answers to a case; "" if nothing."""
    if case.result is None:
        return explain_syntax_failure(endpoint, case)
    media_types = ACCEPT.get(case.result.suffix, tuple(OF_TYPE))
    replies = [endpoint.ask(case, f"{kind},application/n-triples;q=0.9") for kind in media_types]
    wrong = [differs(case, r.kind, r.body) if r.status == 200 else str(r) for r in replies]
    return "; ".join(filter(None, wrong))


def explain_syntax_failure(endpoint: Endpoint, case: Case) -> str:
    """Check only whether the endpoint accepts the syntax of a query."""
    reply = endpoint.ask(case, "*/*")
    refused = reply.status == 400 and b"not valid SPARQL" in reply.body
    unknown = reply.status == 400 and b"custom function" in reply.body
    expected = refused if case.kind.startswith("Negative") else reply.status == 200 or unknown
    return "" if expected else str(reply)


def list_failures(endpoint: Endpoint, suite: Path, folders: tuple[str, ...]) -> dict[str, str]:
    """Run every case of some folders, and return what is wrong by the name of the case."""
    all_cases = [case for folder in folders for case in cases(suite / folder)]
    results = {case.name: explain_failure(endpoint, case) for case in all_cases}
    return {name: wrong for name, wrong in results.items() if wrong}


def test_query_cases_pass_except_those_that_the_engine_fails(
    endpoint: Endpoint, suite: Path
) -> None:
    """318 of 328, in JSON, XML and TSV; a case that begins to pass must leave the list."""
    failed = list_failures(endpoint, suite, QUERIES)
    assert failed.keys() == FAILED_BY_ENGINE.keys(), failed


def test_result_format_cases_pass_except_the_spelling_of_numbers(
    endpoint: Endpoint, suite: Path
) -> None:
    """8 of 10: a store keeps the value of a number, not its spelling."""
    failed = list_failures(endpoint, suite, RESULTS)
    assert failed.keys() == STORED_BY_VALUE.keys(), failed


def test_the_protocol_cases_about_queries_pass(endpoint: Endpoint, suite: Path) -> None:
    """All 27; an update is refused, even a well-formed one."""
    wrong: list[str] = []
    for exchange in exchanges(suite):
        reply = Reply(
            *endpoint.send(exchange.method, exchange.query, exchange.body, exchange.headers)
        )
        if exchange.updates:
            wrong += [] if reply.status == 403 else [f"{exchange.case}: {reply}"]
        elif not exchange.case.startswith(
            "update_"
        ):  # their other requests query the effect of updates
            wrong += filter(None, [exchange.wrong(*reply)])
    assert wrong == []


@pytest.fixture(scope="module")
def description(endpoint: Endpoint) -> Graph:
    """Get the Service Description: the endpoint without a query returns RDF (case returns-rdf)."""
    reply = endpoint.send("GET", headers={"Accept": "application/rdf+xml,text/turtle;q=0.9"})
    assert (reply.status, reply.kind) == (200, "application/rdf+xml")
    return Graph().parse(data=reply.body, format="xml")


def test_the_description_names_its_endpoint(endpoint: Endpoint, description: Graph) -> None:
    """Case has-endpoint-triple."""
    assert list(description.subjects(SD.endpoint, URIRef(endpoint.address)))


def test_the_description_conforms_to_its_vocabulary(description: Graph) -> None:
    """Case conforms-to-schema: each term exists and has the right class (§3)."""
    for subject, term, value in description:
        if str(term).startswith(str(SD)):
            domain, kind = DESCRIBED[str(term).removeprefix(str(SD))]
            assert (subject, RDF.type, SD[domain]) in description, term
            assert kind is None or (value, RDF.type, SD[kind]) in description, term
        if term == RDF.type and str(value).startswith(str(SD)):
            assert value in {SD[name] for pair in DESCRIBED.values() for name in pair if name}
    assert len(list(description.objects(None, SD.endpoint))) == 1

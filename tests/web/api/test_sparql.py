"""The SPARQL 1.1 Protocol, for programs and for browsers."""

import ast
import csv
import html
import io
import json
import shlex

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, VOID, Graph, Namespace, URIRef

from parvis.web.api.completion import to_query_term
from parvis.web.api.workbench import snippets

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TITLES = "SELECT ?title WHERE { ?show a schema:TheaterEvent ; schema:name ?title } ORDER BY ?title"
FORM = "application/x-www-form-urlencoded"


def test_a_query_is_answered_by_get_and_by_both_kinds_of_post(client: FlaskClient) -> None:
    """The three operations of the protocol (§2.1) give the same answer."""
    answers = [
        client.get("/sparql", query_string={"query": TITLES}),
        client.post("/sparql", data={"query": TITLES}),
        client.post("/sparql", data=TITLES, content_type="application/sparql-query"),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.get_data() for answer in answers}) == 1
    bindings = json.loads(answers[0].get_data())["results"]["bindings"]
    assert [row["title"]["value"] for row in bindings] == [
        "Les <b>Sœurs</b> du large",
        "L’hiver en trois temps",
    ]


def test_the_format_parameter_overrides_accept(client: FlaskClient) -> None:
    """So a link can deliver a file to a browser."""
    parameters = {"query": TITLES, "format": "csv"}
    response = client.get("/sparql", query_string=parameters, headers={"Accept": BROWSER})
    assert response.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(response.get_data(as_text=True))))
    assert rows[0] == ["title"]
    assert len(rows) == 3


def test_clients_that_accept_json_get_results_in_json(client: FlaskClient) -> None:
    """Many clients do not know the media types of SPARQL."""
    headers = {"Accept": "application/json"}
    response = client.get("/sparql", query_string={"query": "ASK {}"}, headers=headers)
    assert response.mimetype == "application/sparql-results+json"
    assert json.loads(response.get_data())["boolean"] is True


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (TITLES, "image/png"),
        (TITLES, "text/turtle"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "text/csv"),
    ],
)
def test_a_format_that_the_answer_cannot_have_is_refused(
    client: FlaskClient, query: str, accept: str
) -> None:
    """Bindings are no graph, a graph is no table: 406 names the available formats."""
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    assert response.status_code == 406
    assert "ttl" in response.get_data(as_text=True) or "csv" in response.get_data(as_text=True)


def test_a_dataset_parameter_selects_graphs(client: FlaskClient) -> None:
    """A hidden graph answers as an absent one."""
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?show a schema:TheaterEvent }"
    for graph, expected in {"spectacles": "2", "reserve": "0", "absent": "0"}.items():
        parameters = {
            "query": count,
            "default-graph-uri": f"http://pool.test/graph/theatre-b/{graph}",
            "format": "csv",
        }
        assert (
            client.get("/sparql", query_string=parameters).get_data().split()[1]
            == expected.encode()
        )


def test_a_direct_post_takes_its_dataset_from_the_address(client: FlaskClient) -> None:
    """As in §2.1.3."""
    response = client.post(
        "/sparql",
        query_string={"named-graph-uri": "http://pool.test/graph/theatre-b/spectacles"},
        data="ASK { GRAPH ?g { ?s a schema:TheaterEvent } }",
        content_type="application/sparql-query",
    )
    assert json.loads(response.get_data())["boolean"] is True


def test_a_form_takes_its_dataset_from_the_address_too(client: FlaskClient) -> None:
    """The answer never covers more than requested; two queries are refused."""
    parameters = {"default-graph-uri": "http://pool.test/graph/theatre-b/absent"}
    data = {"query": "ASK { ?s a schema:TheaterEvent }"}
    response = client.post("/sparql", query_string=parameters, data=data)
    assert json.loads(response.get_data())["boolean"] is False
    assert client.post("/sparql", query_string=data, data=data).status_code == 400


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"SELEC", "application/sparql-query", 400),
        (b"", "application/sparql-query", 400),
        ("SELECT * {?s ?p 'é'}".encode("latin-1"), "application/sparql-query", 400),
        (b"query=ASK%7B%7D&query=ASK%7B%7D", FORM, 400),
        (b"other=1", FORM, 400),
        (b"ASK {}", "text/plain", 415),
        (b"update=CLEAR+ALL", FORM, 403),
        (b"CLEAR ALL", "application/sparql-update", 403),
        (b"query=CLEAR+ALL", FORM, 400),
    ],
)
def test_a_request_without_exactly_one_query_is_refused(
    client: FlaskClient, data: bytes, content_type: str, status: int
) -> None:
    """Each misuse has the status of the protocol."""
    response = client.post("/sparql", data=data, content_type=content_type)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"


def test_an_update_in_the_address_is_refused(client: FlaskClient) -> None:
    """405, because an update would have to be posted (§2.2)."""
    response = client.get("/sparql", query_string={"update": "CLEAR ALL"})
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert response.mimetype == "application/problem+json"
    assert client.post("/sparql", query_string={"update": "CLEAR ALL"}).status_code == 403


def test_other_methods_are_refused_with_the_allowed_ones(client: FlaskClient) -> None:
    """By the Allow header (RFC 9110)."""
    response = client.put("/sparql")
    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_a_syntax_error_has_line_and_column(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": "SELECT *\nWHERE { ?s ?p"})
    problem = json.loads(response.get_data())
    assert (response.status_code, problem["line"]) == (400, 2)
    assert problem["column"] > 0


def test_what_a_syntax_error_says_is_missing_is_in_the_readers_language(
    client: FlaskClient,
) -> None:
    """In words, not as the texts of both languages that the worker reports."""
    for lang, words in (("fr", "il manque une variable"), ("en", "a variable (?name), “(”")):
        page = client.get(f"/{lang}/sparql?query=SELECT", headers={"Accept": "text/html"}).text
        assert words in html.unescape(page).replace("\N{NO-BREAK SPACE}", " ")
        assert "{&#39;" not in page


def test_a_browser_without_a_query_gets_the_page(client: FlaskClient) -> None:
    """With the form and the example queries; scripts add an editor."""
    page = client.get("/en/sparql", headers={"Accept": BROWSER}).get_data(as_text=True)
    assert '<textarea id="query"' in page
    assert "Which shows are announced, and where?" in page
    assert 'src="/static/sparql.js' in page


def test_an_example_query_can_fill_the_form(client: FlaskClient) -> None:
    page = client.get("/sparql?example=spectacles", headers={"Accept": BROWSER})
    assert "schema:startDate ?date" in page.get_data(as_text=True)


def test_a_browser_with_a_query_gets_a_table_with_downloads(client: FlaskClient) -> None:
    """Values are escaped, entities link to their pages, files hold all results."""
    query = "SELECT ?show ?title WHERE { ?show a schema:TheaterEvent ; schema:name ?title }"
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": BROWSER})
    page = response.get_data(as_text=True)
    address = "id/event/theatre-b/soeurs"
    name = "Les &lt;b&gt;Sœurs&lt;/b&gt; du large"
    assert f'<span title="{address}"><a href="/{address}">{name}</a></span>' in page
    assert f'<span lang="fr">{name}</span>' in page
    assert "format=csv" in page


def test_a_bad_query_stays_in_the_form_next_to_its_error(client: FlaskClient) -> None:
    """With status 400."""
    query = "SELECT ?kept WHERE { ?s ?p"
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": BROWSER})
    assert response.status_code == 400
    page = response.get_data(as_text=True)
    assert "SELECT ?kept WHERE { ?s ?p</textarea>" in page
    assert 'role="alert"' in page


@pytest.mark.parametrize(("query", "word"), [("ASK {}", "Yes"), ("ASK { <a:b> ?p ?o }", "No")])
def test_an_ask_query_is_answered_in_a_word(client: FlaskClient, query: str, word: str) -> None:
    response = client.get("/en/sparql", query_string={"query": query}, headers={"Accept": BROWSER})
    assert f'<p class="truth">{word}</p>' in response.get_data(as_text=True)


def test_the_service_description_names_endpoint_formats_and_open_graphs(
    client: FlaskClient,
) -> None:
    """And no graph that the reader may not read."""
    response = client.get("/sparql")
    graph = Graph().parse(data=response.get_data(), format="turtle")
    service = graph.value(predicate=RDF.type, object=SD.Service)
    assert graph.value(service, SD.endpoint) == URIRef("http://pool.test/sparql")
    assert (service, SD.propertyFeature, URIRef("https://w3id.org/parvis/ns#search")) in graph
    assert len(set(graph.objects(service, SD.resultFormat))) == 10
    names = {str(name).removeprefix("http://pool.test/") for name in graph.objects(None, SD.name)}
    assert {"graph/theatre-b/spectacles", "graph/parvis/catalog"} <= names
    assert not [name for name in names if name.endswith(("/billets", "/reserve"))]


def test_the_service_description_names_every_graph_that_a_query_finds(client: FlaskClient) -> None:
    """Graphs of the catalogue, records and ontology too, each with its number of triples."""
    described = Graph().parse(data=client.get("/sparql").get_data(), format="turtle")
    sizes = [
        f"{name},{described.value(described.value(graph_description, SD.graph), VOID.triples)}"
        for graph_description, name in described.subject_objects(SD.name)
    ]
    count = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    answer = client.get("/sparql", query_string={"query": count, "format": "csv"})
    rows = answer.get_data(as_text=True).split("\r\n")[1:-1]
    assert sorted(sizes) == sorted(rows)


def test_the_engine_knows_every_function_of_the_service_description(
    client: FlaskClient,
) -> None:
    """It refuses unknown names; a wrong argument only leaves the value unbound."""
    described = Graph().parse(data=client.get("/sparql").get_data(), format="turtle")
    functions = list(described.objects(None, SD.extensionFunction))
    assert functions
    calls = " ".join(f"({function.n3()}('') AS ?f{n})" for n, function in enumerate(functions))
    parameters = {"query": f"SELECT {calls} {{}}", "format": "csv"}
    assert client.get("/sparql", query_string=parameters).status_code == 200
    parameters = {"query": "SELECT (<http://pool.test/unknown>('') AS ?f) {}", "format": "csv"}
    assert client.get("/sparql", query_string=parameters).status_code == 400


def test_a_head_request_frees_its_worker(client: FlaskClient) -> None:
    """Many in a row do not exhaust the workers."""
    for _ in range(6):
        assert client.head("/sparql", query_string={"query": TITLES}).status_code == 200
    assert client.get("/sparql", query_string={"query": TITLES}).status_code == 200


# Code snippets hold the query, whatever its text.

ENDPOINT = "https://pool.test/sparql"
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"))


@given(TEXTS)
def test_the_curl_command_passes_the_query_as_one_argument(query: str) -> None:
    """No shell interprets any part of it."""
    assert shlex.split(snippets(ENDPOINT, query)["curl"].replace(" \\\n", " ", 1)) == [
        "curl",
        ENDPOINT,
        "-H",
        "Accept: text/csv",
        "--data-urlencode",
        f"query={query}",
    ]


@given(TEXTS)
def test_the_python_snippet_holds_the_query_as_a_literal(query: str) -> None:
    (assignment,) = (
        node
        for node in ast.walk(ast.parse(snippets(ENDPOINT, query)["Python"]))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "query"
    )
    assert ast.literal_eval(assignment.value) == query


@given(TEXTS)
def test_the_r_snippet_holds_the_query_as_a_literal(query: str) -> None:
    """Its escapes are among those of R, which are those of JSON; line ends stand as they are."""
    literal, _, _ = snippets(ENDPOINT, query)["R"].rpartition("\naddress <- ")
    assert json.loads(literal.removeprefix("query <- "), strict=False) == query


def test_a_snippet_has_the_lines_of_the_query() -> None:
    """Though a form sends them with other ends: nobody reads a query on one line."""
    query = 'SELECT *\nWHERE {\n  ?s ?p "é" .\n}'
    for language, code in snippets(ENDPOINT, query.replace("\n", "\r\n")).items():
        assert "\r" not in code, language
        assert "\\n" not in code, language
        assert "\nWHERE {\n  ?s ?p " in code, language


def test_snippets_have_the_line_ends_of_the_query(client: FlaskClient) -> None:
    """Browsers send CR LF, which must not stand in them as an escape."""
    query = "SELECT ?show\r\nWHERE { ?show a schema:TheaterEvent }"
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": BROWSER})
    page = html.unescape(response.get_data(as_text=True))
    assert 'query = """\\\nSELECT ?show\nWHERE { ?show a schema:TheaterEvent }"""' in page
    assert "\\r" not in page
    assert "%0D" not in page[page.index('rel="bookmark"') - 200 :]


def test_a_term_is_written_with_a_published_prefix() -> None:
    """Without prefix, it is written in full."""
    assert to_query_term("https://w3id.org/parvis/ns#ageGroup") == "parvis:ageGroup"
    assert to_query_term("https://elsewhere.test/x") == "<https://elsewhere.test/x>"

"""Every engine gives a reader the same answers as the embedded one."""

from collections.abc import Mapping

import pytest
from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QuerySolution,
    QuerySolutions,
    Variable,
    serialize,
)

from parvis.errors import QueryError
from parvis.rdf.formats import GRAPHS
from parvis.store.query.confinement import Engine
from parvis.store.query.request import QueryDataset, QueryText
from parvis.store.remote.engine import RemoteEngine
from parvis.store.remote.proof import prove_confinement, prove_rows, prove_whole
from parvis.vocab.namespaces import PREFIXES
from tests.remote.conftest import BASE, HIDDEN, MANY, OPEN, OTHER, ROWS

SHORT = {**PREFIXES, "g": f"{BASE}graph/a/", "i": f"{BASE}id/"}
SEEN = QueryDataset.of([OPEN, OTHER])

QUERIES = {
    "the default graph is the union": "SELECT * { ?s schema:name ?name }",
    "joins across graphs": "SELECT ?n { ?e schema:location ?v . ?v schema:name ?n }",
    "graphs by a variable": "SELECT ?g ?s ?name { GRAPH ?g { ?s schema:name ?name } }",
    "a graph by name": (
        "SELECT * { GRAPH <http://pool.example/graph/a/open> { ?s schema:name ?name } }"
    ),
    "a graph by a relative name": "SELECT * { GRAPH <graph/a/other> { ?s schema:name ?name } }",
    "a hidden graph by name": "SELECT * { GRAPH g:hidden { ?s ?p ?o } }",
    "a hidden graph by a prefix": "PREFIX h: <graph/a/> SELECT * { GRAPH h:hidden { ?s ?p ?o } }",
    "a hidden graph bound": "SELECT * { VALUES ?g { g:hidden } GRAPH ?g { ?s ?p ?o } }",
    "a hidden graph in EXISTS": (
        "SELECT ?s { ?s ?p ?o FILTER EXISTS { GRAPH g:hidden { ?s ?q ?r } } }"
    ),
    "a hidden path": "SELECT ?n { GRAPH g:hidden { i:c1 schema:location+/schema:name ?n } }",
    "a path that would need a hidden step": (
        "SELECT ?o { i:e1 (schema:location|schema:containedInPlace)+ ?o }"
    ),
    "a subselect of a hidden graph": "SELECT * { { SELECT ?s { GRAPH g:hidden { ?s ?p ?o } } } }",
    "FROM a hidden graph": "SELECT * FROM g:hidden { ?s ?p ?o }",
    "FROM NAMED a hidden graph": "SELECT * FROM NAMED g:hidden { GRAPH ?g { ?s ?p ?o } }",
    "FROM narrows": "SELECT * FROM g:other { ?s schema:name ?name }",
    "FROM NAMED narrows": "SELECT * FROM NAMED g:other { GRAPH ?g { ?s schema:name ?name } }",
    "nothing MINUS hidden": (
        "SELECT ?s { ?s schema:name ?n MINUS { GRAPH ?g { ?s schema:price ?x } } }"
    ),
    "OPTIONAL": "SELECT ?s ?v { ?s schema:name ?n OPTIONAL { ?s schema:location ?v } }",
    "aggregates": "SELECT (COUNT(*) AS ?n) (SUM(?x) AS ?sum) { ?s schema:population ?x }",
    "a blank node joins": "SELECT ?price { ?s schema:offers ?o . ?o schema:price ?price }",
    "text with quotes and tags": 'SELECT ?s { ?s schema:name "Antigone \\"1\\" _:x ."@fr }',
    "accents": 'SELECT ?s { ?s schema:name ?n FILTER(CONTAINS(?n, "é")) }',
    "a comment is no order": "# pragma\nSELECT ?s # define\n{ ?s schema:population ?x }",
    "a list of texts": "SELECT (GROUP_CONCAT(?n) AS ?names) { i:v1 schema:name ?n }",
    "a list of texts in a list": (
        'SELECT (GROUP_CONCAT(DISTINCT ?n; SEPARATOR="|") AS ?a) (GROUP_CONCAT((STR(?n))) AS ?b)'
        " { i:v1 schema:name ?n }"
    ),
    "a graph is built": "CONSTRUCT { ?s schema:alternateName ?n } WHERE { ?s schema:name ?n }",
    "ASK what is there": "ASK { ?s schema:population 42 }",
    "ASK what is hidden": "ASK { GRAPH g:hidden { ?s ?p ?o } }",
    "ASK what is hidden by a variable": 'ASK { GRAPH ?g { ?s schema:name "hidden" } }',
    "FROM a hidden graph that looks like a comment": (
        "PREFIX : <graph/a/hidden> SELECT((?b<?d)AS?e)FROM:#>\n{?s ?p ?o}"
    ),
    "an empty pattern of a hidden graph": "SELECT * { GRAPH g:hidden { } }",
    "a hidden graph negated": (
        "SELECT ?s { ?s schema:name ?n FILTER NOT EXISTS { GRAPH g:hidden { ?a ?b ?c } } }"
    ),
    "graphs of a value": "SELECT ?g { GRAPH ?g { ?s schema:name ?n . BIND(1 AS ?x) } }",
    "no named graph": "SELECT * FROM g:open { GRAPH ?g { BIND(1 AS ?x) } }",
    "graphs in graphs": (
        "SELECT * { GRAPH g:open { ?s schema:location ?v GRAPH g:hidden { ?a ?b ?c } } }"
    ),
    "no row": "SELECT * { ?s schema:nothing ?o }",
}


def run_query(
    engine: Engine,
    query: str,
    allowed: QueryDataset | None = SEEN,
    requested: QueryDataset | None = None,
    values: Mapping[str, NamedNode] | None = None,
) -> list[bytes]:
    """Return the rows or triples of an answer, sorted."""
    text = QueryText.read(query, BASE, SHORT)
    result = engine.run(text, allowed=allowed, requested=requested, values=values or {})
    if isinstance(result, QueryBoolean):
        return [str(bool(result)).encode()]
    if isinstance(result, QuerySolutions):
        return sorted(format_row(solution, result.variables) for solution in result)
    return sorted((serialize(result, format=GRAPHS["nt"]) or b"").splitlines())


def format_row(solution: QuerySolution, variables: list[Variable]) -> bytes:
    """Format a solution; for ``SELECT *`` the standard defines no order of variables (§16.1.1)."""
    return " ".join(
        f"{variable}={solution[variable]}" for variable in sorted(variables, key=str)
    ).encode()


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_answers_equal_those_of_the_embedded_store(
    engine: Engine, embedded: Engine, query: str
) -> None:
    """They contain only what the reader may read."""
    rows = run_query(engine, query)
    assert rows == run_query(embedded, query)
    assert b"hidden" not in b"".join(rows)


def test_describe_is_limited_to_readable_graphs(engine: Engine) -> None:
    """How much it describes is up to the engine."""
    description = b"".join(run_query(engine, "DESCRIBE i:e1"))
    assert b"Le Cid" in description
    assert b"hidden" not in description


def test_protocol_parameters_narrow_the_dataset(engine: Engine) -> None:
    """An unreadable graph in either list is treated as nonexistent."""
    query = "SELECT ?name { ?s schema:name ?name }"
    by_graph = "SELECT ?g { GRAPH ?g { ?s schema:name ?name } }"
    assert len(run_query(engine, query, requested=QueryDataset((OTHER, HIDDEN), ()))) == 1
    assert len(run_query(engine, query, requested=QueryDataset((), (OTHER,)))) == 0
    assert len(run_query(engine, by_graph, requested=QueryDataset((OTHER,), ()))) == 0
    assert len(run_query(engine, by_graph, requested=QueryDataset((), (OTHER, HIDDEN)))) == 1


def test_a_reader_without_graphs_reads_nothing(engine: Engine) -> None:
    """The empty dataset is stated: without a dataset the store would use its own."""
    assert run_query(engine, "SELECT * { ?s ?p ?o }", allowed=QueryDataset()) == []
    assert run_query(engine, "SELECT * { GRAPH ?g { ?s ?p ?o } }", allowed=QueryDataset()) == []


def test_a_reader_of_the_hidden_graph_reads_it(engine: Engine) -> None:
    """So the tests above test confinement, not the absence of a graph."""
    all_graphs = QueryDataset.of([OPEN, OTHER, HIDDEN])
    assert run_query(engine, "ASK { GRAPH g:hidden { ?s ?p ?o } }", all_graphs) == [b"True"]
    assert (
        len(run_query(engine, 'SELECT ?g { GRAPH ?g { ?s schema:name "hidden" } }', all_graphs))
        == 1
    )


def test_a_value_replaces_a_variable(engine: Engine, embedded: Engine) -> None:
    """The variable is still projected."""
    query = "SELECT ?thing ?name { GRAPH ?g { ?thing schema:name ?name } } ORDER BY ?name LIMIT 9"
    values = {"thing": NamedNode(f"{BASE}id/v1")}
    rows = run_query(engine, query, values=values)
    assert rows == run_query(embedded, query, values=values)
    assert len(rows) == 1


def test_a_long_answer_is_complete(engine: Engine) -> None:
    """Truncation by an engine is reported, never accepted."""
    rows = run_query(engine, "SELECT ?n { ?s schema:position ?n }", QueryDataset.of([MANY]))
    assert len(rows) == ROWS


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_that_names_no_graph_reads_all_that_is_open(
    parts: dict[str, RemoteEngine], embedded_open: Engine, query: str
) -> None:
    """A thousand graphs are not named, and nothing of the engine's own is read."""
    rows = run_query(parts["open"], query, allowed=None)
    assert rows == run_query(embedded_open, query, allowed=None)
    assert b"hidden" not in b"".join(rows)


COUNTS = (
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "SELECT DISTINCT ?p { ?s ?p ?o }",
    "SELECT DISTINCT ?p { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?g ?n { GRAPH g:other { ?s schema:name ?n } GRAPH ?g { ?s ?p ?n } }",
    "SELECT ?o { <http://pool.example/id/e1> (schema:location|schema:containedInPlace)+ ?o }",
)


@pytest.mark.parametrize("query", COUNTS)
def test_graphs_of_the_engine_itself_are_not_counted(
    parts: dict[str, RemoteEngine], embedded_open: Engine, query: str
) -> None:
    rows = run_query(parts["open"], query, allowed=None)
    assert rows == run_query(embedded_open, query, allowed=None)


def test_an_engine_is_proved_before_it_is_asked(parts: dict[str, RemoteEngine]) -> None:
    """It hides what a dataset leaves out, reads all where none is named, and cuts nothing short."""
    for engine in parts.values():
        prove_whole(engine, "")
        prove_rows(engine, "")
        prove_confinement(engine)


REFUSED = {
    "another endpoint": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "an update": "DELETE WHERE { ?s ?p ?o }",
    "Virtuoso's orders": "define input:inference 'x' SELECT * { ?s ?p ?o }",
    "Virtuoso's functions": "SELECT (<bif:upper>('a') AS ?x) {}",
    "Virtuoso's functions by a prefix": "PREFIX b: <bif:> SELECT (b:upper('a') AS ?x) {}",
    "Virtuoso's functions spelt": r"SELECT (<\u0062if:upper>('a') AS ?x) {}",
    "hints": "PREFIX hint: <http://www.bigdata.com/queryHints#> SELECT * { hint:Query hint:a ?x }",
    "a hidden SERVICE": "SELECT * { ?a ?b ?c FILTER(?b<'x>')SERVICE<http://127.0.0.1:9/>{}}#'",
    "no SPARQL": "SELECT * {",
}


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED)
def test_an_invalid_query_is_refused_before_it_is_sent(engine: Engine, query: str) -> None:
    """Nothing of it reaches the store."""
    with pytest.raises(QueryError):
        run_query(engine, query)

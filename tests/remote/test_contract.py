"""Whatever engine is asked, a reader gets the same: the embedded one is the measure."""

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
from parvis.rdf.results import GRAPHS
from parvis.store.query.confinement import Engine
from parvis.store.query.request import QueryDataset
from parvis.store.query.text import QueryText
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


def told(
    engine: Engine,
    query: str,
    allowed: QueryDataset = SEEN,
    asked: QueryDataset | None = None,
    values: Mapping[str, NamedNode] | None = None,
) -> list[bytes]:
    """Ask, and give what is answered, in an order of its own."""
    text = QueryText.read(query, BASE, SHORT)
    found = engine.run(text, allowed=allowed, asked=asked, values=values or {})
    if isinstance(found, QueryBoolean):
        return [str(bool(found)).encode()]
    if isinstance(found, QuerySolutions):
        return sorted(row(one, found.variables) for one in found)
    return sorted((serialize(found, format=GRAPHS["nt"]) or b"").splitlines())


def row(solution: QuerySolution, variables: list[Variable]) -> bytes:
    """Write a solution; of ``SELECT *`` the standard tells no order (§16.1.1)."""
    return " ".join(f"{one}={solution[one]}" for one in sorted(variables, key=str)).encode()


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_an_answer_is_that_of_our_own_store(engine: Engine, embedded: Engine, query: str) -> None:
    """It holds what the reader may read, and no more."""
    found = told(engine, query)
    assert found == told(embedded, query)
    assert b"hidden" not in b"".join(found)


def test_what_everyone_may_read_is_described(engine: Engine) -> None:
    """How much DESCRIBE tells is the engine's affair, of which graphs it tells is not."""
    found = b"".join(told(engine, "DESCRIBE i:e1"))
    assert b"Le Cid" in found
    assert b"hidden" not in found


def test_protocol_parameters_narrow(engine: Engine) -> None:
    """What is asked for and not allowed is like what does not exist, in each list apart."""
    query = "SELECT ?name { ?s schema:name ?name }"
    by_graph = "SELECT ?g { GRAPH ?g { ?s schema:name ?name } }"
    assert len(told(engine, query, asked=QueryDataset((OTHER, HIDDEN), ()))) == 1
    assert len(told(engine, query, asked=QueryDataset((), (OTHER,)))) == 0
    assert len(told(engine, by_graph, asked=QueryDataset((OTHER,), ()))) == 0
    assert len(told(engine, by_graph, asked=QueryDataset((), (OTHER, HIDDEN)))) == 1


def test_who_may_read_nothing_reads_nothing(engine: Engine) -> None:
    """An empty dataset is sent as one: a store that is told none would show its own."""
    assert told(engine, "SELECT * { ?s ?p ?o }", allowed=QueryDataset()) == []
    assert told(engine, "SELECT * { GRAPH ?g { ?s ?p ?o } }", allowed=QueryDataset()) == []


def test_who_may_read_the_hidden_graph_reads_it(engine: Engine) -> None:
    """So the tests above are of confinement, not of a graph that is not there."""
    all_ = QueryDataset.of([OPEN, OTHER, HIDDEN])
    assert told(engine, "ASK { GRAPH g:hidden { ?s ?p ?o } }", all_) == [b"True"]
    assert len(told(engine, 'SELECT ?g { GRAPH ?g { ?s schema:name "hidden" } }', all_)) == 1


def test_a_value_stands_in_for_a_variable(engine: Engine, embedded: Engine) -> None:
    """It is projected all the same."""
    query = "SELECT ?thing ?name { GRAPH ?g { ?thing schema:name ?name } } ORDER BY ?name LIMIT 9"
    values = {"thing": NamedNode(f"{BASE}id/v1")}
    found = told(engine, query, values=values)
    assert found == told(embedded, query, values=values)
    assert len(found) == 1


def test_a_long_answer_comes_whole(engine: Engine) -> None:
    """Engines that would stop at some row are told of, never believed."""
    found = told(engine, "SELECT ?n { ?s schema:position ?n }", QueryDataset.of([MANY]))
    assert len(found) == ROWS


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
def test_what_is_no_question_is_refused_before_it_is_sent(engine: Engine, query: str) -> None:
    """Nothing of it reaches the store."""
    with pytest.raises(QueryError):
        told(engine, query)

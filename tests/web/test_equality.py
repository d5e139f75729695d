"""The endpoint answers every query as the engine does in process."""

from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    serialize,
)

from parvis.config import Settings
from parvis.store.generation.generation import current
from parvis.vocab.namespaces import PREFIXES

BASE = "http://pool.test/"
VARIABLES = ("?a", "?b", "?c")
PREDICATES = ("a", "schema:name", "schema:startDate", "schema:location", "dct:title", "rdf:type")
PATHS = ("schema:location/schema:name", "schema:location?", "^schema:location", "!rdf:type")
OBJECTS = ("schema:TheaterEvent", "schema:Place", "<id/event/theatre-b/soeurs>", '"L"@fr', "12")

variables = st.sampled_from(VARIABLES)
subjects = variables | st.just("<id/event/theatre-b/soeurs>")
predicates = variables | st.sampled_from(PREDICATES + PATHS)
triples = st.builds("{} {} {} .".format, subjects, predicates, variables | st.sampled_from(OBJECTS))
conditions = st.builds(
    "{}({})".format, st.sampled_from(["BOUND", "!BOUND", "isIRI"]), variables
) | (st.builds("{} {} {}".format, variables, st.sampled_from(["=", "!=", "<"]), variables))


def combine_groups(groups: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Combine groups into larger ones."""
    return st.one_of(
        st.builds("{} {}".format, groups, groups),
        st.builds("{} OPTIONAL {{ {} }}".format, groups, groups),
        st.builds("{{ {} }} UNION {{ {} }}".format, groups, groups),
        st.builds("{} MINUS {{ {} }}".format, groups, groups),
        st.builds("GRAPH ?g {{ {} }}".format, groups),
        st.builds("{} FILTER({})".format, groups, conditions),
        st.builds("{} FILTER EXISTS {{ {} }}".format, groups, groups),
        st.builds("{{ SELECT DISTINCT ?a {{ {} }} }}".format, groups),
        st.builds("VALUES ?b {{ {} UNDEF }} {}".format, st.sampled_from(OBJECTS), groups),
    )


groups = st.recursive(triples, combine_groups, max_leaves=4)
queries = st.one_of(
    st.builds(
        "SELECT ?a ?b ?c ?g {{ {} }} ORDER BY STR(?a) STR(?b) STR(?c) STR(?g)".format, groups
    ),
    st.builds("SELECT DISTINCT ?c {{ {} }}".format, groups),
    st.builds("SELECT ?a (COUNT(?b) AS ?n) (MAX(?c) AS ?m) {{ {} }} GROUP BY ?a".format, groups),
    st.builds("ASK {{ {} }}".format, groups),
    st.builds("CONSTRUCT {{ ?a ?b ?c }} WHERE {{ {} }}".format, groups),
    st.builds("DESCRIBE ?a {{ {} }}".format, groups),
)


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Store:
    """Open the store that the endpoint serves, in this process."""
    return Store.read_only(str(Path(current(settings.data).open_store)))


def evaluate(engine: Store, query: str) -> bytes:
    """Evaluate a query by the engine alone."""
    results = engine.query(query, base_iri=BASE, prefixes=PREFIXES, use_default_graph_as_union=True)
    match results:
        case QuerySolutions():
            body = results.serialize(format=QueryResultsFormat.TSV)
        case QueryBoolean():
            body = results.serialize(format=QueryResultsFormat.JSON)
        case _:
            body = serialize(results, format=RdfFormat.N_TRIPLES)
    return body or b""


@given(query=queries)
@examples(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_query_has_the_answer_of_the_engine(app: Flask, engine: Store, query: str) -> None:
    """The same rows or triples, as often, for every form of query.

    Terms are ordered by their text: among kinds of literals that do not compare, the engine's order
    is undefined, and its sort may end with a panic.
    """
    accept = {"Accept": "text/tab-separated-values,application/n-triples"}
    response = app.test_client().post(
        "/sparql", data=query.encode(), content_type="application/sparql-query", headers=accept
    )
    assert response.status_code == 200, response.get_data(as_text=True)
    expected, body = evaluate(engine, query), response.get_data()
    assert Counter(body.splitlines()) == Counter(expected.splitlines())

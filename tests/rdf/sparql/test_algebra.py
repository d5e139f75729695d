"""A second, independent parser must also find a query confined before it is sent."""

import pytest

from parvis.errors import QueryError
from parvis.rdf.sparql.algebra import require_confined

G = "http://x/g"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("ASK { SERVICE <http://a/> { ?s ?p ?o } }", "may not reach"),
        ("ASK { FILTER EXISTS { SERVICE SILENT ?x {} } }", "may not reach"),
        ("ASK { { SELECT * { SERVICE <http://a/> {} } } }", "may not reach"),
        ("ASK { ?a ?b ?c FILTER(?b<'x>')SERVICE<http://a/>{ ?s ?p ?o }}#'", "may not reach"),
        ("ASK FROM <http://x/h> { ?s ?p ?o }", "may not reach"),
        ("ASK FROM NAMED <http://x/h> { ?s ?p ?o }", "may not reach"),
        ("ASK { GRAPH <http://x/h> { ?s ?p ?o } }", "may not reach"),
        ("ASK { FILTER NOT EXISTS { GRAPH <http://x/h> { ?s ?p ?o } } }", "may not reach"),
        ("ASK { FILTER(<http://x/f>(1)) }", "not among those of SPARQL"),
        ("ASK { ?s ?p ?o } ORDER BY <http://x/f>(?s)", "not among those of SPARQL"),
        ("ASK { BIND(<<( ?a ?b ?c )>> AS ?t) }", "plain SPARQL"),
        ("INSERT DATA { <x:x> <x:x> <x:x> }", "plain SPARQL"),
        ("ASK { " + "{" * 900 + "}" * 900 + " }", "too deep"),
    ],
)
def test_a_query_that_reaches_beyond_its_dataset_is_not_sent(query: str, reason: str) -> None:
    """Even if our own parser had accepted it."""
    with pytest.raises(QueryError, match=reason):
        require_confined(query, frozenset({G}))


def test_a_long_query_is_not_too_deep() -> None:
    """Three hundred triples in a row, sixty nested groups."""
    require_confined("ASK { " + "?s ?p ?o . " * 300 + "}", frozenset())
    require_confined("ASK " + "{" * 60 + "}" * 60, frozenset())


def test_a_query_confined_to_its_dataset_is_sent() -> None:
    """Permitted graphs, variables, standard functions and casts."""
    query = (
        f"SELECT * {{ GRAPH <{G}> {{ ?s ?p ?o }} GRAPH ?g {{ ?s ?p ?o }}"
        " FILTER(<http://www.w3.org/2001/XMLSchema#integer>(?o) < STRLEN(STR(?s))) }"
    )
    require_confined(query, frozenset({G}))

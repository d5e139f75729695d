"""A second parser, which shares nothing with ours, has to agree before a query leaves."""

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
def test_what_could_reach_further_is_not_sent(query: str, reason: str) -> None:
    """Whatever our own parse had allowed."""
    with pytest.raises(QueryError, match=reason):
        require_confined(query, frozenset({G}))


def test_a_long_query_is_not_too_deep() -> None:
    """A hundred triples in a row, forty groups in one another."""
    require_confined("ASK { " + "?s ?p ?o . " * 300 + "}", frozenset())
    require_confined("ASK " + "{" * 60 + "}" * 60, frozenset())


def test_what_stays_within_its_dataset_is_sent() -> None:
    """Graphs that may be named, variables, the standard's functions and casts."""
    query = (
        f"SELECT * {{ GRAPH <{G}> {{ ?s ?p ?o }} GRAPH ?g {{ ?s ?p ?o }}"
        " FILTER(<http://www.w3.org/2001/XMLSchema#integer>(?o) < STRLEN(STR(?s))) }"
    )
    require_confined(query, frozenset({G}))

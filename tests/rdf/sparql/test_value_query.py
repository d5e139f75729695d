"""The values that the variables of a query take are those of its pattern, whatever its form."""

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from parvis.errors import QueryError
from parvis.rdf.sparql.value_query import write_value_query

EX = "http://x.example/"


@pytest.fixture(scope="module")
def store() -> Store:
    """Make a store of three shows in two halls."""
    store = Store()
    for name, hall, price in (("a", "north", 10), ("b", "north", 20), ("c", "south", 30)):
        show = NamedNode(f"{EX}{name}")
        store.add(Quad(show, NamedNode(f"{EX}hall"), NamedNode(f"{EX}{hall}")))
        store.add(Quad(show, NamedNode(f"{EX}price"), Literal(price)))
    return store


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s WHERE { ?s x:hall ?hall } ORDER BY ?s LIMIT 1",
        "SELECT (COUNT(?s) AS ?n) { ?s x:hall ?hall # } ends\n } GROUP BY ?hall HAVING (?n > 9)",
        "SELECT (EXISTS { ?s ?p ?o } AS ?is) { { SELECT ?s ?hall { ?s x:hall ?hall } } }",
        "SELECT ?s { { SELECT ?s ?hall { ?s x:hall ?hall } ORDER BY ?s LIMIT 1 } ?s x:price ?n }",
        "CONSTRUCT { ?s a x:Show } WHERE { ?s x:hall ?hall }",
        "CONSTRUCT WHERE { ?s x:hall ?hall }",
        "ASK { ?s x:hall ?hall }",
        "SELECT ?s { ?s x:hall ?hall } VALUES ?s { x:a }",
    ],
)
def test_the_pattern_says_which_values_there_are(store: Store, query: str) -> None:
    """What comes after it, such as groups or a limit, leaves none out."""
    values = write_value_query(query, ["hall"], {"x": EX})
    results = store.query(values, prefixes={"x": EX})
    assert isinstance(results, QuerySolutions)
    assert sorted(str(solution["hall"]) for solution in results) == [
        f"<{EX}north>",
        f"<{EX}south>",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s x:price ?price }",
        "SELECT * FROM x:graph { ?s x:hall ?hall }",
        "DESCRIBE x:a",
        "not SPARQL",
    ],
)
def test_a_query_without_such_a_pattern_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        write_value_query(query, ["hall"], {"x": EX})

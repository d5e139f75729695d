"""A condition on a column goes into a query, wherever its column comes from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from parvis.errors import QueryError
from parvis.rdf.sparql.narrowing import ColumnFilter, Comparison, narrow_query

EX = "http://x.example/"


@pytest.fixture(scope="module")
def store() -> Store:
    """Make a store of three shows in two halls."""
    store = Store()
    for name, hall, price in (("a", "north", 10), ("b", "north", 20), ("c", "south", 30)):
        show = NamedNode(f"{EX}{name}")
        store.add(Quad(show, NamedNode(f"{EX}hall"), NamedNode(f"{EX}{hall}")))
        store.add(Quad(show, NamedNode(f"{EX}price"), Literal(price)))
        store.add(Quad(show, NamedNode(f"{EX}name"), Literal(f"Show {name}", language="en")))
    return store


def rows(store: Store, query: str) -> list[list[str]]:
    """Evaluate a query; each value as its text."""
    results = store.query(query, prefixes={"x": EX}, use_default_graph_as_union=True)
    assert isinstance(results, QuerySolutions)
    return [[getattr(term, "value", "") for term in solution] for solution in results]


HALL = ColumnFilter("hall", Comparison.IS, iri=f"{EX}north")


@pytest.mark.parametrize(
    ("query", "condition", "expected"),
    [
        ("SELECT ?s WHERE { ?s x:hall ?hall } ORDER BY ?s", HALL, ["a", "b"]),
        ("SELECT ?s { ?s x:hall ?hall ; # } a comment\n }", HALL, ["a", "b"]),
        (
            "SELECT ?s { ?s x:name ?n } ORDER BY ?s",
            ColumnFilter("n", Comparison.IS_NOT, "Show b"),
            ["a", "c"],
        ),
        ("SELECT ?s { ?s x:name ?n }", ColumnFilter("n", Comparison.CONTAINS, "SHOW C"), ["c"]),
        ("SELECT ?s { ?s x:price ?p }", ColumnFilter("p", Comparison.IS, "30"), ["c"]),
        ("SELECT ?s { { SELECT * { ?s x:hall ?hall } } }", HALL, ["a", "b"]),
        ("SELECT ?s ?hall { SELECT ?s ?hall { ?s x:hall ?hall } } ORDER BY ?s", HALL, ["a", "b"]),
        ("SELECT ?s (EXISTS { ?s x:hall ?h } AS ?e) { ?s x:hall ?hall }", HALL, ["a", "b"]),
    ],
)
def test_the_answer_has_the_rows_of_the_condition(
    store: Store, query: str, condition: ColumnFilter, expected: list[str]
) -> None:
    found = [
        row[0].removeprefix(EX) for row in rows(store, narrow_query(query, condition, {"x": EX}))
    ]
    assert sorted(found) == expected


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?hall (COUNT(*) AS ?n) { ?s x:hall ?hall } GROUP BY ?hall ORDER BY ?n",
        (
            "PREFIX y: <http://x.example/> SELECT ?hall (COUNT(*) AS ?n)\n"
            "FROM <http://g.example/>\n"
            "WHERE { ?s y:hall ?hall } GROUP BY ?hall HAVING (COUNT(*) > 0) LIMIT 10"
        ),
    ],
)
def test_a_computed_column_is_compared_around_the_query(store: Store, query: str) -> None:
    narrowed = narrow_query(query, ColumnFilter("n", Comparison.IS, "2"), {"x": EX})
    without_dataset = narrowed.replace("FROM <http://g.example/>", "")
    assert rows(store, without_dataset) == [[f"{EX}north", "2"]]
    assert narrowed.count("FROM") == query.count("FROM")


def test_conditions_can_follow_one_another(store: Store) -> None:
    query = "SELECT ?s ?hall { ?s x:hall ?hall }"
    once = narrow_query(query, HALL, {"x": EX})
    twice = narrow_query(once, ColumnFilter("s", Comparison.IS_NOT, iri=f"{EX}a"), {"x": EX})
    assert [row[0] for row in rows(store, twice)] == [f"{EX}b"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_value_changes_the_query_otherwise(value: str) -> None:
    """Whatever the text, the pattern has one more FILTER and nothing else."""
    query = "SELECT ?s { ?s ?p ?o }"
    narrowed = narrow_query(query, ColumnFilter("o", Comparison.IS, value), {})
    assert narrowed.startswith("SELECT ?s { ?s ?p ?o \n  FILTER (STR(?o) = ")
    assert narrowed.endswith(")\n}")


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("ASK { ?s ?p ?o }", HALL),
        ("CONSTRUCT { ?s ?p ?hall } WHERE { SELECT * { ?s ?p ?hall } }", HALL),
        ("SELECT ?s { ?s ?p ?o }", HALL),
        ("SELECT ?hall { ?s ?p ?hall }", ColumnFilter("hall", Comparison.IS, iri="a> ?x <b")),
        ("SELECT ?s { ?s ?p", HALL),
    ],
)
def test_anything_else_is_refused(query: str, condition: ColumnFilter) -> None:
    with pytest.raises(QueryError):
        narrow_query(query, condition, {})

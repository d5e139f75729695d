"""A rewritten query has the answer of the query as it was written, and reads no other graph."""

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store
from rdflib import URIRef
from rewriting import RandomEstimates, compare_many, evaluate, everything_is_rewritten
from w3c_engines import NOWHERE, SUITE, evaluation_cases
from w3c_sparql import file_at, triples

from parvis.rdf.sparql.groups import Pattern, read_group
from parvis.store.query.confinement import EmbeddedEngine
from parvis.store.query.estimates import Estimates
from parvis.store.query.first_rows import is_first_values, read_ordered
from parvis.store.query.request import QueryDataset, QueryText
from parvis.store.query.rewriting import rewrite_query

OPEN, CLOSED = (f"http://pool.example/graph/{name}" for name in ("open", "closed"))
EVENTS = 4_000
QUERY = """
PREFIX s: <http://schema.org/>
SELECT ?place ?name ?show (COUNT(DISTINCT ?event) AS ?events) WHERE {
  ?place s:seats ?seats ; s:name ?name .
  OPTIONAL {
    ?event s:location ?place ; s:status s:Scheduled .
    OPTIONAL { ?show s:same ?event }
  }
}
GROUP BY ?place ?name ?show ORDER BY ?place ?show # many events, few places
"""
"""The engine reads all events for the OPTIONAL, before it looks which places need them."""


@pytest.fixture(scope="module")
def store() -> Store:
    """Build a store with three halls, and many events elsewhere."""
    store = Store()

    def add(subject: str, step: str, value: str | Literal, graph: str = OPEN) -> None:
        value_ = value if isinstance(value, Literal) else NamedNode(f"http://schema.org/{value}")
        first, second = (NamedNode(f"http://schema.org/{name}") for name in (subject, step))
        store.add(Quad(first, second, value_, NamedNode(graph)))

    for number in range(EVENTS):
        add(f"event{number}", "location", f"place{number % 1_000}")
        add(f"event{number}", "status", "Scheduled")
    for number in range(3):
        add(f"place{number}", "seats", Literal(number))
        add(f"place{number}", "name", Literal(f"Hall {number}"))
    for number in range(EVENTS):
        add(f"secret{number}", "seats", Literal(number), CLOSED)
    return store


def read(text: str) -> QueryText:
    return QueryText.read(text)


def rows(engine: EmbeddedEngine, text: str, reader: QueryDataset | None = None) -> list[str]:
    """List the rows of an answer."""
    results = engine.run(read(text), allowed=reader, values={})
    assert isinstance(results, QuerySolutions)
    return [str(row) for row in results]


@given(seed=st.integers(0, 10_000_000))
@settings(max_examples=8, deadline=None)
def test_whatever_the_order_of_joins_the_answer_is_the_same(seed: int) -> None:
    """Each draw is forty queries; `tests/bench/rewriting.py` runs as many as one likes."""
    differences: list[str] = []
    counts = compare_many(40, seed, differences.append)
    assert not differences
    assert counts.total() == 40


@pytest.mark.skipif(not SUITE.is_dir(), reason="the suites are not beside the checkout")
def test_the_cases_of_the_w3c_have_the_same_answers_in_any_order() -> None:
    """Each that can be rewritten, by three draws of estimates."""
    rewritten = 0
    for case in evaluation_cases(SUITE):
        query, store = read(case.text), Store()
        for address in (*case.default, *case.named):
            with suppress(SyntaxError):
                for quad in triples(file_at(URIRef(address), SUITE), address):
                    parts = quad.subject, quad.predicate, quad.object
                    store.add(Quad(parts[0], parts[1], parts[2], NamedNode(address)))
        reader = QueryDataset(case.default or (NOWHERE,), case.named or (NOWHERE,))
        before = evaluate(store, query, reader)
        for seed in range(3):
            with everything_is_rewritten():
                other = rewrite_query(query, RandomEstimates(Random(seed), store, reader))  # noqa: S311 - see above
            if other is not query:
                rewritten += 1
                assert evaluate(store, other, reader) == before, case.name
    assert rewritten > 300


def test_an_optional_that_few_rows_need_is_evaluated_for_these(store: Store) -> None:
    """The rewritten query counts what the written one does, and begins with the places."""
    engine = EmbeddedEngine(store)
    rewritten = rewrite_query(read(QUERY), engine.estimates_of(None)).parsed_query.write()
    assert "LATERAL { OPTIONAL {" in rewritten
    assert rows(engine, QUERY) == rows(engine, f"{QUERY}\n# parvis: as written")
    assert len(rows(engine, QUERY)) == 3


def test_what_is_said_of_the_few_rows_of_a_query_within_is_looked_up(store: Store) -> None:
    """Not matched over the whole store, and then joined with them."""
    query = f"""
        PREFIX s: <http://schema.org/>
        SELECT ?event ?place ?name WHERE {{
          {{ SELECT ?event WHERE {{ ?event s:status s:Scheduled }} ORDER BY ?event LIMIT 5 }}
          ?event s:location ?place ; s:status ?status .
          OPTIONAL {{ ?place s:name ?name }}
        }} # {" " * 200}"""
    engine = EmbeddedEngine(store)
    rewritten = rewrite_query(read(query), engine.estimates_of(None)).parsed_query.write()
    assert "LIMIT 5 } LATERAL { ?event <http://schema.org/" in rewritten
    assert rows(engine, query) == rows(engine, f"{query}\n# parvis: as written")
    assert len(rows(engine, query)) == 5


def test_a_query_for_the_first_rows_begins_with_the_first_days() -> None:
    """With those of them that are equal, and by what the engine itself puts first."""
    store, graph = Store(), NamedNode(OPEN)
    for number in range(EVENTS * 4):
        event = NamedNode(f"http://schema.org/event{number}")
        day = Literal(f"2026-{number % 12 + 1:02}-{number // 12 % 28 + 1:02}")
        store.add(Quad(event, NamedNode("http://schema.org/day"), day, graph))
        if number % 3:
            hall = NamedNode(f"http://schema.org/place{number % 7}")
            store.add(Quad(event, NamedNode("http://schema.org/location"), hall, graph))
    engine = EmbeddedEngine(store)
    for order, since in (("STR(?day)", "2026-03"), ("DESC(?day)", "2026-03"), ("?day", "2026-13")):
        query = f"""
            PREFIX s: <http://schema.org/>
            SELECT ?event ?day ?place WHERE {{
              VALUES ?since {{ "{since}" }}
              ?event s:day ?day ; s:location ?place .
              OPTIONAL {{ ?place s:name ?name }}
              FILTER (?day >= ?since)
            }} ORDER BY {order} ?event LIMIT 90 # {" " * 200}"""
        rewritten = rewrite_query(read(query), engine.estimates_of(None)).parsed_query.write()
        assert ("VALUES ?day" in rewritten) is (since == "2026-03")
        assert rewritten.count('"2026-') < 20
        assert rows(engine, query) == rows(engine, f"{query}\n# parvis: as written")
        # Of another reader, who may read nothing, no value is among them.
        other = rewrite_query(read(query), engine.estimates_of(QueryDataset.of([CLOSED])))
        assert "VALUES ?day" not in other.parsed_query.write()
    # Other queries within are joined with the rows of these days.
    few = "{ SELECT ?place ?hall { ?hall s:location ?place } ORDER BY ?hall LIMIT 300 }"
    query = query.replace('"2026-13"', '"2026-03"').replace("OPTIONAL {", f"{few} OPTIONAL {{")
    rewritten = rewrite_query(read(query), engine.estimates_of(None)).parsed_query.write()
    assert "VALUES ?day" in rewritten
    assert rewritten.index("VALUES ?day") < rewritten.index("LIMIT 300")
    assert rows(engine, query) == rows(engine, f"{query}\n# parvis: as written")


@pytest.mark.parametrize(
    "group",
    [
        "?event s:day ?day OPTIONAL { ?place s:name ?name OPTIONAL { ?x s:same ?event } }",
        "?place s:name ?name OPTIONAL { ?event s:day ?day }",
    ],
)
def test_what_depends_on_how_it_is_evaluated_does_not_begin_with_the_first_days(group: str) -> None:
    query = read(f"PREFIX s: <http://schema.org/> SELECT * {{ {group} }} ORDER BY ?day LIMIT 9")
    tokens = query.parsed_query.tokens
    assert read_ordered(tokens, 0) is None


def test_values_that_a_reader_wrote_are_not_taken_for_the_first_ones() -> None:
    text = "SELECT * { { SELECT ?day WHERE { VALUES ?day { 1 2 } } LIMIT 2 } ?event ?p ?day }"
    group = read_group(read(text).parsed_query.tokens, 2)
    assert group is not None
    assert isinstance(pattern := group.elements[0], Pattern)
    assert not is_first_values(pattern)


def test_a_query_of_which_nothing_is_gained_is_parsed_once(store: Store) -> None:
    """A reader of other graphs has other estimates: for that one it is looked at again."""
    engine = EmbeddedEngine(store)
    text = "SELECT ?a (COUNT(*) AS ?n) { ?a <urn:x:p> ?b } GROUP BY ?a # " + " " * 200
    queries = [read(text) for _ in range(3)]
    for query, reader in zip(queries, (None, None, QueryDataset.of([OPEN])), strict=True):
        assert rewrite_query(query, engine.estimates_of(reader)) is query
    assert ["parsed_query" in vars(query) for query in queries] == [True, False, True]


def test_a_comment_switches_the_rewriting_off(store: Store) -> None:
    """So a reader can compare the two."""
    query = read(f"# parvis: as written\n{QUERY}")
    assert rewrite_query(query, EmbeddedEngine(store).estimates_of(None)) is query


def test_a_reader_s_plan_depends_on_the_graphs_that_it_may_read(store: Store) -> None:
    """The closed graph has so many halls that beside it the OPTIONAL is better read at once."""
    engine, reader = EmbeddedEngine(store), QueryDataset.of([OPEN])
    alone = Store()
    for quad in store.quads_for_pattern(None, None, None, NamedNode(OPEN)):
        alone.add(quad)
    for dataset in (reader, None):
        rewrite_query(read(QUERY), engine.estimates_of(dataset))
    confined = rewrite_query(read(QUERY), engine.estimates_of(reader))
    fresh = rewrite_query(read(QUERY), EmbeddedEngine(alone).estimates_of(None))
    assert confined.parsed_query.write() == fresh.parsed_query.write()
    assert rows(engine, QUERY, reader) == rows(EmbeddedEngine(alone), QUERY)


class Chosen(Estimates):
    """Estimates for which everything pays."""

    def __init__(self) -> None:
        super().__init__(lambda _: [])

    def matches(self, query: QueryText, pattern: object, bound: frozenset[str]) -> float:
        del query, pattern
        return 1e6 if not bound else 0.1


@pytest.mark.parametrize(
    "part",
    [
        "_:b <urn:x:p> ?a . _:b <urn:x:q> ?c",
        "?a <urn:x:p> [] ; <urn:x:q> ?c",
        "?a <urn:x:p>* ?b . ?b <urn:x:q> ?c",
        "?a <urn:x:p> ?b . { ?b <urn:x:q> ?c } UNION { ?b <urn:x:r> ?c }",
        "?a <urn:x:p> ?b OPTIONAL { ?b <urn:x:q> ?c } ?c <urn:x:r> ?d",
        "?a <urn:x:p> ?b BIND (RAND() AS ?c) ?b <urn:x:r> ?d",
        "?a <urn:x:p> ?b . ?c <urn:x:q> ?d",
        "{ SELECT ?a { ?a <urn:x:p> ?b } ORDER BY ?a } ?a <urn:x:q> ?c",
        "?a <urn:x:q> ?c OPTIONAL { { SELECT ?a { ?a <urn:x:p> ?b } ORDER BY ?a LIMIT 1 } }",
        "?a <urn:x:p> ?b, ?d OPTIONAL { ?b <urn:x:q> ?c OPTIONAL { ?c <urn:x:r> ?d } }",
        "?a <urn:x:p> ?b, ?d OPTIONAL { OPTIONAL { ?c <urn:x:r> ?b } ?b <urn:x:q> ?c, ?d }",
        "?a <urn:x:p> ?b . OPTIONAL { ?d <urn:x:q> ?c OPTIONAL { ?c <urn:x:r> ?a } }",
    ],
)
def test_what_no_rule_proves_stays_as_it_was_written(part: str) -> None:
    """Blank nodes, closures, unions, late bindings, products, queries within keep their place."""
    query = read(f"SELECT ?a WHERE {{ {part} }} # {' ' * 200}")
    assert rewrite_query(query, Chosen()) is query


def test_a_group_is_read_to_its_end_or_not_at_all() -> None:
    """A group without its closing brace is none."""
    tokens = read("SELECT ?a WHERE { ?a <urn:x:p> 1, 2 ; <urn:x:q> 'a'@fr }").parsed_query.tokens
    at = next(number for number, token in enumerate(tokens) if token.text == "{")
    group = read_group(tokens, at)
    assert group is not None
    assert len(group.elements) == 3
    assert read_group(tokens[:-1], at) is None

"""No form of query reads a graph that its reader may not read."""

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, Store

from parvis.errors import QueryError
from parvis.store.query.confinement import Results, run
from parvis.store.query.request import QueryDataset, QueryText

A, B, SECRET = (f"http://pool.example/graph/{name}" for name in ("a", "b", "secret"))
READER = QueryDataset.of([A, B])
BASE = "http://pool.example/graph/"


@pytest.fixture
def store() -> Store:
    """Build a store of three graphs, each with its own name for the same entity."""
    store = Store()
    for graph in (A, B, SECRET):
        name = Literal(graph.rpartition("/")[2])
        store.add(Quad(NamedNode("http://x/s"), NamedNode("http://x/p"), name, NamedNode(graph)))
    return store


def list_values(result: Results) -> list[str]:
    """List every value of every solution or triple."""
    assert not isinstance(result, QueryBoolean)
    if isinstance(result, QuerySolutions):
        return sorted(str(term) for solution in result for term in solution)
    return sorted(str(triple.object) for triple in result)


QUERIES = [
    "SELECT ?o { ?s ?p ?o }",
    "SELECT ?o { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?o { GRAPH <secret> { ?s ?p ?o } }",
    "SELECT ?o FROM <secret> { ?s ?p ?o }",
    "SELECT ?o FROM NAMED <secret> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?o FROM <a> FROM NAMED <secret> { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }",
    "SELECT ?g { GRAPH ?g { } }",
    "SELECT ?o { { SELECT ?o { GRAPH ?g { ?s ?p ?o } } } }",
    "SELECT ?o { ?s (<http://x/p>|!<http://x/q>)+ ?o }",
    "SELECT ?o { GRAPH ?g { ?s !<http://x/q>* ?o } }",
    "SELECT ?g { ?s ?p ?x OPTIONAL { GRAPH ?g { ?s ?p 'secret' } } FILTER(BOUND(?g)) }",
    "DESCRIBE <http://x/s>",
    "DESCRIBE ?s { GRAPH ?g { ?s ?p ?o } }",
    "CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } }",
    "CONSTRUCT FROM <secret> WHERE { ?s ?p ?o }",
]


@pytest.mark.parametrize("query", QUERIES)
def test_no_form_of_query_reads_a_hidden_graph(store: Store, query: str) -> None:
    """FROM, FROM NAMED, GRAPH, paths, subselects and DESCRIBE stay in the allowed graphs."""
    values = list_values(run(store, QueryText.read(query, BASE), allowed=READER))
    assert not [value for value in values if "secret" in value]


@pytest.mark.parametrize(
    "allowed", [QueryDataset(), READER, QueryDataset((A,)), QueryDataset((), (A,))]
)
@pytest.mark.parametrize(
    "requested", [None, QueryDataset(), QueryDataset((SECRET,)), QueryDataset((), (SECRET,))]
)
def test_exists_and_protocol_parameters_reveal_no_hidden_graph(
    store: Store, allowed: QueryDataset, requested: QueryDataset | None
) -> None:
    """A hidden graph is treated as nonexistent, also where no value is returned."""
    for query in (
        "ASK { GRAPH ?g { ?s ?p 'secret' } }",
        "ASK { ?s ?p 'secret' }",
        "ASK { FILTER EXISTS { GRAPH <secret> { ?s ?p ?o } } }",
        "ASK { FILTER NOT EXISTS { FILTER NOT EXISTS { GRAPH ?g { ?s ?p 'secret' } } } }",
    ):
        result = run(store, QueryText.read(query, BASE), allowed=allowed, requested=requested)
        assert isinstance(result, QueryBoolean)
        assert not result


def test_the_default_graph_is_the_union_of_readable_graphs_and_from_narrows_it(
    store: Store,
) -> None:
    """Each readable graph also has its name."""
    reader = ConfinedReader(store, READER)
    assert reader("SELECT ?o { ?s ?p ?o }") == ['"a"', '"b"']
    assert reader("SELECT ?o { GRAPH <b> { ?s ?p ?o } }") == ['"b"']
    assert reader("SELECT ?o FROM <b> { ?s ?p ?o }") == ['"b"']
    assert reader("SELECT ?o FROM <b> { GRAPH ?g { ?s ?p ?o } }") == []
    assert reader("SELECT ?o FROM <b> { ?s ?p ?o }", QueryDataset((A,))) == ['"a"']


def test_an_unconfined_store_is_a_union_that_from_narrows(store: Store) -> None:
    """Graphs are listed only if the query or the protocol does so."""
    reader = ConfinedReader(store, None)
    assert reader("SELECT ?o { ?s ?p ?o }") == ['"a"', '"b"', '"secret"']
    assert reader("SELECT ?o FROM <b> { ?s ?p ?o }") == ['"b"']
    assert reader("SELECT ?o FROM <nowhere> { ?s ?p ?o }") == []
    assert reader("SELECT ?o { ?s ?p ?o }", QueryDataset((), (A,))) == []
    assert len(reader("SELECT ?o FROM <b> FROM <b> { ?s ?p ?o }")) == 1
    assert len(reader("SELECT ?o { ?s ?p ?o }", QueryDataset((A, A), ()))) == 1


def test_a_space_after_a_function_name_is_accepted(store: Store) -> None:
    """The engine accepts none after some names, though SPARQL does."""
    assert ConfinedReader(store, READER)("SELECT ?o { BIND(COALESCE (1, 2) AS ?o) }") != []


def test_a_malformed_query_is_reported_with_line_and_column(store: Store) -> None:
    """The position is where the text stops being SPARQL."""
    with pytest.raises(QueryError, match=r"line 2, column 11.*ends too early") as caught:
        run(store, QueryText.read("SELECT *\nWHERE { ?s"), allowed=READER)
    assert caught.value.fields["line"] == 2


def test_a_graph_name_that_is_no_iri_is_a_query_error(store: Store) -> None:
    with pytest.raises(QueryError, match="not an IRI"):
        run(store, QueryText.read("ASK {}"), allowed=None, requested=QueryDataset(("not an iri",)))


class ConfinedReader:
    """Query a store as a reader."""

    def __init__(self, store: Store, allowed: QueryDataset | None) -> None:
        self.store = store
        self.allowed = allowed

    def __call__(self, query: str, requested: QueryDataset | None = None) -> list[str]:
        """Return every value of the answer."""
        text = QueryText.read(query, BASE)
        return list_values(run(self.store, text, allowed=self.allowed, requested=requested))


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT * { ?s ?p ?o }", "s p o"),
        ("SELECT DISTINCT * { $zebra ?p ?o . OPTIONAL { ?o ?p ?apple } }", "zebra p o apple"),
        ("# a star: *\nSELECT * FROM <a> { GRAPH ?g { ?s ?p ?o } BIND (1 AS ?k) }", "g s p o k"),
        ("SELECT * { { SELECT ?x ?s { ?s ?hidden ?x } } ?s ?p ?o } ORDER BY ?p LIMIT 1", "x s p o"),
        ("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s", "s n"),
        ("SELECT ?s ?o ?p { ?s ?p* ?o . ?s ?p ?o }".replace("?p*", "<x:p>*"), "s o p"),
    ],
)
def test_the_columns_of_a_star_are_in_the_order_of_the_query(
    store: Store, query: str, columns: str
) -> None:
    """The engine has them by name; those that a query names itself stay as they are."""
    result = run(store, QueryText.read(query, BASE), allowed=READER)
    assert isinstance(result, QuerySolutions)
    assert [variable.value for variable in result.variables] == columns.split()

"""No form of query sees a graph that its reader may not read."""

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, Store

from parvis.errors import QueryError
from parvis.store.query.confinement import Results, run
from parvis.store.query.request import QueryDataset
from parvis.store.query.text import QueryText

A, B, SECRET = (f"http://pool.example/graph/{name}" for name in ("a", "b", "secret"))
READER = QueryDataset.of([A, B])
BASE = "http://pool.example/graph/"


@pytest.fixture
def store() -> Store:
    """Give a store of three graphs; each says its own name of the same thing."""
    store = Store()
    for graph in (A, B, SECRET):
        name = Literal(graph.rpartition("/")[2])
        store.add(Quad(NamedNode("http://x/s"), NamedNode("http://x/p"), name, NamedNode(graph)))
    return store


def names(found: Results) -> list[str]:
    """List every value of every solution or triple."""
    assert not isinstance(found, QueryBoolean)
    if isinstance(found, QuerySolutions):
        return sorted(str(term) for solution in found for term in solution)
    return sorted(str(triple.object) for triple in found)


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
    """FROM, FROM NAMED, GRAPH, paths, subselects and DESCRIBE stay inside what is allowed."""
    found = names(run(store, QueryText.read(query, BASE), allowed=READER))
    assert not [value for value in found if "secret" in value]


@pytest.mark.parametrize(
    "allowed", [QueryDataset(), READER, QueryDataset((A,)), QueryDataset((), (A,))]
)
@pytest.mark.parametrize(
    "asked", [None, QueryDataset(), QueryDataset((SECRET,)), QueryDataset((), (SECRET,))]
)
def test_exists_and_the_protocol_s_parameters_tell_nothing(
    store: Store, allowed: QueryDataset, asked: QueryDataset | None
) -> None:
    """A hidden graph is like one that does not exist, also where no value is returned."""
    for query in (
        "ASK { GRAPH ?g { ?s ?p 'secret' } }",
        "ASK { ?s ?p 'secret' }",
        "ASK { FILTER EXISTS { GRAPH <secret> { ?s ?p ?o } } }",
        "ASK { FILTER NOT EXISTS { FILTER NOT EXISTS { GRAPH ?g { ?s ?p 'secret' } } } }",
    ):
        found = run(store, QueryText.read(query, BASE), allowed=allowed, asked=asked)
        assert isinstance(found, QueryBoolean)
        assert not found


def test_a_reader_s_default_graph_is_the_union_and_from_narrows_it(store: Store) -> None:
    """Each readable graph is in the default graph and has its name; FROM keeps only some."""
    ask = Asker(store, READER)
    assert ask("SELECT ?o { ?s ?p ?o }") == ['"a"', '"b"']
    assert ask("SELECT ?o { GRAPH <b> { ?s ?p ?o } }") == ['"b"']
    assert ask("SELECT ?o FROM <b> { ?s ?p ?o }") == ['"b"']
    assert ask("SELECT ?o FROM <b> { GRAPH ?g { ?s ?p ?o } }") == []
    assert ask("SELECT ?o FROM <b> { ?s ?p ?o }", QueryDataset((A,))) == ['"a"']


def test_an_open_store_is_one_union_that_from_still_narrows(store: Store) -> None:
    """Where nothing confines, no list is needed until the query or the protocol gives one."""
    ask = Asker(store, None)
    assert ask("SELECT ?o { ?s ?p ?o }") == ['"a"', '"b"', '"secret"']
    assert ask("SELECT ?o FROM <b> { ?s ?p ?o }") == ['"b"']
    assert ask("SELECT ?o FROM <nowhere> { ?s ?p ?o }") == []
    assert ask("SELECT ?o { ?s ?p ?o }", QueryDataset((), (A,))) == []
    assert len(ask("SELECT ?o FROM <b> FROM <b> { ?s ?p ?o }")) == 1
    assert len(ask("SELECT ?o { ?s ?p ?o }", QueryDataset((A, A), ()))) == 1


def test_a_gap_that_sparql_allows_is_no_error(store: Store) -> None:
    """The engine wants none between some names of functions and their bracket."""
    assert Asker(store, READER)("SELECT ?o { BIND(COALESCE (1, 2) AS ?o) }") != []


def test_a_malformed_query_names_line_and_column(store: Store) -> None:
    """The message says where the text stops being SPARQL."""
    with pytest.raises(QueryError, match='line 2, column 11, instead of: "!", ') as caught:
        run(store, QueryText.read("SELECT *\nWHERE { ?s"), allowed=READER)
    assert caught.value.fields["line"] == 2


def test_a_graph_s_name_that_is_no_iri_is_a_query_error(store: Store) -> None:
    """A protocol parameter that is not an IRI is the asker's mistake."""
    with pytest.raises(QueryError, match="not an IRI"):
        run(store, QueryText.read("ASK {}"), allowed=None, asked=QueryDataset(("not an iri",)))


class Asker:
    """Ask a store as one reader."""

    def __init__(self, store: Store, allowed: QueryDataset | None) -> None:
        """Keep the reader."""
        self.store = store
        self.allowed = allowed

    def __call__(self, query: str, asked: QueryDataset | None = None) -> list[str]:
        """Give every value of the answer."""
        text = QueryText.read(query, BASE)
        return names(run(self.store, text, allowed=self.allowed, asked=asked))

"""What a query may not hold, however it is written, and the dataset it names."""

import time

import pytest
from pyoxigraph import Store

from parvis.errors import QueryError
from parvis.store.dataset import Dataset
from parvis.store.query_text import QueryText, tokens

P = "PREFIX : <http://127.0.0.1:1/> PREFIX service: <http://example.org/> "

SERVICES = [
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { sErViCe SILENT ?x { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } } }",
    "SELECT * { ?s a <http://x>.SERVICE ?s {} }",
    "SELECT * { ?s ?p 'a'SERVICE ?s {} }",
    "SELECT * { ?s ?p 1SERVICE ?x {} }",
    "SELECT * { ?s ?p 1.e1SERVICE ?x {} }",
    "SELECT * { ?s ?p trueSERVICE ?x {} }",
    "SELECT * { ?s ?p ?o BIND(1 AS?x)SERVICE ?x {} }",
    "SELECT * { ?s ?p ?o } #\rSERVICE ?x {}",
    "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE?x#>\n{ ?d ?e ?f } }",
    "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE:x#>\n{ ?d ?e ?f } }",
    P + "SELECT * { SERVICE:y { ?s ?p ?o } }",
    P + "SELECT * { service:y # a comment\n { ?s ?p ?o } }",
    P + "SELECT * { ?s ?p trueSERVICE:y { ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE ?x { ?s ?p ?o } }",
    "SELECT * { ?s ?p '\\u0027 . SERVICE ?x { ?a ?b ?c } #' }",
    'SELECT * { ?s ?p """a""b\\"""""" SERVICE ?x {} }',
    "SELECT * { ?s ?p 'x'@fr SERVICE ?x {} }",
]

INNOCENT = [
    "SELECT ?service { ?service ?p $SERVICE }",
    P + "SELECT * { ?s service:x ?o }",
    P + "SELECT * { ?s a :Service ; :SERVICE ?o . ?o :a.SERVICE ?p }",
    P + "SELECT * { GRAPH service:g { ?s ?p ?o } }",
    "SELECT * { ?s ?p <http://example.org/service> }",
    "SELECT * { ?s ?p <http://example.org/a_(b)/c> }",
    "SELECT * { ?s ?p ?o } # SERVICE ?x {}",
    "SELECT * { ?s ?p 'SERVICE ?x {}' , \"a\\\"SERVICE\" , '''a'b'' SERVICE''' }",
    "SELECT * { ?s ?p _:SERVICE }",
    "SELECT * { VALUES ?x { '''a' } }",
    P + "SELECT * { ?s ?p :a\\-SERVICE , :%41SERVICE }",
    "SELECT * { ?s ?p ?o FILTER(?s<3)FILTER(?o>2) }",
]


@pytest.mark.parametrize("query", SERVICES)
def test_service_is_refused_however_it_is_written(query: str) -> None:
    """No disguise of SERVICE gets past the lexer, even those that only our engine knows."""
    with pytest.raises(QueryError, match="SERVICE"):
        QueryText.read(query)


@pytest.mark.parametrize("query", INNOCENT)
def test_what_only_looks_like_service_is_let_through(query: str) -> None:
    """Variables, names, strings, comments and IRIs may hold the word; the engine agrees."""
    QueryText.read(query)
    Store().query(query)


@pytest.mark.parametrize("verb", ["LOAD <http://x>", "insert data {}", "CLEAR ALL", "WITH <x> X"])
def test_updates_are_refused_by_name(verb: str) -> None:
    """Update is told from a malformed query, after a prologue too."""
    with pytest.raises(QueryError, match="may not change data"):
        QueryText.read(f"PREFIX a: <http://a/> BASE <http://b/> {verb}")


def test_nesting_and_unions_are_bounded() -> None:
    """What would exhaust the engine's stack is refused; brackets in strings do not count."""
    QueryText.read("SELECT * { ?s ?p '" + "(" * 500 + "' }")
    for query in ("ASK " + "{" * 201, "ASK { FILTER" + "(" * 5_000, "ASK {" + "{} UNION " * 1_001):
        with pytest.raises(QueryError, match=r"deeper|more than"):
            QueryText.read(query)


def test_a_string_that_does_not_end_is_refused_where_it_begins() -> None:
    """Nothing can hide behind it."""
    with pytest.raises(QueryError, match="line 2, column 14, a string does not end"):
        QueryText.read("SELECT *\n{ ?s ?p 'a', 'b\n' SERVICE ?x {} }")


def test_a_long_query_is_read_in_time() -> None:
    """Texts made to be slow to cut into tokens are not: 60 kB in a fraction of a second."""
    begun = time.monotonic()
    for piece in ("'''\\", "a-", "a.", "<a", "''' ", '"\\', "?", "x:a..", "<?b)"):
        list(tokens(piece * (60_000 // len(piece))))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("query", "dataset"),
    [
        ("SELECT * { ?s ?p ?o }", None),
        ("SELECT ?from { ?from ?p 'FROM <http://x/a>' } # FROM <http://x/b>", None),
        ("SELECT * FROM <http://x/a> FROM<http://x/b>{}", Dataset(("http://x/a", "http://x/b"))),
        ("select(1 as ?x)from named<http://x/a>{}", Dataset((), ("http://x/a",))),
        ("BASE <http://y/> SELECT * FROM <a> {}", Dataset(("http://y/a",))),
        ("SELECT * FROM <a> {}", Dataset(("http://base/a",))),
        ("PREFIX p: <http://y/> ASK FROM NAMED p:a\\-b {}", Dataset((), ("http://y/a-b",))),
        ("ASK FROM known:a {}", Dataset(("http://known/a",))),
        ("CONSTRUCT { ?s ?p ?o } FROM <http://x/\\u0061> WHERE {}", Dataset(("http://x/a",))),
    ],
)
def test_from_clauses_are_read_as_the_engine_would(query: str, dataset: Dataset | None) -> None:
    """FROM and FROM NAMED are found, resolved against base and prefixes, and nothing else is."""
    read = QueryText.read(query, "http://base/", {"known": "http://known/"})
    assert read.dataset() == dataset

"""Constructs that a query may not contain, the dataset it names, and where it is no SPARQL."""

import pytest
from pyoxigraph import Store

from parvis.errors import QueryError
from parvis.store.query.confinement import run
from parvis.store.query.request import QueryDataset, QueryText


def test_service_is_refused() -> None:
    """Where the text is ambiguous, as the engine reads it."""
    for query in (
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { ?a ?b ?c FILTER(?b<'x>')SERVICE<http://127.0.0.1:1/>{?s ?p ?o}}#'",
        "SELECT * { ?a ?b ?c FILTER(?b<1#>'''\n)SERVICE<http://127.0.0.1:1/>{?s ?p ?o}}#'''",
    ):
        with pytest.raises(QueryError, match="SERVICE is refused"):
            QueryText.read(query)


def test_nesting_and_unions_are_bounded() -> None:
    """Deeper queries would exhaust the engine's stack; brackets in strings do not count."""
    QueryText.read("SELECT * { ?s ?p '" + "(" * 500 + "' }")
    nested = "ASK " + "{" * 201 + "}" * 201
    for query in (nested, "ASK {" + "{} UNION " * 1_001 + "{}}"):
        with pytest.raises(QueryError, match=r"deeper|more than"):
            QueryText.read(query)


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER(" + "1+" * 8_000 + "1) }",
        "ASK { FILTER(" + "?x||" * 8_000 + "?x) }",
        "ASK { ?s " + "<http://x>/" * 5_000 + "<http://x> ?o }",
        "ASK { " + "?s ?p ?o . " * 5_000 + "}",
        "ASK { ?s ?p ?o " + "; ?p ?o " * 5_000 + "}",
        "ASK { " + "MINUS { } " * 4_000 + "}",
        "ASK { " + "BIND(1 AS ?x) " * 4_000 + "}",
        "ASK { ?s ?p ?o " + "{| ?p ?o " * 300 + "|} " * 300 + "}",
        "ASK { FILTER(" + "!" * 10_000 + "1) }",
    ],
)
def test_no_chain_exhausts_the_engines_stack(query: str) -> None:
    """For the engine chains are as deep as brackets, and ended its process."""
    with pytest.raises(QueryError):
        QueryText.read(query)


@pytest.mark.parametrize(
    ("query", "dataset"),
    [
        ("SELECT * { ?s ?p ?o }", None),
        ("SELECT ?from { ?from ?p 'FROM <http://x/a>' } # FROM <http://x/b>", None),
        (
            "SELECT * FROM <http://x/a> FROM<http://x/b>{}",
            QueryDataset(("http://x/a", "http://x/b")),
        ),
        ("select(1 as ?x)from named<http://x/a>{}", QueryDataset((), ("http://x/a",))),
        ("SELECT((1<?d)AS?e)FROM<http://x/a>#>\n{?s ?p ?o}", QueryDataset(("http://x/a",))),
        ("BASE <http://y/> SELECT * FROM <a> {}", QueryDataset(("http://y/a",))),
        ("SELECT * FROM <a> {}", QueryDataset(("http://base/a",))),
        ("PREFIX p: <http://y/> ASK FROM NAMED p:a\\-b {}", QueryDataset((), ("http://y/a-b",))),
        ("ASK FROM known:a {}", QueryDataset(("http://known/a",))),
        ("CONSTRUCT { ?s ?p ?o } FROM <http://x/\\u0061> WHERE {}", QueryDataset(("http://x/a",))),
    ],
)
def test_from_clauses_are_read_as_by_the_engine(query: str, dataset: QueryDataset | None) -> None:
    """FROM and FROM NAMED only, resolved against base and prefixes."""
    query_text = QueryText.read(query, "http://base/", {"known": "http://known/"})
    assert query_text.dataset() == dataset


HERE = "⟦⟧"


@pytest.mark.parametrize(
    "marked",
    [
        f"SELECT *\nWHERE {{\n  ?s ?p {HERE}}}",
        f"SELECT * WHERE {{ ?s ?p {HERE}] }}",
        f"SELECT * WHERE {{ ?s ?p ?o . {HERE}FILTR(?o) }}",
        f"SELECT * {{ ?é {HERE}'deux\\n' }}",
        f"SELECT * {{ ?é a 'deux\\n'@fr {HERE}?x }}",
        f"SELECT * {{\r\n ?s {HERE}}}",
        f"# a comment\nASK {{ ?s ?p ?o }} # and one more\n{HERE}ODER BY ?s # the end",
        f"SELECT * {{ ?s {HERE}foo:bar ?o }}",
        f"ASK {{ FILTER(?x = {HERE}) }}",
        f"ASK {{ BIND(1 + {HERE}AS ?x) }}",
        f"SELECT (SUM(?x) {HERE}?y) {{}}",
        f'ASK {{ ?s ?p "x"^^ {HERE}}}',
        f"ASK {{ ?s ?p ?o {{| ?q {HERE}|}} }}",
        f"{HERE}SELEC * {{}}",
        f"ASK {{ ?s ?p{HERE}",
        HERE,
    ],
)
def test_the_position_is_that_of_the_first_wrong_token(marked: str) -> None:
    """Not of later tokens that the engine has read; in a truncated query it is the end."""
    before, _, after = marked.partition(HERE)
    with pytest.raises(QueryError, match="is not valid SPARQL") as caught:
        run(Store(), QueryText.read(before + after), allowed=None)
    lines = before.split("\n")
    place = (caught.value.fields["line"], caught.value.fields["column"])
    assert place == (len(lines), len(lines[-1]) + 1)

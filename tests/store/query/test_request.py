"""Constructs that a query may not contain, the dataset it names, and where it is no SPARQL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Store

from parvis.errors import QueryError
from parvis.rdf.sparql.parser import tokenise
from parvis.store.query import request
from parvis.store.query.confinement import run
from parvis.store.query.request import QueryDataset, QueryText, is_shallow


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


HIDING = ('"}"', "'}'", '"""}"""', '"\\"}"', "<x)>", "?a<?b", "1<(2)", "# }\n1", "<<( ?s ?p ?o )>>")
"""What may look like a bracket, or hide one."""


@given(st.recursive(st.sampled_from(HIDING), lambda inner: st.lists(inner, max_size=4)))
def test_a_text_that_is_held_to_be_shallow_is_not_deep(parts: "str | list[object]") -> None:
    def write(part: object) -> str:
        inner = " ".join(map(write, part)) if isinstance(part, list) else part
        return f"{{ {inner} }}" if isinstance(part, list) else f"FILTER(?x || {inner} )"

    text, depth, deepest = f"ASK {{ {write(parts)} }}", 0, 0
    try:
        tokens = tokenise(text)
    except QueryError:
        return
    for token in tokens:
        depth += (token.text in {"(", "{", "<<("}) - (token.text in {")", "}", ")>>"})
        deepest = max(deepest, depth)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request, "DEEPEST", deepest - 1)
        assert not is_shallow(text)


def test_a_long_query_of_the_engines_own_is_not_parsed() -> None:
    """Those of shapes are: to tokenise them took a tenth of a check."""
    query = "SELECT * { " + "?s <http://x/#p> ?o FILTER(?o != 'a') ".replace("'", '"') * 150 + "}"
    assert len(query) > request.PLAIN
    assert QueryText.read(query).is_plain
    assert not QueryText.read(query.replace("<http://x/#p>", "<http://x/from>")).is_plain


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

"""Where a query stops being SPARQL."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Store

from parvis.errors import QueryError
from parvis.store.confine import run
from parvis.store.query_text import QueryText, spread, tokens

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
def test_line_and_column_are_of_the_first_token_that_is_wrong(marked: str) -> None:
    """Not of what the engine looked at beyond it; a query that ends too early is wrong there."""
    before, _, after = marked.partition(HERE)
    with pytest.raises(QueryError, match="is not valid SPARQL") as caught:
        run(Store(), QueryText.read(before + after), allowed=None)
    lines = before.split("\n")
    place = (caught.value.fields["line"], caught.value.fields["column"])
    assert place == (len(lines), len(lines[-1]) + 1)


def test_wide_gaps_change_no_query_of_the_suites() -> None:
    """Each of the W3C's queries that the engine parses is parsed in its wide form too."""
    suite = Path(__file__).parents[3] / "shared" / "suites" / "sparql11"
    if not suite.is_dir():
        pytest.skip("the public suites are not here")
    store = Store()
    for file in sorted(suite.rglob("*.rq")):
        text = file.read_text(encoding="utf-8")
        assert parses(store, spread(text)[0]) == parses(store, text), file


def parses(store: Store, text: str) -> bool:
    """Say whether the engine takes a query for SPARQL."""
    try:
        store.query(text, base_iri="http://base.example/")
    except SyntaxError:
        return False
    except RuntimeError:  # a function that it does not know
        return True
    return True


@given(
    text=st.text(st.sampled_from("a:?.\"'\\<>{}()[]|^,;# \n\t1é_@") | st.characters(), max_size=60)
)
def test_the_wide_form_has_the_same_tokens_and_each_place_is_of_one(text: str) -> None:
    """Whatever is sent: gaps are added between tokens, and never within one."""
    wide, places = spread(text)
    assert "".join(wide.split()) == "".join(text.split())
    for there, here in places:
        assert wide[there] == text[here]
    assert [one.value for one in tokens(wide.rstrip(" "))] == [one.value for one in tokens(text)]

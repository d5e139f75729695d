"""The position at which a query stops being SPARQL."""

import pytest
from pyoxigraph import Store

from parvis.errors import QueryError
from parvis.store.query.confinement import run
from parvis.store.query.text import QueryText

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

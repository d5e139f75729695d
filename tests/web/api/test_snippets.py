"""What asks the same question from a program holds the query, whatever stands in it."""

import ast
import json
import shlex

from hypothesis import given
from hypothesis import strategies as st

from parvis.web.api.snippets import snippets
from parvis.web.pages.search import to_query_term

ENDPOINT = "https://pool.test/sparql"
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"))


@given(TEXTS)
def test_a_command_gives_the_query_as_one_word(query: str) -> None:
    """No shell reads anything of it as its own."""
    assert shlex.split(snippets(ENDPOINT, query)["curl"].replace(" \\\n", " ", 1)) == [
        "curl",
        ENDPOINT,
        "-H",
        "Accept: text/csv",
        "--data-urlencode",
        f"query={query}",
    ]


@given(TEXTS)
def test_python_holds_the_query_as_a_literal(query: str) -> None:
    """The program parses, and its query is the query."""
    (assigned,) = (
        one
        for one in ast.walk(ast.parse(snippets(ENDPOINT, query)["Python"]))
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "query"
    )
    assert ast.literal_eval(assigned.value) == query


@given(TEXTS)
def test_r_holds_the_query_as_a_literal(query: str) -> None:
    """Its escapes are among those of R."""
    line = snippets(ENDPOINT, query)["R"].splitlines()[0]
    assert json.loads(line.removeprefix("query <- ")) == query


def test_a_term_is_written_as_the_endpoint_reads_it() -> None:
    """By a published prefix, else whole."""
    assert to_query_term("https://w3id.org/parvis/ns#ageGroup") == "parvis:ageGroup"
    assert to_query_term("https://elsewhere.test/x") == "<https://elsewhere.test/x>"

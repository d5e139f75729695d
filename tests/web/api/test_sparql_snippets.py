"""Code snippets hold the query, whatever its text."""

import ast
import json
import shlex

from hypothesis import given
from hypothesis import strategies as st

from parvis.web.api.sparql import snippets
from parvis.web.pages.search import to_query_term

ENDPOINT = "https://pool.test/sparql"
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"))


@given(TEXTS)
def test_the_curl_command_passes_the_query_as_one_argument(query: str) -> None:
    """No shell interprets any part of it."""
    assert shlex.split(snippets(ENDPOINT, query)["curl"].replace(" \\\n", " ", 1)) == [
        "curl",
        ENDPOINT,
        "-H",
        "Accept: text/csv",
        "--data-urlencode",
        f"query={query}",
    ]


@given(TEXTS)
def test_the_python_snippet_holds_the_query_as_a_literal(query: str) -> None:
    (assignment,) = (
        node
        for node in ast.walk(ast.parse(snippets(ENDPOINT, query)["Python"]))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "query"
    )
    assert ast.literal_eval(assignment.value) == query


@given(TEXTS)
def test_the_r_snippet_holds_the_query_as_a_literal(query: str) -> None:
    """Its escapes are among those of R."""
    line = snippets(ENDPOINT, query)["R"].splitlines()[0]
    assert json.loads(line.removeprefix("query <- ")) == query


def test_a_term_is_written_with_a_published_prefix() -> None:
    """Without prefix, it is written in full."""
    assert to_query_term("https://w3id.org/parvis/ns#ageGroup") == "parvis:ageGroup"
    assert to_query_term("https://elsewhere.test/x") == "<https://elsewhere.test/x>"

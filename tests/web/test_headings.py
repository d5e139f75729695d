"""Headings and numbers of a results page are in its language."""

import re

import pytest
from flask import Flask


@pytest.mark.parametrize(
    ("lang", "headings"),
    [("fr", ["show", "titre", "date", "hall"]), ("en", ["show", "title", "date", "hall"])],
)
def test_columns_of_an_example_query_are_named_in_the_page_language(
    app: Flask, lang: str, headings: list[str]
) -> None:
    """A column without a label keeps its variable; programs find each variable."""
    page = app.test_client().get(f"/{lang}/queries/spectacles").get_data(as_text=True)
    assert re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page) == headings
    assert '<th scope="col" data-name="title"' in page
    answer = app.test_client().get("/queries/spectacles.csv").get_data(as_text=True)
    assert answer.startswith("show,title,date,hall")


@pytest.mark.parametrize(
    ("lang", "expected"), [("fr", ' data-value="27.25">27,25<'), ("en", ">27.25<")]
)
def test_a_number_has_the_decimal_mark_of_the_language(
    app: Flask, lang: str, expected: str
) -> None:
    """Nothing else changes: a year or an identifier has no thousands separator."""
    query = "SELECT (27.25 AS ?price) (20260 AS ?year) { }"
    parameters = {"query": query, "format": "html"}
    page = app.test_client().get(f"/{lang}/sparql", query_string=parameters).get_data(as_text=True)
    assert expected in page
    assert ">20260<" in page

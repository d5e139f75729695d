"""What stands above and in the columns of an answer: words and numbers of the page's language."""

import re

import pytest
from flask import Flask


@pytest.mark.parametrize(
    ("lang", "headings"),
    [("fr", ["show", "titre", "date", "hall"]), ("en", ["show", "title", "date", "hall"])],
)
def test_a_question_s_columns_are_called_as_the_language_has_it(
    app: Flask, lang: str, headings: list[str]
) -> None:
    """What nobody has named keeps its variable, and a program finds each variable."""
    page = app.test_client().get(f"/{lang}/queries/spectacles").get_data(as_text=True)
    assert re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page) == headings
    assert '<th scope="col" data-name="title"' in page
    answer = app.test_client().get("/queries/spectacles.csv").get_data(as_text=True)
    assert answer.startswith("show,title,date,hall")


@pytest.mark.parametrize(
    ("lang", "shown"), [("fr", ' data-value="27.25">27,25<'), ("en", ">27.25<")]
)
def test_a_number_has_the_decimal_mark_of_the_language(app: Flask, lang: str, shown: str) -> None:
    """Nothing else of it is changed: a year, or an identifier, is no count."""
    query = "SELECT (27.25 AS ?price) (20260 AS ?year) { }"
    asked = {"query": query, "format": "html"}
    page = app.test_client().get(f"/{lang}/sparql", query_string=asked).get_data(as_text=True)
    assert shown in page
    assert ">20260<" in page

"""The sentences of an answer: filled with the cells of the result, or not said at all."""

import pytest

from parvis.web.api.answers import say_answer
from parvis.web.api.results import Preview, ResultTerm

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


def make_result(columns: str, *rows: str, cut: bool = False) -> Preview:
    cells = [
        [ResultTerm(w, datatype=INTEGER if w.lstrip("-").isdigit() else None) for w in row.split()]
        for row in rows
    ]
    return Preview("bindings", tuple(columns.split()), cells, cut=cut)


RESULT = make_result("area entries month", "Laval 1200 2025-03", "Estrie 1 2025-04")


@pytest.mark.parametrize(
    ("template", "french", "english"),
    [
        ("{area}, {area.2}, {area.last}", "Laval, Estrie, Estrie", "Laval, Estrie, Estrie"),
        ("{area@entries}, {area@-entries}", "Laval, Estrie", "Laval, Estrie"),
        ("{entries|e|es}", "1\u00a0200\u00a0es", "1,200\u00a0es"),
        ("{entries.2|e|es}", "1\u00a0e", "1\u00a0e"),
        ("{rows|r|rs}", "2\u00a0rs", "2\u00a0rs"),
        ("{month}", "mars 2025", "March 2025"),
        ("{~area}", "laval", "laval"),
        ("{entries$}", "1200,00\u00a0$", "$1200.00"),
    ],
)
def test_a_field_says_a_cell_as_the_language_writes_it(
    template: str, french: str, english: str
) -> None:
    """By row, by the greatest or the least figure; a number with its noun."""
    assert say_answer(RESULT, template, "fr").replace("\u202f", "\u00a0") == french
    assert say_answer(RESULT, template, "en") == english


def test_the_plural_begins_at_two_in_french_and_after_one_in_english() -> None:
    none = make_result("area entries", "Laval 0")
    assert say_answer(none, "{entries|entrée|entrées}", "fr") == "0\u00a0entrée"
    assert say_answer(none, "{entries|entry|entries}", "en") == "0\u00a0entries"


def test_contributors_are_at_least_so_many() -> None:
    result = make_result("partners", "5+")
    assert say_answer(result, "{partners}", "fr") == "au moins 5"
    assert say_answer(result, "{partners}", "en") == "at least 5"


@pytest.mark.parametrize(
    ("result", "template"),
    [
        (make_result("area entries"), "{area}"),
        (RESULT, "{area.3}"),
        (RESULT, "{unknown}"),
        (make_result("area entries", "Laval x"), "{area@entries}"),
        (make_result("area entries", "Laval 3", cut=True), "{area@entries}"),
        (make_result("area entries", "Laval 3", cut=True), "{rows|r|rs}"),
        (Preview("boolean", truth=True), "{area}"),
    ],
    ids=["no row", "fewer rows", "no column", "no figure", "cut", "cut rows", "yes or no"],
)
def test_nothing_is_said_that_the_result_does_not_hold(result: Preview, template: str) -> None:
    """Of a result that is cut, neither the greatest nor the number of rows is known."""
    assert say_answer(result, f"Ici : {template}.", "fr") == ""

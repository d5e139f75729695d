"""The sentences of an answer: filled with the cells of the result, or not said at all."""

import pytest

from parvis.web.api.answers import say_answer, say_scope
from parvis.web.api.parameters import CodeListParameter
from parvis.web.api.results import Preview, ResultTerm

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


def make_result(columns: str, *rows: str, cut: bool = False) -> Preview:
    cells = [
        [ResultTerm(w, datatype=INTEGER if w.lstrip("-").isdigit() else None) for w in row.split()]
        for row in rows
    ]
    return Preview("bindings", tuple(columns.split()), cells, cut=cut)


def say(result: Preview, template: str, lang: str) -> str:
    return say_answer(result, [template], lang)


RESULT = make_result("area entries month", "Laval 1200 2025-04", "Estrie 1 2025-05")


@pytest.mark.parametrize(
    ("template", "french", "english"),
    [
        ("{area}, {area.2}, {area.last}", "Laval, Estrie, Estrie", "Laval, Estrie, Estrie"),
        ("{area@entries}, {area@-entries}", "Laval, Estrie", "Laval, Estrie"),
        ("{entries|e|es}", "1\u00a0200\u00a0es", "1,200\u00a0es"),
        ("{entries.2|e|es}", "1\u00a0e", "1\u00a0e"),
        ("{rows|r|rs}", "2\u00a0rs", "2\u00a0rs"),
        ("{=rows|It is|The first}", "The first", "The first"),
        ("{+entries|e|es}", "1\u00a0201\u00a0es", "1,201\u00a0es"),
        ("{#area|a|as}", "2\u00a0as", "2\u00a0as"),
        ("{month}", "avril 2025", "April 2025"),
        ("{de month}", "d’avril 2025", "April 2025"),
        ("{de month.2}", "de mai 2025", "May 2025"),
        ("{~area}", "laval", "laval"),
        ("{entries$}", "1200,00\u00a0$", "$1200.00"),
    ],
)
def test_a_field_says_a_cell_as_the_language_writes_it(
    template: str, french: str, english: str
) -> None:
    """By row, by the greatest or the least figure; a number with its noun."""
    assert say(RESULT, template, "fr").replace("\u202f", "\u00a0") == french
    assert say(RESULT, template, "en") == english


def test_an_instant_is_said_with_its_hour_or_as_a_day() -> None:
    instant = "http://www.w3.org/2001/XMLSchema#dateTime"
    cell = ResultTerm("2026-12-01T19:30:00-05:00", datatype=instant)
    result = Preview("bindings", ("start",), [[cell]])
    hour = "19\u00a0h\u00a030"
    assert say(result, "Le {start}.", "fr").replace(" h ", "\u00a0h\u00a0") == (
        f"Le 1er décembre 2026 à {hour}."
    )
    assert say(result, "On {start:day}.", "en") == "On December 1, 2026."
    # The full stop of an abbreviation ends the sentence.
    assert say(result, "On {start}.", "en").endswith("p.m.")


def test_the_plural_begins_at_two_in_french_and_after_one_in_english() -> None:
    none = make_result("area entries", "Laval 0")
    assert say(none, "{entries|entrée|entrées}", "fr") == "0\u00a0entrée"
    assert say(none, "{entries|entry|entries}", "en") == "0\u00a0entries"


def test_contributors_are_at_least_so_many() -> None:
    result = make_result("partners", "5+")
    assert say(result, "{partners|partenaire|partenaires}", "fr") == ("au moins 5\u00a0partenaires")
    assert say(result, "{partners}", "en") == "at least 5"


@pytest.mark.parametrize(
    ("result", "template"),
    [
        (make_result("area entries"), "{area}"),
        (make_result("area entries"), "Une entrée n’est pas une personne."),
        (RESULT, "{area.3}"),
        (RESULT, "{area.only}"),
        (RESULT, "{unknown}"),
        (RESULT, "{+month|m|ms}"),
        (RESULT, "{yes}"),
        (make_result("area entries", "Laval x", "Estrie y"), "{area@entries}"),
        (make_result("area entries", "Laval 3"), "{area@entries}"),
        (make_result("area entries", "Laval 3", "Estrie 3"), "{area@entries}"),
        (make_result("area entries", "Laval 3", "Estrie 1", cut=True), "{area@entries}"),
        (make_result("area entries", "Laval 3", cut=True), "{rows|r|rs}"),
        (make_result("area entries", "Laval 3", cut=True), "{+entries|r|rs}"),
        (make_result("area entries", "Laval 3", cut=True), "{area.only}"),
        (Preview("boolean", truth=True), "{area}"),
        (Preview("boolean", truth=True), "{no}"),
    ],
)
def test_nothing_is_said_that_the_result_does_not_hold(result: Preview, template: str) -> None:
    """Neither of a part of the rows, nor a greatest figure of one row or of several equal ones."""
    assert say(result, f"Ici : {template}.", "fr") == ""


def test_the_rows_of_a_limited_query_are_not_counted() -> None:
    """There may be more; the first row is what the query orders."""
    sentences = ["{rows|région|régions}.", "{area} est en tête."]
    for query, expected in (
        ("SELECT * {} LIMIT 3", "2\u00a0régions. Laval est en tête."),
        ("SELECT * {}\nlimit 2\n", "Laval est en tête."),
    ):
        assert say_answer(RESULT, sentences, "fr", query=query) == expected


def test_an_answer_is_the_first_two_sentences_that_can_be_said() -> None:
    sentences = ["{area.only} seule.", "{area} d’abord.", "{area.2} ensuite.", "Voilà."]
    assert say_answer(RESULT, sentences, "fr") == "Laval d’abord. Estrie ensuite."
    single = make_result("area entries", "Laval 3")
    assert say_answer(single, sentences, "fr") == "Laval seule. Laval d’abord."


def test_yes_or_no_is_said_as_it_is() -> None:
    sentences = ["{yes}\u00a0: ici.", "{no}\u00a0: ailleurs."]
    for truth, expected in ((True, "Oui\u00a0: ici."), (False, "Non\u00a0: ailleurs.")):
        assert say_answer(Preview("boolean", truth=truth), sentences, "fr") == expected


def test_a_choice_is_said_before_the_sentences() -> None:
    """A sentence about a part of the data says which part."""
    theatre = ("theatre", {"fr": "Théâtre", "en": "Theatre"})
    chosen = [
        CodeListParameter("discipline", {}, (theatre,), "theatre"),
        CodeListParameter("audience", {}, (theatre,)),
        CodeListParameter("from", {}, (), "2026-12-01"),
        CodeListParameter("until", {}, (), "2027-01-31"),
    ]
    scope = say_scope(chosen, "fr")
    assert scope == (
        "Pour «\u00a0Théâtre\u00a0», à compter du 1er décembre 2026, jusqu’au 31 janvier 2027"
    )
    assert say_answer(RESULT, ["La première est {area}."], "fr", parameters=chosen) == (
        f"{scope}\u00a0: la première est Laval."
    )
    assert say_answer(RESULT, ["{area} est la première."], "en", parameters=chosen[:1]) == (
        "For “Theatre”: Laval est la première."
    )
    assert say_scope(chosen[1:2], "fr") == ""


def test_a_single_row_that_names_the_choice_does_not_say_it_twice() -> None:
    """A sentence on several rows does: it would be taken for one of all data."""
    laval = CodeListParameter("area", {}, (("13", {"fr": "Laval", "en": "Laval"}),), "13")
    single = make_result("area entries", "Laval 3")
    sentences = ["{area.only} compte {entries.only|entrée|entrées}.", "{area} est en tête."]
    assert say_answer(single, sentences[:1], "fr", parameters=[laval]) == (
        "Laval compte 3\u00a0entrées."
    )
    assert say_answer(RESULT, sentences, "fr", parameters=[laval]) == (
        "Pour «\u00a0Laval\u00a0»\u00a0: Laval est en tête."
    )

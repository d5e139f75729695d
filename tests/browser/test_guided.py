"""Guided search in a browser: a query by clicks alone, its answer, its language."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Open

OWN = "console: The requested property null is unknown in the configuration."
"""What the widget says to itself when a first class is chosen."""


@pytest.mark.parametrize(
    "words",
    [
        ("fr", "événement", "Disciplines", "Danse", "Demander"),
        ("en", "event", "Disciplines", "Dance", "Ask"),
    ],
    ids=["fr", "en"],
)
def test_a_question_is_put_together_by_clicks(
    newcomer: Open, words: tuple[str, str, str, str, str]
) -> None:
    """What, linked to what, with which value: rows come, all of that value."""
    lang, kind, leads, value, ask = words
    watched = newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}{lang}/")
    tab.locator("main a[href$='/search/guided']").click()
    chosen = tab.locator(".item-label:visible")
    chosen.get_by_text(kind, exact=True).click()
    chosen.get_by_text(leads, exact=True).click()
    tab.locator(".select2-selection").click()
    tab.locator(".select2-results__option").get_by_text(value, exact=True).click()
    query = tab.locator("textarea[name=query]")
    expect(query).to_have_value(re.compile(r"parvis:discipline .*/discipline/dance>", re.DOTALL))
    tab.get_by_role("button", name=ask).click()
    rows = tab.get_by_role("table").locator("tbody tr")
    expect(rows.nth(10)).to_be_visible()
    assert [one for one in watched.faults if not one.startswith(OWN)] == []


def test_kinds_of_values_are_called_as_the_page_speaks(newcomer: Open) -> None:
    """In the list and once chosen: the widget knows English words for them only."""
    watched = newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/search/guided")
    for choice in ("événement", "une date"):
        tab.locator(".item-label:visible").get_by_text(choice, exact=True).click()
    expect(tab.locator(".current .label").get_by_text("une date", exact=True)).to_be_visible()


def test_what_things_are_called_stays_a_text(newcomer: Open) -> None:
    """Signs of HTML in a label are none in the list, nor once chosen; other signs stand."""
    label = {"type": "literal", "value": "<img src=x onerror=alert(1)&gt; & Co&lt;b>"}
    row = {"value": {"type": "uri", "value": "http://x.example/1"}, "label": label}
    answer = {"head": {"vars": [*row]}, "results": {"bindings": [row]}}

    def told(route: Route) -> None:
        route.fulfill(content_type="application/sparql-results+json", body=json.dumps(answer))

    watched = newcomer()
    tab = watched.tab
    tab.route(re.compile(r"/sparql$"), told)
    tab.goto(f"{watched.home}en/search/guided")
    for choice in ("event", "Disciplines"):
        tab.locator(".item-label:visible").get_by_text(choice, exact=True).click()
    tab.locator(".select2-selection").click()
    tab.locator(".select2-results__option").get_by_text("onerror").click()
    expect(tab.locator(".CriteriaGroup").get_by_text("onerror")).to_contain_text("& Co")
    assert tab.locator("spar-natural img, spar-natural b").count() == 0
    assert [one for one in watched.faults if not one.startswith(OWN)] == []

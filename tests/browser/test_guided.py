"""Guided search in a browser: a query by clicks only, its results, its language."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Open

WIDGET_WARNING = "console: The requested property null is unknown in the configuration."
"""A warning of the widget when a first class is chosen."""


@pytest.mark.parametrize(
    "labels",
    [
        ("fr", "événement", "Disciplines", "Danse", "Demander"),
        ("en", "event", "Disciplines", "Dance", "Ask"),
    ],
    ids=["fr", "en"],
)
def test_a_query_is_built_by_clicks(
    open_as_newcomer: Open, labels: tuple[str, str, str, str, str]
) -> None:
    """A class, a property, a value: the results all have that value."""
    lang, kind, property_label, value, run_label = labels
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}{lang}/")
    tab.locator("main a[href$='/search/guided']").click()
    chosen = tab.locator(".item-label:visible")
    chosen.get_by_text(kind, exact=True).click()
    chosen.get_by_text(property_label, exact=True).click()
    tab.locator(".select2-selection").click()
    tab.locator(".select2-results__option").get_by_text(value, exact=True).click()
    query = tab.locator("textarea[name=query]")
    expect(query).to_have_value(re.compile(r"parvis:discipline .*/discipline/dance>", re.DOTALL))
    tab.get_by_role("button", name=run_label).click()
    rows = tab.get_by_role("table").locator("tbody tr")
    expect(rows.nth(10)).to_be_visible()
    assert [fault for fault in watched.faults if not fault.startswith(WIDGET_WARNING)] == []


def test_kinds_of_values_are_named_in_the_page_language(open_as_newcomer: Open) -> None:
    """In the list and once chosen: the widget itself has only English labels."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/search/guided")
    for choice in ("événement", "une date"):
        tab.locator(".item-label:visible").get_by_text(choice, exact=True).click()
    expect(tab.locator(".current .label").get_by_text("une date", exact=True)).to_be_visible()


def test_markup_in_a_label_is_escaped(open_as_newcomer: Open) -> None:
    """In the list and once chosen; other signs stay."""
    label = {"type": "literal", "value": "<img src=x onerror=alert(1)&gt; & Co&lt;b>"}
    row = {"value": {"type": "uri", "value": "http://x.example/1"}, "label": label}
    answer = {"head": {"vars": [*row]}, "results": {"bindings": [row]}}

    def fulfill(route: Route) -> None:
        route.fulfill(content_type="application/sparql-results+json", body=json.dumps(answer))

    watched = open_as_newcomer()
    tab = watched.tab
    tab.route(re.compile(r"/sparql$"), fulfill)
    tab.goto(f"{watched.home}en/search/guided")
    for choice in ("event", "Disciplines"):
        tab.locator(".item-label:visible").get_by_text(choice, exact=True).click()
    tab.locator(".select2-selection").click()
    tab.locator(".select2-results__option").get_by_text("onerror").click()
    expect(tab.locator(".CriteriaGroup").get_by_text("onerror")).to_contain_text("& Co")
    assert tab.locator("spar-natural img, spar-natural b").count() == 0
    assert [fault for fault in watched.faults if not fault.startswith(WIDGET_WARNING)] == []

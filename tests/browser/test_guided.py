"""Guided search in a browser: by keys alone, and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open


@pytest.mark.parametrize(
    ("lang", "labels"),
    [
        ("fr", ("Je cherche", "Continuer", "Propriété", "Valeur", "Appliquer", "Danse")),
        ("en", ("I look for", "Continue", "Property", "Value", "Apply", "Dance")),
    ],
)
def test_a_table_is_reached_by_keys(
    open_as_newcomer: Open, lang: str, labels: tuple[str, ...]
) -> None:
    """Each list is reached with the tabulator and chosen by typing; Enter sends the form."""
    kind, proceed, property_label, value_label, apply, dance = labels
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}{lang}/search/guided")
    chosen = tab.get_by_label(kind, exact=True)
    chosen.focus()
    chosen.select_option("event")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("button", name=proceed)).to_be_focused()
    tab.keyboard.press("Enter")
    tab.get_by_label(property_label, exact=True).select_option("discipline")
    tab.get_by_role("button", name=apply).focus()
    tab.keyboard.press("Enter")
    values = tab.get_by_label(value_label, exact=True)
    label = values.locator("option", has_text=dance).first.inner_text()
    values.select_option(label=label)
    tab.get_by_role("button", name=apply).focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("table").locator("tbody tr").nth(10)).to_be_visible()
    assert watched.faults == []

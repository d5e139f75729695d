"""The SPARQL editor in a browser: French words, keys, code snippets."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browser.conftest import Open, WatchedTab


def type_query(open_as_newcomer: Open, query: str, lang: str = "fr") -> WatchedTab:
    """Open the page of the endpoint, and type a query in the editor."""
    watched = open_as_newcomer()
    watched.tab.goto(f"{watched.home}{lang}/sparql")
    watched.tab.locator(".CodeMirror").click()
    watched.tab.keyboard.press("ControlOrMeta+a")
    watched.tab.keyboard.type(query)
    return watched


def read_query(tab: Tab) -> str:
    """Read the query that the form would send."""
    return str(tab.locator("textarea[name=query]").input_value())


@pytest.mark.parametrize(
    ("word", "term"),
    [("evenement", "schema:Event"), ("tranche", "parvis:ageGroup")],
)
def test_a_french_word_completes_to_a_term(open_as_newcomer: Open, word: str, term: str) -> None:
    """The editor lists names and labels while typing, and inserts the chosen name."""
    watched = type_query(open_as_newcomer, f"SELECT * {{ ?s a {word}")
    hints = watched.tab.locator(".CodeMirror-hint")
    hints.filter(has_text=f"{term} ·").click()
    assert read_query(watched.tab) == f"SELECT * {{ ?s a {term}"
    assert watched.faults == []


def test_the_french_editor_shows_no_english_hint(open_as_newcomer: Open) -> None:
    """The editor's own, which comes as a variable is typed."""
    watched = type_query(open_as_newcomer, "SELECT ?event { ?ev")
    watched.tab.wait_for_timeout(500)
    editor = watched.tab.locator(".editor")
    assert "Press" not in editor.inner_text()
    assert "autocomplete" not in editor.inner_text()
    assert watched.faults == []


def test_a_query_is_run_by_keys_and_has_a_permanent_address(open_as_newcomer: Open) -> None:
    """Ctrl-Enter runs it; the address holds the query, and returns files to programs."""
    query = "SELECT ?event { ?event a schema:TheaterEvent } LIMIT 7"
    watched = type_query(open_as_newcomer, query, "en")
    tab = watched.tab
    with tab.expect_navigation():
        tab.keyboard.press("ControlOrMeta+Enter")
    assert parse_qs(urlsplit(tab.url).query)["query"] == [query]
    expect(tab.get_by_role("table").locator("tbody tr")).to_have_count(7)
    # The editor knows the published prefixes.
    expect(tab.locator(".parseErrorIcon")).to_have_count(0)
    expect(tab.get_by_text("Answered in")).to_be_visible()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert watched.faults == []


def test_a_code_snippet_can_be_copied(open_as_newcomer: Open) -> None:
    watched = open_as_newcomer()
    watched.tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched.tab.goto(f"{watched.home}en/sparql?query=SELECT%20*%20%7B%7D")
    watched.tab.get_by_text("curl", exact=True).click()
    watched.tab.get_by_role("button", name="Copy").first.click()
    watched.tab.get_by_role("button", name="Copied").wait_for()
    copied = watched.tab.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl {watched.home}sparql -H 'Accept: text/csv'")


def test_the_keyboard_can_leave_the_editor(open_as_newcomer: Open) -> None:
    """Tab moves to the next field, and back."""
    watched = type_query(open_as_newcomer, "ASK {}")
    tab = watched.tab
    tab.keyboard.press("Escape")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "format"
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("document.activeElement.closest('.CodeMirror') !== null")

"""The SPARQL editor in a browser: words in French, keys, what asks the same from a program."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browser.conftest import Open, Watched


def editing(newcomer: Open, query: str, lang: str = "fr") -> Watched:
    """Open the page of the endpoint, and type a query in the editor."""
    watched = newcomer()
    watched.tab.goto(f"{watched.home}{lang}/sparql")
    watched.tab.locator(".CodeMirror").click()
    watched.tab.keyboard.press("ControlOrMeta+a")
    watched.tab.keyboard.type(query)
    return watched


def written(tab: Tab) -> str:
    """Read what the form would send."""
    return str(tab.locator("textarea[name=query]").input_value())


@pytest.mark.parametrize(
    ("word", "term"),
    [("evenement", "schema:Event"), ("tranche", "parvis:ageGroup")],
)
def test_a_french_word_finds_the_term_to_write(newcomer: Open, word: str, term: str) -> None:
    """Names and labels are listed as one types; the one that is chosen is written."""
    watched = editing(newcomer, f"SELECT * {{ ?s a {word}")
    hints = watched.tab.locator(".CodeMirror-hint")
    hints.filter(has_text=f"{term} ·").click()
    assert written(watched.tab) == f"SELECT * {{ ?s a {term}"
    assert watched.faults == []


def test_a_query_is_asked_by_keys_and_its_address_stays(newcomer: Open) -> None:
    """Ctrl-Enter asks; the address holds the query, and programs get the same from it."""
    query = "SELECT ?event { ?event a schema:TheaterEvent } LIMIT 7"
    watched = editing(newcomer, query, "en")
    tab = watched.tab
    with tab.expect_navigation():
        tab.keyboard.press("ControlOrMeta+Enter")
    assert parse_qs(urlsplit(tab.url).query)["query"] == [query]
    expect(tab.get_by_role("table").locator("tbody tr")).to_have_count(7)
    expect(tab.locator(".parseErrorIcon")).to_have_count(0)  # published prefixes are known
    expect(tab.get_by_text("Answered in")).to_be_visible()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert watched.faults == []


def test_what_asks_the_same_is_copied(newcomer: Open) -> None:
    """A command, for instance."""
    watched = newcomer()
    watched.tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched.tab.goto(f"{watched.home}en/sparql?query=SELECT%20*%20%7B%7D")
    watched.tab.get_by_text("curl", exact=True).click()
    watched.tab.get_by_role("button", name="Copy").first.click()
    watched.tab.get_by_role("button", name="Copied").wait_for()
    copied = watched.tab.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl {watched.home}sparql -H 'Accept: text/csv'")


def test_the_keyboard_goes_through_the_editor(newcomer: Open) -> None:
    """Tab leaves it for what follows, and comes back."""
    watched = editing(newcomer, "ASK {}")
    tab = watched.tab
    tab.keyboard.press("Escape")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "format"
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("document.activeElement.closest('.CodeMirror') !== null")

"""Journeys from the home page: by clicks only, by keys only, without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.conftest import PHONE, Open
from tests.browser.pages import ReaderName


def follow_links(tab: Tab, *links: str) -> None:
    """Follow links by their names, one page after another."""
    for name in links:
        tab.get_by_role("link", name=name, exact=True).first.click()
        tab.wait_for_load_state()


def test_a_researcher_gets_results_their_query_and_a_file(open_as_newcomer: Open) -> None:
    """From the home page: an example query, its table, its SPARQL, a workbook."""
    watched = open_as_newcomer()
    tab = watched.tab
    follow_links(
        tab,
        "Questions",
        "How many entries do the partners count together, by the region where audiences live?",
    )
    assert tab.get_by_role("table").locator("tbody tr").count() > 5
    with tab.expect_download() as download:
        tab.get_by_role("link", name="XLSX").first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
    follow_links(tab, "Change the query")
    tab.get_by_role("button", name="Run").click()
    tab.get_by_role("table").locator("tbody tr").nth(5).wait_for()
    assert watched.faults == []


def test_a_researcher_finds_a_dataset_and_downloads_it(open_as_newcomer: Open) -> None:
    """From the home page: the catalogue, a dataset, its access, its file."""
    watched = open_as_newcomer()
    tab = watched.tab
    follow_links(tab, "Catalogue", "2026-2027 programme (invented)")
    assert tab.get_by_text("Everyone may read it").first.is_visible()
    with tab.expect_download() as download:
        tab.locator("a[href$='.xlsx']").first.click()
    assert download.value.suggested_filename == "theatre-lanterne-programmation.xlsx"
    assert watched.faults == []


def test_a_partner_sees_what_it_gave_and_received_and_decisions(
    open_as_newcomer: Open, tokens: dict[ReaderName, str]
) -> None:
    """From the home page: signing in, its own page, decisions on other datasets, signing out."""
    watched = open_as_newcomer()
    tab = watched.tab
    follow_links(tab, "Sign in")
    tab.get_by_label("Your token").fill(tokens["member"])
    tab.get_by_role("button", name="Sign in").click()
    follow_links(tab, "Catalogue", "Théâtre de la Lanterne (invented)")
    for heading in ("Given → received", "What the others’ datasets allow you"):
        assert tab.get_by_role("heading", name=heading).is_visible()
    assert tab.get_by_role("cell", name="No", exact=True).first.is_visible()
    tab.get_by_role("button", name="Sign out").click()
    tab.get_by_role("link", name="Sign in").wait_for()
    assert watched.faults == []


def test_the_steward_finds_the_certificate_of_a_deletion(
    open_as_newcomer: Open, tokens: dict[ReaderName, str]
) -> None:
    """From the home page: signing in, stewardship, deletions, a certificate."""
    watched = open_as_newcomer()
    tab = watched.tab
    follow_links(tab, "Sign in")
    tab.get_by_label("Your token").fill(tokens["steward"])
    tab.get_by_role("button", name="Sign in").click()
    follow_links(tab, "Stewardship")
    tab.locator("summary", has_text="Journal").click()
    follow_links(tab, "Deletions", "certificate")
    assert tab.get_by_text("SHA-256").first.is_visible()
    assert watched.faults == []


def list_tab_stops(tab: Tab, limit: int = 200) -> Iterator[str]:
    """Press Tab through a page, and yield the name of each focused element."""
    for _ in range(limit):
        tab.keyboard.press("Tab")
        yield str(tab.evaluate(PLACE))


PLACE = """() => {
  const here = document.activeElement, shown = here.closest(".CodeMirror") ?? here;
  const style = getComputedStyle(shown);
  if (here === document.body) return "";
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)
    return `not seen: ${here.outerHTML.slice(0, 120)}`;
  return here.innerText || here.getAttribute("aria-label") || here.id || here.tagName;
}"""


def follow_by_keys(tab: Tab, name: str) -> None:
    """Press Tab to an element by its name, then Enter; each focused element must be visible."""
    for place in list_tab_stops(tab):
        assert not place.startswith("not seen"), place
        if place.strip() == name:
            with tab.expect_navigation():
                tab.keyboard.press("Enter")
            return
    pytest.fail(f"no way to {name} by keys")


def test_results_are_reached_by_keys_only(open_as_newcomer: Open) -> None:
    """Past the header by the skip link; each focused element shows its focus."""
    watched = open_as_newcomer(scripts=True)
    tab = watched.tab
    assert next(list_tab_stops(tab)) == "Skip to the content"
    tab.keyboard.press("Enter")
    follow_by_keys(tab, "Questions")
    follow_by_keys(
        tab, "How many entries do the partners count together, by the region where audiences live?"
    )
    follow_by_keys(tab, "Change the query")
    follow_by_keys(tab, "Run")
    tab.get_by_role("table").locator("tbody tr").nth(5).wait_for()
    assert watched.faults == []


def test_search_and_query_work_without_scripts_on_a_phone(open_as_newcomer: Open) -> None:
    """Search, a result, and a query in the plain form with its answer."""
    watched = open_as_newcomer(scripts=False, size=PHONE)
    tab = watched.tab
    tab.get_by_role("searchbox").fill("théâtre")
    tab.keyboard.press("Enter")
    tab.locator(".found li").first.wait_for()
    follow_links(tab, "SPARQL")
    tab.get_by_label("Query").fill("ASK { ?event a schema:TheaterEvent }")
    tab.get_by_role("button", name="Run").click()
    tab.get_by_text("Yes", exact=True).wait_for()
    assert watched.faults == []

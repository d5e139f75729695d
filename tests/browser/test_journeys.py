"""Journeys from the home page: by clicks alone, by keys alone, without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.conftest import PHONE, Open
from tests.browser.pages import ReaderName


def click(tab: Tab, *links: str) -> None:
    """Follow links, each by its name, one page after another."""
    for name in links:
        tab.get_by_role("link", name=name, exact=True).first.click()
        tab.wait_for_load_state()


def test_a_researcher_comes_to_an_answer_its_query_and_its_file(newcomer: Open) -> None:
    """From the home page: a ready question, its table, its SPARQL, a workbook."""
    watched = newcomer()
    tab = watched.tab
    click(
        tab,
        "Ready questions",
        "How many people do all partners together meet in each region (invented figures)?",
    )
    assert tab.get_by_role("table").locator("tbody tr").count() > 5
    with tab.expect_download() as download:
        tab.get_by_role("link", name="XLSX").first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
    click(tab, "Change it")
    tab.get_by_role("button", name="Ask").click()
    tab.get_by_role("table").locator("tbody tr").nth(5).wait_for()
    assert watched.faults == []


def test_a_researcher_finds_a_dataset_and_takes_it_away(newcomer: Open) -> None:
    """From the home page: the catalogue, a dataset, who may read it, its file."""
    watched = newcomer()
    tab = watched.tab
    click(tab, "Catalogue", "2026-2027 programme (invented)")
    assert tab.get_by_text("Everyone may read it").first.is_visible()
    with tab.expect_download() as download:
        tab.locator("a[href$='.xlsx']").first.click()
    assert download.value.suggested_filename == "theatre-lanterne-programmation.xlsx"
    assert watched.faults == []


def test_a_partner_sees_what_it_gave_and_received_and_why_not(
    newcomer: Open, tokens: dict[ReaderName, str]
) -> None:
    """From the home page: signing in, its own page, a dataset of another, signing out."""
    watched = newcomer()
    tab = watched.tab
    click(tab, "Sign in")
    tab.get_by_label("Your token").fill(tokens["member"])
    tab.get_by_role("button", name="Sign in").click()
    click(tab, "Catalogue", "Théâtre de la Lanterne (invented)")
    for heading in ("Given → received", "What the others’ datasets allow you"):
        assert tab.get_by_role("heading", name=heading).is_visible()
    assert tab.get_by_role("cell", name="No", exact=True).first.is_visible()
    tab.get_by_role("button", name="Sign out").click()
    tab.get_by_role("link", name="Sign in").wait_for()
    assert watched.faults == []


def test_the_steward_comes_to_the_proof_of_a_deletion(
    newcomer: Open, tokens: dict[ReaderName, str]
) -> None:
    """From the home page: signing in, watching over the pool, its deletions, a certificate."""
    watched = newcomer()
    tab = watched.tab
    click(tab, "Sign in")
    tab.get_by_label("Your token").fill(tokens["steward"])
    tab.get_by_role("button", name="Sign in").click()
    click(tab, "Watch over", "Deletions", "certificate")
    assert tab.get_by_text("SHA-256").first.is_visible()
    assert watched.faults == []


def steps(tab: Tab, most: int = 200) -> Iterator[str]:
    """Press Tab through a page; gives the name of each place, until the page begins again."""
    for _ in range(most):
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


def go(tab: Tab, name: str) -> None:
    """Press Tab until a place of some name, then Enter; every place on the way is seen."""
    for place in steps(tab):
        assert not place.startswith("not seen"), place
        if place.strip() == name:
            with tab.expect_navigation():
                tab.keyboard.press("Enter")
            return
    pytest.fail(f"no way to {name} by keys")


def test_an_answer_is_reached_by_keys_alone(newcomer: Open) -> None:
    """Past the header by the skip link; each place on the way shows that it is there."""
    watched = newcomer(scripts=True)
    tab = watched.tab
    assert next(steps(tab)) == "Skip to the content"
    tab.keyboard.press("Enter")
    go(tab, "Ready questions")
    go(tab, "How many people do all partners together meet in each region (invented figures)?")
    go(tab, "Change it")
    go(tab, "Ask")
    tab.get_by_role("table").locator("tbody tr").nth(5).wait_for()
    assert watched.faults == []


def test_a_file_is_reached_without_scripts_on_a_phone(newcomer: Open) -> None:
    """Search, a thing that is found, a question, its query in the plain form, its answer."""
    watched = newcomer(scripts=False, size=PHONE)
    tab = watched.tab
    tab.get_by_role("searchbox").fill("théâtre")
    tab.keyboard.press("Enter")
    tab.locator(".found li").first.wait_for()
    click(tab, "SPARQL")
    tab.get_by_label("Query").fill("ASK { ?event a schema:TheaterEvent }")
    tab.get_by_role("button", name="Ask").click()
    tab.get_by_text("Yes", exact=True).wait_for()
    assert watched.faults == []

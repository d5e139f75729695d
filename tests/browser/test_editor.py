"""The SPARQL workbench in a browser: completion, errors, forms of an answer, history."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Open, WatchedTab


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
    assert tab.evaluate("document.activeElement.innerText") == "Exécuter"
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("document.activeElement.closest('.CodeMirror') !== null")


def read_hints(tab: Tab) -> list[str]:
    """Wait for the hints of the editor, and read them."""
    tab.locator(".CodeMirror-hint").first.wait_for()
    return tab.locator(".CodeMirror-hint").all_inner_texts()


def test_after_a_the_classes_are_proposed_the_most_frequent_first(open_as_newcomer: Open) -> None:
    """With their labels in the language of the page, and how many entities they have."""
    watched = type_query(open_as_newcomer, "SELECT * { ?s a ")
    hints = read_hints(watched.tab)
    assert any(hint.startswith("schema:TheaterEvent · ") for hint in hints)
    counts = [int("".join(filter(str.isdigit, hint.rpartition("(")[2]))) for hint in hints[:5]]
    assert counts == sorted(counts, reverse=True)
    assert watched.faults == []


def test_after_a_subject_the_properties_of_its_class_are_proposed(open_as_newcomer: Open) -> None:
    """By keys, without a letter; of a class that is stated below too."""
    query = "SELECT * {\n?s a schema:TheaterEvent ; \n}"
    watched = type_query(open_as_newcomer, query)
    tab = watched.tab
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("End")
    tab.keyboard.press("Control+Space")
    hints = read_hints(tab)
    assert any(hint.startswith("schema:location · lieu") for hint in hints)
    assert not any("qb:dataSet" in hint for hint in hints)
    tab.keyboard.type("debut")
    tab.locator(".CodeMirror-hint", has_text="schema:startDate").click()
    words = read_query(tab).split()
    assert words == [
        "SELECT",
        "*",
        "{",
        "?s",
        "a",
        "schema:TheaterEvent",
        ";",
        "schema:startDate",
        "}",
    ]
    assert watched.faults == []


def test_a_prefix_completes_to_its_declaration(open_as_newcomer: Open) -> None:
    watched = type_query(open_as_newcomer, "PREFIX sche")
    watched.tab.locator(".CodeMirror-hint", has_text="schema:").click()
    assert read_query(watched.tab) == "PREFIX schema: <http://schema.org/>"


def test_nothing_is_proposed_in_a_text_or_a_variable(open_as_newcomer: Open) -> None:
    for query in ("SELECT * { ?s schema:name 'event", "SELECT ?event", "# event"):
        watched = type_query(open_as_newcomer, query)
        watched.tab.wait_for_timeout(300)
        expect(watched.tab.locator(".CodeMirror-hint", has_text="schema:")).to_have_count(0)


def test_the_wrong_line_is_marked_until_it_is_changed(open_as_newcomer: Open) -> None:
    """The sentence is in French, and so is what the editor's own mark says."""
    watched = type_query(open_as_newcomer, "SELECT *\nWHERE { ?s a schema:Event ?s ?p ?o }")
    tab, watched.expected = watched.tab, 400
    title = tab.locator(".parseErrorIcon").first.get_attribute("title")
    assert title == "À cette ligne, la requête n’est plus du SPARQL valide."
    with tab.expect_navigation():
        tab.keyboard.press("ControlOrMeta+Enter")
    expect(tab.get_by_role("alert")).to_contain_text("ligne 2, colonne 27, il manque")
    expect(tab.locator(".CodeMirror .wrong")).to_have_count(1)
    expect(tab.locator(".CodeMirror .wrong-word")).to_have_text("?s")
    tab.locator(".CodeMirror").click()
    tab.keyboard.type(" ")
    expect(tab.locator(".CodeMirror .wrong")).to_have_count(0)
    assert watched.faults == []


COUNT = (
    "SELECT ?month ?type (COUNT(*) AS ?n) {\n"
    "  ?s schema:startDate ?date ; a ?type\n"
    "  BIND (SUBSTR(STR(?date), 1, 7) AS ?month)\n"
    "} GROUP BY ?month ?type ORDER BY ?month LIMIT 30"
)


def run_query(open_as_newcomer: Open, query: str, **options: object) -> WatchedTab:
    """Open the page of a query."""
    watched = open_as_newcomer(**options)
    watched.tab.goto(f"{watched.home}en/sparql?{urlencode({'query': query})}")
    return watched


def test_tabs_show_the_answer_in_other_forms(open_as_newcomer: Open) -> None:
    """By keys; the address has the form, and the page is not left."""
    watched = run_query(open_as_newcomer, COUNT)
    tab = watched.tab
    expect(tab.get_by_role("tab")).to_have_text(["Table", "Chart", "Pivot table"])
    tab.get_by_role("tab", name="Table", exact=True).focus()
    tab.keyboard.press("ArrowRight")
    expect(tab.get_by_role("tabpanel", name="Chart")).to_be_visible()
    expect(tab.locator("#view-chart svg").first).to_be_visible()
    expect(tab.locator("#view-table")).to_be_hidden()
    assert urlsplit(tab.url).fragment == "view-chart"
    tab.reload()
    expect(tab.locator("#view-chart svg").first).to_be_visible()
    tab.keyboard.press("End")
    tab.get_by_role("tab", name="Pivot table").click()
    expect(tab.locator("#view-pivot tbody tr").first).to_be_visible()
    assert watched.faults == []


def test_a_pivot_table_has_the_sums_of_the_answer(open_as_newcomer: Open) -> None:
    watched = run_query(open_as_newcomer, COUNT)
    tab = watched.tab
    numbers = tab.locator("#view-table tbody td:nth-child(3)").all_inner_texts()
    tab.get_by_role("tab", name="Pivot table").click()
    tab.get_by_label("Rows").select_option("month")
    tab.get_by_label("Columns").select_option("none")
    totals = tab.locator("#view-pivot tbody td:last-child").all_inner_texts()
    assert sum(map(int, totals)) == sum(map(int, numbers))
    tab.get_by_label("Columns").select_option("type")
    assert tab.locator("#view-pivot thead th").count() > 2
    assert watched.faults == []


def test_places_have_a_map_of_their_own(open_as_newcomer: Open) -> None:
    query = (
        "SELECT ?place ?lat ?long {"
        " ?place schema:geo [ schema:latitude ?lat ; schema:longitude ?long ] }"
    )
    watched = run_query(open_as_newcomer, query)
    watched.tab.get_by_role("tab", name="Map").click()
    expect(watched.tab.locator(".map path.point").first).to_be_visible()
    assert watched.faults == []


def test_a_click_on_a_cell_filters_the_answer(open_as_newcomer: Open) -> None:
    """The condition is in the query of the page that follows."""
    query = "SELECT ?event ?type { ?event a ?type ; schema:startDate ?date } LIMIT 200"
    watched = run_query(open_as_newcomer, query)
    tab = watched.tab
    cell = tab.locator("#view-table tbody tr").first.locator("td").nth(1)
    name = cell.inner_text()
    cell.click(position={"x": 2, "y": 2})
    expect(tab.get_by_label("Value", exact=True)).to_have_value(name)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert "FILTER (?type = <http://schema.org/" in read_query(tab)
    assert {*tab.locator("#view-table tbody td:nth-child(2)").all_inner_texts()} == {name}
    assert watched.faults == []


def test_recent_queries_stay_in_the_browser(open_as_newcomer: Open) -> None:
    """They can be run again, and cleared; a refused query is not among them."""
    watched = run_query(open_as_newcomer, "ASK { ?first ?p ?o }")
    tab = watched.tab
    tab.goto(f"{watched.home}en/sparql?{urlencode({'query': 'ASK { ?second ?p ?o }'})}")
    tab.get_by_text("My recent queries").click()
    links = tab.locator(".history li a")
    expect(links).to_have_text(["ASK { ?second ?p ?o }", "ASK { ?first ?p ?o }"])
    links.last.click()
    assert read_query(tab) == "ASK { ?first ?p ?o }"
    tab.get_by_text("My recent queries").click()
    expect(links).to_have_count(2)
    tab.get_by_role("button", name="Clear the history").click()
    expect(tab.locator(".history")).to_be_hidden()
    tab.goto(f"{watched.home}en/sparql")
    expect(tab.locator(".history")).to_be_hidden()
    assert watched.faults == []


def test_an_answer_is_cited_by_a_short_address(open_as_newcomer: Open) -> None:
    """The text is copied; the address leads back to the answer, on the same version."""
    watched = run_query(open_as_newcomer, "SELECT ?s { ?s a schema:TheaterEvent } LIMIT 3")
    tab = watched.tab
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Cite this answer").click()
    tab.get_by_role("button", name="Copy").last.click()
    citation = tab.evaluate("navigator.clipboard.readText()")
    assert "Answer to a SPARQL query" in citation
    number = re.search(r"Published version (\d+) of", citation)
    assert number is not None
    tab.get_by_role("link", name="Open the answer").click()
    assert parse_qs(urlsplit(tab.url).query)["generation"] == [number[1]]
    expect(tab.locator("#view-table tbody tr")).to_have_count(3)
    assert watched.faults == []


def test_the_workbench_works_without_scripts_on_a_phone(open_as_newcomer: Open) -> None:
    """A parameter, the table, its bars, a filter, a citation."""
    query = (
        "SELECT ?type (COUNT(*) AS ?n) {\n  VALUES ?kind { UNDEF } # choice: discipline\n"
        "  ?s a ?type ; parvis:discipline ?kind ; schema:startDate ?date\n} GROUP BY ?type"
    )
    watched = run_query(open_as_newcomer, query, scripts=False, size=PHONE)
    tab = watched.tab
    rows = tab.locator("#view-table tbody tr")
    everything = rows.count()
    assert tab.locator("#view-chart svg").is_visible()
    tab.get_by_label("Discipline").select_option(label="Theatre")
    tab.get_by_role("button", name="Run").click()
    assert 0 < rows.count() < everything
    tab.get_by_text("Filter the answer").click()
    tab.get_by_label("Filter", exact=True).select_option("is not")
    tab.get_by_label("Value", exact=True).fill("http://schema.org/TheaterEvent")
    tab.get_by_role("button", name="Apply").click()
    assert "FILTER (STR(?type) != " in read_query(tab)
    assert "discipline=theatre" in tab.url
    tab.go_back()
    tab.get_by_role("button", name="Short link").click()
    assert f"{watched.home}q/" in tab.locator("code").first.inner_text()
    assert watched.faults == []

"""What visitors come for, by clicks from the home page, each click counted.

A partner's journey is in `test_organization.py`.
"""

from playwright.sync_api import Locator
from playwright.sync_api import Page as Tab

from tests.browser.conftest import Open


class Visitor:
    """A visitor of the French site, whose clicks are counted."""

    def __init__(self, tab: Tab) -> None:
        self.tab, self.clicks = tab, 0

    def click(self, element: Locator) -> None:
        element.first.click()
        self.tab.wait_for_load_state()
        self.clicks += 1

    def follow(self, name: str) -> None:
        self.click(self.tab.get_by_role("link", name=name, exact=True))


def test_who_attracts_18_to_34_and_what_is_on_for_them_in_six_clicks(
    open_as_newcomer: Open,
) -> None:
    """In Montréal and elsewhere: sentences, charts, a CSV with its Python and R, programming."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/")
    visitor = Visitor(tab)
    visitor.follow("Explorer les publics")
    visitor.click(tab.locator("summary", has_text="Choisir un public"))
    tab.get_by_label("Âge", exact=True).select_option("18-34")
    for layer in ("Lieu de résidence", "Discipline"):
        tab.get_by_label(layer, exact=True).select_option(label="Comparer")
    visitor.click(tab.get_by_role("button", name="Appliquer"))
    sentences = tab.locator(".sentence").all_inner_texts()
    assert any("des 18 à 34 ans" in text and "Montréal" in text for text in sentences)
    assert tab.locator("svg.chart-drawing").count() >= 3
    with tab.expect_download() as download:
        visitor.click(tab.locator(".uses").get_by_role("link", name="CSV"))
    assert download.value.suggested_filename.endswith(".csv")
    visitor.click(tab.locator("summary", has_text="Python"))
    programs = tab.locator(".uses details[open] code").all_inner_texts()
    assert ["read_csv" in programs[0], "read.csv" in programs[1]] == [True, True]
    visitor.follow("Programmation et publics")
    assert tab.get_by_role("table").locator("tbody tr").count() > 5
    assert visitor.clicks <= 6
    assert watched.faults == []


def test_an_error_in_a_query_leads_to_an_answer_to_cite_in_eight_clicks(
    open_as_newcomer: Open,
) -> None:
    """The error says where and what is missing; the answer has a citation and a short address."""
    watched = open_as_newcomer(scripts=False)
    watched.expected = 400
    tab = watched.tab
    tab.goto(f"{watched.home}fr/")
    visitor = Visitor(tab)
    visitor.follow("SPARQL")
    tab.get_by_label("Requête").fill("SELECT ?e WHERE { ?e a schema:Event ")
    visitor.click(tab.get_by_role("button", name="Exécuter"))
    assert "ligne 1" in tab.get_by_role("alert").inner_text()
    tab.get_by_label("Requête").fill("SELECT ?e WHERE { ?e a schema:Event } LIMIT 5")
    visitor.click(tab.get_by_role("button", name="Exécuter"))
    assert tab.get_by_role("table").locator("tbody tr").count() == 5
    visitor.click(tab.locator("summary, button, a", has_text="Citer cette réponse"))
    assert tab.get_by_text("/q/").first.is_visible()
    assert visitor.clicks <= 8
    assert watched.faults == []


def test_a_journalist_quotes_a_sentence_and_embeds_its_figure_in_three_clicks(
    open_as_newcomer: Open,
) -> None:
    """The sentence has its source; the frame shows the figure on another page."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/")
    visitor = Visitor(tab)
    visitor.follow("Explorer les publics")
    visitor.click(tab.locator(".uses summary", has_text="Citer"))
    quoted = tab.locator(".uses details[open] .code").first.inner_text()
    assert quoted.startswith("«")
    assert "Sur 100" in quoted
    assert "parution 1" in quoted
    visitor.click(tab.locator(".uses summary", has_text="Intégrer"))
    frame = tab.locator(".uses details[open] code").first.inner_text()
    assert frame.startswith("<iframe src=")
    assert visitor.clicks <= 3
    address = frame.partition('src="')[2].partition('"')[0].replace("&amp;", "&")
    tab.goto(
        watched.home + address.partition("/portrait")[1][1:] + address.partition("/portrait")[2]
    )
    assert tab.locator(".sentence").first.is_visible()
    assert watched.faults == []


def test_a_platform_finds_what_it_harvests_by_in_two_clicks(open_as_newcomer: Open) -> None:
    """Licence, addresses, the feed of changes, conditional requests."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/")
    visitor = Visitor(tab)
    visitor.follow("Brancher une plateforme")
    visitor.follow("les fiches")
    text = tab.get_by_role("main").inner_text()
    for needed in ("/catalog.ttl", "/feed", "If-None-Match", "licence"):
        assert needed in text, needed
    assert visitor.clicks <= 2
    assert watched.faults == []

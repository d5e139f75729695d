"""Pictures of query results: a map of places, reached by keys; a chart that can be saved."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Open


def test_each_name_of_the_list_shows_its_place_on_the_map(open_as_newcomer: Open) -> None:
    """By keys only; the outline of Québec is drawn, and no tile server is called."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}en/queries/lieux-sur-la-carte")
    expect(tab.locator(".map path.home")).not_to_have_count(0)
    expect(tab.locator(".map path.point")).to_have_count(tab.locator(".places li").count())
    name = tab.locator(".places").get_by_role("button").nth(3)
    name.focus()
    tab.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-pressed", "true")
    expect(tab.get_by_role("tooltip")).to_have_text(name.inner_text())
    expect(tab.locator(".map path.shown")).to_have_count(1)
    assert watched.faults == []


def test_the_chart_of_an_example_query_is_drawn_and_saved(open_as_newcomer: Open) -> None:
    """By a script that evaluates no code."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/queries/calendrier-par-mois")
    chart = tab.get_by_role("img", name="Ce que dit le tableau ci-dessous, dessiné")
    expect(chart.get_by_text("Théâtre")).to_be_visible()
    expect(chart.get_by_text("événements", exact=True)).to_be_visible()
    for kind, beginning in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with tab.expect_download() as download:
            tab.get_by_role("button", name=kind).click()
        assert download.value.suggested_filename == f"diagramme.{kind.lower()}"
        assert Path(download.value.path()).read_bytes().startswith(beginning)
    assert watched.faults == []


def test_places_are_listed_without_scripts(open_as_newcomer: Open) -> None:
    """With their coordinates, and the table below."""
    watched = open_as_newcomer(scripts=False)
    tab = watched.tab
    tab.goto(f"{watched.home}en/queries/lieux-sur-la-carte")
    assert "48.451" in tab.locator(".places").inner_text()
    assert not tab.locator(".map").is_visible()
    assert watched.faults == []


def test_a_column_heading_sorts_the_rows(open_as_newcomer: Open) -> None:
    """By keys: numbers by value, words by the language's order; a second time reverses it."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/queries/prix-par-discipline")
    table = tab.get_by_role("table")
    for name, column in (("prix le plus haut", 4), ("discipline", 0)):
        head = table.get_by_role("columnheader", name=name)
        for direction, reverse in (("ascending", False), ("descending", True)):
            head.get_by_role("button").focus()
            tab.keyboard.press("Enter")
            expect(head).to_have_attribute("aria-sort", direction)
            texts = table.locator(f"tbody td:nth-child({column + 1})").all_inner_texts()
            assert texts == sorted(texts, key=_parse_number if column else str, reverse=reverse)
            assert len(set(texts)) > 3
    assert watched.faults == []


def _parse_number(text: str) -> float:
    """Parse a number of a French page."""
    return float(text.replace(",", "."))


def test_a_chart_draws_numbers_with_a_decimal_comma(open_as_newcomer: Open) -> None:
    """From the lowest to the highest price, each discipline has a line and its average."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/queries/prix-par-discipline")
    assert "16,75" in tab.get_by_role("table").inner_text()
    chart = tab.get_by_role("img", name="Ce que dit le tableau ci-dessous, dessiné")
    expect(chart.get_by_text("prix le plus bas, prix le plus haut, prix moyen")).to_be_visible()
    points = chart.get_by_label("discipline", exact=False)
    assert points.count() >= 5
    assert "NaN" not in chart.inner_html()
    assert watched.faults == []

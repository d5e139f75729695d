"""What is drawn of an answer: a map of its places, reached by keys; a chart that is kept."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Open


def test_each_name_of_the_list_shows_its_place_on_the_map(newcomer: Open) -> None:
    """By keys alone; the outline of Québec is drawn, and nobody else is asked for tiles."""
    watched = newcomer()
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


def test_the_chart_of_a_question_is_drawn_and_kept(newcomer: Open) -> None:
    """By a script that makes no code; the picture is kept in a file."""
    watched = newcomer()
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


def test_places_are_listed_without_scripts(newcomer: Open) -> None:
    """With their degrees, and the table below."""
    watched = newcomer(scripts=False)
    tab = watched.tab
    tab.goto(f"{watched.home}en/queries/lieux-sur-la-carte")
    assert "48.451" in tab.locator(".places").inner_text()
    assert not tab.locator(".map").is_visible()
    assert watched.faults == []


def test_the_head_of_a_column_puts_the_rows_in_its_order(newcomer: Open) -> None:
    """By keys: numbers as numbers, words as the language has them; the same again turns it."""
    watched = newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/queries/prix-par-discipline")
    table = tab.get_by_role("table")
    for name, at in (("prix le plus haut", 4), ("discipline", 0)):
        head = table.get_by_role("columnheader", name=name)
        for told, turned in (("ascending", False), ("descending", True)):
            head.get_by_role("button").focus()
            tab.keyboard.press("Enter")
            expect(head).to_have_attribute("aria-sort", told)
            found = table.locator(f"tbody td:nth-child({at + 1})").all_inner_texts()
            assert found == sorted(found, key=_number if at else str, reverse=turned)
            assert len(set(found)) > 3
    assert watched.faults == []


def _number(written: str) -> float:
    """Read a number as a French page writes it."""
    return float(written.replace(",", "."))


def test_a_chart_draws_numbers_that_a_french_page_writes_with_a_comma(newcomer: Open) -> None:
    """From the least to the greatest price: each discipline has its line, and its average."""
    watched = newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/queries/prix-par-discipline")
    assert "16,75" in tab.get_by_role("table").inner_text()
    chart = tab.get_by_role("img", name="Ce que dit le tableau ci-dessous, dessiné")
    expect(chart.get_by_text("prix le plus bas, prix le plus haut, prix moyen")).to_be_visible()
    points = chart.get_by_label("discipline", exact=False)
    assert points.count() >= 5
    assert "NaN" not in chart.inner_html()
    assert watched.faults == []

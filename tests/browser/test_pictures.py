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
    """By a script that evaluates no code; what it draws is in a table too."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/queries/calendrier-par-mois")
    figure = tab.locator(".chart-figure")
    chart = figure.get_by_role("img", name="Événements, par")
    expect(chart).to_be_visible()  # by the server
    figure.hover()
    expect(chart.get_by_text("événements", exact=True)).to_be_visible()
    for kind, beginning in (("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("CSV", b"\xef\xbb\xbfmois,")):
        with tab.expect_download() as download:
            figure.get_by_role("button", name=kind).click()
        assert download.value.suggested_filename == f"chart.{kind.lower()}"
        assert Path(download.value.path()).read_bytes().startswith(beginning)
    assert watched.faults == []


def test_a_series_is_hidden_and_shown_by_its_name_in_the_legend(open_as_newcomer: Open) -> None:
    """By keys; the last series that is shown stays."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}en/styleguide/chart")
    figure = tab.locator("#sample-groups")
    pool, own = figure.locator(".chart-legend").get_by_role("button").all()
    pool.focus()
    tab.keyboard.press("Enter")
    expect(pool).to_have_attribute("aria-pressed", "false")
    chart = figure.locator(".chart")
    expect(chart.get_by_text("4,800")).to_be_visible()
    expect(chart.get_by_text("4,300")).to_have_count(0)
    own.press("Enter")
    expect(own).to_have_attribute("aria-pressed", "true")
    pool.press("Enter")
    expect(chart.get_by_text("4,300")).to_be_visible()
    assert watched.faults == []


def test_the_server_draws_the_same_chart_without_scripts(open_as_newcomer: Open) -> None:
    """Names, figures and what is suppressed; the script draws them in the same order."""
    texts = {}
    for scripts in (False, True):
        watched = open_as_newcomer(scripts=scripts)
        watched.tab.goto(f"{watched.home}en/styleguide/chart")
        figure = watched.tab.locator("#sample-bars")
        if scripts:
            figure.hover()
            expect(figure.locator(".chart svg")).to_be_visible()
        names = figure.locator("svg text").all_text_contents()
        texts[scripts] = sorted(filter(None, names))
        assert figure.get_by_role("img", name="Entries by discipline").count() == 1
        assert watched.faults == []
    assert (
        texts[False] == texts[True] == ["2,100", "4,300", "Dance", "Music", "Theatre", "suppressed"]
    )


def test_a_mark_says_what_it_is_beside_the_pointer(open_as_newcomer: Open) -> None:
    watched = open_as_newcomer()
    figure = watched.tab.locator("#sample-bars")
    watched.tab.goto(f"{watched.home}en/styleguide/chart")
    figure.hover()
    figure.locator(".chart path[aria-label*='Theatre']").first.hover()
    expect(figure.locator(".chart-tooltip")).to_contain_text("Theatre")
    expect(figure.locator(".chart-tooltip")).to_contain_text("4,300 entries")
    assert watched.faults == []


def test_a_map_is_saved_as_it_is_drawn(open_as_newcomer: Open) -> None:
    """Its regions stay links; the file has its styles inside."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}en/styleguide/chart")
    figure = tab.locator("#sample-map")
    assert "area=06" in str(figure.get_by_role("link").first.get_attribute("href"))
    with tab.expect_download() as download:
        figure.get_by_role("button", name="SVG").click()
    svg = Path(download.value.path()).read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "fill=" in svg
    assert "class=" not in svg.partition(">")[2]
    with tab.expect_download() as download:
        figure.get_by_role("button", name="PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
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
    """The lowest, the average and the highest price of each discipline, side by side."""
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}fr/queries/prix-par-discipline")
    assert "16,75" in tab.get_by_role("table").inner_text()
    figure = tab.locator("#chart")
    expect(figure.get_by_text("Prix le plus bas, prix moyen, prix le plus haut")).to_be_visible()
    figure.hover()
    chart = figure.locator(".chart svg")
    expect(chart.get_by_text("27,2", exact=True)).to_be_visible()
    assert "NaN" not in chart.inner_html()
    assert watched.faults == []

"""The portrait as a story: chapters, what can be done with them, comparisons, regions, frames."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from parvis.config import Settings
from parvis.pooling.publics.regions.outlines import RegionOutline, RegionOutlines
from parvis.pooling.serving.readers import create_token, revoke_token
from parvis.web import create_app

THEATRE = (
    "Of every 100 entries at partners in 2025, all regions together, 67 go to theatre and 33 to"
    " dance"
)


@pytest.fixture(scope="module")
def app(publics_pool: Settings) -> Iterator[Flask]:
    """Make the application of a pool with a release."""
    app = create_app(publics_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def bearer(publics_pool: Settings) -> Iterator[dict[str, str]]:
    """Return the header of a partner with figures of its own."""
    token = create_token(publics_pool, "troupe-a", label="story")
    yield {"Authorization": f"Bearer {token.text}"}
    # A party has few tokens, and other tests of this pool make some.
    revoke_token(publics_pool, token.token.id)


def open_page(client: FlaskClient, path: str, **headers: str) -> html.HtmlElement:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, path
    return html.document_fromstring(answer.get_data(as_text=True))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_each_layer_has_a_chapter_with_its_sentence_chart_and_who_was_counted(
    client: FlaskClient,
) -> None:
    page = open_page(client, "/en/portrait")
    chapters = page.xpath("//section[contains(@class, 'chapter')]")
    titles = [words(chapter.xpath("h2")[0]) for chapter in chapters]
    assert titles == [
        "Where audiences go",
        "Where audiences live",
        "How old audiences are",
        "In which language",
        "By which channel",
        "Audiences and non-audiences, by region",
        "Who does not come, by region",
    ]
    for chapter in chapters:
        assert chapter.xpath(".//p[@class='sentence']")
        assert chapter.xpath(".//svg[@aria-labelledby and @aria-describedby]")
        assert "Counted: Number of admissions" in words(chapter)
        assert re.search(r"\d partners; coverage: [\d% and]+ of known venues", words(chapter))
    assert words(chapters[0].xpath(".//p[@class='sentence']")[0]) == f"{THEATRE}."


def test_a_chapter_is_cited_with_its_source_release_and_day(client: FlaskClient) -> None:
    chapter = open_page(client, "/en/portrait").get_element_by_id("chapter-1")
    (citation,) = chapter.xpath(".//details[summary='Cite']/p")
    text = words(citation)
    assert text.startswith(f"“{THEATRE} (6 partners; coverage: 60% of known venues).”")
    assert "release 3" in text
    assert re.search(r", \w+ \d+, \d{4}\. \S+/dataset/tiers/portrait$", text)


def test_the_programs_read_the_figures_of_the_chapter(client: FlaskClient) -> None:
    """The address in the Python and R lines is that of the file, which has the parts and totals."""
    chapter = open_page(client, "/en/portrait?area=06").get_element_by_id("chapter-1")
    (link,) = chapter.xpath(".//a[@type='text/csv']/@href")
    programs = [words(code) for code in chapter.xpath(".//details[summary!='Embed']/pre")]
    assert len(programs) == 2
    assert all(f'"{link}"' in program for program in programs)
    path = "/en/" + link.split("/en/", 1)[1]
    rows = list(csv.DictReader(io.StringIO(client.get(path).get_data(as_text=True))))
    assert {row["discipline"]: row["value"] for row in rows} == {
        "total": "7500",
        "theatre": "5000",
        "dance": "2500",
    }
    assert {(row["area"], row["age"], row["period"]) for row in rows} == {("06", "total", "2025")}


def test_an_embedded_chapter_may_be_framed_by_any_page_and_no_other_page_may(
    client: FlaskClient,
) -> None:
    chapter = open_page(client, "/en/portrait").get_element_by_id("chapter-1")
    (code,) = chapter.xpath(".//details[summary='Embed']/pre/code")
    frame = html.fragment_fromstring(words(code))
    assert frame.tag == "iframe"
    assert frame.get("title")
    answer = client.get("/en/" + frame.get("src", "").split("/en/", 1)[1])
    assert answer.status_code == 200
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "form-action 'none'" in answer.headers["Content-Security-Policy"]
    page: html.HtmlElement = html.document_fromstring(answer.get_data(as_text=True))
    assert [words(heading) for heading in page.iter("h1")] == [f"{THEATRE}."]
    assert page.xpath("//svg[@role='img']")
    assert not page.xpath("//form | //nav | //*[@style]")
    # One script draws the chart, the other tells the page around how high it is.
    assert all(
        re.search(r"/static/(chart|frame)\.js\?v=", s.get("src", "")) for s in page.iter("script")
    )
    assert {link.get("target") for link in page.iter("a")} == {"_top"}
    for path in ("/en/portrait", "/en/portrait/compare", "/en/portrait/region/06"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("query", ["", "?area=06", "?discipline=theatre&area=06"])
def test_every_frame_has_the_sentence_of_its_chapter(client: FlaskClient, query: str) -> None:
    chapters = open_page(client, f"/en/portrait{query}").xpath("//section[@class='chapter']")
    assert chapters
    for chapter in chapters:
        (code,) = chapter.xpath(".//details[summary='Embed']/pre/code")
        source = html.fragment_fromstring(words(code)).get("src", "")
        assert len(source) < 200
        page = open_page(client, "/en/" + source.split("/en/", 1)[1])
        sentence = [words(text) for text in chapter.xpath(".//p[@class='sentence']")]
        assert [words(heading) for heading in page.iter("h1")] == sentence


def test_an_embedded_chapter_shows_what_everyone_may_read(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    """A page in a frame is the same for a partner who is signed in."""
    path = "/en/portrait/embed?chapter=discipline&area=06"
    assert client.get(path, headers=bearer).data == client.get(path).data
    assert "1,800" not in client.get(path, headers=bearer).get_data(as_text=True)


@pytest.mark.parametrize("query", ["", "?chapter=nothing", "?chapter=%3Cscript%3E"])
def test_a_chapter_that_does_not_exist_is_not_found(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/en/portrait/embed{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert b"<script>" not in answer.data


@pytest.mark.parametrize("chapter", ["month", "size"])
def test_a_chapter_without_figures_says_so_in_its_frame(client: FlaskClient, chapter: str) -> None:
    page = open_page(client, f"/en/portrait/embed?chapter={chapter}")
    assert "No figure of this chapter is published" in words(page)


def test_suppressed_figures_look_suppressed_and_say_why(client: FlaskClient) -> None:
    page = open_page(client, "/en/portrait?discipline=theatre&area=06")
    ages = page.get_element_by_id("chapter-1")
    assert "2 age groups suppressed" in words(ages)
    assert len(ages.xpath(".//svg//text[contains(@class, 'withheld')]")) == 2
    (signs,) = page.xpath("//ul[contains(@class, 'signs')]")
    assert "suppressed (confidential)" in words(signs)
    assert [words(cell) for cell in page.xpath("//td[span[@class='suppressed']]")] == [
        "suppressedx"
    ] * 2


def test_two_regions_compare_in_shares_and_an_index(client: FlaskClient) -> None:
    page = open_page(client, "/en/portrait/compare?by=area&first=06&second=03&measure=attendance")
    (table,) = page.get_element_by_id("compared-discipline").xpath(".//table")
    rows = {words(row[0]): [words(cell) for cell in row[1:]] for row in table.xpath("tbody/tr")}
    assert rows == {"Theatre": ["66.7", "66.7", "100"], "Dance": ["33.3", "33.3", "100"]}
    text = words(page.get_element_by_id("compared-discipline"))
    assert "index 100, where the second share is 100" in text
    assert "3 partners" in text


def test_two_periods_compare(client: FlaskClient) -> None:
    """Theatre is 66.7 of 100 entries in 2025, and 63.6 a year before."""
    page = open_page(client, "/en/portrait/compare?by=period&first=2025&second=2024")
    text = words(page.get_element_by_id("compared-discipline"))
    assert (
        "Of every 100 entries at partners in 2025, all regions together, 67 go to theatre, against"
        " 64 in 2024: index 105, where the second share is 100." in text
    )


def test_ages_compare_where_one_side_is_masked(client: FlaskClient) -> None:
    """Without a choice, the two largest are compared."""
    page = open_page(client, "/en/portrait/compare?by=discipline")
    assert [words(name) for name in page.xpath("//p[@class='key']/span")] == [
        "Theatre",
        "Dance (index 100)",
    ]
    (table,) = page.get_element_by_id("compared-area").xpath(".//table")
    rows = {words(row[0]): [words(cell) for cell in row[1:]] for row in table.xpath("tbody/tr")}
    assert rows["Chaudière-Appalaches"] == ["suppressedx", "..", "–"]
    (signs,) = page.get_element_by_id("compared-area").xpath(".//ul[contains(@class, 'signs')]")
    assert "suppressed (confidential): the figure exists" in words(signs)
    first, second, index = (page.get_element_by_id(f"compared-area-{at}") for at in (1, 2, 3))
    assert len(first.xpath(".//svg/rect[@class='suppressed']")) == 1
    assert "Hatched: a figure that exists and is suppressed" in words(first)
    assert not second.xpath(".//svg/rect[@class='suppressed']")
    # An index of what is suppressed would be as telling.
    assert len(index.xpath(".//svg/rect[@class='suppressed']")) == 1


def test_a_comparison_is_small_multiples_on_one_scale_and_an_index(client: FlaskClient) -> None:
    """Theatre is 66.7 and 63.6 of 100 entries: 63.6 is 95.4 % as long, and its index is 105."""
    page = open_page(client, "/en/portrait/compare?by=period&first=2025&second=2024")
    first, second, index = (page.get_element_by_id(f"compared-discipline-{at}") for at in (1, 2, 3))
    titles = [words(f.xpath("p[@class='chart-title']")[0]) for f in (first, second, index)]
    assert titles == ["2025", "2024", "Index: 2025"]
    lengths = [
        float(figure.xpath(".//svg/rect[contains(@class, 'mark')]/@width")[0])
        for figure in (first, second)
    ]
    assert lengths[1] / lengths[0] == pytest.approx(63.6 / 66.7, rel=0.01)
    shown = [words(text) for text in index.xpath(".//svg/text[@class='figure']")]
    assert shown[0] == "105"
    assert "2024: 100" in words(index).replace("\u00a0", "")
    for figure in (first, second):
        assert re.search(r"\d partners; coverage: \d+% of known venues", words(figure))


def test_two_periods_say_that_their_partners_may_differ(client: FlaskClient) -> None:
    """The invented release marks no figure as being of the same partners."""
    notice = "The partners are not the same in both periods"
    assert notice in words(open_page(client, "/en/portrait/compare?by=period"))
    assert notice not in words(open_page(client, "/en/portrait/compare?by=area"))


def test_parts_of_one_side_only_have_no_index(client: FlaskClient) -> None:
    """Ages are published of one discipline only, where they are."""
    page = open_page(client, "/en/portrait/compare?by=discipline")
    sections = page.xpath("//section[starts-with(@id, 'compared-')]")
    for section in sections:
        figures = section.xpath(".//figure")
        assert len(figures) == (2 if "there is no index" in words(section) else 3)
    assert sections


def test_the_file_of_a_comparison_has_both_sides(client: FlaskClient) -> None:
    page = open_page(client, "/en/portrait/compare?by=area&first=06&second=03&measure=attendance")
    (link,) = page.get_element_by_id("compared-discipline").xpath(".//a[@type='text/csv']/@href")
    path = "/en/" + link.split("/en/", 1)[1]
    rows = list(csv.DictReader(io.StringIO(client.get(path).get_data(as_text=True))))
    values = {(row["area"], row["discipline"]): row["value"] for row in rows}
    assert values["06", "theatre"] == "5000"
    assert ("03", "theatre") in values
    assert ("03", "total") in values


def test_own_figures_are_compared_for_their_owner_alone(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    """Others are not offered the choice; what is asked for nevertheless is another comparison."""
    options = "//select[@id='by']/option/@value"
    assert "own" not in open_page(client, "/en/portrait/compare?by=own").xpath(options)
    page = open_page(client, "/en/portrait/compare?by=own", **bearer)
    assert "own" in page.xpath(options)
    answer = client.get("/en/portrait/compare?by=own", headers=bearer)
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("query", ["first=nowhere", "by=period&second=1848", "first=<script>"])
def test_a_comparison_with_nothing_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/en/portrait/compare?{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert b"<script>" not in answer.data


def test_a_region_has_its_residents_and_its_events(client: FlaskClient) -> None:
    page = open_page(client, "/en/portrait/region/06")
    assert words(page.xpath("//h1")[0]) == "Montréal (administrative region)"
    residents = words(page.get_element_by_id("residents"))
    assert "Of every 100 entries from audiences living in Montréal (region)" in residents
    assert "No figure is published for this region" in words(page.get_element_by_id("events"))
    assert len(page.xpath("//nav[@aria-label='Regions']//a")) == 17


def test_a_region_without_figures_says_so(client: FlaskClient) -> None:
    page = open_page(client, "/fr/portrait/region/10")
    assert words(page).count("Aucun chiffre n’est publié pour cette région") == 2


@pytest.mark.parametrize("code", ["99", "montreal", "total", "qc", "%3Cscript%3E"])
def test_what_is_no_region_has_no_page(client: FlaskClient, code: str) -> None:
    answer = client.get(f"/en/portrait/region/{code}", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert b"<script>" not in answer.data


def test_maps_lead_to_the_pages_of_regions(client: FlaskClient) -> None:
    chapter = open_page(client, "/fr/portrait").get_element_by_id("chapter-2")
    links = chapter.xpath(".//p[@class='small']//a/@href")
    assert links == ["/fr/portrait/region/06", "/fr/portrait/region/03"]
    assert {*chapter.xpath(".//svg//a/@href")} == {*links}
    assert all(client.get(link).status_code == 200 for link in links)


def test_the_map_of_regions_has_audiences_as_shading_and_leads_to_their_pages(
    client: FlaskClient,
) -> None:
    page = open_page(client, "/en/portrait/region")
    drawing = page.get_element_by_id("regions").xpath(".//svg")[0]
    links = {link.get("aria-label"): link.get("href") for link in drawing.iter("a")}
    assert len(links) == 17
    (montreal,) = (label for label in links if label.startswith("Montréal"))
    assert links[montreal] == "/en/portrait/region/06"
    assert re.fullmatch(
        r"7,500 attendance, by place of residence · \d+ events on or coming, by place of the event",
        montreal.replace("\u00a0", " ").partition(": ")[2],
    )
    legend = [words(item) for item in page.xpath("//ul[@class='chart-legend']/li")]
    assert legend == [
        "attendance, by place of residence",
        "events on or coming, by place of the event",
    ]
    rows = {words(row[0]): [words(cell) for cell in row[1:]] for row in page.xpath("//tbody/tr")}
    assert len(rows) == 17
    assert rows["Capitale-Nationale"][:2] == ["4,500", "6.2"]
    assert rows["Nord-du-Québec"] == ["..", "–", "–", "–", "0"]
    by_rate = open_page(client, "/en/portrait/region?shade=rate")
    assert by_rate.xpath("//a[contains(@aria-label, 'attendance per 1,000 inhabitants')]")
    assert client.get("/en/portrait/region").headers["Cache-Control"] == "no-store"


def test_rates_and_the_trend_have_chapters_as_the_portrait_has(client: FlaskClient) -> None:
    page = open_page(client, "/en/rates?measure=attendance")
    chapter = page.get_element_by_id("chapter-1")
    assert words(chapter.xpath(".//p[@class='sentence']")[0]).startswith(
        "Per 1,000 inhabitants, partners counted between"
    )
    assert "2016 Census, Statistics Canada" in words(chapter)
    assert chapter.xpath(".//svg[@aria-labelledby and @aria-describedby]")
    assert chapter.xpath(".//details[summary='Cite']")
    (code,) = chapter.xpath(".//details[summary='Embed']/pre/code")
    source = html.fragment_fromstring(words(code)).get("src", "")
    frame = open_page(client, "/en/" + source.split("/en/", 1)[1])
    assert [words(heading) for heading in frame.iter("h1")] == [
        words(chapter.xpath(".//p[@class='sentence']")[0])
    ]
    (link,) = chapter.xpath(".//a[@type='text/csv']/@href")
    answer = client.get("/en/" + link.split("/en/", 1)[1])
    assert answer.get_data(as_text=True).startswith("Place of residence,Age,Language")
    # On the portrait, the chapter leads to the page of rates.
    (last,) = open_page(client, "/en/portrait").xpath("//section[@id='chapter-6']")
    assert "/en/rates?measure=attendance&period=2025" in last.xpath(".//a/@href")


def test_who_does_not_come_is_a_chapter_a_page_and_a_part_of_a_region(client: FlaskClient) -> None:
    sentence = "at least 99 of 100 inhabitants came to none of the partners of the pool in 2025; 4"
    for path in ("/en/portrait", "/en/absence", "/en/portrait/region/06"):
        page = open_page(client, f"{path}?measure=attendance")
        assert any(sentence in words(p) for p in page.xpath("//p[contains(@class, 'sentence')]"))
    page = open_page(client, "/en/absence?measure=households")
    assert not page.xpath("//section[@class='chapter']")
    page = open_page(client, "/portrait/embed?chapter=absence-area&period=2025")
    assert "au moins 99 personnes sur 100" in words(page)


def test_a_page_has_outlines_in_its_first_map_only(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portrait has maps of residence, of rates and of who is missing: outlines are 60 kB."""
    outline = RegionOutline("M0 0l10 0 0 10z", 5, 5)
    outlines = RegionOutlines(20, 20, {"06": outline, "03": outline})
    monkeypatch.setattr("parvis.web.charts.filters.current_outlines", lambda _folder: outlines)
    # An address that no other test has opened is not in the cache.
    page = open_page(client, "/en/portrait?measure=attendance&period=2025&release=tiers/portrait")
    maps = page.xpath("//figure[contains(@class, 'chart-map')]")
    assert [bool(figure.xpath(".//svg//path")) for figure in maps] == [
        *(True, False, False),
    ]
    page = open_page(client, "/en/portrait/embed?chapter=rates-area&period=2025")
    assert page.xpath("//figure[contains(@class, 'chart-map')]//svg//path")


def test_without_a_choice_the_latest_period_is_compared_with_the_one_before(
    client: FlaskClient,
) -> None:
    page = open_page(client, "/en/portrait/compare?by=period")
    names = [words(name) for name in page.xpath("//p[@class='key']/span")]
    assert names == ["2025", "2024 (index 100)"]


def test_parts_of_a_published_total_are_squares_of_100(client: FlaskClient) -> None:
    """Two thirds of the squares are theatre; a chapter of ages, which have an order, has bars."""
    page = open_page(client, "/en/portrait")
    squares = page.get_element_by_id("chapter-1-waffle").xpath(".//svg/rect")
    theatre = [square for square in squares if "series-1" in square.get("class", "")]
    assert len(theatre) == 67 + 1
    assert page.get_element_by_id("chapter-3-bars") is not None


def test_own_figures_are_beside_bars(client: FlaskClient, bearer: dict[str, str]) -> None:
    page = open_page(client, "/en/portrait", **bearer)
    assert not page.xpath("//*[contains(@class, 'chart-waffle')]")
    assert page.get_element_by_id("chapter-1-bars") is not None

"""The portrait of publics: its page, its charts, its files, and a partner's own figures."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from python_calamine import CalamineWorkbook
from rdflib import Graph
from rdflib.namespace import QB

from parvis.catalog.codelists import region_tiles, scheme
from parvis.config import Settings
from parvis.pooling.serving.readers import create_token
from parvis.statistics.portrait import EACH
from parvis.vocab.namespaces import CONCEPT, PARVIS
from parvis.web import create_app

RELEASE = Path(__file__).parents[3] / "cases" / "publics" / "tiers" / "portrait" / "portrait.csv"
LAYERS = ("discipline", "area", "age", "language", "channel")


@pytest.fixture(scope="module")
def app(publics_pool: Settings) -> Iterator[Flask]:
    """Make the application of a pool with a release."""
    app = create_app(publics_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client without cookies."""
    return app.test_client()


@pytest.fixture(scope="module")
def bearer(publics_pool: Settings) -> dict[str, str]:
    """Return the header of a partner with figures of its own."""
    return {"Authorization": f"Bearer {create_token(publics_pool, 'troupe-a', label='essai').text}"}


def open_page(
    client: FlaskClient, query: str = "", lang: str = "en", **headers: str
) -> html.HtmlElement:
    answer = client.get(f"/{lang}/portrait{query}", headers=headers)
    assert answer.status_code == 200
    return html.document_fromstring(answer.get_data(as_text=True))


def read_csv(client: FlaskClient, query: str = "", **headers: str) -> list[dict[str, str]]:
    text = client.get(f"/en/portrait.csv{query}", headers=headers).get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text)))


def test_the_files_hold_the_whole_release(client: FlaskClient) -> None:
    """Each cell with its stratum, contributors and coverage; a suppressed cell has no value."""
    expected = list(csv.DictReader(io.StringIO(RELEASE.read_text(encoding="utf-8"))))
    rows = read_csv(client)
    names = ("measure", "period", *LAYERS, "value", "status", "contributors", "coverage")

    def comparable(cells: list[dict[str, str]]) -> list[tuple[str, ...]]:
        return sorted(tuple(row[name] for name in names) for row in cells)

    assert comparable(rows) == comparable(expected)
    assert "own" not in rows[0]


def test_every_format_has_the_same_figures(client: FlaskClient) -> None:
    """CSV, TSV, XLSX, JSON, Turtle and JSON-LD of the requested cells."""
    query = "?discipline=theatre&area=06&measure=attendance"
    rows = read_csv(client, query)
    assert len(rows) == 9
    tsv = client.get(f"/en/portrait.tsv{query}").get_data(as_text=True)
    assert list(csv.DictReader(io.StringIO(tsv), delimiter="\t")) == rows
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"/portrait.xlsx{query}").data))
    values = [row["value"] for row in rows if row["value"]]
    sheet = book.get_sheet_by_index(0).to_python()
    column = sheet[0].index("value")
    assert [f"{row[column]:.0f}" for row in sheet[1:] if row[column] != ""] == values
    report = client.get(f"/portrait.json{query}").get_json()
    assert [
        str(figure["value"]) for figure in report["figures"] if figure["value"] is not None
    ] == values
    assert sum(figure["suppressed"] for figure in report["figures"]) == 2
    for ending, name in (("ttl", "turtle"), ("jsonld", "json-ld")):
        graph = Graph().parse(data=client.get(f"/portrait.{ending}{query}").data, format=name)
        assert len(set(graph.subjects(QB.measureType, PARVIS.attendance))) == 9
        assert sorted(str(value) for value in graph.objects(None, PARVIS.attendance)) == sorted(
            values
        )
        suppressed = graph.subjects(PARVIS.confStatus, CONCEPT["confidentiality/suppressed"])
        assert len(set(suppressed)) == 2


@pytest.mark.parametrize(
    ("layer", "figures"), [("event=total", 9), ("size=total", 9), ("size=small", 0)]
)
def test_the_area_of_the_event_and_the_size_of_organisations_are_layers(
    client: FlaskClient, layer: str, figures: int
) -> None:
    """A release that does not tell the size is of all sizes, in a graph as in a table."""
    query = f"?discipline=theatre&area=06&measure=attendance&{layer}"
    assert len(read_csv(client, query)) == figures
    graph = Graph().parse(data=client.get(f"/portrait.ttl{query}").data, format="turtle")
    assert len(set(graph.subjects(QB.measureType))) == figures


@pytest.mark.parametrize("kind", ["text/turtle", "application/ld+json", "application/json"])
def test_accept_chooses_the_format(client: FlaskClient, kind: str) -> None:
    """The response says so, and links to the other formats."""
    answer = client.get("/portrait?area=06", headers={"Accept": kind})
    assert answer.mimetype == kind
    assert answer.get_data()
    assert "Accept" in answer.vary
    assert any("/portrait.csv?area=06>" in link for link in answer.headers.getlist("Link"))


def test_a_chart_shows_the_figures_of_the_table(client: FlaskClient) -> None:
    """Bars have the length of their figures, on one scale; a title describes the chart."""
    document = open_page(client, "?area=each&discipline=each")
    bars = "//figure[contains(@class, 'chart-bar')]//svg"
    charts = document.xpath(bars)
    assert len(charts) == 2
    for attribute in ("aria-labelledby", "aria-describedby"):
        names = [document.get_element_by_id(chart.get(attribute)) for chart in charts]
        assert all(name.text_content().strip() for name in names)
    widths = [
        float(bar.get("width")) for bar in document.xpath(f"{bars}//rect[@class='mark series-1']")
    ]
    texts = document.xpath(f"{bars}//text[@class='figure']")
    figures = [int(text.text.replace(",", "")) for text in texts]
    assert sorted(figures) == [1500, 2500, 3000, 5000]
    assert widths == [round(286 * figure / 5000, 1) for figure in figures]
    rows = document.xpath("//div[contains(@class, 'strata')]//tbody/tr[th/a]/td[1]")
    cells = [cell.text_content().split("of")[0].strip() for cell in rows]
    assert [cell for cell in cells if cell != "suppressedx"] == [
        f"{figure:,}" for figure in figures
    ]


def test_suppressed_cells_are_marked_in_words(client: FlaskClient) -> None:
    """In the chart as in the table, in both languages; never a zero, never a blank."""
    query = "?discipline=theatre&area=06"
    for lang, word in (("en", "suppressed"), ("fr", "masqué")):
        document = open_page(client, query, lang)
        assert len(document.xpath(f"//svg//text[text()='{word}']")) == 2
        assert len(document.xpath(f"//td//span[text()='{word}']")) == 2


def test_the_page_shows_the_release_and_its_thresholds(client: FlaskClient) -> None:
    """Its number, the least number of partners and persons, and the rounding."""
    texts = open_page(client).xpath("//dl[@class='release']//text()")
    summary = " ".join(" ".join(texts).split())
    assert "number 3" in summary
    assert "3 partners, 10 persons" in summary
    assert "Rounded to multiples of 5" in summary
    assert "12,000 attendance, 2025" in summary


def test_shares_are_shown_only_for_measures_that_add_up(client: FlaskClient) -> None:
    """Theatre is two thirds of the attendance; households have no share."""
    assert "67%" in open_page(client).xpath("string(//table)")
    page = open_page(client, "?measure=households")
    text = page.xpath("string(//main)")
    assert "does not add up across partners" in text
    assert "Of every 100" not in text
    assert {cell.text_content() for cell in page.xpath("//tbody//td[2]")} <= {"–"}


def test_layers_crossed_one_by_one_show_what_each_is_all_together(client: FlaskClient) -> None:
    page = open_page(client, f"?area={EACH}&discipline={EACH}")
    rows = page.xpath("//div[contains(@class, 'strata')]//tbody")
    assert rows
    assert all("All together" in row.text_content() for row in rows)


def test_links_of_the_table_lead_one_layer_down(client: FlaskClient) -> None:
    """With the requested measure and period."""
    links = open_page(client, "?period=2025&measure=attendance").xpath("//table//a/@href")
    assert links[0] == "/en/portrait?measure=attendance&period=2025&discipline=theatre"
    assert client.get(links[0]).status_code == 200


def test_periods_and_measures_can_be_chosen(client: FlaskClient) -> None:
    """An earlier year has its own figures; a measure without layers has its own total."""
    assert "7,000" in open_page(client, "?period=2024").xpath("string(//table)")
    assert "9,000" in open_page(client, "?measure=visits").xpath("string(//table)")


def test_a_partner_sees_its_own_figures_next_to_those_of_the_pool(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    """For its own strata, in the chart, the table and the files."""
    query = "?discipline=theatre&area=06"
    document = open_page(client, query, **bearer)
    labels = {
        row[0].text_content(): row[-1].text_content() for row in document.xpath("//tbody/tr[td]")
    }
    assert labels["0 to 12 years"] == "500"
    assert labels["18 to 64 years"] == "–"
    (bar,) = document.xpath("//rect[@class='mark series-2']")
    assert (bar.get("width"), bar.findtext("title")) == (
        str(round(286 * 500 / 4000, 1)),
        "0 to 12 years · your own figures\u00a0: 500\u00a0attendance",
    )
    rows = read_csv(client, f"{query}&language=total&channel=total", **bearer)
    own_figures = {row["age"]: row["own"] for row in rows}
    assert own_figures == {"total": "1800", "0-12": "500", "13-17": "", "18-64": "", "65-plus": ""}
    answer = client.get(f"/portrait.json{query}", headers=bearer)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_nobody_else_sees_a_partners_own_figures(
    client: FlaskClient, publics_pool: Settings
) -> None:
    """Neither anonymous readers nor other members."""
    text = create_token(publics_pool, "lieu-b", label="essai").text
    rows = read_csv(client, Authorization=f"Bearer {text}")
    assert {row["own"] for row in rows} == {""}
    for ending in ("html", "csv", "json", "ttl"):
        body = client.get(f"/portrait.{ending}").get_data(as_text=True)
        assert "1800" not in body
        assert "1,800" not in body


@pytest.mark.parametrize(
    "query",
    [
        {"discipline": "<script>alert(1)</script>"},
        {"measure": "<script>alert(1)</script>"},
        {"release": "../../etc/passwd"},
        {"period": "1848"},
        {"area": "é" * 1000},
    ],
)
def test_an_unknown_choice_is_refused_without_markup(
    client: FlaskClient, query: dict[str, str]
) -> None:
    answer = client.get("/portrait", query_string=query, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.get_data(as_text=True)
    assert len(answer.data) < 40_000


def test_a_choice_without_figures_says_so(client: FlaskClient) -> None:
    """An age within a language, which no release combines."""
    text = open_page(client, "?age=0-12&language=fr").xpath("string(//main)")
    assert "no figure below this choice" in text


def test_headings_go_down_one_level_at_a_time(client: FlaskClient) -> None:
    """On the three pages on publics."""
    for address in ("/portrait", "/portrait?discipline=each&area=each", "/offerings", "/relays"):
        digits = re.findall(r"<h([1-6])", client.get(f"/en{address}").get_data(as_text=True))
        levels = [int(digit) for digit in digits]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_areas_are_drawn_as_tiles_of_a_map(client: FlaskClient) -> None:
    """Each region at its place with its figure, darker for more; a suppressed one is dashed."""
    document = open_page(client, "?discipline=theatre")
    (picture,) = document.xpath("//figure[contains(@class, 'chart-map')]//svg")
    titles = {title.text: title.getparent() for title in picture.xpath(".//rect/title")}
    assert len(picture.xpath(".//rect[@class != 'hatch']")) == 17
    montreal = titles["Montréal (administrative region)\u00a0: 5,000\u00a0attendance"]
    capital = titles["Capitale-Nationale\u00a0: 3,000\u00a0attendance"]
    assert titles["Chaudière-Appalaches\u00a0: suppressed"].get("class") == "suppressed"
    assert len(picture.xpath(".//rect[@class='none']")) == 17 - len(titles)
    assert (montreal.get("fill-opacity"), capital.get("fill-opacity")) == ("0.45", "0.3")
    assert montreal.getparent().get("href").endswith("/portrait/region/06")


def test_every_region_of_the_ontology_has_its_tile() -> None:
    """No two share a place."""
    areas = scheme("area")
    regions = {iri for iri, above in areas.above.items() if above.get(f"{CONCEPT}area/qc") == 1}
    assert set(region_tiles()) == regions
    assert len(set(region_tiles().values())) == len(regions) == 17

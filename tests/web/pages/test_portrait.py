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
from parvis.vocab.namespaces import CONCEPT, PARVIS
from parvis.web import create_app

RELEASE = Path(__file__).parents[2] / "cases" / "publics" / "tiers" / "portrait" / "portrait.csv"
LAYERS = ("discipline", "area", "age", "language", "channel")


@pytest.fixture(scope="module")
def app(publics_pool: Settings) -> Iterator[Flask]:
    """Give the application of a pool with a release."""
    app = create_app(publics_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a client without cookies."""
    return app.test_client()


@pytest.fixture(scope="module")
def bearer(publics_pool: Settings) -> dict[str, str]:
    """Give the header of the partner who gives figures of its own."""
    return {"Authorization": f"Bearer {create_token(publics_pool, 'troupe-a', label='essai').text}"}


def page(
    client: FlaskClient, query: str = "", lang: str = "en", **headers: str
) -> html.HtmlElement:
    """Read the page."""
    answer = client.get(f"/{lang}/portrait{query}", headers=headers)
    assert answer.status_code == 200
    return html.document_fromstring(answer.get_data(as_text=True))


def table(client: FlaskClient, query: str = "", **headers: str) -> list[dict[str, str]]:
    """Read the CSV."""
    text = client.get(f"/en/portrait.csv{query}", headers=headers).get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text)))


def test_the_files_hold_the_whole_release(client: FlaskClient) -> None:
    """Each cell with its stratum, contributors and coverage; what is withheld has no value."""
    wanted = list(csv.DictReader(io.StringIO(RELEASE.read_text(encoding="utf-8"))))
    found = table(client)
    names = ("measure", "period", *LAYERS, "value", "status", "contributors", "coverage")

    def told(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
        return sorted(tuple(row[name] for name in names) for row in rows)

    assert told(found) == told(wanted)
    assert "own" not in found[0]


def test_every_form_has_the_same_figures(client: FlaskClient) -> None:
    """CSV, TSV, XLSX, JSON, Turtle and JSON-LD, of what is asked."""
    query = "?discipline=theatre&area=06&measure=attendance"
    rows = table(client, query)
    assert len(rows) == 9
    tsv = client.get(f"/en/portrait.tsv{query}").get_data(as_text=True)
    assert list(csv.DictReader(io.StringIO(tsv), delimiter="\t")) == rows
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"/portrait.xlsx{query}").data))
    values = [row["value"] for row in rows if row["value"]]
    sheet = book.get_sheet_by_index(0).to_python()
    column = sheet[0].index("value")
    assert [f"{row[column]:.0f}" for row in sheet[1:] if row[column] != ""] == values
    told = client.get(f"/portrait.json{query}").get_json()
    assert [str(one["value"]) for one in told["figures"] if one["value"] is not None] == values
    assert sum(one["suppressed"] for one in told["figures"]) == 2
    for ending, name in (("ttl", "turtle"), ("jsonld", "json-ld")):
        graph = Graph().parse(data=client.get(f"/portrait.{ending}{query}").data, format=name)
        assert len(set(graph.subjects(QB.measureType, PARVIS.attendance))) == 9
        assert sorted(str(o) for o in graph.objects(None, PARVIS.attendance)) == sorted(values)
        withheld = graph.subjects(PARVIS.confStatus, CONCEPT["confidentiality/suppressed"])
        assert len(set(withheld)) == 2


@pytest.mark.parametrize("kind", ["text/turtle", "application/ld+json", "application/json"])
def test_a_form_is_chosen_by_accept_too(client: FlaskClient, kind: str) -> None:
    """And says that it was, beside the others' addresses."""
    answer = client.get("/portrait?area=06", headers={"Accept": kind})
    assert answer.mimetype == kind
    assert answer.get_data()
    assert "Accept" in answer.vary
    assert any("/portrait.csv?area=06>" in one for one in answer.headers.getlist("Link"))


def test_a_chart_shows_what_the_table_beside_it_says(client: FlaskClient) -> None:
    """Bars as long as their figures, on one scale, each named; a title for who does not see."""
    found = page(client, "?discipline=theatre&area=06")
    charts = found.xpath("//svg[@role='img']")
    assert len(charts) == 3
    assert all(one.xpath("string(title)") for one in charts)
    widths = [float(one.get("width")) for one in found.xpath("//svg//rect[@class='bar']")]
    figures = [
        int(one.text.replace(",", "")) for one in found.xpath("//svg//text[@class='figure']")
    ]
    assert figures == [1200, 3000, 4000, 1000, 3500, 1500]
    assert widths == [round(320 * one / 4000, 1) for one in figures]
    cells = [one.text_content().split("of")[0].strip() for one in found.xpath("//td[1]")]
    assert [one for one in cells if one != "withheld"] == [f"{one:,}" for one in figures]


def test_what_is_withheld_is_said_in_words(client: FlaskClient) -> None:
    """In the chart as in the table, in both languages; never a zero, never a blank."""
    query = "?discipline=theatre&area=06"
    for lang, word in (("en", "withheld"), ("fr", "non divulgué")):
        found = page(client, query, lang)
        assert len(found.xpath(f"//svg//text[text()='{word}']")) == 2
        assert len(found.xpath(f"//td//span[text()='{word}']")) == 2


def test_the_page_tells_the_release_and_its_thresholds(client: FlaskClient) -> None:
    """Its number, from how many partners and persons it tells, and to what it rounds."""
    said = page(client).xpath("//dl[@class='release']//text()")
    told = " ".join(" ".join(said).split())
    assert "number 3" in told
    assert "3 partners, 10 persons" in told
    assert "Rounded to multiples of 5" in told
    assert "12,000 attendance, 2025" in told


def test_shares_are_of_the_whole_and_of_measures_that_add_up(client: FlaskClient) -> None:
    """Theatre is two thirds of the attendance; households tell no share."""
    assert "67%" in page(client).xpath("string(//table)")
    said = page(client, "?measure=households").xpath("string(//main)")
    assert "does not add up across partners" in said
    assert "%" not in said.replace("not add up", "")


def test_links_of_the_table_lead_one_layer_down(client: FlaskClient) -> None:
    """With the measure and the period that were asked for."""
    links = page(client, "?period=2025&measure=attendance").xpath("//table//a/@href")
    assert links[0] == "/en/portrait?measure=attendance&period=2025&discipline=theatre"
    assert client.get(links[0]).status_code == 200


def test_periods_and_measures_are_chosen(client: FlaskClient) -> None:
    """An earlier year has its own figures; a measure without layers has its own whole."""
    assert "7,000" in page(client, "?period=2024").xpath("string(//table)")
    assert "9,000" in page(client, "?measure=visits").xpath("string(//table)")


def test_a_partner_sees_its_own_figures_beside_the_pool_s(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    """In the strata that it gives, in the chart, the table and the files."""
    query = "?discipline=theatre&area=06"
    found = page(client, query, **bearer)
    told = {one[0].text_content(): one[-1].text_content() for one in found.xpath("//tbody/tr[td]")}
    assert told["0 to 12 years"] == "500"
    assert told["18 to 64 years"] == "–"
    assert [one.get("width") for one in found.xpath("//rect[@class='own']")] == ["40.0"]
    rows = table(client, f"{query}&language=total&channel=total", **bearer)
    own = {one["age"]: one["own"] for one in rows}
    assert own == {"total": "1800", "0-12": "500", "13-17": "", "18-64": "", "65-plus": ""}
    answer = client.get(f"/portrait.json{query}", headers=bearer)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_nobody_else_sees_them(client: FlaskClient, publics_pool: Settings) -> None:
    """Neither anonymous readers nor other members: their own are none."""
    text = create_token(publics_pool, "lieu-b", label="essai").text
    found = table(client, Authorization=f"Bearer {text}")
    assert {one["own"] for one in found} == {""}
    for ending in ("html", "csv", "json", "ttl"):
        told = client.get(f"/portrait.{ending}").get_data(as_text=True)
        assert "1800" not in told
        assert "1,800" not in told


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
def test_what_is_not_there_is_refused_in_one_line(
    client: FlaskClient, query: dict[str, str]
) -> None:
    """Telling what is; nothing of it is markup."""
    answer = client.get("/portrait", query_string=query, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.get_data(as_text=True)
    assert len(answer.data) < 40_000


def test_a_choice_without_figures_says_so(client: FlaskClient) -> None:
    """An age within a language, which no release tells together."""
    said = page(client, "?age=0-12&language=fr").xpath("string(//main)")
    assert "no figure below this choice" in said


def test_headings_go_down_one_level_at_a_time(client: FlaskClient) -> None:
    """On the three pages on publics."""
    for address in ("/portrait", "/portrait?discipline=each&area=each", "/offerings", "/relays"):
        found = re.findall(r"<h([1-6])", client.get(f"/en{address}").get_data(as_text=True))
        levels = [int(one) for one in found]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_areas_stand_as_tiles_where_they_are(client: FlaskClient) -> None:
    """Each region at its place with its figure, the darker the more; a withheld one is dashed."""
    found = page(client, "?discipline=theatre")
    (where,) = found.xpath("//svg[@class='tiles']")
    said = {one.xpath("string(text[@class='region'])"): one for one in where.xpath("g")}
    assert len(said) == 17
    assert said["06"].xpath("string(title)") == "Montréal (administrative region): 5,000"
    assert said["12"].xpath("string(title)") == "Chaudière-Appalaches: withheld"
    assert said["12"].xpath("rect/@class") == ["untold"]
    assert said["16"].xpath("rect/@class") == ["none"]
    depth = {code: one.xpath("rect/@fill-opacity") for code, one in said.items()}
    assert (depth["06"], depth["03"]) == (["0.45"], ["0.3"])


def test_every_region_of_the_ontology_has_its_tile() -> None:
    """One each, none on another."""
    known = scheme("area")
    regions = {one for one, above in known.above.items() if above.get(f"{CONCEPT}area/qc") == 1}
    assert set(region_tiles()) == regions
    assert len(set(region_tiles().values())) == len(regions) == 17

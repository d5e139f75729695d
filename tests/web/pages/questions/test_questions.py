"""Questions: their list, filtered, and the page of each with its answer in a sentence."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from parvis.catalog.queries import READERS, load_queries
from parvis.config import Settings, knowledge
from parvis.errors import UsageError
from parvis.i18n import LANGUAGES
from parvis.pooling.cards import ExampleQuery
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.web import create_app
from parvis.web.api.parameters import fill_parameters, list_parameters
from parvis.web.pages.questions.questions import KINDS, QuestionCard

DEMO = load_queries(knowledge("catalog") / "demo")

QUERY = """# fr: Combien de notions chaque discipline a-t-elle ?
# en: How many concepts does each discipline have?
# theme: offres
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?label (COUNT(?kind) AS ?events) WHERE {
  VALUES ?kind { UNDEF } # choice: discipline
  ?kind skos:inScheme <https://w3id.org/parvis/concept/discipline> ; skos:prefLabel ?label .
  FILTER (LANG(?label) = "fr")
}
GROUP BY ?label
ORDER BY ?label
"""
OF_PARTNERS = """# fr: Quels jeux de données chaque partenaire donne-t-il, par discipline ?
# en: Which datasets does each partner give, by discipline?
# theme: donnees
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX discipline: <https://w3id.org/parvis/concept/discipline/>
SELECT ?dataset ?kind WHERE {
  ?dataset a dcat:Dataset ; dct:publisher ?giver .
  VALUES ?giver { UNDEF } # choice: partner
  VALUES ?kind { discipline:dance discipline:theatre }
  VALUES ?kind { UNDEF } # choice: discipline
}
"""
PRESENTATION = """[par-discipline]
readers = ["journalist", "platform"]
[par-discipline.answer]
fr = ["Il y a {rows|discipline|disciplines}, dont {~label}."]
en = ["There are {rows|discipline|disciplines}, such as {label}."]
"""


@pytest.fixture(scope="module")
def app(published_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Publish a question with its presentation."""
    folder = tmp_path_factory.mktemp("questions")
    shutil.copytree(published_folder / "catalog", folder / "catalog")
    queries = folder / "catalog" / "queries"
    (queries / "par-discipline.rq").write_text(QUERY, encoding="utf-8")
    (queries / "jeux-de-partenaires.rq").write_text(OF_PARTNERS, encoding="utf-8")
    (queries / "questions.toml").write_text(PRESENTATION, encoding="utf-8")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    publish(Pool.open(settings))
    app = create_app(settings)
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def open_page(client: FlaskClient, path: str) -> html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == 200
    page: html.HtmlElement = html.document_fromstring(answer.get_data(as_text=True))
    return page


def test_questions_are_grouped_by_reader_and_show_the_kind_of_answer(client: FlaskClient) -> None:
    page = open_page(client, "/en/queries")
    (entry,) = page.xpath("//li[a[contains(@href, 'par-discipline')]]")
    assert entry.xpath("string(ancestor::section/h2)") == "For journalists"
    assert entry.xpath("string(.//p/span)") == "Bar chart · Programming"


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("?reader=platform", True),
        ("?reader=researcher", False),
        ("?theme=offres&q=NOTIONS chaque", True),
        ("?theme=lieux", False),
        ("?q=nothing-of-the-kind", False),
        ("?reader=<script>", False),
    ],
)
def test_the_list_is_filtered(client: FlaskClient, query: str, *, listed: bool) -> None:
    """By who reads, by theme and by words; what matches nothing says so."""
    page = open_page(client, f"/fr/queries{query}")
    assert bool(page.xpath("//ul//a[contains(@href, 'par-discipline')]")) is listed
    if not page.xpath("//ul[@class='questions']"):
        assert "Aucune question ne répond" in page.xpath("string(//main)")


def test_a_question_answers_in_a_sentence_a_chart_and_a_table(client: FlaskClient) -> None:
    """Of what was chosen; only the page of a version names it and has a permanent link."""
    generation = client.get("/health").get_json()["generation"]
    address = "/fr/queries/par-discipline?discipline=theatre"
    page = open_page(client, f"{address}&generation={generation}")
    assert "version publiée" in page.xpath("string(//main)")
    assert (
        page.xpath("string(//p[contains(@class, 'sentence')])")
        == "Pour «\u00a0Théâtre\u00a0»\u00a0: il y a 1\u00a0discipline, dont théâtre."
    )
    permanent = page.xpath("//a[text()='Lien permanent']/@href")[0]
    assert "discipline=theatre" in permanent
    assert "generation=" in permanent
    assert open_page(client, permanent).xpath("//p[contains(@class, 'sentence')]")
    everything = open_page(client, "/fr/queries/par-discipline")
    assert everything.xpath("//figure[contains(@class, 'chart-bar')]//svg[@role='img']")
    assert "version publiée" not in everything.xpath("string(//main)")
    assert everything.xpath("//a[text()='Citer cette réponse']/@href")[0].startswith("/fr/sparql?")


def test_an_answer_is_cited_and_embedded(client: FlaskClient) -> None:
    """The frame has its sentence, chart and a link back; any site may show that alone."""
    page = open_page(client, "/en/queries/par-discipline?discipline=theatre")
    sentence = page.xpath("string(//p[@class='sentence'])")
    cited = page.xpath("string(//details[summary='Cite']/p)")
    assert cited.startswith(f"“{sentence}”")
    assert cited.endswith("http://pool.test/en/queries/par-discipline?discipline=theatre")
    code = html.fragment_fromstring(page.xpath("string(//details[summary='Embed']/pre)"))
    assert code.get("src") == "http://pool.test/en/queries/par-discipline/embed?discipline=theatre"
    answer = client.get("/en/queries/par-discipline/embed?discipline=theatre")
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    frame: html.HtmlElement = html.document_fromstring(answer.get_data(as_text=True))
    assert frame.xpath("string(//h1)") == sentence
    assert frame.xpath("//a/@href") == ["/en/queries/par-discipline?discipline=theatre"]
    assert frame.xpath("//base/@target") == ["_top"]
    assert not frame.xpath("//form")
    whole = open_page(client, "/en/queries/par-discipline/embed")
    assert whole.xpath("//figure[@id='chart']//svg[@role='img']")
    others = client.get("/en/queries/par-discipline").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in others
    assert client.get("/en/queries/nothing/embed").status_code == 404


def test_a_question_without_an_answer_leads_on(client: FlaskClient) -> None:
    path = "/en/queries/jeux-de-partenaires"
    empty = open_page(client, f"{path}?partner=tiers")
    assert empty.xpath("//p[@class='empty']/a/@href") == [path]
    assert not empty.xpath("//main//table")
    frame = open_page(client, f"{path}/embed?partner=tiers")
    assert "There are no data for this choice" in frame.xpath("string(//main)")


def test_a_day_is_filled_in_as_a_day_alone() -> None:
    text = 'VALUES ?since { "2026-11-24" } # choice: from'
    assert fill_parameters(text, {}) == text
    assert fill_parameters(text, {"from": "2027-01-31"}) == 'VALUES ?since { "2027-01-31" }'
    (parameter,) = list_parameters(text, {})
    assert (parameter.chosen, parameter.options) == ("2026-11-24", ())
    for typed in ('2027-01-31" } #', "demain", "2027-02-31"):
        with pytest.raises(UsageError, match="is no day"):
            fill_parameters(text, {"from": typed})


@pytest.mark.parametrize("typed", ["x> ?y } #", "../a", "É", "", " theatre-b "])
def test_a_partner_is_filled_in_as_a_partner_alone(app: Flask, typed: str) -> None:
    """By the name in its address: nothing else gets into the query."""
    text = "VALUES ?giver { UNDEF } # choice: partner"
    with app.test_request_context():
        assert fill_parameters(text, {"partner": "theatre-b"}) == (
            "VALUES ?giver { <http://pool.test/id/partner/theatre-b> }"
        )
        if not typed:
            assert fill_parameters(text, {"partner": typed}) == text
            return
        with pytest.raises(UsageError, match="is no partner"):
            fill_parameters(text, {"partner": typed})


def list_offers(client: FlaskClient, path: str) -> dict[str, list[str]]:
    lists = open_page(client, path).xpath("//main//select")
    return {select.get("name"): select.xpath("option/text()")[1:] for select in lists}


def test_a_form_offers_what_has_data(client: FlaskClient) -> None:
    """Beside the other choices; of a partner that has none here, not even the name is shown."""
    path = "/fr/queries/jeux-de-partenaires"
    partners = ["Théâtre B (inventé)"]
    assert list_offers(client, path) == {"partner": partners, "discipline": ["Danse", "Théâtre"]}
    assert list_offers(client, f"{path}?partner=tiers") == {"partner": [*partners, "tiers"]}
    page = open_page(client, f"{path}?partner=tiers")
    assert "Il n’y a pas de données pour ce choix" in page.xpath("string(//main)")


def test_every_question_of_the_demonstration_has_a_reader_and_a_kind() -> None:
    """And its sentences, if any, are in both languages."""
    for query in DEMO.values():
        card = QuestionCard.of(ExampleQuery.of(query))
        assert set(card.readers) <= set(READERS)
        assert card.kind in KINDS
        assert set(query.presentation.answer) in ({*LANGUAGES}, set())

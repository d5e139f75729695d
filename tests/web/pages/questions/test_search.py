"""The search page, for people and for programs."""

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from parvis.pooling.serving.search import Excerpt, SearchResult, merge_dates
from parvis.vocab.namespaces import CONCEPT, SCHEMA

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


def open_page(client: FlaskClient, text: str, lang: str = "fr") -> str:
    response = client.get(f"/{lang}/search", query_string={"q": text}, headers=BROWSER)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def list_iris(client: FlaskClient, text: str) -> list[str]:
    """List the entities that a program finds."""
    response = client.get("/search", query_string={"q": text}, headers=JSON)
    assert response.mimetype == "application/json"
    return [entity["iri"] for entity in response.get_json()["things"]]


def test_an_entity_is_found_with_its_name_class_and_dataset(client: FlaskClient) -> None:
    """Matches are marked, links keep the language, partners' texts are escaped."""
    results_page = open_page(client, "soeur")
    assert "Les &lt;b&gt;<mark>Sœurs</mark>&lt;/b&gt; du large" in results_page
    assert 'href="/fr/id/event/theatre-b/soeurs"' in results_page
    assert 'href="/fr/dataset/theatre-b/spectacles"' in results_page
    assert "1 résultat<" in re.sub(r"\s*<", "<", results_page)


def test_json_lists_the_entities_found(client: FlaskClient) -> None:
    """Each with name, classes, dataset and score."""
    (entity,) = client.get("/search?q=soeur&format=json&lang=fr").get_json()["things"]
    assert entity["iri"] == "http://pool.test/id/event/theatre-b/soeurs"
    assert entity["name"] == "Les <b>Sœurs</b> du large"
    assert entity["dataset"] == "theatre-b/spectacles"
    assert entity["score"] > 0
    assert [kind["fr"] for kind in entity["kinds"]]


def test_a_preferred_label_is_the_title(client: FlaskClient) -> None:
    """A concept that is found by another label is not called by it."""
    entities = client.get("/search?q=futurs+parents&format=json&lang=fr").get_json()["things"]
    audience = f"{CONCEPT}audience/jeunes-parents"
    assert {e["name"] for e in entities if e["iri"] == audience} == {"Jeunes parents"}


def test_a_result_says_each_label_of_its_classes_once(client: FlaskClient) -> None:
    """An organisation of the catalogue is of several classes, which have one label."""
    entities = [
        entity
        for word in ("théâtre", "danse", "soeur")
        for entity in client.get(f"/search?q={word}&format=json&lang=fr").get_json()["things"]
    ]
    labels = [[kind["fr"] for kind in entity["kinds"]] for entity in entities]
    assert ["organisme"] in labels
    assert ["événement"] in labels
    assert all(len(words) == len(set(words)) for words in labels)


def test_the_search_page_has_all_that_the_sparql_pattern_has(client: FlaskClient) -> None:
    """Both use the same index; the page searches what surrounds an entity too."""
    query = 'SELECT ?t { ?t parvis:search ("theatre" ?s) } ORDER BY DESC(?s) ?t'
    rows = client.get("/sparql", query_string={"query": query, "format": "json"}).get_json()
    expected = {row["t"]["value"] for row in rows["results"]["bindings"]}
    results = list_iris(client, "Théâtres")
    assert expected <= set(results)
    assert set(results) - expected == {
        "http://pool.test/id/event/theatre-b/hiver",
        "http://pool.test/id/event/theatre-b/soeurs",
    }


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("théâtre salle été", {"soeurs", "hiver"}),
        ("theatre soeurs", {"soeurs"}),
        ("hiver théâtre b", {"hiver"}),
        ("danse salle été", set()),
    ],
)
def test_words_may_be_those_of_the_venue_the_discipline_or_the_partner(
    client: FlaskClient, text: str, events: set[str]
) -> None:
    """Each word in any of them, and at least one word of the entity itself."""
    found_events = {
        iri.rpartition("/")[2] for iri in list_iris(client, text) if "/id/event/" in iri
    }
    assert found_events == events


def test_a_result_has_its_dates_and_its_place(client: FlaskClient) -> None:
    (entity,) = client.get("/search?q=soeur&format=json&lang=fr").get_json()["things"]
    assert entity["starts"] == ["2026-11-25T19:30:00-05:00"]
    assert entity["place"] == "Salle d’été"
    page = open_page(client, "soeur")
    assert (
        '<time datetime="2026-11-25T19:30:00-05:00">25 novembre 2026, 19\xa0h\xa030</time>' in page
    )
    assert 'id="events"' in page


def test_an_event_with_several_dates_is_one_result() -> None:
    """With the dates to come first; another place or dataset is another result."""
    monday, tuesday, sunday = (make_event(n, f"2026-11-{n}") for n in (23, 24, 22))
    elsewhere = make_event(25, "2026-11-25", place="Cap Bleu")
    place = replace(monday, iri="http://pool.test/place", starts=())
    merged = merge_dates([monday, place, tuesday, elsewhere, sunday], "2026-11-23")
    assert [[date.start[-2:] for date in dated.dates] for dated in merged] == [
        ["23", "24", "22"],
        [],
        ["25"],
    ]
    assert merged[0].dates[1].iri == "http://pool.test/24"


def make_event(number: int, start: str, place: str = "Salle") -> SearchResult:
    return SearchResult(
        iri=f"http://pool.test/{number}",
        name=Excerpt((("Corps à quai", False),), "fr"),
        about=None,
        kinds=(),
        classes=(str(SCHEMA.DanceEvent),),
        graph="http://pool.test/graph/a/b",
        dataset=None,
        score=1.0,
        starts=(start,),
        place=Excerpt(((place, False),), None),
    )


def test_the_guide_and_the_pages_are_searched(client: FlaskClient) -> None:
    """In the language of the page; in JSON with their addresses."""
    page = open_page(client, "jetons")
    assert 'href="/fr/docs/tokens"' in page
    assert 'href="/en/search/guided"' in open_page(client, "guided search", "en")
    pages = client.get("/search?q=catalogue&format=json&lang=en").get_json()["pages"]
    assert {"address": "/catalog", "title": "Catalogue"} in pages


def test_a_misspelt_word_is_corrected_with_its_accents(client: FlaskClient) -> None:
    page = open_page(client, "souers du lareg")
    assert re.search(r"Vouliez-vous dire <a [^>]*>Sœurs large</a>", page.replace("&nbsp;", " "))
    assert client.get("/search?q=souers", headers=JSON).get_json()["respelt"] == "Sœurs"


def test_a_search_without_results_has_next_steps(client: FlaskClient) -> None:
    """Each word that has results alone, lists to choose from, the catalogue, signing in."""
    page = open_page(client, "hiver danse xyzzy", "en")
    assert "No result for “hiver danse xyzzy”" in page
    for address in (
        "search?q=hiver",
        "search?q=danse",
        "search/guided",
        "queries",
        "catalog?q=hiver+danse+xyzzy",
        "login",
    ):
        assert f'href="/en/{address}"' in page
    assert "search?q=xyzzy" not in page


def test_a_closed_dataset_corrects_no_word(client: FlaskClient) -> None:
    """Its words are not those of what everybody may read."""
    assert client.get("/search?q=soiree+bilet", headers=JSON).get_json()["respelt"] is None


def test_the_content_of_a_closed_dataset_is_not_found(client: FlaskClient) -> None:
    """The dataset itself may be found."""
    entities = client.get("/search?q=billet", headers=JSON).get_json()["things"]
    assert "http://pool.test/id/dataset/theatre-b/billets" in {entity["iri"] for entity in entities}
    assert {entity["dataset"] for entity in entities} == {None}
    assert client.get("/search/suggestions?q=soiree bil").get_json()[1] == []


HOSTILE = [
    "",
    "   ",
    '"',
    "a OR",
    "NEAR(",
    "<script>alert(1)</script>",
    "%00",
    "é" * 1_000,
    '\\"*',
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_any_typed_text_is_searched_as_words(client: FlaskClient, text: str, lang: str) -> None:
    """Empty, long and hostile texts too."""
    assert "<script>" not in open_page(client, text, lang)


def test_a_long_result_list_says_that_it_is_cut(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or that only the first words were used."""
    monkeypatch.setattr("parvis.pooling.serving.search.SHOWN", 2)
    assert "The 2 best answers" in open_page(client, "theatre", "en")
    assert "Only the first words" in open_page(client, " ".join(map(str, range(20))), "en")


def test_a_name_is_completed(client: FlaskClient) -> None:
    """In the format of OpenSearch Suggestions."""
    response = client.get("/search/suggestions?q=soeurs lar&lang=fr")
    assert response.mimetype == "application/x-suggestions+json"
    assert response.get_json() == ["soeurs lar", ["Les <b>Sœurs</b> du large"]]


def test_search_is_503_when_nothing_is_published(empty_client: FlaskClient) -> None:
    assert empty_client.get("/search?q=x").status_code == 503

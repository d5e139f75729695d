"""The search page, for people and for programs."""

import pytest
from flask.testing import FlaskClient

from parvis.vocab.namespaces import CONCEPT

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
    assert "1 chose trouvée" in results_page


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


def test_the_search_page_and_the_sparql_pattern_agree(client: FlaskClient) -> None:
    """Both use the same index."""
    query = 'SELECT ?t { ?t parvis:search ("theatre" ?s) } ORDER BY DESC(?s) ?t'
    rows = client.get("/sparql", query_string={"query": query, "format": "json"}).get_json()
    expected = [row["t"]["value"] for row in rows["results"]["bindings"]]
    assert expected[:50] == list_iris(client, "Théâtres")
    assert expected


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

"""The search page: words in, things out, for people and programs alike."""

import pytest
from flask.testing import FlaskClient

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


def page(client: FlaskClient, words: str, lang: str = "fr") -> str:
    """Get the page for some words."""
    response = client.get(f"/{lang}/search", query_string={"q": words}, headers=BROWSER)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def iris(client: FlaskClient, words: str) -> list[str]:
    """Give the things that a program is told of."""
    response = client.get("/search", query_string={"q": words}, headers=JSON)
    assert response.mimetype == "application/json"
    return [thing["iri"] for thing in response.get_json()["things"]]


def test_a_thing_is_found_with_its_name_kind_and_dataset(client: FlaskClient) -> None:
    """The words are marked, links stay in the language, and what partners write is text."""
    found = page(client, "soeur")
    assert "Les &lt;b&gt;<mark>Sœurs</mark>&lt;/b&gt; du large" in found
    assert 'href="/fr/id/event/theatre-b/soeurs"' in found
    assert 'href="/fr/dataset/theatre-b/spectacles"' in found
    assert "1 chose trouvée" in found


def test_programs_get_the_same_as_json(client: FlaskClient) -> None:
    """Each thing with name, kinds, dataset and score."""
    (thing,) = client.get("/search?q=soeur&format=json&lang=fr").get_json()["things"]
    assert thing["iri"] == "http://pool.test/id/event/theatre-b/soeurs"
    assert thing["name"] == "Les <b>Sœurs</b> du large"
    assert thing["dataset"] == "theatre-b/spectacles"
    assert thing["score"] > 0
    assert [kind["fr"] for kind in thing["kinds"]]


def test_the_search_and_its_pattern_agree(client: FlaskClient) -> None:
    """The page asks the index that SPARQL asks."""
    query = 'SELECT ?t { ?t parvis:search ("theatre" ?s) } ORDER BY DESC(?s) ?t'
    rows = client.get("/sparql", query_string={"query": query, "format": "json"}).get_json()
    found = [row["t"]["value"] for row in rows["results"]["bindings"]]
    assert found[:50] == iris(client, "Théâtres")
    assert found


def test_what_only_members_may_read_is_not_found(client: FlaskClient) -> None:
    """A closed dataset may be known of; what it holds is not found, nor completed."""
    found = client.get("/search?q=billet", headers=JSON).get_json()["things"]
    assert "http://pool.test/id/dataset/theatre-b/billets" in {thing["iri"] for thing in found}
    assert {thing["dataset"] for thing in found} == {None}
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


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_whatever_is_typed_is_words(client: FlaskClient, words: str, lang: str) -> None:
    """Empty, long and hostile texts are looked for like others."""
    assert "<script>" not in page(client, words, lang)


def test_many_answers_are_cut_openly(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says that it shows the best only, or that words were left out."""
    monkeypatch.setattr("parvis.pooling.serving.search.SHOWN", 2)
    assert "The 2 best answers" in page(client, "theatre", "en")
    assert "Only the first words" in page(client, " ".join(map(str, range(20))), "en")


def test_a_name_is_completed(client: FlaskClient) -> None:
    """As OpenSearch Suggestions has it."""
    response = client.get("/search/suggestions?q=soeurs lar&lang=fr")
    assert response.mimetype == "application/x-suggestions+json"
    assert response.get_json() == ["soeurs lar", ["Les <b>Sœurs</b> du large"]]


def test_nothing_published_is_nothing_to_search(empty: FlaskClient) -> None:
    """The error that every page gives."""
    assert empty.get("/search?q=x").status_code == 503

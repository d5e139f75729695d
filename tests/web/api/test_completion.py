"""What the query editor proposes: ranked by what the reader may read, with labels."""

from collections import Counter

from flask.testing import FlaskClient

from parvis.pooling.serving.site.term_statistics import TermStatistics
from parvis.web.api.completion import list_terms

EVENT, SHOW = "http://schema.org/Event", "http://schema.org/TheaterEvent"
START, NAME = "http://schema.org/startDate", "http://schema.org/name"


def get_terms(client: FlaskClient, lang: str = "fr") -> dict[str, list[list[object]]]:
    """Get the proposals of a language."""
    response = client.get(f"/sparql/completions.json?lang={lang}")
    assert response.mimetype == "application/json"
    terms: dict[str, list[list[object]]] = response.json or {}
    return terms


def test_terms_have_labels_in_the_language_and_counts(client: FlaskClient) -> None:
    for lang, label in (("fr", "début"), ("en", "start")):
        terms = get_terms(client, lang)
        labels = {name: text for name, text, _ in terms["properties"]}
        assert labels["schema:startDate"] == label
        counts = {name: count for name, _, count in terms["classes"]}
        # What this reader may not read is not counted.
        assert counts["schema:TheaterEvent"] == 2
        assert ["discipline/theatre", "Théâtre" if lang == "fr" else "Theatre"] in terms["concepts"]


def test_the_document_can_be_cached(client: FlaskClient) -> None:
    response = client.get("/sparql/completions.json")
    assert response.headers["Cache-Control"] == "public, no-cache"
    headers = {"If-None-Match": response.headers["ETag"]}
    assert client.get("/sparql/completions.json", headers=headers).status_code == 304
    assert len(response.get_data()) < 60_000


def test_properties_of_a_class_are_ranked_and_completed_by_its_shapes() -> None:
    """The most frequent first, then those that the shapes of wider classes ask for."""
    statistics = TermStatistics(
        classes=Counter({SHOW: 5, EVENT: 9}), properties=Counter({START: 3, NAME: 8})
    )
    statistics.of_class[SHOW].update({START: 3, NAME: 2})
    terms = list_terms(statistics, "en")
    assert [name for name, _, _ in terms["classes"][:2]] == ["schema:Event", "schema:TheaterEvent"]
    names = [terms["properties"][place][0] for place in terms["of_class"]["schema:TheaterEvent"]]
    assert names[:2] == ["schema:startDate", "schema:name"]
    assert "schema:location" in names
    assert len(names) == len(set(names))


def test_datasets_are_found_by_classes_then_by_properties() -> None:
    statistics = TermStatistics()
    statistics.terms |= {"a": {EVENT, NAME}, "b": {NAME, START}}
    assert statistics.find_datasets({EVENT}, {NAME}) == {"a"}
    assert statistics.find_datasets((), {START}) == {"b"}
    assert statistics.find_datasets((), ()) == {"a", "b"}

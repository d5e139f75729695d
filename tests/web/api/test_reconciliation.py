"""The reconciliation service conforms to the API's schemas, version 0.2."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from parvis.pooling.serving.reconciliation.queries import BATCH

CASES = Path(__file__).parents[2] / "cases" / "reconciliation"
SPECS = "https://reconciliation-api.github.io/specs/0.2/schemas"
SCHEMAS: dict[str, Any] = json.loads((CASES / "schemas-0.2.json").read_bytes())
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
BASE = "http://pool.test/"
SCHEMA = "http://schema.org/"
EVENT, VENUE = f"{SCHEMA}Event", f"{SCHEMA}Place"
SISTERS = f"{BASE}id/event/theatre-b/soeurs"
HALL = f"{BASE}id/place/theatre-b/Salle%20d%E2%80%99été"
DISCIPLINE = "https://w3id.org/parvis/concept/discipline"


def assert_conforms(document: Any, name: str) -> None:  # noqa: ANN401 - JSON
    """Validate JSON with a schema of the specification."""
    schema = SCHEMAS[f"{SPECS}/{name}.json"]
    errors = list(Draft7Validator(schema, registry=REGISTRY).iter_errors(document))
    assert not errors, errors


def reconcile(client: FlaskClient, lang: str = "fr", **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Send a query, and return its candidates."""
    batch = {"q0": query}
    assert_conforms(batch, "reconciliation-query-batch")
    response = client.post(f"/{lang}/reconcile", data={"queries": json.dumps(batch)})
    answer = response.get_json()
    assert response.status_code == 200, answer
    assert_conforms(answer, "reconciliation-result-batch")
    result: list[dict[str, Any]] = answer["q0"]["result"]
    return result


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_manifest_conforms_to_its_schema(client: FlaskClient, lang: str) -> None:
    """In the requested language, with addresses that keep it."""
    manifest = client.get(f"/{lang}/reconcile").get_json()
    assert_conforms(manifest, "manifest")
    assert manifest["preview"]["url"].startswith(f"{BASE}{lang}/reconcile/preview?")
    names = {item["id"]: item["name"] for item in manifest["defaultTypes"]}
    assert names[VENUE] == {"fr": "lieu", "en": "place"}[lang]


def test_a_name_finds_its_entity_despite_variations(client: FlaskClient) -> None:
    """Missing accents, additional words and a misspelling."""
    for name in ("les soeurs du large", "Les Sœurs du large inc. (2026)", "Les soeurs du larje"):
        first = reconcile(client, query=name, type=EVENT)[0]
        assert first["id"] == SISTERS
        assert first["features"][0]["id"] == "name"
        assert EVENT in {item["id"] for item in first["type"]}


def test_a_name_alone_is_never_a_match(client: FlaskClient) -> None:
    """It gives at most sixty points of a hundred."""
    first = reconcile(client, query="Les <b>Sœurs</b> du large")[0]
    assert (first["score"], first["match"]) == (60, False)


def test_a_second_kind_of_evidence_makes_a_match(client: FlaskClient) -> None:
    """The same name and the same web address; another address counts against."""
    same_page = {"pid": f"{SCHEMA}url", "v": "http://www.theatre-b.example/hiver/"}
    first = reconcile(client, query="L’hiver en trois temps", properties=[same_page])[0]
    assert first["match"]
    assert first["score"] > 80
    other_page = {"pid": f"{SCHEMA}url", "v": "https://theatre-b.example/soeurs"}
    first = reconcile(client, query="L’hiver en trois temps", properties=[other_page])[0]
    assert not first["match"]
    assert first["score"] < 60


def test_a_label_within_a_concept_scheme_is_a_match(client: FlaskClient) -> None:
    """There it names one concept; elsewhere it is a name like others."""
    first = reconcile(client, query="théâtre", type=DISCIPLINE)[0]
    assert (first["id"], first["match"]) == (f"{DISCIPLINE}/theatre", True)
    assert not any(candidate["match"] for candidate in reconcile(client, query="théâtre"))


def test_an_iri_matches_its_entity(client: FlaskClient) -> None:
    first = reconcile(client, query=SISTERS)[0]
    assert (first["id"], first["score"], first["match"]) == (SISTERS, 100, True)


def test_a_type_excludes_entities_of_other_types(client: FlaskClient) -> None:
    assert {
        candidate["id"] for candidate in reconcile(client, query="salle d’été", type=VENUE)
    } == {HALL}
    assert not reconcile(client, query="salle d’été", type=EVENT)
    assert reconcile(client, query="salle d’été", type=[EVENT, VENUE])
    assert not reconcile(client, query="salle d’été", type=[EVENT, VENUE], type_strict="all")


def test_namesakes_are_described_by_class_and_dataset(client: FlaskClient) -> None:
    """In the reader's language."""
    (candidate,) = reconcile(client, "en", query="salle d’été", type=VENUE)
    assert candidate["description"] == "place · Shows (invented)"


def test_entities_types_and_properties_are_suggested(client: FlaskClient) -> None:
    """By the beginning of a word, or by the IRI."""

    def suggest(what: str, prefix: str, schema: str) -> list[str]:
        answer = client.get(
            f"/reconcile/suggest/{what}", query_string={"prefix": prefix}
        ).get_json()
        assert_conforms(answer, f"suggest-{schema}-response")
        return [item["id"] for item in answer["result"]]

    assert suggest("entity", "soeurs la", "entities") == [SISTERS]
    assert suggest("entity", SISTERS, "entities") == [SISTERS]
    assert VENUE in suggest("type", "li", "types")
    assert suggest("type", VENUE, "types") == [VENUE]
    assert f"{SCHEMA}postalCode" in suggest("property", "code", "properties")


def test_suggestions_have_pages(client: FlaskClient) -> None:
    """`limit` and `cursor` cut the list of all types."""
    all_types = client.get("/reconcile/suggest/type?prefix=&limit=100").get_json()["result"]
    page = client.get("/reconcile/suggest/type?prefix=&limit=2&cursor=1").get_json()["result"]
    assert page == all_types[1:3]
    assert client.get("/reconcile/suggest/type?prefix=&limit=x").status_code == 400


def test_a_preview_can_be_embedded_and_shows_the_entity(client: FlaskClient) -> None:
    """Partners' texts are escaped; an absent entity is 404."""
    response = client.get("/fr/reconcile/preview", query_string={"id": SISTERS})
    page = response.get_data(as_text=True)
    assert "Les &lt;b&gt;Sœurs&lt;/b&gt; du large" in page
    assert response.headers.getlist("Content-Security-Policy")[0].endswith("frame-ancestors *")
    assert len(response.headers.getlist("Content-Security-Policy")) == 1
    assert client.get("/reconcile/preview?id=urn:x:y").status_code == 404


PROPOSED = [f"{SCHEMA}startDate", f"{SCHEMA}location", f"{SCHEMA}url", "urn:x:nothing"]


def test_values_of_properties_are_returned(client: FlaskClient) -> None:
    """Instants, entities with their labels, texts; nothing for an absent entity."""
    request = {"ids": [SISTERS, "urn:x:absent"], "properties": [{"id": iri} for iri in PROPOSED]}
    answer = client.post("/reconcile", data={"extend": json.dumps(request)}).get_json()
    assert_conforms(answer, "data-extension-response")
    row = answer["rows"][SISTERS]
    assert row[PROPOSED[0]] == [{"date": "2026-11-25T19:30:00-05:00"}]
    assert row[PROPOSED[1]] == [{"id": HALL, "name": "Salle d’été"}]
    assert row[PROPOSED[2]] == [{"str": "https://theatre-b.example/soeurs"}]
    assert answer["rows"]["urn:x:absent"] == {iri: [] for iri in PROPOSED}


def test_properties_are_proposed_by_type(client: FlaskClient) -> None:
    """Those of the shapes, with labels."""
    answer = client.get("/en/reconcile/extend/propose", query_string={"type": VENUE}).get_json()
    names = {item["id"]: item["name"] for item in answer["properties"]}
    assert names[f"{SCHEMA}postalCode"] == "postal code"
    assert f"{SCHEMA}startDate" not in names
    assert len(client.get("/reconcile/extend/propose?type=&limit=3").get_json()["properties"]) == 3


MANY = {f"q{n}": {"query": "x"} for n in range(1_000)}
BAD: dict[str, tuple[str, int, str]] = {
    "no JSON": ('{"q0": ', 400, "queries"),
    "deep": ("[" * 60_000, 400, "queries"),
    "a list": ("[]", 400, "queries"),
    "a number": ('{"q0": 3}', 400, "queries.q0"),
    "an empty name": ('{"q7": {"query": " "}}', 400, "queries.q7"),
    "no name": ('{"q7": {}}', 400, "queries.q7"),
    "an unknown type": ('{"q0": {"query": "x", "type": "Q5"}}', 400, "Q5"),
    "a limit below one": ('{"q0": {"query": "x", "limit": 0}}', 400, "queries.q0.limit"),
    "a limit that is no number": ('{"q0": {"query": "x", "limit": NaN}}', 400, "queries.q0.limit"),
    "a null value": ('{"q0": {"properties": [{"pid": "p", "v": null}]}}', 400, "[0].v"),
    "a bad word": ('{"q0": {"query": "x", "type_strict": "most"}}', 400, "type_strict"),
    "a thousand queries": (json.dumps(MANY), 413, "1000"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_invalid_query_is_refused_with_its_place_in_both_languages(
    client: FlaskClient, case: str
) -> None:
    """No part of the batch is answered."""
    text, status, place = BAD[case]
    response = client.post("/reconcile", data={"queries": text})
    details = response.get_json(force=True)["details"]
    assert response.status_code == status
    assert place in details["fr"]
    assert place in details["en"]
    assert details["fr"] != details["en"]


def test_large_and_empty_requests_are_refused(client: FlaskClient) -> None:
    """With 413 and 400."""
    large_batch = {f"q{n}": {"query": "x"} for n in range(BATCH + 1)}
    assert client.post("/reconcile", data={"queries": json.dumps(large_batch)}).status_code == 413
    large_request = {"ids": [f"urn:x:{n}" for n in range(101)], "properties": []}
    assert client.post("/reconcile", data={"extend": json.dumps(large_request)}).status_code == 413
    assert client.post("/reconcile").status_code == 400


def test_no_requested_text_is_executed(client: FlaskClient) -> None:
    """No text becomes a part of a query."""
    for text in ('" } ?s ?p ?o {', "<x> UNION", "a\\", "\u0000", "urn:x:<>", 'é"' * 400):
        value = [{"pid": f"{SCHEMA}identifier", "v": text}, {"pid": text, "v": {"id": text}}]
        reconcile(client, query=text, properties=value)
        request = {"ids": [text], "properties": [{"id": text}]}
        response = client.post("/reconcile", data={"extend": json.dumps(request)})
        assert response.get_json()["rows"] == {text: {text: []}}


def test_a_member_finds_what_its_agreement_opens_and_others_do_not(
    research_app: Flask, issue_token: Callable[[str], str]
) -> None:
    """In candidates and by values; no cache stores the response."""
    client, headers = (
        research_app.test_client(),
        {"Authorization": f"Bearer {issue_token('chercheuse')}"},
    )
    ticket = "https://pool.test/id/event/theatre-b/billet-1"
    by_page = {"pid": f"{SCHEMA}url", "v": "https://theatre-b.example/billets"}
    query = {"query": "soiree a billets", "properties": [by_page]}
    batch = {"queries": json.dumps({"a": query, "b": {"query": ticket}})}
    response = client.post("/reconcile", data=batch, headers=headers)
    assert [query_result["result"][0]["id"] for query_result in response.get_json().values()] == [
        ticket,
        ticket,
    ]
    assert response.get_json()["a"]["result"][0]["match"]
    assert response.headers["Cache-Control"] == "private, no-store"
    anyone = client.post("/reconcile", data=batch).get_json()
    assert ticket not in {
        candidate["id"] for query_result in anyone.values() for candidate in query_result["result"]
    }


def test_queries_count_towards_the_readers_quota(client: FlaskClient) -> None:
    """The headers say so, and any page of the web may send queries."""
    headers = client.get("/reconcile", query_string={"queries": '{"a": {"query": "x"}}'}).headers
    assert "query-seconds" in headers["RateLimit-Policy"]
    assert headers["Access-Control-Allow-Origin"] == "*"

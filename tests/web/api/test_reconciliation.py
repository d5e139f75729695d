"""The reconciliation service, in versions 0.2 and 1.0-draft, held against the API's own schemas."""

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
SPECS = "https://reconciliation-api.github.io/specs"
SCHEMAS: dict[str, Any] = {
    name: schema
    for version in ("0.2", "1.0-draft")
    for name, schema in json.loads((CASES / f"schemas-{version}.json").read_bytes()).items()
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
DRAFT = "/reconcile/1.0-draft"
BASE = "http://pool.test/"
SCHEMA = "http://schema.org/"
EVENT, VENUE = f"{SCHEMA}Event", f"{SCHEMA}Place"
SISTERS = f"{BASE}id/event/theatre-b/soeurs"
HALL = f"{BASE}id/place/theatre-b/Salle%20d%E2%80%99été"
DISCIPLINE = "https://w3id.org/parvis/concept/discipline"


def conforms(found: Any, name: str, version: str = "0.2") -> None:  # noqa: ANN401 - JSON
    """Hold JSON against one of the specification's schemas."""
    schema = SCHEMAS[f"{SPECS}/{version}/schemas/{name}.json"]
    errors = list(Draft7Validator(schema, registry=REGISTRY).iter_errors(found))
    assert not errors, errors


def asked(client: FlaskClient, lang: str = "fr", **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Send one query of version 0.2, and give its candidates."""
    batch = {"q0": query}
    conforms(batch, "reconciliation-query-batch")
    response = client.post(f"/{lang}/reconcile", data={"queries": json.dumps(batch)})
    found = response.get_json()
    assert response.status_code == 200, found
    conforms(found, "reconciliation-result-batch")
    result: list[dict[str, Any]] = found["q0"]["result"]
    return result


def matched(client: FlaskClient, *conditions: dict[str, Any], **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Send one query of version 1.0-draft, and give its candidates."""
    batch = {"queries": [{"conditions": list(conditions), **more}]}
    conforms(batch, "reconciliation-query-batch", "draft")
    found = client.post(f"{DRAFT}/match", json=batch).get_json()
    conforms(found, "reconciliation-result-batch", "draft")
    candidates: list[dict[str, Any]] = found["results"][0]["candidates"]
    return candidates


def named(name: str) -> dict[str, Any]:
    """Ask for a name, as version 1.0-draft has it."""
    return {"matchType": "name", "propertyValue": name}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_version_presents_itself_as_its_schema_has_it(client: FlaskClient, lang: str) -> None:
    """In the language asked for, and with addresses that keep it."""
    stable = client.get(f"/{lang}/reconcile").get_json()
    conforms(stable, "manifest")
    assert stable["preview"]["url"].startswith(f"{BASE}{lang}/reconcile/preview?")
    draft = client.get(DRAFT, headers={"Accept-Language": lang}).get_json()
    conforms(draft, "manifest", "draft")
    assert draft["lang"] == lang
    names = {one["id"]: one["name"] for one in draft["defaultTypes"]}
    assert names[VENUE] == {"fr": "lieu", "en": "place"}[lang]


def test_a_name_finds_its_thing_however_it_is_written(client: FlaskClient) -> None:
    """Accents, words too many and a misspelt word do not hide it."""
    for name in ("les soeurs du large", "Les Sœurs du large inc. (2026)", "Les soeurs du larje"):
        first = asked(client, query=name, type=EVENT)[0]
        assert first["id"] == SISTERS
        assert first["features"][0]["id"] == "name"
        assert EVENT in {one["id"] for one in first["type"]}


def test_a_name_alone_is_never_said_to_be_a_match(client: FlaskClient) -> None:
    """Sixty points of a hundred are the most that it gives."""
    first = asked(client, query="Les <b>Sœurs</b> du large")[0]
    assert (first["score"], first["match"]) == (60, False)


def test_a_second_kind_of_evidence_makes_a_match(client: FlaskClient) -> None:
    """The same name and the same Web address; another address speaks against."""
    page = {"pid": f"{SCHEMA}url", "v": "http://www.theatre-b.example/hiver/"}
    first = asked(client, query="L’hiver en trois temps", properties=[page])[0]
    assert first["match"]
    assert first["score"] > 80
    other = {"pid": f"{SCHEMA}url", "v": "https://theatre-b.example/soeurs"}
    first = asked(client, query="L’hiver en trois temps", properties=[other])[0]
    assert not first["match"]
    assert first["score"] < 60


def test_a_label_of_one_list_of_concepts_is_a_match(client: FlaskClient) -> None:
    """In a list a label names one concept; elsewhere it is a name like any other."""
    first = asked(client, query="théâtre", type=DISCIPLINE)[0]
    assert (first["id"], first["match"]) == (f"{DISCIPLINE}/theatre", True)
    assert not any(one["match"] for one in asked(client, query="théâtre"))


def test_an_identifier_finds_what_bears_it(client: FlaskClient) -> None:
    """The IRI itself is certain."""
    first = asked(client, query=SISTERS)[0]
    assert (first["id"], first["score"], first["match"]) == (SISTERS, 100, True)


def test_types_are_kept_apart(client: FlaskClient) -> None:
    """A venue is never proposed for an event."""
    assert {one["id"] for one in asked(client, query="salle d’été", type=VENUE)} == {HALL}
    assert not asked(client, query="salle d’été", type=EVENT)
    assert asked(client, query="salle d’été", type=[EVENT, VENUE])
    assert not asked(client, query="salle d’été", type=[EVENT, VENUE], type_strict="all")


def test_the_draft_answers_as_the_stable_version_does(client: FlaskClient) -> None:
    """The same candidates in the same order, with the same scores."""
    found = matched(client, named("salle d'ete"), type=VENUE)
    assert found == asked(client, query="salle d'ete", type=VENUE)


def test_a_required_condition_leaves_out_what_does_not_meet_it(client: FlaskClient) -> None:
    """One that is not required only changes the order."""
    place = {"matchType": "property", "propertyId": f"{SCHEMA}location"}
    here = {**place, "propertyValue": {"id": HALL, "name": "Salle d’été"}, "required": True}
    assert matched(client, named("L’hiver en trois temps"), here)[0]["score"] > 60
    away = {**place, "propertyValue": f"{BASE}id/place/x", "required": True}
    assert not matched(client, named("L’hiver en trois temps"), away)
    none = {**here, "matchQuantifier": "none"}
    assert not matched(client, named("L’hiver en trois temps"), none)
    assert matched(client, named("L’hiver en trois temps"), {**away, "required": False})


def test_namesakes_are_told_apart_by_what_they_are_and_who_speaks(client: FlaskClient) -> None:
    """In the reader's language."""
    (one,) = asked(client, "en", query="salle d’été", type=VENUE)
    assert one["description"] == "place · Shows (invented)"


@pytest.mark.parametrize("root", ["/reconcile", DRAFT])
def test_entities_types_and_properties_are_suggested(client: FlaskClient, root: str) -> None:
    """By the beginning of a word, or by the IRI."""
    version = "0.2" if root == "/reconcile" else "draft"

    def suggested(what: str, prefix: str, schema: str) -> list[str]:
        found = client.get(f"{root}/suggest/{what}", query_string={"prefix": prefix}).get_json()
        conforms(found, f"suggest-{schema}-response", version)
        return [one["id"] for one in found["result"]]

    assert suggested("entity", "soeurs la", "entities") == [SISTERS]
    assert suggested("entity", SISTERS, "entities") == [SISTERS]
    assert VENUE in suggested("type", "li", "types")
    assert suggested("type", VENUE, "types") == [VENUE]
    assert f"{SCHEMA}postalCode" in suggested("property", "code", "properties")


def test_suggestions_are_given_page_by_page(client: FlaskClient) -> None:
    """`limit` and `offset` cut what an empty beginning lists."""
    every = client.get(f"{DRAFT}/suggest/type?prefix=&limit=100").get_json()["result"]
    part = client.get(f"{DRAFT}/suggest/type?prefix=&limit=2&offset=1").get_json()["result"]
    assert part == every[1:3]
    assert client.get("/reconcile/suggest/type?prefix=&limit=x").status_code == 400


def test_a_preview_stands_in_other_sites_and_shows_the_thing(client: FlaskClient) -> None:
    """What partners write stays text; what is not there is a 404."""
    response = client.get("/fr/reconcile/preview", query_string={"id": SISTERS})
    page = response.get_data(as_text=True)
    assert "Les &lt;b&gt;Sœurs&lt;/b&gt; du large" in page
    assert response.headers.getlist("Content-Security-Policy")[0].endswith("frame-ancestors *")
    assert len(response.headers.getlist("Content-Security-Policy")) == 1
    assert client.get("/reconcile/preview?id=urn:x:y").status_code == 404


PROPOSED = [f"{SCHEMA}startDate", f"{SCHEMA}location", f"{SCHEMA}url", "urn:x:nothing"]


def test_values_of_properties_are_given_in_both_versions(client: FlaskClient) -> None:
    """Instants, things with their names, texts; nothing for what is not there."""
    wanted = {"ids": [SISTERS, "urn:x:absent"], "properties": [{"id": one} for one in PROPOSED]}
    found = client.post("/reconcile", data={"extend": json.dumps(wanted)}).get_json()
    conforms(found, "data-extension-response")
    row = found["rows"][SISTERS]
    assert row[PROPOSED[0]] == [{"date": "2026-11-25T19:30:00-05:00"}]
    assert row[PROPOSED[1]] == [{"id": HALL, "name": "Salle d’été"}]
    assert row[PROPOSED[2]] == [{"str": "https://theatre-b.example/soeurs"}]
    assert found["rows"]["urn:x:absent"] == {one: [] for one in PROPOSED}
    draft = client.post(f"{DRAFT}/extend", json=wanted).get_json()
    conforms(draft, "data-extension-response", "draft")
    assert [one["id"] for one in draft["rows"]] == wanted["ids"]
    assert draft["rows"][0]["properties"][0] == {"id": PROPOSED[0], "values": row[PROPOSED[0]]}


def test_properties_are_proposed_by_type(client: FlaskClient) -> None:
    """Those that the shapes ask for, in words."""
    found = client.get(f"/en{DRAFT}/extend/propose", query_string={"type": VENUE}).get_json()
    conforms(found, "data-extension-property-proposal", "draft")
    names = {one["id"]: one["name"] for one in found["properties"]}
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
def test_what_is_asked_wrongly_is_told_by_its_place_in_both_languages(
    client: FlaskClient, case: str
) -> None:
    """Nothing is looked for, and no part is answered."""
    text, status, place = BAD[case]
    response = client.post("/reconcile", data={"queries": text})
    details = response.get_json(force=True)["details"]
    assert response.status_code == status
    assert place in details["fr"]
    assert place in details["en"]
    assert details["fr"] != details["en"]


def test_the_draft_refuses_what_is_no_json_and_what_is_too_much(client: FlaskClient) -> None:
    """By 415, 400 and 413."""
    assert client.post(f"{DRAFT}/match", data={"queries": "{}"}).status_code == 415
    bad = client.post(f"{DRAFT}/match", data="{", content_type="application/json")
    assert bad.status_code == 400
    many = {"queries": [{"conditions": [named("x")]}] * (BATCH + 1)}
    assert client.post(f"{DRAFT}/match", json=many).status_code == 413
    things = {"ids": [f"urn:x:{n}" for n in range(101)], "properties": []}
    assert client.post(f"{DRAFT}/extend", json=things).status_code == 413
    assert client.post("/reconcile").status_code == 400


def test_whatever_is_asked_for_is_words_and_values(client: FlaskClient) -> None:
    """No text becomes a piece of a query."""
    for text in ('" } ?s ?p ?o {', "<x> UNION", "a\\", "\u0000", "urn:x:<>", 'é"' * 400):
        value = [{"pid": f"{SCHEMA}identifier", "v": text}, {"pid": text, "v": {"id": text}}]
        asked(client, query=text, properties=value)
        wanted = {"ids": [text], "properties": [{"id": text}]}
        response = client.post("/reconcile", data={"extend": json.dumps(wanted)})
        assert response.get_json()["rows"] == {text: {text: []}}


def test_a_member_finds_what_its_agreement_opens_and_others_do_not(
    agreed_app: Flask, token_of: Callable[[str], str]
) -> None:
    """In candidates, by their values, and kept nowhere."""
    client, mine = agreed_app.test_client(), {"Authorization": f"Bearer {token_of('chercheuse')}"}
    ticket = "https://pool.test/id/event/theatre-b/billet-1"
    by_page = {"pid": f"{SCHEMA}url", "v": "https://theatre-b.example/billets"}
    query = {"query": "soiree a billets", "properties": [by_page]}
    batch = {"queries": json.dumps({"a": query, "b": {"query": ticket}})}
    found = client.post("/reconcile", data=batch, headers=mine)
    assert [one["result"][0]["id"] for one in found.get_json().values()] == [ticket, ticket]
    assert found.get_json()["a"]["result"][0]["match"]
    assert found.headers["Cache-Control"] == "private, no-store"
    anyone = client.post("/reconcile", data=batch).get_json()
    assert ticket not in {one["id"] for some in anyone.values() for one in some["result"]}


def test_queries_take_of_the_readers_share(client: FlaskClient) -> None:
    """It is told as with other answers, and any page of the Web may ask."""
    headers = client.get("/reconcile", query_string={"queries": '{"a": {"query": "x"}}'}).headers
    assert "query-seconds" in headers["RateLimit-Policy"]
    assert headers["Access-Control-Allow-Origin"] == "*"

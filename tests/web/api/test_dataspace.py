"""The catalogue for data spaces is what the Dataspace Protocol's schemas ask, for each reader.

The schemas are those of its repository (https://github.com/eclipse-dataspace-protocol-base,
``artifacts/src/main/resources``, release 2025-1), which is looked for in `SCHEMAS`, or where
``PARVIS_DATASPACE_SCHEMAS`` says.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft201909Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT201909

from parvis.pooling.serving.harvest.dataspace import CONTEXT

MESSAGE = {"@context": [CONTEXT], "@type": "CatalogRequestMessage"}
REQUEST = "/dsp/catalog/request"
SHARED = Path(__file__).parents[4] / "shared" / "standards" / "dataspace-protocol"
SCHEMAS = Path(os.environ.get("PARVIS_DATASPACE_SCHEMAS") or SHARED)
"""The JSON schemas of the protocol, version 2025-1, as its repository has them."""


needs_schemas = pytest.mark.skipif(
    not SCHEMAS.is_dir(), reason=f"the schemas of the protocol are not in {SCHEMAS}"
)


def read_validators() -> dict[str, Draft201909Validator]:
    """Return what validates by each schema of the protocol, by the name of its file."""
    schemas = {
        file.name.removesuffix("-schema.json"): json.loads(file.read_text("utf-8"))
        for file in SCHEMAS.rglob("*-schema.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema, DRAFT201909)) for schema in schemas.values()
    )
    return {
        name: Draft201909Validator(schema, registry=registry) for name, schema in schemas.items()
    }


@needs_schemas
def test_every_answer_is_valid_by_the_schemas_of_the_protocol(
    browser: FlaskClient,
    issue_token: Any,  # noqa: ANN401 - a fixture's function
) -> None:
    """The versions, each page of the catalogue, each dataset, and errors, whoever reads."""
    validators = read_validators()
    validators["protocol-version"].validate(browser.get("/.well-known/dspace-version").get_json())
    validators["catalog-request-message"].validate(MESSAGE)
    for headers in ({}, {"Authorization": f"Bearer {issue_token('chercheuse')}"}):
        for query in ("", "?per_page=1", "?page=2&per_page=1"):
            answer = browser.post(f"{REQUEST}{query}", json=MESSAGE, headers=headers)
            validators["catalog"].validate(answer.get_json())
            for entry in answer.get_json()["dataset"]:
                dataset = browser.get(f"/dsp/catalog/datasets/{entry['@id']}", headers=headers)
                validators["dataset"].validate(dataset.get_json())
    for answer in (
        browser.post(REQUEST, json={}),
        browser.post(REQUEST, json=MESSAGE, headers={"Authorization": "Bearer parvis_wrong"}),
        browser.post(f"{REQUEST}?page=9", json=MESSAGE),
        browser.get("/dsp/catalog/datasets/theatre-b/absent"),
    ):
        assert answer.status_code >= 400
        assert answer.get_json()["@type"] == "CatalogError"
        validators["catalog-error"].validate(answer.get_json())


def test_a_data_space_finds_the_protocol(client: FlaskClient) -> None:
    versions = client.get("/.well-known/dspace-version").get_json()
    (version,) = versions["protocolVersions"]
    assert (version["version"], version["path"], version["binding"]) == ("2025-1", "/dsp", "HTTPS")


def test_the_catalogue_has_what_its_reader_may_know_of_each_with_an_offer(
    browser: FlaskClient,
    issue_token: Any,  # noqa: ANN401 - a fixture's function
) -> None:
    """An open dataset may be read; of a closed one the owner must consent, who is named alone."""
    catalogue = browser.post(REQUEST, json=MESSAGE | {"filter": []}).get_json()
    assert catalogue["participantId"] == "https://pool.test/id/partner/tiers"
    datasets = {entry["@id"].rpartition("/")[2]: entry for entry in catalogue["dataset"]}
    assert set(datasets) == {"billets", "spectacles"}
    (offer,) = datasets["spectacles"]["hasPolicy"]
    assert offer["permission"] == [{"action": "odrl:read"}]
    assert len(datasets["spectacles"]["distribution"]) > 1
    (offer,) = datasets["billets"]["hasPolicy"]
    assert offer["permission"] == [{"action": "odrl:read"}]
    assert offer["obligation"] == [{"action": "odrl:obtainConsent"}]
    assert len(datasets["billets"]["distribution"]) == 1
    for entry in datasets.values():
        found = browser.get(f"/dsp/catalog/datasets/{entry['@id']}").get_json()
        assert {name: found[name] for name in entry} == entry
    token = issue_token("chercheuse")
    headers = {"Authorization": f"Bearer {token}"}
    catalogue = browser.post(REQUEST, json=MESSAGE, headers=headers).get_json()
    offers = {e["@id"].rpartition("/")[2]: e["hasPolicy"][0] for e in catalogue["dataset"]}
    assert "obligation" not in offers["billets"]


def test_pages_lead_to_one_another(client: FlaskClient) -> None:
    """By the header Link, as the protocol asks; there is none beyond the last."""
    first = client.post(f"{REQUEST}?per_page=1", json=MESSAGE)
    assert len(first.get_json()["dataset"]) == 1
    assert first.headers["Link"].endswith('dsp/catalog/request?page=2&per_page=1>; rel="next"')
    second = client.post(f"{REQUEST}?page=2&per_page=1", json=MESSAGE)
    assert 'rel="previous"' in second.headers["Link"]
    assert client.post(f"{REQUEST}?page=3&per_page=1", json=MESSAGE).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (json.dumps(MESSAGE | {"filter": [{"x": 1}]}), 400),
        (json.dumps(MESSAGE | {"@type": "ContractRequestMessage"}), 400),
        (json.dumps({"@type": "CatalogRequestMessage"}), 400),
        ("[]", 400),
        ("{", 400),
        ("[" * 100_000, 400),
        ("", 400),
    ],
)
def test_what_is_no_request_is_refused_as_the_protocol_says(
    client: FlaskClient, body: str, status: int
) -> None:
    """With the reason in both languages."""
    answer = client.post(REQUEST, data=body, content_type="application/json")
    assert answer.status_code == status
    problem = answer.get_json()
    assert problem["@type"] == "CatalogError"
    assert {reason["@language"] for reason in problem["reason"]} == {"fr", "en"}


@pytest.mark.parametrize("name", ["theatre-b/reserve", "theatre-b/absent", "x", "a/b/c"])
def test_a_hidden_dataset_is_answered_as_one_that_does_not_exist(
    client: FlaskClient, name: str
) -> None:
    answer = client.get(f"/dsp/catalog/datasets/{name}")
    assert answer.status_code == 404
    assert answer.get_json()["reason"][1]["@value"] == f"there is no dataset {name}"

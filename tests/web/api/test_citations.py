"""Citations of datasets and of answers, for programs that keep bibliographies."""

import json

import pytest
from flask.testing import FlaskClient

from parvis.report.citations import FORMS
from tests.web.api.test_short_links import make_link
from tests.web.api.test_sparql import BROWSER

DATASET = "/dataset/theatre-b/spectacles/citation"
BEGINNINGS = {"txt": "Theatre B", "json": "[\n {\n  ", "ris": "TY  - DATA\r\n", "bib": "@misc{"}


@pytest.mark.parametrize("ending", FORMS)
def test_a_dataset_is_cited_in_each_form(client: FlaskClient, ending: str) -> None:
    """By the ending of the address, or by the header Accept."""
    media_type = FORMS[ending][0]
    response = client.get(f"/en{DATASET}.{ending}")
    assert (response.status_code, response.mimetype) == (200, media_type)
    assert response.text.startswith(BEGINNINGS[ending])
    assert "spectacles-20" in response.headers["Content-Disposition"]
    chosen = client.get(f"/en{DATASET}", headers={"Accept": media_type})
    assert (chosen.text, chosen.mimetype) == (response.text, media_type)
    assert "Accept" in chosen.vary


def test_a_version_is_cited_by_its_label(client: FlaskClient) -> None:
    """The last by default; an unknown one is not found."""
    (item,) = json.loads(client.get(f"{DATASET}.json").data)
    label = item["version"]
    again = client.get(f"{DATASET}.json?version={label}")
    assert json.loads(again.data) == [item]
    assert item["URL"] == "http://pool.test/dataset/theatre-b/spectacles"
    response = client.get(f"/en{DATASET}.json?version=1999-01-01")
    assert response.status_code == 404
    assert response.json is not None
    assert "has no version “1999-01-01”" in response.json["detail"]


def test_a_hidden_dataset_is_cited_like_one_that_does_not_exist(client: FlaskClient) -> None:
    """One that is listed is cited, though its content is closed."""
    hidden, absent = (
        client.get(f"/dataset/theatre-b/{name}/citation.bib") for name in ("reserve", "abcdefg")
    )
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace("reserve", "abcdefg") == absent.text
    assert client.get("/dataset/theatre-b/billets/citation.bib").status_code == 200


def test_pages_lead_to_the_forms_of_a_citation(client: FlaskClient) -> None:
    page = client.get("/en/dataset/theatre-b/spectacles").text
    for ending in ("bib", "ris", "json"):
        assert f'href="/en{DATASET}.{ending}"' in page


def test_an_answer_is_cited_in_each_form(client: FlaskClient) -> None:
    """Its page stays what a browser is shown."""
    path = make_link(client, keep="citation", published="1")
    (item,) = json.loads(client.get(f"/en{path}/citation.json").data)
    assert item["title"].startswith("Answer to a SPARQL query: ")
    assert (item["version"], item["URL"]) == ("1", f"http://pool.test{path}")
    assert item["accessed"]["date-parts"][0][0] >= 2026
    ris = client.get(f"{path}/citation", headers={"Accept": "application/x-research-info-systems"})
    assert ris.text.startswith("TY  - DATA\r\n")
    page = client.get(f"{path}/citation", headers={"Accept": BROWSER})
    assert page.mimetype == "text/html"
    assert f"{path}/citation.ris" in page.text

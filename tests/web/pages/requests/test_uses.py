"""A partner sees what became of its data, by party, day and rule; nobody else does."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.pooling.serving.readers import create_token, revoke_token

PATH = "/fr/partner/theatre-b/uses"
QUERY = {"query": "SELECT * { ?s ?p ?o } LIMIT 1 # une question"}


def by(token: str, accept: str = "text/html") -> dict[str, str]:
    return {"Accept": accept, "Authorization": f"Bearer {token}"}


def test_each_reading_is_named_and_no_question_is(
    research_app: Flask, browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """Its own reading does not count."""
    reader, own = issue_token("chercheuse"), issue_token("theatre-b")
    for token in (reader, own):
        assert browser.get("/sparql", query_string=QUERY, headers=by(token)).status_code == 200
    assert browser.get("/fr/dataset/theatre-b/spectacles", headers=by(reader)).status_code == 200
    research_app.extensions["parvis.trail"][0].close()
    response = browser.get(f"{PATH}.json", headers=by(own, "application/json"))
    assert response.headers["Cache-Control"] == "private, no-store"
    uses = response.get_json()["uses"]
    reads = [use for use in uses if use["kind"] == "read"]
    readers = {use["party"]["fr"] for use in reads}  # other tests read with other accounts
    assert "Une chercheuse (inventée)" in readers
    assert "Théâtre B (inventé)" not in readers
    assert "Entente de recherche inventée" in {use["rule"]["fr"] for use in reads}
    assert all(use["requests"] >= 1 for use in reads)
    assert {use["kind"] for use in uses} >= {"read", "publication", "record"}
    page = browser.get(PATH, headers=by(own)).get_data(as_text=True)
    table = browser.get(f"{PATH}.csv", headers=by(own)).get_data(as_text=True)
    feed = browser.get(f"{PATH}.atom", headers=by(own))
    assert feed.mimetype == "application/atom+xml"
    for text in (page, table, feed.get_data(as_text=True)):
        assert "Une chercheuse (inventée)" in text
        assert "une question" not in text


def test_the_files_that_a_copy_takes_are_counted_and_its_looks_are_not(
    research_app: Flask,
    research_settings: Settings,
    browser: FlaskClient,
    issue_token: Callable[[str], str],
) -> None:
    """Nor is a file that is refused to who may not copy."""
    own = issue_token("theatre-b")
    copying = create_token(research_settings, "tiers", scope="replica")
    manifest = browser.get("/replica/manifest.json", headers=by(copying.text, "*/*"))
    file = f"/replica/{manifest.get_json()['generation']}/site/datasets.json"
    for token, status in ((own, 403), (copying.text, 200)):
        assert browser.get(file, headers=by(token, "*/*")).status_code == status
    research_app.extensions["parvis.trail"][0].close()
    revoke_token(research_settings, copying.token.id)
    uses = browser.get(f"{PATH}.json", headers=by(own, "application/json")).get_json()["uses"]
    copies = [use for use in uses if use["kind"] == "replica"]
    assert {use["party"]["fr"] for use in copies} == {"le tiers de confiance"}
    assert [use["requests"] for use in copies] == [1] * len({use["title"]["fr"] for use in copies})
    assert len(copies) > 1


def test_for_others_it_does_not_exist(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    for headers in ({"Accept": "text/html"}, by(issue_token("chercheuse"))):
        for ending in ("", ".json", ".csv", ".atom"):
            assert browser.get(f"{PATH}{ending}", headers=headers).status_code == 404
    assert browser.get(PATH, headers=by(issue_token("tiers"))).status_code == 200

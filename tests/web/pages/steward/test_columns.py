"""The steward reads which files identified persons, and lets a column in or no longer."""

from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.pooling.intake.allowed_columns import allowances
from parvis.pooling.serving.readers import create_token
from parvis.vocab.iris import DatasetKey

PAGE = "/en/steward/columns"
KEY = DatasetKey("theatre-b", "spectacles")


def test_the_steward_allows_a_column_and_takes_it_back(
    editable_client: FlaskClient, editable_settings: Settings
) -> None:
    token = create_token(editable_settings, "tiers").text
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    assert "No file was refused" in editable_client.get(PAGE, headers=headers).text
    form = {"dataset": str(KEY), "column": "<b>Contact</b>", "reason": "halls only"}
    answer = editable_client.post(PAGE, data=form, headers=headers)
    assert (answer.status_code, answer.location) == (303, PAGE)
    page = editable_client.get(PAGE, headers=headers).text
    assert "&lt;b&gt;Contact&lt;/b&gt;" in page
    assert "halls only" in page
    trail = editable_client.get("/en/steward/releases", headers=headers).text
    assert "halls only" in trail
    headers["Accept"] = "application/json"
    listed = editable_client.get(PAGE, headers=headers).get_json()
    assert [entry["column"] for entry in listed["allowed"][str(KEY)]] == ["<b>Contact</b>"]
    form = {"dataset": str(KEY), "column": "<b>Contact</b>", "forbid": "1"}
    assert editable_client.post(PAGE, data=form, headers=headers).status_code == 303
    assert not allowances(editable_settings.data, KEY)


def test_others_may_neither_read_nor_decide(
    editable_client: FlaskClient, editable_settings: Settings
) -> None:
    token = create_token(editable_settings, "theatre-b", scope="give").text
    form = {"dataset": str(KEY), "column": "Contact", "reason": "mine"}
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        assert editable_client.get(PAGE, headers=headers).status_code in {401, 403}
        assert editable_client.post(PAGE, data=form, headers=headers).status_code in {401, 403}
    assert not allowances(editable_settings.data, KEY)


def test_a_wrong_form_is_an_error_of_the_form(
    editable_client: FlaskClient, editable_settings: Settings
) -> None:
    headers = {"Authorization": f"Bearer {create_token(editable_settings, 'tiers').text}"}
    for form in (
        {},
        {"dataset": "../..", "column": "a", "reason": "b"},
        {"dataset": str(KEY), "column": "a"},
        {"dataset": "theatre-b/rien", "column": "a", "reason": "b"},
    ):
        answer = editable_client.post(PAGE, data=form, headers=headers)
        assert answer.status_code in {400, 404}, form

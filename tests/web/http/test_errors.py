"""Errors for programs and for people."""

import json
from errno import ENOSPC

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis import errors
from parvis.web.http.errors import answer_machine_error, problem_of

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.QueryError("x"), 400),
        (errors.UsageError("x"), 400),
        (errors.UnknownThing("x"), 404),
        (errors.LimitError("x"), 503),
        (errors.ShareError("x"), 429),
        (errors.AnswerTooLarge("x"), 422),
        (errors.NothingPublished("x"), 503),
        (errors.WorkerDied("x"), 503),
        (errors.EngineFailed("x"), 422),
        (errors.StoreError("x"), 503),
    ],
)
def test_each_error_has_one_status(error: errors.ParvisError, status: int) -> None:
    assert problem_of(error).status == status


def test_only_a_passing_limit_has_retry_after() -> None:
    """A query that is too heavy stays too heavy."""
    assert problem_of(errors.LimitError("x", retry=2)).headers == {"Retry-After": "2"}
    assert problem_of(errors.LimitError("x")).headers == {}
    assert problem_of(errors.WorkerDied("x")).headers == {"Retry-After": "1"}
    assert problem_of(errors.EngineFailed("x")).headers == {}


def test_programs_get_a_problem_document_in_both_languages(client: FlaskClient) -> None:
    """The detail is in the reader's language, the details in both (RFC 9457)."""
    response = client.get("/no/such/address", headers={"Accept-Language": "en"})
    problem = json.loads(response.get_data())
    assert response.mimetype == "application/problem+json"
    assert (problem["status"], problem["title"]) == (404, "Not Found")
    assert problem["detail"] == problem["details"]["en"] == "There is nothing at this address."
    assert set(problem["details"]) == {"fr", "en"}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_people_get_a_page_in_their_language(client: FlaskClient, lang: str) -> None:
    """No cache stores it."""
    response = client.get(f"/{lang}/partner/nobody", headers={"Accept": BROWSER})
    assert response.status_code == 404
    assert f'<html lang="{lang}">' in response.get_data(as_text=True)
    assert response.cache_control.no_store


def test_the_error_page_works_when_nothing_is_published(empty_client: FlaskClient) -> None:
    """It needs nothing of the pool."""
    response = empty_client.get("/", headers={"Accept": BROWSER})
    assert response.status_code == 503
    assert response.mimetype == "text/html"


def test_a_body_beyond_all_limits_is_refused(client: FlaskClient) -> None:
    assert client.post("/sparql", data={"query": "x" * 500_000}).status_code == 413


def test_an_error_of_the_machine_names_no_folder(app: Flask) -> None:
    """The reason helps whoever reads it; where the data are is nobody's business."""
    with app.test_request_context("/check"):
        response = answer_machine_error(OSError(ENOSPC, "No space left", "/srv/secret/staging"))
    assert response.status_code == 503
    assert "secret" not in response.get_data(as_text=True)

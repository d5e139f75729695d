"""What readers with a token read is written down, whatever route it comes by."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.ledger import Act, Audit
from parvis.web.http.audit import ACTS, BLUEPRINT_ACTS, UNRECORDED


def test_each_route_that_is_read_has_an_act_or_is_read_by_all_alike(research_app: Flask) -> None:
    """A new route is listed in one of the tables, and only in one of them."""
    rules = [rule for rule in research_app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    endpoints = {rule.endpoint for rule in rules}
    recorded = {
        endpoint
        for endpoint in endpoints
        if endpoint in ACTS or endpoint.partition(".")[0] in BLUEPRINT_ACTS
    }
    assert recorded | UNRECORDED == endpoints
    assert not recorded & UNRECORDED
    assert ACTS.keys() <= recorded | {"reconciliation.service", "search.suggestions"}
    assert BLUEPRINT_ACTS.keys() <= research_app.blueprints.keys()


@pytest.mark.parametrize(
    ("path", "act"),
    [
        ("/portrait.json", Act.QUERY),
        ("/portrait/region?shade=rate", Act.QUERY),
        ("/trend.json", Act.QUERY),
        ("/rates.json", Act.QUERY),
        ("/absence.json", Act.QUERY),
        ("/partner/theatre-b", Act.RECORD),
        ("/", Act.RECORD),
        ("/sparql/completions.json", Act.DESCRIBE),
    ],
)
def test_what_a_token_reads_is_written_down(  # noqa: PLR0913, PLR0917 - fixtures, and a case
    research_app: Flask,
    research_settings: Settings,
    browser: FlaskClient,
    issue_token: Callable[[str], str],
    path: str,
    act: Act,
) -> None:
    headers = {"Authorization": f"Bearer {issue_token('chercheuse')}"}
    status = browser.get(path, headers=headers).status_code
    research_app.extensions["parvis.trail"][0].close()
    (record,) = Audit(research_settings.data).latest([act], 1)
    endpoint = f"{record.entry['endpoint']}"
    with research_app.test_request_context(path) as context:
        assert endpoint == context.request.endpoint
    assert record.entry["status"] == status == 200


def test_a_page_of_the_steward_names_no_dataset(
    research_app: Flask,
    research_settings: Settings,
    browser: FlaskClient,
    issue_token: Callable[[str], str],
) -> None:
    """It shows what happened, and none of their data: it is no use of them."""
    headers = {"Authorization": f"Bearer {issue_token('tiers')}"}
    assert browser.get("/steward/jobs.json", headers=headers).status_code == 200
    research_app.extensions["parvis.trail"][0].close()
    (record,) = Audit(research_settings.data).latest([Act.CONSULT], 1)
    assert record.entry["endpoint"] == "jobs.listing"
    assert not record.entry.get("datasets")

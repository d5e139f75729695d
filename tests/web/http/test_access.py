"""Readers with a token read what agreements allow them, and nothing else, on every route."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.ledger import Credential, Grant, Tokens
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token, revoke_token

SITE = "https://pool.test/"
OPEN, KNOWN, ALL = {"spectacles"}, {"spectacles", "billets"}, {"spectacles", "billets", "reserve"}
READABLE = {"": OPEN, "chercheuse": KNOWN, "theatre-b": ALL, "tiers": ALL}
"""What each party may read; whoever may not read the reserve may not discover it either."""

HIDDEN, CANARY = "/id/event/theatre-b/cache-1", "Soirée cachée"
NAMES = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"
BAD = ("Bearer", "Bearer x", "Bearer parvis_x_y_z", "Basic cGFydmlzOng=", "parvis", "")

Ask = Callable[..., TestResponse]
each_party = pytest.mark.parametrize("party", READABLE)


@pytest.fixture
def ask_as(browser: FlaskClient, issue_token: Callable[[str], str]) -> Callable[[str], Ask]:
    """Return a function that makes a party's way to send requests: with its token, or without."""

    def make_ask(party: str) -> Ask:
        headers = {"Authorization": f"Bearer {issue_token(party)}"} if party else {}

        def ask(path: str, accept: str = "*/*", **query: str) -> TestResponse:
            headers_sent = headers | {"Accept": accept}
            return browser.get(
                path, base_url=SITE, headers=headers_sent, query_string=query or None
            )

        return ask

    return make_ask


def graphs_named(response: TestResponse) -> set[str]:
    """List the datasets whose graphs a CSV answer names."""
    names = response.get_data(as_text=True).split()
    return {name.rpartition("/")[2] for name in names if "/graph/theatre-b/" in name}


@each_party
def test_queries_read_only_what_the_party_may_read(
    ask_as: Callable[[str], Ask], party: str
) -> None:
    """All of it without a dataset, and not more when a query names one."""
    ask, readable = ask_as(party), READABLE[party]
    assert graphs_named(ask("/sparql", query=NAMES, format="csv")) == readable
    for name in (*ALL, "absent"):
        graph = f"{SITE}graph/theatre-b/{name}"
        parameters = {"default-graph-uri": graph, "named-graph-uri": graph, "format": "json"}
        answer = ask("/sparql", query="ASK { ?s ?p ?o . GRAPH ?g { ?s ?p ?o } }", **parameters)
        assert json.loads(answer.get_data())["boolean"] is (name in readable)


@each_party
def test_pages_and_documents_show_only_what_the_party_may_read(
    ask_as: Callable[[str], Ask], party: str
) -> None:
    """Datasets, entities, the catalogue, the sitemap and the Service Description."""
    ask, hidden = ask_as(party), "reserve" not in READABLE[party]
    assert ask("/dataset/theatre-b/reserve").status_code == (404 if hidden else 200)
    assert ask(f"{HIDDEN}.ttl").status_code == (404 if hidden else 200)
    for path in ("/catalog", "/catalog.ttl", "/partner/theatre-b", "/sitemap.xml", "/void.nt"):
        text = ask(path, accept="text/html" if path == "/catalog" else "*/*").get_data(as_text=True)
        assert ("theatre-b/reserve" in text) is not hidden, path
    described = ask("/sparql", format="ttl").get_data(as_text=True)
    named = {name for name in ALL if f"graph/theatre-b/{name}" in described}
    assert named == READABLE[party]


@each_party
def test_example_queries_read_only_what_the_party_may_read(
    ask_as: Callable[[str], Ask], party: str
) -> None:
    """A member gets more rows."""
    answer = ask_as(party)("/queries/spectacles.csv").get_data(as_text=True)
    assert (CANARY in answer) is ("reserve" in READABLE[party])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * WHERE { ?s ?p ?o }",
        "SELECT * WHERE { GRAPH ?g { ?s ?p ?o } }",
        "SELECT * FROM <{graph}> WHERE {{ ?s ?p ?o }}",
        "SELECT * FROM NAMED <{graph}> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "SELECT * WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}",
        "DESCRIBE <{thing}>",
        "CONSTRUCT WHERE {{ <{thing}> ?p ?o }}",
        "SELECT (EXISTS {{ <{thing}> ?p ?o }} AS ?found) WHERE {{}}",
    ],
)
@pytest.mark.parametrize("party", ["", "chercheuse"])
def test_no_query_bypasses_the_agreement(
    ask_as: Callable[[str], Ask], party: str, query: str
) -> None:
    """The answer about data that a reader may not read equals the one about absent data."""
    ask, answers = ask_as(party), []
    for graph, thing in (("reserve", "cache-1"), ("absents", "cache-9")):
        names = {"graph": f"{SITE}graph/theatre-b/{graph}", "thing": f"{SITE}{HIDDEN[1:-7]}{thing}"}
        text = query.format_map(names) if "{{" in query or "<{" in query else query
        answers.append(ask("/sparql", query=text, accept="text/csv, text/turtle").get_data())
    assert answers[0] == answers[1]
    assert CANARY.encode() not in answers[0]


def test_hidden_and_absent_pages_are_identical_for_a_reader_with_a_token(
    ask_as: Callable[[str], Ask],
) -> None:
    """Status, headers and text."""
    ask = ask_as("chercheuse")
    for hidden, absent in (("reserve", "absents"), ("reserve.ttl", "absents.ttl")):
        hidden_response, absent_response = (
            ask(f"/dataset/theatre-b/{name}") for name in (hidden, absent)
        )
        assert hidden_response.status_code == absent_response.status_code == 404
        assert (
            hidden_response.get_data().replace(b"reserve", b"absents") == absent_response.get_data()
        )
        assert set(hidden_response.headers) == set(absent_response.headers)


@each_party
def test_responses_to_a_token_are_never_cached(ask_as: Callable[[str], Ask], party: str) -> None:
    """Without a token, caches learn that a token would change the response."""
    ask = ask_as(party)
    for path in ("/catalog.ttl", "/queries/spectacles.csv", "/sparql", "/nowhere", "/en/"):
        response = ask(path)
        assert {"Authorization", "Cookie"} <= set(response.vary), path
        if party:
            assert response.headers["Cache-Control"] == "private, no-store", path
            assert "ETag" not in response.headers


@pytest.mark.parametrize("header", BAD)
@pytest.mark.parametrize("path", ["/", "/sparql?query=ASK{}", "/health", "/nowhere", "/login"])
def test_a_bad_token_is_refused_on_every_route(
    browser: FlaskClient, header: str, path: str
) -> None:
    """401, with the challenge of RFC 6750."""
    response = browser.get(path, base_url=SITE, headers={"Authorization": header})
    assert response.status_code == 401
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="parvis", error="invalid_token", error_description="')
    assert challenge.isascii()
    assert response.get_json()["status"] == 401


def test_static_files_are_served_even_with_a_bad_token(browser: FlaskClient) -> None:
    """The error page needs its style sheet."""
    with browser.get("/static/parvis.css", headers={"Authorization": "Bearer x"}) as response:
        assert response.status_code == 200


def test_the_refusal_of_a_token_says_its_state(
    browser: FlaskClient, research_settings: Settings
) -> None:
    """Unknown, expired and revoked are three sentences in both languages."""
    tokens, now = Tokens(research_settings.data), datetime.now(UTC)
    expired, _ = tokens.create(Grant("old"), now - timedelta(9), now - timedelta(1))
    revoked, token = tokens.create(Grant("gone"), now, now + timedelta(1))
    revoke_token(research_settings, token.id)
    for credential, expected in (
        (Credential.new(), "not known"),
        (expired, "expired"),
        (revoked, "revoked"),
    ):
        headers = {"Authorization": f"bearer {credential.reveal()}"}
        response = browser.get("/catalog.ttl", base_url=SITE, headers=headers)
        assert response.status_code == 401
        assert expected in response.get_json()["details"]["en"]
        assert credential.secret not in response.get_data(as_text=True) + str(response.headers)


def test_the_authorization_header_overrides_a_session(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """The scheme of the header is not case-sensitive."""
    browser.post("/login", base_url=SITE, data={"token": issue_token("theatre-b")})
    parameters = {"query": NAMES, "format": "csv"}
    headers = {"Authorization": f"BEARER  {issue_token('chercheuse')}"}
    by_cookie = browser.get("/sparql", base_url=SITE, query_string=parameters)
    by_header = browser.get("/sparql", base_url=SITE, query_string=parameters, headers=headers)
    assert (graphs_named(by_cookie), graphs_named(by_header)) == (ALL, KNOWN)


def test_a_preflight_request_needs_no_token(browser: FlaskClient) -> None:
    """It comes from a page elsewhere that has its own token (CORS)."""
    response = browser.options("/sparql", base_url=SITE, headers={"Origin": "https://x.example"})
    assert response.status_code == 200
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_the_token_of_a_party_that_left_opens_nothing_on_any_route(
    editable_settings: Settings, editable_client: FlaskClient
) -> None:
    """From the next publication on: 401 at public pages and at the sign-in too."""
    text = create_token(editable_settings, "theatre-b", label="essai").text
    headers = {"Authorization": f"Bearer {text}"}
    assert editable_client.get("/catalog.ttl", headers=headers).status_code == 200
    editable_client.post("/login", data={"token": text}, base_url="http://localhost/")
    shutil.rmtree(editable_settings.catalog / "theatre-b")
    publish(Pool.open(editable_settings))
    for path in ("/", "/catalog.ttl", "/sparql?query=ASK%7B%7D", "/oai?verb=Identify", "/give"):
        response = editable_client.get(path, headers=headers)
        assert response.status_code == 401, path
        assert "WWW-Authenticate" in response.headers
    assert editable_client.get("/catalog", base_url="http://localhost/").status_code == 401
    login = editable_client.post("/login", data={"token": text}, base_url="http://localhost/")
    assert login.status_code == 401
    assert editable_client.get("/catalog.ttl").status_code == 200

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
"""What each party may read; the reserve cannot even be known of by who may not read it."""

HIDDEN, CANARY = "/id/event/theatre-b/cache-1", "Soirée cachée"
NAMES = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"
BAD = ("Bearer", "Bearer x", "Bearer parvis_x_y_z", "Basic cGFydmlzOng=", "parvis", "")

Ask = Callable[..., TestResponse]
each_party = pytest.mark.parametrize("party", READABLE)


@pytest.fixture
def asking(browser: FlaskClient, token_of: Callable[[str], str]) -> Callable[[str], Ask]:
    """Give a function that gives a party's way to ask: with its token, or none for nobody."""

    def of(party: str) -> Ask:
        headers = {"Authorization": f"Bearer {token_of(party)}"} if party else {}

        def ask(path: str, accept: str = "*/*", **query: str) -> TestResponse:
            told = headers | {"Accept": accept}
            return browser.get(path, base_url=SITE, headers=told, query_string=query or None)

        return ask

    return of


def graphs(response: TestResponse) -> set[str]:
    """Give the datasets whose graphs an answer in CSV names."""
    names = response.get_data(as_text=True).split()
    return {name.rpartition("/")[2] for name in names if "/graph/theatre-b/" in name}


@each_party
def test_queries_see_what_the_party_may_read(asking: Callable[[str], Ask], party: str) -> None:
    """All of it without a dataset, and not more when one is named."""
    ask, readable = asking(party), READABLE[party]
    assert graphs(ask("/sparql", query=NAMES, format="csv")) == readable
    for name in (*ALL, "absent"):
        graph = f"{SITE}graph/theatre-b/{name}"
        told = {"default-graph-uri": graph, "named-graph-uri": graph, "format": "json"}
        answer = ask("/sparql", query="ASK { ?s ?p ?o . GRAPH ?g { ?s ?p ?o } }", **told)
        assert json.loads(answer.get_data())["boolean"] is (name in readable)


@each_party
def test_pages_and_documents_follow(asking: Callable[[str], Ask], party: str) -> None:
    """Datasets, things, the catalogue, the site map and the description of the endpoint."""
    ask, hidden = asking(party), "reserve" not in READABLE[party]
    assert ask("/dataset/theatre-b/reserve").status_code == (404 if hidden else 200)
    assert ask(f"{HIDDEN}.ttl").status_code == (404 if hidden else 200)
    for path in ("/catalog", "/catalog.ttl", "/partner/theatre-b", "/sitemap.xml", "/void.nt"):
        text = ask(path, accept="text/html" if path == "/catalog" else "*/*").get_data(as_text=True)
        assert ("theatre-b/reserve" in text) is not hidden, path
    described = ask("/sparql", format="ttl").get_data(as_text=True)
    named = {name for name in ALL if f"graph/theatre-b/{name}" in described}
    assert named == READABLE[party]


@each_party
def test_ready_questions_answer_from_what_may_be_read(
    asking: Callable[[str], Ask], party: str
) -> None:
    """The same question gives a member more rows."""
    answer = asking(party)("/queries/spectacles.csv").get_data(as_text=True)
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
def test_no_form_of_a_query_leads_past_the_agreement(
    asking: Callable[[str], Ask], party: str, query: str
) -> None:
    """What a reader may not read answers word for word as what does not exist."""
    ask, answers = asking(party), []
    for graph, thing in (("reserve", "cache-1"), ("absents", "cache-9")):
        names = {"graph": f"{SITE}graph/theatre-b/{graph}", "thing": f"{SITE}{HIDDEN[1:-7]}{thing}"}
        text = query.format_map(names) if "{{" in query or "<{" in query else query
        answers.append(ask("/sparql", query=text, accept="text/csv, text/turtle").get_data())
    assert answers[0] == answers[1]
    assert CANARY.encode() not in answers[0]


def test_hidden_and_absent_pages_are_alike_for_a_reader_with_a_token(
    asking: Callable[[str], Ask],
) -> None:
    """Status, headers and text."""
    ask = asking("chercheuse")
    for hidden, absent in (("reserve", "absents"), ("reserve.ttl", "absents.ttl")):
        one, other = (ask(f"/dataset/theatre-b/{name}") for name in (hidden, absent))
        assert one.status_code == other.status_code == 404
        assert one.get_data().replace(b"reserve", b"absents") == other.get_data()
        assert set(one.headers) == set(other.headers)


@each_party
def test_what_one_reader_may_see_is_kept_in_no_cache(
    asking: Callable[[str], Ask], party: str
) -> None:
    """With a token nothing is stored; without, caches know that a token would change it."""
    ask = asking(party)
    for path in ("/catalog.ttl", "/queries/spectacles.csv", "/sparql", "/nowhere", "/en/"):
        response = ask(path)
        assert {"Authorization", "Cookie"} <= set(response.vary), path
        if party:
            assert response.headers["Cache-Control"] == "private, no-store", path
            assert "ETag" not in response.headers


@pytest.mark.parametrize("header", BAD)
@pytest.mark.parametrize("path", ["/", "/sparql?query=ASK{}", "/health", "/nowhere", "/login"])
def test_a_bad_token_never_reads_as_nobody(browser: FlaskClient, header: str, path: str) -> None:
    """401 on every route, with the challenge of RFC 6750."""
    response = browser.get(path, base_url=SITE, headers={"Authorization": header})
    assert response.status_code == 401
    told = response.headers["WWW-Authenticate"]
    assert told.startswith('Bearer realm="parvis", error="invalid_token", error_description="')
    assert told.isascii()
    assert response.get_json()["status"] == 401


def test_what_every_reader_gets_alike_asks_no_token(browser: FlaskClient) -> None:
    """The style sheet of the page that tells the error must come."""
    with browser.get("/static/parvis.css", headers={"Authorization": "Bearer x"}) as response:
        assert response.status_code == 200


def test_each_state_of_a_token_is_told_to_who_has_it(
    browser: FlaskClient, agreed: Settings
) -> None:
    """Unknown, expired and revoked are three sentences in both languages."""
    tokens, now = Tokens(agreed.data), datetime.now(UTC)
    old, _ = tokens.create(Grant("old"), now - timedelta(9), now - timedelta(1))
    gone, token = tokens.create(Grant("gone"), now, now + timedelta(1))
    revoke_token(agreed, token.id)
    for credential, words in ((Credential.new(), "not known"), (old, "expired"), (gone, "revoked")):
        headers = {"Authorization": f"bearer {credential.reveal()}"}
        response = browser.get("/catalog.ttl", base_url=SITE, headers=headers)
        assert response.status_code == 401
        assert words in response.get_json()["details"]["en"]
        assert credential.secret not in response.get_data(as_text=True) + str(response.headers)


def test_the_scheme_has_no_case_and_the_header_wins_over_a_session(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """A program's header is what it means, whatever cookie comes along."""
    browser.post("/login", base_url=SITE, data={"token": token_of("theatre-b")})
    asked = {"query": NAMES, "format": "csv"}
    headers = {"Authorization": f"BEARER  {token_of('chercheuse')}"}
    by_cookie = browser.get("/sparql", base_url=SITE, query_string=asked)
    by_header = browser.get("/sparql", base_url=SITE, query_string=asked, headers=headers)
    assert (graphs(by_cookie), graphs(by_header)) == (ALL, KNOWN)


def test_a_browser_may_ask_beforehand_without_a_token(browser: FlaskClient) -> None:
    """The preflight of a page elsewhere that has a token of its own (CORS)."""
    response = browser.options("/sparql", base_url=SITE, headers={"Origin": "https://x.example"})
    assert response.status_code == 200
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_the_token_of_a_party_that_left_opens_nothing_on_any_route(
    own: Settings, theirs: FlaskClient
) -> None:
    """From the publication without it on: 401, also where anyone may read, and at the sign-in."""
    text = create_token(own, "theatre-b", label="essai").text
    headers = {"Authorization": f"Bearer {text}"}
    assert theirs.get("/catalog.ttl", headers=headers).status_code == 200
    theirs.post("/login", data={"token": text}, base_url="http://localhost/")
    shutil.rmtree(own.catalog / "theatre-b")
    publish(Pool.open(own))
    for path in ("/", "/catalog.ttl", "/sparql?query=ASK%7B%7D", "/oai?verb=Identify", "/give"):
        response = theirs.get(path, headers=headers)
        assert response.status_code == 401, path
        assert "WWW-Authenticate" in response.headers
    assert theirs.get("/catalog", base_url="http://localhost/").status_code == 401
    begun = theirs.post("/login", data={"token": text}, base_url="http://localhost/")
    assert begun.status_code == 401
    assert theirs.get("/catalog.ttl").status_code == 200

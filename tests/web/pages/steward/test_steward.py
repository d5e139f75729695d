"""The steward and protectors see decisions, deletions and releases; others do not."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from rdflib import Graph, URIRef
from rdflib.namespace import PROV

from parvis.config import Settings
from parvis.ledger import FILE, Audit, Database, Deletions, verify_chains
from parvis.ledger.audit import READING, Act
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.retention import withdraw
from parvis.rdf.formats import GRAPH_TYPES
from parvis.web import create_app

Serving = Callable[[Settings], AbstractContextManager[str]]
SITE = "https://pool.test/"
PAGES = ("/steward", "/steward/decisions", "/steward/deletions", "/steward/releases")
QUERY = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 3"
PARTIES = {"host": "tiers", "protector": "tiers", "read": "theatre-b", "own": "theatre-b"}
SCOPES = {"own": "protector"}
"""The scopes of tokens that are not named by it: `own` is that of a partner’s protector."""


@pytest.fixture(scope="module")
def settings_with_deletions(
    research_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Make a pool with two withdrawn datasets: one that everyone could discover, one hidden."""
    folder = tmp_path_factory.mktemp("watched")
    shutil.copytree(research_settings.data, folder / "data")
    (folder / "data" / FILE).unlink(missing_ok=True)
    settings = replace(research_settings, data=folder / "data")
    with Pool.open(settings) as pool:
        for name in ("spectacles", "reserve"):
            withdraw(pool, f"theatre-b/{name}", {"fr": "Fin."})
    return settings


@pytest.fixture(scope="module")
def tokens(settings_with_deletions: Settings) -> dict[str, str]:
    """Return a token of each scope."""
    issued = {
        scope: create_token(settings_with_deletions, party, scope=SCOPES.get(scope, scope))
        for scope, party in PARTIES.items()
    }
    return {scope: f"Bearer {token.text}" for scope, token in issued.items()}


@pytest.fixture(scope="module")
def stewarded_app(settings_with_deletions: Settings) -> Iterator[Flask]:
    """Make the application of that pool."""
    app = create_app(settings_with_deletions)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


Get = Callable[..., Any]


@pytest.fixture
def get(stewarded_app: Flask, tokens: dict[str, str]) -> Get:
    """Return a function that sends requests with a token of a scope, or without."""

    def send(path: str, scope: str = "", accept: str = "*/*", **query: str) -> Any:  # noqa: ANN401 - flask's
        headers = {"Accept": accept} | ({"Authorization": tokens[scope]} if scope else {})
        client = stewarded_app.test_client()
        return client.get(path, base_url=SITE, headers=headers, query_string=query or None)

    return send


def list_events(app: Flask, settings: Settings, *acts: Act) -> list[dict[str, Any]]:
    """Return the audit entries of some acts, once all are written."""
    app.extensions["parvis.trail"][0].close()
    return [record.entry for record in Audit(settings.data).latest(acts, 1000)]


@pytest.mark.parametrize("path", PAGES)
def test_only_the_steward_and_protectors_see_the_pages(get: Get, path: str) -> None:
    """In both languages and as JSON; a partner's token does not suffice, nor its protector's."""
    for scope in ("", "read", "own"):
        assert get(path, scope).status_code == 403
    for scope in ("host", "protector"):
        for lang in ("fr", "en"):
            page = get(f"/{lang}{path}", scope, "text/html")
            assert page.status_code == 200
            assert f'<html lang="{lang}">' in page.get_data(as_text=True)
        response = get(path, scope, "application/json")
        assert response.mimetype == "application/json"
        assert response.headers["Cache-Control"] == "private, no-store"


def test_the_overview_shows_the_last_hash_of_each_chain(
    get: Get, settings_with_deletions: Settings
) -> None:
    chains = get("/steward", "protector", "application/json").get_json()["chains"]
    assert chains["deletions"] == vars(
        verify_chains(Database(settings_with_deletions.data / FILE))["deletions"]
    )
    assert chains["deletions"]["entries"] == 2


def test_deletions_link_to_their_certificates(get: Get, settings_with_deletions: Settings) -> None:
    """Of hidden datasets too, in each format."""
    page = get("/en/steward/deletions", "protector", "text/html").get_data(as_text=True)
    for link in Deletions(settings_with_deletions.data).all():
        address = f"/certificate/{link.hash[:16]}"
        assert address in page
        for ending, kind in GRAPH_TYPES.items():
            answer = get(f"{address}.{ending}", "protector")
            assert answer.mimetype == kind
            graph = Graph().parse(data=answer.get_data(), format=kind)
            content = URIRef(f"{SITE}id/certificate/{link.hash[:16]}#content")
            assert (content, PROV.invalidatedAtTime, None) in graph


def test_a_certificate_is_open_to_readers_who_could_discover_the_dataset(
    get: Get, settings_with_deletions: Settings
) -> None:
    """For others it does not exist."""
    hashes = {
        link.entry["dataset"]: link.hash[:16]
        for link in Deletions(settings_with_deletions.data).all()
    }
    known, hidden = (f"/certificate/{hashes[f'theatre-b/{n}']}" for n in ("spectacles", "reserve"))
    assert get(known).status_code == 200
    assert get(hidden).status_code == 404
    assert get(hidden, "read").status_code == get(hidden, "protector").status_code == 200
    absent = get("/certificate/0000000000000000").get_json()
    assert get(hidden).get_json()["title"] == absent["title"]


def test_the_page_of_a_withdrawn_dataset_links_to_its_certificate(get: Get) -> None:
    page = get("/fr/dataset/theatre-b/spectacles", accept="text/html")
    assert page.status_code == 410
    address = page.get_data(as_text=True).partition('href="/fr/certificate/')[2].partition('"')[0]
    certificate = get(f"/fr/certificate/{address}", accept="text/html").get_data(as_text=True)
    assert "SHA-256" in certificate
    assert get(f"/id/certificate/{address}").status_code == 303


def test_a_partys_reading_is_recorded(
    get: Get, stewarded_app: Flask, settings_with_deletions: Settings
) -> None:
    """Who, what, by which agreement, the query's hash, rows, time; neither text nor address."""
    assert get("/sparql", "read", "text/csv", query=QUERY).status_code == 200
    get("/search", "read", q="billets")
    entries = list_events(stewarded_app, settings_with_deletions, *READING)
    by_act = {
        entry["act"]: entry for entry in entries if entry["by"] == f"{SITE}id/partner/theatre-b"
    }
    query_entry = by_act["query"]
    assert query_entry["rows"] == 3
    assert len(query_entry["query"]) == 64
    assert query_entry["ms"] > 0
    assert query_entry["datasets"] == [
        {
            "dataset": f"{SITE}id/dataset/theatre-b/billets",
            "decided": f"{SITE}id/agreement/theatre-b",
        }
    ]
    assert by_act["search"]["query"] != query_entry["query"]
    ledger = (settings_with_deletions.data / FILE).read_bytes()
    assert not any(text in ledger for text in (QUERY.encode(), b"127.0.0.1", b"LIMIT"))


def test_a_guided_search_is_recorded_as_a_query(
    get: Get, stewarded_app: Flask, settings_with_deletions: Settings
) -> None:
    """Its page asks the store by itself: it may have read what agreements open to the party."""
    assert get("/search/guided?class=event", "read", "text/html").status_code == 200
    (entry, *_) = list_events(stewarded_app, settings_with_deletions, Act.QUERY)
    assert entry["endpoint"] == "guided.page"
    assert [item["dataset"] for item in entry["datasets"]] == [
        f"{SITE}id/dataset/theatre-b/billets"
    ]


ROWS = {
    "json": ("SELECT ?s { ?s ?p ?o } LIMIT 2", 2),
    "xml": ("SELECT ?s { ?s ?p ?o } LIMIT 2", 2),
    "tsv": ("SELECT ?s { ?s <x:none> ?o }", 0),
    "application/sparql-results+json": ("SELECT ?s { ?s <x:none> ?o }", 0),
}


@pytest.mark.parametrize("result_format", ROWS)
def test_rows_are_counted_in_every_format(
    get: Get, stewarded_app: Flask, settings_with_deletions: Settings, result_format: str
) -> None:
    query, rows = ROWS[result_format]
    get("/sparql", "host", query=query, format=result_format).get_data()
    assert list_events(stewarded_app, settings_with_deletions, Act.QUERY)[0]["rows"] == rows


def test_an_anonymous_readers_requests_are_not_recorded(
    get: Get, stewarded_app: Flask, settings_with_deletions: Settings
) -> None:
    """It would identify nobody, and slow each short query."""
    before = len(list_events(stewarded_app, settings_with_deletions, *READING))
    for path in ("/sparql?query=ASK{}", "/catalog", "/search?q=a"):
        get(path)
    assert len(list_events(stewarded_app, settings_with_deletions, *READING)) == before


def test_the_audit_trail_has_pages(
    get: Get, stewarded_app: Flask, settings_with_deletions: Settings
) -> None:
    """`before` asks for older entries; an invalid number means the first page."""
    for _ in range(3):
        get("/catalog", "read")
    list_events(stewarded_app, settings_with_deletions, Act.RECORD)
    numbers = [
        entry["number"]
        for entry in get("/steward/decisions.json", "host", before="x").get_json()["entries"]
    ]
    assert numbers == sorted(numbers, reverse=True)
    older = get("/steward/decisions.json", "host", before=str(numbers[0])).get_json()
    assert older["entries"][0]["number"] == numbers[1]
    assert json.dumps(older).count("token-created") >= 1


def test_a_stopped_server_has_recorded_every_request(
    serving: Serving, settings_with_deletions: Settings, tokens: dict[str, str]
) -> None:
    with serving(settings_with_deletions) as address:
        for number in range(5):
            headers = {"Authorization": tokens["read"], "Accept": "text/csv"}
            request = Request(f"{address}sparql?query=ASK{{}}%23{number}", headers=headers)  # noqa: S310 - our own
            with urlopen(request) as response:  # noqa: S310 - our own
                response.read()
    records = Audit(settings_with_deletions.data).latest([Act.QUERY], 5)
    expected = {sha256(f"ASK{{}}#{number}".encode()).hexdigest() for number in range(5)}
    assert {record.entry["query"] for record in records} == expected


@pytest.fixture
def published_again(settings_with_deletions: Settings) -> None:
    publish(Pool.open(settings_with_deletions))


@pytest.mark.usefixtures("published_again")
def test_a_publication_is_listed_among_releases(get: Get) -> None:
    """With its number."""
    entries = get("/steward/releases.json", "protector").get_json()["entries"]
    assert entries[0]["entry"]["act"] == "publish"
    assert entries[0]["entry"]["generation"] > 1


def test_the_audit_trail_is_in_the_language_of_the_page(
    get: Get, stewarded_app: Flask, settings_with_deletions: Settings
) -> None:
    """Details have labels, and entities have links."""
    get("/catalog", "read")
    list_events(stewarded_app, settings_with_deletions, Act.RECORD)
    for lang, label in (("fr", "millisecondes\u00a0: "), ("en", "milliseconds: ")):
        page = get(f"/{lang}/steward/decisions", "host").get_data(as_text=True)
        assert label in page
        assert f'<a href="/{lang}/id/dataset/theatre-b/billets">' in page
        for identifier in (">id/dataset/theatre-b/billets<", ">concept:decision/host<"):
            assert identifier not in page
        assert {"fr": "portée\u00a0: intendance", "en": "scope: stewardship"}[lang] in page

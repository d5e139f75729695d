"""Who watches over the pool sees what was decided, deleted and released; others do not."""

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
from parvis.vocab import media
from parvis.web import create_app

Serving = Callable[[Settings], AbstractContextManager[str]]
SITE = "https://pool.test/"
PAGES = ("/steward", "/steward/decisions", "/steward/deletions", "/steward/releases")
QUERY = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 3"
PARTIES = {"host": "tiers", "protector": "chercheuse", "read": "theatre-b"}


@pytest.fixture(scope="module")
def watched(agreed: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give a pool of which two datasets were withdrawn: one all could know of, one hidden."""
    folder = tmp_path_factory.mktemp("watched")
    shutil.copytree(agreed.data, folder / "data")
    (folder / "data" / FILE).unlink(missing_ok=True)
    settings = replace(agreed, data=folder / "data")
    with Pool.open(settings) as pool:
        for name in ("spectacles", "reserve"):
            withdraw(pool, f"theatre-b/{name}", {"fr": "Fin."})
    return settings


@pytest.fixture(scope="module")
def tokens(watched: Settings) -> dict[str, str]:
    """Give a token of each scope."""
    made = {scope: create_token(watched, party, scope=scope) for scope, party in PARTIES.items()}
    return {scope: f"Bearer {given.text}" for scope, given in made.items()}


@pytest.fixture(scope="module")
def watching(watched: Settings) -> Iterator[Flask]:
    """Give the application of that pool."""
    app = create_app(watched)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


Get = Callable[..., Any]


@pytest.fixture
def get(watching: Flask, tokens: dict[str, str]) -> Get:
    """Give a way to ask with a token of some scope, or none."""

    def ask(path: str, scope: str = "", accept: str = "*/*", **query: str) -> Any:  # noqa: ANN401 - flask's
        headers = {"Accept": accept} | ({"Authorization": tokens[scope]} if scope else {})
        client = watching.test_client()
        return client.get(path, base_url=SITE, headers=headers, query_string=query or None)

    return ask


def events(app: Flask, settings: Settings, *acts: Act) -> list[dict[str, Any]]:
    """Give what was written down of some acts, once all is written."""
    app.extensions["parvis.trail"][0].close()
    return [one.entry for one in Audit(settings.data).latest(acts, 1000)]


@pytest.mark.parametrize("path", PAGES)
def test_only_who_watches_sees_the_pages(get: Get, path: str) -> None:
    """In both languages and as JSON; a partner's token is not enough."""
    for scope in ("", "read"):
        assert get(path, scope).status_code == 403
    for scope in ("host", "protector"):
        for lang in ("fr", "en"):
            page = get(f"/{lang}{path}", scope, "text/html")
            assert page.status_code == 200
            assert f'<html lang="{lang}">' in page.get_data(as_text=True)
        told = get(path, scope, "application/json")
        assert told.mimetype == "application/json"
        assert told.headers["Cache-Control"] == "private, no-store"


def test_the_overview_tells_where_the_chains_end(get: Get, watched: Settings) -> None:
    """The last hash of each."""
    told = get("/steward", "protector", "application/json").get_json()["chains"]
    assert told["deletions"] == vars(verify_chains(Database(watched.data / FILE))["deletions"])
    assert told["deletions"]["entries"] == 2


def test_deletions_lead_to_their_certificates(get: Get, watched: Settings) -> None:
    """Of hidden datasets too, for who watches; each by its form."""
    page = get("/en/steward/deletions", "protector", "text/html").get_data(as_text=True)
    for link in Deletions(watched.data).all():
        address = f"/certificate/{link.hash[:16]}"
        assert address in page
        for ending, kind in media.RDF.items():
            answer = get(f"{address}.{ending}", "protector")
            assert answer.mimetype == kind
            graph = Graph().parse(data=answer.get_data(), format=kind)
            content = URIRef(f"{SITE}id/certificate/{link.hash[:16]}#content")
            assert (content, PROV.invalidatedAtTime, None) in graph


def test_a_certificate_is_for_who_could_know_of_the_dataset(get: Get, watched: Settings) -> None:
    """Everyone for one, its partner and who watches for the other; else it does not exist."""
    hashes = {link.entry["dataset"]: link.hash[:16] for link in Deletions(watched.data).all()}
    known, hidden = (f"/certificate/{hashes[f'theatre-b/{n}']}" for n in ("spectacles", "reserve"))
    assert get(known).status_code == 200
    assert get(hidden).status_code == 404
    assert get(hidden, "read").status_code == get(hidden, "protector").status_code == 200
    absent = get("/certificate/0000000000000000").get_json()
    assert get(hidden).get_json()["title"] == absent["title"]


def test_the_page_of_a_withdrawn_dataset_leads_to_its_certificate(get: Get) -> None:
    """And its identifier to the document."""
    page = get("/fr/dataset/theatre-b/spectacles", accept="text/html")
    assert page.status_code == 410
    address = page.get_data(as_text=True).partition('href="/fr/certificate/')[2].partition('"')[0]
    certificate = get(f"/fr/certificate/{address}", accept="text/html").get_data(as_text=True)
    assert "SHA-256" in certificate
    assert get(f"/id/certificate/{address}").status_code == 303


def test_what_a_party_reads_is_written_down(get: Get, watching: Flask, watched: Settings) -> None:
    """Who, what, by which agreement, the query's hash, rows, time; neither text nor address."""
    assert get("/sparql", "read", "text/csv", query=QUERY).status_code == 200
    get("/search", "read", q="billets")
    found = events(watching, watched, *READING)
    by_act = {one["act"]: one for one in found if one["by"] == f"{SITE}id/partner/theatre-b"}
    asked = by_act["query"]
    assert asked["rows"] == 3
    assert len(asked["query"]) == 64
    assert asked["ms"] > 0
    assert asked["datasets"] == [
        {
            "dataset": f"{SITE}id/dataset/theatre-b/billets",
            "decided": f"{SITE}id/agreement/theatre-b",
        }
    ]
    assert by_act["search"]["query"] != asked["query"]
    kept = (watched.data / FILE).read_bytes()
    assert not any(text in kept for text in (QUERY.encode(), b"127.0.0.1", b"LIMIT"))


ROWS = {
    "json": ("SELECT ?s { ?s ?p ?o } LIMIT 2", 2),
    "xml": ("SELECT ?s { ?s ?p ?o } LIMIT 2", 2),
    "tsv": ("SELECT ?s { ?s <x:none> ?o }", 0),
    "application/sparql-results+json": ("SELECT ?s { ?s <x:none> ?o }", 0),
}


@pytest.mark.parametrize("form", ROWS)
def test_rows_are_counted_in_every_form(
    get: Get, watching: Flask, watched: Settings, form: str
) -> None:
    """None at all too."""
    query, rows = ROWS[form]
    get("/sparql", "host", query=query, format=form).get_data()
    assert events(watching, watched, Act.QUERY)[0]["rows"] == rows


def test_a_reader_without_a_name_is_not_written_down(
    get: Get, watching: Flask, watched: Settings
) -> None:
    """It would tell nothing of who, and cost each look-up."""
    before = len(events(watching, watched, *READING))
    for path in ("/sparql?query=ASK{}", "/catalog", "/search?q=a"):
        get(path)
    assert len(events(watching, watched, *READING)) == before


def test_the_trail_is_read_page_by_page(get: Get, watching: Flask, watched: Settings) -> None:
    """Older entries stand before a number; what is no number is the first page."""
    for _ in range(3):
        get("/catalog", "read")
    events(watching, watched, Act.RECORD)
    numbers = [
        one["number"]
        for one in get("/steward/decisions.json", "host", before="x").get_json()["entries"]
    ]
    assert numbers == sorted(numbers, reverse=True)
    older = get("/steward/decisions.json", "host", before=str(numbers[0])).get_json()
    assert older["entries"][0]["number"] == numbers[1]
    assert json.dumps(older).count("token-created") >= 1


def test_a_server_that_is_stopped_has_lost_nothing(
    serving: Serving, watched: Settings, tokens: dict[str, str]
) -> None:
    """What was read a moment before is on the disk."""
    with serving(watched) as address:
        for number in range(5):
            headers = {"Authorization": tokens["read"], "Accept": "text/csv"}
            asked = Request(f"{address}sparql?query=ASK{{}}%23{number}", headers=headers)  # noqa: S310 - our own
            with urlopen(asked) as response:  # noqa: S310 - our own
                response.read()
    kept = Audit(watched.data).latest([Act.QUERY], 5)
    wanted = {sha256(f"ASK{{}}#{number}".encode()).hexdigest() for number in range(5)}
    assert {one.entry["query"] for one in kept} == wanted


@pytest.fixture
def released(watched: Settings) -> None:
    """Publish once more."""
    publish(Pool.open(watched))


@pytest.mark.usefixtures("released")
def test_what_is_published_stands_among_releases(get: Get) -> None:
    """With its number and its size."""
    entries = get("/steward/releases.json", "protector").get_json()["entries"]
    assert entries[0]["entry"]["act"] == "publish"
    assert entries[0]["entry"]["generation"] > 1


def test_the_trail_is_told_in_the_language_of_the_page(
    get: Get, watching: Flask, watched: Settings
) -> None:
    """Details have names, and what has a page is a link to it."""
    get("/catalog", "read")
    events(watching, watched, Act.RECORD)
    for lang, told in (("fr", "millisecondes\u00a0: "), ("en", "milliseconds: ")):
        page = get(f"/{lang}/steward/decisions", "host").get_data(as_text=True)
        assert told in page
        assert f'<a href="/{lang}/id/dataset/theatre-b/billets">' in page
        assert {"fr": "portée\u00a0: intendance", "en": "scope: stewardship"}[lang] in page

"""Readers are told what they may take."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Graph, Literal
from rdflib.namespace import SDO

from parvis.config import Limits, Settings, Share
from parvis.governance import Reader
from parvis.web import create_app

ASK = {"query": "ASK {}"}
ROWS = {"query": "SELECT * { ?s ?p ?o }"}


@pytest.fixture
def small(settings: Settings) -> Iterator[Flask]:
    """Give an application that grants little."""
    share = Share(seconds=10, rows=3, query_seconds=5, window=60)
    app = create_app(replace(settings, limits=Limits(anonymous=share), proxies=1))
    app.testing = True
    yield app
    app.extensions["parvis"].close()


def test_answers_tell_the_share_and_what_is_left(client: FlaskClient) -> None:
    """The fields are those of the IETF's draft."""
    headers = client.get("/sparql", query_string=ASK).headers
    policy = headers["RateLimit-Policy"]
    assert '"query-seconds";q=600;w=600' in policy
    assert '"queries";q=2;qu="concurrent-requests"' in policy
    assert re.fullmatch(r'"query-seconds";r=\d+;t=\d+', headers["RateLimit"])
    assert "RateLimit" in headers["Access-Control-Expose-Headers"]


def test_the_service_description_tells_the_same(client: FlaskClient) -> None:
    """Each limit has its name, its value, and words in both languages."""
    graph = Graph().parse(data=client.get("/sparql").get_data(), format="turtle")
    limit = graph.value(predicate=SDO.propertyID, object=Literal("rows"))
    assert graph.value(limit, SDO.value) == Literal(1_000_000)
    assert {name.language for name in graph.objects(limit, SDO.name)} == {"fr", "en"}  # type: ignore[attr-defined] # literals


def test_too_many_rows_are_a_problem_that_names_the_limit(small: Flask) -> None:
    """Never a silent cut; trying again is of no use."""
    response = small.test_client().get("/sparql", query_string=ROWS)
    assert response.status_code == 422
    assert "3" in response.get_json(force=True)["details"]["en"]
    assert "Retry-After" not in response.headers


def test_a_reader_without_query_seconds_waits_and_another_does_not(small: Flask) -> None:
    """Visitors are told apart by the address that our own proxy gives."""
    client = small.test_client()
    spender = {"X-Forwarded-For": "198.51.100.9, 192.0.2.1"}
    other = {"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}
    shares = small.extensions["parvis"].shares
    shares.asker(Reader(address="192.0.2.1")).spent(6.0)
    refused = client.get("/sparql", query_string=ASK, headers=spender)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert client.get("/sparql", query_string=ASK, headers=other).status_code == 200

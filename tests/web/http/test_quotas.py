"""Readers are told what they may take."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis.strategies import integers, ip_addresses
from rdflib import Graph, Literal
from rdflib.namespace import SDO

from parvis.config import Limits, Settings, Share
from parvis.governance import Reader
from parvis.web import create_app
from parvis.web.http.access import visitor_of

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


INSIDE: dict[str, Callable[[IPv4Address], str]] = {
    "mapped": lambda number: f"::ffff:{number}",
    "translated by NAT64": lambda number: f"64:ff9b::{number}",
    "6to4": lambda number: str(IPv6Address((0x2002 << 112) | (int(number) << 80) | 0x1234)),
    "Teredo": lambda number: str(
        IPv6Address((0x20010000 << 96) | (0x41D21101 << 64) | (int(number) ^ 0xFFFFFFFF))
    ),
    "with a port": lambda number: f"{number}:52011",
}
"""The ways in which an IPv4 address reaches a server."""


@given(ip_addresses(v=4), ip_addresses(v=4))
def test_an_ipv4_visitor_is_the_same_however_the_address_comes(
    visitor: IPv4Address, other: IPv4Address
) -> None:
    """A server on “::” sees all of them in one /64, and another visitor is another reader."""
    for way in INSIDE.values():
        assert visitor_of(way(visitor)) == str(visitor)
        assert (visitor_of(way(visitor)) == visitor_of(way(other))) == (visitor == other)


@given(ip_addresses(network="2600::/12"), integers(0, 2**64 - 1))
def test_an_ipv6_visitor_is_the_network_of_its_house(address: IPv6Address, other: int) -> None:
    """Whatever it takes for the rest; with a port or a zone as well."""
    house = visitor_of(str(address))
    assert house.endswith("/64")
    assert visitor_of(f"[{IPv6Address((int(address) >> 64 << 64) | other)}]:443") == house
    assert visitor_of(f"{address}%eth0") == house


@pytest.mark.parametrize(
    "address", ["", "unix:", "inconnu", "1.2.3.4.5", "[::1", "::ffff:999.1.1.1"]
)
def test_what_is_no_address_is_one_visitor_together(address: str) -> None:
    """No made-up text buys a share of its own."""
    assert visitor_of(address) == ""

"""Readers learn their limits."""

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
def limited_app(settings: Settings) -> Iterator[Flask]:
    """Make an application that grants little."""
    share = Share(seconds=10, rows=3, query_seconds=5, window=60)
    app = create_app(replace(settings, limits=Limits(anonymous=share), proxies=1))
    app.testing = True
    yield app
    app.extensions["parvis"].close()


def test_responses_state_the_quota_and_what_remains(client: FlaskClient) -> None:
    """By the fields of the IETF draft."""
    headers = client.get("/sparql", query_string=ASK).headers
    policy = headers["RateLimit-Policy"]
    assert '"query-seconds";q=600;w=600' in policy
    assert '"queries";q=2;qu="concurrent-requests"' in policy
    assert re.fullmatch(r'"query-seconds";r=\d+;t=\d+', headers["RateLimit"])
    assert "RateLimit" in headers["Access-Control-Expose-Headers"]


def test_the_service_description_states_the_limits(client: FlaskClient) -> None:
    """Each limit has a name, a value, and words in both languages."""
    graph = Graph().parse(data=client.get("/sparql").get_data(), format="turtle")
    limit = graph.value(predicate=SDO.propertyID, object=Literal("rows"))
    assert graph.value(limit, SDO.value) == Literal(1_000_000)
    assert {name.language for name in graph.objects(limit, SDO.name)} == {"fr", "en"}  # type: ignore[attr-defined] # literals


def test_too_many_rows_are_an_error_that_names_the_limit(limited_app: Flask) -> None:
    """Never a silent cut; a retry would not help."""
    response = limited_app.test_client().get("/sparql", query_string=ROWS)
    assert response.status_code == 422
    assert "3" in response.get_json(force=True)["details"]["en"]
    assert "Retry-After" not in response.headers


def test_a_reader_without_query_seconds_waits_and_another_does_not(limited_app: Flask) -> None:
    """Visitors differ by the address that our own proxy gives."""
    client = limited_app.test_client()
    spender = {"X-Forwarded-For": "198.51.100.9, 192.0.2.1"}
    other = {"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}
    shares = limited_app.extensions["parvis"].shares
    shares.admit(Reader(address="192.0.2.1")).spent(6.0)
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
"""Notations in which an IPv4 address reaches a server."""


@given(ip_addresses(v=4), ip_addresses(v=4))
def test_an_ipv4_visitor_is_the_same_in_every_notation(
    visitor: IPv4Address, other: IPv4Address
) -> None:
    """A server on “::” sees them all in one /64; another visitor is another reader."""
    for notation in INSIDE.values():
        assert visitor_of(notation(visitor)) == str(visitor)
        assert (visitor_of(notation(visitor)) == visitor_of(notation(other))) == (visitor == other)


@given(ip_addresses(network="2600::/12"), integers(0, 2**64 - 1))
def test_an_ipv6_visitor_is_its_network(address: IPv6Address, interface: int) -> None:
    """Whatever its interface identifier, port or zone."""
    network = visitor_of(str(address))
    assert network.endswith("/64")
    assert visitor_of(f"[{IPv6Address((int(address) >> 64 << 64) | interface)}]:443") == network
    assert visitor_of(f"{address}%eth0") == network


@pytest.mark.parametrize(
    "address", ["", "unix:", "inconnu", "1.2.3.4.5", "[::1", "::ffff:999.1.1.1"]
)
def test_invalid_addresses_count_as_one_visitor(address: str) -> None:
    """No invented text gets its own share."""
    assert visitor_of(address) == ""

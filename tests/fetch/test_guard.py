"""Only public machines are contacted, however an internal address is written or resolved."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses

from parvis.errors import AddressError, FetchError
from parvis.fetch.guard import Deadline, NetworkGuard, is_public

Resolving = Callable[..., list[str]]

INTERNAL = (
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:1::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff0e::1",
    "localhost",
    "LOCALHOST",
)


def guard(*allow: str) -> NetworkGuard:
    """Make a guard that allows some hosts, with a distant deadline."""
    return NetworkGuard(allow, Deadline(60))


@pytest.mark.parametrize("host", INTERNAL)
def test_an_internal_address_is_refused_however_it_is_written(host: str) -> None:
    """Loopback, private, shared, link-local, metadata, and IPv4 inside IPv6."""
    with pytest.raises(AddressError, match="no public address"):
        guard().resolve(host)


@pytest.mark.parametrize("host", ["9.9.9.9", "::ffff:9.9.9.9", "2620:fe::fe", "64:ff9b::909:909"])
def test_a_public_address_may_be_called(host: str) -> None:
    """IPv4, mapped, IPv6, translated."""
    assert guard().resolve(host) == [ip_address(host)]


@given(ip_addresses(network="10.0.0.0/8") | ip_addresses(network="fc00::/7"))
def test_no_private_address_is_public(address: Any) -> None:  # noqa: ANN401 - either kind
    assert not is_public(address)


def test_one_private_address_among_several_refuses_the_name(resolving: Resolving) -> None:
    """The other side chooses the order of its addresses."""
    resolving("9.9.9.9", "10.0.0.1")
    with pytest.raises(AddressError, match=r"harmless\.example is at 10\.0\.0\.1"):
        guard().resolve("harmless.example")


def test_the_steward_allows_hosts_and_networks(resolving: Resolving) -> None:
    """By name or by network; a network of one kind allows no other."""
    resolving("10.1.0.7")
    assert guard("Data.Inside.Example").resolve("data.inside.example.")
    assert guard("10.1.0.0/16").resolve("other.example")
    with pytest.raises(AddressError):
        guard("data.inside.example", "10.2.0.0/16", "fc00::/7").resolve("other.example")


def test_the_address_that_was_checked_is_the_one_called(resolving: Resolving) -> None:
    """The name is resolved once: a second answer would not have been checked."""
    lookups = resolving("127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with Deadline(60) as deadline:
            network_guard = NetworkGuard(["127.0.0.1"], deadline)
            with network_guard.connect("rebinding.example", address[1], 5) as connection:
                assert connection.getpeername() == address
    assert lookups == ["rebinding.example"]


def test_an_unknown_host_or_a_closed_port_is_an_error() -> None:
    with pytest.raises(FetchError, match=r"absent\.invalid cannot be reached"):
        guard().resolve("absent.invalid")
    with pytest.raises(FetchError, match="cannot be reached"):
        guard().resolve("a" * 64 + ".example")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError, match="refused"):
        guard("127.0.0.1").connect("127.0.0.1", port, 5)

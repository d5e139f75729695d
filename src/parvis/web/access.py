"""Who reads, and the one door through which the web reads."""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import cast

from flask import Request, current_app

from parvis.governance.question import ANONYMOUS, Reader
from parvis.pooling.ask import Host


def host() -> Host:
    """Give the pool that this application serves."""
    return cast("Host", current_app.extensions["parvis"])


def reader_of(request: Request) -> Reader:
    """Say who sent a request: so far always the anonymous reader, told apart by the address."""
    return replace(ANONYMOUS, address=place_of(request.remote_addr or ""))


def place_of(address: str) -> str:
    """Give the address by which a visitor is known: of IPv6, the network that a house has.

    >>> place_of("2001:db8::1:2")
    '2001:db8::/64'
    """
    try:
        known = ip_address(address)
    except ValueError:  # a socket of the machine has none
        return address
    return address if known.version == 4 else str(ip_network((known, 64), strict=False))  # noqa: PLR2004 - IPv4

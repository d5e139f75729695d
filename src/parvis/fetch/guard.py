"""Which machines may be called: public ones, and those that the steward allows.

An address in a partner's record, or in another server's redirect, could lead into the house: to
this machine, to its neighbours, to a cloud's metadata (server-side request forgery). So each
connection goes to the very number that was checked, never to a name that is asked for again.
"""

import socket
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from parvis.errors import AddressError, FetchError
from parvis.fetch.deadline import Deadline

Number = IPv4Address | IPv6Address
NAT64 = IPv6Network("64:ff9b::/96")
"""Numbers whose last four bytes are an IPv4 number (RFC 6052)."""
UNICAST = IPv6Network("2000::/3")
"""All IPv6 numbers that have been given out as global."""


class Guard:
    """Resolves names and opens connections to what may be called, within a deadline."""

    def __init__(self, allow: Sequence[str], deadline: Deadline) -> None:
        """Allow hosts by name, and networks in CIDR notation, beside what is public."""
        self._networks = [ip_network(one, strict=False) for one in allow if _is_network(one)]
        self._hosts = {one.lower() for one in allow if not _is_network(one)}
        self._deadline = deadline

    def connect(self, host: str, port: int, seconds: float | None) -> socket.socket:
        """Open a connection to a host that may be called.

        Raises `AddressError` where any number of the host is not public, before anything is
        sent, and `FetchError` where none answers.
        """
        failure: OSError | None = None
        for number in self.resolved(host):
            if self._deadline.passed:
                break
            try:
                opened = socket.create_connection((str(number), port), seconds)
            except OSError as error:
                failure = error
                continue
            self._deadline.watch(opened)
            return opened
        raise _unreachable(host, failure or TimeoutError("timed out")) from failure

    def resolved(self, host: str) -> list[Number]:
        """Give the numbers of a host, all of which may be called; raises `AddressError`."""
        name = host.rstrip(".").lower()
        numbers = _numbers(host)
        if name not in self._hosts:
            for number in numbers:
                self._refuse(name, number)
        return numbers

    def _refuse(self, host: str, number: Number) -> None:
        """Refuse a number that is neither allowed nor public."""
        if any(number in network for network in self._networks):
            return
        if not all(is_public(one) for one in _meanings(number)):
            raise AddressError(
                "{host} is at {number}, which is no public address: it is not called, unless"
                " “allow” in parvis.toml names it",
                host=host,
                number=number,
            )


def _numbers(host: str) -> list[Number]:
    """Ask for all numbers of a host, in the order in which they should be tried."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _unreachable(host, error) from error
    return list(dict.fromkeys(ip_address(place[0]) for *_, place in found))


def _meanings(number: Number) -> Iterator[Number]:
    """Give what a number stands for: IPv4 numbers travel inside IPv6 ones."""
    if isinstance(number, IPv4Address):
        yield number
    elif number.ipv4_mapped is not None:
        yield number.ipv4_mapped
    elif number in NAT64:
        yield IPv4Address(int(number) & 0xFFFFFFFF)
    else:
        yield number
        if number.sixtofour is not None:
            yield number.sixtofour


def is_public(number: Number) -> bool:
    """Say whether a number is one machine's on the public network (RFC 6890, RFC 4291 §2.4).

    >>> is_public(ip_address("169.254.169.254")), is_public(ip_address("9.9.9.9"))
    (False, True)
    """
    unicast = isinstance(number, IPv4Address) or number in UNICAST
    return unicast and number.is_global and not number.is_multicast


def _is_network(text: str) -> bool:
    """Say whether a text is a number or a network rather than a name."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _unreachable(host: str, error: Exception) -> FetchError:
    """Say that a host cannot be reached."""
    reason = getattr(error, "strerror", None) or error
    return FetchError("{host} cannot be reached: {reason}", host=host, reason=reason)

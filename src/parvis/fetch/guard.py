"""Which machines may be called: public ones, and those that the steward allows.

An address in a partner's record, or in another server's redirect, could lead into the house: to
this machine, to its neighbours, to a cloud's metadata (server-side request forgery). So each
connection goes to the very number that was checked, never to a name that is asked for again.
"""

import socket
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

from parvis.errors import AddressError, FetchError
from parvis.fetch.deadline import Deadline
from parvis.fetch.numbers import Number, embedded_ipv4

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
    """List what a number stands for, all of which must be public.

    What is mapped or translated is the IPv4 number alone; a tunnel (6to4, Teredo) leads to both.
    """
    inside = embedded_ipv4(number)
    if inside is not None:
        yield inside
    if inside is None or number in UNICAST:
        yield number


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
